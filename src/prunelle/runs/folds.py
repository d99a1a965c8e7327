"""A cross-validation: networks that each learned from all folds but one, and what they answer to that one.

Its folder::

    folds.json            what was asked, enough to know the same call again
    folds.csv             the fold of each example
    runs/fold-1/ …        an ordinary run each, whose test is its fold
    predictions.csv       what was answered to each example by the network that had not learned it
    metrics.json          figures of all examples together, and of each fold
    report.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import torch
from torch import nn

from prunelle.csv_files import read_table, table_text
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.targets import Target
from prunelle.disk import write_json, write_text
from prunelle.errors import DataError, RunError
from prunelle.json_files import UNKNOWN, Shape, read_json, sealed
from prunelle.networks.ensemble import Ensemble
from prunelle.runs.folder import FOLDS
from prunelle.runs.run import Run
from prunelle.shown import Shown
from prunelle.texts import EN, FR, Note, quoted
from prunelle.training.intervals import wilson_interval
from prunelle.training.metrics import Evaluation
from prunelle.training.verdicts import summary

FOLDS_FILE, PREDICTIONS_FILE, METRICS_FILE = "folds.csv", "predictions.csv", "metrics.json"
OUT_OF_FOLD = "folds"
"""The ``split`` of an evaluation of all examples, each by the network that had not learned it."""

_NOTE = {"en": str, "fr": str}
_INFO: Shape = {
    "status": str,
    "folds": int,
    "settings": dict,
    "command": str,
    "created": str,
    "data": {"name": str, "source": (dict, None), "notes": [_NOTE]},
    "classes": [str],
    "skipped": [{"file": str, "reason": str}],
    "versions": {"*": str},
    "host": {"*": str},
    "*": UNKNOWN,
}
"""Of ``folds.json``."""
_FIELDS = ("file", "class", "fold")
_TOGETHER = "together"
_METRICS: Shape = {
    OUT_OF_FOLD: dict,
    "each": [{"fold": int, "accuracy": float, "interval": [float], "loss": float, "n": int, "epochs": int}],
    "test?": dict,
    "seconds": (int, float),
    "*": UNKNOWN,
}


@dataclasses.dataclass(frozen=True, eq=False)
class Assigned:
    """Which fold each of N examples is in.

    Attributes:
        labels: ``(N,)`` int64.
        fold: ``(N,)`` int64, from 1.
        together: ``(N,)`` int64, the same number for examples that must not be divided.
        files: N paths; None where they came from no files of their own.
    """

    labels: np.ndarray
    fold: np.ndarray
    together: np.ndarray
    files: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, fold: int) -> np.ndarray:
        """Those of one fold, in order."""
        return np.flatnonzero(self.fold == fold)

    @property
    def groups(self) -> int:
        """How many parts of several examples were kept whole."""
        return int((np.bincount(self.together) > 1).sum())

    def write(self, path: Path, classes: Sequence[str]) -> None:
        """``folds.csv`` in the folder ``path``; ``together`` is empty for an example that stands alone."""
        several = np.bincount(self.together) > 1
        rows = (
            (
                self.files[row] if self.files else None,
                classes[self.labels[row]],
                int(self.fold[row]),
                int(self.together[row]) if several[self.together[row]] else None,
            )
            for row in range(len(self))
        )
        write_text(path / FOLDS_FILE, table_text((*_FIELDS, _TOGETHER), rows))

    @classmethod
    def read(cls, path: Path, classes: Sequence[str]) -> Assigned:
        """The inverse of ``write``, but for the numbers of those that stand alone.

        Raises:
            RunError: the file is not there, or damaged.
        """
        file, index = path / FOLDS_FILE, {name: label for label, name in enumerate(classes)}
        try:
            rows = read_table(file, (*_FIELDS, _TOGETHER))
            labels = np.array([index[row["class"]] for row in rows], np.int64)
            fold = np.array([int(row["fold"]) for row in rows], np.int64)
            alone = len(rows)
            together = np.array([int(row[_TOGETHER] or alone + i) for i, row in enumerate(rows)], np.int64)
        except DataError as error:
            raise RunError(str(error)) from None
        except (KeyError, ValueError) as error:
            raise RunError(f"{file} is damaged: {error}.") from None
        files = tuple(row["file"] for row in rows) if rows and rows[0]["file"] else None
        return cls(labels, fold, together, files)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Folds(Shown):
    """What a cross-validation gave. Asked together, its networks answer with the mean of their probabilities.

    Attributes:
        path: the folder.
        info: the content of ``folds.json``.
        runs: of fold 1, 2…
        assigned: the fold of each example.
        evaluation: of all examples in that order, each by the network that had not learned it.
        metrics: the content of ``metrics.json``.
    """

    path: Path
    info: Mapping[str, Any]
    runs: tuple[Run, ...]
    assigned: Assigned
    evaluation: Evaluation
    metrics: Mapping[str, Any]

    def __repr__(self) -> str:
        low, high = self.evaluation.interval
        return (
            f"Folds({str(self.path)!r}, {len(self.runs)} folds, n={self.evaluation.n}, "
            f"accuracy={self.evaluation.accuracy:.4f}, interval=({low:.4f}, {high:.4f}))"
        )

    @classmethod
    def open(cls, path: str | Path) -> Folds:
        """A cross-validation that is finished.

        Raises:
            RunError: there is none, it is not finished, or a file of it is damaged.
        """
        path = Path(path)
        info = read_info(path)
        if info["status"] != "finished":
            raise RunError(
                f"{path} is not finished; go on with it first, by the same call:\n  {again(path, info['command'])}"
            )
        runs = runs_of(path, info)
        assigned = Assigned.read(path, info["classes"])
        return cls(
            path=path,
            info=info,
            runs=runs,
            assigned=assigned,
            evaluation=out_of_fold(runs, assigned),
            metrics=read_json(path / METRICS_FILE, _METRICS),
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of the outputs."""
        return self.runs[0].classes

    @property
    def target(self) -> Target:
        """What they tell of an example."""
        return self.runs[0].target

    @property
    def preprocess(self) -> AnyPreprocess:
        """How examples are prepared for ``network``: not normalised, since each fold's network has its own mean."""
        first = self.runs[0].preprocess
        channels = first.channels
        return dataclasses.replace(first, mean=(0.0,) * channels, std=(1.0,) * channels)

    @cached_property
    def network(self) -> nn.Module:
        """All of them as one, in evaluation mode."""
        return Ensemble([_Normalised(run.network, run.preprocess) for run in self.runs]).eval()

    def to_json(self) -> dict[str, Any]:
        """What ``prunelle train --folds --progress json`` says at its end."""
        return {"path": str(self.path), "runs": [str(run.path) for run in self.runs], **self.metrics}


