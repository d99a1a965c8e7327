"""Residual networks: five for ImageNet, five for CIFAR-10.

He, Zhang, Ren, Sun: "Deep residual learning for image recognition", arXiv:1512.03385, table 1 (ImageNet) and
§4.2 (CIFAR-10).

``resnet18`` to ``resnet152`` load torchvision's and timm's weights. Deviation, which is theirs: in blocks of
three convolutions the 3×3 one has the stride, not the first 1×1 one ("ResNet v1.5"). Shortcuts that change
size are projections (option B).

``resnet20`` to ``resnet110`` have shortcuts without weights (option A), as in the paper.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from prunelle.networks.blocks import Network, require_size


class BasicBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut (figure 5, left).

    ``maps: (N, in_channels, H, W)`` → ``(N, channels, H/stride, W/stride)``.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = downsample

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, H, W)`` → ``(N, channels, H/stride, W/stride)``."""
        shortcut = maps if self.downsample is None else self.downsample(maps)
        residual = self.relu(self.bn1(self.conv1(maps)))
        residual = self.bn2(self.conv2(residual))
        activated: torch.Tensor = self.relu(residual + shortcut)
        return activated


class Bottleneck(nn.Module):
    """1×1, 3×3 and 1×1 convolutions beside a shortcut (figure 5, right).

    ``maps: (N, in_channels, H, W)`` → ``(N, 4·channels, H/stride, W/stride)``.
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, H, W)`` → ``(N, 4·channels, H/stride, W/stride)``."""
        shortcut = maps if self.downsample is None else self.downsample(maps)
        residual = self.relu(self.bn1(self.conv1(maps)))
        residual = self.relu(self.bn2(self.conv2(residual)))
        residual = self.bn3(self.conv3(residual))
        activated: torch.Tensor = self.relu(residual + shortcut)
        return activated


def _stage(
    block: type[BasicBlock] | type[Bottleneck], in_channels: int, channels: int, depth: int, stride: int
) -> nn.Sequential:
    """``depth`` blocks, the first of which has the stride and, where sizes change, a projection."""
    out_channels = channels * block.expansion
    downsample = None
    if stride != 1 or in_channels != out_channels:
        downsample = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
        )
    blocks = [block(in_channels, channels, stride, downsample)]
    blocks += [block(out_channels, channels, 1, None) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


class ResNet(Network):
    """A 7×7 convolution, max-pooling, four stages of residual blocks, average pooling, one dense layer.

    ``images: (N, 3, 224, 224) float32, normalised`` → ``(N, num_classes)`` logits. From 17×17 pixels, the
    smallest picture that every stride still shrinks. Initial weights: He's normal over the outputs.
    """

    def __init__(
        self,
        name: str,
        block: type[BasicBlock] | type[Bottleneck],
        depths: tuple[int, int, int, int],
        *,
        num_classes: int,
        in_channels: int,
        input_size: tuple[int, int],
    ) -> None:
        super().__init__()
        require_size(name, input_size, 17)
        self.input_shape = (in_channels, *input_size)
        wide = block.expansion
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)  # → 64×112×112
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)  # → 64×56×56
        self.layer1 = _stage(block, 64, 64, depths[0], stride=1)
        self.layer2 = _stage(block, 64 * wide, 128, depths[1], stride=2)  # → 28×28
        self.layer3 = _stage(block, 128 * wide, 256, depths[2], stride=2)  # → 14×14
        self.layer4 = _stage(block, 256 * wide, 512, depths[3], stride=2)  # → 7×7
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512 * wide, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, 512 or 2048, H/32, W/32)``."""
        maps = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        return self.layer4(self.layer3(self.layer2(self.layer1(maps))))  # type: ignore[no-any-return]

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 512 or 2048, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.fc(self.avgpool(maps).flatten(1))
        return logits

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))


class ZeroPadShortcut(nn.Module):
    """Option A: every second pixel, and zero maps on both sides to double the channels; no weights.

    ``maps: (N, C, H, W)`` → ``(N, 2·C, H/2, W/2)``, sizes rounded up.
    """

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, H, W)`` → ``(N, 2·C, H/2, W/2)``."""
        half = maps.shape[1] // 2
        return F.pad(maps[:, :, ::2, ::2], (0, 0, 0, 0, half, half))


def _cifar_stage(in_channels: int, channels: int, depth: int) -> nn.Sequential:
    changes = in_channels != channels
    blocks = [BasicBlock(in_channels, channels, 2 if changes else 1, ZeroPadShortcut() if changes else None)]
    blocks += [BasicBlock(channels, channels, 1, None) for _ in range(depth - 1)]
    return nn.Sequential(*blocks)


class CifarResNet(Network):
    """A 3×3 convolution, three stages of 16, 32 and 64 channels, average pooling, one dense layer (§4.2).

    ``images: (N, 3, 32, 32) float32, normalised`` → ``(N, num_classes)`` logits. With ``depth`` blocks a
    stage there are 6·depth + 2 layers. From 3×3 pixels, the smallest picture that every stride still shrinks.
    Initial weights: He's normal. Loads the CIFAR-10 weights that are published under these module names.
    """

    def __init__(
        self, name: str, depth: int, *, num_classes: int, in_channels: int, input_size: tuple[int, int]
    ) -> None:
        super().__init__()
        require_size(name, input_size, 3)
        self.input_shape = (in_channels, *input_size)
        self.conv1 = nn.Conv2d(in_channels, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = _cifar_stage(16, 16, depth)  # → 16×32×32
        self.layer2 = _cifar_stage(16, 32, depth)  # → 32×16×16
        self.layer3 = _cifar_stage(32, 64, depth)  # → 64×8×8
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(64, num_classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, 64, H/4, W/4)``."""
        maps = self.relu(self.bn1(self.conv1(images)))
        return self.layer3(self.layer2(self.layer1(maps)))  # type: ignore[no-any-return]

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 64, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.linear(self.avgpool(maps).flatten(1))
        return logits

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))


def _imagenet(
    name: str, block: type[BasicBlock] | type[Bottleneck], depths: tuple[int, int, int, int]
) -> Callable[..., ResNet]:
    def make(
        num_classes: int = 1000, in_channels: int = 3, input_size: tuple[int, int] = (224, 224)
    ) -> ResNet:
        return ResNet(
            name, block, depths, num_classes=num_classes, in_channels=in_channels, input_size=input_size
        )

    return make


def _cifar(name: str, depth: int) -> Callable[..., CifarResNet]:
    def make(
        num_classes: int = 10, in_channels: int = 3, input_size: tuple[int, int] = (32, 32)
    ) -> CifarResNet:
        return CifarResNet(
            name, depth, num_classes=num_classes, in_channels=in_channels, input_size=input_size
        )

    return make


VARIANTS = {
    "resnet18": _imagenet("resnet18", BasicBlock, (2, 2, 2, 2)),
    "resnet34": _imagenet("resnet34", BasicBlock, (3, 4, 6, 3)),
    "resnet50": _imagenet("resnet50", Bottleneck, (3, 4, 6, 3)),
    "resnet101": _imagenet("resnet101", Bottleneck, (3, 4, 23, 3)),
    "resnet152": _imagenet("resnet152", Bottleneck, (3, 8, 36, 3)),
    "resnet20": _cifar("resnet20", 3),
    "resnet32": _cifar("resnet32", 5),
    "resnet44": _cifar("resnet44", 7),
    "resnet56": _cifar("resnet56", 9),
    "resnet110": _cifar("resnet110", 18),
}
