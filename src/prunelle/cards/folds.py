"""The card of a cross-validation: what its report says first."""

from __future__ import annotations

from markupsafe import Markup

from prunelle.drawing import card
from prunelle.report import folds_page
from prunelle.report.words import Words
from prunelle.runs.folds import Folds
from prunelle.texts import Note, default_language, visible

_TITLE = Note("Cross-validation in {k} folds", "Validation croisée à {k} plis")


def folds(shown: Folds) -> str:
    """What all folds say, a line each, and what it means."""
    words = Words(default_language())
    lines = [
        [line[name] for name in ("name", "n", "accuracy", "interval", "loss")]
        for line in folds_page.lines(shown, words)
    ]
    parts = [
        card.sentence(Markup(visible(folds_page.headline(shown, words)))),
        card.table(
            [
                words.note(folds_page.FOLD),
                *(words(each) for each in ("pictures", "accuracy", "interval", "loss")),
            ],
            lines,
            numbers=(1, 2, 3, 4),
        ),
        card.listed(folds_page.caveats(shown, words)),
        card.facts([(words("report"), card.code(str(shown.path / "report.html")))]),
    ]
    title = words.note(_TITLE, k=len(shown.runs))
    return card.card(title, parts, words.language, kind=str(shown.info["data"]["name"]))
