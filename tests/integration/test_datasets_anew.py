"""Datasets that give other pictures, or another order, in every epoch: what the network sees, epoch by epoch."""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
    default_collate,
)

import prunelle as pn
from prunelle.data.from_dataset import as_pictures
from prunelle.errors import ArgumentError, DataError, Interrupted
from tests.pictures import photo

N = 40
RECIPE = pn.Recipe(epochs=3, batch_size=8)


class Numbered(Dataset[Any]):
    """``N`` tensors that each say which they are (channel 0), and how they were changed (channel 1)."""

    def __init__(self, change: Callable[[], float] = lambda: 0.0, n: int = N) -> None:
        self.change, self.n = change, n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, number: int) -> Any:
        values = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(number))
        values[0], values[1, 0, 0] = float(number), self.change()
        return values, number % 2


class Flow(IterableDataset[Any]):
    """The same, one after the other."""

    def __init__(self, change: Callable[[], float]) -> None:
        self.rows = Numbered(change)

    def __iter__(self) -> Iterator[Any]:
        return (self.rows[number] for number in range(N))


def of_torch() -> float:
    return float(torch.rand(()))


def of_all() -> float:
    return float(torch.rand(())) + random.random() + float(np.random.rand())


class Recorder(nn.Module):
    """A network that remembers what it was trained on: of each batch, the numbers and the changes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(192, 2))
        self.seen: list[list[tuple[int, float]]] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if self.training and torch.is_grad_enabled():
            self.seen.append([(round(float(x[0, 0, 0])), float(x[1, 0, 0])) for x in images.detach()])
        return self.body(images)

    def numbers(self) -> list[int]:
        return [number for batch in self.seen for number, _ in batch]


def fit(data: Any, path: Path, recipe: pn.Recipe = RECIPE, **options: Any) -> tuple[Recorder, pn.Run]:
    network = Recorder()
    run = pn.train(network, data, recipe, output=path, style="quiet", **options)
    return network, run


def epochs_of(network: Recorder, steps: int) -> list[list[tuple[int, float]]]:
    return [
        [one for batch in network.seen[start : start + steps] for one in batch]
        for start in range(0, len(network.seen), steps)
    ]


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    return all(
        torch.equal(mine, theirs)
        for mine, theirs in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize("form", ["dataset", "loader", "two processes"])
def test_every_epoch_asks_anew(form: str, tmp_path: Path) -> None:
    """Each of the training's own once an epoch, in batches as asked, under other changes each time; seeded."""
    data: Any = Numbered(of_all)
    if form != "dataset":
        data = DataLoader(data, batch_size=8, shuffle=True, num_workers=2 if form == "two processes" else 0)
    fit(data, tmp_path / "first")  # some library draws a number when it is imported
    before = random.getstate(), np.random.get_state()[1].tobytes()  # type: ignore[union-attr]
    network, run = fit(data, tmp_path / "run")
    assert run.info["data"]["counts"] == {"train": 32, "validation": 4, "test": 4}
    assert before == (random.getstate(), np.random.get_state()[1].tobytes())  # type: ignore[union-attr]
    epochs = epochs_of(network, 4)
    assert [len(batch) for batch in network.seen] == [8] * 12
    assert len({tuple(sorted(number for number, _ in epoch)) for epoch in epochs}) == 1
    assert len({tuple(number for number, _ in epoch) for epoch in epochs}) == 3
    changes = [change for epoch in epochs for _, change in epoch]
    assert len(set(changes)) == len(changes)
    again, _ = fit(Numbered(of_all), tmp_path / "again")
    assert again.seen == network.seen
    assert same_weights(again, network)
    notes = " ".join(note["en"] for note in run.info["data"]["notes"])
    assert "changes its pictures at random: every epoch asks for them anew" in notes
    assert "What was set apart of it carries such changes too" in notes


