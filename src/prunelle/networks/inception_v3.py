"""Inception v3, in torchvision's layout.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception architecture for computer vision",
arXiv:1512.00567, table 1, figures 5 to 7 and 10; the auxiliary classifier in §4.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from prunelle.errors import ArgumentError
from prunelle.networks.blocks import ConvBatchNorm, Network, imagenet_to_half, require_size

Outputs = torch.Tensor | tuple[torch.Tensor, torch.Tensor]


class MixedA(nn.Module):
    """Figure 5: 1×1, 5×5, two 3×3, average pooling. ``(N, C, H, W)`` → ``(N, 224 + pool, H, W)``."""

    def __init__(self, in_channels: int, pool: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBatchNorm(in_channels, 64, 1)
        self.branch5x5_1 = ConvBatchNorm(in_channels, 48, 1)
        self.branch5x5_2 = ConvBatchNorm(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = ConvBatchNorm(in_channels, 64, 1)
        self.branch3x3dbl_2 = ConvBatchNorm(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = ConvBatchNorm(96, 96, 3, padding=1)
        self.average = nn.AvgPool2d(3, stride=1, padding=1)
        self.branch_pool = ConvBatchNorm(in_channels, pool, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        five = self.branch5x5_2(self.branch5x5_1(maps))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(maps)))
        return torch.cat([self.branch1x1(maps), five, double, self.branch_pool(self.average(maps))], 1)


class MixedB(nn.Module):
    """Figure 10, 35×35 to 17×17: stride 2. ``(N, C, H, W)`` → ``(N, 480 + C, (H - 1)/2, (W - 1)/2)``."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch3x3 = ConvBatchNorm(in_channels, 384, 3, stride=2)
        self.branch3x3dbl_1 = ConvBatchNorm(in_channels, 64, 1)
        self.branch3x3dbl_2 = ConvBatchNorm(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = ConvBatchNorm(96, 96, 3, stride=2)
        self.pool = nn.MaxPool2d(3, stride=2)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(maps)))
        return torch.cat([self.branch3x3(maps), double, self.pool(maps)], 1)


class MixedC(nn.Module):
    """Figure 6 with n = 7: 1×7 and 7×1 convolutions. ``(N, C, H, W)`` → ``(N, 768, H, W)``."""

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBatchNorm(in_channels, 192, 1)
        self.branch7x7_1 = ConvBatchNorm(in_channels, channels, 1)
        self.branch7x7_2 = ConvBatchNorm(channels, channels, (1, 7), padding=(0, 3))
        self.branch7x7_3 = ConvBatchNorm(channels, 192, (7, 1), padding=(3, 0))
        self.branch7x7dbl_1 = ConvBatchNorm(in_channels, channels, 1)
        self.branch7x7dbl_2 = ConvBatchNorm(channels, channels, (7, 1), padding=(3, 0))
        self.branch7x7dbl_3 = ConvBatchNorm(channels, channels, (1, 7), padding=(0, 3))
        self.branch7x7dbl_4 = ConvBatchNorm(channels, channels, (7, 1), padding=(3, 0))
        self.branch7x7dbl_5 = ConvBatchNorm(channels, 192, (1, 7), padding=(0, 3))
        self.average = nn.AvgPool2d(3, stride=1, padding=1)
        self.branch_pool = ConvBatchNorm(in_channels, 192, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(maps)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(maps)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(maps), seven, double, self.branch_pool(self.average(maps))], 1)


