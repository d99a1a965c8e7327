"""JSON that was on a disk: what is read is of the types that are expected, or an error says what is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prunelle.disk import reason
from prunelle.errors import RunError
from prunelle.files import no_file

Shape = type | tuple[Any, ...] | list[Any] | dict[str, Any]
"""What ``mismatch`` compares with: a type; a tuple of shapes of which one is enough; a list of one shape that all
elements have; a dictionary of shapes by key, of which those that end in ``?`` may be absent, and ``*`` is the shape of
all that have no other (``UNKNOWN``: there may be none). ``None`` is its own."""

UNKNOWN: Shape = ()
"""Of entries that nothing writes."""

_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "an object"}


_SEAL = "content_sha256"


def sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with the SHA-256 of all of them as one entry more, by which ``read_json`` knows them again."""
    return {**values, _SEAL: _digest(values)}


def _digest(values: Mapping[str, Any]) -> str:
    # Through JSON and back first: keys that are numbers are sorted as the texts that they become.
    return hashlib.sha256(json.dumps(json.loads(json.dumps(values)), sort_keys=True).encode()).hexdigest()


def parse_json(text: str | bytes) -> Any:
    """``json.loads``, its every failure a ``ValueError``."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def read_json(path: Path, shape: Shape | None = None) -> Any:
    """The content of a file, without its seal.

    Raises:
        RunError: it is not there, cannot be read, is no JSON, has another ``shape``, or is not what was ``sealed``.
    """
    if kind := no_file(path):
        raise RunError(f"{path} cannot be read: it is {kind}, not a file.")
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path} is not there.") from None
    except OSError as error:
        raise RunError(f"{path} cannot be read: {reason(error)}.") from error
    except ValueError as error:
        raise RunError(f"{path} cannot be read: {error}.") from error
    if (
        isinstance(content, dict)
        and (seal := content.pop(_SEAL, None)) is not None
        and seal != _digest(content)
    ):
        raise RunError(
            f"{path} is not what was written (by its SHA-256). Put it back from a copy; or, to use it as it is, take "
            f"out its entry {_SEAL}."
        )
    if shape is not None and (wrong := mismatch(content, shape)):
        raise RunError(f"{path} is not as Prunelle writes it: {wrong}. Put it back from a copy.")
    return content


def mismatch(value: Any, shape: Any, where: str = "") -> str | None:
    """How ``value`` differs from ``shape`` (``data.notes must be a list; received 3``); None where it does not."""
    name = where or "it"
    if shape == UNKNOWN:
        return f"nothing is known of {name}"
    if isinstance(shape, tuple):
        each_wrong = [mismatch(value, alternative, where) for alternative in shape]
        return None if None in each_wrong else each_wrong[-1]
    if shape is None:
        return None if value is None else f"{name} must be null; received {_short(value)}"
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{name} must be a list; received {_short(value)}"
        return next(
            (wrong for i, item in enumerate(value) if (wrong := mismatch(item, shape[0], f"{name}[{i}]"))),
            None,
        )
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return f"{name} must be an object; received {_short(value)}"
        expected = {key: each for key, each in shape.items() if key != "*"}
        for key, each in expected.items():
            bare, there = key.rstrip("?"), f"{where}.{key.rstrip('?')}".lstrip(".")
            if bare not in value:
                if bare == key:
                    return f"{there} is missing"
            elif wrong := mismatch(value[bare], each, there):
                return wrong
        if "*" in shape:
            named = {key.rstrip("?") for key in expected}
            for key in value.keys() - named:
                if wrong := mismatch(value[key], shape["*"], f"{where}.{key}".lstrip(".")):
                    return wrong
        return None
    # In JSON, true is no number.
    fits = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return None if fits else f"{name} must be {_NAMES[shape]}; received {_short(value)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:40]}…"
