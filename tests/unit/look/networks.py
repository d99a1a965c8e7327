"""Small networks with known weights and known habits, and a photo-like batch."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    """A sum written over its input, one ReLU used twice, a functional ReLU in place, a tuple on the way."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(4, 3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = self.relu(self.norm(self.conv1(images)))
        later = self.conv2(maps)
        later += maps
        later = self.relu(later)
        maps = F.relu_(later - 0.1)
        return self.head(self.drop(maps.mean(dim=(2, 3))))  # type: ignore[no-any-return]


def residual(seed: int = 0) -> Residual:
    torch.manual_seed(seed)
    return Residual()


def images(count: int = 2, channels: int = 3, side: int = 8, seed: int = 1) -> torch.Tensor:
    return torch.randn(count, channels, side, side, generator=torch.Generator().manual_seed(seed))


def set_weights(module: nn.Module, weight: list[object], bias: list[float]) -> None:
    """Of a convolution or dense layer."""
    with torch.no_grad():
        module.weight.copy_(torch.tensor(weight, dtype=torch.float32).view_as(module.weight))
        module.bias.copy_(torch.tensor(bias))