class _Normalised(nn.Module):
    """A network behind its own mean and std: ``(N, C, …)`` as ``Folds.preprocess`` gives it → its outputs."""

    def __init__(self, network: nn.Module, preprocess: AnyPreprocess) -> None:
        super().__init__()
        self.network = network
        self.input_shape = preprocess.input_shape
        shape = (-1, *(1 for _ in preprocess.input_shape[1:]))
        self.mean: torch.Tensor
        self.std: torch.Tensor
        self.register_buffer("mean", torch.tensor(preprocess.mean).view(shape))
        self.register_buffer("std", torch.tensor(preprocess.std).view(shape))

    def forward(self, examples: torch.Tensor) -> torch.Tensor:
        """As the network."""
        outputs: torch.Tensor = self.network((examples - self.mean) / self.std)
        return outputs


def is_folds(path: object) -> TypeGuard[str | Path]:
    """Whether ``path`` names the folder of a cross-validation."""
    return isinstance(path, str | Path) and (Path(path) / FOLDS.main).is_file()


def answering_from(path: str | Path, network: nn.Module | None = None) -> Run | Folds:
    """What answers from a folder: a run, or the networks of a cross-validation together.

    Raises:
        RunError: neither is there.
    """
    return Folds.open(path) if is_folds(path) else Run.open(path, network)


def one_of(path: str | Path) -> tuple[Run, Note]:
    """Of a cross-validation, the network to look at, and what is to be said of the others."""
    runs = Folds.open(path).runs
    return runs[0], Note(
        f"{path} holds {EN.integer(len(runs))} networks; what is shown is the one of fold 1. Of another: "
        f"{runs[1].path}",
        f"{path} contient {FR.integer(len(runs))} réseaux ; ce qui est montré est celui du pli 1. Un autre : "
        f"{runs[1].path}",
    )


