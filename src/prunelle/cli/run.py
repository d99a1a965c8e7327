"""``prunelle run``."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict, Unpack

import click

from prunelle.cli.output import echo
from prunelle.errors import refuse_given


class _Options(TypedDict):
    runs: Path
    keras: str | None
    seed: int | None
    epochs: int | None
    cells: str | None
    until_error: bool
    kernel: bool
    shell: bool


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("program", required=False, type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Where the folder with the program's trainings and figures goes.",
)
@click.option(
    "--keras",
    type=click.Choice(["1", "2.3", "tf2", "3"]),
    help="Which Keras PROGRAM was written for, where its imports do not tell it.",
)
@click.option("--seed", type=int, help="Of all random numbers: PROGRAM repeats its results bit by bit.")
@click.option("--epochs", type=int, help="No training takes more, whatever PROGRAM asks for.")
@click.option("--traceback", "whole", is_flag=True, help="With an error, also the lines within libraries.")
@click.option("--cells", metavar="WHICH", help="Of a notebook, the cells of code to run: 1-12,15.")
@click.option("--until-error", is_flag=True, help="A notebook stops at the first cell that fails.")
@click.option(
    "--kernel", is_flag=True, help="A notebook is run by a Jupyter kernel, in a process of its own."
)
@click.option("--shell", is_flag=True, help="Lines of a notebook that begin with ! go to the system's shell.")
@click.option("--covered", is_flag=True, help="List what there is of Keras.")
def run(
    program: Path | None, arguments: tuple[str, ...], covered: bool, whole: bool, **given: Unpack[_Options]
) -> None:
    """Run PROGRAM, written for Keras (import keras, or tensorflow.keras), on Prunelle.

    ARGUMENTS are the program's own; options stand before PROGRAM. Each of its trainings leaves a run folder with a
    report; figures that it shows are saved there too where there is no screen.

    PROGRAM may be a notebook: a .ipynb file, or a .md file of MyST or Jupytext. It is written there too, as a notebook
    and as a page, with what its cells said.
    """
    if covered:
        if program is not None or whole:
            raise click.UsageError("--covered lists, and runs nothing; leave PROGRAM and --traceback out.")
        from prunelle.keras import coverage

        echo(coverage.as_text(), nl=False)
        return
    if program is None:
        raise click.UsageError("Missing argument 'PROGRAM'.")
    from prunelle import tasks
    from prunelle.jobs.program_session import NotebookOptions, is_notebook

    options = NotebookOptions(
        cells=given["cells"],
        until_error=given["until_error"],
        kernel=given["kernel"],
        shell=given["shell"],
    )
    run_it: Callable[..., int]
    if is_notebook(program):
        if arguments:
            raise click.UsageError(f"a notebook has no arguments; options stand before {program.name}.")
        run_it = functools.partial(tasks.run_notebook, program, options)
    else:
        refuse_given(f"is for notebooks, and {program.name} is a program", **dataclasses.asdict(options))
        run_it = functools.partial(tasks.run_program, program, arguments)
    finished = run_it(
        runs=given["runs"],
        keras=given["keras"],
        seed=given["seed"],
        epochs=given["epochs"],
        whole_traceback=whole,
        tell=_tell,
    )
    if finished:
        sys.exit(finished)


def _tell(line: str) -> None:
    # What a program prints is its own; what Prunelle adds goes beside it.
    echo(line, err=True)
