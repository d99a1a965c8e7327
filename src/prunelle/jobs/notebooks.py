"""A notebook, run cell by cell with Prunelle under it, and written with what its cells said."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from prunelle.errors import Interrupted, PrunelleError
from prunelle.jobs.program_errors import as_shown
from prunelle.jobs.program_session import ProgramRequest, ProgramSession, check
from prunelle.notebooks import INSTALL
from prunelle.notebooks.failures import Failure, Runs
from prunelle.texts import Note

if TYPE_CHECKING:
    from prunelle.notebooks.documents import Cell, Document

_CELL = Note("Cell {k} of {n}: {title}", "Cellule {k} sur {n} : {title}")
_FAILED = Note("Error in cell {k}, line {line}:", "Erreur dans la cellule {k}, ligne {line} :")
_FAILED_WHOLE = Note("Error in cell {k}:", "Erreur dans la cellule {k} :")
_NOTEBOOK = Note("Notebook: {path}", "Notebook : {path}")
_REPORT = Note("Page: {path}", "Page : {path}")

# What the first cell of a written notebook, and the last lines on the terminal, say of it.
_RUN = Note("Run by Prunelle on {date}: `{command}`", "Exécuté par Prunelle le {date} : `{command}`")
_ALL = Note("All {n} cells of code ran.", "Les {n} cellules de code ont été exécutées.")
_SOME = Note("{ran} of {n} cells of code ran.", "{ran} cellules de code sur {n} ont été exécutées.")
_FAILURES = Note("Failed: {cells}.", "En échec : {cells}.")
_STOPPED = Note("It was stopped in cell {k}.", "Arrêté dans la cellule {k}.")
_EPOCHS = Note(
    "No fit took more epochs than --epochs {n}; loops of the notebook's own are as long as they are.",
    "Aucun fit n’a pris plus d’époques que --epochs {n} ; les boucles propres au notebook sont restées entières.",
)
_COUNTS_EPOCHS = Note(
    "The cell may count on as many epochs as the notebook asks for; --epochs {n} shortens its trainings.",
    "La cellule compte peut-être sur toutes les époques du notebook ; --epochs {n} raccourcit ses entraînements.",
)
_LENGTHS = r"shapes \(\d+,\) and \({0},\)|list index out of range|out of bounds for axis 0 with size {0}\b"
"""What is said of a history that is shorter than the notebook knows it, by matplotlib, Python and NumPy."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#$|])")
_MORE = Note("; and {n} more", " ; et {n} de plus")
_PLACES = 5
"""Of cells that failed, those that are said one by one: after the first, most miss what it was to make."""
_WRITE_EVERY_S = 10.0


class _Progress:
    """What has run, and the sentences about it."""

    def __init__(self, document: Document, session: ProgramSession) -> None:
        self._document, self._session = document, session
        self.ran = 0
        self.failures: list[Failure] = []
        self._written = time.monotonic()

    def write_now_and_then(self) -> None:
        """``lesson.ipynb`` as far as it is: a kill leaves it."""
        from prunelle.notebooks import documents

        if time.monotonic() - self._written > _WRITE_EVERY_S:
            documents.write_notebook(self._document, self._session.folder(), self.note())
            self._written = time.monotonic()

    def write(self) -> None:
        """Notebook and page, and where they are."""
        from prunelle.notebooks import documents

        session = self._session
        page = documents.write(self._document, session.folder(), self.note(), session.words.language)
        for line in self.lines():
            session.tell(line)
        session.say(_NOTEBOOK, path=page.with_suffix(".ipynb"))
        session.say(_REPORT, path=page)

    def note(self) -> str:
        """The first cell of the notebook, in Markdown."""
        session = self._session
        date = f"{datetime.now():%Y-%m-%d %H:%M}"
        lines = [session.words.note(_RUN, date=date, command=session.request.typed)]
        lines += [_MARKDOWN.sub(r"\\\1", line) for line in self.lines()]
        if session.request.epochs is not None:
            lines.append(session.words.note(_EPOCHS, n=session.request.epochs))
        return "  \n".join(lines)

    def lines(self) -> Iterator[str]:
        """How far it went."""
        words, n = self._session.words, sum(not cell.skipped for cell in self._document.cells)
        yield words.note(_ALL if self.ran == n else _SOME, ran=self.ran, n=n)
        failed = [each for each in self.failures if each.stops is None]
        if failed:
            places = "; ".join(each.place(words) for each in failed[:_PLACES])
            more = words.note(_MORE, n=len(failed) - _PLACES) if len(failed) > _PLACES else ""
            yield words.note(_FAILURES, cells=places + more)
        for each in self.failures:
            if each.stops is not None:
                yield words.note(_STOPPED, k=each.cell.number)


