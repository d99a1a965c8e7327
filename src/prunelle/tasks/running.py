"""``run_program``: a program written for Keras, on Prunelle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from prunelle.jobs import running


def run_program(
    program: str | Path,
    arguments: Sequence[str] = (),
    *,
    runs: str | Path = "runs",
    keras: str | None = None,
    seed: int | None = None,
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
    return running.run_program(
        Path(program),
        arguments,
        runs=Path(runs),
        keras=keras,
        seed=seed,
        whole_traceback=whole_traceback,
        tell=tell,
    )
