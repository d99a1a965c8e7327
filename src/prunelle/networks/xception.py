"""Xception: depthwise separable convolutions throughout.

Chollet: "Xception: deep learning with depthwise separable convolutions", arXiv:1610.02357, figure 5. Loads
timm's ``legacy_xception`` weights (``xception`` in older versions of timm).

Deviations: none known. Initial weights are He's; the paper says nothing of them.
"""

from __future__ import annotations

import itertools

import torch
from torch import nn

from prunelle.networks.blocks import Network, initialise, require_size


class SeparableConv(nn.Module):
    """A 3×3 convolution of each channel by itself, then a 1×1 convolution; no biases, nothing in between.

    ``maps: (N, in_channels, H, W)`` → ``(N, out_channels, H, W)``.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, H, W)`` → ``(N, out_channels, H, W)``."""
        mixed: torch.Tensor = self.pointwise(self.conv1(maps))
        return mixed


class Block(nn.Module):
    """Separable convolutions with batch normalisation beside a shortcut.

    ``maps: (N, C, H, W)`` → ``(N, last of channels, H/2, W/2)``, or the same size without ``pool``.

    Args:
        channels: before the first convolution and after each.
        pool: 3×3 max-pooling with stride 2 at the end, and a 1×1 convolution as the shortcut.
        relu_first: false for the first block, whose input has been through a ReLU.
    """

    def __init__(self, channels: tuple[int, ...], *, pool: bool, relu_first: bool = True) -> None:
        super().__init__()
        steps: list[nn.Module] = []
        for number, (before, after) in enumerate(itertools.pairwise(channels)):
            if number > 0:
                steps.append(nn.ReLU(inplace=True))
            elif relu_first:
                # The shortcut still needs what comes in, so not in place.
                steps.append(nn.ReLU())
            steps += [SeparableConv(before, after), nn.BatchNorm2d(after)]
        if pool:
            steps.append(nn.MaxPool2d(3, stride=2, padding=1))
        self.rep = nn.Sequential(*steps)
        self.skip = nn.Conv2d(channels[0], channels[-1], 1, stride=2, bias=False) if pool else nn.Identity()
        self.skipbn = nn.BatchNorm2d(channels[-1]) if pool else nn.Identity()

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, H, W)`` → ``(N, last of channels, H', W')``."""
        summed: torch.Tensor = self.rep(maps) + self.skipbn(self.skip(maps))
        return summed


class Xception(Network):
    """Entry, middle and exit flow, thirty-six convolutions: 22,855,952 weights with 1,000 classes.

    ``images: (N, 3, 299, 299) float32, normalised`` → ``(N, num_classes)`` logits. From 23×23 pixels, the
    smallest picture that every stride still shrinks. Dropout 0.5 before the last layer (§4.3). The weights
    that timm publishes want mean 0.5 and std 0.5.
    """

    def __init__(
        self, num_classes: int = 1000, in_channels: int = 3, input_size: tuple[int, int] = (299, 299)
    ) -> None:
        super().__init__()
        require_size("xception", input_size, 23)
        self.input_shape = (in_channels, *input_size)
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(in_channels, 32, 3, stride=2, bias=False)  # → 32×149×149
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)  # → 64×147×147
        self.bn2 = nn.BatchNorm2d(64)
        self.block1 = Block((64, 128, 128), pool=True, relu_first=False)  # → 128×74×74
        self.block2 = Block((128, 256, 256), pool=True)  # → 256×37×37
        self.block3 = Block((256, 728, 728), pool=True)  # → 728×19×19
        for number in range(4, 12):
            self.add_module(f"block{number}", Block((728, 728, 728, 728), pool=False))
        self.block12 = Block((728, 728, 1024), pool=True)  # → 1024×10×10
        self.conv3 = SeparableConv(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.conv4 = SeparableConv(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(2048, num_classes)
        initialise(self)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, 2048, h, w)``, 10×10 for 299×299."""
        maps = self.relu(self.bn1(self.conv1(images)))
        maps = self.relu(self.bn2(self.conv2(maps)))
        for number in range(1, 13):
            maps = self.get_submodule(f"block{number}")(maps)
        maps = self.relu(self.bn3(self.conv3(maps)))
        return self.relu(self.bn4(self.conv4(maps)))  # type: ignore[no-any-return]

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 2048, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.fc(self.dropout(self.avgpool(maps).flatten(1)))
        return logits

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))


VARIANTS = {"xception": Xception}
