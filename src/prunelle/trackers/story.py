"""What there is to tell of a training: read from its folder, in the tracker's own thread."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.csv_files import read_table
from prunelle.runs.listener import Finished, Started
from prunelle.runs.run import Run
from prunelle.runs.run_info import read_info
from prunelle.trackers.tracker import Answers, Begun, Setting, Tracker

EXAMPLES = 16
"""Pictures shown of what is learned."""

MODEL = (
    *("weights/best.safetensors", "classes.json", "preprocess.json", "run.json", "metrics.json"),
    "report.html",
)
"""Files of a run that are kept as its model."""


@dataclasses.dataclass(frozen=True, eq=False)
class Story:
    """The beginning of a training."""

    started: Started

    def begun(self) -> Begun:
        """With the settings of ``run.json``."""
        path = self.started.path
        info = read_info(path)
        return Begun(
            path=path,
            # A folder may be moved, or another made in its place.
            identity=f"{path.name} {info['created']}",
            settings=dict(_settings(info)),
            layers=self.started.layers,
        )

    def tell_examples(self, tracker: Tracker) -> None:
        """A few of the training pictures, of all classes in turn."""
        examples = self.started.examples
        if examples is None or examples.images.ndim != 4 or examples.images.dtype != np.uint8:
            return  # series
        classes = Run.open(self.started.path).classes
        rows = _spread(np.asarray(examples.labels))
        tracker.examples(np.asarray(examples.images[rows]), [classes[examples.labels[row]] for row in rows])

    @staticmethod
    def of_finished(finished: Finished) -> Ending:
        """The end of one."""
        return Ending(finished)


@dataclasses.dataclass(frozen=True, eq=False)
class Ending:
    """The end of a training: its folder has all of it."""

    finished: Finished

    def figures(self) -> Iterator[Callable[[Tracker], None]]:
        """Of the report."""
        for file in sorted((self.finished.path / "figures").glob("*.png")):
            yield functools.partial(_tell_figure, file)

    def tell_answers(self, tracker: Tracker) -> None:
        """Of the split that speaks for it."""
        run = Run.open(self.finished.path)
        rows = read_table(run.path / "predictions.csv", ("class", "predicted"))
        index = {name: number for number, name in enumerate(run.classes)}
        tracker.answers(
            Answers(
                run.classes,
                np.array([index[row["class"]] for row in rows], np.int64),
                np.array([index[row["predicted"]] for row in rows], np.int64),
            )
        )

    def tell_results(self, tracker: Tracker) -> None:
        """``metrics.json``, its numbers."""
        tracker.results(dict(_numbers(self.finished.metrics)))

    def tell_model(self, tracker: Tracker) -> None:
        """The files of it that are there."""
        tracker.model([file for name in MODEL if (file := self.finished.path / name).is_file()])


def _tell_figure(file: Path, tracker: Tracker) -> None:
    tracker.figure(file)


def _settings(info: Mapping[str, Any]) -> Iterator[tuple[str, Setting]]:
    yield "network", info["network"]["name"]
    yield "network.parameters", info["network"].get("parameters", 0)
    yield from _flat("network.options", info["network"]["options"])
    if "weights" in info["network"]:
        yield "network.weights", info["network"]["weights"]
    yield "data", info["data"]["name"]
    yield from _flat("data", info["data"]["counts"])
    yield from _flat("recipe", info["recipe"])
    yield from ((f"own.{name}", part["name"]) for name, part in info.get("own", {}).items())
    yield from _flat("versions", info["versions"])
    yield "command", info["command"]


def _flat(name: str, value: Any) -> Iterator[tuple[str, Setting]]:
    """``{"augment": {"flip": True}}`` → ``augment.flip``; what has no value is not told."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, str | int | float):
        yield name, value
    elif value is not None:
        yield name, str(value)


def _numbers(metrics: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in metrics.items():
        if isinstance(value, Mapping) and name in ("train", "validation", "test"):
            yield from _numbers_of(name, value)
        elif isinstance(value, int | float):
            yield name, float(value)


def _numbers_of(split: str, values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        if isinstance(value, int | float):
            yield f"{split}/{name}", float(value)


def _spread(labels: np.ndarray) -> list[int]:
    """Rows of the first example of each class, then of the second…, up to ``EXAMPLES``."""
    nth = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        where = np.flatnonzero(labels == label)
        nth[where] = np.arange(len(where))
    rows: list[int] = np.lexsort((labels, nth))[:EXAMPLES].tolist()
    return rows
