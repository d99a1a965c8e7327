"""Trainings with few pictures: how the figure grows with the number of pictures a class, strategy by strategy."""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.csv_files import table_text
from prunelle.data import cache
from prunelle.data.batches import derive_seed
from prunelle.data.examples import Data, Split
from prunelle.data.kinds import kind_of
from prunelle.data.pixels import Skipped
from prunelle.data.targets import Target
from prunelle.disk import held, sweep, write_text, writing
from prunelle.errors import ArgumentError, refuse_given
from prunelle.jobs import decoding
from prunelle.jobs.many_runs import finished_run, same_settings
from prunelle.jobs.recovery import resume_hint
from prunelle.planning.choosing import choose_recipe
from prunelle.planning.loading import load_data
from prunelle.planning.plan import check_weights
from prunelle.planning.request import DataSource, Destination, TrainingRequest
from prunelle.report.shots import NUMBERS, Shots, save_plot
from prunelle.runs.listener import Listener, Quiet
from prunelle.runs.run import Run
from prunelle.texts import EN, FR, Language, Note
from prunelle.training.recipe import Recipe
from prunelle.training.yardsticks import yardstick_of
from prunelle.transfer.strategies import Strategy

_MOST = {"class": "of the rarest class", "labels": "with the rarest label", "number": "that there are"}
FEWEST_STEPS = 600
"""Of a training: an epoch of a few pictures is a step, and 40 of them teach nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ShotsRequest:
    """A curve of the figure against pictures a class, as it is asked for.

    Attributes:
        training: what all trainings have in common.
        numbers: pictures a class or a label; of numbers, in all. None for the target's usual ones.
        strategies: each gives a curve.
        draws: of the pictures, each with its own first weights too.
        recipe_fields: of ``choose_recipe``, in place of what suits.
    """

    training: TrainingRequest
    numbers: Sequence[int] | None
    strategies: Sequence[Strategy]
    draws: int
    recipe_fields: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Of all of them."""
        folder = self.training.destination.folder
        assert folder is not None
        return folder

    def trainings(self, target: Target) -> list[tuple[Strategy, int, int]]:
        """Strategy, number and draw of each, in the order they are made."""
        return list(itertools.product(self.strategies, self.numbers_for(target), range(self.draws)))

    def numbers_for(self, target: Target) -> Sequence[int]:
        """Those asked for, or the usual ones."""
        return self.numbers or target.usual_few

    def settings(self, data: Data) -> dict[str, Any]:
        """What the same folder must be gone on with."""
        training = self.training
        preparation = dataclasses.asdict(training.preparation)
        size = preparation.pop("size")
        return {
            "data": data.name,
            "network": training.network,
            "weights": None if training.weights is None else str(training.weights),
            "epochs": training.epochs,
            "augment": self.recipe_fields.get("augment"),
            "size": size,
            **({} if training.source.groups is None else {"groups": str(training.source.groups)}),
            **({} if training.source.task is None else {"task": training.source.task}),
            **{key: value for key, value in preparation.items() if value is not None},
        }


def shots(request: ShotsRequest, listener: Listener) -> Shots:
    """Trains all that is not there yet, and draws the curves; see ``prunelle.shots``."""
    folder = request.folder
    again = request.training.command or f"prunelle.shots(…, output={str(folder)!r})"
    with resume_hint("go on with the same again", lambda: again, "All that was saved is kept"):
        _check(request)
        data, n = _data(request, listener)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with held(folder / "lock", f"{folder} is being worked on by another process."):
            sweep(folder)
            same_settings(folder, "shots.json", request.settings(data), "runs")
            rows: list[tuple[str, int, int, float]] = []
            trainings, kind = request.trainings(data.target), data.target.kind
            yardstick = yardstick_of(kind)
            for strategy, number, draw in trainings:
                listener.on_progress(Note("trainings", "entraînements"), len(rows), len(trainings))
                run = _trained(request, data, strategy, number, draw)
                value, n = (run.metrics()["test"][key] for key in (yardstick.figure, "n"))
                rows.append((_name(strategy), number, draw, value))
                many, name = NUMBERS[kind], _name(strategy)
                en, fr = (yardstick.written(value, words, digits=2) for words in (EN, FR))
                listener.on_note(
                    Note(
                        f"{name}, {EN.note(many, n=number)}, draw {draw + 1}: {en}",
                        f"{name}, {FR.note(many, n=number)}, tirage {draw + 1} : {fr}",
                    )
                )
            result = Shots(folder, data.name, tuple(rows), n, kind)
            _write(result, request.training.language)
        return result


def _check(request: ShotsRequest) -> None:
    """What is wrong with the request whatever the data are."""
    training = request.training
    for strategy in request.strategies:
        check_weights(strategy, training.network, training.weights)
    if all(strategy.name == "scratch" for strategy in request.strategies):
        refuse_given("is what other strategies than scratch start from", weights=training.weights)
    if request.draws < 1 or (request.numbers is not None and min(request.numbers, default=0) < 1):
        raise ArgumentError(
            f"shots and draws must be at least 1; received shots={request.numbers}, draws={request.draws}."
        )


