"""Inception v4, in the layout of the authors' own program.

Szegedy, Ioffe, Vanhoucke, Alemi: "Inception-v4, Inception-ResNet and the impact of residual connections on
learning", arXiv:1602.07261, figures 3 to 9. Loads timm's ``inception_v4`` weights.

Deviations: none known. Initial weights are He's, as in the authors' program; the paper says nothing of them.
"""

from __future__ import annotations

import torch
from torch import nn

from prunelle.networks.blocks import Branches, ConvBatchNorm, Network, initialise, require_size


def average_branch(in_channels: int, out_channels: int) -> nn.Sequential:
    """3×3 average pooling that leaves padding out of the mean, and a 1×1 convolution."""
    return nn.Sequential(
        nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
        ConvBatchNorm(in_channels, out_channels, 1),
    )


def _row(in_channels: int, out_channels: int) -> ConvBatchNorm:
    return ConvBatchNorm(in_channels, out_channels, (1, 7), padding=(0, 3))


def _column(in_channels: int, out_channels: int) -> ConvBatchNorm:
    return ConvBatchNorm(in_channels, out_channels, (7, 1), padding=(3, 0))


def _stem(in_channels: int) -> list[nn.Module]:
    """Figure 3: 299×299 → 384×35×35."""
    return [
        ConvBatchNorm(in_channels, 32, 3, stride=2),  # → 32×149×149
        ConvBatchNorm(32, 32, 3),
        ConvBatchNorm(32, 64, 3, padding=1),
        Branches(maxpool=nn.MaxPool2d(3, stride=2), conv=ConvBatchNorm(64, 96, 3, stride=2)),  # → 160×73×73
        Branches(
            branch0=nn.Sequential(ConvBatchNorm(160, 64, 1), ConvBatchNorm(64, 96, 3)),
            branch1=nn.Sequential(
                ConvBatchNorm(160, 64, 1), _row(64, 64), _column(64, 64), ConvBatchNorm(64, 96, 3)
            ),
        ),  # → 192×71×71
        Branches(conv=ConvBatchNorm(192, 192, 3, stride=2), maxpool=nn.MaxPool2d(3, stride=2)),
    ]


def _inception_a() -> Branches:
    """Figure 4: 384×35×35 → the same."""
    return Branches(
        branch0=ConvBatchNorm(384, 96, 1),
        branch1=nn.Sequential(ConvBatchNorm(384, 64, 1), ConvBatchNorm(64, 96, 3, padding=1)),
        branch2=nn.Sequential(
            ConvBatchNorm(384, 64, 1),
            ConvBatchNorm(64, 96, 3, padding=1),
            ConvBatchNorm(96, 96, 3, padding=1),
        ),
        branch3=average_branch(384, 96),
    )


def _reduction_a() -> Branches:
    """Figure 7 with k = 192, l = 224, m = 256, n = 384: 384×35×35 → 1024×17×17."""
    return Branches(
        branch0=ConvBatchNorm(384, 384, 3, stride=2),
        branch1=nn.Sequential(
            ConvBatchNorm(384, 192, 1),
            ConvBatchNorm(192, 224, 3, padding=1),
            ConvBatchNorm(224, 256, 3, stride=2),
        ),
        branch2=nn.MaxPool2d(3, stride=2),
    )


def _inception_b() -> Branches:
    """Figure 5: 1024×17×17 → the same."""
    return Branches(
        branch0=ConvBatchNorm(1024, 384, 1),
        branch1=nn.Sequential(ConvBatchNorm(1024, 192, 1), _row(192, 224), _column(224, 256)),
        branch2=nn.Sequential(
            ConvBatchNorm(1024, 192, 1), _column(192, 192), _row(192, 224), _column(224, 224), _row(224, 256)
        ),
        branch3=average_branch(1024, 128),
    )


def _reduction_b() -> Branches:
    """Figure 8: 1024×17×17 → 1536×8×8."""
    return Branches(
        branch0=nn.Sequential(ConvBatchNorm(1024, 192, 1), ConvBatchNorm(192, 192, 3, stride=2)),
        branch1=nn.Sequential(
            ConvBatchNorm(1024, 256, 1),
            _row(256, 256),
            _column(256, 320),
            ConvBatchNorm(320, 320, 3, stride=2),
        ),
        branch2=nn.MaxPool2d(3, stride=2),
    )


class InceptionC(nn.Module):
    """Figure 6: ``(N, 1536, H, W)`` → the same; two branches fork into 1×3 and 3×1 convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.branch0 = ConvBatchNorm(1536, 256, 1)
        self.branch1_0 = ConvBatchNorm(1536, 384, 1)
        self.branch1_1a = ConvBatchNorm(384, 256, (1, 3), padding=(0, 1))
        self.branch1_1b = ConvBatchNorm(384, 256, (3, 1), padding=(1, 0))
        self.branch2_0 = ConvBatchNorm(1536, 384, 1)
        self.branch2_1 = ConvBatchNorm(384, 448, (3, 1), padding=(1, 0))
        self.branch2_2 = ConvBatchNorm(448, 512, (1, 3), padding=(0, 1))
        self.branch2_3a = ConvBatchNorm(512, 256, (1, 3), padding=(0, 1))
        self.branch2_3b = ConvBatchNorm(512, 256, (3, 1), padding=(1, 0))
        self.branch3 = average_branch(1536, 256)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 1536, H, W)`` → the same shape."""
        short = self.branch1_0(maps)
        long = self.branch2_2(self.branch2_1(self.branch2_0(maps)))
        return torch.cat(
            [
                self.branch0(maps),
                self.branch1_1a(short),
                self.branch1_1b(short),
                self.branch2_3a(long),
                self.branch2_3b(long),
                self.branch3(maps),
            ],
            1,
        )


class InceptionV4(Network):
    """Fourteen Inception modules: 42,679,816 weights with 1,000 classes.

    ``images: (N, 3, 299, 299) float32, normalised`` → ``(N, num_classes)`` logits. From 75×75 pixels. Dropout
    keeps 0.8 (figure 9). The weights that timm publishes want mean 0.5 and std 0.5.
    """

    def __init__(
        self, num_classes: int = 1000, in_channels: int = 3, input_size: tuple[int, int] = (299, 299)
    ) -> None:
        super().__init__()
        require_size("inception-v4", input_size, 75)
        self.input_shape = (in_channels, *input_size)
        self.features = nn.Sequential(
            *_stem(in_channels),
            *(_inception_a() for _ in range(4)),
            _reduction_a(),
            *(_inception_b() for _ in range(7)),
            _reduction_b(),
            *(InceptionC() for _ in range(3)),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.last_linear = nn.Linear(1536, num_classes)
        initialise(self)

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 1536, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.last_linear(self.dropout(self.avgpool(maps).flatten(1)))
        return logits

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))


VARIANTS = {"inception-v4": InceptionV4}
