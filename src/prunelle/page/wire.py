"""Frames of the page's WebSocket: a JSON header and the arrays it speaks of, in one binary message.

::

    uint32, little-endian: bytes of the header | the header, UTF-8 JSON | the arrays' bytes, one after the other

The header is ``{"panel": name, "id": number or null, "content": {…}, "buffers": [{"shape": […], "dtype": …}, …]}``. In
``content``, ``{"array": 0}`` stands for the first of the buffers.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prunelle.errors import PrunelleError

_DTYPES: dict[str, np.dtype[Any]] = {"uint8": np.dtype("u1"), "float32": np.dtype("<f4")}
_MOST_BUFFERS = 4096
_LENGTH = 4


class BadFrame(PrunelleError):
    """What came is no frame of the page's."""


@dataclasses.dataclass(frozen=True, eq=False)
class Message:
    """What a panel is told, or tells.

    Attributes:
        content: as JSON has it: texts, numbers that are finite, lists, objects.
        arrays: uint8 or float32; ``content`` refers to them as ``{"array": index}``.
    """

    content: Mapping[str, Any]
    arrays: Sequence[np.ndarray] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """A message with its address.

    Attributes:
        panel: whose it is.
        id: of the question, which its answer has too; None for what nobody asked.
    """

    panel: str
    id: int | None
    message: Message


def encode(frame: Frame) -> bytes:
    """A frame as bytes.

    Raises:
        TypeError: an array is neither of uint8 nor of float32.
        ValueError: a number is not finite, which JSON cannot say.
    """
    arrays = [np.ascontiguousarray(array) for array in frame.message.arrays]
    for array in arrays:
        if array.dtype.name not in _DTYPES:
            raise TypeError(f"arrays are sent as uint8 or float32; received {array.dtype}.")
    header = {
        "panel": frame.panel,
        "id": frame.id,
        "content": frame.message.content,
        "buffers": [{"shape": list(array.shape), "dtype": array.dtype.name} for array in arrays],
    }
    text = json.dumps(header, ensure_ascii=False, allow_nan=False).encode("utf-8", errors="replace")
    # A browser reads float32 where it lies only at a multiple of four bytes.
    text += b" " * (-(_LENGTH + len(text)) % 4)
    parts = [len(text).to_bytes(_LENGTH, "little"), text]
    for array in arrays:
        parts.append(array.astype(_DTYPES[array.dtype.name], copy=False).tobytes())
        parts.append(bytes(-array.nbytes % 4))
    return b"".join(parts)


def decode(data: bytes) -> Frame:
    """Bytes from a browser as a frame; its arrays are read-only views of them.

    Raises:
        BadFrame: they are none; nothing of them is believed before it is checked.
    """
    try:
        length = int.from_bytes(data[:_LENGTH], "little")
        header = json.loads(data[_LENGTH : _LENGTH + length].decode("utf-8"))
        panel, number, content, buffers = (header[key] for key in ("panel", "id", "content", "buffers"))
        if not (
            isinstance(panel, str)
            and (number is None or type(number) is int)
            and isinstance(content, dict)
            and isinstance(buffers, list)
            and len(buffers) <= _MOST_BUFFERS
        ):
            raise BadFrame("a frame's header has other types than a frame's.")
        arrays, at = [], _LENGTH + length
        for described in buffers:
            dtype = _DTYPES[described["dtype"]]
            shape = described["shape"]
            if not all(type(side) is int and side >= 0 for side in shape) or len(shape) > 4:
                raise BadFrame("the shape of a frame's array is none.")
            count = math.prod(shape)
            if at + count * dtype.itemsize > len(data):
                raise BadFrame("a frame ends before its arrays do.")
            arrays.append(np.frombuffer(data, dtype, count, at).reshape(shape))
            at += count * dtype.itemsize
            at += -at % 4
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadFrame(f"what came is no frame ({type(error).__name__}).") from None
    return Frame(panel, number, Message(content, arrays))