class StopAt(pn.Listener):
    def __init__(self, steps: int) -> None:
        self.left = steps

    def on_step(self, record: Any) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.parametrize(
    "make",
    [
        lambda: Numbered(of_all),
        lambda: DataLoader(Numbered(of_all), batch_size=8, num_workers=1),
        lambda: DataLoader(Numbered(of_torch), batch_size=8, sampler=WeightedRandomSampler([1.0] * N, N)),
        lambda: {"train": Flow(of_all), "validation": Numbered()},
        lambda: DataLoader(Flow(of_torch), batch_size=8),
    ],
    ids=["dataset", "process", "sampler", "stream", "stream's loader"],
)
def test_it_goes_on_to_the_bit_within_an_epoch(make: Callable[[], Any], tmp_path: Path) -> None:
    whole, run = fit(make(), tmp_path / "whole")
    with pytest.raises(Interrupted):
        fit(make(), tmp_path / "half", listeners=[StopAt(6)], save_every_s=0.0)
    network = Recorder()
    again = pn.train(network, resume=tmp_path / "half", data=make(), style="quiet")
    assert 0 < len(network.seen) < len(whole.seen)
    assert network.seen == whole.seen[-len(network.seen) :]
    assert again.results()[-1]["train_loss"] == run.results()[-1]["train_loss"]
    assert same_weights(network, whole)


