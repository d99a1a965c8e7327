"""Layers of networks for series: convolutions that keep the length, and their like for padded series.

In the masked ones, what is not there is NaN, in the input and in every map, and counts nowhere.
``maps: (N, C, T)``; beyond the end of a shorter series all channels are NaN. Each layer does for a padded batch what
its parent does for each series on its own, so a series gets the same answer however far it is padded. Weights have
the parents' names. Convolutions and poolings keep the length (stride 1), so each step stays in its place.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class SameConv1d(nn.Conv1d):
    """A convolution of stride 1 with as many steps out as in.

    An even kernel reaches one step further after than before, as in Keras (``padding="same"`` of PyTorch does the
    same and warns each time).
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, *, bias: bool = True) -> None:
        super().__init__(in_channels, out_channels, kernel_size, padding="same", bias=bias)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, T)`` → ``(N, C', T)``."""
        (size,) = self.kernel_size
        before = (size - 1) // 2
        return F.conv1d(F.pad(maps, (before, size - 1 - before)), self.weight, self.bias)


def absent(maps: torch.Tensor) -> torch.Tensor:
    """``(N, C, T)`` → ``(N, 1, T)`` bool, True beyond a series' end."""
    return maps[:, :1].isnan()


class MaskedConv1d(SameConv1d):
    """A convolution for which absent steps are the zeros of its own padding."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, T)`` → ``(N, C', T)``."""
        mask = absent(maps)
        return super().forward(maps.masked_fill(mask, 0.0)).masked_fill(mask, torch.nan)


class MaskedBatchNorm1d(nn.BatchNorm1d):
    """Batch normalisation whose means and variances are those of the steps that are there."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, T)`` → the same shape."""
        # With fixed statistics NaN stays NaN, and no step touches another.
        if not self.training:
            return super().forward(maps)
        present = ~absent(maps)[:, 0]
        rows = maps.transpose(1, 2)
        normalised = torch.full_like(rows, torch.nan)
        normalised[present] = super().forward(rows[present])
        return normalised.transpose(1, 2)


class MaskedMaxPool1d(nn.MaxPool1d):
    """Max-pooling that never picks an absent step."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, T)`` → the same shape."""
        mask = absent(maps)
        # As pictures of one row: of one dimension, PyTorch's pooling without gradients fixes the length in an exported
        # graph, and padded series have lengths of their own.
        rows = maps.masked_fill(mask, -torch.inf).unsqueeze(2)
        size, stride, padding = (_one(each) for each in (self.kernel_size, self.stride, self.padding))
        pooled = F.max_pool2d(rows, (1, size), (1, stride), (0, padding)).squeeze(2)
        return pooled.masked_fill(mask, torch.nan)


def _one(given: int | tuple[int, ...]) -> int:
    return given if isinstance(given, int) else given[0]


class MaskedMean(nn.Module):
    """Global average pooling over the steps that are there."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, T)`` → ``(N, C, 1)``."""
        return maps.nanmean(dim=2, keepdim=True)
