"""``prunelle evaluate``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.options import (
    CompileOptions,
    DataOptions,
    PretrainedOptions,
    StyleOptions,
    compile_option,
    data_options,
    data_root_option,
    pretrained_options,
    run_or_pretrained,
    style_options,
)
from prunelle.cli.output import echo
from prunelle.texts import visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from prunelle.training.metrics import Evaluation

_MOST_CLASSES = 20


class _Options(PretrainedOptions, DataOptions, CompileOptions, StyleOptions):
    data_root: str | None


@click.command()
@click.argument("arguments", nargs=-1, metavar="[RUN] [DATA]")
@pretrained_options
@data_options
@data_root_option
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON on standard output.")
@compile_option
@style_options
def evaluate(arguments: tuple[str, ...], as_json: bool, **given: Unpack[_Options]) -> None:
    """Measure RUN on the examples it kept aside, or on DATA (as for train).

    Without DATA: the test split of what it was trained on, else validation. What RUN has learned is left out of the
    figure and counted, under whatever name it is in DATA.

    A network without a run: prunelle evaluate --network resnet18 --weights imagenet DATA
    """
    from prunelle import tasks

    run, rest = run_or_pretrained(arguments, given, given["progress"])
    if len(rest) > 1:
        raise click.UsageError(f"one DATA at most; received {', '.join(rest)}.")
    data = rest[0] if rest else None
    evaluation = tasks.evaluate(
        run,
        data,
        labels=given["labels"],
        data_dir=given["data_dir"],
        data_root=given["data_root"],
        compile=given["compile"],
        style=given["progress"],
    )
    if as_json:
        from prunelle.training.verdicts import summary

        echo(json.dumps(evaluation.to_json() | summary(evaluation)))
    else:
        _show(evaluation)


def _show(found: Evaluation) -> None:
    from rich.table import Table

    from prunelle.console.terminal import Terminal
    from prunelle.report import judgement
    from prunelle.runs import judging
    from prunelle.training.verdicts import against_chance, calibration

    chance = against_chance(found)
    terminal = Terminal(soft_wrap=True)
    low, high = found.interval
    terminal.print(
        f"{found.accuracy:.2%} of {judging.judged_on(found).en} are right "
        f"(95 % interval {low:.2%} to {high:.2%}){judgement.chance_told(chance)}."
    )
    for note in judging.notes_of(found):
        terminal.print(note.en)
    terminal.print(
        f"Loss {found.loss:.4f}." if (told := judgement.blind_loss(found.loss, chance)) is None else told.en
    )
    if sure := calibration(found):
        for note in judgement.sureness(sure, float(found.confidence.mean()), found.accuracy):
            terminal.print(note.en)
    table = Table("class", *(f"{name}" for name in ("precision", "recall", "F1", "examples")), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    scores = found.per_class()
    if len(scores) > 2 * _MOST_CLASSES:
        # A thousand lines would push what was said before out of sight.
        there = [score for score in scores if score.support]
        terminal.print(
            f"The {_MOST_CLASSES} of {len(scores):,} classes with the lowest recall; --json has all:"
        )
        scores = sorted(there, key=lambda score: score.recall)[:_MOST_CLASSES]
    for score in scores:
        table.add_row(
            visible(score.name),
            f"{score.precision:.1%}",
            f"{score.recall:.1%}",
            f"{score.f1:.1%}",
            f"{score.support:,}",
        )
    terminal.print(table)
    if len(found.classes) <= _MOST_CLASSES:
        _print_confusion(terminal, found)
    for truth, predicted, count in found.most_confused(5):
        terminal.print(f"{count:,} × {visible(truth)} taken for {visible(predicted)}")


def _print_confusion(terminal: Console, found: Evaluation) -> None:
    """No name and no count is cut: classes whose names are too wide to stand side by side are numbered."""
    from prunelle.console.terminal import Terminal

    wide = terminal.options.update(max_width=1_000_000)
    names = [visible(name) for name in found.classes]
    matrix = _confusion(names, names, found)
    if terminal.measure(matrix, options=wide).maximum > terminal.width:
        numbers = [str(number) for number in range(1, len(names) + 1)]
        rows = [f"{number} {name}" for number, name in zip(numbers, names, strict=True)]
        matrix = _confusion(rows, numbers, found)
    # Of many classes the lines are longer than the terminal's, which breaks them.
    least = terminal.measure(matrix, options=wide).minimum
    Terminal(width=max(terminal.width, least)).print(matrix)


def _confusion(rows: Sequence[str], columns: Sequence[str], found: Evaluation) -> Table:
    """A column a predicted class, a row a true one."""
    from rich.table import Table

    matrix = Table("truth \\ predicted", *columns, box=None)
    matrix.columns[0].min_width = len("truth \\ predicted")
    for column in matrix.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for name, counts in zip(rows, found.confusion, strict=True):
        matrix.add_row(name, *(f"{count:,}" if count else "·" for count in counts))
    return matrix
