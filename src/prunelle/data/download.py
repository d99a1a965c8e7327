"""Files from the web: several addresses, taken up again where they were cut, checked before they count."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from prunelle import files
from prunelle.data.pixels import Progress
from prunelle.errors import DiskFull, MissingData
from prunelle.texts import Note

_TIMEOUT_S = 30.0
_CHUNK_BYTES = 1 << 18


def fetch(
    urls: Sequence[str], target: Path, *, sha256: str, size: int, progress: Progress | None = None
) -> None:
    """Downloads a file of known content.

    It grows as ``<target>.part``, which a later call continues, and becomes ``target`` when its checksum is
    right. An address that fails, or that gives something else, is followed by the next.

    Args:
        urls: addresses of the same file, tried in order.
        target: its folder is made.
        sha256: of the content, in hexadecimal.
        size: of the content, in bytes.
        progress: told how many bytes are there.

    Raises:
        MissingData: no address gave the file; it says why, for each.
        DiskFull: no room; what is there stays, to be continued.
    """
    part = target.with_name(target.name + ".part")
    failures = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for url in urls:
            continued = part.exists()
            try:
                _fetch_from(url, part, size, progress)
                if continued and files.sha256(part) != sha256:
                    part.unlink()  # the beginning may have been wrong
                    _fetch_from(url, part, size, progress)
            except (OSError, http.client.HTTPException) as error:
                if _is_local(error):
                    raise
                failures.append(f"{url}: {getattr(error, 'reason', None) or error}")
                continue
            if files.sha256(part) == sha256:
                os.replace(part, target)
                return
            failures.append(f"{url}: not the expected content (SHA-256)")
            part.unlink()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"no room for {target} ({size:,} bytes). Free some, or choose another folder (PRUNELLE_DATA, "
                "--data-dir)."
            ) from None
        raise MissingData(f"{target} cannot be written: {error.strerror}.") from None
    raise MissingData(f"{target.name} could not be downloaded. " + "; ".join(failures))


def _fetch_from(url: str, part: Path, size: int, progress: Progress | None) -> None:
    """Fills ``part`` up to ``size``, asking again for the rest as long as each answer brings some."""
    have = part.stat().st_size if part.exists() else 0
    while have < size:
        before = have
        request = urllib.request.Request(url, headers={"User-Agent": "prunelle"})
        if have:
            request.add_header("Range", f"bytes={have}-")
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            if answer.status != 206:
                have = 0  # this server starts from the beginning, whatever it was asked
            elif not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                raise OSError("the server sent another part than the one asked for")
            length = answer.headers.get("Content-Length")
            if length and int(length) != size - have:
                raise OSError(f"the server has {have + int(length):,} bytes, not {size:,}")
            with part.open("ab" if have else "wb") as file:
                with contextlib.suppress(http.client.IncompleteRead, ConnectionError, TimeoutError):
                    while have < size and (chunk := answer.read(min(_CHUNK_BYTES, size - have))):
                        file.write(chunk)
                        have += len(chunk)
                        if progress:
                            progress(
                                Note(f"downloading {part.stem}", f"téléchargement de {part.stem}"), have, size
                            )
                file.flush()
                os.fsync(file.fileno())
        if have <= before:
            raise OSError(f"the connection ended after {have:,} of {size:,} bytes")


def _is_local(error: BaseException) -> bool:
    """Of this machine's disk, not of the network."""
    return isinstance(error, OSError) and error.errno in (
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EACCES,
        errno.EROFS,
        errno.EISDIR,
    )
