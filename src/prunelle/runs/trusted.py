"""``trust.json`` and ``trust.safetensors`` of a run: how far its answers can be trusted, to read and to go by.

The first says what was promised and measured; the second has what the thresholds of any wanted share are chosen from,
a few bytes for each validation example. Both name the weights that they are of.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prunelle.disk import write_json
from prunelle.errors import Damaged
from prunelle.json_files import Shape, read_json, sealed
from prunelle.training.checkpoint import load_tensors, save_tensors
from prunelle.trust.measuring import FORMAT
from prunelle.trust.novelty import Novelty
from prunelle.trust.trust import Trust

RECORD_FILE, TRUST_FILE = "trust.json", "trust.safetensors"
_NOVELTY = "novelty."
"""Before the names of its tensors."""

_NUMBER = (int, float)
_SHAPE: Shape = {
    "format": int,
    "weights": str,
    "chosen_on": (None, {"split": str, "n": int, "right": int}),
    "measured_on?": (None, {"split": str, "n": int}),
    "certainty?": _NUMBER,
    "temperature?": _NUMBER,
    "calibration?": (None, {"before": {"*": _NUMBER}, "after": {"*": _NUMBER}, "accuracy": _NUMBER}),
    "curve?": (None, [[_NUMBER]]),
    "unsure?": [
        {
            "share": _NUMBER,
            "level": (None, *_NUMBER),
            "validation": (None, {"answered": int, "wrong": int}),
            "test": (None, {"answered": int, "wrong": int, "interval": [_NUMBER]}),
        }
    ],
    "least_unsure?": (None, {"share": _NUMBER, "answered": int}),
    "unlike?": {
        "by": str,
        "rates": [
            {
                "rate": _NUMBER,
                "level": (None, *_NUMBER),
                "test": (None, {"flagged": int, "n": int, "interval": [_NUMBER]}),
            }
        ],
    },
    "sets?": [
        {
            "share": _NUMBER,
            "known": bool,
            "test": (
                None,
                {
                    "n": int,
                    "held": int,
                    "interval": [_NUMBER],
                    "size": _NUMBER,
                    "single": int,
                    "by_class": [{"class": str, "n": int, "held": int}],
                },
            ),
        }
    ],
}


def write_trusted(run: Path, trust: Trust | None, record: Mapping[str, Any], weights: str) -> None:
    """Both files, of ``weights`` (a digest). Of a training without validation examples there are no tensors."""
    if trust is not None:
        arrays = _arrays(trust) | {f"{_NOVELTY}{name}": each for name, each in _arrays(trust.novelty).items()}
        tensors = {name: torch.from_numpy(np.ascontiguousarray(each)) for name, each in arrays.items()}
        save_tensors(run / TRUST_FILE, tensors, {"weights": weights, "temperature": trust.temperature})
    write_json(run / RECORD_FILE, sealed({**record, "weights": weights}))


def _arrays(record: Trust | Novelty) -> dict[str, np.ndarray]:
    fields = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {name: value for name, value in fields.items() if isinstance(value, np.ndarray)}


def read_record(run: Path) -> dict[str, Any] | None:
    """The content of ``trust.json``; None where there is none, or it is of another version.

    Raises:
        RunError: it is damaged.
    """
    if not (run / RECORD_FILE).exists():
        return None
    record = dict(read_json(run / RECORD_FILE, _SHAPE))
    return record if record["format"] == FORMAT else None


def read_trust(run: Path, weights: str) -> Trust | None:
    """The content of ``trust.safetensors``; None where there is none, or it is of other weights.

    Raises:
        Damaged: it is not what was written.
    """
    file = run / TRUST_FILE
    if not file.exists():
        return None
    tensors, about = load_tensors(file)
    if about.get("weights") != weights:
        return None
    try:
        novelty = {
            field.name: tensors[f"{_NOVELTY}{field.name}"].numpy() for field in dataclasses.fields(Novelty)
        }
        return Trust(
            temperature=float(about["temperature"]),
            novelty=Novelty(**novelty),
            **{name: tensors[name].numpy() for name in ("sureness", "right", "misfit", "unlikeness")},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"{file} is not as Prunelle writes it ({error!r}).") from None
