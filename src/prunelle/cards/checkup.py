"""The card of a check: how many findings of each kind, the first pictures, and where the page is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prunelle.checks.checkup import Checkup
from prunelle.checks.list import KINDS
from prunelle.drawing import card
from prunelle.report.kinds import SHOWN
from prunelle.texts import Note, Typography, default_language

_KIND = Note("check of data", "examen de données")
_FOUND, _COUNT = Note("Found", "Trouvé"), Note("Findings", "Trouvailles")
_NOTHING = Note("Nothing odd was found.", "Rien d’étrange n’a été trouvé.")
_PAGE = Note("All of them: {page}", "Tout voir : {page}")
_PERHAPS = Note("{label}? {name}", "{label} ? {name}")

MOST_PICTURES, SIDE_PX = 8, 72


def checkup(shown: Checkup) -> str:
    """A line a kind; of what is about one example, the first pictures."""
    words = Typography(default_language())

    def parts() -> Iterator[str]:
        if not shown.findings:
            yield card.sentence(words.note(_NOTHING))
        else:
            rows = [
                (words.note(KINDS[kind]), words.integer(count), words.note(shown.of_kind(kind)[0].what))
                for kind, count in shown.counts.items()
            ]
            yield card.table([words.note(_FOUND), words.note(_COUNT), ""], rows, numbers=(1,))
            yield card.row(_pictures(shown, words))
        if shown.page is not None:
            yield card.sentence(card.filled(words.note(_PAGE), page=card.code(str(shown.page))), muted=True)

    return card.card(shown.inspected.data.name, parts(), words.language, kind=words.note(_KIND))


def _pictures(shown: Checkup, words: Typography) -> Iterator[str]:
    some = [finding for finding in shown.findings if finding.suggested and finding.rows][:MOST_PICTURES]
    some = some or [finding for finding in shown.findings if finding.rows][:MOST_PICTURES]
    as_shown = SHOWN[shown.inspected.kind.name]
    examples = [np.asarray(shown.inspected.example(finding.rows[0])) for finding in some]
    written = as_shown.writer([each[None] for each in examples], len(examples), 2 * SIDE_PX)
    for finding, example in zip(some, examples, strict=True):
        name = shown.name_of(finding)
        caption = (
            name if finding.suggested is None else words.note(_PERHAPS, label=finding.suggested, name=name)
        )
        yield card.picture(written(example), caption, side_px=SIDE_PX)
