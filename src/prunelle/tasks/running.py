"""``run_program``, ``run_notebook``: what was written for Keras, on Prunelle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from prunelle.jobs import notebooks, running
from prunelle.jobs.program_session import NotebookOptions, ProgramRequest


def run_program(
    program: str | Path,
    arguments: Sequence[str] = (),
    *,
    runs: str | Path = "runs",
    keras: str | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    whole_traceback: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> int:
    """Runs a program as Python would, with ``keras`` and ``tensorflow`` meaning Keras 3 as the program knew it.

    ``sys.argv``, ``__name__``, ``__file__``, the working folder and ``sys.path`` are what they are under
    ``python PROGRAM``. An exception is shown with the program's own lines.

    Args:
        program: a Python file.
        arguments: its own.
        runs: the folder ``<time>-<program>`` goes there: the run folders of its trainings, and the figures that
            it shows where there is no screen. It is made when there is something to put there.
        keras: the generation of Keras that it speaks: ``"1"``, ``"2.3"``, ``"tf2"`` or ``"3"``; None: as its imports
            and idioms say.
        seed: of all random numbers, so that it repeats its bits; None: its own, if it sets one.
        epochs: no ``fit`` takes more; the report of each that asked for more says so.
        whole_traceback: also show lines within libraries.
        tell: given lines for the person at the terminal: errors, and where things were saved.

    Returns:
        The exit status: 0, or 1 after an exception.

    Raises:
        MissingData: no such program.
        UnknownName: no such generation.
        SystemExit: the program's own.
        KeyboardInterrupt: Ctrl-C.
    """
    request = ProgramRequest(
        path=Path(program),
        arguments=tuple(arguments),
        runs=Path(runs),
        keras=keras,
        seed=seed,
        epochs=epochs,
        whole_traceback=whole_traceback,
    )
    return running.run_program(request, tell)


def run_notebook(
    notebook: str | Path,
    options: NotebookOptions | None = None,
    *,
    runs: str | Path = "runs",
    keras: str | None = None,
    seed: int | None = None,
    epochs: int | None = None,
    whole_traceback: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> int:
    """Runs the cells of a notebook in order, as ``run_program`` runs a program, in the notebook's own folder.

    ``lesson.ipynb`` and ``lesson.html``, with what its cells said, are written into ``runs/<time>-lesson`` however it
    ends; after a cell that fails the next ones run.

    Args:
        notebook: a ``.ipynb`` file, or the ``.md``, ``.Rmd`` or ``.py`` of MyST and Jupytext.
        options: which cells, and how; None: all, in this process, past errors, without a shell.
        runs: the folder ``<time>-<notebook>`` goes there.
        keras, seed, epochs, whole_traceback, tell: as in ``run_program``.

    Returns:
        The exit status: 0, or 1 where a cell failed that is not tagged ``raises-exception``.

    Raises:
        MissingData: no such file.
        ArgumentError: no such cells; options without effect.
        DataError: it is no notebook, or has no cells of Python.
        PrunelleError: Jupyter's packages are not installed.
        SystemExit: of a cell.
        KeyboardInterrupt: Ctrl-C.
    """
    request = ProgramRequest(
        path=Path(notebook),
        runs=Path(runs),
        keras=keras,
        seed=seed,
        epochs=epochs,
        whole_traceback=whole_traceback,
        notebook=options or NotebookOptions(),
    )
    return notebooks.run_notebook(request, tell)
