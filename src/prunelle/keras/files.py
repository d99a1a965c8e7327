"""``get_file``: a file from an address, once."""

from __future__ import annotations

import hashlib
import http.client
import os
import tarfile
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

from prunelle.data.datasets import data_folder
from prunelle.disk import replacing, writing
from prunelle.errors import ArgumentError, DataError, MissingData


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "downloads",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: Any = None,
    force_download: bool = False,
) -> str:
    """Where a file is on this machine; it is fetched from ``origin`` where it is not there.

    Args:
        fname: its name here, or a whole path; the address's last part if None.
        origin: the address.
        untar, extract: unpack it, a tar or a zip, beside it. With ``untar``, the answer is the path without its suffix.
        md5_hash, file_hash: what its content must have: MD5 for 32 digits, SHA-256 otherwise.
        cache_dir, cache_subdir: where it goes; Prunelle's data folder (``PRUNELLE_DATA``) and ``downloads``.
        force_download: fetch it even if it is there.

    Raises:
        MissingData: it could not be fetched.
        DataError: its content is another.
    """
    if origin is None:
        raise ArgumentError("get_file needs origin, the address of the file.")
    folder = Path(data_folder() if cache_dir is None else cache_dir) / cache_subdir
    name = os.fspath(fname) if fname else os.path.basename(origin.partition("?")[0])
    path = folder / (f"{name}.tar.gz" if untar and not name.endswith((".tar.gz", ".tgz")) else name)
    expected = file_hash or md5_hash
    if force_download or not path.is_file() or not _has_hash(path, expected):
        _fetch(origin, path)
        if not _has_hash(path, expected):
            path.unlink()
            raise DataError(
                f"{origin} gave another file than the one with the hash {expected}; it was not kept."
            )
    if untar or extract:
        _unpack(path)
    return str(path).removesuffix(".tar.gz").removesuffix(".tgz") if untar else str(path)


def _has_hash(path: Path, expected: str | None) -> bool:
    if not expected:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5" if len(expected) == 32 else "sha256").hexdigest() == expected


def _fetch(origin: str, path: Path) -> None:
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(origin, timeout=30) as answer, replacing(path) as file:
            length = answer.headers.get("Content-Length")
            have = 0
            while chunk := _read(answer, have, length):
                file.write(chunk)
                have += len(chunk)
            if length is not None and have != int(length):
                raise _Cut(f"the connection ended after {have:,} of {int(length):,} bytes")
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


def _unpack(path: Path) -> None:
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(path.parent, filter="data")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as zipped:
            zipped.extractall(path.parent)
    else:
        raise DataError(f"{path} is neither a tar nor a zip archive.")