def _data(request: ShotsRequest, listener: Listener) -> tuple[Data, int]:
    """What is drawn from and measured on, and how many examples the test has.

    Raises:
        ArgumentError: there is no test split, or there are too few examples to draw from.
    """
    data = load_data(request.training.source, listener)
    numbers = request.numbers_for(data.target)
    if min(numbers) < data.target.least_few:
        raise ArgumentError(
            f"shots of task {data.target.task} must be at least {data.target.least_few}; received {min(numbers)}."
        )
    if data.test is None:
        raise ArgumentError("shots are measured on a test split, and there is none: give --test 0.2.")
    data, n = _readable(data, data.test, numbers, request.draws, listener)
    data = decoding.decode_apart(data, data.preprocess, request.training.limits.memory_budget, listener).data
    if data.test is None:
        raise ArgumentError(
            "shots are measured on a test split, and no example of it is left that is not a copy of a training one."
        )
    most = min(
        data.target.most_few(data.train.labels[_order(data.train, draw)], data.classes)
        for draw in range(request.draws)
    )
    if max(numbers) > most:
        apart = "" if data.train.groups is None else ", one of each group"
        raise ArgumentError(
            f"shots must be at most {most}, the training pictures {_MOST[data.target.kind]}{apart}; received "
            f"{max(numbers)}."
        )
    return data, n


def _readable(
    data: Data, test: Split, numbers: Sequence[int], draws: int, listener: Listener
) -> tuple[Data, int]:
    """Without the pictures that cannot be read, of those that may be drawn and of the test; how many the test has.

    A training of a few would stop at one of them, where a training of all leaves it out.
    """
    if data.train.files is None:
        return data, len(test)
    files = data.train.files
    bad: dict[str, dict[int, Skipped]] = {"train": {}, "test": {}}
    looked: set[int] = set()
    train = data.train
    while True:
        # Another comes in the place of one that is bad, and is looked at in turn.
        kept = np.array([row for row in range(len(files)) if row not in bad["train"]], np.int64)
        train = data.train.take(kept)
        drawn = [_drawn(train, data.target, max(numbers), draw) for draw in range(draws)]
        new = sorted({int(kept[row]) for rows in drawn for row in rows} - looked)
        if not new:
            break
        looked |= set(new)
        bad["train"] |= _bad(data, data.train, new)
    bad["test"] = _bad(data, test, range(len(test)))
    skipped = [unreadable for split in bad.values() for unreadable in split.values()]
    cache.check_share(skipped, len(looked) + len(test))
    for unreadable in skipped:
        listener.on_note(decoding.skipped_note(unreadable))
    good = np.array([row for row in range(len(test)) if row not in bad["test"]], np.int64)
    return dataclasses.replace(data, train=train, test=test.take(good)), len(good)


def _bad(data: Data, split: Split, rows: Sequence[int]) -> dict[int, Skipped]:
    """Those of the pictures that cannot be read, by their row."""
    assert split.files is not None
    kind = kind_of(data.preprocess)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = pool.map(lambda row: next(kind.read(split.files[row], data.preprocess))[1], rows)  # type: ignore[index]
        return {
            row: Skipped(str(split.files[row]), reason)
            for row, reason in zip(rows, read, strict=True)
            if isinstance(reason, str)
        }


def few(data: Data, number: int, draw: int) -> Data:
    """``number`` training pictures of each class or label, of numbers in all; no validation, the same test."""
    train = data.train.take(_drawn(data.train, data.target, number, draw))
    target = data.target.fitted(train.labels)
    return dataclasses.replace(data, train=train, target=target, validation=None, source=None, notes=())


def _drawn(train: Split, target: Target, number: int, draw: int) -> np.ndarray:
    """The rows of ``Target.few``, ``(n,)``; fewer where there are fewer."""
    order = _order(train, draw)
    return np.sort(order[target.few(train.labels[order], number)])


def _order(train: Split, draw: int) -> np.ndarray:
    """Rows in the order of a draw, one of each group: two of a burst tell little more than one.

    One order a draw, so that a draw of fewer is part of the draw of more.
    """
    order = np.random.default_rng(derive_seed(0, "shots", draw)).permutation(len(train))
    if train.groups is None:
        return order
    return order[np.sort(np.unique(train.groups[order], return_index=True)[1])]


def _trained(request: ShotsRequest, data: Data, strategy: Strategy, number: int, draw: int) -> Run:
    """The run on ``number`` pictures a class, finished: from what is there of it."""
    path = request.folder / "runs" / f"{_name(strategy)}-{number}-{draw}"
    subset = few(data, number, draw)

    def recipe(data: Data, strategy: Strategy | None = None) -> Recipe:
        suited = choose_recipe(data, strategy, seed=draw, **request.recipe_fields)
        epochs = request.training.epochs
        usual = strategy is None or (strategy.name == "features" and strategy.head is None)
        # Nothing is said of steps unless somebody did: the usual head is then solved, as of any training.
        if (strategy is not None and strategy.solved) or (usual and epochs is None):
            return suited
        enough = math.ceil(FEWEST_STEPS / math.ceil(len(data.train) / suited.batch_size))
        return suited.lasting(epochs or max(suited.epochs, enough))

    training = dataclasses.replace(
        request.training,
        source=DataSource(data=subset),
        strategy=strategy,
        recipe=recipe,
        epochs=None,
        destination=Destination(output=path),
        command=None,
    )
    return finished_run(training, Quiet(), data=subset)


def _name(strategy: Strategy) -> str:
    parts = (strategy.name, strategy.stage, strategy.freeze, strategy.head)
    return "-".join(str(part) for part in parts if part is not None)


def _write(result: Shots, language: Language) -> None:
    header = ("strategy", "pictures", "draw", yardstick_of(result.kind).figure)
    write_text(result.path / "shots.csv", table_text(header, result.rows))
    save_plot(result, result.path / "shots.png", language)
