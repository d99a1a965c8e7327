"""Tensors on disk: safetensors files that are whole or not there at all, whatever kills the process.

A file is written beside its target, flushed to the disk, then renamed over it; the folder is flushed too, so
that the rename survives a power cut. Nothing here pickles.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from prunelle.errors import DiskFull, RunError
from prunelle.files import no_file

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_META = "prunelle"


def write_atomically(target: Path, write: Callable[[Path], None]) -> None:
    """Has ``write`` fill a temporary file beside ``target``, then puts it in ``target``'s place.

    Raises:
        DiskFull: no room; ``target`` is as it was.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        # What others write for us may be for its owner alone; a run is shared as any file is.
        temporary.touch()
        mode = stat.S_IMODE(temporary.stat().st_mode)
        write(temporary)
        temporary.chmod(mode)
        _flush(temporary)
        os.replace(temporary, target)
        if os.name == "posix":
            _flush(target.parent)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        if _is_full(error):
            raise DiskFull(
                f"no room on the disk to write {target}. What was saved before is untouched; make room, then go "
                f"on with --resume."
            ) from error
        raise
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(target: Path, text: str) -> None:
    """``write_atomically`` for a text, in UTF-8; names of files that are not come out as the bytes they are."""
    write_atomically(target, lambda path: _write(path, text.encode(errors="surrogateescape")))


def write_json(target: Path, values: Any) -> None:
    """``write_atomically`` for JSON, indented, in UTF-8."""
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    # Bytes in the name of a file that are no text become JSON's own escapes.
    write_atomically(target, lambda path: _write(path, text.encode(errors="backslashreplace")))


def save_tensors(target: Path, tensors: Mapping[str, torch.Tensor], meta: Mapping[str, Any]) -> None:
    """Writes named tensors, and ``meta`` (JSON values; floats come back bit for bit), to one file."""
    ready: dict[str, torch.Tensor] = {}
    storages: set[int] = set()
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu().contiguous()
        # safetensors refuses two names for one memory (tied weights): the second gets its own copy.
        if tensor.untyped_storage().data_ptr() in storages:
            tensor = tensor.clone()
        storages.add(tensor.untyped_storage().data_ptr())
        ready[name] = tensor
    write_atomically(target, lambda path: save_file(ready, path, metadata={_META: json.dumps(meta)}))


def load_tensors(source: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The inverse of ``save_tensors``: tensors on the CPU, and ``meta``.

    Raises:
        RunError: the file is not there or is no safetensors file.
    """
    if kind := no_file(source):
        raise RunError(f"{source} cannot be read as safetensors: it is {kind}, not a file.")
    try:
        with safe_open(source, framework="pt", device="cpu") as file:
            meta = json.loads((file.metadata() or {}).get(_META, "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, meta  # noqa: SIM118 (no mapping)
    except FileNotFoundError:
        raise RunError(f"{source} is not there.") from None
    except (SafetensorError, OSError, json.JSONDecodeError) as error:
        raise RunError(f"{source} cannot be read as safetensors: {error}.") from error


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _flush(path: Path) -> None:
    # Windows flushes only what is open for writing; no system opens a folder so.
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    # safetensors tells the system's error in its message only.
    return any(f"os error {number}" in str(error) for number in _FULL)
