"""``tf.strings``: functions of texts, text by text.

Patterns are read by Python's ``re`` with ASCII's classes, which is what RE2 means by ``\\w``, ``\\d`` and ``\\s``.
What is split into several lengths is a list of tensors: PyTorch has no ragged tensor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.tensor import plain, wrap
from prunelle.keras.eager.text import Text

__all__ = [
    *(
        "as_string",
        "bytes_split",
        "join",
        "length",
        "lower",
        "reduce_join",
        "regex_full_match",
        "regex_replace",
    ),
    *("split", "strip", "substr", "to_number", "unicode_split", "upper"),
]

_UNITS = ("BYTE", "UTF8_CHAR")


class RaggedText(list[Text]):
    """Rows of texts, of several lengths."""

    def to_list(self) -> list[list[bytes]]:
        """As Python's lists."""
        return [list(row.numpy()) for row in self]

    def to_tensor(self, default_value: Any = "") -> Text:
        """One tensor; short rows end in ``default_value``."""
        longest = max(map(len, self), default=0)
        return Text([[*row.numpy(), *[default_value] * (longest - len(row))] for row in self])


def lower(input: Any, encoding: str = "", name: str | None = None) -> Text:
    """Small letters: ASCII's, or with ``encoding="utf-8"`` all that have one."""
    return _each(input, lambda text: text.decode().lower().encode() if encoding else text.lower())


def upper(input: Any, encoding: str = "", name: str | None = None) -> Text:
    """Capitals: ASCII's, or with ``encoding="utf-8"`` all that have one."""
    return _each(input, lambda text: text.decode().upper().encode() if encoding else text.upper())


def strip(input: Any, name: str | None = None) -> Text:
    """Without white space at both ends."""
    return _each(input, bytes.strip)


def regex_replace(
    input: Any, pattern: Any, rewrite: Any, replace_global: bool = True, name: str | None = None
) -> Text:
    """What matches ``pattern``, all or the first, becomes ``rewrite``, in which ``\\\\1`` is the first group."""
    found, by = _pattern(pattern), re.sub(r"\\0", r"\\g<0>", _one(rewrite))
    return _each(input, lambda text: found.sub(by, _decoded(text), count=0 if replace_global else 1).encode())


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Any:
    """Whether ``pattern`` is the whole text."""
    found = _pattern(pattern)
    return _numbers(input, lambda text: found.fullmatch(_decoded(text)) is not None, np.bool_)


def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> Any:
    """At ``sep``, or at white space: of one text ``(parts,)``, of ``(N,)`` a list of N of them."""
    at = None if sep is None or not _one(sep) else _one(sep).encode()
    return _rows(input, lambda text: text.split(at, maxsplit))


def unicode_split(input: Any, input_encoding: str = "UTF-8", name: str | None = None, **ignored: Any) -> Any:
    """Into characters."""
    return _rows(input, lambda text: [character.encode() for character in _decoded(text)])


def bytes_split(input: Any, name: str | None = None) -> Any:
    """Into bytes."""
    return _rows(input, lambda text: [text[i : i + 1] for i in range(len(text))])


def length(input: Any, unit: str = "BYTE", name: str | None = None) -> Any:
    """How many bytes, or characters (``"UTF8_CHAR"``): int32."""
    return _numbers(input, lambda text: len(text if _is_bytes(unit) else _decoded(text)), np.int32)


def substr(input: Any, pos: Any, len: Any, unit: str = "BYTE", name: str | None = None) -> Text:
    """``len`` bytes or characters from ``pos`` on; from the end where it is negative."""
    texts, start, count = _texts(input), int(pos), int(len)

    def part(text: bytes) -> bytes:
        units: Any = text if _is_bytes(unit) else _decoded(text)
        size = units.__len__()
        if not -size <= start <= size:
            raise InvalidArgumentError(f"pos must be within the text {text!r}; received {start}.")
        first = start % size if start < 0 else start
        found = units[first : first + count]
        return found if isinstance(found, bytes) else found.encode()

    return _each(texts, part)


