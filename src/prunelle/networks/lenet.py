"""LeNet-5: in the form that is taught today, and as printed in 1998.

LeCun, Bottou, Bengio, Haffner: "Gradient-based learning applied to document recognition", Proceedings of the
IEEE, 1998, §II.B.

``lenet5`` deviates from the paper as is usual: ReLU for the scaled tanh, max-pooling for the trainable
sub-sampling, the second convolution connected to all six maps, a dense layer for the RBF output.
``lenet5-1998`` has all of these as the paper prints them.
"""

from __future__ import annotations

import math
import random

import torch
from torch import nn
from torch.nn import functional as F

from prunelle.networks.blocks import Network, require_size


class LeNet5(Network):
    """Convolutions 6 and 16 (5×5, valid), max-pooling after each, dense 120, 84: 61,706 weights on 32×32×1.

    ``images: (N, 1, 32, 32) float32, normalised`` → ``(N, num_classes)`` logits. MNIST's 28×28 digits come
    padded to 32×32, as in the paper.
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 1, input_size: tuple[int, int] = (32, 32)
    ) -> None:
        super().__init__()
        require_size("lenet5", input_size, 16)
        self.input_shape = (in_channels, *input_size)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
        )
        height, width = (_after_two_stages(side) for side in input_size)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * height * width, 120),
            nn.ReLU(inplace=True),
            nn.Linear(120, 84),
            nn.ReLU(inplace=True),
            nn.Linear(84, num_classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        return self.head(self.features(images))  # type: ignore[no-any-return]


def _after_two_stages(side: int) -> int:
    """A side after a 5×5 convolution and halving, twice."""
    return ((side - 4) // 2 - 4) // 2


C3_INPUTS: tuple[tuple[int, ...], ...] = (
    *((first, (first + 1) % 6, (first + 2) % 6) for first in range(6)),
    *((first, (first + 1) % 6, (first + 2) % 6, (first + 3) % 6) for first in range(6)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)
"""Table I: the maps of S2 that each of the sixteen maps of C3 sees."""

DIGITS = """
..###.. ...#... .#####. .#####. .....#. ####### ..####. ####### .#####. .#####.
.#...#. ..##... #.....# #.....# ....##. #...... .#..... ......# #.....# #.....#
#.....# .#.#... ......# ......# ...#.#. #...... #...... ......# #.....# #.....#
#.....# ...#... ......# ......# ..#..#. #...... #...... .....#. #.....# #.....#
#.....# ...#... .....#. ......# .#...#. #.####. #...... .....#. #.....# #.....#
#.....# ...#... ....#.. ..####. #....#. ##....# #.####. ....#.. .#####. #....##
#.....# ...#... ...#... ......# #....#. ......# ##....# ....#.. #.....# .####.#
#.....# ...#... ..#.... ......# ####### ......# #.....# ...#... #.....# ......#
#.....# ...#... .#..... ......# .....#. ......# #.....# ...#... #.....# ......#
#.....# ...#... #...... ......# .....#. ......# #.....# ..#.... #.....# ......#
.#...#. ...#... #...... #.....# .....#. #.....# #.....# ..#.... #.....# .....#.
..###.. .#####. ####### .#####. .....#. .#####. .#####. ..#.... .#####. .####..
"""
"""The digits 0 to 9 as 7×12 bitmaps, side by side: the RBF units' targets. Drawn here, after figure 3."""


