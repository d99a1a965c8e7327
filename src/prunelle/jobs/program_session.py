"""What a program or a notebook runs in: its Keras, its random numbers, the folder of what it leaves."""

from __future__ import annotations

import dataclasses
import gc
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from prunelle import removed_names
from prunelle.errors import ArgumentError, MissingData, did_you_mean
from prunelle.jobs import machine
from prunelle.jobs.program_errors import is_library
from prunelle.runs.folder import new_run_path
from prunelle.texts import Note, Typography, default_language

if TYPE_CHECKING:
    from prunelle.keras.generations import Told

_RUN = Note("Run: {path}", "Entraînement : {path}")
_SHORTENED = Note(
    "Trainings shortened by --epochs {most}: {times}, which ask for {asked} epochs.",
    "Entraînements raccourcis par --epochs {most} : {times}, qui demandent {asked} époques.",
)
_NOT_SHORTENED = Note(
    "--epochs {most} shortened nothing: no fit asks for more, and loops of one's own stay as they are.",
    "--epochs {most} n’a rien raccourci : aucun fit n’en demande plus, et vos propres boucles restent entières.",
)
_JUPYTEXT = "jupytext:"
"""In the first lines of a program that is a notebook to Jupytext."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class NotebookOptions:
    """What is asked of a notebook alone.

    Attributes:
        cells: those to run: ``"1-12,15"``, counted among the cells of code; None for all.
        until_error: it stops at the first cell that fails.
        kernel: a Jupyter kernel runs it, not this process.
        shell: ``!`` lines go to the system's shell; without it a few are done, and the others refused.
    """

    cells: str | None = None
    until_error: bool = False
    kernel: bool = False
    shell: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProgramRequest:
    """What ``prunelle run`` was asked; see ``prunelle.tasks.run_program`` and ``run_notebook``."""

    path: Path
    arguments: tuple[str, ...] = ()
    runs: Path
    keras: str | None
    seed: int | None
    epochs: int | None
    whole_traceback: bool
    notebook: NotebookOptions = NotebookOptions()

    @property
    def command(self) -> str:
        """The program and its arguments, for a shell."""
        return shlex.join([str(self.path), *self.arguments])

    @property
    def typed(self) -> str:
        """The whole command, options that change results included."""
        own = self.notebook
        valued = {"--keras": self.keras, "--seed": self.seed, "--epochs": self.epochs, "--cells": own.cells}
        flags = {"--until-error": own.until_error, "--kernel": own.kernel, "--shell": own.shell}
        options = [word for name, value in valued.items() if value is not None for word in (name, str(value))]
        options += [name for name, given in flags.items() if given]
        return f"prunelle run {shlex.join([*options, str(self.path), *self.arguments])}"


def is_notebook(path: Path) -> bool:
    """Whether a file has cells: Jupyter's files, MyST's and Jupytext's texts."""
    if path.suffix == ".py":
        return path.is_file() and _is_of_jupytext(path)
    return path.suffix in (".ipynb", ".md", ".Rmd")


def _is_of_jupytext(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        top = [line for _, line in zip(range(20), file, strict=False)]
    return any(line.startswith("#") and _JUPYTEXT in line for line in top)


def check(request: ProgramRequest) -> None:
    """Raises what can be known to be wrong.

    Raises:
        MissingData: no such file.
        ArgumentError: an option without effect, or fewer than 1 epoch.
    """
    path = request.path
    if not path.is_file():
        siblings = [p.name for p in path.parent.glob(f"*{path.suffix}")] if path.parent.is_dir() else []
        what = "is a folder" if path.is_dir() else "is not there"
        raise MissingData(f"program {str(path)!r} {what}.{did_you_mean(path.name, siblings)}")
    if request.epochs is not None and request.epochs < 1:
        raise ArgumentError(f"--epochs must be 1 or more; received {request.epochs}.")
    if request.notebook.kernel and request.whole_traceback:
        raise ArgumentError("--traceback is for what runs in this process; a kernel's errors are whole.")


class ProgramSession:
    """One program while it runs.

    Attributes:
        request: what was asked.
        told: the generation of Keras that it is taken for.
        words: the user's language.
        tell: given lines for the person at the terminal.
        here: the working folder, which the program may change.
    """

    def __init__(self, request: ProgramRequest, source: str | bytes, tell: Callable[[str], None]) -> None:
        if "prunelle.keras" in sys.modules:
            # Models are circles, and Python's collector does not know how large: those of the program before go first.
            gc.collect()
        # Not at the top: whoever trains without it would load all of keras.
        from prunelle.keras.generations import Told, named, note, told_by

        self.request, self.tell = request, tell
        self.told: Told = (
            told_by(source)
            if request.keras is None
            else Told(named(request.keras), f"--keras {request.keras}")
        )
        self.words = Typography(default_language())
        self.here = Path.cwd()
        self._started, self._made = datetime.now(), list[Path]()
        # Before anything that the program prints: who has to say otherwise need not wait for its end.
        if (read_as := note(self.told)) is not None:
            tell(self.words.note(read_as))

    def folder(self) -> Path:
        """The folder of what it leaves, made when there is something to put there."""
        if not self._made:
            self._made.append(
                new_run_path(self.here / self.request.runs, self.request.path.stem, self._started)
            )
        return self._made[0]

    def say(self, note: Note, **values: object) -> None:
        """A sentence for the person at the terminal; paths as seen from where they are."""
        shown = {
            name: each.relative_to(self.here)
            if isinstance(each, Path) and each.is_relative_to(self.here)
            else each
            for name, each in values.items()
        }
        self.tell(self.words.note(note, **shown))

    def say_where(self) -> None:
        """Where what it left is."""
        for each in self._made:
            self.say(_RUN, path=each)

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Inside, ``keras`` and ``tensorflow`` are the program's, and each of its trainings leaves a run folder."""
        from prunelle.keras import recording, shortened
        from prunelle.keras.compat import compat
        from prunelle.keras.seeds import seeded

        request = self.request
        recorded = recording.recorded_program(
            self.folder,
            request.command,
            versions=machine.versions(),
            host=machine.host(torch.device("cpu")),
            told=self.told,
        )
        with (
            compat(self.told.generation),
            recorded,  # reports are written while names still mean what they mean to the program
            removed_names.there_again(lambda what, about: self.say(what, **about), is_library),
            nullcontext() if request.seed is None else seeded(request.seed),
            shortened.trainings(request.epochs, self.say) as trainings,
        ):
            try:
                yield
            finally:
                say_shortened(self.say, trainings.most, trainings.asked)


def say_shortened(say: Callable[..., None], most: int | None, asked: Sequence[int]) -> None:
    """What ``--epochs`` did.

    Args:
        say: ``say(note, **values)``.
        most: epochs of a ``fit``; None where it was not asked for.
        asked: the epochs that those ask for that were shortened.
    """
    if most is None:
        return
    if not asked:
        say(_NOT_SHORTENED, most=most)
        return
    few, many = min(asked), max(asked)
    say(_SHORTENED, most=most, times=len(asked), asked=str(few) if few == many else f"{few}–{many}")