class MixedD(nn.Module):
    """17×17 to 8×8: stride 2. ``(N, C, H, W)`` → ``(N, 512 + C, (H - 1)/2, (W - 1)/2)``."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch3x3_1 = ConvBatchNorm(in_channels, 192, 1)
        self.branch3x3_2 = ConvBatchNorm(192, 320, 3, stride=2)
        self.branch7x7x3_1 = ConvBatchNorm(in_channels, 192, 1)
        self.branch7x7x3_2 = ConvBatchNorm(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = ConvBatchNorm(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = ConvBatchNorm(192, 192, 3, stride=2)
        self.pool = nn.MaxPool2d(3, stride=2)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        three = self.branch3x3_2(self.branch3x3_1(maps))
        seven = self.branch7x7x3_2(self.branch7x7x3_1(maps))
        seven = self.branch7x7x3_4(self.branch7x7x3_3(seven))
        return torch.cat([three, seven, self.pool(maps)], 1)


class MixedE(nn.Module):
    """Figure 7: 1×3 and 3×1 convolutions side by side. ``(N, C, H, W)`` → ``(N, 2048, H, W)``."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBatchNorm(in_channels, 320, 1)
        self.branch3x3_1 = ConvBatchNorm(in_channels, 384, 1)
        self.branch3x3_2a = ConvBatchNorm(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3_2b = ConvBatchNorm(384, 384, (3, 1), padding=(1, 0))
        self.branch3x3dbl_1 = ConvBatchNorm(in_channels, 448, 1)
        self.branch3x3dbl_2 = ConvBatchNorm(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = ConvBatchNorm(384, 384, (1, 3), padding=(0, 1))
        self.branch3x3dbl_3b = ConvBatchNorm(384, 384, (3, 1), padding=(1, 0))
        self.average = nn.AvgPool2d(3, stride=1, padding=1)
        self.branch_pool = ConvBatchNorm(in_channels, 192, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        three = self.branch3x3_1(maps)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(maps))
        return torch.cat(
            [
                self.branch1x1(maps),
                self.branch3x3_2a(three),
                self.branch3x3_2b(three),
                self.branch3x3dbl_3a(double),
                self.branch3x3dbl_3b(double),
                self.branch_pool(self.average(maps)),
            ],
            1,
        )


class AuxiliaryClassifier(nn.Module):
    """Average pooling, 1×1 convolution 128, 5×5 convolution 768, dense ``num_classes``.

    ``maps: (N, in_channels, h, w)`` → ``(N, num_classes)`` logits.
    """

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.conv0 = ConvBatchNorm(in_channels, 128, 1)
        self.conv1 = ConvBatchNorm(128, 768, 5)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(768, num_classes)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, h, w)`` → ``(N, num_classes)`` logits."""
        # 17×17 maps give 5×5; maps of smaller pictures are averaged to what the 5×5 convolution needs.
        wide = min(maps.shape[-2:]) >= 17
        pooled = F.avg_pool2d(maps, 5, stride=3) if wide else F.adaptive_avg_pool2d(maps, 5)
        logits: torch.Tensor = self.fc(self.avgpool(self.conv1(self.conv0(pooled))).flatten(1))
        return logits


class InceptionV3(Network):
    """Eleven Inception modules: 27,161,264 weights with 1,000 classes, 23,834,568 without the auxiliary.

    ``images: (N, 3, 299, 299) float32, normalised`` → ``(N, num_classes)`` logits; in training mode
    ``(logits, auxiliary)``: the loss adds ``auxiliary_weights[0]`` (0.4, as the authors' own program has it)
    times that of the auxiliary logits, and ``forward(x) == head(features(x))`` holds in evaluation mode
    alone. From 75×75 pixels. Loads torchvision's ``inception_v3`` weights.

    Args:
        aux: with the auxiliary classifier.
        transform_input: takes pictures normalised with ImageNet's mean and std and turns them into what
            torchvision's weights were trained on (mean 0.5, std 0.5).

    Deviations, which are torchvision's and the authors' program's: the stem ends in a 1×1 convolution of 80
    channels, a 3×3 one of 192 and max-pooling, where table 1 has three 3×3 convolutions.
    Initial weights: normal, std 0.1, cut at ±2; in the auxiliary classifier 0.01 for the last convolution and
    0.001 for the dense layer.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        in_channels: int = 3,
        input_size: tuple[int, int] = (299, 299),
        *,
        aux: bool = True,
        transform_input: bool = False,
    ) -> None:
        super().__init__()
        require_size("inception-v3", input_size, 75)
        if transform_input and in_channels != 3:
            raise ArgumentError(f"transform_input needs in_channels=3; received in_channels={in_channels}.")
        self.input_shape = (in_channels, *input_size)
        self.auxiliary_weights = (0.4,) if aux else ()
        self.transform_input = transform_input
        self.Conv2d_1a_3x3 = ConvBatchNorm(in_channels, 32, 3, stride=2)  # → 32×149×149
        self.Conv2d_2a_3x3 = ConvBatchNorm(32, 32, 3)
        self.Conv2d_2b_3x3 = ConvBatchNorm(32, 64, 3, padding=1)
        self.maxpool1 = nn.MaxPool2d(3, stride=2)  # → 64×73×73
        self.Conv2d_3b_1x1 = ConvBatchNorm(64, 80, 1)
        self.Conv2d_4a_3x3 = ConvBatchNorm(80, 192, 3)
        self.maxpool2 = nn.MaxPool2d(3, stride=2)  # → 192×35×35
        self.Mixed_5b = MixedA(192, pool=32)
        self.Mixed_5c = MixedA(256, pool=64)
        self.Mixed_5d = MixedA(288, pool=64)
        self.Mixed_6a = MixedB(288)  # → 768×17×17
        self.Mixed_6b = MixedC(768, channels=128)
        self.Mixed_6c = MixedC(768, channels=160)
        self.Mixed_6d = MixedC(768, channels=160)
        self.Mixed_6e = MixedC(768, channels=192)
        self.AuxLogits = AuxiliaryClassifier(768, num_classes) if aux else None
        self.Mixed_7a = MixedD(768)  # → 1280×8×8
        self.Mixed_7b = MixedE(1280)
        self.Mixed_7c = MixedE(2048)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(2048, num_classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, std=0.1)
        if self.AuxLogits is not None:
            nn.init.trunc_normal_(self.AuxLogits.conv1.get_parameter("conv.weight"), std=0.01)
            nn.init.trunc_normal_(self.AuxLogits.fc.weight, std=0.001)

    def _to_6e(self, images: torch.Tensor) -> torch.Tensor:
        if self.transform_input:
            images = imagenet_to_half(images)
        maps = self.maxpool1(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(images))))
        maps = self.maxpool2(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(maps)))
        maps = self.Mixed_6a(self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(maps))))
        return self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(maps))))  # type: ignore[no-any-return]

    def _to_7c(self, maps: torch.Tensor) -> torch.Tensor:
        return self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(maps)))  # type: ignore[no-any-return]

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, 2048, h, w)``, 8×8 for 299×299."""
        return self._to_7c(self._to_6e(images))

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 2048, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.fc(self.dropout(self.avgpool(maps).flatten(1)))
        return logits

    def forward(self, images: torch.Tensor) -> Outputs:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits, with the auxiliary ones while training."""
        if not self.training or self.AuxLogits is None:
            return self.head(self.features(images))
        maps_6e = self._to_6e(images)
        return self.head(self._to_7c(maps_6e)), self.AuxLogits(maps_6e)


VARIANTS = {"inception-v3": InceptionV3}
