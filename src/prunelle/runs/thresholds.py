"""``thresholds.json`` of a run that tells several labels: the probability from which each is answered.

::

    {"format": 1, "chosen_on": {"split": "validation", "n": 120},
     "labels": [{"label": "cat", "value": 0.38, "positives": 41, "kept": null, "f1": 0.9, "f1_at_half": 0.86}, …]}

They are chosen at the end of the training, on validation examples alone (``training.thresholds`` says how); where there
are none, ``chosen_on`` is null and each label is answered from one half on. Evaluating, predicting and the report go by
them. Who wants other ones may write them there: the file has no seal.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prunelle.disk import write_json
from prunelle.errors import RunError
from prunelle.json_files import Shape, read_json
from prunelle.training.thresholds import Threshold

THRESHOLDS_FILE = "thresholds.json"
FORMAT = 1

_NUMBER = (int, float)
_SHAPE: Shape = {
    "format": int,
    "chosen_on": (None, {"split": str, "n": int}),
    "labels": [
        {
            "label": str,
            "value": _NUMBER,
            "positives?": int,
            "kept?": (None, str),
            "f1?": (None, *_NUMBER),
            "f1_at_half?": (None, *_NUMBER),
        }
    ],
}


def write_thresholds(run: Path, thresholds: Sequence[Threshold], n: int) -> None:
    """Chosen on ``n`` validation examples; 0 for none."""
    write_json(
        run / THRESHOLDS_FILE,
        {
            "format": FORMAT,
            "chosen_on": {"split": "validation", "n": n} if n else None,
            "labels": [each.to_json() for each in thresholds],
        },
    )


def read_thresholds(run: Path, classes: Sequence[str]) -> list[Threshold] | None:
    """In the order of ``classes``; None before the end of the first training.

    Raises:
        RunError: the file is damaged, or of other labels.
    """
    file = run / THRESHOLDS_FILE
    if not file.exists():
        return None
    entries = read_json(file, _SHAPE)["labels"]
    found = {entry["label"]: Threshold(**entry) for entry in entries}
    if sorted(found) != sorted(classes) or len(entries) != len(found):
        raise RunError(f"{file} is damaged: its labels are not those of the run.")
    if not all(0 <= each.value <= 1 for each in found.values()):
        raise RunError(f"{file} is damaged: a threshold is a probability, between 0 and 1.")
    return [found[name] for name in classes]
