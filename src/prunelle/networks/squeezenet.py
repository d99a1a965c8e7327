"""SqueezeNet: AlexNet's accuracy with fifty times fewer weights.

Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer: "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters
and <0.5MB model size", arXiv:1602.07360, table 1. Version 1.1 is the authors' later one, with 2.4 times fewer
multiply-adds. Both load torchvision's weights.

Deviation: the first convolution of a 224×224 picture gives 109×109 maps, as in all published weights; table 1
prints 111×111, which goes with 227×227. Initial weights are torchvision's: He's uniform, N(0, 0.01²) in the
last convolution.
"""

from __future__ import annotations

import torch
from torch import nn

from prunelle.networks.blocks import Network, require_size


class Fire(nn.Module):
    """1×1 convolutions squeeze the channels, 1×1 and 3×3 ones expand them, side by side (§3.2).

    ``maps: (N, in_channels, H, W)`` → ``(N, 2·expand, H, W)``.
    """

    def __init__(self, in_channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, squeeze, 1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)
        self.expand_activation = nn.ReLU(inplace=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, H, W)`` → ``(N, 2·expand, H, W)``."""
        squeezed = self.squeeze_activation(self.squeeze(maps))
        expanded = torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], 1)
        activated: torch.Tensor = self.expand_activation(expanded)
        return activated


class SqueezeNet(Network):
    """``features``, Fire modules and pooling, then a 1×1 convolution, one map a class, averaged.

    ``images: (N, 3, 224, 224) float32, normalised`` → ``(N, num_classes)`` logits, which are never negative:
    the last convolution has its ReLU too, as published. A number may be below 0, and a label below one half: a single
    output has none, and several have none where they are ``signed``.
    """

    def __init__(
        self,
        features: nn.Sequential,
        num_classes: int,
        input_shape: tuple[int, int, int],
        *,
        signed: bool = False,
    ) -> None:
        super().__init__()
        self.input_shape = input_shape
        self.features = features
        last = nn.Conv2d(512, num_classes, 1)
        activation = nn.Identity() if signed or num_classes == 1 else nn.ReLU(inplace=True)
        self.classifier = nn.Sequential(nn.Dropout(0.5), last, activation, nn.AdaptiveAvgPool2d(1))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                if module is last:
                    nn.init.normal_(module.weight, std=0.01)
                else:
                    nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 512, h, w)`` → ``(N, num_classes)`` logits."""
        averages: torch.Tensor = self.classifier(maps)
        return averages.flatten(1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))


def _pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)


def squeezenet1_0(
    num_classes: int = 1000,
    in_channels: int = 3,
    input_size: tuple[int, int] = (224, 224),
    signed: bool = False,
) -> SqueezeNet:
    """The paper's network: 1,248,424 weights with 1,000 classes. From 21×21 pixels."""
    require_size("squeezenet1.0", input_size, 21)
    return SqueezeNet(
        nn.Sequential(
            nn.Conv2d(in_channels, 96, 7, stride=2),
            nn.ReLU(inplace=True),
            _pool(),
            Fire(96, 16, 64),
            Fire(128, 16, 64),
            Fire(128, 32, 128),
            _pool(),
            Fire(256, 32, 128),
            Fire(256, 48, 192),
            Fire(384, 48, 192),
            Fire(384, 64, 256),
            _pool(),
            Fire(512, 64, 256),
        ),
        num_classes,
        (in_channels, *input_size),
        signed=signed,
    )


def squeezenet1_1(
    num_classes: int = 1000,
    in_channels: int = 3,
    input_size: tuple[int, int] = (224, 224),
    signed: bool = False,
) -> SqueezeNet:
    """Smaller first convolution, earlier pooling: 1,235,496 weights with 1,000 classes. From 17×17 pixels."""
    require_size("squeezenet1.1", input_size, 17)
    return SqueezeNet(
        nn.Sequential(
            nn.Conv2d(in_channels, 64, 3, stride=2),
            nn.ReLU(inplace=True),
            _pool(),
            Fire(64, 16, 64),
            Fire(128, 16, 64),
            _pool(),
            Fire(128, 32, 128),
            Fire(256, 32, 128),
            _pool(),
            Fire(256, 48, 192),
            Fire(384, 48, 192),
            Fire(384, 64, 256),
            Fire(512, 64, 256),
        ),
        num_classes,
        (in_channels, *input_size),
        signed=signed,
    )


VARIANTS = {"squeezenet1.0": squeezenet1_0, "squeezenet1.1": squeezenet1_1}
