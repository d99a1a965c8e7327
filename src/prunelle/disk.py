"""Files that are whole or not there at all, whatever kills the process; and what a system's refusal is called.

A file is written beside its target, flushed to the disk, then renamed over it; the folder is flushed too, so that
the rename survives a power cut. A temporary file's name says which process writes it, and that process holds a lock
on it, so that what a killed one left can be told from work in progress, and is removed at the next start.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from prunelle.errors import CannotWrite, DiskFull, RunError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)
_NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)
# The second form is what earlier versions left in caches.
_OURS = re.compile(r"\..+\.(?P<pid>\d+)(-\d+)?\.tmp|[0-9a-f]+\.(?P<old_pid>\d+)\.[a-z0-9_]+\.tmp")
_numbers = itertools.count()
_MOMENT_S = 0.1
"""For which a lock is wanted before it is another process's: one that only looks (``is_held``) is gone by then."""


@contextlib.contextmanager
def replacing(target: Path, keep: Path | None = None) -> Iterator[BinaryIO]:
    """A temporary file, open to write and read, that becomes ``target``, whole and on disk, or disappears.

    Args:
        target: the file.
        keep: what was ``target`` before gets this name; a kill may leave it under this one alone.

    Raises:
        CannotWrite: the system refuses; ``target`` is as it was, unless it was the folder that could not be flushed.
    """
    with writing(target):
        sweep(target.parent, f".{target.name}.")
        path, file = _create_temporary(target)
        try:
            with _closing(file):
                yield file
                file.flush()
                os.fsync(file.fileno())
                # Windows renames no file that is open; elsewhere it is held until it has its name.
                if os.name == "posix":
                    _put(path, target, keep)
            if os.name != "posix":
                _put(path, target, keep)
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
        flush_folder(target.parent)


def write_text(target: Path, text: str) -> None:
    """A whole file of text, in UTF-8; names of files that are no text come out as the bytes they are."""
    with replacing(target) as file:
        file.write(text.encode(errors="surrogateescape"))


def write_json(target: Path, values: Any) -> None:
    """A whole file of JSON, indented, in UTF-8."""
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    with replacing(target) as file:
        # Bytes in the name of a file that are no text become JSON's own escapes.
        file.write(text.encode(errors="backslashreplace"))


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """What the system refuses inside becomes a ``CannotWrite`` that names ``target``, why, and what to do."""
    try:
        yield
    except BrokenPipeError:
        raise  # who reads has read enough; no file is to blame
    except OSError as error:
        raise refused(target, error) from error


def refused(target: Path | str, error: OSError, what: str = "cannot be written") -> CannotWrite:
    """The error for a file that the system does not let be written, or otherwise used."""
    if is_full(error):
        return DiskFull(
            f"no room on the disk to write {target}. What was saved before is untouched. Make room."
        )
    if error.errno in _NO_DESCRIPTORS:
        step = "Close other programs, or allow more open files (ulimit -n 4096)."
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.ENOENT):
        step = "Make that place writable, or name another."
    else:
        step = "What was saved before is untouched. See whether the disk is sound and there."
    return CannotWrite(f"{target} {what}: {reason(error)}. {step}")


def is_full(error: OSError) -> bool:
    """Whether there is no room, on the disk or in what one may have of it."""
    return error.errno in _FULL


def reason(error: OSError) -> str:
    """The system's words."""
    return error.strerror or str(error) or type(error).__name__


def flush_folder(folder: Path) -> None:
    """Makes names that were changed in ``folder`` last; only POSIX systems can be asked."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, begin: str = "") -> None:
    """Removes the temporary files in ``folder`` that killed processes left, and no other file.

    Args:
        folder: only in it, not in those inside.
        begin: how their names begin.
    """
    try:
        names = [name for name in os.listdir(folder) if name.startswith(begin) and name.endswith(".tmp")]
    except OSError:
        return
    for name in names:
        match, path = _OURS.fullmatch(name), folder / name
        if match and not path.is_symlink():
            with contextlib.suppress(OSError):
                _remove_abandoned(path, int(match["pid"] or match["old_pid"]))


def put_aside(path: Path) -> None:
    """Makes room for a file where something else is, which is not ours, so that nothing in it is removed."""
    with contextlib.suppress(OSError):
        path.rmdir()  # an empty folder
        return
    number = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.aside-{number}")):
        number += 1
    path.rename(aside)


@contextlib.contextmanager
def held(lock: Path, busy: str, *, wait: bool = False) -> Iterator[None]:
    """Holds the file ``lock`` against other processes; on file systems without locks, holds nothing.

    The system itself holds it, for as long as the process lives: a kill leaves a file, and no lock.

    Args:
        lock: is made where it is not there; its folder is.
        busy: what to say when another process has it.
        wait: until it has it no longer.

    Raises:
        RunError: another process has it.
        CannotWrite: it cannot be made.
    """
    from filelock import FileLock, Timeout

    # Never the other kind, a file whose being there is the lock: a killed process would leave it held.
    holding = FileLock(lock, timeout=-1 if wait else _MOMENT_S, fallback_to_soft=False)
    with writing(lock):
        try:
            holding.acquire(poll_interval=0.02)
        except Timeout:
            raise RunError(busy) from None
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
    try:
        yield
    finally:
        holding.release()


def is_held(lock: Path) -> bool:
    """Whether a process has the file ``lock`` (``held``); on file systems without locks, nobody.

    Nothing else tells on every system, so it is taken for a moment; who wants it then waits that long (``_MOMENT_S``).
    """
    from filelock import FileLock, Timeout

    if not lock.is_file():
        return False
    trying = FileLock(lock, blocking=False, fallback_to_soft=False)
    try:
        trying.acquire()
    except Timeout:
        return True
    except OSError:
        return False
    trying.release()
    return False


@contextlib.contextmanager
def _closing(file: BinaryIO) -> Iterator[None]:
    """Closes it. Inside all is flushed to the disk, so what a system refuses only then has lost nothing."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            file.close()


def _put(path: Path, target: Path, keep: Path | None) -> None:
    if keep is not None and target.exists():
        os.replace(target, keep)
    os.replace(path, target)


def _create_temporary(target: Path) -> tuple[Path, BinaryIO]:
    """A new file beside ``target``, locked, that nobody else writes."""
    while True:
        path = target.with_name(f".{target.name}.{os.getpid()}-{next(_numbers)}.tmp")
        try:
            file = path.open("x+b")
        except FileExistsError:
            continue  # left by a process that had this number before
        locked = _locked(file)
        if locked is None or (locked and path.exists()):
            return path, file
        file.close()  # swept by another thread or process, between its making and its lock


def _locked(file: BinaryIO) -> bool | None:
    """Locks a file; False where somebody else has it, None where files cannot be locked."""
    if os.name != "posix":
        return None
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_abandoned(path: Path, pid: int) -> None:
    """Removes a temporary file that nobody writes any more."""
    if os.name == "nt":
        path.unlink()  # Windows refuses to remove a file that is open.
        return
    # A new process may have the number of one that was killed, as in containers.
    if pid != os.getpid() and _is_running(pid):
        return
    with path.open("r+b") as file:
        # Held until the name is gone: who has just made the file, and locks it next, sees one or the other.
        if _locked(file):
            path.unlink()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
