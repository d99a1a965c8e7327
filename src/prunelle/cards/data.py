"""The cards of labelled data and of one of its splits: how many there are of what, and what they look like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from prunelle.data.examples import Data, Split
from prunelle.data.kinds import kind_of
from prunelle.drawing import card
from prunelle.errors import PrunelleError
from prunelle.report.kinds import SHOWN
from prunelle.report.words import Words
from prunelle.texts import Note, default_language

_KIND = Note("data", "données")
_ALL = Note("all", "en tout")
_CLASSES = Note("Classes", "Classes")
_NETWORK_SEES = Note("Size", "Taille")
_OTHERS = Note("the other {n}", "les {n} autres")

MOST_CLASSES, MOST_PICTURES, SIDE_PX = 12, 10, 72


def data(shown: Data) -> str:
    """Examples by class and split; a training example of each class."""
    language = default_language()
    as_shown = SHOWN[kind_of(shown.preprocess).name]
    words = as_shown.words(language)
    parts = [
        card.facts(
            [
                (words.note(_CLASSES), words.integer(len(shown.classes))),
                *((words(split.name), words.integer(len(split))) for split in shown.splits()),
                (words.note(_NETWORK_SEES), as_shown.input_text(shown.preprocess, words)),
            ]
        ),
        card.row(_examples(shown)),
        _counts(shown, words),
        card.listed([words.note(note) for note in shown.notes]),
    ]
    return card.card(shown.name, parts, language, kind=words.note(_KIND))


def split(shown: Split) -> str:
    """How many examples of each number of a class; a split does not know their names, nor what else they have."""
    words = Words(default_language())
    facts = [(words("pictures"), words.integer(len(shown)))]
    of_classes = shown.labels.ndim == 1 and np.issubdtype(shown.labels.dtype, np.integer)
    counts = np.bincount(shown.labels) if of_classes else np.empty(0, int)
    if of_classes:
        facts.append((words.note(_CLASSES), words.integer(len(counts))))
    parts: list[str] = [card.facts(facts)]
    if of_classes:
        numbers = [str(number) for number in range(len(counts))]
        parts.append(_table(numbers, counts[:, np.newaxis], [shown], words))
    return card.card(words(shown.name), parts, words.language, kind=words("split"))


def _counts(shown: Data, words: Words) -> str:
    splits = list(shown.splits())
    counts = np.stack([shown.target.counts(split.labels, shown.classes) for split in splits], axis=1)
    return _table(shown.classes, counts, splits, words)


def _table(classes: Sequence[str], counts: np.ndarray, splits: Sequence[Split], words: Words) -> str:
    rows = [
        (name, *(words.integer(int(n)) for n in row))
        for name, row in zip(classes[:MOST_CLASSES], counts, strict=False)
    ]
    if len(classes) > MOST_CLASSES:
        others = counts[MOST_CLASSES:].sum(axis=0)
        name = words.note(_OTHERS, n=words.integer(len(classes) - MOST_CLASSES))
        rows.append((name, *(words.integer(int(n)) for n in others)))
    rows.append((words.note(_ALL), *(words.integer(len(split)) for split in splits)))
    head = [words("class"), *(words(split.name) for split in splits)]
    return card.table(head, rows, numbers=range(1, len(head)))


def _examples(shown: Data) -> Iterator[str]:
    """One a class, of classes that are evenly spread where there are many."""
    each = list(shown.target.rows_of_each(shown.train.labels, shown.classes).values())
    number = min(MOST_PICTURES, len(each))
    firsts = [each[k * len(each) // number][:1] for k in range(number)]
    rows = np.concatenate([*firsts, np.empty(0, int)]).astype(int)
    try:
        pixels = shown.train.take(rows).decode(shown.preprocess)
    except (PrunelleError, OSError):
        return  # files that are gone: what they were is still told
    if len(pixels) == 0:
        return
    as_shown = SHOWN[kind_of(shown.preprocess).name]
    images = as_shown.viewable(pixels.images, of_bytes=False)
    written = as_shown.writer([images], len(images), 2 * SIDE_PX)
    for image, label in zip(images, pixels.labels, strict=True):
        name = shown.target.written(label, shown.classes)
        yield card.picture(written(image), name, side_px=SIDE_PX)
