"""The curves of a training on a card: those of the report, of the same lines of ``results.csv``, in a few kilobytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from prunelle.drawing import card
from prunelle.drawing.small_chart import Line, chart
from prunelle.report.words import Words

Row = Mapping[str, float | None]

_MOST_OTHERS = 2
"""Of what a program measures beside loss and accuracy."""


def curves(rows: Sequence[Row], words: Words, *, epochs: int | None = None) -> Markup:
    """Loss and accuracy by epoch, side by side; what else was measured, where there is no accuracy.

    Args:
        rows: as ``Run.results`` gives them.
        epochs: how many there are to be; None for those there are.
    """
    others = [name for name in dict.fromkeys(name for row in rows for name in row) if _is_other(name)]
    has_accuracy = any(row.get("train_accuracy") is not None for row in rows)
    if any(row.get("train_mean_absolute_error") is not None for row in rows):
        others.append("mean_absolute_error")
    figures = ["loss", *(["accuracy"] if has_accuracy else others[:_MOST_OTHERS])]
    return card.row(
        chart(
            words(name) if name in ("loss", "accuracy", "mean_absolute_error") else name,
            [
                Line(words("train"), [row.get(_training(name)) for row in rows], dashed=True),
                Line(words("validation"), [row.get(f"val_{name}") for row in rows]),
            ],
            along=words("epoch").lower(),
            written=words.percent if name == "accuracy" else words.number,
            rounded=(lambda share: words.percent(share, digits=0)) if name == "accuracy" else words.number,
            last_x=epochs,
            most=1.0 if name == "accuracy" else None,
        )
        for name in figures
    )


def _training(name: str) -> str:
    return f"train_{name}" if name in ("loss", "accuracy", "mean_absolute_error") else name


_KNOWN = ("epoch", "learning_rate", "seconds", "images_per_second", "data_wait", "lr")


def _is_other(name: str) -> bool:
    return not name.startswith(("train_", "val_")) and name not in _KNOWN
