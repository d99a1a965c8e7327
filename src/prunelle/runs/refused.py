"""A training on disk that no verb can use, with the reason (several outputs, say); its lines and figures are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prunelle.disk import write_json, writing
from prunelle.json_files import sealed
from prunelle.runs.results import write_results
from prunelle.runs.run_info import FORMAT


class Refused:
    """The folder of such a training; ``Run.open`` says ``reason``, and every verb with it.

    Attributes:
        path: the folder.
        info: the content of ``run.json``.
    """

    def __init__(self, path: Path, info: Mapping[str, Any], reason: str) -> None:
        self.path = path
        self.info = {"format": FORMAT, **info, "refused": reason}
        with writing(path):
            (path / "weights").mkdir(parents=True, exist_ok=True)
        self.update()

    def update(self, **changes: Any) -> None:
        """Changes entries of ``run.json``."""
        write_json(self.path / "run.json", self.info | changes)  # where this is refused, nothing has changed
        self.info |= changes

    def write_metrics(self, metrics: Mapping[str, Any]) -> None:
        """``metrics.json``."""
        write_json(self.path / "metrics.json", sealed(metrics))

    def write_results(self, rows: Sequence[Mapping[str, float | None]]) -> None:
        """``results.csv``."""
        write_results(self.path, rows)
