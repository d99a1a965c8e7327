"""Modules in PyTorch's order of axes that compute what layers of Keras compute, where PyTorch has none.

Keras's tensors end with their channels, ``(N, H, W, C)``; modules take PyTorch's ``(N, C, H, W)``. In channels-last
memory both are the same bytes, so the change from one to the other is one of strides. Tensors of rank 1 and 2 are alike
in both.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn


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
        self.stands_for = getattr(function, "__name__", type(function).__name__)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return inward(self.function(*map(outward, inputs)))


class Outward(nn.Module):
    """From PyTorch's order to Keras's, between two modules."""

    rearranges = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return outward(x)


class SamePad(nn.Module):
    """The padding of TensorFlow's "same": ⌈n/stride⌉ outputs, an odd border at the end.

    PyTorch pads both ends alike, which is another function as soon as the border is odd: a kernel of 3 with
    stride 2 sees an even picture one pixel further right.

    Args:
        value: what the border is made of.
        causal: all of the border comes first.
    """

    rearranges = True

    def __init__(
        self,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
        value: float = 0.0,
        *,
        causal: bool = False,
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.dilation = kernel, stride, dilation
        self.value, self.causal = value, causal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        border: list[int] = []
        sizes = zip(x.shape[2:], self.kernel, self.stride, self.dilation, strict=True)
        for n, kernel, stride, dilation in sizes:
            reach = (kernel - 1) * dilation + 1
            total = reach - 1 if self.causal else max((-(-n // stride) - 1) * stride + reach - n, 0)
            before = total if self.causal else total // 2
            border = [before, total - before, *border]  # F.pad starts with the last axis
        return F.pad(x, border, value=self.value) if any(border) else x


def pad(
    kernel: tuple[int, ...], strides: tuple[int, ...], padding: str, dilation: tuple[int, ...]
) -> tuple[list[nn.Module], tuple[int, ...]]:
    """What goes before a convolution, and the padding that the convolution itself does."""
    none = (0,) * len(kernel)
    if padding == "valid":
        return [], none
    borders = tuple((k - 1) * d for k, d in zip(kernel, dilation, strict=True))
    if padding == "same" and all(s == 1 for s in strides) and not any(border % 2 for border in borders):
        return [], tuple(border // 2 for border in borders)
    return [SamePad(kernel, strides, dilation, causal=padding == "causal")], none


class MeanOfTheInside(nn.Module):
    """Means over the part of each window that is inside the picture."""

    def __init__(self, around: SamePad, mean: nn.Module) -> None:
        super().__init__()
        self.around, self.mean = around, mean

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inside = self.mean(self.around(torch.ones_like(x[:1, :1])))
        return self.mean(self.around(x)) / inside  # type: ignore[no-any-return]


class OverSpace(nn.Module):
    """The mean or the maximum of each map: ``(N, C)``, or ``(N, C, 1, …)`` with ``keepdims``."""

    def __init__(self, rank: int, maximum: bool, keepdims: bool) -> None:
        super().__init__()
        self.axes = tuple(range(2, 2 + rank))
        self.maximum, self.keepdims = maximum, keepdims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.maximum:
            pooled = F.adaptive_max_pool1d(x, 1) if len(self.axes) == 1 else F.adaptive_max_pool2d(x, 1)
            return pooled if self.keepdims else pooled.flatten(1)
        return x.mean(self.axes, keepdim=self.keepdims)


class BatchNorm(nn.Module):
    """Batch normalisation as Keras counts: moving averages of Σ(x - mean)² / (n - ddof); PyTorch's ``ddof`` is 1."""

    def __init__(
        self, channels: int, momentum: float, epsilon: float, *, center: bool, scale: bool, ddof: float
    ) -> None:
        super().__init__()
        self.momentum, self.epsilon, self.ddof = momentum, epsilon, ddof
        self.weight = nn.Parameter(torch.ones(channels)) if scale else None
        self.bias = nn.Parameter(torch.zeros(channels)) if center else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.running_mean: torch.Tensor
        self.running_var: torch.Tensor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return F.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.epsilon
            )
        if x.numel() == x.shape[1]:
            return self._alone(x)
        mean, variance = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        # With a momentum of 1, PyTorch leaves the batch's own mean and unbiased variance there.
        result = F.batch_norm(x, mean, variance, self.weight, self.bias, True, 1.0, self.epsilon)
        n = x.numel() // x.shape[1]
        with torch.no_grad():
            self.running_mean.lerp_(mean, 1 - self.momentum)
            self.running_var.lerp_(variance * ((n - 1) / (n - self.ddof)), 1 - self.momentum)
        return result

    def _alone(self, x: torch.Tensor) -> torch.Tensor:
        """One value a channel, which PyTorch refuses: it is its own mean, and the variance is 0, as to Keras."""
        with torch.no_grad():
            self.running_mean.lerp_(x.flatten(), 1 - self.momentum)
            self.running_var.lerp_(torch.zeros_like(self.running_var), 1 - self.momentum)
        shape = (1, -1, *(1,) * (x.ndim - 2))
        scaled = (x - x) if self.weight is None else (x - x) * self.weight.view(shape)
        return scaled if self.bias is None else scaled + self.bias.view(shape)
