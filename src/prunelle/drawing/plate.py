"""A figure with its fixed name, and how it becomes a PNG and an SVG."""

from __future__ import annotations

import dataclasses
import re
import warnings
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from prunelle.drawing.fonts import name_fonts
from prunelle.drawing.pixels import DPI


@dataclasses.dataclass(frozen=True, eq=False)
class Plate:
    """A figure with its fixed name.

    Attributes:
        name: of its files, without the ending: ``activations-1-features.0-p2``.
        title: in the reader's language; also what stands for the figure where it cannot be seen.
        figure: what to save.
    """

    name: str
    title: str
    figure: Figure

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Writes ``name.png`` and ``name.svg``; the same figure gives the same bytes."""
        png, svg = folder / f"{self.name}.png", folder / f"{self.name}.svg"
        name_fonts(self.figure)
        with warnings.catch_warnings():
            # A script without a font here shows as boxes in the PNG; a browser has fonts.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            canvas = FigureCanvasAgg(self.figure)
            self.figure.set_dpi(DPI)
            canvas.draw()  # type: ignore[no-untyped-call]
            drawn = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
            _lighter(Image.fromarray(drawn[..., :3])).save(png)
            # Text stays text: small, searchable, and read aloud.
            with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "prunelle"}):
                self.figure.savefig(svg, format="svg", metadata={"Date": None})
        return png, svg


def file_name(*parts: object) -> str:
    """``activations-1-features.0``; of the names of modules, what file names may not hold becomes ``_``."""
    return "-".join(re.sub(r"[^\w.]+", "_", str(part)) for part in parts)


def paged(*parts: object, page: int) -> str:
    """``file_name``; the first page has the plain name, the second ``-p2``."""
    return file_name(*parts) + (f"-p{page + 1}" if page else "")


def _lighter(image: Image.Image) -> Image.Image:
    """In grey where there is no more colour than the ink has: a third of the bytes."""
    pixels = np.asarray(image)
    chroma = pixels.max(axis=2) - pixels.min(axis=2)
    return image.convert("L") if chroma.max() <= 24 else image
