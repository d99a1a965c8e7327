"""Networks for time series: input ``(N, channels, length)``.

- ``fcn`` and ``resnet1d``: Wang, Yan, Oates: "Time series classification from scratch with deep neural networks: a
  strong baseline", IJCNN 2017 (arXiv:1611.06455), figure 1 (b) and (c).
- ``inceptiontime``: Ismail Fawaz et al.: "InceptionTime: finding AlexNet for time series classification", Data Mining
  and Knowledge Discovery 2020 (arXiv:1909.04939), §3. ``build("inceptiontime", ensemble=5)`` is what the paper calls
  InceptionTime; the name alone is its single network.
- ``t-lenet``: Le Guennec, Malinowski, Tavenard: "Data augmentation for time series classification using
  convolutional neural networks", ECML/PKDD workshop 2016, §3.1.
- ``course-series``: what courses build first: convolution and pooling, twice, and a dense layer.

Weights are those of the reference implementations (hfawaz/dl-4-tsc and hfawaz/InceptionTime), biases before batch
normalisation included where they have them. Deviations: batch normalisation is PyTorch's (ε 1e-5, momentum 0.1).

``masked=True`` builds ``fcn``, ``resnet1d`` and ``inceptiontime`` for padded series: see ``layers_1d.py``.
"""

from __future__ import annotations

import itertools

import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.networks.blocks import Branches, Network
from prunelle.networks.layers_1d import (
    MaskedBatchNorm1d,
    MaskedConv1d,
    MaskedMaxPool1d,
    MaskedMean,
    SameConv1d,
)


class SeriesNetwork(Network):
    """``features``, convolutions that keep the length or halve it, then ``head``, which gives the logits.

    Args:
        features: ``(N, C, T)`` → ``(N, c, t)``.
        head: ``(N, c, t)`` → ``(N, num_classes)`` logits.
        input_shape: ``(C, T)``; networks that end with a global pooling take any T.
    """

    def __init__(self, features: nn.Sequential, head: nn.Sequential, input_shape: tuple[int, int]) -> None:
        super().__init__()
        self.features = features
        self.head = head
        self.input_shape = input_shape

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        """``series: (N, C, T) float32, normalised`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(series))  # type: ignore[no-any-return]


def _convolution(
    in_channels: int, out_channels: int, kernel_size: int, *, masked: bool, bias: bool = True
) -> SameConv1d:
    return (MaskedConv1d if masked else SameConv1d)(in_channels, out_channels, kernel_size, bias=bias)


def _normalisation(channels: int, *, masked: bool) -> nn.BatchNorm1d:
    return (MaskedBatchNorm1d if masked else nn.BatchNorm1d)(channels)


def _pooled_head(channels: int, num_classes: int, *, masked: bool) -> nn.Sequential:
    """Global average pooling and one dense layer: what class activation maps are made of."""
    pool = MaskedMean() if masked else nn.AdaptiveAvgPool1d(1)
    return nn.Sequential(pool, nn.Flatten(), nn.Linear(channels, num_classes))


def _require_length(network: str, length: int, minimum: int) -> None:
    if length < minimum:
        raise ArgumentError(
            f"{network} needs series of at least {minimum} steps; received {length}. Give a larger --size (they are "
            f"resampled), or choose fcn, resnet1d or inceptiontime, which take any length."
        )


def fcn(
    num_classes: int = 10, in_channels: int = 1, input_size: tuple[int] = (128,), masked: bool = False
) -> SeriesNetwork:
    """Convolutions 128 (8), 256 (5), 128 (3), global average, dense: 265,994 weights for 10 classes.

    ``series: (N, C, T)`` → ``(N, num_classes)`` logits; any T.
    """
    layers: list[nn.Module] = []
    channels = in_channels
    for out_channels, kernel_size in ((128, 8), (256, 5), (128, 3)):
        layers += [
            _convolution(channels, out_channels, kernel_size, masked=masked),
            _normalisation(out_channels, masked=masked),
            nn.ReLU(inplace=True),
        ]
        channels = out_channels
    return SeriesNetwork(
        nn.Sequential(*layers),
        _pooled_head(channels, num_classes, masked=masked),
        (in_channels, *input_size),
    )


class ResidualBlock1d(nn.Module):
    """Convolutions of 8, 5 and 3 steps, each normalised, plus the input; ReLU.

    ``maps: (N, in_channels, T)`` → ``(N, out_channels, T)``. The shortcut is normalised too, after a convolution of
    1 step where the channels differ.
    """

    def __init__(self, in_channels: int, out_channels: int, *, masked: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = in_channels
        for kernel_size in (8, 5, 3):
            layers += [
                _convolution(channels, out_channels, kernel_size, masked=masked),
                _normalisation(out_channels, masked=masked),
                nn.ReLU(inplace=True),
            ]
            channels = out_channels
        # The last ReLU comes after the sum.
        self.residual = nn.Sequential(*layers[:-1])
        shortcut: list[nn.Module] = [_normalisation(out_channels, masked=masked)]
        if in_channels != out_channels:
            shortcut.insert(0, _convolution(in_channels, out_channels, 1, masked=masked))
        self.shortcut = nn.Sequential(*shortcut)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, T)`` → ``(N, out_channels, T)``."""
        return self.relu(self.residual(maps) + self.shortcut(maps))  # type: ignore[no-any-return]


