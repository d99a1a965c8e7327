"""A small cross-validation, run in processes that can be killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from tests.integration.comparisons import digits
from tests.integration.trainings import result, without_pictures

FOLDS = 3


def small_folds(**where: Any) -> Any:
    """Three folds of 300 digits, two epochs each."""
    import torch

    import prunelle as pn

    torch.set_num_threads(1)
    recipe = pn.Recipe(epochs=2, batch_size=32)
    return pn.cross_validate(
        "course-look", digits(), recipe, folds=FOLDS, style="quiet", language="en", **where
    )


def kill_at_write(runs: str, target: str) -> None:
    """``small_folds`` in a new folder of ``runs`` that SIGKILLs itself when it writes the file ``target`` of it,
    which is cut in two."""
    without_pictures()
    replace = os.replace

    def deadly(source: str, written: str) -> None:
        # runs/<the folder>/<target>
        if "/".join(Path(written).relative_to(runs).parts[1:]) == target:
            if str(source).endswith(".tmp"):
                os.truncate(source, os.path.getsize(source) // 2)
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, written)

    os.replace = deadly  # type: ignore[assignment]
    small_folds(runs=runs)


def results(path: Path) -> list[Any]:
    """All that must be the same however often it was killed."""
    runs = [result(path / "runs" / f"fold-{fold}") for fold in range(1, FOLDS + 1)]
    return [*runs, *((path / name).read_text() for name in ("folds.csv", "predictions.csv"))]
