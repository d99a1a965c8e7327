"""``errors.json`` of a run that tells a number: how far off its answers may be (``trust.widths``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prunelle.disk import write_json
from prunelle.json_files import Shape, read_json, sealed
from prunelle.trust.widths import FORMAT

ERRORS_FILE = "errors.json"

_NUMBER = (int, float)
_SHAPE: Shape = {
    "format": int,
    "weights": str,
    "chosen_on": (None, {"split": str, "n": int}),
    "mean_absolute_error": (None, *_NUMBER),
    "widths": [
        {
            "share": _NUMBER,
            "width": (None, *_NUMBER),
            "test": (None, {"n": int, "held": int, "interval": [_NUMBER]}),
        }
    ],
}


def write_errors(run: Path, record: Mapping[str, Any], weights: str) -> None:
    """The file, of ``weights`` (a digest)."""
    write_json(run / ERRORS_FILE, sealed({**record, "weights": weights}))


def read_errors(run: Path, weights: str | None = None) -> dict[str, Any] | None:
    """Its content; None where there is none, or it is of another version, or of other weights than those given.

    Raises:
        RunError: it is damaged.
    """
    if not (run / ERRORS_FILE).exists():
        return None
    record = dict(read_json(run / ERRORS_FILE, _SHAPE))
    fits = record["format"] == FORMAT and weights in (None, record["weights"])
    return record if fits else None
