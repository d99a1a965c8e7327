"""A program written for Keras, run as Python would run it, with Prunelle under it."""

from __future__ import annotations

import builtins
import gc
import os
import re
import shlex
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from types import ModuleType, TracebackType

import torch

from prunelle.errors import ArgumentError, Interrupted, MissingData, PrunelleError, did_you_mean
from prunelle.jobs import machine
from prunelle.memory import is_out_of_memory, out_of_memory
from prunelle.runs.folder import new_run_path
from prunelle.texts import Note, Typography, default_language

_ERROR = Note("Error: {what}", "Erreur : {what}")
_FIGURE, _RUN = Note("Figure: {path}", "Figure : {path}"), Note("Run: {path}", "Entraînement : {path}")
_PRUNELLE = Path(__file__).parents[1]
_LIBRARIES = tuple(
    Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


def run_program(
    path: Path,
    arguments: Sequence[str],
    *,
    runs: Path,
    keras: str | None,
    seed: int | None,
    whole_traceback: bool,
    tell: Callable[[str], None],
) -> int:
    """The exit status of a program; see ``prunelle.tasks.run_program``."""
    source = _source(path)
    if "prunelle.keras" in sys.modules:
        # Models are circles, and Python's collector does not know how large: those of the program before go first.
        gc.collect()
    # Not at the top: whoever trains without it would load all of keras.
    from prunelle.keras import numpy_names, recording
    from prunelle.keras.compat import compat
    from prunelle.keras.generations import Told, named, note, told_by
    from prunelle.keras.seeds import seeded

    told = told_by(source) if keras is None else Told(named(keras), f"--keras {keras}")
    # The program may change the working folder.
    here = Path.cwd()
    started, made = datetime.now(), list[Path]()

    def folder() -> Path:
        if not made:
            made.append(new_run_path(here / runs, path.stem, started))
        return made[0]

    words = Typography(default_language())
    # Before anything that the program prints: who has to say otherwise need not wait for its end.
    if (read_as := note(told)) is not None:
        tell(words.note(read_as))

    def saved(what: Note, where: Path) -> None:
        tell(words.note(what, path=where.relative_to(here) if where.is_relative_to(here) else where))

    recorded = recording.recorded_program(
        folder,
        shlex.join([str(path), *arguments]),
        versions=machine.versions(),
        host=machine.host(torch.device("cpu")),
        told=told,
    )
    try:
        with (
            compat(told.generation),
            recorded,  # reports are written while names still mean what they mean to the program
            numpy_names.there_again(lambda what, about: tell(words.note(what, **about)), _is_library),
            _as_main(path, arguments) as module,
            _figures(folder, lambda file: saved(_FIGURE, file)),
            nullcontext() if seed is None else seeded(seed),
        ):
            exec(compile(source, module.__dict__["__file__"], "exec"), module.__dict__)
    except (SystemExit, KeyboardInterrupt, BrokenPipeError):
        raise
    except BaseException as error:
        tell(_as_shown(error, whole_traceback, _of_tensorflow_1(error, path, words)))
        return error.exit_code if isinstance(error, Interrupted) else 1
    finally:
        for each in made:
            saved(_RUN, each)
    return 0


def _source(path: Path) -> bytes:
    if not path.is_file():
        siblings = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
        what = "is a folder" if path.is_dir() else "is not there"
        raise MissingData(f"program {str(path)!r} {what}.{did_you_mean(path.name, siblings)}")
    if path.suffix == ".ipynb":
        raise ArgumentError(
            f"program must be a Python file; {path} is a notebook. Save it as a program first: "
            f"jupyter nbconvert --to script {path}"
        )
    return path.read_bytes()


@contextmanager
def _as_main(path: Path, arguments: Sequence[str]) -> Iterator[ModuleType]:
    """``sys`` as a program finds it when Python runs it, and a fresh ``__main__``."""
    module = ModuleType("__main__")
    module.__dict__.update(
        __file__=str(path.absolute()), __builtins__=builtins, __cached__=None, __spec__=None
    )
    before = sys.argv, sys.modules["__main__"]
    sys.argv = [str(path), *arguments]
    sys.modules["__main__"] = module
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield module
    finally:
        sys.argv, sys.modules["__main__"] = before
        if folder in sys.path:
            sys.path.remove(folder)


@contextmanager
def _figures(folder: Callable[[], Path], saved: Callable[[Path], None]) -> Iterator[None]:
    """Without a screen, and unless another backend of matplotlib is asked for, figures that are shown are saved."""
    if "MPLBACKEND" in os.environ or _has_screen():
        yield
        return
    import matplotlib

    from prunelle.keras import plots

    before = matplotlib.get_backend() if "matplotlib.pyplot" in sys.modules else "agg"
    matplotlib.use(plots.BACKEND)
    with plots.saving(folder, saved):
        yield
    matplotlib.use(before)


def _has_screen() -> bool:
    """Whether a window can be opened: Unix, but for the Mac, says so."""
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _of_tensorflow_1(error: BaseException, program: Path, words: Typography) -> str | None:
    """What is said where a program asked for a name that only TensorFlow 1 had: all that it can change."""
    from prunelle.keras import tensorflow_1
    from prunelle.keras.imports import NotThere

    name = error.spelling if isinstance(error, NotThere) else ""
    if isinstance(error, AttributeError) and error.name in tensorflow_1.METHODS:
        name = f"tensorflow.{tensorflow_1.METHODS[error.name]}"
    what = tensorflow_1.what_to_change(program, name, words) if name else None
    return None if what is None else words.note(_ERROR, what=what)


def _as_shown(error: BaseException, whole: bool, said: str | None = None) -> str:
    """As Python shows it, but with the program's own lines: who wrote them can do something about those.

    Args:
        error: what the program ended with.
        whole: with the lines within libraries.
        said: in place of its last line.
    """
    inside = _files(error.__traceback__)
    if is_out_of_memory(error) and _is_library(inside[-1]):
        error = out_of_memory(error).with_traceback(error.__traceback__)
    for link in _chain(error):
        link.__traceback__ = _program_frames(link.__traceback__, whole)
    if said is not None or isinstance(error, PrunelleError):
        lines = traceback.format_exception(error, chain=False)
        lines[-1] = said or f"Error: {error}"
    else:
        lines = traceback.format_exception(error)
        if not whole and error.__traceback__ and Path(inside[-1]).is_relative_to(_PRUNELLE):
            lines.append("This comes from within Prunelle; prunelle run --traceback shows from where.")
    return _BOLD.sub("", "".join(lines)).rstrip("\n")


_BOLD = re.compile(r"\x1b\[[0-9]*m")
"""Keras writes what happened in bold, whatever it is written to."""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        seen.append(current)
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _program_frames(frames: TracebackType | None, whole: bool) -> TracebackType | None:
    """From the program's first line on: its own lines, or all."""
    library = [_is_library(file) for file in _files(frames)]
    first = library.index(False) if False in library else len(library)
    kept = [frame for i, frame in enumerate(_each(frames)) if i >= first and (whole or not library[i])]
    rebuilt: TracebackType | None = None
    for frame in reversed(kept):
        rebuilt = TracebackType(rebuilt, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return rebuilt


def _each(frames: TracebackType | None) -> Iterator[TracebackType]:
    while frames is not None:
        yield frames
        frames = frames.tb_next


def _files(frames: TracebackType | None) -> list[str]:
    return [frame.tb_frame.f_code.co_filename for frame in _each(frames)]


def _is_library(file: str) -> bool:
    if file.startswith("<"):
        return True
    path = Path(file).resolve()
    return path.is_relative_to(_PRUNELLE) or any(path.is_relative_to(folder) for folder in _LIBRARIES)
