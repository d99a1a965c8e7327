"""A last batch of one, and networks whose batch normalisation can't take it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from prunelle.data.augment import Augment
from prunelle.data.batches import Batches
from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError
from prunelle.networks import build
from prunelle.training.batch_of_one import refuses_one
from prunelle.training.engine import Training
from prunelle.training.recipe import Recipe
from prunelle.training.records import StepRecord
from prunelle.transfer.features import NoNormalisation

from .helpers import bars, differing, end, finish, preprocess_of, small, training

CPU = torch.device("cpu")


def on_vectors(seed: int = 1) -> nn.Sequential:
    """Normalises vectors, of which one example gives one value a channel."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Flatten(), nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3)
        )


def to_one_pixel(seed: int = 1) -> nn.Sequential:
    """Its map is 1×1 where it is normalised."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Conv2d(1, 6, 8), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(6, 3))


class OnlyInTraining(nn.Module):
    """What fails for one example runs in training alone, as an auxiliary classifier does."""

    auxiliary_weights = (0.3,)

    def __init__(self) -> None:
        super().__init__()
        self.main, self.side = nn.Linear(64, 3), nn.Sequential(nn.Linear(64, 3), nn.BatchNorm1d(3))

    def forward(self, images: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        vectors = images.flatten(1)
        return (self.main(vectors), self.side(vectors)) if self.training else self.main(vectors)


class Counting(nn.Module):
    """Notes the size of every batch that it learns from."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside
        self.sizes: list[int] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if self.training and torch.is_grad_enabled():
            self.sizes.append(len(images))
        outputs: torch.Tensor = self.inside(images)
        return outputs


@pytest.mark.parametrize("make", [on_vectors, to_one_pixel, OnlyInTraining])
@pytest.mark.parametrize(("n", "sizes"), [(9, [4, 5]), (5, [5]), (10, [4, 4, 2]), (8, [4, 4])])
def test_a_single_last_example_joins_the_batch_before(
    make: Callable[[], nn.Module], n: int, sizes: list[int]
) -> None:
    network = Counting(make())
    if isinstance(network.inside, OnlyInTraining):
        network.auxiliary_weights = (0.3,)
    run = training(network, bars(n), Recipe(batch_size=4, epochs=2))
    records = finish(run)
    assert network.sizes == sizes * 2
    steps = [record for record in records if isinstance(record, StepRecord)]
    assert [record.step for record in steps] == list(range(1, len(sizes) + 1)) * 2
    assert all(record.steps == len(sizes) for record in steps)
    assert run.progress.rows[0]["train_accuracy"] * n == pytest.approx(
        round(run.progress.rows[0]["train_accuracy"] * n)
    )
    assert [note.en[:38] for note in run.notes] == (
        ["The last batch of an epoch would hold "] if n % 4 == 1 else []
    )


@pytest.mark.parametrize("inside", [small(), nn.Sequential(nn.Flatten(), nn.Linear(64, 3))])
def test_where_one_example_can_be_learned_from_it_stays_alone(inside: nn.Module) -> None:
    # Batch normalisation of maps of 8×8 has 64 values of a single picture.
    network = Counting(inside)
    run = training(network, bars(9), Recipe(batch_size=4, epochs=1))
    finish(run)
    assert network.sizes == [4, 4, 1]
    assert not run.notes


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(batch_size=4, epochs=2, augment=Augment(mixup=0.5, shift=0.2)),
        Recipe(batch_size=4, epochs=2, ema_decay=0.9, schedule="cosine"),
        Recipe(batch_size=4, epochs=3, unfreeze_epochs=2, patience=2),
    ],
    ids=["mixed", "averaged", "unfrozen"],
)
def test_such_a_training_goes_on_exactly_from_any_step(recipe: Recipe) -> None:
    pixels, held_out = bars(9), bars(6, seed=5)
    whole = training(on_vectors(), pixels, recipe, held_out)
    finish(whole)
    expected, progress = end(whole)
    for stop in (1, 2, 4):
        first = training(on_vectors(), pixels, recipe, held_out)
        for done, _ in enumerate(first.run(), 1):
            if done == stop:
                break
        state, at = first.state()
        second = training(on_vectors(seed=9), pixels, recipe, held_out)
        second.load_state({name: tensor.clone() for name, tensor in state.items()}, at)
        finish(second)
        found, there = end(second)
        assert differing(expected, found) == []
        assert there == progress


def test_features_and_series_are_tried_as_they_are() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(9) % 3
    features = Pixels(random.random((9, 1, 1, 5), np.float32), labels)
    rest = nn.Sequential(nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(5, 3))
    run = Training(rest, features, None, ("a", "b", "c"), NoNormalisation(), Recipe(batch_size=4, epochs=1))
    finish(run)
    assert run.steps_per_epoch == 2
    series = random.random((9, 6, 2), np.float32)
    series[4, 1:] = np.nan  # one of a single step, whichever batch it is in
    network = build("fcn", num_classes=3, in_channels=2, masked=True, input_size=(6,))
    run = Training(
        network,
        Pixels(series, labels),
        None,
        ("a", "b", "c"),
        NoNormalisation(),
        Recipe(batch_size=4, epochs=3),
    )
    finish(run)
    assert run.steps_per_epoch == 2


def test_batches_of_one_are_refused_before_anything_is_trained() -> None:
    with pytest.raises(ArgumentError, match=r"batch_size must be at least 2 .* received 1"):
        training(on_vectors(), bars(9), Recipe(batch_size=1))
    with pytest.raises(ArgumentError, match=r"number of training examples must be at least 2"):
        training(on_vectors(), Pixels(bars(9).images[:1], bars(9).labels[:1]), Recipe())
    run = training(small(), bars(5), Recipe(batch_size=1, epochs=1))
    finish(run)
    assert run.steps_per_epoch == 5


def test_trying_leaves_no_trace() -> None:
    network = on_vectors().eval()
    network[2].train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    random = torch.get_rng_state()
    pixels = bars(9)
    assert refuses_one(network, Batches(pixels, CPU), preprocess_of(pixels))
    assert not refuses_one(small(dropout=0.5), Batches(pixels, CPU), preprocess_of(pixels))
    assert differing(before, network.state_dict()) == []
    assert torch.equal(torch.get_rng_state(), random)
    assert [module.training for module in network] == [False, False, True, False, False, False]
