"""The fonts of figures, and how wide a text is in them."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from typing import Any

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from prunelle.texts import visible

FAMILY = "DejaVu Sans"
TITLE, LABEL, SMALL = 15, 12.5, 10.5
"""Points, of a figure as large as a slide."""

# It comes with matplotlib; these, where the machine has them, write names that it cannot.
_OTHER_FONTS = ("Noto Sans CJK SC", "Noto Sans Arabic", "PingFang SC", "Microsoft YaHei", "Arial Unicode MS")


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """In inches."""
    if not text:
        return 0.0
    drawable = visible(text)
    font = FontProperties(family=FAMILY, size=size, weight=weight)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        width, _, _ = text_to_path.get_text_width_height_descent(drawable, font, ismath=False)
        return float(width) / 72


@dataclasses.dataclass(frozen=True)
class Font:
    """How a text is set: its size in points, and its weight."""

    size: float
    weight: str = "normal"

    def width(self, text: str) -> float:
        """In inches."""
        return text_width(text, self.size, self.weight)

    @property
    def options(self) -> dict[str, Any]:
        """As matplotlib takes them."""
        return {"fontsize": self.size, "fontweight": self.weight, "fontfamily": FAMILY}


def shortened(text: str, size: float, width: float, weight: str = "normal") -> str:
    """``text``, or as much of it as ``width`` inches hold, with ``…`` at its end."""
    text = visible(text)
    if text_width(text, size, weight) <= width:
        return text
    keep = len(text)
    while keep and text_width(text[:keep].rstrip() + "…", size, weight) > width:
        keep -= 1
    return text[:keep].rstrip() + "…"


@functools.cache
def _fonts() -> list[str]:
    installed = set(font_manager.get_font_names())
    return [FAMILY, *(name for name in _OTHER_FONTS if name in installed)]


def name_fonts(figure: Any) -> None:
    """Gives every text of a figure all the fonts there are, so that none of its letters is a box."""
    for text in figure.findobj(Text):
        text.set_fontfamily(_fonts())
