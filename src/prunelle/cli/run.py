"""``prunelle run``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from prunelle.cli.output import echo


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
@click.option("--traceback", "whole", is_flag=True, help="With an error, also the lines within libraries.")
@click.option("--covered", is_flag=True, help="List what there is of Keras.")
def run(
    program: Path | None,
    arguments: tuple[str, ...],
    runs: Path,
    keras: str | None,
    seed: int | None,
    whole: bool,
    covered: bool,
) -> None:
    """Run PROGRAM, written for Keras (import keras, or tensorflow.keras), on Prunelle.

    ARGUMENTS are the program's own; options stand before PROGRAM. Each of its trainings leaves a run folder with a
    report; figures that it shows are saved there too where there is no screen.
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

    finished = tasks.run_program(
        program, arguments, runs=runs, keras=keras, seed=seed, whole_traceback=whole, tell=_tell
    )
    if finished:
        sys.exit(finished)


def _tell(line: str) -> None:
    # What a program prints is its own; what Prunelle adds goes beside it.
    echo(line, err=True)
