"""Names: of layers and metrics, and of what a program asks for by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from prunelle.errors import ArgumentError, UnknownName

_used: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """``MaxPooling2D`` → ``max_pooling2d``."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(kind: str) -> str:
    """``conv2d``, ``conv2d_1``, ``conv2d_2``… as Keras names what has no name."""
    number = _used[kind]
    _used[kind] += 1
    return f"{kind}_{number}" if number else kind


def forget_names() -> None:
    """Numbers begin again (``clear_session``)."""
    _used.clear()


def lookup(kind: str, identifier: Any, known: Mapping[str, Any]) -> Any:
    """What ``identifier`` stands for: a name of ``known``, a saved configuration, or itself when callable.

    Raises:
        UnknownName: no such name.
        ArgumentError: neither a name nor something that can be called.
    """
    if identifier is None:
        return None
    if isinstance(identifier, str):
        if identifier not in known:
            raise UnknownName(kind, identifier, known)
        return known[identifier]
    if isinstance(identifier, Mapping):
        made = lookup(kind, identifier["class_name"], known)
        return made.from_config(identifier.get("config", {}))
    if callable(identifier):
        return identifier
    raise ArgumentError(f"{kind} must be a name or an object; received {identifier!r}.")
