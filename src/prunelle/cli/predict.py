"""``prunelle predict``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.answers import predicted_labels, predicted_numbers
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
from prunelle.texts import Note, visible

if TYPE_CHECKING:
    from prunelle.runs.predictions import AnyPrediction, Prediction


_DOUBTS = {
    "unsure": Note("I don’t know", "je ne sais pas"),
    "unlike": Note("none of these", "aucune de ces classes"),
}
_OR = Note("or", "ou")
_LEAST = Note("least cost: {name} ({cost})", "moindre coût : {name} ({cost})")


class _Options(PretrainedOptions, CompileOptions, StyleOptions):
    pass


@click.command()
@click.argument("arguments", nargs=-1, metavar="[RUN] FILES-OR-FOLDERS...")
@pretrained_options
@click.option("--top", type=int, default=3, show_default=True, help="Classes named for each picture.")
@click.option(
    "--unsure",
    type=float,
    metavar="SHARE",
    help="Answer only where at most that share is wrong: 0.05 for 5 %. See docs/predict.md.",
)
@click.option(
    "--sets",
    type=float,
    metavar="SHARE",
    help="Name a set of classes; at most that share of them lacks the true one.",
)
@click.option(
    "--unlike",
    type=float,
    metavar="SHARE",
    help="Say none of these of what is unlike all that was learned, and at most of that share of what is not. "
    "[0.01 with --unsure and --sets; 0 for never]",
)
@click.option(
    "--costs",
    metavar="FILE|own",
    help="Say which answer is expected to cost least, too: by a CSV (docs/evaluate.md), or by RUN's own costs.",
)
@click.option(
    "--format", "form", type=click.Choice(("table", "csv", "json")), default="table", show_default=True
)
@compile_option
@style_options
def predict(
    arguments: tuple[str, ...],
    top: int,
    unsure: float | None,
    sets: float | None,
    unlike: float | None,
    costs: str | None,
    form: str,
    **given: Unpack[_Options],
) -> None:
    """Name what is on pictures, or in the series of files, with the network of RUN.

    In the order given. A file that cannot be read gets a line that says why, the others are still named,
    and the exit status is then 1.

    With --unsure, --sets and --unlike probabilities are calibrated on the validation examples of RUN, which also
    choose what is answered.

    A network without a run: prunelle predict --network vgg16 --weights imagenet photo.jpg
    """
    from prunelle import tasks

    if len(arguments) < (2 if given["network"] is None else 1):
        raise click.UsageError("Missing argument 'FILES-OR-FOLDERS...'.")
    run, files = run_or_pretrained(arguments, given, given["progress"])
    answers = tasks.predict(
        run,
        files,
        top=top,
        unsure=unsure,
        sets=sets,
        unlike=unlike,
        costs=costs,
        compile=given["compile"],
        style=given["progress"],
    )
    {"table": _table, "csv": _csv, "json": _json}[form](answers)
    if any(answer.error for answer in answers):
        sys.exit(1)


def _json(answers: Sequence[AnyPrediction]) -> None:
    echo(json.dumps([answer.to_json() for answer in answers], indent=1))


def _csv(answers: Sequence[AnyPrediction]) -> None:
    echo_data(table_text(*_ROWS[answers[0].kind](answers)) if answers else "")


def _table(answers: Sequence[AnyPrediction]) -> None:
    width = max((len(visible(answer.file)) for answer in answers), default=0)
    lines = _LINES[answers[0].kind](answers) if answers else []
    for answer, line in zip(answers, lines, strict=True):
        file = f"{visible(answer.file):<{width}}"
        if answer.error:
            # In its place in the order, and where errors are looked for.
            echo(f"{file}  error: {answer.error}", err=True)
        else:
            echo(f"{file}  {line}")


def _rows(answers: Sequence[Prediction]) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    """Without caution, the columns that there always were."""
    cautious = any(answer.cautious for answer in answers)
    weighed = any(answer.least_cost for answer in answers)
    rows: list[tuple[object, ...]] = []
    for answer in answers:
        doubt: tuple[object, ...] = (answer.answer, answer.doubt) if cautious else ()
        if weighed:
            doubt += answer.least_cost or (None, None)
        inside = set(answer.among or ())
        for rank, (name, probability) in enumerate(answer.top, start=1):
            held = (None if answer.among is None else int(name in inside),) if cautious else ()
            rows.append((answer.file, rank, name, f"{probability:.6f}", *held, *doubt, None))
        if answer.error:
            rows.append(
                (answer.file, None, None, None, *(None,) * (3 * cautious + 2 * weighed), answer.error)
            )
    more = (("in_set", "answer", "doubt") if cautious else ()) + (
        ("least_cost", "expected_cost") if weighed else ()
    )
    return ("file", "rank", "class", "probability", *more, "error"), rows


def _lines(answers: Sequence[Prediction]) -> list[str]:
    words = spoken()
    said = [_said(answer) for answer in answers]
    wide = max(map(len, said))
    lines = []
    for answer, first in zip(answers, said, strict=True):
        # The likeliest of classes that it is none of says nothing.
        top = () if answer.doubt == "unlike" else answer.top
        named = "   ".join(f"{visible(name)} {words.percent(probability):>7}" for name, probability in top)
        lines.append(f"{f'{first:<{wide}}  ' if wide else ''}{named}")
    return lines


def _said(answer: Prediction) -> str:
    """What is said before the classes: of predictions with caution the answer, the set, or that there is none; with
    costs, the answer that is expected to cost least."""
    said = _cautious(answer)
    if answer.least_cost is None:
        return said
    name, cost = answer.least_cost
    words = spoken()
    cheapest = words.note(_LEAST, name=visible(name), cost=words.number(cost))
    return f"{said}  {cheapest}" if said else cheapest


def _cautious(answer: Prediction) -> str:
    if not answer.cautious:
        return ""
    words = spoken()
    among = f" {words.note(_OR)} ".join(map(visible, answer.among or ()))
    if answer.doubt is not None:
        doubt = words.note(_DOUBTS[answer.doubt])
        if answer.doubt == "unlike" or not among:
            return doubt
        return words.note(Note("{doubt}: {among}", "{doubt} : {among}"), doubt=doubt, among=among)
    return among or visible(answer.answer or "")


# Answers are of one kind, by whose name these are found.
_LINES: Mapping[str, Callable[..., list[str]]] = {
    "class": _lines,
    "labels": predicted_labels.lines,
    "number": predicted_numbers.lines,
}
_ROWS: Mapping[str, Callable[..., tuple[Sequence[str], list[tuple[object, ...]]]]] = {
    "class": _rows,
    "labels": predicted_labels.rows,
    "number": predicted_numbers.rows,
}
