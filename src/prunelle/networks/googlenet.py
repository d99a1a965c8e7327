"""GoogLeNet (Inception v1): as printed, and with batch normalisation as torchvision has it.

Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich: "Going deeper with convolutions",
arXiv:1409.4842, table 1 and figure 3; auxiliary classifiers in §5.

Both have two auxiliary classifiers, which act while training only: ``forward`` then gives
``(logits, auxiliary1, auxiliary2)``, the loss adds ``auxiliary_weights`` times the loss of each, and
``forward(x) == head(features(x))`` holds in evaluation mode alone. ``aux=False`` builds without them.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from prunelle.errors import ArgumentError
from prunelle.networks.blocks import (
    Branches,
    ConvBatchNorm,
    Network,
    imagenet_to_half,
    initialise,
    require_size,
)

MODULES: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}
"""Table 1: channels in; #1×1; #3×3 reduce, #3×3; #5×5 reduce, #5×5; pool projection."""

AUXILIARY_WEIGHTS = (0.3, 0.3)
"""§5: "the losses of the auxiliary classifiers were weighted by 0.3"."""

Outputs = torch.Tensor | tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def _conv(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding=kernel_size // 2),
        nn.ReLU(inplace=True),
    )


def _inception(name: str) -> Branches:
    in_channels, one, three_reduce, three, five_reduce, five, pool = MODULES[name]
    return Branches(
        branch1x1=_conv(in_channels, one, 1),
        branch3x3=nn.Sequential(_conv(in_channels, three_reduce, 1), _conv(three_reduce, three, 3)),
        branch5x5=nn.Sequential(_conv(in_channels, five_reduce, 1), _conv(five_reduce, five, 5)),
        branch_pool=nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), _conv(in_channels, pool, 1)),
    )


class AuxiliaryClassifier(nn.Module):
    """Average pooling to 4×4, 1×1 convolution 128, dense 1024, dropout 0.7, dense ``num_classes`` (§5).

    ``maps: (N, in_channels, h, w)`` → ``(N, num_classes)`` logits.
    """

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.conv = _conv(in_channels, 128, 1)
        self.fc1 = nn.Linear(128 * 4 * 4, 1024)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, h, w)`` → ``(N, num_classes)`` logits."""
        # The paper's pooling is for its own 14×14 maps.
        papers = maps.shape[-2:] == (14, 14)
        pooled = F.avg_pool2d(maps, 5, stride=3) if papers else F.adaptive_avg_pool2d(maps, 4)
        hidden = self.dropout(self.relu(self.fc1(self.conv(pooled).flatten(1))))
        logits: torch.Tensor = self.fc2(hidden)
        return logits


class GoogLeNet(Network):
    """Twenty-two layers, nine Inception modules: 6,998,552 weights with 1,000 classes, 13,378,280 with aux.

    ``images: (N, 3, 224, 224) float32, normalised`` → ``(N, num_classes)`` logits; in training mode with the
    logits of both auxiliary classifiers. From 31×31 pixels.

    Deviations: initial weights are He's, of which the paper says nothing; where an auxiliary classifier's
    input is not 14×14 it is averaged to 4×4 whatever its size. Response normalisation has the constants of
    the authors of Caffe (n = 5, α = 1e-4, β = 0.75, k = 1); the paper prints none.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        in_channels: int = 3,
        input_size: tuple[int, int] = (224, 224),
        *,
        aux: bool = True,
    ) -> None:
        super().__init__()
        require_size("googlenet", input_size, 31)
        self.input_shape = (in_channels, *input_size)
        self.auxiliary_weights = AUXILIARY_WEIGHTS if aux else ()
        self.to_4a = nn.Sequential(
            _conv(in_channels, 64, 7, stride=2),  # → 64×112×112
            nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 64×56×56
            nn.LocalResponseNorm(5),
            _conv(64, 64, 1),
            _conv(64, 192, 3),
            nn.LocalResponseNorm(5),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 192×28×28
            _inception("3a"),
            _inception("3b"),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 480×14×14
            _inception("4a"),
        )
        self.to_4d = nn.Sequential(_inception("4b"), _inception("4c"), _inception("4d"))
        self.to_5b = nn.Sequential(
            _inception("4e"),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 832×7×7
            _inception("5a"),
            _inception("5b"),
        )
        self.aux1 = AuxiliaryClassifier(512, num_classes) if aux else None
        self.aux2 = AuxiliaryClassifier(528, num_classes) if aux else None
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.4), nn.Linear(1024, num_classes)
        )
        initialise(self)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, 1024, H/32, W/32)``."""
        maps: torch.Tensor = self.to_5b(self.to_4d(self.to_4a(images)))
        return maps

    def forward(self, images: torch.Tensor) -> Outputs:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits, with the auxiliary ones while training."""
        if not self.training or self.aux1 is None or self.aux2 is None:
            logits: torch.Tensor = self.head(self.features(images))
            return logits
        maps_4a = self.to_4a(images)
        maps_4d = self.to_4d(maps_4a)
        return self.head(self.to_5b(maps_4d)), self.aux1(maps_4a), self.aux2(maps_4d)


