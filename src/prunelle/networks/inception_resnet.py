"""Inception-ResNet v2, in the layout of the authors' own program.

Szegedy, Ioffe, Vanhoucke, Alemi: "Inception-v4, Inception-ResNet and the impact of residual connections on
learning", arXiv:1602.07261, figures 15 to 19. Loads timm's ``inception_resnet_v2`` weights.

Deviations, which are the authors' program's: the stem is that of Inception v3 followed by one Inception
module (the paper has Inception v4's stem), there are 10, 20 and 10 residual modules (5, 10 and 5 in figure
15), and they have 320, 1,088 and 2,080 channels (figures 16 to 19: 384, 1,154 and 2,048). Initial weights are
He's.
"""

from __future__ import annotations

import torch
from torch import nn

from prunelle.networks.blocks import Branches, ConvBatchNorm, Network, initialise, require_size
from prunelle.networks.inception_v4 import average_branch


class ResidualInception(nn.Module):
    """Branches, a 1×1 convolution back to the input's channels, scaled and added to the input (§3.3).

    ``maps: (N, C, H, W)`` → the same shape.

    Args:
        branches: named as in timm's weights.
        out_channels: of all branches together.
        channels: C.
        scale: what the residual is multiplied by before it is added; keeps the sums from growing.
        activate: ReLU at the end; the very last block has none.
    """

    def __init__(
        self,
        branches: dict[str, nn.Module],
        out_channels: int,
        channels: int,
        scale: float,
        *,
        activate: bool = True,
    ) -> None:
        super().__init__()
        self.names = tuple(branches)
        for name, branch in branches.items():
            self.add_module(name, branch)
        self.conv2d = nn.Conv2d(out_channels, channels, 1)
        self.scale = scale
        self.activation = nn.ReLU(inplace=True) if activate else nn.Identity()

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, C, H, W)`` → the same shape."""
        residual = self.conv2d(torch.cat([self.get_submodule(name)(maps) for name in self.names], 1))
        summed: torch.Tensor = self.activation(residual * self.scale + maps)
        return summed


def _mixed_5b() -> Branches:
    """192×35×35 → 320×35×35."""
    return Branches(
        branch0=ConvBatchNorm(192, 96, 1),
        branch1=nn.Sequential(ConvBatchNorm(192, 48, 1), ConvBatchNorm(48, 64, 5, padding=2)),
        branch2=nn.Sequential(
            ConvBatchNorm(192, 64, 1),
            ConvBatchNorm(64, 96, 3, padding=1),
            ConvBatchNorm(96, 96, 3, padding=1),
        ),
        branch3=average_branch(192, 64),
    )


def _block35() -> ResidualInception:
    """Figure 16: 320×35×35 → the same."""
    branches: dict[str, nn.Module] = {
        "branch0": ConvBatchNorm(320, 32, 1),
        "branch1": nn.Sequential(ConvBatchNorm(320, 32, 1), ConvBatchNorm(32, 32, 3, padding=1)),
        "branch2": nn.Sequential(
            ConvBatchNorm(320, 32, 1),
            ConvBatchNorm(32, 48, 3, padding=1),
            ConvBatchNorm(48, 64, 3, padding=1),
        ),
    }
    return ResidualInception(branches, 128, 320, scale=0.17)


def _mixed_6a() -> Branches:
    """Figure 7 with k = 256, l = 256, m = 384, n = 384: 320×35×35 → 1088×17×17."""
    return Branches(
        branch0=ConvBatchNorm(320, 384, 3, stride=2),
        branch1=nn.Sequential(
            ConvBatchNorm(320, 256, 1),
            ConvBatchNorm(256, 256, 3, padding=1),
            ConvBatchNorm(256, 384, 3, stride=2),
        ),
        branch2=nn.MaxPool2d(3, stride=2),
    )


def _block17() -> ResidualInception:
    """Figure 17: 1088×17×17 → the same."""
    branches: dict[str, nn.Module] = {
        "branch0": ConvBatchNorm(1088, 192, 1),
        "branch1": nn.Sequential(
            ConvBatchNorm(1088, 128, 1),
            ConvBatchNorm(128, 160, (1, 7), padding=(0, 3)),
            ConvBatchNorm(160, 192, (7, 1), padding=(3, 0)),
        ),
    }
    return ResidualInception(branches, 384, 1088, scale=0.10)


def _mixed_7a() -> Branches:
    """Figure 18: 1088×17×17 → 2080×8×8."""
    return Branches(
        branch0=nn.Sequential(ConvBatchNorm(1088, 256, 1), ConvBatchNorm(256, 384, 3, stride=2)),
        branch1=nn.Sequential(ConvBatchNorm(1088, 256, 1), ConvBatchNorm(256, 288, 3, stride=2)),
        branch2=nn.Sequential(
            ConvBatchNorm(1088, 256, 1),
            ConvBatchNorm(256, 288, 3, padding=1),
            ConvBatchNorm(288, 320, 3, stride=2),
        ),
        branch3=nn.MaxPool2d(3, stride=2),
    )


def _block8(scale: float, *, activate: bool = True) -> ResidualInception:
    """Figure 19: 2080×8×8 → the same."""
    branches: dict[str, nn.Module] = {
        "branch0": ConvBatchNorm(2080, 192, 1),
        "branch1": nn.Sequential(
            ConvBatchNorm(2080, 192, 1),
            ConvBatchNorm(192, 224, (1, 3), padding=(0, 1)),
            ConvBatchNorm(224, 256, (3, 1), padding=(1, 0)),
        ),
    }
    return ResidualInception(branches, 448, 2080, scale, activate=activate)


class InceptionResNetV2(Network):
    """Forty residual Inception modules: 55,843,464 weights with 1,000 classes.

    ``images: (N, 3, 299, 299) float32, normalised`` → ``(N, num_classes)`` logits. From 75×75 pixels. Dropout
    keeps 0.8. The weights that timm publishes want mean 0.5 and std 0.5.
    """

    def __init__(
        self, num_classes: int = 1000, in_channels: int = 3, input_size: tuple[int, int] = (299, 299)
    ) -> None:
        super().__init__()
        require_size("inception-resnet-v2", input_size, 75)
        self.input_shape = (in_channels, *input_size)
        self.conv2d_1a = ConvBatchNorm(in_channels, 32, 3, stride=2)  # → 32×149×149
        self.conv2d_2a = ConvBatchNorm(32, 32, 3)
        self.conv2d_2b = ConvBatchNorm(32, 64, 3, padding=1)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)  # → 64×73×73
        self.conv2d_3b = ConvBatchNorm(64, 80, 1)
        self.conv2d_4a = ConvBatchNorm(80, 192, 3)
        self.maxpool_5a = nn.MaxPool2d(3, stride=2)  # → 192×35×35
        self.mixed_5b = _mixed_5b()
        self.repeat = nn.Sequential(*(_block35() for _ in range(10)))
        self.mixed_6a = _mixed_6a()  # → 1088×17×17
        self.repeat_1 = nn.Sequential(*(_block17() for _ in range(20)))
        self.mixed_7a = _mixed_7a()  # → 2080×8×8
        self.repeat_2 = nn.Sequential(*(_block8(scale=0.20) for _ in range(9)))
        self.block8 = _block8(scale=1.0, activate=False)
        self.conv2d_7b = ConvBatchNorm(2080, 1536, 1)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.classif = nn.Linear(1536, num_classes)
        initialise(self)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, 1536, h, w)``, 8×8 for 299×299."""
        maps = self.maxpool_3a(self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(images))))
        maps = self.mixed_5b(self.maxpool_5a(self.conv2d_4a(self.conv2d_3b(maps))))
        maps = self.mixed_7a(self.repeat_1(self.mixed_6a(self.repeat(maps))))
        return self.conv2d_7b(self.block8(self.repeat_2(maps)))  # type: ignore[no-any-return]

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 1536, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.classif(self.dropout(self.avgpool(maps).flatten(1)))
        return logits

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))


VARIANTS = {"inception-resnet-v2": InceptionResNetV2}