def fold_of(run: Path) -> Path | None:
    """The folder of the cross-validation that a run is a fold of; None of others."""
    above = run.absolute().parent.parent
    return above if run.absolute().parent.name == "runs" and is_folds(above) else None


def again(path: Path, command: str | None) -> str:
    """The call that goes on with the folder ``path``.

    Args:
        command: the shell command that began it; None for a call in Python.
    """
    if command is None or not command.startswith("prunelle train "):
        return f"prunelle.cross_validate(…, output={str(path)!r})"
    return f"{command} --output {quoted(path)}"  # the last --output counts


def read_info(path: Path) -> dict[str, Any]:
    """The content of ``folds.json``.

    Raises:
        RunError: it is not there, or damaged.
    """
    return dict(read_json(path / FOLDS.main, _INFO))


def run_path(path: Path, fold: int) -> Path:
    """Where the run of a fold, from 1, is or goes."""
    return path / "runs" / f"fold-{fold}"


def runs_of(path: Path, info: Mapping[str, Any]) -> tuple[Run, ...]:
    """All of them, in order."""
    return tuple(Run.open(run_path(path, fold)) for fold in range(1, info["folds"] + 1))


def out_of_fold(runs: Sequence[Run], assigned: Assigned) -> Evaluation:
    """What each example was answered by the run that had not learned it.

    Raises:
        RunError: a run was judged on other examples than those of its fold.
    """
    n, classes = len(assigned), runs[0].classes
    probabilities, ranks = np.zeros((n, len(classes)), np.float32), np.zeros(n, np.int64)
    loss = 0.0
    for fold, run in enumerate(runs, 1):
        rows, judged = assigned.rows(fold), run.judged()
        if not np.array_equal(judged.labels, assigned.labels[rows]):
            raise RunError(
                f"{run.path} was judged on other examples than those that {FOLDS_FILE} has in fold {fold}: one of the "
                f"two was changed since. Put back a copy of it."
            )
        probabilities[rows], ranks[rows] = judged.probabilities, judged.ranks
        loss += judged.loss * len(rows) / n
    return Evaluation(
        split=OUT_OF_FOLD,
        classes=classes,
        labels=assigned.labels,
        probabilities=probabilities,
        loss=loss,
        files=assigned.files,
        kept_ranks=ranks,
    )


def write_predictions(path: Path, assigned: Assigned, evaluation: Evaluation) -> None:
    """``predictions.csv``: a row an example, in the order of ``folds.csv``."""
    classes, of_truth = (
        evaluation.classes,
        evaluation.probabilities[np.arange(evaluation.n), evaluation.labels],
    )
    rows = (
        (
            evaluation.files[i] if evaluation.files else i,
            int(assigned.fold[i]),
            classes[evaluation.labels[i]],
            classes[evaluation.predicted[i]],
            str(evaluation.confidence[i]),
            str(of_truth[i]),
        )
        for i in range(evaluation.n)
    )
    header = ("file", "fold", "class", "predicted", "probability", "probability_of_class")
    write_text(path / PREDICTIONS_FILE, table_text(header, rows))


def write_metrics(
    path: Path, runs: Sequence[Run], evaluation: Evaluation, test: Evaluation | None
) -> dict[str, Any]:
    """``metrics.json``, whose content it gives.

    Args:
        evaluation: out of fold. test: of a given test, by all networks together; None where there is none.
    """
    each = [{"fold": fold, **_of_fold(run)} for fold, run in enumerate(runs, 1)]
    metrics = {
        OUT_OF_FOLD: summary(evaluation),
        "each": each,
        **({} if test is None else {"test": summary(test)}),
        "seconds": sum(float(run.metrics()["seconds"]) for run in runs),
    }
    write_json(path / METRICS_FILE, sealed(metrics))
    return metrics


def _of_fold(run: Run) -> dict[str, Any]:
    metrics = run.metrics()
    test = metrics["test"]
    low, high = wilson_interval(round(test["accuracy"] * test["n"]), test["n"])
    return {
        "accuracy": float(test["accuracy"]),
        "interval": [low, high],
        "loss": float(test["loss"]),
        "n": test["n"],
        "epochs": metrics["epochs"],
    }
