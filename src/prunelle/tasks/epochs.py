"""``epochs_of``: a run at each epoch whose weights it keeps."""

from __future__ import annotations

from pathlib import Path

from prunelle.jobs.epochs import Epochs
from prunelle.runs.run import Run


def epochs_of(run: Run | str | Path) -> Epochs:
    """The first kernels and the answers of a run, epoch by epoch, where ``keep`` of ``train`` kept their weights.

    Raises:
        RunError: it is no run, or its network cannot be built.
    """
    return Epochs(run if isinstance(run, Run) else Run.open(run))
