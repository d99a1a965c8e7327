"""Tensors in safetensors files, each with the digest of its own content, which is compared when it is read.

The digest is the SHA-256 of the names, types, shapes and bytes of the tensors, and of the rest of the metadata; it
stands in the metadata, so no kill leaves a digest that is not its file's. Files without one, by others or by older
versions, are read as they are. Nothing here pickles.

The format is short (https://github.com/huggingface/safetensors#format), and written here rather than by its library,
which would write a second temporary file under a name of its own, left for ever by a kill.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from prunelle import tensor_header
from prunelle.disk import replacing
from prunelle.errors import ArgumentError, Damaged
from prunelle.files import in_text
from prunelle.texts import visible

DIGEST = "prunelle_sha256"
"""The entry of the metadata."""

NOT_AS_WRITTEN = "its content is not what was written (by its SHA-256)"

_TYPES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int16: "I16",
    torch.uint16: "U16",
    torch.int32: "I32",
    torch.uint32: "U32",
    torch.int64: "I64",
    torch.uint64: "U64",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.complex64: "C64",
}


def write_tensors(
    target: Path,
    tensors: Mapping[str, torch.Tensor],
    metadata: Mapping[str, str],
    keep: Path | None = None,
) -> None:
    """Writes named tensors, from any device and in any memory layout, and ``metadata``.

    What was ``target`` before is kept as ``keep``, where that is given.

    Raises:
        ArgumentError: a tensor of a type that the format does not have.
        CannotWrite: the system refuses; ``target`` is as it was.
    """
    ready = {
        name: tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
        for name, tensor in tensors.items()
    }
    for name, tensor in ready.items():
        if tensor.dtype not in _TYPES:
            raise ArgumentError(f"safetensors files hold no {tensor.dtype}; received it in {name!r}.")
    # The widest first: each then lies at a multiple of its width.
    order = sorted(ready, key=lambda name: (-ready[name].element_size(), name))
    header: dict[str, object] = {
        "__metadata__": {**metadata, DIGEST: digest(ready, metadata)},
    }
    end = 0
    for name in order:
        tensor = ready[name]
        begin, end = end, end + tensor.nbytes
        header[name] = {
            "dtype": _TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with replacing(target, keep) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            file.write(_bytes(ready[name]))


def read_tensors(source: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """The tensors of any safetensors file, on the CPU, and its metadata without the digest.

    Raises:
        Damaged: it is no safetensors file, or its content is not what its digest was made of.
        OSError: it cannot be opened.
    """
    if wrong := tensor_header.fault(source, _TYPES.values()):
        raise Damaged(f"{source} is damaged, or no safetensors file: {visible(wrong)}.")
    try:
        with in_text(source) as path, safe_open(path, framework="pt", device="cpu") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, ValueError) as error:
        raise Damaged(f"{source} is damaged, or no safetensors file: {error}.") from error
    except RuntimeError as error:
        # torch's own way to say what the system refused: "… in read-only mode: Too many open files (24)".
        number = re.search(r"\((\d+)\)$", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(source)) from error
    stored_digest = metadata.pop(DIGEST, None)
    if stored_digest is not None and stored_digest != digest(tensors, metadata):
        raise Damaged(f"{source} is damaged: {NOT_AS_WRITTEN}.")
    return tensors, metadata


def digest(tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]) -> str:
    """SHA-256, in hexadecimal, of contiguous tensors on the CPU and of ``metadata``.

    Of the hashes that Python has, the fastest on processors with instructions for it, twice BLAKE2's speed
    (docs/lab/performance.md).
    """
    names = sorted(tensors)
    listed = [[name, str(tensors[name].dtype), list(tensors[name].shape)] for name in names]
    sha = hashlib.sha256(json.dumps([sorted(metadata.items()), listed]).encode())
    for name in names:
        sha.update(_bytes(tensors[name]))
    return sha.hexdigest()


def _bytes(tensor: torch.Tensor) -> memoryview:
    """As they lie in memory."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data
