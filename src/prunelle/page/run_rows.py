"""What the page's list says of each run, read again only where a file of it has changed."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prunelle.data.targets import refuse_other_than_classes
from prunelle.disk import is_held
from prunelle.errors import PrunelleError
from prunelle.runs.comparison import Contestant
from prunelle.runs.folder import COMPARISON, RUN
from prunelle.runs.gathering import gather
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.runs.table import run_folders
from prunelle.texts import visible

_READ = ("run.json", "results.csv", "metrics.json", "report.html")
_CURVE = 48
"""Points of the small curve of a line: more would not be seen."""

Stamp = tuple[tuple[int, int] | None, ...]


@dataclasses.dataclass(frozen=True)
class _Known:
    stamp: Stamp
    row: Mapping[str, Any]


class RunRows:
    """The lines of a folder of runs.

    Args:
        folder: need not be there yet.
        key_of: what stands for a run's folder in the browser.
    """

    def __init__(self, folder: Path, key_of: Callable[[Path], str]) -> None:
        self._folder, self._key_of = folder, key_of
        self._known: dict[Path, _Known] = {}

    def all(self) -> list[dict[str, Any]]:
        """The newest first. What cannot be opened has ``refused``, and little else."""
        known = {}
        rows = []
        for path in run_folders(self._folder) if self._folder.is_dir() else ():
            stamp = _stamp(path)
            before = self._known.get(path)
            if before is None or before.stamp != stamp:
                before = _Known(stamp, _row(path, self._folder))
            known[path] = before
            row = {"key": self._key_of(path), **before.row}
            if row["state"] == "unfinished" and is_held(path / RUN.lock):
                row["state"] = "going"
            rows.append(row)
        self._known = known
        return sorted(rows, key=lambda row: row["created"] or "", reverse=True)


def _stamp(path: Path) -> Stamp:
    """When each of its files was changed, and how large it is."""
    stamps: list[tuple[int, int] | None] = []
    for name in _READ:
        try:
            about = (path / name).stat()
            stamps.append((about.st_mtime_ns, about.st_size))
        except OSError:
            stamps.append(None)
    return tuple(stamps)


def _row(path: Path, folder: Path) -> dict[str, Any]:
    name = visible(path.relative_to(folder).as_posix())
    row: dict[str, Any] = {
        "name": name,
        "comparison": _comparison(path, folder),
        **dict.fromkeys(("network", "data", "created", "split", "accuracy", "low", "high", "n", "refused")),
        **dict.fromkeys(("epochs", "of", "best", "seconds", "parameters", "seed")),
        "state": "refused",
        "curve": [],
        "report": False,
    }
    try:
        run = Run.open(path)
        row |= _about(run)
        row |= _reached(run)
    except PrunelleError as error:
        row |= {"refused": str(error), "state": "refused"}
    row["report"] = (path / "report.html").is_file()
    return row


def _comparison(path: Path, folder: Path) -> str | None:
    """The comparison that a run is part of."""
    above = path.parent.parent
    if path.parent.name == "runs" and (above / COMPARISON.main).is_file() and above != folder:
        return visible(above.relative_to(folder).as_posix())
    return None


def _about(run: Run) -> dict[str, Any]:
    info = run.info
    status = info["status"]
    return {
        "network": visible(str(info["network"]["name"])),
        "data": visible(str(info["data"]["name"])),
        "created": info.get("created") or None,
        "state": status if status in ("finished", "diverged") else "unfinished",
        "parameters": info["network"].get("parameters"),
        "of": run.recipe.epochs if run.has_recipe else None,
        "seed": run.recipe.seed if run.has_recipe else None,
        "program": not run.has_recipe,
    }


def _reached(run: Run) -> dict[str, Any]:
    metrics = run.metrics()
    rows = run.results() if (run.path / "results.csv").is_file() else []
    reached: dict[str, Any] = {"epochs": len(rows), "curve": curve(rows)}
    split = next((split for split in JUDGED_BY if split in metrics), None)
    if split is not None:
        figures = metrics[split]
        if "accuracy" in figures:  # numbers have none
            low, high = figures["interval"]
            reached |= {"split": split, "accuracy": figures["accuracy"], "low": low, "high": high}
        reached |= {"n": figures["n"], "best": metrics["best_epoch"], "seconds": metrics["seconds"]}
    return reached


def curve(rows: Sequence[Mapping[str, float | None]]) -> list[float]:
    """Of the validation's accuracy, or the training's where there is none: at most ``_CURVE`` values in [0, 1]."""
    column = "val_accuracy" if any(row.get("val_accuracy") is not None for row in rows) else "train_accuracy"
    values = [value for row in rows if (value := row.get(column)) is not None and math.isfinite(value)]
    step = max(1, math.ceil(len(values) / _CURVE))
    kept = values[::-step][::-1]  # the last one stays
    return [round(value, 4) for value in kept]


def details(run: Run) -> dict[str, Any]:
    """All its figures: the lines of ``results.csv``, and by split ``metrics.json``.

    Raises:
        RunError: one of them is damaged.
    """
    rows = run.results() if (run.path / "results.csv").is_file() else []
    metrics = run.metrics()
    splits = [
        {
            "split": split,
            "accuracy": metrics[split]["accuracy"],
            "interval": metrics[split]["interval"],
            "loss": _finite(metrics[split]["loss"]),
            "n": metrics[split]["n"],
        }
        for split in ("train", "validation", "test")
        if split in metrics and "accuracy" in metrics[split]
    ]
    return {
        "rows": [{name: _finite(value) for name, value in row.items()} for row in rows],
        "splits": splits,
    }


def difference(first: Run, second: Run) -> dict[str, Any]:
    """The first's accuracy minus the second's, on the same pictures.

    Returns:
        ``mean`` and its 95 % interval over other pictures, ``low`` and ``high``; ``n`` pictures of ``split``; ``only``:
        how many the first alone has right, and the second alone.

    Raises:
        RunError: one is not finished, is damaged, or was judged on other pictures than the other.
        ArgumentError: one tells no classes.
    """
    for run in (first, second):
        refuse_other_than_classes(run.target, "the page's difference of two runs")
    trained = [
        (
            Contestant(
                label=label, network=run.info["network"]["name"], options={}, parameters=0, multiply_adds=None
            ),
            [run],
        )
        for label, run in (("first", first), ("second", second))
    ]
    comparison = gather(first.path, {}, trained)
    one, other = (standing.outcomes[0].answers.right for standing in comparison.standings)
    assert one is not None
    assert other is not None
    # As of the first: the comparison itself begins with the better one.
    found = comparison.differences()[0]
    sign = 1 if found.first == "first" else -1
    low, high = sorted(sign * bound for bound in found.over_pictures)
    return {
        "mean": sign * found.mean,
        "low": low,
        "high": high,
        "n": comparison.n,
        "split": comparison.split,
        "only": [int((one & ~other).sum()), int((other & ~one).sum())],
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
