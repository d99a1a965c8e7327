"""Looking leaves no trace, and shows what passed through, whatever is written in place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

import prunelle as pn
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError
from prunelle.look.attribution import METHODS, attribute
from prunelle.look.hooks import activations, undisturbed
from prunelle.look.layers import examine, outputs_of
from prunelle.look.patches import synthesise
from prunelle.look.survey import survey
from tests.unit.look.networks import images, residual


def test_activations_are_those_of_the_layers_one_by_one() -> None:
    network = pn.build("course-look")
    batch = images(2, 1, 28)
    found = activations(network, batch)
    with torch.no_grad():
        first = network.features[0](batch)
        relu = F.relu(first)
        second = network.features[2](relu)
        pooled = F.max_pool2d(F.relu(second), 2)
    # The ReLUs are in place: without a copy, features.0 would show what features.1 made of it.
    assert (first < 0).any()
    for name, expected in {
        "features.0": first,
        "features.1": relu,
        "features.2": second,
        "features.4": pooled,
        "head.1": network.head(pooled).detach(),
    }.items():
        torch.testing.assert_close(found[name], expected, rtol=0, atol=0)


def test_a_module_that_runs_twice_is_shown_twice() -> None:
    found = activations(residual().eval(), images())
    assert list(found) == ["conv1", "norm", "relu", "conv2", "relu:2", "drop", "head"]
    # conv2's output is added to in place after the hook has seen it.
    with torch.no_grad():
        conv2 = residual().eval().conv2(found["relu"])
    torch.testing.assert_close(found["conv2"], conv2)
    torch.testing.assert_close(found["relu:2"], F.relu(conv2 + found["relu"]))


def test_any_module_can_be_asked_for() -> None:
    network = pn.build("lenet5")
    found = activations(network, images(1, 1, 32), ["features", "head.5"])
    assert found["features"].shape == (1, 16, 5, 5)
    assert found["head.5"].shape == (1, 10)
    with pytest.raises(ArgumentError, match=r"unknown module 'featurs'. Did you mean 'features'"):
        activations(network, images(1, 1, 32), ["featurs"])


def _traced(network: nn.Module) -> dict[str, Any]:
    """Everything that looking might change."""
    return {
        "modes": [module.training for module in network.modules()],
        "hooks": [
            (
                len(m._forward_hooks),
                len(m._forward_pre_hooks),
                len(m._backward_hooks),
                len(m._backward_pre_hooks),
            )
            for m in network.modules()
        ],
        "in place": [getattr(module, "inplace", None) for module in network.modules()],
        "weights": {name: value.clone() for name, value in network.state_dict().items()},
        "gradients": [None if p.grad is None else p.grad.clone() for p in network.parameters()],
        "wanted": [p.requires_grad for p in network.parameters()],
        "random": torch.get_rng_state(),
        "numpy": np.random.get_state()[1].tolist(),
        "attributes": [sorted(vars(module)) for module in network.modules()],
    }


def _grow(values: Any) -> Any:
    return (
        {
            key: value.tolist() if isinstance(value, torch.Tensor) else _grow(value)
            for key, value in values.items()
        }
        if isinstance(values, dict)
        else [value.tolist() if isinstance(value, torch.Tensor) else value for value in values]
        if isinstance(values, list)
        else values.tolist()
        if isinstance(values, torch.Tensor)
        else values
    )


LOOKS: dict[str, Callable[[nn.Module, torch.Tensor], Any]] = (
    {
        "activations": lambda network, batch: activations(network, batch),
        "examine": lambda network, batch: examine(network, tuple(batch.shape[1:])),
        "outputs_of": lambda network, batch: outputs_of(
            network, batch, examine(network, tuple(batch.shape[1:])).layers
        ),
        "survey": lambda network, batch: survey(
            network, [batch, batch], examine(network, tuple(batch.shape[1:]))
        ),
        "probabilities": lambda network, batch: pn.predictor(network)(batch),
        "synthesise": lambda network, batch: synthesise(
            network,
            examine(network, tuple(batch.shape[1:])).layers[1],
            [0, 1],
            Preprocess(size=(8, 8), mean=(0.5,) * 3, std=(0.5,) * 3),
            steps=2,
        ),
    }
    | {
        method: lambda network, batch, method=method: attribute(  # type: ignore[misc]
            network, batch[:1], 1, method, layer=examine(network, tuple(batch.shape[1:])).attention
        )
        for method in METHODS
    }
)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("frozen", [False, True])
def test_looking_leaves_no_trace(look: str, frozen: bool) -> None:
    network = residual()
    network.train()
    network.norm.eval()  # modes that differ
    batch = images()
    F.cross_entropy(network(batch), torch.tensor([0, 1])).backward()
    if frozen:
        network.requires_grad_(False)
    before, given = _grow(_traced(network)), batch.clone()
    LOOKS[look](network, batch)
    after = _grow(_traced(network))
    for what, value in before.items():
        assert after[what] == value, what
    assert torch.equal(batch, given)
    assert not batch.requires_grad


@pytest.mark.parametrize("look", LOOKS)
def test_a_training_step_after_a_look_is_the_step_without_one(look: str) -> None:
    """The same dropout mask, the same gradients, bit for bit."""
    results = []
    for looks in (False, True):
        network = residual().train()
        batch = images()
        torch.manual_seed(5)
        if looks:
            LOOKS[look](network, batch)
        outputs = network(batch)
        F.cross_entropy(outputs, torch.tensor([0, 1])).backward()
        results.append((outputs.detach(), [parameter.grad for parameter in network.parameters()]))
    assert torch.equal(results[0][0], results[1][0])
    assert all(torch.equal(a, b) for a, b in zip(results[0][1], results[1][1], strict=True))


def test_a_network_that_fails_is_left_as_it_was() -> None:
    network = residual().train()
    before = _grow(_traced(network))
    with pytest.raises(RuntimeError):
        activations(network, images(1, 5))
    with pytest.raises(ArgumentError, match=r"must take pictures of .* \(5, 8, 8\); it stopped with"):
        examine(network, (5, 8, 8))
    with contextlib.suppress(RuntimeError):
        attribute(network, images(1, 5), 0, "guided-backpropagation")
    assert _grow(_traced(network)) == before


def test_inside_dropout_is_off_and_activations_keep_to_their_own_memory() -> None:
    network = residual().train()
    with undisturbed(network, in_place=False):
        assert not network.drop.training
        assert not network.relu.inplace
    assert network.drop.training
    assert network.relu.inplace