def run_notebook(request: ProgramRequest, tell: Callable[[str], None]) -> int:
    """The exit status of a notebook; see ``prunelle.tasks.run_notebook``."""
    check(request)
    documents = _documents()
    # The notebook's folder becomes the working folder.
    document = dataclasses.replace(documents.read(request.path), path=request.path.absolute())
    chosen = document.chosen(request.notebook.cells)
    session = ProgramSession(request, document.code(), tell)
    progress = _Progress(document, session)
    session.folder()
    try:
        with _running(document, session) as runs:
            try:
                _run_all(chosen, runs, session, progress)
            finally:
                progress.write()
    finally:
        session.say_where()
    return 1 if progress.failures else 0


def _documents() -> ModuleType:
    try:
        from prunelle.notebooks import documents
    except ImportError as error:
        raise PrunelleError(
            f"notebooks need Jupyter's packages ({error.name} is missing): {INSTALL}"
        ) from error
    return documents


def _run_all(cells: Sequence[Cell], runs: Runs, session: ProgramSession, progress: _Progress) -> None:
    words, request = session.words, session.request
    for cell in cells:
        if cell.skipped:
            continue
        session.tell(words.note(_CELL, k=cell.number, n=len(progress._document.cells), title=cell.title))
        failure = runs.run(cell)
        progress.ran += 1
        if failure is not None and failure.stops is not None:
            progress.failures.append(failure)
            if isinstance(failure.stops, SystemExit | KeyboardInterrupt):
                raise failure.stops
            session.tell(failure.text)
            return
        if failure is not None and not cell.may_fail:
            progress.failures.append(failure)
            head = _FAILED_WHOLE if failure.line is None else _FAILED
            session.tell(words.note(head, k=cell.number, line=failure.line) + "\n" + failure.text)
            if request.epochs is not None and re.search(_LENGTHS.format(request.epochs), failure.said):
                session.say(_COUNTS_EPOCHS, n=request.epochs)
            if request.notebook.until_error:
                return
        progress.write_now_and_then()


@contextlib.contextmanager
def _running(document: Document, session: ProgramSession) -> Iterator[Runs]:
    with contextlib.chdir(session.request.path.absolute().parent):  # as Jupyter has it
        if session.request.notebook.kernel:
            from prunelle.jobs.notebook_kernel import in_kernel

            with in_kernel(document, session) as kernel:
                yield kernel
        else:
            with session.in_force(), _in_process(document, session) as own:
                yield own


class _InProcess:
    """IPython's shell, in this process."""

    def __init__(self, shell: object, session: ProgramSession) -> None:
        self._shell, self._session = shell, session

    def run(self, cell: Cell) -> Failure | None:
        """See ``Runs``."""
        from prunelle.notebooks.shell import Shell, line_of, named

        assert isinstance(self._shell, Shell)
        name = named(self._session.request.path, cell)
        error = self._shell.run(cell, name)
        if error is None:
            return None
        stops = isinstance(error, SystemExit | KeyboardInterrupt | BrokenPipeError | Interrupted)
        return Failure(
            cell=cell,
            line=line_of(error, name),
            name=type(error).__name__,
            said=error.msg if isinstance(error, SyntaxError) else str(error),
            text=self._shell.shown(error),
            stops=error if stops else None,
        )


@contextlib.contextmanager
def _in_process(document: Document, session: ProgramSession) -> Iterator[Runs]:
    from prunelle.notebooks import commands, stand_ins
    from prunelle.notebooks.shell import session as shell_session

    module = ModuleType("__main__")
    request = session.request
    before, folder = sys.argv, str(Path.cwd())
    sys.argv = [str(request.path)]
    sys.path.insert(0, folder)
    try:
        with (
            shell_session(
                module,
                lambda error: as_shown(error, request.whole_traceback),
                with_shell=request.notebook.shell,
            ) as shell,
            stand_ins.installed(commands.say, colab=not stand_ins.guarded_import(document.code())),
        ):
            yield _InProcess(shell, session)
    finally:
        sys.argv = before
        if folder in sys.path:
            sys.path.remove(folder)
