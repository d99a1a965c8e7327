"""A folder that a task makes: where it goes, that one process has it, and what an unfinished one leaves.

A folder of a kind is one when its ``main`` file is there, which is written last. Before that it is nothing: a task
that fails takes back what it had made, and what a killed one left is known by its content and made anew. A folder
that holds anything else is never touched.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from prunelle.disk import held, sweep, writing
from prunelle.errors import CannotWrite, RunError
from prunelle.texts import quoted

_SAFETENSORS_OWN = re.compile(
    r"\.tmp[A-Za-z0-9]{6}"
)  # its library's temporary files, that earlier versions left


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of folder.

    Attributes:
        what: in words.
        main: the file that makes it one.
        lock: the file that is held meanwhile; the first one made.
        resume: the command that goes on with it, up to its path.
        files: what else is written before ``main``; patterns.
        folders: that are made before it.
        keeps_lock: the lock stays, because the folder is worked on again.
    """

    what: str
    main: str
    lock: str
    resume: str
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    keeps_lock: bool = True


RUN = Kind(
    what="run",
    main="run.json",
    lock="state/lock",
    resume="prunelle train --resume",
    files=("classes.json", "preprocess.json", "splits.csv", "state/training.safetensors"),
    folders=("weights", "state", "figures"),
)
COMPARISON = Kind(
    what="comparison",
    main="comparison.json",
    lock="lock",
    resume="prunelle compare --resume",
    files=("results.csv", "report.html", "figures/comparison.png"),
    folders=("figures",),
)
FOLDS = Kind(
    what="cross-validation",
    main="folds.json",
    lock="lock",
    resume="",
    files=("folds.csv", "predictions.csv", "metrics.json", "report.html"),
)
GALLERY = Kind(
    what="page",
    main="index.html",
    lock=".lock",
    resume="",
    files=("figures/*.png", "figures/*.svg"),
    folders=("figures",),
    keeps_lock=False,
)
CHECKUP = Kind(
    what="check",
    main="findings.json",
    lock=".lock",
    resume="",
    files=("check.html", "findings.csv"),
    keeps_lock=False,
)
UNLABELLED = Kind("run", "unlabelled.json", "lock", "prunelle train --resume")


@contextlib.contextmanager
def claimed(path: Path, kind: Kind, *, made: bool = False) -> Iterator[None]:
    """A new folder that this process has; taken back if what is inside fails before there is a ``kind.main``.

    Args:
        path: where it is, or is to be.
        kind: what it becomes.
        made: it was made for this (``new_run_path``), so it disappears too.

    Raises:
        RunError: something is there, another process makes it, or it cannot be made.
    """
    refuse_occupied(path, kind)
    was_there = path.is_dir() and not made
    lock = path / kind.lock
    with writing(path):
        lock.parent.mkdir(parents=True, exist_ok=True)
    with held(lock, f"{path} is being made by another process."):
        refuse_occupied(path, kind)  # another process may have been quicker
        _clear(path, kind)
        try:
            yield
        finally:
            if not (path / kind.main).exists() and is_unfinished(path, kind):
                with contextlib.suppress(OSError, CannotWrite):
                    _clear(path, kind)
                    lock.unlink(missing_ok=True)
                    if lock.parent != path:
                        lock.parent.rmdir()
                    if not was_there:
                        path.rmdir()
            elif not kind.keeps_lock:
                with contextlib.suppress(OSError):
                    lock.unlink()


def refuse_occupied(path: Path, kind: Kind = RUN) -> None:
    """Raises a ``RunError`` where a folder cannot go because something is there."""
    try:
        occupied = any(path.iterdir()) if path.is_dir() else path.exists()
    except OSError as error:
        raise RunError(f"cannot make the {kind.what} folder {path}: {error.strerror}.") from error
    if not occupied or is_unfinished(path, kind):
        return
    there = next((other for other in (RUN, COMPARISON) if (path / other.main).is_file()), None)
    resume = "." if there is None else f", or go on with it:\n  {there.resume} {quoted(path)}"
    raise RunError(
        f"{path} is there already, and a {kind.what} is never written over. Name another --output{resume}"
    )


def is_unfinished(path: Path, kind: Kind = RUN) -> bool:
    """Whether a folder holds what a killed task left before ``kind.main``, and nothing else."""
    if not path.is_dir() or path.is_symlink():
        return False
    known = (kind.lock, *kind.files)
    found_file = False
    for file in path.rglob("*"):
        name = file.relative_to(path).as_posix()
        if file.is_symlink():
            return False
        if file.is_dir():
            if name not in kind.folders:
                return False
        elif _among(name, known) or _is_temporary_of(name, (*known, kind.main)):
            found_file = True
        else:
            return False
    if not found_file or (path / kind.lock).is_file():
        return True
    # Earlier versions made the folders of a run first, and its lock later.
    return kind == RUN and all((path / folder).is_dir() for folder in kind.folders)


def tidy(path: Path) -> None:
    """Removes what killed processes left half written in a run that this process holds."""
    for folder in (path, *(path / name for name in RUN.folders)):
        sweep(folder)
    for folder in (path / "weights", path / "state"):
        for file in folder.glob(".tmp*"):
            if _SAFETENSORS_OWN.fullmatch(file.name) and file.is_file():
                with contextlib.suppress(OSError):
                    file.unlink()


def new_run_path(runs: Path, name: str, now: datetime) -> Path:
    """``runs/20261121-143000-lenet5-mnist``, with ``-2``, ``-3``… behind it when it is taken.

    The folder is made here, empty, so that of two trainings started in the same second each has its own.

    Raises:
        RunError: it cannot be made.
    """
    slug = re.sub(r"[^\w.-]+", "-", f"{now:%Y%m%d-%H%M%S}-{name}")
    path, number = runs / slug, 2
    try:
        runs.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                path.mkdir()
                return path
            except FileExistsError:
                path, number = runs / f"{slug}-{number}", number + 1
    except OSError as error:
        raise RunError(
            f"cannot make the run folder {path}: {error.strerror}. Name another place: --runs FOLDER."
        ) from error


def _clear(path: Path, kind: Kind) -> None:
    """Removes what was written before ``kind.main``, but for the lock; called by who holds it."""
    with writing(path):
        # Backwards, so that a folder comes after what is in it.
        for file in sorted(path.rglob("*"), reverse=True):
            if file.is_dir():
                with contextlib.suppress(OSError):
                    file.rmdir()  # that of the lock stays
            elif file != path / kind.lock:
                file.unlink()


def _among(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _is_temporary_of(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether ``name`` is a file that was to become one of these."""
    folder, _, last = name.rpartition("/")
    match = re.fullmatch(r"\.(.+)\.\d+(-\d+)?\.tmp", last)
    if match is None:
        return bool(folder == "state" and _SAFETENSORS_OWN.fullmatch(last))
    return _among(f"{folder}/{match[1]}" if folder else match[1], patterns)
