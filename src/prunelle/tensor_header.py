"""The header of a safetensors file, looked at before its tensors are read.

safetensors' own reader refuses most of what is wrong with one; it takes names twice, shapes that no tensor can have and
headers of a million empty tensors, which cost a thousand times what they take on the disk.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HEADER_BYTES = 16 << 20
"""At most: of names, shapes and metadata. That of ResNet-152's weights takes 0.1 MB."""

TENSORS = 100_000
"""At most."""

_METADATA = "__metadata__"
_MOST = 2**63 - 1
_DIMENSIONS = 64


def fault(path: Path, types: Iterable[str]) -> str | None:
    """What is wrong with the header, in words that follow "the file is damaged: "; None where nothing is.

    Args:
        path: a file.
        types: names of the types that are read.

    Raises:
        OSError: it cannot be opened.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            return f"its header would be of {length:,} bytes, and the file is of {size:,}"
        if length > HEADER_BYTES:
            return f"its header is of {length:,} bytes; at most {HEADER_BYTES:,} are read"
        text = file.read(length)
    try:
        header = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        return f"its header is no JSON that can be read ({error})"
    if not isinstance(header, dict):
        return "its header is no JSON object"
    metadata = header.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        return "its metadata are not texts by name"
    if len(header) > TENSORS:
        return f"it names {len(header):,} tensors; at most {TENSORS:,} are read"
    known = list(types)
    for name, entry in header.items():
        if wrong := _wrong(entry, known):
            return f"tensor {name!r} {wrong}"
    return _gaps(header, size - 8 - length)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is there twice")
    return unique


def _wrong(entry: Any, types: list[str]) -> str | None:
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        return "is not described by dtype, shape and data_offsets"
    if entry["dtype"] not in types:
        return f"is of type {entry['dtype']!r}, which is not read"
    shape, place = entry["shape"], entry["data_offsets"]
    if not _whole(shape) or len(shape) > _DIMENSIONS or math.prod(max(side, 1) for side in shape) > _MOST:
        return "has a shape that no tensor can have"
    if not _whole(place) or len(place) != 2 or place[0] > place[1]:
        return "has no place in the file"
    return None


def _gaps(header: dict[str, Any], size: int) -> str | None:
    """Tensors lie one after the other, from the first byte to the last."""
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        if entry["data_offsets"][0] != end:
            return f"tensor {name!r} does not begin where the one before it ends"
        end = entry["data_offsets"][1]
    return None if end == size else f"its tensors take {end:,} bytes, and there are {size:,}"


def _whole(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value <= _MOST for value in values)