def resnet1d(
    num_classes: int = 10, in_channels: int = 1, input_size: tuple[int] = (128,), masked: bool = False
) -> SeriesNetwork:
    """Three residual blocks of 64, 128, 128 channels, global average, dense: 505,290 weights for 10 classes.

    ``series: (N, C, T)`` → ``(N, num_classes)`` logits; any T.
    """
    sizes = (in_channels, 64, 128, 128)
    blocks = [ResidualBlock1d(a, b, masked=masked) for a, b in itertools.pairwise(sizes)]
    return SeriesNetwork(
        nn.Sequential(*blocks), _pooled_head(128, num_classes, masked=masked), (in_channels, *input_size)
    )


class InceptionModule1d(nn.Module):
    """Convolutions of 40, 20 and 10 steps on a bottleneck, and max-pooling of 3 with a convolution of 1, side by side.

    ``maps: (N, in_channels, T)`` → ``(N, 128, T)``, normalised, after ReLU. There is no bottleneck on one channel.
    """

    def __init__(self, in_channels: int, *, masked: bool) -> None:
        super().__init__()
        width = 32
        inner = width if in_channels > 1 else in_channels
        self.bottleneck = (
            _convolution(in_channels, width, 1, masked=masked, bias=False)
            if in_channels > 1
            else nn.Identity()
        )
        self.convolutions = Branches(
            **{
                f"kernel{size}": _convolution(inner, width, size, masked=masked, bias=False)
                for size in (40, 20, 10)
            }
        )
        pool = MaskedMaxPool1d if masked else nn.MaxPool1d
        self.pooled = nn.Sequential(
            pool(3, stride=1, padding=1), _convolution(in_channels, width, 1, masked=masked, bias=False)
        )
        self.bn = _normalisation(4 * width, masked=masked)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, T)`` → ``(N, 128, T)``."""
        both = torch.cat([self.convolutions(self.bottleneck(maps)), self.pooled(maps)], 1)
        return self.relu(self.bn(both))  # type: ignore[no-any-return]


class InceptionBlock1d(nn.Module):
    """Three Inception modules and a shortcut around them: convolution of 1 step, normalised, added; ReLU.

    ``maps: (N, in_channels, T)`` → ``(N, 128, T)``.
    """

    def __init__(self, in_channels: int, *, masked: bool) -> None:
        super().__init__()
        self.inception = nn.Sequential(
            *(InceptionModule1d(channels, masked=masked) for channels in (in_channels, 128, 128))
        )
        self.shortcut = nn.Sequential(
            _convolution(in_channels, 128, 1, masked=masked, bias=False),
            _normalisation(128, masked=masked),
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """``maps: (N, in_channels, T)`` → ``(N, 128, T)``."""
        return self.relu(self.inception(maps) + self.shortcut(maps))  # type: ignore[no-any-return]


def inceptiontime(
    num_classes: int = 10, in_channels: int = 1, input_size: tuple[int] = (128,), masked: bool = False
) -> SeriesNetwork:
    """Six Inception modules, a shortcut over every three, global average, dense: 421,482 weights for 10 classes.

    ``series: (N, C, T)`` → ``(N, num_classes)`` logits; any T.
    """
    return SeriesNetwork(
        nn.Sequential(InceptionBlock1d(in_channels, masked=masked), InceptionBlock1d(128, masked=masked)),
        _pooled_head(128, num_classes, masked=masked),
        (in_channels, *input_size),
    )


def t_lenet(num_classes: int = 10, in_channels: int = 1, input_size: tuple[int] = (128,)) -> SeriesNetwork:
    """Convolution 5, pooling 2, convolution 20, pooling 4, dense 500, dense: 166,060 weights on 128 steps.

    ``series: (N, C, T)`` → ``(N, num_classes)`` logits. The dense layers are sized for T.
    """
    (length,) = input_size
    _require_length("t-lenet", length, 8)
    return SeriesNetwork(
        nn.Sequential(
            nn.Conv1d(in_channels, 5, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool1d(2),
            nn.Conv1d(5, 20, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool1d(4),
        ),
        nn.Sequential(
            nn.Flatten(),
            nn.Linear(20 * (length // 2 // 4), 500),
            nn.ReLU(inplace=True),
            nn.Linear(500, num_classes),
        ),
        (in_channels, length),
    )


def course_series(
    num_classes: int = 10, in_channels: int = 1, input_size: tuple[int] = (128,)
) -> SeriesNetwork:
    """Convolution 16 (5), pooling 2, convolution 32 (5), pooling 2, dense: 12,938 weights on 128 steps.

    ``series: (N, C, T)`` → ``(N, num_classes)`` logits. The dense layer is sized for T.
    """
    (length,) = input_size
    _require_length("course-series", length, 4)
    return SeriesNetwork(
        nn.Sequential(
            nn.Conv1d(in_channels, 16, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool1d(2),
        ),
        nn.Sequential(nn.Flatten(), nn.Linear(32 * (length // 4), num_classes)),
        (in_channels, length),
    )


VARIANTS = {
    "t-lenet": t_lenet,
    "fcn": fcn,
    "resnet1d": resnet1d,
    "inceptiontime": inceptiontime,
    "course-series": course_series,
}
