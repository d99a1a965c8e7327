"""Network in network: 1×1 convolutions after each convolution, and average pooling in place of dense layers.

Lin, Chen, Yan: "Network in network", arXiv:1312.4400, §3 and figure 2. The paper prints no table of layers;
both networks are as the authors' own Caffe definitions have them.

Deviations: initial weights are He's (the Caffe definitions fix a standard deviation of 0.01 or 0.05 a layer).
"""

from __future__ import annotations

import torch
from torch import nn

from prunelle.networks.blocks import Network, initialise, require_size


class NetworkInNetwork(Network):
    """``features``, MLP-convolutions and pooling, then ``head``, one map a class, averaged.

    ``images: (N, C, H, W) float32, normalised`` → ``(N, num_classes)`` logits, which are never negative: the
    last 1×1 convolution has its ReLU too, as published. A number may be below 0, and a label below one half: a single
    output has none, and several have none where they are ``signed``.
    """

    def __init__(
        self, features: nn.Sequential, head: nn.Sequential, input_shape: tuple[int, int, int]
    ) -> None:
        super().__init__()
        self.features = features
        self.head = head
        self.input_shape = input_shape
        initialise(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.head(self.features(images))
        return logits


def _mlpconv(
    in_channels: int, channels: tuple[int, int, int], kernel_size: int, stride: int = 1, padding: int = 0
) -> list[nn.Module]:
    """A convolution and two 1×1 convolutions, ReLU after each: a small MLP slid over the picture (§3.1)."""
    first, second, third = channels
    return [
        nn.Conv2d(in_channels, first, kernel_size, stride, padding),
        nn.ReLU(inplace=True),
        nn.Conv2d(first, second, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(second, third, 1),
        nn.ReLU(inplace=True),
    ]


def _average(convolutions: list[nn.Module], *, signed: bool) -> nn.Sequential:
    """What the last convolutions say, averaged over the places; their last ReLU is left out where signs matter."""
    *before, activation = convolutions
    return nn.Sequential(
        *before, nn.Identity() if signed else activation, nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )


def nin(
    num_classes: int = 1000,
    in_channels: int = 3,
    input_size: tuple[int, int] = (224, 224),
    signed: bool = False,
) -> NetworkInNetwork:
    """Four MLP-convolutions for ImageNet: 7,595,176 weights with 1,000 classes.

    ``images: (N, 3, 224, 224)`` → ``(N, num_classes)`` logits. From 39×39 pixels.
    """
    require_size("nin", input_size, 39)
    return NetworkInNetwork(
        nn.Sequential(
            *_mlpconv(in_channels, (96, 96, 96), 11, stride=4),  # → 96×54×54
            nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 96×27×27
            *_mlpconv(96, (256, 256, 256), 5, padding=2),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 256×13×13
            *_mlpconv(256, (384, 384, 384), 3, padding=1),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 384×6×6
            nn.Dropout(0.5),
        ),
        _average(_mlpconv(384, (1024, 1024, num_classes), 3, padding=1), signed=signed or num_classes == 1),
        (in_channels, *input_size),
    )


def nin_cifar(
    num_classes: int = 10,
    in_channels: int = 3,
    input_size: tuple[int, int] = (32, 32),
    signed: bool = False,
) -> NetworkInNetwork:
    """Three MLP-convolutions for CIFAR-10: 966,986 weights with 10 classes.

    ``images: (N, 3, 32, 32)`` → ``(N, num_classes)`` logits. From 4×4 pixels.
    """
    require_size("nin-cifar", input_size, 4)
    return NetworkInNetwork(
        nn.Sequential(
            *_mlpconv(in_channels, (192, 160, 96), 5, padding=2),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 96×16×16
            nn.Dropout(0.5),
            *_mlpconv(96, (192, 192, 192), 5, padding=2),
            nn.AvgPool2d(3, stride=2, ceil_mode=True),  # → 192×8×8
            nn.Dropout(0.5),
        ),
        _average(_mlpconv(192, (192, 192, num_classes), 3, padding=1), signed=signed or num_classes == 1),
        (in_channels, *input_size),
    )


VARIANTS = {"nin": nin, "nin-cifar": nin_cifar}
