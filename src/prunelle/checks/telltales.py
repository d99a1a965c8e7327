"""What is known of the files beside what they show: a column of numbers or words for every example.

``tell_tale`` asks whether a class can be told from one of them.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from typing import cast

import numpy as np

from prunelle.checks.colours import grey
from prunelle.checks.inspected import Inspected
from prunelle.data.file_facts import FileFacts
from prunelle.data.series.container import Series
from prunelle.texts import EN, FR, Note, visible

FRAMED_PX = 48
"""Pictures smaller than this have no room for a frame: their border is what they show."""

_FRAME_DEVIATION = 3.0
_MOST_WORDS = 20
_PARTS = (12, 6)
"""That a number falls into, where it is alone, and where there are two."""

_UNITS = {
    "": ("", ""),
    "pixels": (" pixels", " pixels"),
    "bits": (" bits a pixel", " bits par pixel"),
    "steps": (" steps", " pas"),
    "%": (" %", " %"),
}
_WORDS = {
    "none": ("none", "aucun"),
    "others": ("others", "autres"),
    "grey": ("grey", "gris"),
    "colour": ("colours", "couleurs"),
    "dark border": ("dark", "sombre"),
    "medium border": ("medium bright", "moyen"),
    "bright border": ("bright", "clair"),
}


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Telltale:
    """Something beside what is shown.

    Attributes:
        name: in a sentence, with its article.
        numbers: ``(N, F)``, F 1 or 2, NaN where it is not known; None of words.
        words: N: a format, a camera…
        unit: of the first number.
        is_shown: it may follow from what is shown: much detail makes large files.
    """

    name: Note
    numbers: np.ndarray | None = None
    words: tuple[str, ...] | None = None
    unit: str = ""
    is_shown: bool = False

    def of(self, rows: np.ndarray) -> Note:
        """What it is of some examples: the middle number, or the most frequent word."""
        if self.words is not None:
            word, count = Counter(self.words[row] for row in rows).most_common(1)[0]
            share, en, fr = count / len(rows), *_WORDS.get(word, (visible(word), visible(word)))
            return Note(f"{en} ({EN.percent(share, digits=0)})", f"{fr} ({FR.percent(share, digits=0)})")
        assert self.numbers is not None
        known = self.numbers[rows, 0][~np.isnan(self.numbers[rows, 0])]
        value = float(np.median(known)) if len(known) else float("nan")
        if self.unit == "bytes":
            return Note(EN.size(value), FR.size(value))
        if self.unit == "days":
            day = "–" if np.isnan(value) else str(np.datetime64(int(value), "D"))
            return Note(day, day)
        en, fr = _UNITS[self.unit]
        return Note(EN.number(value) + en, FR.number(value) + fr)

    def cells(self, learned: np.ndarray) -> np.ndarray:
        """``(N,)`` int64: which examples are alike by it; numbers fall into as many parts as ``learned`` ones do."""
        if self.words is not None:
            return np.unique(self.words, return_inverse=True)[1].astype(np.int64)
        assert self.numbers is not None
        parts = _PARTS[self.numbers.shape[1] - 1]
        cells = np.zeros(len(self.numbers), np.int64)
        for column in self.numbers.T:
            known = column[learned][~np.isnan(column[learned])]
            edges = np.unique(np.quantile(known, np.arange(1, parts) / parts)) if len(known) else known
            part = np.where(np.isnan(column), parts, np.searchsorted(edges, column, side="right"))
            cells = cells * (parts + 1) + part
        return cells


def telltales(inspected: Inspected) -> Iterator[Telltale]:
    """All that there are of these examples and that vary."""
    for one in {"pictures": _of_pictures, "series": _of_series}[inspected.kind.name](inspected):
        if len(np.unique(one.cells(np.arange(len(inspected))))) > 1:
            yield one


def _of_pictures(inspected: Inspected) -> Iterator[Telltale]:
    if inspected.facts is not None:
        yield from _of_files(inspected.facts)
    is_grey = grey(inspected)
    yield Telltale(
        name=Note("whether it has colours", "la présence de couleurs"),
        words=tuple("grey" if one else "colour" for one in is_grey),
    )
    if all(min(part.images.shape[1:3]) >= FRAMED_PX for part in inspected.pixels.values()):
        yield Telltale(
            name=Note("a plain border", "un bord uni"),
            words=tuple(word for part in inspected.pixels.values() for word in _frames(part.images)),
        )


def _of_files(facts: tuple[FileFacts | None, ...]) -> Iterator[Telltale]:
    def numbers(of: Callable[[FileFacts], tuple[float, ...]], count: int = 1) -> np.ndarray:
        return np.array([of(one) if one else (np.nan,) * count for one in facts], float).reshape(-1, count)

    def words(of: Callable[[FileFacts], str]) -> tuple[str, ...]:
        all_ = [(of(one) if one else "") or "none" for one in facts]
        frequent = {word for word, _ in Counter(all_).most_common(_MOST_WORDS)}
        return tuple(word if word in frequent else "others" for word in all_)

    yield Telltale(
        name=Note("the size of the picture", "la taille de l’image"),
        numbers=numbers(lambda one: (max(one.width, one.height), min(one.width, one.height)), 2),
        unit="pixels",
    )
    yield Telltale(
        name=Note("its width over its height", "sa largeur sur sa hauteur"),
        numbers=numbers(lambda one: (one.width / one.height,)),
    )
    yield Telltale(
        name=Note("the size of the file", "la taille du fichier"),
        numbers=numbers(lambda one: (one.size_bytes,)),
        unit="bytes",
        is_shown=True,
    )
    yield Telltale(
        name=Note("how much the file is compressed", "la compression du fichier"),
        numbers=numbers(lambda one: (8 * one.size_bytes / (one.width * one.height),)),
        unit="bits",
        is_shown=True,
    )
    yield Telltale(
        name=Note("the format of the file", "le format du fichier"), words=words(lambda one: one.format)
    )
    yield Telltale(name=Note("the camera", "l’appareil photo"), words=words(lambda one: one.camera))
    yield Telltale(
        name=Note("the colour profile", "le profil de couleurs"), words=words(lambda one: one.colours)
    )
    yield Telltale(
        name=Note("the date", "la date"),
        numbers=numbers(lambda one: (np.nan if one.taken is None else one.taken / 86_400,)),
        unit="days",
    )


def _frames(images: np.ndarray) -> list[str]:
    """N words: on which opposite sides the border is of one colour and the same, and how bright that is."""
    plain, brightness = [], []
    for pair in ((images[:, :, 0], images[:, :, -1]), (images[:, 0], images[:, -1])):
        one, other = (np.asarray(side, np.float32) for side in pair)
        means = one.mean(axis=1)
        spread = np.maximum(one.std(axis=1), other.std(axis=1)).max(axis=1)
        gap = np.abs(means - other.mean(axis=1)).max(axis=1)
        plain.append((spread < _FRAME_DEVIATION) & (gap < 2 * _FRAME_DEVIATION))
        brightness.append(means.mean(axis=1))
    level = np.where(plain[0], *brightness)
    names = ("dark", "medium", "bright")
    return [
        f"{names[min(int(light * 3 / 256), 2)]} border" if any(sides) else "none"
        for *sides, light in zip(*plain, level, strict=True)
    ]


def _of_series(inspected: Inspected) -> Iterator[Telltale]:
    lengths, missing = [], []
    given = {split.name: split for split in inspected.data.splits()}
    for name in inspected.pixels:
        series = cast(Series, given[name].array)
        lengths.append(series.lengths)
        missing += [float(np.isnan(one).mean()) for one in series]
    yield Telltale(
        name=Note("its length", "sa longueur"),
        numbers=np.concatenate(lengths).astype(float)[:, np.newaxis],
        unit="steps",
    )
    yield Telltale(
        name=Note("how much of it is missing", "ce qui y manque"),
        numbers=100 * np.array(missing, float)[:, np.newaxis],
        unit="%",
    )
