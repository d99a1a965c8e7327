"""What is said of a step, of an epoch, of work in progress: a line each."""

from __future__ import annotations

import math
from collections.abc import Mapping

from prunelle.texts import EN, Note, Typography
from prunelle.training.records import EpochRecord, StepRecord

_MOST_LINES = 50

_BAR = 24
"""Characters of a bar."""

_EPOCH = Note("epoch", "époque")
_LOSS = Note("loss", "perte")
_ACCURACY = Note("accuracy", "exactitude")
_VAL_LOSS = Note("val loss", "perte val.")
_VAL_ACCURACY = Note("val accuracy", "exactitude val.")
_FIGURES = {
    "mean_absolute_error": Note("mean error", "erreur moyenne"),
    "mean_average_precision": Note("mAP", "mAP"),
}
_DATA_WAIT = Note("data wait", "attente des données")
_LEFT = Note("{time} left", "encore {time}")
_UNITS = {"images": Note("images", "images"), "series": Note("series", "séries")}


def stays(record: EpochRecord) -> bool:
    """Whether an epoch has a line that stays: all of them; of hundreds some, the last, and those with a warning."""
    return (
        record.epoch % _every(record.epochs) == 0
        or record.epoch == record.epochs
        or record.warning is not None
    )


def _every(epochs: int) -> int:
    """Of a training of hundreds of epochs about fifty lines are kept: one every so many."""
    return math.ceil(epochs / _MOST_LINES) if epochs > 2 * _MOST_LINES else 1


def progress_line(what: Note, done: int, total: int, words: Typography = EN) -> str:
    """``downloading resnet18  ━━━━━━━━━━──────────  50 %  23,400,000 of 46,800,000``."""
    filled = done * _BAR // total
    share = words.percent(done / total, digits=0)
    of = words.note(
        Note("{done} of {total}", "{done} sur {total}"), done=words.integer(done), total=words.integer(total)
    )
    return f"{words.note(what)}  {'━' * filled}{'─' * (_BAR - filled)}  {share:>5}  {of}"


def step_line(record: StepRecord, words: Typography = EN) -> str:
    """``epoch 2/10  63 %  loss 0.131  accuracy 96.2 %  5,210 images/s  data wait 1 %  02:13 left``."""
    return "  ".join(
        (
            f"{words.note(_EPOCH)} {record.epoch}/{record.epochs}",
            f"{words.percent(record.step / record.steps, digits=0):>5}",
            f"{words.note(_LOSS)} {words.decimal(record.loss, 4)}",
            *_told(record.accuracy, record.figures, words, width=0),
            _pace(record, words),
            f"{words.note(_DATA_WAIT)} {words.percent(record.data_wait, digits=0)}",
            words.note(_LEFT, time=clock(record.seconds_left)),
        )
    )


def epoch_line(record: EpochRecord, words: Typography = EN) -> str:
    """One epoch in a line, aligned with the others; ``*`` marks the best weights so far."""
    width = len(str(record.epochs))
    parts = [
        f"{words.note(_EPOCH)} {record.epoch:>{width}}/{record.epochs}",
        f"{words.note(_LOSS)} {words.decimal(record.train_loss, 4)}",
        *_told(record.train_accuracy, record.train_figures, words, width=8),
    ]
    if record.val_loss is not None:
        mark = " *" if record.improved else "  "
        parts.append(f"{words.note(_VAL_LOSS)} {words.decimal(record.val_loss, 4)}")
        if record.val_accuracy is not None:
            parts.append(f"{words.note(_VAL_ACCURACY)} {words.percent(record.val_accuracy, digits=2):>8}")
        parts[-1] += mark
    parts += [
        f"{figure_name(name, words)} {words.decimal(value, 4)}" for name, value in record.metrics.items()
    ]
    parts += [_pace(record, words), clock(record.seconds)]
    return "  ".join(parts)


def _told(
    accuracy: float | None, figures: Mapping[str, float], words: Typography, *, width: int
) -> list[str]:
    """What an accuracy, or what is told in its place, is called and is."""
    if accuracy is not None:
        return [f"{words.note(_ACCURACY)} {words.percent(accuracy, digits=2):>{width}}"]
    return [f"{figure_name(name, words)} {words.decimal(value, 4)}" for name, value in figures.items()]


def figure_name(name: str, words: Typography) -> str:
    """A column of ``results.csv``, as lines call it; one of the caller's own by its name."""
    return words.note(_FIGURES[name]) if name in _FIGURES else name


def _pace(record: StepRecord | EpochRecord, words: Typography) -> str:
    return f"{words.decimal(record.images_per_second, 0)} {words.note(_UNITS[record.unit])}/s"


def clock(seconds: float) -> str:
    """``02:13``, or ``1:02:13`` from an hour on."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
