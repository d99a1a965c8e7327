"""``get_file``: a file from an address, once."""

from __future__ import annotations

import hashlib
import http.client
import os
import tarfile
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from prunelle.data.datasets import data_folder
from prunelle.disk import replacing, writing
from prunelle.errors import ArgumentError, DataError, MissingData
from prunelle.keras.generations import Generation, in_force


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: Any = None,
    force_download: bool = False,
) -> str:
    """Where a file is on this machine; it is fetched from ``origin`` where it is not there.

    Args:
        fname: its name here, or a whole path; the address's last part if None.
        origin: the address; ``file://`` too.
        untar, extract: unpack it, a tar or a zip, beside it. With ``untar``, the answer is the path without its suffix;
            in Keras 3, with either, the folder that it is unpacked into.
        md5_hash, file_hash: what its content must have: MD5 for 32 digits, SHA-256 otherwise.
        cache_dir, cache_subdir: where it goes; Prunelle's data folder (``PRUNELLE_DATA``) and ``datasets``. A file that
            is in Keras's own folder (``~/.keras``) is taken from there.
        force_download: fetch it even if it is there.

    Raises:
        MissingData: it could not be fetched.
        DataError: its content is another.
    """
    if origin is None:
        raise ArgumentError("get_file needs origin, the address of the file.")
    roots = [data_folder(), keras_home()] if cache_dir is None else [Path(cache_dir).expanduser()]
    name = os.fspath(fname) if fname else PurePosixPath(urllib.parse.urlsplit(origin).path).name
    if not name:
        raise ArgumentError(f"get_file needs fname where the address ends in no name; received {origin!r}.")
    packed, unpacked = name, None
    if untar or extract:
        packed, unpacked = _names_of_archive(name, given=bool(fname), untar=untar)
    paths = [root / cache_subdir / packed for root in roots]
    hashes = [digest for digest in (file_hash or md5_hash,) if digest]
    path = None if force_download else next((each for each in paths if is_it(each, hashes)), None)
    if path is None:
        path = paths[0]
        fetch(origin, path, hashes)
    if unpacked is None:
        return str(path)
    folder = path.parent
    if in_force() is Generation.KERAS_3:
        folder = path.with_name(unpacked)
    _unpack(path, folder)
    return str(path.with_name(unpacked))


def _names_of_archive(name: str, *, given: bool, untar: bool) -> tuple[str, str]:
    """What the archive and what is answered are called, beside each other."""
    if in_force() is Generation.KERAS_3:
        if given and "." in name:
            return name, f"{name.partition('.')[0]}_extracted"
        return f"{name}_archive", name
    if not untar:
        return name, name
    plain = name.removesuffix(".tar.gz").removesuffix(".tgz")
    return (name if name != plain else f"{name}.tar.gz"), plain


def keras_home() -> Path:
    """Keras's own folder: ``KERAS_HOME``, or ``~/.keras``."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()


def is_it(path: Path, hashes: Sequence[str]) -> bool:
    """Whether a file is there, with the content that one of ``hashes`` (MD5 or SHA-256) is of; any, of none."""
    if not path.is_file():
        return False
    return not hashes or any(_has_hash(path, each) for each in hashes)


def _has_hash(path: Path, expected: str) -> bool:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "md5" if len(expected) == 32 else "sha256").hexdigest()
    return found == expected.lower()


def fetch(origin: str, path: Path, hashes: Sequence[str] = ()) -> None:
    """``path`` becomes what is at ``origin``, or stays as it was.

    Raises:
        MissingData: it could not be fetched.
        DataError: its content is none that one of ``hashes`` is of.
    """
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(origin, timeout=30) as answer, replacing(path) as file:
            length = answer.headers.get("Content-Length")
            have, digests = 0, {each: hashlib.new("md5" if len(each) == 32 else "sha256") for each in hashes}
            while chunk := _read(answer, have, length):
                file.write(chunk)
                have += len(chunk)
                for digest in digests.values():
                    digest.update(chunk)
            if length is not None and have != int(length):
                raise _Cut(f"the connection ended after {have:,} of {int(length):,} bytes")
            if digests and not any(digest.hexdigest() == each.lower() for each, digest in digests.items()):
                raise DataError(
                    f"{origin} gave another file than the one with the hash {hashes[0]}; it was not kept."
                )
    except (_Cut, OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise MissingData(
            f"{origin} could not be fetched: {reason}. Fetch it where there is a network, and put it here as {path}."
        ) from None


class _Cut(Exception):
    """The answer ended, or stopped, before all of it was there."""


def _read(answer: Any, have: int, length: str | None) -> bytes:
    try:
        return bytes(answer.read(1 << 20))
    except (http.client.HTTPException, OSError) as error:
        of = "" if length is None else f" of {int(length):,}"
        raise _Cut(f"the connection ended after {have:,}{of} bytes ({error})") from error


def _unpack(path: Path, folder: Path) -> None:
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as zipped:
            zipped.extractall(folder)
    else:
        raise DataError(f"{path} is neither a tar nor a zip archive.")
