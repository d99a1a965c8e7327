"""Constants as bytes: float32, or whole numbers of 8 or 16 bits with a step for each output.

Only kernels and weight matrices are narrowed: biases and normalisations are few, and matter more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from prunelle.exports.html.lowering import Program, Tensor

BITS = (8, 16, 32)
"""What weights may be kept in, narrowest first."""
_KINDS = {8: np.int8, 16: np.int16}


def packed(program: Program, bits: int) -> tuple[list[dict[str, Any]], bytes]:
    """Each constant's ``{"shape", "bits", "at"}``, ``at`` in bytes from the start, and all bytes."""
    entries: list[dict[str, Any]] = []
    parts: list[bytes] = []
    at = 0
    for tensor in program.tensors:
        width = bits if tensor.narrow else 32
        content = _bytes_of(tensor, width)
        entries.append({"shape": list(tensor.values.shape), "bits": width, "at": at})
        parts.append(content)
        at += len(content)
    return entries, b"".join(parts)


def _bytes_of(tensor: Tensor, bits: int) -> bytes:
    values = tensor.values.numpy()
    if bits == 32:
        return bytes(values.astype("<f4").tobytes())
    most = 2 ** (bits - 1) - 1
    rows = values.reshape(len(values), -1)
    steps = (np.abs(rows).max(axis=1) / most).astype("<f4")
    # A row of zeros has no step.
    whole = np.rint(rows / np.where(steps > 0, steps, 1)[:, np.newaxis])
    kind = np.dtype(_KINDS[bits]).newbyteorder("<")
    packed_rows: bytes = steps.tobytes() + np.clip(whole, -most, most).astype(kind).tobytes()
    return packed_rows
