"""The run folder: everything about one training, in open formats.

::

    run.json              what was asked, enough to do it again
    classes.json          class names in index order
    preprocess.json
    results.csv           a line an epoch
    metrics.json          final figures by split
    predictions.csv       what was answered on the evaluated split, a line a picture
    weights/best.safetensors, last.safetensors
    state/training.safetensors   what resuming needs
    report.html, figures/

Every file is written atomically. A run folder is never written over: ``create`` refuses one that is there.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle import networks
from prunelle.csv_files import read_table, table_text
from prunelle.data.examples import Pixels, Progress, Split
from prunelle.data.preprocess import AnyPreprocess, preprocess_from_json
from prunelle.errors import DataError, RunError, did_you_mean
from prunelle.files import no_file
from prunelle.report.predictions import Prediction, predict_files
from prunelle.training import inference
from prunelle.training.checkpoint import load_tensors, save_tensors, write_json, write_text
from prunelle.training.metrics import Evaluation
from prunelle.training.recipe import Recipe
from prunelle.training.records import RESULT_FIELDS

PREDICTIONS_FILE = "predictions.csv"
PREDICTION_FIELDS = ("file", "split", "class", "predicted", "probability")


class Run:
    """A training on disk, and its network when it is needed.

    Attributes:
        path: the folder.
        info: the content of ``run.json``.
        classes, preprocess, recipe: as trained.
    """

    def __init__(self, path: Path, info: dict[str, Any], network: nn.Module | None = None) -> None:
        self.path = path
        self.info = info
        self.classes: tuple[str, ...] = tuple(_read_json(path / "classes.json"))
        self.preprocess = preprocess_from_json(_read_json(path / "preprocess.json"))
        self.recipe = Recipe.from_json(info["recipe"])
        self._network = network

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @classmethod
    def create(
        cls,
        path: Path,
        info: dict[str, Any],
        classes: Sequence[str],
        preprocess: AnyPreprocess,
        network: nn.Module,
    ) -> Run:
        """Makes the folder and writes what is known before training. ``run.json`` comes last: it makes a run.

        Raises:
            RunError: ``path`` is there already and is not an empty folder, or cannot be made.
        """
        refuse_occupied(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
            for folder in ("weights", "state", "figures"):
                (path / folder).mkdir()
        except OSError as error:
            raise RunError(f"cannot make the run folder {path}: {error.strerror}.") from error
        write_json(path / "classes.json", list(classes))
        write_json(path / "preprocess.json", preprocess.to_json())
        write_json(path / "run.json", info)
        return cls(path, info, network)

    @classmethod
    def open(cls, path: str | Path, network: nn.Module | None = None) -> Run:
        """Opens a run folder.

        Args:
            path: the folder.
            network: the module that was trained, needed only if it was one of your own; its weights are
                loaded from the run.

        Raises:
            RunError: no run there.
        """
        path = Path(path)
        if not (path / "run.json").is_file():
            siblings = [p.parent.name for p in path.parent.glob("*/run.json")] if path.parent.is_dir() else []
            raise RunError(
                f"{path} is no run: it has no run.json.{did_you_mean(path.name, siblings)} Runs are made by "
                f"prunelle train; a training that was killed before its first line left nothing to go on with."
            )
        info = _read_json(path / "run.json")
        try:
            run = cls(path, info)
        except (KeyError, TypeError, AttributeError) as error:
            raise RunError(f"{path / 'run.json'} is not as prunelle train writes it ({error!r}).") from error
        if network is not None:
            run.attach(run._loaded(network))
        return run

    @property
    def finished(self) -> bool:
        """The training went to its end (it can still be extended)."""
        return bool(self.info["status"] == "finished")

    def update(self, **changes: Any) -> None:
        """Changes entries of ``run.json``."""
        self.info |= changes
        self.recipe = Recipe.from_json(self.info["recipe"])
        write_json(self.path / "run.json", self.info)

    def attach(self, network: nn.Module) -> None:
        """Makes ``network``, with the weights it has, this run's network."""
        self._network = network

    @property
    def network(self) -> nn.Module:
        """The network with its best weights, in evaluation mode, on the CPU unless it was trained just now."""
        if self._network is None:
            name = self.info["network"]["name"]
            if not networks.is_known(name):
                raise RunError(
                    f"{self.path} trained a network of your own ({name}); open it with "
                    f"Run.open({str(self.path)!r}, network=your_module)."
                )
            self._network = self._loaded(build_network(self.info["network"]))
        return self._network

    def _loaded(self, network: nn.Module) -> nn.Module:
        best = self.path / "weights" / "best.safetensors"
        if not best.is_file():
            raise RunError(f"{self.path} has no weights: no epoch of its training was finished.")
        weights, _ = load_tensors(best)
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise RunError(f"the weights of {self.path} do not fit this network: {error}") from error
        return network.eval()

    def results(self) -> list[dict[str, float | None]]:
        """The lines of ``results.csv``."""
        path = self.path / "results.csv"
        try:
            return [
                {key: float(value) if value else None for key, value in line.items()}
                for line in read_table(path, ("epoch",))
            ]
        except DataError as error:
            raise RunError(str(error)) from None
        except ValueError as error:
            raise RunError(f"{path} is damaged: {error}.") from None

    def metrics(self) -> dict[str, Any]:
        """The content of ``metrics.json``; empty before the training has ended."""
        path = self.path / "metrics.json"
        return dict(_read_json(path)) if path.is_file() else {}

    def write_results(self, rows: Sequence[Mapping[str, float | None]]) -> None:
        """``results.csv`` anew from all lines so far, so that a resumed run has no line twice."""
        lines = ([row.get(name) for name in RESULT_FIELDS] for row in rows)
        write_text(self.path / "results.csv", table_text(RESULT_FIELDS, lines))

    def write_predictions(self, evaluation: Evaluation) -> None:
        """``predictions.csv``: file (or position), truth, prediction and its probability."""
        rows = (
            (
                evaluation.files[i] if evaluation.files else i,
                evaluation.split,
                self.classes[evaluation.labels[i]],
                self.classes[evaluation.predicted[i]],
                f"{evaluation.confidence[i]:.6f}",
            )
            for i in range(evaluation.n)
        )
        write_text(self.path / PREDICTIONS_FILE, table_text(PREDICTION_FIELDS, rows))

    def save_weights(self, which: str, weights: Mapping[str, torch.Tensor]) -> None:
        """``weights/<which>.safetensors``; it also says by itself what it needs: classes and preprocessing."""
        about = {"classes": list(self.classes), "preprocess": self.preprocess.to_json()}
        save_tensors(self.path / "weights" / f"{which}.safetensors", weights, about)

    @property
    def state_file(self) -> Path:
        """Where the state of an unfinished (or extendable) training is."""
        return self.path / "state" / "training.safetensors"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the run against a second process that would train it at the same time.

        Raises:
            RunError: another process has it.
        """
        with held(self.path / "state" / "lock", f"{self.path} is being trained by another process."):
            # Left by a process that was killed while it wrote; nobody else writes here now.
            for leftover in self.path.rglob(".*.tmp"):
                leftover.unlink()
            yield

    def evaluate(self, split: Split | Pixels, *, progress: Progress | None = None) -> Evaluation:
        """The network's answers on a labelled split, prepared as in training.

        Args:
            split: ``data.test``, say, with the classes of this run in its order; or decoded pixels.
        """
        name = split.name if isinstance(split, Split) else "pixels"
        pixels = split if isinstance(split, Pixels) else split.decode(self.preprocess, progress=progress)
        return inference.evaluate(
            self.network, pixels, self.classes, self.preprocess, name, progress=progress
        )

    def predict(
        self, files: Sequence[str | Path], *, top: int = 3, progress: Progress | None = None
    ) -> list[Prediction]:
        """The ``top`` most probable classes of each file, in the order given.

        A file that cannot be read gets an ``error`` instead of predictions; the others are still predicted.
        Memory stays bounded however many files there are.
        """
        return predict_files(self.network, self.classes, self.preprocess, files, top=top, progress=progress)


def build_network(description: Mapping[str, Any]) -> nn.Module:
    """The network that the ``network`` entry of a ``run.json`` describes, with fresh weights."""
    in_channels, *input_size = description["input_shape"]
    return networks.build(
        description["name"],
        num_classes=description["num_classes"],
        in_channels=in_channels,
        input_size=tuple(input_size),
        **description["options"],
    )


@contextmanager
def held(lock: Path, busy: str) -> Iterator[None]:
    """Holds the file ``lock`` against other processes; on systems without POSIX locks, holds nothing.

    Raises:
        RunError: another process has it; ``busy`` is what to say then.
    """
    if os.name != "posix":
        yield
        return
    import fcntl

    with lock.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(busy) from None
        yield


def refuse_occupied(path: Path) -> None:
    """Raises a ``RunError`` where a run cannot go because something is there."""
    try:
        occupied = any(path.iterdir()) if path.is_dir() else path.exists()
    except OSError as error:
        raise RunError(f"cannot make the run folder {path}: {error.strerror}.") from error
    if occupied:
        resume = (
            f", or go on with it: prunelle train --resume {shlex.quote(str(path))}"
            if (path / "run.json").is_file()
            else "."
        )
        raise RunError(
            f"{path} is there already, and a run is never written over. Name another --output{resume}"
        )


def new_run_path(runs: Path, name: str, now: datetime) -> Path:
    """``runs/20261121-143000-lenet5-mnist``, with ``-2``, ``-3``… behind it when it is taken.

    The folder is made here, empty, so that of two trainings started in the same second each has its own.

    Raises:
        RunError: it cannot be made.
    """
    slug = re.sub(r"[^\w.-]+", "-", f"{now:%Y%m%d-%H%M%S}-{name}")
    path, number = runs / slug, 2
    try:
        runs.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                path.mkdir()
                return path
            except FileExistsError:
                path, number = runs / f"{slug}-{number}", number + 1
    except OSError as error:
        raise RunError(f"cannot make the run folder {path}: {error.strerror}.") from error


def _read_json(path: Path) -> Any:
    if kind := no_file(path):
        raise RunError(f"{path} cannot be read: it is {kind}, not a file.")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path} is not there.") from None
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}.") from error
