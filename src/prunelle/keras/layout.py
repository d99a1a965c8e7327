"""The two orders of axes, and the only place that changes one into the other.

Keras's tensors end with their channels, ``(N, H, W, C)``; modules take PyTorch's ``(N, C, H, W)``. In
channels-last memory both are the same bytes, so the change is one of strides. Tensors of rank 1 and 2 are
alike in both.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

Shape = tuple[int | None, ...]
"""A shape in Keras's order, batch first; None where it is not known before the data."""


def inward(x: torch.Tensor) -> torch.Tensor:
    """``(N, …, C)`` → ``(N, C, …)``."""
    return x.movedim(-1, 1) if x.ndim > 2 else x


def outward(x: torch.Tensor) -> torch.Tensor:
    """``(N, C, …)`` → ``(N, …, C)``."""
    return x.movedim(1, -1) if x.ndim > 2 else x


class KerasOrder(nn.Module):
    """A function of tensors in Keras's order, as a module of tensors in PyTorch's."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return inward(self.function(*map(outward, inputs)))


class UsersFunction(KerasOrder):
    """One of a program's own."""

    calls_a_users_code = True


class Outward(nn.Module):
    """From PyTorch's order to Keras's, between two modules."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return outward(x)


class Inward(nn.Module):
    """From Keras's order to PyTorch's, between two modules."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return inward(x)
