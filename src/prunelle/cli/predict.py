"""``prunelle predict``."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import (
    CompileOptions,
    PretrainedOptions,
    StyleOptions,
    compile_option,
    pretrained_options,
    run_or_pretrained,
    style_options,
)
from prunelle.cli.output import echo, echo_data, spoken
from prunelle.csv_files import table_text
from prunelle.texts import visible

if TYPE_CHECKING:
    from prunelle.runs.predictions import Prediction


class _Options(PretrainedOptions, CompileOptions, StyleOptions):
    pass


@click.command()
@click.argument("arguments", nargs=-1, metavar="[RUN] FILES-OR-FOLDERS...")
@pretrained_options
@click.option("--top", type=int, default=3, show_default=True, help="Classes named for each picture.")
@click.option(
    "--format", "form", type=click.Choice(("table", "csv", "json")), default="table", show_default=True
)
@compile_option
@style_options
def predict(arguments: tuple[str, ...], top: int, form: str, **given: Unpack[_Options]) -> None:
    """Name what is on pictures, or in the series of files, with the network of RUN.

    In the order given. A file that cannot be read gets a line that says why, the others are still named,
    and the exit status is then 1.

    A network without a run: prunelle predict --network vgg16 --weights imagenet photo.jpg
    """
    from prunelle import tasks

    if len(arguments) < (2 if given["network"] is None else 1):
        raise click.UsageError("Missing argument 'FILES-OR-FOLDERS...'.")
    run, files = run_or_pretrained(arguments, given, given["progress"])
    answers = tasks.predict(run, files, top=top, compile=given["compile"], style=given["progress"])
    {"table": _table, "csv": _csv, "json": _json}[form](answers)
    if any(answer.error for answer in answers):
        sys.exit(1)


def _json(answers: list[Prediction]) -> None:
    echo(json.dumps([answer.to_json() for answer in answers], indent=1))


def _csv(answers: list[Prediction]) -> None:
    rows: list[tuple[object, ...]] = []
    for answer in answers:
        for rank, (name, probability) in enumerate(answer.top, start=1):
            rows.append((answer.file, rank, name, f"{probability:.6f}", None))
        if answer.error:
            rows.append((answer.file, None, None, None, answer.error))
    echo_data(table_text(("file", "rank", "class", "probability", "error"), rows))


def _table(answers: list[Prediction]) -> None:
    files = [visible(answer.file) for answer in answers]
    width, words = max(map(len, files)), spoken()
    for file, answer in zip(files, answers, strict=True):
        if answer.error:
            # In its place in the order, and where errors are looked for.
            echo(f"{file:<{width}}  error: {answer.error}", err=True)
        else:
            named = "   ".join(
                f"{visible(name)} {words.percent(probability):>7}" for name, probability in answer.top
            )
            echo(f"{file:<{width}}  {named}")
