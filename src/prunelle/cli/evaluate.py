"""``prunelle evaluate``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

import click

from prunelle.cli.answers import evaluated_labels, evaluated_numbers
from prunelle.cli.options import (
    CompileOptions,
    CostsOptions,
    DataOptions,
    DecisionsOptions,
    GroupsOptions,
    PretrainedOptions,
    StyleOptions,
    compile_option,
    costs_option,
    data_options,
    data_root_option,
    decisions_option,
    groups_option,
    pretrained_options,
    run_or_pretrained,
    style_options,
)
from prunelle.cli.output import echo, spoken
from prunelle.texts import Note, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from prunelle.training.metrics import Evaluation

_MOST_CLASSES = 20

_RIGHT = Note(
    "{accuracy} of {judged} are right (95 % interval {low} to {high})",
    "{accuracy} de réponses justes sur {judged} (intervalle à 95 % : {low} à {high})",
)
_LOSS = Note("Loss {loss}.", "Perte {loss}.")
_COLUMNS = (
    Note("class", "classe"),
    Note("precision", "précision"),
    Note("recall", "rappel"),
    Note("95 % interval", "intervalle à 95 %"),
    Note("F1", "F1"),
    Note("examples", "exemples"),
)
_LOWEST = Note(
    "The {most} of {n} classes with the lowest recall; --json has all:",
    "Les {most} classes au rappel le plus bas, sur {n} ; --json les donne toutes :",
)
_TAKEN = Note("{n} × {truth} taken for {answer}", "{n} × {truth}, pris pour {answer}")
_CORNER = Note("truth \\ predicted", "vérité \\ réponse")


_SHOWN: Mapping[str, Callable[..., None]] = {
    "labels": evaluated_labels.show,
    "number": evaluated_numbers.show,
}
"""By the kind of target; what is not there is shown as classes are."""


class _Options(
    PretrainedOptions,
    DataOptions,
    GroupsOptions,
    DecisionsOptions,
    CostsOptions,
    CompileOptions,
    StyleOptions,
):
    data_root: str | None


@click.command()
@click.argument("arguments", nargs=-1, metavar="[RUN] [DATA]")
@pretrained_options
@data_options
@groups_option
@data_root_option
@decisions_option
@costs_option
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
        groups=given["groups"],
        data_dir=given["data_dir"],
        data_root=given["data_root"],
        decisions=given["decisions"],
        costs=given["costs"],
        compile=given["compile"],
        style=given["progress"],
    )
    # What thresholds came to on the run's own test examples says nothing of other data.
    own = evaluation.judged is not None and evaluation.judged.own and given["decisions"] is None
    trust = _trust(run) if isinstance(run, str) and own else None
    if as_json:
        told = evaluation.to_json()
        from prunelle.training.metrics import Evaluation

        if isinstance(evaluation, Evaluation):
            from prunelle.training.verdicts import summary

            told |= summary(evaluation)
        echo(json.dumps(told if trust is None else told | {"trust": trust}))
    else:
        _SHOWN.get(evaluation.kind, _show)(evaluation)
        if trust is not None:
            _show_trust(trust)


def _trust(run: str) -> Mapping[str, object] | None:
    """The content of its ``trust.json``."""
    from prunelle.runs.run import Run

    return Run.open(run).trust_record()


def _show_trust(record: Mapping[str, object]) -> None:
    from rich.table import Table

    from prunelle.console.terminal import Terminal
    from prunelle.report import trust

    terminal, words = Terminal(soft_wrap=True), spoken()
    terminal.print(f"\n{words.note(trust.TITLE)}")
    for sentence in trust.sentences(record, words):
        terminal.print(sentence)
    if rows := trust.rows(record, words):
        table = Table(*trust.heads(words), box=None)
        for row in rows:
            table.add_row(*row)
        terminal.print(table)


def _show(evaluation: Evaluation) -> None:
    from rich.table import Table

    from prunelle.console.terminal import Terminal
    from prunelle.report import beside, costs, judgement
    from prunelle.runs import judging
    from prunelle.training.verdicts import against_chance, calibration

    chance = against_chance(evaluation)
    terminal = Terminal(soft_wrap=True)
    low, high = evaluation.interval
    words = spoken()
    right = words.note(
        _RIGHT,
        accuracy=words.percent(evaluation.accuracy, digits=2),
        judged=words.note(judging.judged_on(evaluation)),
        low=words.percent(low, digits=2),
        high=words.percent(high, digits=2),
    )
    figures = evaluation.summary()
    tail = judgement.chance_sentence(chance, words) + beside.balanced_sentence(figures, chance, words)
    terminal.print(f"{right}{tail}.")
    if top_5 := beside.top_5(figures, words, digits=2):
        terminal.print(top_5)
    for note in judging.notes_of(evaluation):
        terminal.print(words.note(note))
    blind = judgement.blind_loss(evaluation.loss, chance)
    terminal.print(
        words.note(_LOSS, loss=words.decimal(evaluation.loss, 4)) if blind is None else words.note(blind)
    )
    if sure := calibration(evaluation):
        for note in judgement.sureness(sure, float(evaluation.confidence.mean()), evaluation.accuracy):
            terminal.print(words.note(note))
    if evaluation.cost_figures is not None:
        for sentence in costs.sentences(evaluation.cost_figures, evaluation.n, words):
            terminal.print(sentence)
    table = Table(*map(words.note, _COLUMNS), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    scores = evaluation.per_class()
    if len(scores) > 2 * _MOST_CLASSES:
        # A thousand lines would push what was said before out of sight.
        there = [score for score in scores if score.support]
        terminal.print(words.note(_LOWEST, most=_MOST_CLASSES, n=words.integer(len(scores))))
        scores = sorted(there, key=lambda score: score.recall)[:_MOST_CLASSES]
    for score in scores:
        table.add_row(
            visible(score.name),
            words.percent(score.precision),
            words.percent(score.recall),
            words.interval(*score.recall_interval) if score.support else "–",
            words.percent(score.f1),
            words.integer(score.support),
        )
    for column in table.columns[1:]:
        # Names of classes may be broken; numbers are not, whatever the width.
        column.no_wrap = True
        column.min_width = max(len(str(cell)) for cell in (column.header, *column.cells))
    _print_whole(terminal, table)
    if len(evaluation.classes) <= _MOST_CLASSES:
        _print_confusion(terminal, evaluation)
    for truth, predicted, count in evaluation.most_confused(5):
        terminal.print(
            words.note(_TAKEN, n=words.integer(count), truth=visible(truth), answer=visible(predicted))
        )


def _print_confusion(terminal: Console, evaluation: Evaluation) -> None:
    """No name and no count is cut: classes whose names are too wide to stand side by side are numbered."""
    wide = terminal.options.update(max_width=1_000_000)
    names = [visible(name) for name in evaluation.classes]
    matrix = _confusion(names, names, evaluation)
    if terminal.measure(matrix, options=wide).maximum > terminal.width:
        numbers = [str(number) for number in range(1, len(names) + 1)]
        rows = [f"{number} {name}" for number, name in zip(numbers, names, strict=True)]
        matrix = _confusion(rows, numbers, evaluation)
    _print_whole(terminal, matrix)


def _print_whole(terminal: Console, table: Table) -> None:
    """Where its lines are longer than the terminal's, that breaks them, and nothing is left out."""
    from prunelle.console.terminal import Terminal

    least = terminal.measure(table, options=terminal.options.update(max_width=1_000_000)).minimum
    Terminal(width=max(terminal.width, least)).print(table)


def _confusion(rows: Sequence[str], columns: Sequence[str], evaluation: Evaluation) -> Table:
    """A column a predicted class, a row a true one."""
    from rich.table import Table

    corner = spoken().note(_CORNER)
    matrix = Table(corner, *columns, box=None)
    matrix.columns[0].min_width = len(corner)
    for column in matrix.columns[1:]:
        column.justify, column.no_wrap = "right", True
    for name, counts in zip(rows, evaluation.confusion, strict=True):
        matrix.add_row(name, *(spoken().integer(count) if count else "·" for count in counts))
    return matrix
