"""The card of an export: where it is, and the check's table."""

from __future__ import annotations

from prunelle.drawing import card
from prunelle.exports import check_words
from prunelle.exports.result import Export
from prunelle.texts import Note, Typography, default_language

_EXPORT = Note("export", "export")
_FILES = Note("files", "fichiers")


def export(shown: Export) -> str:
    """What was written, and whether it answers as the network does."""
    words = Typography(default_language())
    parts = [
        card.table(
            [words.note(head) for head in check_words.HEADS],
            [check_words.row(row, words) for row in shown.check.rows],
            numbers=tuple(range(1, len(check_words.HEADS))),
        ),
        card.listed([*check_words.sentences(shown.check, words), *check_words.otherwise(shown.check, words)]),
        card.facts([(words.note(_FILES), ", ".join(file.name for file in shown.files))]),
    ]
    return card.card(str(shown.path), parts, words.language, kind=words.note(_EXPORT))
