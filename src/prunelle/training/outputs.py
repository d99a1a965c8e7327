"""What a network gives when it answers: in evaluation mode, logits of the classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

from prunelle.errors import ArgumentError


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """``eval()`` and no gradients inside; every module's own mode back after."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes:
            module.training = training


def class_logits(outputs: torch.Tensor, num_classes: int) -> torch.Tensor:
    """A network's outputs as ``(N, num_classes)`` logits.

    One output for two classes is the logit of the second: softmax over (0, z) is (1 - sigmoid(z), sigmoid(z)).

    Raises:
        ArgumentError: the outputs have another shape.
    """
    if not isinstance(outputs, torch.Tensor):
        raise ArgumentError(
            f"the network must give one tensor of logits in evaluation mode; it gave a {type(outputs).__name__}."
        )
    if num_classes == 2 and outputs.shape[1:] == (1,):
        return F.pad(outputs, (1, 0))
    if outputs.ndim != 2 or outputs.shape[1] != num_classes:
        raise ArgumentError(
            f"the network must give (N, {num_classes}) logits for {num_classes} classes"
            f"{' (or (N, 1) for two)' if num_classes == 2 else ''}; it gave {tuple(outputs.shape)}. Build it "
            f"with num_classes={num_classes}."
        )
    return outputs
