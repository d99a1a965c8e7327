"""What ``prunelle evaluate`` prints of a run that tells several labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prunelle.cli.output import spoken
from prunelle.texts import Note, visible

if TYPE_CHECKING:
    from prunelle.training.labels_evaluation import LabelsEvaluation

_MOST_LABELS, _PAIRS = 40, 5

_LOWEST = Note(
    "The {most} of {n} labels with the lowest average precision; --json has all:",
    "Les {most} étiquettes de plus basse précision moyenne, sur {n} ; --json les donne toutes :",
)
_TAKEN = Note(
    "{n} × {missed} missed and {invented} invented in one example",
    "{n} × {missed} oubliée et {invented} inventée dans un même exemple",
)


def show(evaluation: LabelsEvaluation) -> None:
    """Sentences, the table by label, what is taken for what."""
    from rich.table import Table

    from prunelle.console.terminal import Terminal
    from prunelle.report import labels_words
    from prunelle.runs import judging

    terminal, words, figures = Terminal(soft_wrap=True), spoken(), evaluation.summary()
    judged = words.note(judging.judged_on(evaluation))
    terminal.print(
        f"{labels_words.precise(figures, words, k=labels_words.num_told(figures), judged=judged)}."
    )
    for note in judging.notes_of(evaluation):
        terminal.print(words.note(note))
    for sentence in labels_words.others(figures, words):
        terminal.print(sentence)
    scores = labels_words.worst_first(figures["per_label"])
    if len(scores) > _MOST_LABELS:
        terminal.print(words.note(_LOWEST, most=_MOST_LABELS, n=words.integer(len(scores))))
    table = Table(*map(words.note, labels_words.HEADS), box=None)
    for score in scores[:_MOST_LABELS]:
        table.add_row(*labels_words.row(score, words))
    for column in table.columns[1:]:
        # Names of labels may be broken; numbers are not, whatever the width.
        column.justify, column.no_wrap = "right", True
        column.min_width = max(len(str(cell)) for cell in (column.header, *column.cells))
    least = terminal.measure(table, options=terminal.options.update(max_width=1_000_000)).minimum
    Terminal(width=max(terminal.width, least)).print(table)
    for missed, invented, count in evaluation.taken_for(_PAIRS):
        terminal.print(
            words.note(_TAKEN, n=words.integer(count), missed=visible(missed), invented=visible(invented))
        )
