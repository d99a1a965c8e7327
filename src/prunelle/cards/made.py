"""The cards of what jobs make of a request: a gallery of figures, a network described, what the disk holds.

The rooms that have these objects are above this one, and call it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from PIL import Image

from prunelle.cards.network import MOST_LAYERS, layer_table, sizes
from prunelle.drawing import card
from prunelle.networks.summary import LayerRow
from prunelle.report.words import Words
from prunelle.texts import Note, default_language

_GALLERY = Note("What it sees", "Ce qu’il voit")
_FIGURES = Note("Figures: {n}, on the page {page}", "Figures : {n}, sur la page {page}")
_LEFT_OUT = Note("{view}: {why}", "{view} : {why}")
_MORE = Note("… and {n} more layers.", "… et {n} couches de plus.")
_HOLDS = Note("{n}, {size}", "{n}, {size}")
_FREED = Note("{size} freed", "{size} libérés")
_IN_USE = Note("In use, and left: {path}", "Utilisé, et laissé : {path}")

MOST_FIGURES, FIGURE_PX = 6, 300


def gallery(page: Path, figures: Sequence[str], left_out: Mapping[str, Note]) -> str:
    """The first figures, small, and where all of them are.

    Args:
        figures: names of the files beside the page, without their ending.
    """
    words = Words(default_language())

    def parts() -> Iterator[str]:
        yield card.sentence(
            card.filled(
                words.note(_FIGURES),
                n=card.seen(words.integer(len(figures))),
                page=card.code(str(page)),
            )
        )
        yield card.row(
            _thumbnail(page.parent / "figures" / f"{name}.png", name) for name in figures[:MOST_FIGURES]
        )
        yield card.listed(
            [words.note(_LEFT_OUT).format(view=view, why=words.note(why)) for view, why in left_out.items()]
        )

    return card.card(words.note(_GALLERY), parts(), words.language)


def _thumbnail(file: Path, name: str) -> str:
    try:
        with Image.open(file) as opened:
            small = opened.convert("RGB")
    except OSError:  # moved since
        return ""
    small.thumbnail((FIGURE_PX, FIGURE_PX), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=75)
    return card.picture(f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}", name)


def description(name: str, input_shape: tuple[int, ...], parameters: int, layers: Sequence[LayerRow]) -> str:
    """The table of a network's layers, as ``prunelle networks NAME`` prints it."""
    words = Words(default_language())
    rest = len(layers) - MOST_LAYERS
    parts = [
        card.facts(sizes(parameters, layers, input_shape, words)),
        layer_table(layers[:MOST_LAYERS], words),
        card.sentence(words.note(_MORE, n=words.integer(rest)), muted=True) if rest > 0 else "",
    ]
    return card.card(name, parts, words.language, kind=words("network").lower())


def disk_usage(what: Note, folder: Path, number: int, size: int) -> str:
    """How many there are, and what they take."""
    words = Words(default_language())
    holds = words.note(_HOLDS, n=words.integer(number), size=words.size(size))
    return card.card(
        words.note(what), [card.sentence(holds), card.sentence(card.code(str(folder)))], words.language
    )


def cleared(size: int, in_use: Sequence[Path]) -> str:
    """What was freed, and what was left."""
    words = Words(default_language())
    left = [card.filled(words.note(_IN_USE), path=card.code(str(path))) for path in in_use]
    return card.card(words.note(_FREED, size=words.size(size)), [card.listed(left)], words.language)
