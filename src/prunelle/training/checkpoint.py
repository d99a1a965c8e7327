"""Named tensors with JSON values beside them, in one file that is whole or not there: weights and states."""

from __future__ import annotations

import errno
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from prunelle.disk import reason
from prunelle.errors import Damaged, RunError
from prunelle.files import no_file
from prunelle.json_files import parse_json
from prunelle.tensors import read_tensors, write_tensors

_META = "prunelle"


def save_tensors(
    target: Path, tensors: Mapping[str, torch.Tensor], meta: Mapping[str, Any], keep: Path | None = None
) -> None:
    """Writes named tensors, and ``meta`` (JSON values; floats come back bit for bit), to one file.

    What was ``target`` before is kept as ``keep``, where that is given.

    Raises:
        CannotWrite: the system refuses; ``target`` is as it was.
    """
    write_tensors(target, tensors, {_META: json.dumps(meta)}, keep)


def load_tensors(source: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The inverse of ``save_tensors``: tensors on the CPU, and ``meta``.

    Raises:
        Damaged: the file is no safetensors file, or its content is not what was written.
        RunError: the file is not there or cannot be opened.
    """
    if kind := no_file(source):
        raise Damaged(f"{source} cannot be read as safetensors: it is {kind}, not a file.")
    try:
        tensors, metadata = read_tensors(source)
        meta = parse_json(metadata.get(_META, "{}"))
    except FileNotFoundError:
        raise RunError(f"{source} is not there.") from None
    except OSError as error:
        if error.errno == errno.EIO:
            raise Damaged(f"{source} cannot be read: {reason(error)}.") from error
        raise RunError(f"{source} cannot be read as safetensors: {reason(error)}.") from error
    except ValueError as error:
        raise Damaged(f"{source} cannot be read as safetensors: {error}.") from error
    if not isinstance(meta, dict):
        raise Damaged(
            f"{source} cannot be read as safetensors: its metadata are not those that it was written with."
        )
    return tensors, meta
