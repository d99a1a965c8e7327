"""All runs of a folder, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from prunelle.errors import PrunelleError, RunError
from prunelle.runs.frames import DataFrame, as_frame
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.shown import Shown

_FIGURES = ("accuracy", "mean_absolute_error", "loss")
COLUMNS = (
    *("run", "created", "network", "data", "status", "epochs", "best_epoch"),
    *(f"{split}_{figure}" for split in JUDGED_BY for figure in _FIGURES),
    *("parameters", "seconds", "seed", "batch_size", "optimizer", "learning_rate", "weights"),
)
_SHOWN = ("run", "network", "data", "status", "epochs", "test_accuracy", "validation_accuracy", "seconds")


class Runs(Shown, Sequence[Run]):
    """Runs in the order in which they were made; a list of them that is also a table.

    Attributes:
        refused: the folders whose ``run.json`` cannot be opened → why.
    """

    def __init__(self, opened: Sequence[Run], refused: Mapping[Path, str]) -> None:
        self._runs = tuple(opened)
        self.refused = dict(refused)

    def __len__(self) -> int:
        return len(self._runs)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> Runs: ...

    def __getitem__(self, index: int | slice) -> Run | Runs:
        return Runs(self._runs[index], {}) if isinstance(index, slice) else self._runs[index]

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def rows(self) -> list[dict[str, Any]]:
        """``COLUMNS`` of each run; None where a run has none: accuracies in [0, 1], ``seconds`` of training."""
        return [_row(run) for run in self]

    def frame(self) -> DataFrame:
        """``rows`` as a pandas DataFrame.

        Raises:
            ArgumentError: pandas is not there.
        """
        return as_frame(self.rows(), COLUMNS)

    def __repr__(self) -> str:
        lines = [_SHOWN, *(tuple(_text(row[name]) for name in _SHOWN) for row in self.rows())]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        ]
        table += [f"{path} cannot be opened: {why}" for path, why in self.refused.items()]
        return "\n".join(line.rstrip() for line in table)


def runs(folder: str | Path = "runs") -> Runs:
    """Every run in a folder, and in the folders inside (those of a comparison too), oldest first.

    Args:
        folder: where the runs are. What is no run is left out; what cannot be opened is in ``refused``.

    Raises:
        RunError: there is no such folder.

    Example:
        >>> best = max(runs(), key=lambda run: run.metrics()["test"]["accuracy"])
        >>> runs().frame().sort_values("test_accuracy")
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RunError(
            f"{folder} is no folder. Runs are made by prunelle train, in runs/ unless --runs says otherwise."
        )
    opened, refused = [], {}
    for path in run_folders(folder):
        try:
            opened.append(Run.open(path))
        except PrunelleError as error:
            refused[path] = str(error)
    return Runs(sorted(opened, key=lambda run: str(run.info.get("created", ""))), refused)


def run_folders(folder: Path) -> list[Path]:
    """Where there is a ``run.json``, in a folder and in those inside; by name."""
    # The first pattern follows links, the second does not.
    return [file.parent for file in sorted({*folder.glob("*/run.json"), *folder.rglob("run.json")})]


def _row(run: Run) -> dict[str, Any]:
    metrics = run.metrics()
    recipe = run.info.get("recipe", {})
    network = run.info["network"]
    row: dict[str, Any] = {
        "run": str(run.path),
        "created": run.info.get("created"),
        "network": network["name"],
        "data": run.info["data"]["name"],
        "status": run.info["status"],
        "parameters": network.get("parameters"),
        "weights": network.get("weights"),
        **{key: metrics.get(key) for key in ("epochs", "best_epoch", "seconds")},
        **{key: recipe.get(key) for key in ("seed", "batch_size", "optimizer", "learning_rate")},
    }
    for split in JUDGED_BY:
        for figure in _FIGURES:
            row[f"{split}_{figure}"] = metrics.get(split, {}).get(figure)
    return row


def _text(value: Any) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
