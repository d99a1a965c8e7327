"""Questions from a browser, read with care, and answers, packed for the wire."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.page.wire import Message


class Asked:
    """A question of the browser's, read with care: nothing in it is believed."""

    def __init__(self, message: Message) -> None:
        self.content = message.content
        self._arrays = message.arrays

    def whole(self, key: str) -> int:
        """A whole number.

        Raises:
            ArgumentError: it is none.
        """
        return whole_number(self.content, key)

    def text(self, key: str) -> str:
        """A text.

        Raises:
            ArgumentError: it is none.
        """
        value = self.content.get(key)
        if not isinstance(value, str):
            raise ArgumentError(f"{key} must be a text; received {value!r}.")
        return value

    def number(self, key: str) -> float:
        """A number.

        Raises:
            ArgumentError: it is none.
        """
        return a_number(self.content.get(key))

    def place(self, *keys: str) -> tuple[int, int, int]:
        """Three whole numbers.

        Raises:
            ArgumentError: one is none.
        """
        first, second, third = (self.whole(key) for key in keys)
        return first, second, third

    def array(self) -> np.ndarray:
        """The one array that came with it.

        Raises:
            ArgumentError: none came, or several.
        """
        if len(self._arrays) != 1:
            raise ArgumentError(f"one array must come with it; received {len(self._arrays)}.")
        return self._arrays[0]


def whole_number(values: object, key: str) -> int:
    """``Asked.whole`` of any mapping."""
    value = values.get(key) if isinstance(values, Mapping) else None
    if type(value) is not int:
        raise ArgumentError(f"{key} must be a whole number; received {value!r}.")
    return value


def a_number(value: object) -> float:
    """As it is, if it is one.

    Raises:
        ArgumentError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArgumentError(f"a number is needed; received {value!r}.")
    return float(value) if abs(value) < 1e300 else math.inf


def packed(content: Mapping[str, Any]) -> Message:
    """A message of what holds arrays, dataclasses and numbers that may not be finite (which become null)."""
    arrays: list[np.ndarray] = []

    def pack(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(value if value.dtype == np.uint8 else value.astype(np.float32))
            return {"array": len(arrays) - 1}
        if isinstance(value, float):
            return value if math.isfinite(value) else None
        if isinstance(value, Mapping):
            return {key: pack(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [pack(each) for each in value]
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return pack(fields_of(value))
        return value

    return Message(pack(content), arrays)


def fields_of(of: Any, **renamed: str) -> dict[str, Any]:
    """A dataclass's fields by name, as they are."""
    return {renamed.get(field.name, field.name): getattr(of, field.name) for field in dataclasses.fields(of)}
