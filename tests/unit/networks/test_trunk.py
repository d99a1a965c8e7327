"""A network cut in two: the halves against the whole, on every family and on modules made to be hard."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from prunelle import networks
from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks.trunk import split, stages

# One of each way of being built: a chain, residual blocks, branches, auxiliary classifiers, methods as parts.
FAMILIES = [
    "course-photos",
    "lenet5-1998",
    "resnet56",
    "resnet18",
    "googlenet",
    "inception-v3",
    "squeezenet1.1",
]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_halves_are_the_whole_wherever_it_is_cut(name: str) -> None:
    torch.manual_seed(0)
    size = (75, 75) if name == "inception-v3" else (32, 32) if name in ("resnet18", "googlenet") else None
    options = {} if size is None else {"input_size": size}
    network = networks.build(name, num_classes=3, **options).eval()
    images = torch.randn(2, *network.input_shape)
    found = stages(network, network.input_shape)
    assert len(found) >= 4
    with torch.no_grad():
        whole = network(images)
        for stage in found[:: max(1, len(found) // 5)]:
            trunk, rest = split(network, stage.name)
            features = trunk(images)
            assert tuple(features.shape) == (2, *stage.shape)
            assert torch.equal(rest(features), whole)
            weights = {id(p): p.numel() for p in trunk.parameters()}
            assert sum(weights.values()) == stage.parameters
            assert not weights.keys() & {id(p) for p in rest.parameters()}


def test_the_halves_hold_the_networks_own_weights_under_their_own_names() -> None:
    network = networks.build("resnet20", num_classes=3)
    trunk, rest = split(network, "layer2")
    own = dict(network.named_parameters())
    for half in (trunk, rest):
        for name, parameter in half.named_parameters():
            assert own[name] is parameter
    names = {name for half in (trunk, rest) for name, _ in half.named_parameters()}
    # The shortcuts of option A have no weights, and nothing else may be lost.
    assert names == own.keys()
    assert {name for name, _ in trunk.named_buffers()} | {name for name, _ in rest.named_buffers()} == {
        name for name, _ in network.named_buffers()
    }


def test_the_network_is_as_before() -> None:
    network = networks.build("resnet20", num_classes=3).train()
    network.layer1.eval()  # type: ignore[union-attr, operator]
    before = copy.deepcopy(network.state_dict())
    modes = [module.training for module in network.modules()]
    stages(network, network.input_shape)
    split(network, "layer2")
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_cut_is_named_by_the_outermost_module_that_ends_there() -> None:
    names = [stage.name for stage in stages(networks.build("resnet18"), (3, 224, 224))]
    assert names == [
        *("conv1", "bn1", "relu", "maxpool"),
        *("layer1.0", "layer1", "layer2.0", "layer2", "layer3.0", "layer3", "layer4.0", "layer4"),
        "avgpool",
    ]
    # A block's inner module that ends it too is another name for the same cut.
    network = networks.build("course-photos").eval()
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(split(network, "features")[0](images), split(network, "features.11")[0](images))


def test_stages_say_shapes_and_weights_worked_by_hand() -> None:
    by_name = {stage.name: stage for stage in stages(networks.build("lenet5"), (1, 32, 32))}
    assert by_name["features.0"].shape == (6, 28, 28)
    assert by_name["features.0"].parameters == 6 * (25 + 1)
    assert by_name["features"].shape == (16, 5, 5)
    assert by_name["features"].parameters == 6 * 26 + 16 * (6 * 25 + 1)
    assert by_name["head.1"].shape == (120,)


class Skipping(nn.Module):
    """``second`` is skipped by a path from ``first``: nothing can be cut between them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Flatten()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = self.first(images)
        return self.last(self.second(maps) + maps)  # type: ignore[no-any-return]


def test_a_place_that_a_shortcut_passes_is_no_stage() -> None:
    network = Skipping()
    assert [stage.name for stage in stages(network, (3, 4, 4))] == ["first"]
    with pytest.raises(ArgumentError, match=r"second is not one\. Possible: first\."):
        split(network, "second")


class Branching(nn.Module):
    """Its path depends on the picture."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if images.sum() > 0:
            return images.flatten(1)
        return -images.flatten(1)


def test_what_cannot_be_traced_is_said() -> None:
    with pytest.raises(ArgumentError, match="Branching cannot be cut: its forward pass cannot be traced"):
        stages(Branching(), (3, 4, 4))


def test_an_unknown_stage_suggests_close_ones() -> None:
    with pytest.raises(UnknownName, match=r"unknown stage 'layer5'\. Did you mean 'layer\d'"):
        split(networks.build("resnet20"), "layer5")
