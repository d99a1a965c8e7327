"""What a file says of itself, whatever its format: texts by name, in JSON."""

from __future__ import annotations

import json
from typing import Any

from prunelle.exports.inputs import inputs_of
from prunelle.exports.subject import Subject


def described(subject: Subject) -> dict[str, Any]:
    """Plain values: ``classes``, ``preprocess``, ``target``, ``kind``, ``facts``."""
    return {
        "format": 1,
        "name": subject.name,
        "kind": subject.kind,
        "target": {**subject.target.to_json(), **_thresholds(subject)},
        "classes": list(subject.classes),
        "preprocess": dict(inputs_of(subject.preprocess).metadata(subject.preprocess)),
        "facts": subject.facts.to_json(),
    }


def metadata(subject: Subject) -> dict[str, str]:
    """For formats that keep texts: ``prunelle`` has all, the others what programs look for first."""
    about = described(subject)
    return {
        "prunelle": json.dumps(about),
        "classes": json.dumps(about["classes"]),
        "preprocess": json.dumps(about["preprocess"]),
    }


def _thresholds(subject: Subject) -> dict[str, Any]:
    """Of several labels, from which probability each is answered."""
    answered_from = getattr(subject.target, "answered_from", None)
    return {} if answered_from is None else {"thresholds": answered_from(len(subject.classes)).tolist()}
