"""A training stopped anywhere and taken up again ends bit for bit where it would have."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import nn

from prunelle.data.augment import Augment
from prunelle.errors import RunError
from prunelle.training.checkpoint import load_tensors, save_tensors
from prunelle.training.engine import Training
from prunelle.training.recipe import Recipe
from tests.unit.training.helpers import bars, differing, end, noise, small, training

RECIPES = {
    "adam": Recipe(),
    "adamw": Recipe(optimizer="adamw", weight_decay=0.1, schedule="one-cycle", clip_norm=0.5),
    "sgd": Recipe(optimizer="sgd", learning_rate=0.05, momentum=0.9, nesterov=True, schedule="cosine"),
    "sgd without momentum": Recipe(optimizer="sgd", learning_rate=0.05, balance=True),
    "rmsprop": Recipe(optimizer="rmsprop", momentum=0.5, warmup_epochs=1, label_smoothing=0.1),
}


def make(recipe: Recipe, seed: int) -> Training:
    return training(small(dropout=0.5, seed=seed), bars(20), recipe, bars(9, seed=1))


@pytest.mark.parametrize("ema", [None, 0.9])
@pytest.mark.parametrize("name", RECIPES)
def test_from_any_record_to_the_same_bits(tmp_path: Path, name: str, ema: float | None) -> None:
    recipe = dataclasses.replace(
        RECIPES[name],
        epochs=3,
        batch_size=8,
        ema_decay=ema,
        augment=Augment(flip=True, shift=0.2, rotation=20),
    )
    whole = make(recipe, seed=1)
    # Before anything, after each of 3 x 3 steps (the last of an epoch is before its validation), after epochs.
    save_tensors(tmp_path / "0", *whole.state())
    count = 1
    for _ in whole.run():
        save_tensors(tmp_path / str(count), *whole.state())
        count += 1
    assert count == 13
    tensors, progress = end(whole)
    for number in range(count):
        # Other first weights, as a fresh process might have them.
        again = make(recipe, seed=2)
        again.load_state(*load_tensors(tmp_path / str(number)))
        list(again.run())
        others, reached = end(again)
        assert reached == progress
        assert others.keys() == tensors.keys()
        assert differing(tensors, others) == [], number


def test_a_warning_does_not_depend_on_where_the_training_was_stopped(tmp_path: Path) -> None:
    # Nothing to learn: after 100 steps a reason is given, which looks at how far the epoch moved the weights.
    pixels = noise(200)
    recipe = Recipe(epochs=1, batch_size=2, learning_rate=1e-4)

    def fresh() -> Training:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            network = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(4, 2))
        return training(network, pixels, recipe, num_classes=2)

    whole = fresh()
    for step, _ in enumerate(whole.run(), start=1):
        if step in (50, 100):
            save_tensors(tmp_path / str(step), *whole.state())
    (warning,) = whole.progress.warnings
    for step in (50, 100):
        again = fresh()
        again.load_state(*load_tensors(tmp_path / str(step)))
        list(again.run())
        assert again.progress.warnings == [warning]


def test_a_finished_training_can_be_extended_as_if_it_had_been_longer(tmp_path: Path) -> None:
    short, long = Recipe(epochs=2, batch_size=8), Recipe(epochs=4, batch_size=8)
    first, whole = make(short, seed=1), make(long, seed=1)
    list(first.run())
    list(whole.run())
    save_tensors(tmp_path / "state", *first.state())
    again = make(long, seed=2)
    again.load_state(*load_tensors(tmp_path / "state"))
    assert not again.finished
    list(again.run())
    (tensors, progress), (others, reached) = end(whole), end(again)
    assert reached == progress
    assert all(torch.equal(value, others[key]) for key, value in tensors.items())


def test_patience_counts_on_over_a_stop(tmp_path: Path) -> None:
    # Too small a rate for any weight to change: no epoch is better than the first.
    recipe = Recipe(epochs=30, batch_size=8, patience=2, learning_rate=1e-30)
    whole = make(recipe, seed=1)
    for number, _ in enumerate(whole.run()):
        save_tensors(tmp_path / str(number), *whole.state())
    stopped = whole.progress.epoch
    assert stopped == 3
    again = make(recipe, seed=2)
    again.load_state(*load_tensors(tmp_path / str(number - 4)))
    list(again.run())
    assert (again.progress.epoch, again.progress.best_epoch) == (stopped, whole.progress.best_epoch)
    assert end(again)[1] == end(whole)[1]


def test_tied_and_frozen_and_unused_weights(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(64, 64), nn.Linear(64, 64)
            self.second.weight = self.first.weight
            self.last, self.unused = nn.Linear(64, 3), nn.Linear(2, 2)
            self.first.bias.requires_grad_(False)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.last(self.second(self.first(images.flatten(1)).relu()).relu())  # type: ignore[no-any-return]

    recipe = Recipe(epochs=2, batch_size=8, ema_decay=0.9)
    torch.manual_seed(0)
    whole = training(Tied(), bars(20), recipe)
    for number, _ in enumerate(whole.run()):
        if number == 1:
            save_tensors(tmp_path / "state", *whole.state())
    again = training(Tied(), bars(20), recipe)
    again.load_state(*load_tensors(tmp_path / "state"))
    assert again.network.second.weight is again.network.first.weight
    list(again.run())
    (tensors, progress), (others, reached) = end(whole), end(again)
    assert reached == progress
    assert all(torch.equal(value, others[key]) for key, value in tensors.items())


def test_two_trainings_may_go_on_from_one_state() -> None:
    recipe = Recipe(epochs=3, batch_size=8)
    whole = make(recipe, seed=1)
    records = whole.run()
    for _ in range(4):
        next(records)
    tensors, progress = whole.state()
    tensors = {key: value.clone() for key, value in tensors.items()}
    ends = []
    for _ in range(2):
        again = make(recipe, seed=2)
        again.load_state(tensors, progress)
        list(again.run())
        ends.append(end(again)[1])
    assert ends[0] == ends[1]
    assert len(ends[1]["rows"]) == 3


def test_the_state_of_another_network_or_recipe_is_refused() -> None:
    tensors, progress = make(Recipe(epochs=1), seed=1).state()
    with pytest.raises(RunError, match="the saved state is of another network"):
        training(small(2), bars(20, 2), Recipe(epochs=1), num_classes=2).load_state(tensors, progress)
    with pytest.raises(RunError, match="disagree on ema_decay"):
        make(Recipe(epochs=1, ema_decay=0.9), seed=1).load_state(tensors, progress)
