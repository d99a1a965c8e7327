"""AlexNet: the network of 2012 in its two groups, and the one-column network of 2014.

``alexnet``: Krizhevsky, Sutskever, Hinton: "ImageNet classification with deep convolutional neural networks",
NIPS 2012, §3.5 and figure 2. ``alexnet-owt``: Krizhevsky: "One weird trick for parallelizing convolutional
neural networks", arXiv:1404.5997, 2014, footnote 1, in torchvision's layout.
"""

from __future__ import annotations

import torch
from torch import nn

from prunelle.networks.blocks import Network, require_size


class AlexNet(Network):
    """Five convolutions, three dense layers; 60,965,224 weights on 227×227×3 with 1,000 classes.

    ``images: (N, 3, 227, 227) float32, normalised`` → ``(N, num_classes)`` logits. The dense layers are sized
    for ``input_size``; from 67×67 pixels.

    The paper writes 224×224; only 227×227 (or padding it does not mention) gives its 55×55 maps. Its two
    processors' halves are the two groups of the second, fourth and fifth convolutions.

    Deviations: none in the weights. Response normalisation runs across the boundary of the halves (the paper
    sums over "the total number of kernels in the layer").
    """

    def __init__(
        self, num_classes: int = 1000, in_channels: int = 3, input_size: tuple[int, int] = (227, 227)
    ) -> None:
        super().__init__()
        require_size("alexnet", input_size, 67)
        self.input_shape = (in_channels, *input_size)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 96, 11, stride=4),  # → 96×55×55
            nn.ReLU(inplace=True),
            _response_norm(),
            nn.MaxPool2d(3, stride=2),  # → 96×27×27, overlapping
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(inplace=True),
            _response_norm(),
            nn.MaxPool2d(3, stride=2),  # → 256×13×13
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),  # → 256×6×6
        )
        height, width = (_after_three_pools((side - 11) // 4 + 1) for side in input_size)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(256 * height * width, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, num_classes),
        )
        self._initialise()

    def _initialise(self) -> None:
        """§5: weights from N(0, 0.01²); biases 1 where they feed ReLUs early, 0 elsewhere."""
        layers = [module for module in self.modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
        for number, layer in enumerate(layers, start=1):
            nn.init.normal_(layer.weight, std=0.01)
            assert layer.bias is not None
            # Convolutions 2, 4 and 5 and the hidden dense layers, in the order of the layers.
            nn.init.constant_(layer.bias, 1.0 if number in (2, 4, 5, 6, 7) else 0.0)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.head(self.features(images))
        return logits


def _response_norm() -> nn.LocalResponseNorm:
    """§3.3: k = 2, n = 5, α = 1e-4, β = 0.75. PyTorch divides α by n, the paper does not."""
    return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def _after_three_pools(side: int) -> int:
    for _ in range(3):
        side = (side - 3) // 2 + 1
    return side


class AlexNetOneColumn(Network):
    """AlexNet without groups or response normalisation; 61,100,840 weights with 1,000 classes.

    ``images: (N, 3, 224, 224) float32, normalised`` → ``(N, num_classes)`` logits. From 63×63 pixels: the
    last maps are averaged to 6×6 whatever their size, as torchvision does. Loads torchvision's ``alexnet``
    weights.

    Deviations of torchvision's layout from the paper: 256 channels in the fourth convolution instead of 384,
    dropout before the first dense layer. Initial weights are PyTorch's own, as torchvision's.
    """

    def __init__(
        self, num_classes: int = 1000, in_channels: int = 3, input_size: tuple[int, int] = (224, 224)
    ) -> None:
        super().__init__()
        require_size("alexnet-owt", input_size, 63)
        self.input_shape = (in_channels, *input_size)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 64, 11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(6)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def head(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, 256, h, w)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.classifier(self.avgpool(maps).flatten(1))
        return logits

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))


VARIANTS = {"alexnet": AlexNet, "alexnet-owt": AlexNetOneColumn}
