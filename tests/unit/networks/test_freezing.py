"""Which layers a freeze takes, by name and by number, and what then learns."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from prunelle import networks
from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks.classifier import with_classifier
from prunelle.networks.freezing import count_frozen, freeze, is_frozen, training_mode, unfreeze
from prunelle.networks.trunk import split_frozen


def learned(network: nn.Module) -> set[str]:
    return {name for name, weight in network.named_parameters() if weight.requires_grad}


def chain() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Conv2d(4, 5, 3), nn.Flatten(),
        nn.Linear(80, 2),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("until", "left"),
    [
        (1, {"4.weight", "4.bias", "6.weight", "6.bias"}),
        (2, {"6.weight", "6.bias"}),
        ("0", {"1.weight", "1.bias", "4.weight", "4.bias", "6.weight", "6.bias"}),
        ("2", {"4.weight", "4.bias", "6.weight", "6.bias"}),
    ],
)
def test_by_number_and_by_name(until: str | int, left: set[str]) -> None:
    network = chain()
    freeze(network, until)
    assert learned(network) == left


def test_frozen_modules_stay_in_evaluation_mode() -> None:
    network = chain()
    freeze(network, 1)
    training_mode(network)
    # The dropout before the second layer goes with the front: what it gave would change from step to step.
    assert [module.training for module in network] == [False, False, False, False, True, True, True]
    mean = network[1].running_mean.clone()
    network(torch.randn(8, 3, 8, 8))
    assert torch.equal(network[1].running_mean, mean)
    unfreeze(network)
    training_mode(network)
    assert all(module.training for module in network.modules())
    assert len(learned(network)) == 8


def test_marks_are_copied_with_the_network() -> None:
    network = chain()
    freeze(network, 1)
    assert is_frozen(copy.deepcopy(network)[1])


def test_a_stage_of_a_residual_network() -> None:
    network = networks.build("resnet18", num_classes=2, input_size=(64, 64))
    freeze(network, "layer2")
    assert {name.split(".")[0] for name in learned(network)} == {"layer3", "layer4", "fc"}
    assert is_frozen(network.layer2)
    assert not is_frozen(network.layer3)
    assert count_frozen(network) == sum(
        weight.numel()
        for name in ("conv1", "bn1", "layer1", "layer2")
        for weight in network.get_submodule(name).parameters()
    )


def test_wrong_places() -> None:
    network = chain()
    with pytest.raises(UnknownName, match="unknown stage 'layer3'"):
        freeze(network, "layer3")
    with pytest.raises(ArgumentError, match="from 1 to 2 of this network's 3; received 3"):
        freeze(network, 3)
    with pytest.raises(ArgumentError, match="nothing comes after 6"):
        freeze(network, "6")
    assert len(learned(network)) == 8


class Branching(nn.Module):
    """Cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        return self.second(x if x.sum() > 0 else -x)  # type: ignore[no-any-return]


def test_a_network_that_cannot_be_traced_is_frozen_in_its_own_order() -> None:
    network = Branching()
    freeze(network, "first")
    assert learned(network) == {"second.weight", "second.bias"}
    assert split_frozen(network) is None


def test_the_cut_is_as_late_as_nothing_changes_in_training() -> None:
    network = chain()
    freeze(network, "0")  # the normalisation learns
    halves = split_frozen(network)
    assert halves is not None
    assert [name for name, _ in halves[1].named_parameters()] == [
        f"{layer}.{kind}" for layer in (1, 4, 6) for kind in ("weight", "bias")
    ]
    freeze(network, "2")
    trunk, rest = split_frozen(network) or (None, None)
    assert trunk is not None
    assert rest is not None
    # The dropout is not frozen: it stays with the rest.
    assert any(isinstance(module, nn.Dropout) for module in rest.modules())
    # What has neither weights nor chance goes with the trunk: features are pooled and flattened there.
    whole = with_classifier(networks.build("course-cifar", num_classes=3), 2)
    freeze(whole, "features")
    assert [type(m) for m in (split_frozen(whole) or [])[1].modules() if not any(m.children())] == [nn.Linear]


class Functional(nn.Module):
    """Its dropout is in no module: the graph of its evaluation does not know of it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 3), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.dropout(self.first(x), training=self.training)
        return self.second(x)  # type: ignore[no-any-return]


def test_what_trains_otherwise_than_it_answers_is_not_cut() -> None:
    network = Functional()
    freeze(network, "first")
    assert split_frozen(network) is None
    with_auxiliary = networks.build("googlenet", num_classes=3, input_size=(64, 64))
    freeze(with_auxiliary, 3)
    assert split_frozen(with_auxiliary) is None