def join(inputs: Any, separator: Any = "", name: str | None = None) -> Text:
    """Texts of several tensors one behind the other, place by place."""
    parts: list[Any] = list(np.broadcast_arrays(*(_array(each) for each in inputs)))
    joined = np.empty(parts[0].shape, dtype=object)
    for place in np.ndindex(joined.shape):
        joined[place] = _one(separator).encode().join(part[place] for part in parts)
    return Text(joined if joined.ndim else joined[()])


def reduce_join(
    inputs: Any, axis: Any = None, keepdims: bool = False, separator: Any = "", name: str | None = None
) -> Text:
    """Texts along an axis, or all, as one."""
    array, by = _array(inputs), _one(separator).encode()
    axes = range(array.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    for one in sorted((each % array.ndim for each in axes), reverse=True):
        moved = np.moveaxis(array, one, -1)
        array = np.empty(moved.shape[:-1], dtype=object)
        for place in np.ndindex(array.shape):
            array[place] = by.join(moved[place])
        array = np.expand_dims(array, one) if keepdims else array
    return Text(array if array.ndim else array[()])


def to_number(input: Any, out_type: Any = "float32", name: str | None = None) -> Any:
    """Digits as numbers.

    Raises:
        InvalidArgumentError: a text that is no number.
    """
    kind = as_dtype(out_type)

    def number(text: bytes) -> Any:
        try:
            return int(text) if kind.is_integer else float(text)
        except ValueError:
            raise InvalidArgumentError(
                f"texts must be numbers of type {kind.name}; received {text!r}."
            ) from None

    return _numbers(input, number, kind.as_numpy_dtype)


def as_string(
    input: Any, precision: int = -1, width: int = -1, fill: str = "", name: str | None = None
) -> Text:
    """Numbers as texts: those with a point with six digits behind it, or ``precision``."""
    values = (
        plain(wrap(torch.as_tensor(input)) if not isinstance(input, torch.Tensor) else input).cpu().numpy()
    )
    digits = (fill or " ") + ">" + str(width) if width > 0 else ""

    def shown(value: Any) -> bytes:
        if isinstance(value, np.bool_):
            text = str(bool(value)).lower()
        elif isinstance(value, np.floating):
            text = f"{value:.{6 if precision < 0 else precision}f}"
        else:
            text = str(value)
        return format(text, digits).encode()

    found = np.empty(values.shape, dtype=object)
    for place in np.ndindex(values.shape):
        found[place] = shown(values[place])
    return Text(found if found.ndim else found[()])


def _texts(value: Any) -> Text:
    return value if isinstance(value, Text) else Text(value)


def _array(value: Any) -> Any:
    return np.asarray(_texts(value).numpy(), dtype=object)


def _one(value: Any) -> str:
    """A pattern or a separator, as Python's text."""
    return value if isinstance(value, str) else _texts(value).text()


def _decoded(text: bytes) -> str:
    return text.decode(errors="replace")


def _pattern(pattern: Any) -> re.Pattern[str]:
    try:
        return re.compile(_one(pattern), re.ASCII)
    except re.error as error:
        raise ArgumentError(
            f"pattern must be a regular expression; received {_one(pattern)!r}: {error}."
        ) from None


def _is_bytes(unit: str) -> bool:
    if unit not in _UNITS:
        raise UnknownName("unit", unit, _UNITS)
    return unit == "BYTE"


def _each(value: Any, function: Callable[[bytes], bytes]) -> Text:
    if isinstance(value, RaggedText):
        return RaggedText(_each(row, function) for row in value)  # type: ignore[return-value]
    array = _array(value)
    found = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        found[place] = function(array[place])
    return Text(found if found.ndim else found[()])


def _numbers(value: Any, function: Callable[[bytes], Any], kind: Any) -> Any:
    array = _array(value)
    found = np.array([function(text) for text in array.reshape(-1)], dtype=kind).reshape(array.shape)
    return wrap(torch.from_numpy(found))


def _rows(value: Any, function: Callable[[bytes], Iterable[bytes]]) -> Any:
    array = _array(value)
    if array.ndim > 1:
        raise ArgumentError(
            f"texts must be one, or in a row (N,), to be split; received shape {array.shape}."
        )
    rows = [Text(np.array(list(function(text)), dtype=object)) for text in array.reshape(-1)]
    return RaggedText(rows) if array.ndim else rows[0]