def test_a_sampler_draws_in_every_epoch(tmp_path: Path) -> None:
    """By its weights, among those that were not set apart; without changes the pictures are asked for once."""
    weights = [1.0] * 20 + [9.0] * 18 + [0.0] * 2
    asked = []

    def counted() -> float:
        asked.append(1)
        return 0.0

    loader = DataLoader(Numbered(counted), batch_size=8, sampler=WeightedRandomSampler(weights, 400))
    data = pn.from_dataset(loader, validation=0.25, test=0.0)
    count = len(asked)
    network, _ = fit(data, tmp_path / "run")
    assert len(asked) == count
    assert data.validation is not None
    assert data.validation.array is not None
    apart = {round(float(value)) for value in data.validation.array[:, 0, 0, 0]}
    learned = network.numbers()
    assert not apart & set(learned)
    assert not {38, 39} & (set(learned) | apart)
    heavy, light = (sum(number >= 20 for number in learned), sum(number < 20 for number in learned))
    # Of weights 9 and 1, about as many of each kind being left; three epochs of some 300 draws.
    assert 5 < heavy / light < 16
    epochs = epochs_of(network, len(network.seen) // 3)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_a_sampler_that_runs_dry_is_told(tmp_path: Path) -> None:
    """Sampled by a first pass, as everything is; nothing is named any more when the training asks."""

    class Dry(SubsetRandomSampler):
        passes = 0

        def __iter__(self) -> Iterator[int]:
            type(self).passes += 1
            return super().__iter__() if self.passes < 15 else iter(())

    loader = DataLoader(Numbered(of_torch), batch_size=8, sampler=Dry(range(N)))
    with pytest.raises(DataError, match="names no example of the training split any more"):
        fit({"train": loader, "validation": Numbered()}, tmp_path / "run")


def test_a_subset_is_all_that_is_learned_and_judged(tmp_path: Path) -> None:
    part = {
        "train": DataLoader(Numbered(), batch_size=8, sampler=SubsetRandomSampler(range(30))),
        "validation": DataLoader(Numbered(), batch_size=8, sampler=SubsetRandomSampler(range(30, 40))),
    }
    network, run = fit(part, tmp_path / "run")
    assert run.info["data"]["counts"] == {"train": 30, "validation": 10}
    assert sorted(network.numbers()) == sorted(list(range(30)) * 3)


def test_batches_of_a_batch_sampler_stay_together(tmp_path: Path) -> None:
    """Pairs of neighbours, as a sampler puts them together."""

    class Pairs(BatchSampler):
        def __iter__(self) -> Iterator[list[int]]:
            for first in torch.randperm(N // 2).tolist():
                yield [2 * first, 2 * first + 1]

        def __len__(self) -> int:
            return N // 2

    loader = DataLoader(Numbered(of_torch), batch_sampler=Pairs(RandomSampler(range(N)), 2, False))
    network, run = fit({"train": loader, "validation": Numbered()}, tmp_path / "run")
    assert run.recipe.batch_size == 2
    assert len(network.seen) == 60
    assert all(one[0] ^ 1 == other[0] for one, other in network.seen)


def test_what_collates_mixes(tmp_path: Path) -> None:
    """Half of each example and half of the next, as MixUp does; the loss is against both labels."""

    def mixed(rows: list[Any]) -> Any:
        images, labels = default_collate(rows)
        share = 0.5 + 0.0 * of_torch()
        shares = nn.functional.one_hot(labels, 2).float()
        return share * (images + images.roll(1, 0)), share * (shares + shares.roll(1, 0))

    targets = []

    def loss(logits: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        targets.append(wanted.clone())
        return nn.functional.cross_entropy(logits, wanted)

    loader = DataLoader(Numbered(of_torch), batch_size=8, shuffle=True, collate_fn=mixed)
    network, _ = fit({"train": loader, "validation": Numbered()}, tmp_path / "run", loss=loss)
    assert all(wanted.shape == (8, 2) for wanted in targets)
    assert {float(value) for wanted in targets for value in wanted.flatten()} == {0.0, 0.5, 1.0}
    # (i + j) / 2 of the first channel's numbers: the sum of a batch stays.
    assert sum(network.numbers()) == pytest.approx(3 * sum(range(N)), abs=3 * N)
    assert run_counts(tmp_path / "run") == {"train": N, "validation": N}


def run_counts(path: Path) -> dict[str, int]:
    counts: dict[str, int] = pn.Run.open(path, Recorder()).info["data"]["counts"]
    return counts


def test_a_stream_that_changes(tmp_path: Path) -> None:
    network, run = fit(Flow(of_torch), tmp_path / "run")
    assert run.info["data"]["counts"] == {"train": N}
    assert [number for number, _ in epochs_of(network, 5)[1]] == list(range(N))
    changes = [change for batch in network.seen for _, change in batch]
    assert len(set(changes)) == 3 * N
    notes = " ".join(note["en"] for note in run.info["data"]["notes"])
    assert "no part of it can be set apart to judge the training on" in notes
    with pytest.raises(ArgumentError, match=r"a stream that is another in every pass.*'validation': another"):
        pn.from_dataset(Flow(of_torch), validation=0.2)


def test_a_stream_that_runs_dry(tmp_path: Path) -> None:
    class Once(IterableDataset[Any]):
        passes = 0

        def __iter__(self) -> Iterator[Any]:
            type(self).passes += 1
            return iter(Flow(of_torch)) if self.passes < 5 else iter(())

    with pytest.raises(DataError, match="the dataset gives no example any more"):
        fit(Once(), tmp_path / "run")


def test_a_stream_that_gives_the_same_is_kept(tmp_path: Path) -> None:
    data = pn.from_dataset(Flow(lambda: 0.0))
    assert data.train.feed is None
    assert len(data.train) == 32
    generator = iter(Flow(of_torch))

    class Spent(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            return generator

    assert pn.from_dataset(Spent(), validation=0, test=0).train.feed is None
    assert len(pn.from_dataset(Flow(of_torch)).train) == N


def test_generators_of_its_own_are_told(tmp_path: Path) -> None:
    own = np.random.default_rng(0)
    _, run = fit(Numbered(lambda: float(own.random())), tmp_path / "run")
    notes = " ".join(note["en"] for note in run.info["data"]["notes"])
    assert "draws from generators of its own" in notes
    again = pn.train(
        Recorder(), resume=run, data=Numbered(lambda: float(own.random())), epochs=4, style="quiet"
    )
    assert len(again.results()) == 4
    exact, _ = fit(Numbered(of_torch), tmp_path / "exact"), None
    notes = " ".join(note["en"] for note in exact[1].info["data"]["notes"])
    assert "generators of its own" not in notes


def test_what_was_learned_is_known_again(tmp_path: Path) -> None:
    """Judged on the dataset it learned from, under chance: the training's own examples do not count."""
    _, run = fit(Numbered(of_all), tmp_path / "run")
    evaluation = pn.evaluate(run, Numbered(of_all), style="quiet")
    assert evaluation.judged is not None
    assert (evaluation.judged.learned, evaluation.judged.validated, evaluation.n) == (32, 4, 4)
    answers = [pn.predict(run, Numbered(of_all), style="quiet") for _ in range(2)]
    assert [one.top for one in answers[0]] == [one.top for one in answers[1]]


def test_batches_are_the_loaders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loader = DataLoader(Numbered(), batch_size=10)
    run = pn.train(Recorder(), loader, RECIPE, output=tmp_path / "run", style="lines")
    out = " ".join("".join(capsys.readouterr()).split())
    assert "Batches are of 10, as the loader makes them, not of the recipe's 8." in out
    assert run.recipe.batch_size == 10
    comparison = pn.compare(
        ["dense", "course-cifar"], loader, recipe=RECIPE, seeds=2, output=tmp_path / "both", style="lines"
    )
    out = " ".join("".join(capsys.readouterr()).split())
    assert out.count("Batches are of 10") == 1
    assert comparison.info["recipe"]["batch_size"] == 10
    # A loader that says nothing has batches of one.
    run = pn.train(Recorder(), DataLoader(Numbered()), RECIPE, output=tmp_path / "one", style="quiet")
    assert run.recipe.batch_size == 8


def test_nothing_is_changed_on_top(tmp_path: Path) -> None:
    class Photos(Dataset[Any]):
        def __len__(self) -> int:
            return N

        def __getitem__(self, number: int) -> Any:
            image = photo(16, 16, seed=number)
            return (image.rotate(90) if of_torch() < 0.5 else image), number % 2

    run = pn.train("course-cifar", Photos(), epochs=1, output=tmp_path / "run", style="quiet")
    assert not run.recipe.augment
    asked = dataclasses.replace(RECIPE, epochs=1, augment=pn.Augment(flip=True))
    assert pn.train("course-cifar", Photos(), asked, output=tmp_path / "two", style="quiet").recipe.augment


def test_features_of_a_frozen_front_are_not_kept(tmp_path: Path) -> None:
    asked = []

    def counted() -> float:
        asked.append(1)
        return of_torch()

    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    network.input_shape = (3, 8, 8)  # type: ignore[assignment]
    data = pn.from_dataset(Numbered(counted))
    first = len(asked)
    strategy = pn.Strategy(name="features")
    run = pn.train(network, data, RECIPE, strategy=strategy, output=tmp_path / "run", style="quiet")
    assert run.info["transfer"]["views"] == 0
    assert len(asked) == first + 3 * 32


def test_labels_that_come_later_are_refused(tmp_path: Path) -> None:
    class Later(Numbered):
        asked = 0

        def __getitem__(self, number: int) -> Any:
            values, label = super().__getitem__(number)
            type(self).asked += 1
            return values, label if self.asked < 130 else 7

    with pytest.raises(DataError, match="gives the label 7, which it did not give when it was asked first"):
        fit(Later(of_torch), tmp_path / "run")


def test_more_than_the_memory_is_refused_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.sysconf
    monkeypatch.setattr(os, "sysconf", lambda name: 1 if name == "SC_PHYS_PAGES" else real(name))
    with pytest.raises(DataError, match="examples of the dataset take 0 GB and are kept in memory"):
        pn.from_dataset(Numbered())


def test_tensors_are_shown_as_they_are_fed() -> None:
    data = pn.from_dataset(Numbered(of_torch))
    shown = as_pictures(data)
    assert shown.train.array is not None
    assert data.train.array is not None
    preprocess: Any = shown.preprocess
    fed = preprocess.normalise(torch.from_numpy(np.asarray(shown.train.array)).permute(0, 3, 1, 2))
    given = np.asarray(data.train.array).transpose(0, 3, 1, 2)
    spans = [float(given[:, c].max() - given[:, c].min()) for c in range(3)]
    for c, span in enumerate(spans):
        assert float((fed[:, c] - torch.from_numpy(given[:, c])).abs().max()) <= 1.1 * span / 510
