"""A step's forward and backward pass, and what stands for it once it is captured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import nn

Tensors = Sequence[torch.Tensor]
Forward = Callable[..., Tensors]


class Pass:
    """The pass as it is.

    Args:
        forward: tensors → what is to be minimised, and what else is to be known.
        parameters: get new gradients; those of which ``forward`` makes no use, None.
    """

    def __init__(self, forward: Forward, parameters: Sequence[nn.Parameter]) -> None:
        self.forward, self.parameters = forward, parameters

    def __call__(self, *inputs: torch.Tensor) -> Tensors:
        """What ``forward`` gives, detached."""
        outcome = self.forward(*inputs)
        for parameter in self.parameters:
            parameter.grad = None
        outcome[0].backward()  # type: ignore[no-untyped-call]
        return [tensor.detach() for tensor in outcome]


class Captured(Protocol):
    """Gives what the ``Pass`` gives that it was captured from, for other values in tensors of the same kind."""

    closeness: float
    """How far from the pass, as a share of the norm, it may be by adding up in another order."""

    def __call__(self, *inputs: torch.Tensor) -> Tensors: ...
