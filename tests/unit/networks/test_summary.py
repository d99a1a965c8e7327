"""The table of a network against tables worked by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from prunelle.networks import build
from prunelle.networks.summary import count_parameters, summarise


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
