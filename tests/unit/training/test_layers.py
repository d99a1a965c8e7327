"""Lower rates for lower layers, and layers that join one after the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from prunelle import Recipe
from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError
from prunelle.networks.freezing import freeze
from prunelle.training.engine import Training
from prunelle.training.layers import Layers
from prunelle.training.records import EpochRecord
from prunelle.transfer.features import NoNormalisation


def chain() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2)
    )


def split(n: int = 24) -> Pixels:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(n, 4)).astype(np.float32)
    return Pixels(features, (features[:, 0] > 0).astype(np.int64))


def training(network: nn.Module, **fields: object) -> Training:
    recipe = Recipe(**({"batch_size": 8, "optimizer": "sgd", "epochs": 5} | fields))  # type: ignore[arg-type]
    return Training(network, split(), None, ("a", "b"), NoNormalisation(), recipe)


def test_rates_fall_geometrically_towards_the_first_layer() -> None:
    network = chain()
    rates = Layers(network, Recipe(first_layer_rate=0.01)).rates
    by_layer = {name: rates[id(weight)] for name, weight in network.named_parameters()}
    assert by_layer["0.weight"] == by_layer["0.bias"] == by_layer["1.weight"] == pytest.approx(0.01)
    assert by_layer["3.weight"] == pytest.approx(0.1)
    assert by_layer["5.bias"] == 1


def test_a_step_of_sgd_moves_each_layer_by_its_share() -> None:
    network, alike = chain(), chain()
    next(training(network, first_layer_rate=0.01, learning_rate=0.5).run())
    next(training(alike, learning_rate=0.5).run())
    start = chain().state_dict()
    for name, share in (("0.weight", 0.01), ("3.weight", 0.1), ("5.weight", 1.0)):
        moved = network.state_dict()[name] - start[name]
        expected = share * (alike.state_dict()[name] - start[name])
        assert moved.abs().max() > 0
        assert torch.allclose(moved, expected, atol=1e-6)


def test_layers_join_from_the_last_to_the_first() -> None:
    network = chain()
    run = training(network, unfreeze_epochs=4)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    moved = []
    for record in run.run():
        if isinstance(record, EpochRecord):
            now = network.state_dict()
            moved.append({name.split(".")[0] for name in now if not torch.equal(now[name], before[name])})
            before = {name: tensor.clone() for name, tensor in now.items()}
    # Of three layers, one alone in epochs 1 and 2, two in 3 and 4, then all. A normalisation that waits keeps its
    # statistics too.
    assert moved == [{"5"}, {"5"}, {"3", "5"}, {"3", "5"}, {"0", "1", "3", "5"}]
    assert all(weight.requires_grad for weight in network.parameters())


def test_going_on_in_the_middle_is_the_same_training() -> None:
    whole = training(chain(), unfreeze_epochs=3, first_layer_rate=0.1, optimizer="adam")
    list(whole.run())
    first = training(chain(), unfreeze_epochs=3, first_layer_rate=0.1, optimizer="adam")
    for number, _ in enumerate(first.run()):
        if number == 6:
            break
    tensors, progress = first.state()
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    second = training(chain(), unfreeze_epochs=3, first_layer_rate=0.1, optimizer="adam")
    second.load_state(tensors, progress)
    list(second.run())
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, second.network.state_dict()[name]), name


def test_frozen_layers_have_no_optimiser_state_and_never_join() -> None:
    network = chain()
    freeze(network, 1)
    run = training(network, optimizer="adam", unfreeze_epochs=2)
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    list(run.run())
    tensors, _ = run.state()
    owners = {name.split(".")[1] for name in tensors if name.startswith("optimizer.")}
    assert owners == {"3", "5"}
    for name in ("0.weight", "1.weight", "1.running_mean"):
        assert torch.equal(network.state_dict()[name], start[name])
    assert not network[0].weight.requires_grad


def test_nothing_to_learn_is_said() -> None:
    network = chain()
    network.requires_grad_(False)
    with pytest.raises(ArgumentError, match="nothing is left to learn"):
        training(network)


@pytest.mark.parametrize("fields", [{"first_layer_rate": 0.0}, {"unfreeze_epochs": 10}])
def test_wrong_values(fields: dict[str, object]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(fields))):
        Recipe(epochs=10, **fields)  # type: ignore[arg-type]
