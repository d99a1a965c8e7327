"""Inception v2 (BN-Inception): batch normalisation, and two 3×3 convolutions in place of a 5×5 one.

Ioffe, Szegedy: "Batch normalization: accelerating deep network training by reducing internal covariate
shift", arXiv:1502.03167, §4.2.1 and figure 5.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from prunelle.networks.blocks import Branches, ConvBatchNorm, Network, initialise, require_size


def _conv(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0
) -> ConvBatchNorm:
    return ConvBatchNorm(
        in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=True, eps=1e-5
    )


class _HalvingMaxPool(nn.Module):
    """3×3 max-pooling, stride 2, to ⌈side/2⌉: what a 3×3 convolution with stride 2 and padding 1 leaves.

    On even sides it is the usual pooling, rounded up; on odd ones it needs a pixel of padding on both ends.
    ``maps: (N, C, H, W)`` → ``(N, C, ⌈H/2⌉, ⌈W/2⌉)``.
    """

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        height, width = maps.shape[-2:]
        return F.max_pool2d(maps, 3, stride=2, padding=(height % 2, width % 2), ceil_mode=True)


def _inception(
    in_channels: int,
    one: int,
    three: tuple[int, int],
    double: tuple[int, int],
    pool: nn.Module,
    projection: int,
) -> Branches:
    """Figure 5, a row with stride 1. ``three``, ``double``: channels of the 1×1 reduction, of the 3×3."""
    return Branches(
        branch1x1=_conv(in_channels, one, 1),
        branch3x3=nn.Sequential(_conv(in_channels, three[0], 1), _conv(three[0], three[1], 3, padding=1)),
        branch3x3double=nn.Sequential(
            _conv(in_channels, double[0], 1),
            _conv(double[0], double[1], 3, padding=1),
            _conv(double[1], double[1], 3, padding=1),
        ),
        branch_pool=nn.Sequential(pool, _conv(in_channels, projection, 1)),
    )


def _average() -> nn.AvgPool2d:
    return nn.AvgPool2d(3, stride=1, padding=1)


def _reduction(in_channels: int, three: tuple[int, int], double: tuple[int, int]) -> Branches:
    """Figure 5, a row with stride 2: no 1×1 branch, and the pooled maps pass through."""
    return Branches(
        branch3x3=nn.Sequential(
            _conv(in_channels, three[0], 1), _conv(three[0], three[1], 3, stride=2, padding=1)
        ),
        branch3x3double=nn.Sequential(
            _conv(in_channels, double[0], 1),
            _conv(double[0], double[1], 3, padding=1),
            _conv(double[1], double[1], 3, stride=2, padding=1),
        ),
        branch_pool=_HalvingMaxPool(),
    )


class InceptionV2(Network):
    """Ten Inception modules with batch normalisation: 11,295,240 weights with 1,000 classes.

    ``images: (N, 3, 224, 224) float32, normalised`` → ``(N, num_classes)`` logits. From 23×23 pixels, the
    smallest picture that every stride still shrinks.

    Deviations, which are those of the Caffe reference that published weights are for: plain instead of
    separable first convolution; pool projections of 128 instead of 96 channels in 4c and 4d, hence 608 and
    1,056 channels where figure 5 has 576 and 1,024; biases in the convolutions, which the paper leaves out
    (§3.2). No dropout and no auxiliary classifier. Initial weights are He's.
    """

    def __init__(
        self, num_classes: int = 1000, in_channels: int = 3, input_size: tuple[int, int] = (224, 224)
    ) -> None:
        super().__init__()
        require_size("inception-v2", input_size, 23)
        self.input_shape = (in_channels, *input_size)
        self.features = nn.Sequential()
        stages: dict[str, nn.Module] = {
            "conv1": _conv(in_channels, 64, 7, stride=2, padding=3),  # → 64×112×112
            "pool1": nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 64×56×56
            "conv2_reduce": _conv(64, 64, 1),
            "conv2": _conv(64, 192, 3, padding=1),
            "pool2": nn.MaxPool2d(3, stride=2, ceil_mode=True),  # → 192×28×28
            "inception3a": _inception(192, 64, (64, 64), (64, 96), _average(), 32),
            "inception3b": _inception(256, 64, (64, 96), (64, 96), _average(), 64),
            "inception3c": _reduction(320, (128, 160), (64, 96)),  # → 576×14×14
            "inception4a": _inception(576, 224, (64, 96), (96, 128), _average(), 128),
            "inception4b": _inception(576, 192, (96, 128), (96, 128), _average(), 128),
            "inception4c": _inception(576, 160, (128, 160), (128, 160), _average(), 128),
            "inception4d": _inception(608, 96, (128, 192), (160, 192), _average(), 128),
            "inception4e": _reduction(608, (128, 192), (192, 256)),  # → 1056×7×7
            "inception5a": _inception(1056, 352, (192, 320), (160, 224), _average(), 128),
            "inception5b": _inception(
                1024, 352, (192, 320), (192, 224), nn.MaxPool2d(3, stride=1, padding=1), 128
            ),
        }
        for name, stage in stages.items():
            self.features.add_module(name, stage)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, num_classes))
        initialise(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.head(self.features(images))
        return logits


VARIANTS = {"inception-v2": InceptionV2}
