"""VGG, all six configurations of the paper, and four of them with batch normalisation.

Simonyan, Zisserman: "Very deep convolutional networks for large-scale image recognition", arXiv:1409.1556,
table 1 (configurations) and table 2 (numbers of weights). A, B, D and E, with and without batch normalisation
(which is torchvision's addition), load torchvision's weights for vgg11, vgg13, vgg16 and vgg19.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from prunelle.networks.blocks import Network, require_size

LAYOUTS: dict[str, tuple[str, ...]] = {
    "a": ("64", "128", "256 256", "512 512", "512 512"),
    "a-lrn": ("64 lrn", "128", "256 256", "512 512", "512 512"),
    "b": ("64 64", "128 128", "256 256", "512 512", "512 512"),
    "c": ("64 64", "128 128", "256 256 256/1", "512 512 512/1", "512 512 512/1"),
    "d": ("64 64", "128 128", "256 256 256", "512 512 512", "512 512 512"),
    "e": ("64 64", "128 128", "256 256 256 256", "512 512 512 512", "512 512 512 512"),
}
"""The columns of table 1: five blocks, max-pooling after each; channels of 3×3 convolutions, /1 for 1×1."""


class VGG(Network):
    """Blocks of 3×3 convolutions and max-pooling, then dense 4096, 4096, ``num_classes``.

    ``images: (N, 3, 224, 224) float32, normalised`` → ``(N, num_classes)`` logits. From 32×32 pixels: the
    last maps are averaged to 7×7 whatever their size, as torchvision does (224×224 pictures have 7×7 maps).

    Initial weights are torchvision's: He's normal over the outputs for convolutions, N(0, 0.01²) for dense
    layers. Deviation: the paper draws all from N(0, 0.1²) and starts its deeper networks from a trained A.
    """

    def __init__(
        self,
        name: str,
        blocks: tuple[str, ...],
        *,
        batch_norm: bool,
        num_classes: int,
        in_channels: int,
        input_size: tuple[int, int],
    ) -> None:
        super().__init__()
        require_size(name, input_size, 32)
        self.input_shape = (in_channels, *input_size)
        self.features = _convolutions(blocks, in_channels, batch_norm)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, num_classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
            if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 512, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.classifier(self.avgpool(maps).flatten(1))
        return logits

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))


def _convolutions(blocks: tuple[str, ...], in_channels: int, batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for block in blocks:
        for entry in block.split():
            if entry == "lrn":
                # §2.3: with the parameters of Krizhevsky 2012, whose α PyTorch divides by n.
                layers.append(nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0))
                continue
            channels, _, kernel = entry.partition("/")
            size = int(kernel or 3)
            layers.append(nn.Conv2d(in_channels, int(channels), size, padding=size // 2))
            if batch_norm:
                layers.append(nn.BatchNorm2d(int(channels)))
            layers.append(nn.ReLU(inplace=True))
            in_channels = int(channels)
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def _variant(name: str, column: str, batch_norm: bool = False) -> Callable[..., VGG]:
    def make(num_classes: int = 1000, in_channels: int = 3, input_size: tuple[int, int] = (224, 224)) -> VGG:
        return VGG(
            name,
            LAYOUTS[column],
            batch_norm=batch_norm,
            num_classes=num_classes,
            in_channels=in_channels,
            input_size=input_size,
        )

    return make


VARIANTS = {f"vgg-{column}": _variant(f"vgg-{column}", column) for column in LAYOUTS} | {
    f"vgg-{column}-bn": _variant(f"vgg-{column}-bn", column, batch_norm=True)
    for column in ("a", "b", "d", "e")
}
