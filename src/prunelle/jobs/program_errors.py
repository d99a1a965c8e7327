"""Errors of a program that somebody wrote, shown with that person's own lines."""

from __future__ import annotations

import re
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from prunelle.errors import PrunelleError
from prunelle.memory import is_out_of_memory, out_of_memory

_PRUNELLE = Path(__file__).parents[1]
_STANDARD = tuple(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib"))
_INSTALLED = {"site-packages", "dist-packages"}
"""Wherever they are: a user's own, the system's beside an environment's."""
_OF_IPYTHON = "<ipython-input-"
"""What a cell is called in a terminal."""


def as_shown(error: BaseException, whole: bool, said: str | None = None) -> str:
    """As Python shows it, but with the program's own lines: who wrote them can do something about those.

    Args:
        error: what the program ended with.
        whole: with the lines within libraries.
        said: in place of its last line.
    """
    inside = _files(error.__traceback__)
    if is_out_of_memory(error) and is_library(inside[-1]):
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
    library = [is_library(file) for file in _files(frames)]
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


def is_library(file: str) -> bool:
    """Whether a file is no program's."""
    if file.startswith("<"):
        return not file.startswith(_OF_IPYTHON)
    path = Path(file).resolve()
    if not _INSTALLED.isdisjoint(path.parts) or path.is_relative_to(_PRUNELLE):
        return True
    return any(path.is_relative_to(folder) for folder in _STANDARD)
