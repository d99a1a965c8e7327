"""What ``prunelle evaluate`` prints of a run that tells a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prunelle.cli.output import spoken
from prunelle.texts import Note, visible

if TYPE_CHECKING:
    from prunelle.training.numbers_evaluation import NumbersEvaluation

_FARTHEST = 5

_RANGES = (
    Note("{name} from", "{name} de"),
    Note("to", "à"),
    Note("examples", "exemples"),
    Note("mean error", "erreur moyenne"),
    Note("95 % interval", "intervalle à 95 %"),
    Note("bias", "biais"),
)
_LEAST_OFF = Note("Farthest off:", "Les plus loin :")
_ONE = Note("{file}: {answer} in place of {truth}", "{file} : {answer} au lieu de {truth}")


def show(evaluation: NumbersEvaluation) -> None:
    """Sentences, the errors by range of the truth, the answers that are farthest off."""
    from rich.table import Table

    from prunelle.console.terminal import Terminal
    from prunelle.report import numbers_words
    from prunelle.runs import judging

    terminal, words, figures = Terminal(soft_wrap=True), spoken(), evaluation.summary()
    said = numbers_words.off(figures, words, judged=words.note(judging.judged_on(evaluation)))
    terminal.print(f"{said}.")
    for note in judging.notes_of(evaluation):
        terminal.print(words.note(note))
    for sentence in numbers_words.others(figures, words):
        terminal.print(sentence)
    error = evaluation.mean_absolute_error
    name = visible(evaluation.classes[0])
    table = Table(*(words.note(column, name=name) for column in _RANGES), box=None)
    for column in table.columns:
        column.justify, column.no_wrap = "right", True
    for row in numbers_words.ranges(evaluation, words):
        table.add_row(*row)
    terminal.print(table)
    if evaluation.files is None:
        return
    terminal.print(words.note(_LEAST_OFF))
    for at in evaluation.farthest(_FARTHEST):
        terminal.print(
            words.note(
                _ONE,
                file=visible(evaluation.files[at]),
                answer=numbers_words.written(float(evaluation.predicted[at]), error, words),
                truth=numbers_words.written(float(evaluation.labels[at]), error, words),
            )
        )
