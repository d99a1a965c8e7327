"""``shots``: how accuracy grows with the number of pictures a class, strategy by strategy."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from prunelle.csv_files import table_text
from prunelle.data.batches import derive_seed
from prunelle.data.examples import Data, Split
from prunelle.data.series.container import Series
from prunelle.disk import held, sweep, write_text, writing
from prunelle.errors import ArgumentError
from prunelle.plain import plain_arguments
from prunelle.report.console import Listener, Quiet, Style, make_listener
from prunelle.report.run import Run
from prunelle.report.shots import Shots, save_plot
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
        data: with a test split. network, weights, size, labels, data_dir, test: as ``train``.
        numbers: pictures a class.
        strategies: with their usual settings (``partial:layer2``: see ``Strategy.parse``), or a ``Strategy``.
        draws: of the pictures, each with its own first weights too.
        epochs: of each training; None for what suits the data and the strategy, and at least 600 steps.
        augment: of the training pictures, as on the command line; None for what suits the data and the strategy.
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
        if draws < 1 or not numbers or min(numbers) < 1:
            raise ArgumentError(
                f"shots and draws must be at least 1; received shots={numbers}, draws={draws}."
            )
        found = loading.load_data(data, listener, labels=labels, data_dir=data_dir, validation=0, test=test)
        if found.test is None:
            raise ArgumentError("shots are measured on a test split, and there is none: give --test 0.2.")
        fewest = int(np.bincount(found.train.labels, minlength=len(found.classes)).min())
        if max(numbers) > fewest:
            raise ArgumentError(
                f"shots must be at most {fewest}, the training pictures of the rarest class; received {max(numbers)}."
            )
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
                },
                "runs",
            )
            rows: list[tuple[str, int, int, float]] = []
            counted = len(found.test)
            total = len(wanted) * len(numbers) * draws
            for strategy in wanted:
                for number in numbers:
                    for draw in range(draws):
                        listener.progress("trainings", len(rows), total)
                        run = _one(
                            folder, found, network, weights, strategy, number, draw, epochs, augment, size
                        )
                        accuracy, counted = (run.metrics()["test"][key] for key in ("accuracy", "n"))
                        rows.append((_name(strategy), number, draw, accuracy))
                        listener.note(
                            Note(
                                f"{_name(strategy)}, {number} a class, draw {draw + 1}: {accuracy:.2%}",
                                f"{_name(strategy)}, {number} par classe, tirage {draw + 1} : "
                                f"{100 * accuracy:.2f} %".replace(".", ","),
                            )
                        )
            result = Shots(folder, found.name, tuple(rows), counted)
            _write(result, language or default_language())
        return result


def few(data: Data, number: int, draw: int) -> Data:
    """``number`` training pictures of each class, no validation, the same test."""
    order = np.random.default_rng(derive_seed(0, "shots", draw)).permutation(len(data.train))
    labels = data.train.labels[order]
    rows = np.sort(np.concatenate([order[labels == k][:number] for k in range(len(data.classes))]))
    whole = data.train
    train = Split(
        "train",
        whole.labels[rows],
        None if whole.files is None else tuple(whole.files[row] for row in rows),
        whole.array.take(rows)
        if isinstance(whole.array, Series)
        else None
        if whole.array is None
        else whole.array[rows],
    )
    return dataclasses.replace(data, train=train, validation=None, source=None, notes=())


def _one(
    folder: Path,
    data: Data,
    network: str | None,
    weights: str | Path | None,
    strategy: Strategy,
    number: int,
    draw: int,
    epochs: int | None,
    augment: str | None,
    size: int | tuple[int, int] | None,
) -> Run:
    """The run, finished: from what is there of it."""
    path = folder / "runs" / f"{_name(strategy)}-{number}-{draw}"
    subset = few(data, number, draw)

    def recipe(data: Data, strategy: Strategy | None = None) -> Recipe:
        found = choose_recipe(data, strategy, seed=draw, **({} if augment is None else {"augment": augment}))
        if strategy is not None and strategy.solved:
            return found
        enough = math.ceil(FEWEST_STEPS / math.ceil(len(data.train) / found.batch_size))
        return found.lasting(epochs or max(found.epochs, enough))

    # Pictures are decoded once, to files of the cache, for all trainings.
    return made_once(
        path,
        lambda: train(
            network, subset, recipe, weights=weights, strategy=strategy, size=size, output=path, style=Quiet(),
            memory_budget=0,
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
