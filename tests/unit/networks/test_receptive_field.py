"""Receptive fields against hand-worked ones and against gradients: what a unit sees is what moves it."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunelle.networks import build
from prunelle.networks.inception_v3 import MixedA, MixedB, MixedC, MixedE
from prunelle.networks.resnet import BasicBlock, ZeroPadShortcut
from prunelle.networks.summary import LayerRow, summarise
from prunelle.networks.xception import Block


def see_through(network: nn.Module) -> nn.Module:
    """A copy in which every pixel of a window counts: positive weights, averages for maxima, no activations."""
    network = copy.deepcopy(network).double().eval()
    for name, module in list(network.named_modules()):
        parent = network.get_submodule(name.rpartition(".")[0])
        if isinstance(module, nn.MaxPool2d):
            pool = nn.AvgPool2d(module.kernel_size, module.stride, module.padding, module.ceil_mode)
            setattr(parent, name.rpartition(".")[2], pool)
        elif isinstance(module, nn.ReLU | nn.LocalResponseNorm | nn.BatchNorm2d):
            setattr(parent, name.rpartition(".")[2], nn.Identity())
    for parameter in network.parameters():
        nn.init.constant_(parameter, 1 / parameter[0].numel() if parameter.dim() > 1 else 0.1)
    return network


def moved_by(network: nn.Module, layer: str, shape: tuple[int, ...], shift: int = 0) -> list[tuple[int, int]]:
    """First and last row, and column, whose pixels have a gradient, for the unit in the middle of a layer."""
    found = []
    handle = network.get_submodule(layer).register_forward_hook(lambda _m, _i, output: found.append(output))
    images = torch.zeros(1, *shape, dtype=torch.float64, requires_grad=True)
    network(images)
    handle.remove()
    (maps,) = found
    maps.sum(1)[0, maps.shape[2] // 2 + shift, maps.shape[3] // 2 + shift].backward()
    assert images.grad is not None
    touched = images.grad[0].sum(0) != 0
    return [
        (int(lines.nonzero().min()), int(lines.nonzero().max())) for lines in (touched.any(1), touched.any(0))
    ]


def check(network: nn.Module, layer: str, row: LayerRow, shape: tuple[int, ...]) -> None:
    spans = moved_by(network, layer, shape)
    assert all(low > 0 and high < side - 1 for (low, high), side in zip(spans, shape[1:], strict=True)), (
        "the picture is too small for this test to see the whole field"
    )
    assert row.receptive_field == tuple(high - low + 1 for low, high in spans)
    after = moved_by(network, layer, shape, shift=1)
    assert row.jump == tuple(later[0] - low for (low, _), later in zip(spans, after, strict=True))


@pytest.mark.parametrize(
    ("name", "side", "layers"),
    [
        ("lenet5", 64, ("features.0", "features.2", "features.3", "features.5")),
        ("course-cifar", 64, ("features.8",)),
        ("nin-cifar", 96, ("features.0", "head.4")),
        ("alexnet-owt", 320, ("features.5", "features.12")),
        ("squeezenet1.1", 320, ("features.3", "features.8", "features.12.expand3x3", "classifier.1")),
        ("resnet20", 128, ("layer1.2.bn2", "layer2.0.conv1", "layer3.0", "layer3.2.bn2")),
    ],
)
def test_as_gradients_say(name: str, side: int, layers: tuple[str, ...]) -> None:
    network = build(name, input_size=side)
    shape = tuple(network.input_shape)  # type: ignore[arg-type]
    rows = {row.name: row for row in summarise(network, shape)}
    clear = see_through(network)
    for layer in layers:
        if layer in rows:
            check(clear, layer, rows[layer], shape)
        else:  # a block, whose own output is that of its last activation
            last = [row for row in rows.values() if row.name.startswith(f"{layer}.")][-1]
            check(clear, layer, last, shape)


@pytest.mark.parametrize(
    ("block", "channels"),
    [
        (MixedA(8, pool=4), 8),
        (nn.Sequential(MixedB(8), nn.Conv2d(488, 2, 3)), 8),
        (nn.Sequential(MixedC(8, channels=4), MixedE(768)), 8),
        (BasicBlock(4, 8, 2, nn.Sequential(nn.Conv2d(4, 8, 1, 2), nn.BatchNorm2d(8))), 4),
        (BasicBlock(4, 8, 2, ZeroPadShortcut()), 4),
        (Block((4, 6, 8), pool=True), 4),
    ],
    ids=("A", "B", "C-E", "projection", "option-A", "xception"),
)
def test_branches_and_shortcuts_as_gradients_say(block: nn.Module, channels: int) -> None:
    # The last layer joins everything the block gives.
    network = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), block, nn.AvgPool2d(1))
    shape = (3, 41, 45)
    check(see_through(network), "2", summarise(network, shape)[-1], shape)


class Lopsided(nn.Module):
    """One path sees up and left, one down and right, one is thinned out."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = nn.Conv2d(1, 1, 5, padding=2, dilation=1)
        self.holes = nn.Conv2d(1, 1, 3, stride=2, padding=2, dilation=2)
        self.last = nn.Conv2d(3, 1, 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        early = F.avg_pool2d(F.pad(images, (6, 0, 3, 0))[:, :, :-3, :-6], 2)
        late = F.conv2d(images, torch.ones(1, 1, 2, 2, dtype=images.dtype), stride=2)
        return self.last(torch.cat([early, late, self.holes(self.wide(images))], 1))  # type: ignore[no-any-return]


def test_paths_that_are_not_centred() -> None:
    network, shape = Lopsided(), (1, 32, 32)
    check(see_through(network), "last", summarise(network, shape)[-1], shape)


def test_time_series() -> None:
    network = nn.Sequential(nn.Conv1d(2, 3, 5, padding=2), nn.MaxPool1d(4), nn.Conv1d(3, 1, 3), nn.Flatten())
    rows = summarise(network, (2, 40))
    # 5; 5 + 3; 8 + 2·4.
    assert [(row.receptive_field, row.jump) for row in rows] == [
        ((5,), (1,)),
        ((8,), (4,)),
        ((16,), (4,)),
        ((16,), None),
    ]


@pytest.mark.parametrize(
    "last",
    [nn.AdaptiveAvgPool2d(1), nn.AdaptiveMaxPool2d(1), nn.Sequential(nn.Flatten(), nn.Linear(4 * 7 * 7, 2))],
)
def test_global_pooling_and_dense_layers_see_what_is_left_of_the_picture(last: nn.Module) -> None:
    # Seven 3×3 windows with stride 2 reach pixel 15: the sixteenth is seen by none.
    row = summarise(nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), last), (1, 16, 16))[-1]
    assert (row.receptive_field, row.jump) == ((15, 15), None)


class SqueezeExcite(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Conv2d(2, 2, 1)
        self.out = nn.Conv2d(2, 2, 1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        return self.out(maps * self.gate(maps.mean((2, 3), keepdim=True)).sigmoid())  # type: ignore[no-any-return]


def test_a_factor_from_the_whole_picture_makes_everything_see_it() -> None:
    assert summarise(SqueezeExcite(), (2, 9, 12))[-1].receptive_field == (9, 12)


@pytest.mark.parametrize(
    "layer", [nn.ConvTranspose2d(2, 2, 2, stride=2), nn.Upsample(scale_factor=2), nn.AdaptiveAvgPool2d(5)]
)
def test_what_is_not_known_is_not_guessed(layer: nn.Module) -> None:
    rows = summarise(nn.Sequential(layer, nn.ReLU()), (2, 8, 8))
    assert [(row.receptive_field, row.jump) for row in rows] == [(None, None)] * 2
