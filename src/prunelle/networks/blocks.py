"""What more than one family uses: the initialisation, and the check of an input's size."""

from __future__ import annotations

from torch import nn

from prunelle.errors import ArgumentError


def initialise(network: nn.Module) -> nn.Module:
    """He's normal initialisation for what feeds a ReLU, Glorot's uniform for the last layer; biases 0.

    He 2015 (arXiv:1502.01852, eq. 10) keeps the variance of the signal through ReLUs, where PyTorch's own
    default (a third of it a layer) and Glorot's (half) let it fade. The last dense layer, whose output is
    no ReLU's input, keeps Glorot's (2010, eq. 16), so that first predictions stay near even. Why it matters
    here: docs/results.md, "course-photos".
    """
    layers = [module for module in network.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
    for layer in layers:
        if layer is layers[-1] and isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
        else:
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return network


def require_size(network: str, input_size: tuple[int, int], minimum: int) -> None:
    """Raises ``ArgumentError`` where a side of ``input_size``, in pixels, is below ``minimum``."""
    if min(input_size) < minimum:
        raise ArgumentError(
            f"{network} needs pictures of at least {minimum}×{minimum} pixels; received "
            f"{input_size[0]}×{input_size[1]}. Give a larger --size, or choose a smaller network."
        )
