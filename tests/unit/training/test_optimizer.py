"""Steps of the optimisers beside PyTorch's own, once gradients have stopped."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from prunelle.keras import compat
from prunelle.keras.floor import keras
from prunelle.training import engine
from prunelle.training.layers import Layers
from prunelle.training.optimizer import make_optimizer, step
from prunelle.training.recipe import Recipe
from prunelle.training.speed import drop_traces
from tests.unit.training.helpers import bars, training

SMALLEST_NORMAL = torch.finfo(torch.float32).smallest_normal
STEPS = 1100  # 0.9 to the power of 800 is below the smallest normal number


def gradients(weight: torch.Tensor) -> Any:
    """Noise for twenty steps, then nothing; one row goes on learning."""
    generator = torch.Generator().manual_seed(0)
    for number in range(STEPS):
        gradient = torch.randn(weight.shape, generator=generator) if number < 20 else torch.zeros_like(weight)
        gradient[0] = torch.randn(weight.shape[1:], generator=generator)
        yield number, gradient


def denormals(tensors: Any) -> int:
    return sum(int(((t != 0) & (t.abs() < SMALLEST_NORMAL)).sum()) for t in tensors if t.ndim)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop"])
def test_no_denormal_number_stays_and_no_weight_is_another(name: str) -> None:
    torch.manual_seed(0)
    network, plain = nn.Linear(6, 5, bias=False), nn.Linear(6, 5, bias=False)
    plain.load_state_dict(network.state_dict())
    moments = {"momentum": 0.9} if name in ("sgd", "rmsprop") else {}
    recipe = Recipe(optimizer=name, weight_decay=0.0, learning_rate=1e-2, **moments)
    ours = make_optimizer(network, recipe, Layers(network, recipe))
    settings = {key: value for key, value in ours.defaults.items() if key != "decoupled_weight_decay"}
    theirs = type(ours)(plain.parameters(), **settings | {"weight_decay": 0.0})
    for number, gradient in gradients(network.weight):
        network.weight.grad, plain.weight.grad = gradient.clone(), gradient.clone()
        with torch.no_grad():
            step(ours, number)
        theirs.step()
        assert torch.equal(network.weight, plain.weight), number
    (kept,), (kept_by_torch,) = ours.state.values(), theirs.state.values()
    if name != "rmsprop":  # keeps squares only, and 0.9 has not brought those down that far
        assert denormals(kept_by_torch.values()) > 0
    assert denormals(kept.values()) == 0


def test_keras_programs_are_spared_them_too() -> None:
    with compat():
        weight = keras.Variable(torch.ones(5, 6))
        optimizer = keras.optimizers.Adam()
        for _, gradient in gradients(weight.value):
            optimizer.apply([gradient], [weight])
    assert int(optimizer.iterations) == STEPS
    means, squares = optimizer._momentums[0].value, optimizer._velocities[0].value
    assert denormals([means, squares]) == 0
    assert float(means[0].abs().min()) > 0


def test_what_still_counts_stays() -> None:
    tensor = torch.tensor([1.0, -1e-31, 1e-33, -1e-40, float("nan"), float("-inf"), 0.0])
    count = torch.tensor(3.0)
    drop_traces([tensor, count, torch.tensor([1, 2])], 150)
    assert tensor[3] != 0
    drop_traces([tensor, count, torch.tensor([1, 2])], 200)
    assert tensor[[0, 1, 2, 3, 5, 6]].tolist() == [1.0, pytest.approx(-1e-31), 0.0, 0.0, float("-inf"), 0.0]
    assert tensor[4].isnan()


def test_a_training_counts_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the ends of epochs: traces are dropped by the number of the step."""
    numbers = []
    monkeypatch.setattr(engine, "step", lambda optimizer, number: numbers.append(number))
    pixels = bars(10)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
    for _ in training(network, pixels, Recipe(epochs=3, batch_size=4)).run():
        pass
    assert numbers == list(range(9))
