"""The weights of convolutions, as pictures."""

from __future__ import annotations

import dataclasses

import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.look.layers import CONVOLUTIONS


@dataclasses.dataclass(frozen=True)
class Filters:
    """The kernels of one convolution.

    Attributes:
        layer: its name.
        weights: ``(filters, inputs, kernel height, kernel width)`` float32 on the CPU; ``inputs`` are the channels
            that a filter sees, fewer than the layer's in a grouped convolution.
    """

    layer: str
    weights: torch.Tensor

    @property
    def limit(self) -> float:
        """The largest weight in size: the end of the scale that all kernels of the layer share."""
        return float(self.weights.abs().max()) if self.weights.numel() else 0.0


def filters_of(network: nn.Module, layer: str) -> Filters:
    """The kernels of the convolution of that name.

    Raises:
        ArgumentError: it is no convolution.
    """
    module = network if layer == "network" else dict(network.named_modules()).get(layer)
    if not isinstance(module, CONVOLUTIONS):
        raise ArgumentError(f"filters belong to convolutions; {layer!r} is {type(module).__name__}.")
    weights = module.weight.detach().float().cpu()
    # A 1-D kernel is a row of pixels, a 3-D one has its planes side by side.
    if weights.ndim == 3:
        weights = weights.unsqueeze(2)
    elif weights.ndim == 5:
        weights = weights.transpose(2, 3).flatten(3)
    return Filters(layer, weights)