def _inception_bn(name: str) -> Branches:
    in_channels, one, three_reduce, three, five_reduce, five, pool = MODULES[name]
    return Branches(
        branch1=ConvBatchNorm(in_channels, one, 1),
        branch2=nn.Sequential(
            ConvBatchNorm(in_channels, three_reduce, 1), ConvBatchNorm(three_reduce, three, 3, padding=1)
        ),
        # 3×3 where the paper has 5×5: so are the published weights.
        branch3=nn.Sequential(
            ConvBatchNorm(in_channels, five_reduce, 1), ConvBatchNorm(five_reduce, five, 3, padding=1)
        ),
        branch4=nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), ConvBatchNorm(in_channels, pool, 1)),
    )


class AuxiliaryClassifierBN(nn.Module):
    """As ``AuxiliaryClassifier``, with batch normalisation and the pooling always adaptive.

    ``maps: (N, in_channels, h, w)`` → ``(N, num_classes)`` logits.
    """

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.conv = ConvBatchNorm(in_channels, 128, 1)
        self.fc1 = nn.Linear(128 * 4 * 4, 1024)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, num_classes)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, h, w)`` → ``(N, num_classes)`` logits."""
        hidden = self.fc1(self.conv(self.pool(maps)).flatten(1))
        logits: torch.Tensor = self.fc2(self.dropout(self.relu(hidden)))
        return logits


class GoogLeNetBN(Network):
    """GoogLeNet with batch normalisation: 13,004,888 weights with 1,000 classes, 6,624,904 without the aux.

    ``images: (N, 3, 224, 224) float32, normalised`` → ``(N, num_classes)`` logits; in training mode with the
    logits of both auxiliary classifiers. From 15×15 pixels. Loads torchvision's ``googlenet`` weights.

    Args:
        aux: with auxiliary classifiers.
        transform_input: takes pictures normalised with ImageNet's mean and std and turns them into what
            torchvision's weights were trained on (mean 0.5, std 0.5).

    Deviations, which are torchvision's: batch normalisation and no response normalisation, 3×3 in place of
    5×5 convolutions, a 2×2 last pooling, dropout 0.2. Initial weights: normal, std 0.01, cut at ±2.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        in_channels: int = 3,
        input_size: tuple[int, int] = (224, 224),
        *,
        aux: bool = True,
        transform_input: bool = False,
    ) -> None:
        super().__init__()
        require_size("googlenet-bn", input_size, 15)
        if transform_input and in_channels != 3:
            raise ArgumentError(f"transform_input needs in_channels=3; received in_channels={in_channels}.")
        self.input_shape = (in_channels, *input_size)
        self.auxiliary_weights = AUXILIARY_WEIGHTS if aux else ()
        self.transform_input = transform_input
        self.conv1 = ConvBatchNorm(in_channels, 64, 7, stride=2, padding=3)  # → 64×112×112
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # → 64×56×56
        self.conv2 = ConvBatchNorm(64, 64, 1)
        self.conv3 = ConvBatchNorm(64, 192, 3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # → 192×28×28
        self.inception3a = _inception_bn("3a")
        self.inception3b = _inception_bn("3b")
        self.maxpool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)  # → 480×14×14
        self.inception4a = _inception_bn("4a")
        self.inception4b = _inception_bn("4b")
        self.inception4c = _inception_bn("4c")
        self.inception4d = _inception_bn("4d")
        self.inception4e = _inception_bn("4e")
        self.maxpool4 = nn.MaxPool2d(2, stride=2, ceil_mode=True)  # → 832×7×7
        self.inception5a = _inception_bn("5a")
        self.inception5b = _inception_bn("5b")
        self.aux1 = AuxiliaryClassifierBN(512, num_classes) if aux else None
        self.aux2 = AuxiliaryClassifierBN(528, num_classes) if aux else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(1024, num_classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, std=0.01)

    def _to_4a(self, images: torch.Tensor) -> torch.Tensor:
        if self.transform_input:
            images = imagenet_to_half(images)
        maps = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(images)))))
        maps = self.maxpool3(self.inception3b(self.inception3a(maps)))
        return self.inception4a(maps)  # type: ignore[no-any-return]

    def _to_4d(self, maps: torch.Tensor) -> torch.Tensor:
        return self.inception4d(self.inception4c(self.inception4b(maps)))  # type: ignore[no-any-return]

    def _to_5b(self, maps: torch.Tensor) -> torch.Tensor:
        maps = self.maxpool4(self.inception4e(maps))
        return self.inception5b(self.inception5a(maps))  # type: ignore[no-any-return]

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, 1024, H/32, W/32)``."""
        return self._to_5b(self._to_4d(self._to_4a(images)))

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 1024, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.fc(self.dropout(self.avgpool(maps).flatten(1)))
        return logits

    def forward(self, images: torch.Tensor) -> Outputs:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits, with the auxiliary ones while training."""
        if not self.training or self.aux1 is None or self.aux2 is None:
            return self.head(self.features(images))
        maps_4a = self._to_4a(images)
        maps_4d = self._to_4d(maps_4a)
        return self.head(self._to_5b(maps_4d)), self.aux1(maps_4a), self.aux2(maps_4d)


VARIANTS = {"googlenet": GoogLeNet, "googlenet-bn": GoogLeNetBN}
