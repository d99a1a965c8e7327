"""The table of a network against tables worked by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prunelle.networks import build
from prunelle.networks.summary import LayerRow, count_parameters, summarise


def test_lenet_by_hand() -> None:
    rows = summarise(build("lenet5"), (1, 32, 32))
    assert [(r.name, r.kind, r.detail, r.output_shape, r.parameters) for r in rows] == [
        ("features.0", "Conv2d", "5×5", (6, 28, 28), 6 * 25 + 6),
        ("features.1", "ReLU", "", (6, 28, 28), 0),
        ("features.2", "MaxPool2d", "2×2, stride 2", (6, 14, 14), 0),
        ("features.3", "Conv2d", "5×5", (16, 10, 10), 6 * 16 * 25 + 16),
        ("features.4", "ReLU", "", (16, 10, 10), 0),
        ("features.5", "MaxPool2d", "2×2, stride 2", (16, 5, 5), 0),
        ("head.0", "Flatten", "", (400,), 0),
        ("head.1", "Linear", "", (120,), 400 * 120 + 120),
        ("head.2", "ReLU", "", (120,), 0),
        ("head.3", "Linear", "", (84,), 120 * 84 + 84),
        ("head.4", "ReLU", "", (84,), 0),
        ("head.5", "Linear", "", (10,), 84 * 10 + 10),
    ]
    assert sum(r.parameters for r in rows) == 61_706


@pytest.mark.parametrize(
    ("layer", "detail"),
    [
        (nn.Conv2d(4, 4, 3, stride=2, padding=1), "3×3, stride 2, padding 1"),
        (nn.Conv2d(4, 4, (1, 7), stride=(2, 1), padding=(0, 3)), "1×7, stride 2×1, padding 0×3"),
        (nn.Conv2d(4, 4, 3, padding="same", groups=4), "3×3, padding same, groups 4"),
        (nn.Conv2d(4, 4, 1), "1×1"),
        (nn.AvgPool2d(3, stride=1), "3×3"),
        (nn.Dropout(0.5), "p = 0.5"),
        (nn.BatchNorm2d(4), ""),
    ],
)
def test_details_in_the_terms_of_the_field(layer: nn.Module, detail: str) -> None:
    (row,) = summarise(nn.Sequential(layer), (4, 9, 9))
    assert row.detail == detail
    assert row.output_shape == tuple(layer.eval()(torch.zeros(1, 4, 9, 9)).shape[1:])


def test_a_convolution_over_time_has_one_length() -> None:
    (row,) = summarise(nn.Sequential(nn.Conv1d(2, 3, 5, padding=2)), (2, 20))
    assert (row.detail, row.output_shape, row.parameters) == ("5, padding 2", (3, 20), 33)


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.twice = nn.Linear(4, 4)
        self.tied = nn.Linear(4, 4)
        self.tied.weight = self.twice.weight

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.tied(self.twice(self.twice(x))), x


def test_shared_weights_count_once() -> None:
    network = Shared()
    rows = summarise(network, (4,))
    assert [(r.name, r.parameters) for r in rows] == [("twice", 20), ("twice", 0), ("tied", 4)]
    assert count_parameters(network) == 24


def test_buffers_do_not_count() -> None:
    assert count_parameters(nn.BatchNorm2d(7)) == 14


def test_the_network_is_as_before() -> None:
    network = build("course-photos")
    network.features[3].eval()  # type: ignore[union-attr, index, operator]
    modes = [module.training for module in network.modules()]
    torch.manual_seed(5)
    state = torch.get_rng_state()
    summarise(network, (3, 64, 64))
    assert [module.training for module in network.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert all(len(module._forward_hooks) == 0 for module in network.modules())
    assert all(parameter.grad is None for parameter in network.parameters())
    with pytest.raises(RuntimeError):
        summarise(network, (3, 8, 64))
    assert [module.training for module in network.modules()] == modes
    assert all(len(module._forward_hooks) == 0 for module in network.modules())


def test_lenet_sees_and_costs_by_hand() -> None:
    rows = {row.name: row for row in summarise(build("lenet5"), (1, 32, 32))}
    # C1 5; S2 5 + 1; C3 6 + 4·2; S4 14 + 1·2; a flattened number still has its place, a dense one sees all.
    names = ("features.0", "features.2", "features.3", "features.5", "head.0", "head.1")
    assert [rows[name].receptive_field for name in names] == [(n, n) for n in (5, 6, 14, 16, 16, 32)]
    assert [rows[name].jump for name in names] == [(1, 1), (2, 2), (2, 2), (4, 4), None, None]
    assert rows["features.0"].multiply_adds == 28 * 28 * 6 * 25
    assert rows["features.3"].multiply_adds == 10 * 10 * 16 * 6 * 25
    assert rows["head.1"].multiply_adds == 400 * 120
    assert rows["features.2"].multiply_adds == rows["features.1"].multiply_adds == 0
    assert rows["features.0"].activation_bytes == 4 * 6 * 28 * 28
    # In place, and a view: no memory of their own.
    assert rows["features.1"].activation_bytes == rows["head.0"].activation_bytes == 0


def table(name: str) -> list[LayerRow]:
    with torch.device("meta"):
        network = build(name)
    return summarise(network, network.input_shape)  # type: ignore[arg-type]


def test_vgg16_by_hand() -> None:
    rows = {row.name: row for row in table("vgg16")}
    assert rows["features.0"].parameters == 1_792
    assert rows["features.0"].output_shape == rows["features.2"].output_shape == (64, 224, 224)
    assert rows["features.4"].output_shape == (64, 112, 112)
    assert rows["classifier.0"].parameters == 102_764_544
    # Two 3×3 convolutions at jump 1, pool; two at 2, pool; three at 4, pool; three at 8, pool; three at 16.
    assert [rows[f"features.{n}"].receptive_field for n in (2, 4, 9, 16, 23, 28, 30)] == [
        (n, n) for n in (5, 6, 16, 44, 100, 196, 212)
    ]
    # Thousands of multiply-adds: side² × 9 × channels in × out, then the dense layers.
    convolutions = 9 * (
        224**2 * (3 * 64 + 64 * 64)
        + 112**2 * (64 * 128 + 128 * 128)
        + 56**2 * (128 * 256 + 2 * 256 * 256)
        + 28**2 * (256 * 512 + 2 * 512 * 512)
        + 14**2 * 3 * 512 * 512
    )
    assert sum(row.multiply_adds for row in rows.values() if row.kind == "Conv2d") == convolutions
    dense = 7 * 7 * 512 * 4096 + 4096 * 4096 + 4096 * 1000
    assert sum(row.multiply_adds for row in rows.values()) == convolutions + dense == 15_470_264_320


@pytest.mark.parametrize(
    ("name", "giga", "field"),
    [
        # 105,415,200 + 2·(223,948,800 + 74,760,192… ): the paper's five convolutions in their groups and dense
        # layers; 195 = 11, 19, 51, 67, 99, 131, 163, 195.
        ("alexnet", 0.724, 195),
        ("alexnet-owt", 0.714, 195),
        # Published by He et al. as 3.8 for stride in the 1×1; 4.09 with stride in the 3×3.
        ("resnet50", 4.089, 427),
        # As published for the slim models (Araujo et al., "Computing receptive fields", Distill 2019).
        ("resnet18", 1.814, 435),
        ("inception-resnet-v2", 13.156, 3039),
    ],
)
def test_known_totals(name: str, giga: float, field: int) -> None:
    rows = table(name)
    assert sum(row.multiply_adds for row in rows) / 1e9 == pytest.approx(giga, abs=6e-4)
    placed = [row.receptive_field for row in rows if row.jump is not None]
    assert placed[-1] == (field, field)


def test_groups_divide_the_multiply_adds_and_biases_add_none() -> None:
    (row,) = summarise(nn.Sequential(nn.Conv2d(8, 16, 3, groups=4, stride=2, bias=True)), (8, 11, 9))
    assert row.multiply_adds == 5 * 4 * 16 * (8 // 4) * 9


def test_connections_that_do_not_exist_cost_nothing() -> None:
    """LeNet-5 of 1998: C3 has 1,500 weights at 10×10 places, not 6·16·25."""
    rows = {row.name: row for row in table("lenet5-1998")}
    assert rows["features.c3"].multiply_adds == 150_000
    assert rows["features.c3"].detail == "5×5"


def test_a_dense_layer_over_several_places() -> None:
    (row,) = summarise(nn.Sequential(nn.Linear(5, 3)), (7, 5))
    assert (row.output_shape, row.multiply_adds) == ((7, 3), 7 * 15)


def test_the_meta_device_gives_the_same_table() -> None:
    torch.manual_seed(0)
    assert table("course-photos") == summarise(build("course-photos"), (3, 64, 64))