class ScaledTanh(nn.Module):
    """``1.7159 · tanh(2x/3)``, which maps ±1 to ±1 (appendix A). Any shape."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return 1.7159 * torch.tanh(values * (2 / 3))


class SubSampling(nn.Module):
    """The sum of each 2×2 square, times a trainable coefficient a map, plus a trainable bias a map.

    ``maps: (N, channels, H, W)`` → ``(N, channels, H//2, W//2)``.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.coefficient = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))
        _uniform(self.coefficient, fan_in=4)
        _uniform(self.bias, fan_in=4)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        sums = 4 * F.avg_pool2d(maps, 2)
        return sums * self.coefficient.view(-1, 1, 1) + self.bias.view(-1, 1, 1)


class TableConv2d(nn.Module):
    """C3: a 5×5 convolution whose maps each see the input maps of ``C3_INPUTS`` only; 1,516 weights.

    ``maps: (N, 6, H, W)`` → ``(N, 16, H - 4, W - 4)``. ``weight: (60, 5, 5)`` holds the kernels of the sixty
    connections that exist, in the table's order; the others are no parameters at all.
    """

    kernel_size = (5, 5)
    stride = (1, 1)

    def __init__(self) -> None:
        super().__init__()
        places = [6 * out + into for out, inputs in enumerate(C3_INPUTS) for into in inputs]
        self.register_buffer("places", torch.tensor(places))
        self.weight = nn.Parameter(torch.empty(len(places), 5, 5))
        self.bias = nn.Parameter(torch.empty(16))
        with torch.no_grad():
            start = 0
            for out, inputs in enumerate(C3_INPUTS):
                _uniform(self.weight[start : start + len(inputs)], fan_in=25 * len(inputs))
                _uniform(self.bias[out : out + 1], fan_in=25 * len(inputs))
                start += len(inputs)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        kernels = self.weight.new_zeros(16 * 6, 5, 5).index_copy(0, self.get_buffer("places"), self.weight)
        return F.conv2d(maps, kernels.view(16, 6, 5, 5), self.bias)


class RadialBasis(nn.Module):
    """Minus the squared distance to each class's fixed target: ``-Σⱼ (xⱼ - wᵢⱼ)²`` (eq. 7, with a minus).

    ``codes: (N, 84)`` → ``(N, num_classes)``. Targets are buffers of ±1: the bitmaps of ``DIGITS`` for the
    first ten classes, and for further ones fixed random patterns, the same in every network.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        rows = [line.split() for line in DIGITS.split("\n") if line]
        targets = [
            [1.0 if dot == "#" else -1.0 for row in rows for dot in row[digit]]
            for digit in range(min(num_classes, 10))
        ]
        draw = random.Random(1998)
        targets += [[draw.choice((-1.0, 1.0)) for _ in range(84)] for _ in range(num_classes - len(targets))]
        self.register_buffer("targets", torch.tensor(targets))

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return -(codes[:, None] - self.get_buffer("targets")).square().sum(2)


class LeNet5Of1998(Network):
    """C1, S2, C3, S4, C5, F6 and the RBF output, layer by layer as printed: 60,000 trainable weights.

    ``images: (N, 1, 32, 32) float32, normalised`` → ``(N, num_classes)`` logits. C5 covers the whole of S4's
    maps, so it is sized for ``input_size``; from 16×16 pixels.

    The logits are minus the paper's RBF outputs y, so the largest is the answer as the smallest y is there.
    Their softmax cross-entropy is the paper's discriminative criterion, ``y_D + log(e^-j + Σᵢ e^-yᵢ)``
    (eq. 9), without its constant j for "rubbish".

    Initial weights are uniform in ±2.4/fan-in (appendix A), 4 being the fan-in of a sub-sampling unit.

    Deviations: none in the layers. The paper shares figure 3's bitmaps of all printable characters; the ten
    digits are drawn anew here, and classes beyond ten get fixed random targets.
    """

    def __init__(
        self, num_classes: int = 10, in_channels: int = 1, input_size: tuple[int, int] = (32, 32)
    ) -> None:
        super().__init__()
        require_size("lenet5-1998", input_size, 16)
        self.input_shape = (in_channels, *input_size)
        self.features = nn.Sequential()
        self.features.add_module("c1", nn.Conv2d(in_channels, 6, 5))  # → 6×28×28
        self.features.add_module("tanh1", ScaledTanh())
        self.features.add_module("s2", SubSampling(6))  # → 6×14×14
        self.features.add_module("tanh2", ScaledTanh())
        self.features.add_module("c3", TableConv2d())  # → 16×10×10
        self.features.add_module("tanh3", ScaledTanh())
        self.features.add_module("s4", SubSampling(16))  # → 16×5×5
        self.features.add_module("tanh4", ScaledTanh())
        height, width = (_after_two_stages(side) for side in input_size)
        self.head = nn.Sequential()
        self.head.add_module("c5", nn.Conv2d(16, 120, (height, width)))  # → 120×1×1
        self.head.add_module("tanh5", ScaledTanh())
        self.head.add_module("flatten", nn.Flatten())
        self.head.add_module("f6", nn.Linear(120, 84))
        self.head.add_module("tanh6", ScaledTanh())
        self.head.add_module("rbf", RadialBasis(num_classes))
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                fan_in = math.prod(module.weight.shape[1:])
                _uniform(module.weight, fan_in)
                assert module.bias is not None
                _uniform(module.bias, fan_in)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits, all at most 0."""
        logits: torch.Tensor = self.head(self.features(images))
        return logits


def _uniform(weights: torch.Tensor, fan_in: int) -> None:
    nn.init.uniform_(weights, -2.4 / fan_in, 2.4 / fan_in)


VARIANTS = {"lenet5": LeNet5, "lenet5-1998": LeNet5Of1998}
