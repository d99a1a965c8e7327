"""``shots``: how accuracy grows with the number of pictures a class, strategy by strategy."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.console.listeners import Style, make_listener
from prunelle.csv_files import table_text
from prunelle.data import cache
from prunelle.data.batches import derive_seed
from prunelle.data.examples import Data, Split
from prunelle.data.kinds import kind_of
from prunelle.data.pixels import Skipped
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.disk import held, sweep, write_text, writing
from prunelle.errors import ArgumentError, refuse_given
from prunelle.plain import plain_arguments
from prunelle.report.shots import Shots, save_plot
from prunelle.runs.listener import Listener, Quiet
from prunelle.runs.run import Run
from prunelle.tasks import loading, reusing
from prunelle.tasks.choosing import choose_recipe
from prunelle.tasks.going_on import going_on
from prunelle.tasks.several import made_once, same_settings
from prunelle.tasks.training import train
from prunelle.texts import Language, Note, default_language
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy

SHOTS = (1, 5, 20, 100)
STRATEGIES = ("scratch", "features", "full")
DRAWS = 3
FEWEST_STEPS = 600
"""Of a training: an epoch of a few pictures is a step, and 40 of them teach nothing."""


@plain_arguments
def shots(
    data: Data | str | Path,
    network: str | None = None,
    weights: str | Path | None = None,
    *,
    numbers: Sequence[int] = SHOTS,
    strategies: Sequence[Strategy | str] = STRATEGIES,
    draws: int = DRAWS,
    epochs: int | None = None,
    augment: str | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit | SeriesFit | None = None,
    normalisation: Normalisation | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    device: str = "auto",
    output: str | Path = "shots",
    labels: str | None = None,
    data_dir: str | Path | None = None,
    test: float | None = None,
    language: Language | None = None,
    style: Style | Listener = "auto",
    command: str | None = None,
) -> Shots:
    """Trains with few pictures a class, then more, several times with others, and measures on the test split.

    Every training is a run in ``output/runs``; the same call again goes on with what is there. Of one draw, the
    pictures of a smaller number are among those of a larger one. There is no validation: with five pictures a class
    nothing is to be set aside, so the last weights are measured.

    Args:
        data: with a test split. Pictures that cannot be read are left out before any are drawn.
        network, weights, size, fit, normalisation, mean, std, labels, data_dir, test: as ``train``.
        numbers: pictures a class.
        strategies: with their usual settings (``partial:layer2``: see ``Strategy.parse``), or a ``Strategy``.
        draws: of the pictures, each with its own first weights too.
        epochs: of each training; None for what suits the data and the strategy, and at least 600 steps.
        augment: of the training pictures, as on the command line; None for what suits the data and the strategy.
        device: as of ``Recipe``.
        output: the folder.
        language: of the plot; None for the locale's.
        style: what to show meanwhile.
        command: the shell command that makes this call.

    Raises:
        ArgumentError: a class has too few pictures, there is no test split, or ``output`` is of other settings.
    """
    listener = make_listener(style)
    again = command or f"prunelle.shots(…, output={str(output)!r})"
    with (
        contextlib.closing(listener),
        going_on("go on with the same again", lambda: again, "All that was saved is kept"),
    ):
        chosen = [reusing.as_strategy(each) for each in strategies]
        wanted = [each for each in chosen if each is not None]
        for strategy in wanted:
            reusing.check_weights(strategy, network, weights)
        if all(strategy.name == "scratch" for strategy in wanted):
            refuse_given("is what other strategies than scratch start from", weights=weights)
        if draws < 1 or not numbers or min(numbers) < 1:
            raise ArgumentError(
                f"shots and draws must be at least 1; received shots={numbers}, draws={draws}."
            )
        whole = None if isinstance(data, Data) else 0.0  # none is set aside
        found = loading.load_data(
            data, listener, labels=labels, data_dir=data_dir, validation=whole, test=test
        )
        if found.test is None:
            raise ArgumentError("shots are measured on a test split, and there is none: give --test 0.2.")
        found, counted = _readable(found, found.test, numbers, draws, listener)
        found = loading.decode_apart(found, found.preprocess, 0, listener).data
        if found.test is None:
            raise ArgumentError(
                "shots are measured on a test split, and no example of it is left that is not a copy of a training one."
            )
        fewest = int(np.bincount(found.train.labels, minlength=len(found.classes)).min())
        if max(numbers) > fewest:
            raise ArgumentError(
                f"shots must be at most {fewest}, the training pictures of the rarest class; received {max(numbers)}."
            )
        prepared = {"fit": fit, "normalisation": normalisation, "mean": mean, "std": std}
        folder = Path(output)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with held(folder / "lock", f"{folder} is being worked on by another process."):
            sweep(folder)
            same_settings(
                folder,
                "shots.json",
                {
                    "data": found.name,
                    "network": network,
                    "weights": None if weights is None else str(weights),
                    "epochs": epochs,
                    "augment": augment,
                    "size": size,
                    **{key: value for key, value in prepared.items() if value is not None},
                },
                "runs",
            )
            rows: list[tuple[str, int, int, float]] = []
            total = len(wanted) * len(numbers) * draws
            for strategy in wanted:
                for number in numbers:
                    for draw in range(draws):
                        listener.on_progress("trainings", len(rows), total)
                        run = _one(
                            folder,
                            found,
                            strategy,
                            number,
                            draw,
                            epochs,
                            {"device": device} | ({} if augment is None else {"augment": augment}),
                            {"network": network, "weights": weights, "size": size, **prepared},
                        )
                        accuracy, counted = (run.metrics()["test"][key] for key in ("accuracy", "n"))
                        rows.append((_name(strategy), number, draw, accuracy))
                        listener.on_note(
                            Note(
                                f"{_name(strategy)}, {number} a class, draw {draw + 1}: {accuracy:.2%}",
                                f"{_name(strategy)}, {number} par classe, tirage {draw + 1} : "
                                f"{100 * accuracy:.2f} %".replace(".", ","),
                            )
                        )
            result = Shots(folder, found.name, tuple(rows), counted)
            _write(result, language or default_language())
        return result


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
        drawn = [_drawn(train.labels, len(data.classes), max(numbers), draw) for draw in range(draws)]
        new = sorted({int(kept[row]) for rows in drawn for row in rows} - looked)
        if not new:
            break
        looked |= set(new)
        bad["train"] |= _bad(data, data.train, new)
    bad["test"] = _bad(data, test, range(len(test)))
    skipped = [each for split in bad.values() for each in split.values()]
    cache.check_share(skipped, len(looked) + len(test))
    for each in skipped:
        listener.on_note(loading.skipped_note(each))
    good = np.array([row for row in range(len(test)) if row not in bad["test"]], np.int64)
    return dataclasses.replace(data, train=train, test=test.take(good)), len(good)


def _bad(data: Data, split: Split, rows: Sequence[int]) -> dict[int, Skipped]:
    """Those of the pictures that cannot be read, by their row."""
    assert split.files is not None
    kind = kind_of(data.preprocess)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = pool.map(lambda row: next(kind.read(split.files[row], data.preprocess))[1], rows)  # type: ignore[index]
        return {
            row: Skipped(str(split.files[row]), found)
            for row, found in zip(rows, read, strict=True)
            if isinstance(found, str)
        }


def few(data: Data, number: int, draw: int) -> Data:
    """``number`` training pictures of each class, no validation, the same test."""
    rows = _drawn(data.train.labels, len(data.classes), number, draw)
    return dataclasses.replace(data, train=data.train.take(rows), validation=None, source=None, notes=())


def _drawn(labels: np.ndarray, num_classes: int, number: int, draw: int) -> np.ndarray:
    """The rows of ``number`` of each class, ``(n,)``; fewer of a class that has fewer."""
    order = np.random.default_rng(derive_seed(0, "shots", draw)).permutation(len(labels))
    mixed = labels[order]
    return np.sort(np.concatenate([order[mixed == k][:number] for k in range(num_classes)]))


def _one(
    folder: Path,
    data: Data,
    strategy: Strategy,
    number: int,
    draw: int,
    epochs: int | None,
    fields: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> Run:
    """The run, finished: from what is there of it. ``fields`` are of its recipe, ``settings`` of ``train``."""
    path = folder / "runs" / f"{_name(strategy)}-{number}-{draw}"
    subset = few(data, number, draw)

    def recipe(data: Data, strategy: Strategy | None = None) -> Recipe:
        found = choose_recipe(data, strategy, seed=draw, **fields)
        if strategy is not None and strategy.solved:
            return found
        enough = math.ceil(FEWEST_STEPS / math.ceil(len(data.train) / found.batch_size))
        return found.lasting(epochs or max(found.epochs, enough))

    # Pictures are decoded once, to files of the cache, for all trainings.
    return made_once(
        path,
        lambda: train(
            data=subset, recipe=recipe, strategy=strategy, output=path, style=Quiet(), memory_budget=0, **settings
        ),
        lambda: train(resume=path, data=subset, style=Quiet(), memory_budget=0),
    )  # fmt: skip


def _name(strategy: Strategy) -> str:
    parts = (strategy.name, strategy.stage, strategy.freeze, strategy.head)
    return "-".join(str(part) for part in parts if part is not None)


def _write(result: Shots, language: Language) -> None:
    header = ("strategy", "pictures", "draw", "accuracy")
    write_text(result.path / "shots.csv", table_text(header, result.rows))
    save_plot(result, result.path / "shots.png", language)
