"""What ``run.json`` holds: of which types, and the digests of the files that never change after it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prunelle.disk import reason
from prunelle.errors import Damaged, RunError
from prunelle.files import sha256
from prunelle.json_files import UNKNOWN, Shape, read_json
from prunelle.runs.splits import SPLITS_FILE

FORMAT = 3
"""Of the runs that are written now; ``run.json`` says it. 1, or none: of before, every run has a recipe. 2: a run that
``prunelle run`` recorded has none, and its ``network`` says what builds it again (``runs.rebuild``). 3:
``data.target``, where it is there, says that something else than classes is told."""

_NOTE = {"en": str, "fr": str}
_INFO: Shape = {
    "format?": int,
    "status": str,
    "recipe?": dict,
    "own?": {"*": {"name": str, "digest": str}},
    "network": {
        "name": str,
        "num_classes": int,
        "input_shape": [int],
        "options": dict,
        "weights?": str,
        "parameters?": int,
        "rebuild?": str,
        "outputs?": str,
    },
    "data": {
        "name": str,
        "source": (dict, None),
        "digest?": str,
        "counts?": {"*": int},
        "notes": [_NOTE],
        "moved?": int,
        "per_class?": {"*": [int]},
        "scaling?": {"how": str, "note": _NOTE},
        "target?": {"kind": str, "mean?": (int, float), "std?": (int, float), "median?": (int, float)},
    },
    "transfer?": {
        "strategy": dict,
        "views": int,
        "frozen_parameters": int,
        "learned_parameters": int,
        "notes": [_NOTE],
        "advice": (None, {"notes": [_NOTE]}),
    },
    "costs?": {"file": (str, None), "matrix": [[(int, float)]]},
    "decisions?": {"file": str, "digest": str, "counts": {"*": int}, "of?": str},
    "created?": str,
    "command?": str,
    "skipped?": [{"split?": str, "file": str, "reason?": str}],
    "versions?": {"*": str},
    "host?": {"*": str},
    "sha256?": {"*": str},
    "settings?": dict,
    "warnings?": [_NOTE],
    "extended?": [{"epochs": int, "whole": bool}],
}
"""Of ``run.json``, as far as anything relies on it."""

_NUMBERS = [(int, float)]
PREPROCESS: Shape = {"mean?": _NUMBERS, "std?": _NUMBERS}

_FIGURES: Shape = {
    "accuracy": (int, float),
    "interval": [(int, float)],
    "loss": (int, float),
    "n": int,
    "blind?": (dict, None),
    "top_5_accuracy?": (int, float),
    "top_5_interval?": _NUMBERS,
    "balanced_accuracy?": (int, float),
    "balanced_interval?": _NUMBERS,
    "per_class?": [dict],
    "costs?": dict,
    "chance?": (dict, None),
    "learned?": (dict, None),
    "siblings?": (dict, None),
}
_OF_NUMBERS: Shape = {
    "mean_absolute_error": (int, float),
    "interval": [(int, float, None)],
    "loss": (int, float),
    "n": int,
    "number?": str,
    "blind?": (dict, None),
    "learned?": (dict, None),
    "siblings?": (dict, None),
}


def _metrics(figures: Shape) -> Shape:
    return {
        "train?": figures,
        "validation?": figures,
        "test?": figures,
        "epochs": int,
        "best_epoch": int,
        "seconds": (int, float),
        "parameters": int,
        "last?": dict,
        "*": UNKNOWN,
    }


METRICS: Mapping[str, Shape] = {
    "class": _metrics(_FIGURES),
    "labels": _metrics(_FIGURES),
    "number": _metrics(_OF_NUMBERS),
}
"""Of ``metrics.json``, by the kind of target. ``last``: of a program's training, the last row of ``results.csv``. An
entry of another name is a damaged one: the name of its seal may be what was damaged."""

_OF_OTHER_VERSIONS: dict[str, Any] = {"created": "", "command": "", "skipped": [], "versions": {}, "host": {}}

NEVER_CHANGED = ("classes.json", "preprocess.json", SPLITS_FILE)


def read_info(run: Path) -> dict[str, Any]:
    """The content of ``run.json``.

    Raises:
        RunError: it is not there, not as it was written, of a newer Prunelle, or of a training that is no run to ask.
    """
    file = run / "run.json"
    info = read_json(file, dict)
    written = info.get("format", 1)
    # First: what comes later may look like damage.
    if isinstance(written, int) and written > FORMAT:
        raise RunError(
            f"{file} has format {written}, and this Prunelle reads formats up to {FORMAT}: a newer one wrote it. "
            f"Update Prunelle to open it."
        )
    if written == 1 and "program" in info and "data" not in info:
        raise RunError(
            f"{run} was recorded by an earlier Prunelle, which kept too little of a program's training to open it "
            f"again. Run the program once more: {info.get('command', 'prunelle run PROGRAM')}"
        )
    if isinstance(info.get("refused"), str):
        raise RunError(f"{run} is a program's training that Prunelle cannot ask: {info['refused']}")
    return {**_OF_OTHER_VERSIONS, **read_json(file, _INFO)}


def digests(run: Path) -> dict[str, str]:
    """For the ``sha256`` entry of ``run.json``."""
    return {name: digest_of(run / name) for name in NEVER_CHANGED if (run / name).is_file()}


def check_digests(run: Path, info: dict[str, Any]) -> None:
    """Whether the files that never change are as they were, where that is known.

    Raises:
        Damaged: one is not.
    """
    for name in NEVER_CHANGED:
        expected = info.get("sha256", {}).get(name)
        if expected is not None and (run / name).is_file() and digest_of(run / name) != expected:
            raise Damaged(
                f"{run / name} is not what was written when the training began (by its SHA-256). Put it back from a "
                f"copy; or, to use it as it is, take its line out of sha256 in {run / 'run.json'}."
            )


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal.

    Raises:
        RunError: it cannot be read.
    """
    try:
        return sha256(path)
    except OSError as error:
        raise RunError(f"{path} cannot be read: {reason(error)}.") from error
