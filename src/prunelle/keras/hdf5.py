"""Files that Keras wrote, looked at before Keras reads them (``.keras`` and ``.h5`` of any generation).

The HDF5 library ends the process over some damaged files, or goes in circles; and Keras reads what a file claims to
hold before it asks whether the model has room for it.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prunelle.errors import PrunelleError, WeightsError
from prunelle.json_files import parse_json


class Unreadable(WeightsError, OSError, ValueError):
    """What programs that go on without a file expect of Keras."""


_SMALL = 16 * 2**20
"""Bytes that a file may claim whatever its size: a configuration that somebody packed, zeros."""


def kind_of(path: Path) -> str:
    """``hdf5``, ``zip`` or ``own``, by the first bytes, of a file that can be read.

    Raises:
        Unreadable: it cannot: it is not there, is a folder, or is damaged.
    """
    if path.is_dir():
        raise Unreadable(f"{path} is a folder (TensorFlow's SavedModel?); files of .keras and .h5 are read.")
    if not path.is_file():
        raise Unreadable(f"{path} is not there.")
    with reading(path):
        start = path.read_bytes() if path.stat().st_size < 8 else _first_bytes(path)
        if start.startswith(b"\x89HDF\r\n\x1a\n"):
            _try_apart(path, path)
            _look_at_hdf5(path, path)
            return "hdf5"
        if start.startswith(b"PK\x03\x04"):
            _look_at_zip(path)
            return "zip"
    return "own"


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """What goes wrong inside is a sentence with the file's name.

    Raises:
        Unreadable: something has.
    """
    try:
        yield
    except PrunelleError:
        raise
    except OSError as error:
        raise Unreadable(f"{path} cannot be read as HDF5: {error}.") from error
    except (ValueError, TypeError, ImportError) as error:
        raise Unreadable(f"{path} cannot be loaded: {error}") from error
    except (KeyError, AttributeError, IndexError, RecursionError, MemoryError) as error:
        raise Unreadable(f"{path} is damaged: what it says of its model is no model ({error!r}).") from error


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _look_at_hdf5(source: Any, path: Path) -> None:
    import h5py

    size = path.stat().st_size
    with h5py.File(source, "r") as file:
        for name in ("model_config", "training_config"):
            if name in file.attrs:
                _described(file.attrs[name], path, model=name == "model_config")
        of_keras_2 = "layer_names" in file.attrs or "model_weights" in file

        def look(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                says = item.size * item.dtype.itemsize if item.size else 0
                if says > max(size, _SMALL):
                    raise Unreadable(
                        f"{path}: {name} says that it holds {says:,} bytes, and the file is of {size:,}."
                    )
                # Keras 3 writes other things beside weights where a layer has them: texts of a vocabulary.
                if of_keras_2 and item.dtype.kind not in "fiub":
                    raise Unreadable(f"{path}: {item.name} holds no numbers.")

        file.visititems(look)


def _look_at_zip(path: Path) -> None:
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.file_size > max(size, _SMALL):
                    raise Unreadable(
                        f"{path}: {member.filename} says that it holds {member.file_size:,} bytes, and the file is "
                        f"of {size:,}."
                    )
            _described(archive.read("config.json"), path, model=True)
            weights = io.BytesIO(archive.read("model.weights.h5"))
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        raise Unreadable(f"{path} is no whole .keras file ({error}).") from error
    _try_apart(weights, path)
    try:
        _look_at_hdf5(weights, path)
    except PrunelleError:
        raise
    except OSError as error:
        raise Unreadable(f"{path} is no whole .keras file ({error}).") from error


def _described(text: Any, path: Path, *, model: bool) -> None:
    try:
        found = parse_json(text)
    except ValueError as error:
        raise Unreadable(f"{path} is damaged: what it says of its model is no JSON ({error}).") from None
    if not isinstance(found, dict) or (model and not isinstance(found.get("config"), (dict, list))):
        raise Unreadable(f"{path} is damaged: what it says of its model is no model ({str(found)[:60]}).")


_READ_ALL_NAMES = """
import io, os, sys
import h5py
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (20, 30))
except ImportError:
    pass
source = io.BytesIO(sys.stdin.buffer.read()) if sys.argv[1] == "-" else os.fsencode(sys.argv[1])
def visit(item):
    for name in item.attrs:
        item.attrs[name]
    if isinstance(item, h5py.Group):
        for name in item:
            visit(item[name])
    else:
        item.shape, item.dtype
try:
    with h5py.File(source, "r") as file:
        visit(file)
except Exception:
    pass
"""


def _try_apart(source: Any, path: Path) -> None:
    """Reads what describes the tensors in a process of its own: on some damaged files the HDF5 library ends the process
    that reads them (segmentation fault), or goes in circles; no ``except`` sees that. Whole files take milliseconds.

    Raises:
        Unreadable: it did.
    """
    inside = isinstance(source, io.BytesIO)
    ended = subprocess.run(
        [sys.executable, "-c", _READ_ALL_NAMES, "-" if inside else str(source)],
        input=source.getvalue() if inside else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode
    if ended:
        raise Unreadable(f"{path} is damaged: the HDF5 library breaks down over it.")
