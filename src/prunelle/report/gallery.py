"""The page of a look: every figure, by view, with what a view cannot show and why."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

from prunelle.report.html import template, writable
from prunelle.texts import Language, Note, Typography

TEXTS = {
    "look": Note("What a network sees", "Ce que voit un réseau"),
    "title": Note("What {name} sees", "Ce que voit {name}"),
    "contents": Note("Contents", "Sommaire"),
    "left_out": Note("Not shown", "Non montré"),
    "more": Note("{n} more pages", "{n} autres pages"),
    "one_more": Note("1 more page", "1 autre page"),
    "notes": Note("Good to know", "Bon à savoir"),
}


class GalleryWords(Typography):
    """The page's sentences in one language."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True)
class Shown:
    """A figure on the page.

    Attributes:
        title: figures of one title that follow each other are pages of one.
        png, svg: relative to the page.
        width, height: of the PNG, in pixels.
    """

    title: str
    png: str
    svg: str
    width: int
    height: int


@dataclasses.dataclass(frozen=True)
class Section:
    """A view on the page.

    Attributes:
        name: of the view.
        title, text: its heading, and how it is read.
        figures: in order.
        left_out: why it makes no sense here; None where it does.
    """

    name: str
    title: str
    text: str
    figures: Sequence[Shown]
    left_out: Note | None

    @property
    def groups(self) -> list[list[Shown]]:
        """The figures, pages of one title together."""
        return [list(group) for _, group in itertools.groupby(self.figures, key=lambda figure: figure.title)]


def render(name: str, sections: Sequence[Section], notes: Sequence[Note], language: Language) -> str:
    """The page.

    Args:
        name: of the network, or of its run.
        sections: a view each, in order.
        notes: what a reader should know: pictures that could not be read, random weights.
    """
    words = GalleryWords(language)
    return writable(template("gallery.html").render(t=words, name=name, sections=sections, notes=notes))
