"""A program written for Keras, run as Python would run it, with Prunelle under it."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from prunelle.errors import Interrupted
from prunelle.jobs.program_errors import as_shown
from prunelle.jobs.program_session import ProgramRequest, ProgramSession, check
from prunelle.texts import Note, Typography

_ERROR = Note("Error: {what}", "Erreur : {what}")
_FIGURE = Note("Figure: {path}", "Figure : {path}")


def run_program(request: ProgramRequest, tell: Callable[[str], None]) -> int:
    """The exit status of a program; see ``prunelle.tasks.run_program``."""
    check(request)
    path = request.path
    source = path.read_bytes()
    session = ProgramSession(request, source, tell)
    try:
        with (
            session.in_force(),
            _as_main(path, request.arguments) as module,
            _figures(session.folder, lambda file: session.say(_FIGURE, path=file)),
        ):
            exec(compile(source, module.__dict__["__file__"], "exec"), module.__dict__)
    except (SystemExit, KeyboardInterrupt, BrokenPipeError):
        raise
    except BaseException as error:
        tell(as_shown(error, request.whole_traceback, _of_tensorflow_1(error, path, session.words)))
        return error.exit_code if isinstance(error, Interrupted) else 1
    finally:
        session.say_where()
    return 0


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
