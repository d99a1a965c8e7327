"""How a figure becomes a PNG, an SVG, or an element of a page.

Its text stays text in an SVG: small, searchable, read aloud, and in any script a browser can show. The same figure
gives the same bytes.
"""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageChops

from prunelle.drawing.fonts import name_fonts
from prunelle.drawing.palette import PAGE
from prunelle.drawing.pixels import DPI


def save(figure: Figure, *files: Path) -> None:
    """Writes it as PNG, SVG or PDF, by each name's ending."""
    with _laid_out(figure):
        for file in files:
            kind = file.suffix.lower().removeprefix(".")
            if kind == "png":
                _lighter(_pixels(figure)).save(file)
                continue
            undated = {"CreationDate" if kind == "pdf" else "Date": None}
            with _svg("prunelle"):
                figure.savefig(file, format=kind, metadata=undated)


def data_address(figure: Figure, *, width_px: int) -> str:
    """A ``data:`` address of a figure as WebP: what a card of a few kilobytes has room for."""
    with _laid_out(figure):
        image = _pixels(figure)
    image.thumbnail((width_px, 4 * width_px), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=80, method=6)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def svg_element(figure: Figure, name: str) -> str:
    """An ``<svg>`` element to put into a page; ``name`` keeps its ids apart from others'.

    Colours of the palette become the page's CSS variables, which is how a figure follows it into the dark.
    """
    buffer = io.StringIO()
    with _laid_out(figure), _svg(name):
        figure.savefig(buffer, format="svg", transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    # What is inline needs no names of XML dialects, and the style would apply to the whole page.
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"| version="[^"]*"', "", svg).replace("xlink:href", "href")
    # Ids of groups (axes_1…) are the same in every figure and nothing refers to them.
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r'\1 aria-hidden="true"', svg, count=1)
    for colour, variable in PAGE.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg


@contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """Within, it is ready to be drawn, in all the fonts there are."""
    name_fonts(figure)
    with warnings.catch_warnings():
        # A script without a font here shows as boxes in the PNG; a browser has fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        # With a layout engine, each file would lay out once more.
        if (layout := figure.get_layout_engine()) is not None:
            layout.execute(figure)
            figure.set_layout_engine(None)
        yield


def _svg(name: str) -> AbstractContextManager[None]:
    return matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name})


def _pixels(figure: Figure) -> Image.Image:
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DPI)
    canvas.draw()  # type: ignore[no-untyped-call]
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])  # type: ignore[no-untyped-call]


def _lighter(image: Image.Image) -> Image.Image:
    """In grey where there is no more colour than the ink has: a third of the bytes."""
    red, green, blue = image.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    least = ImageChops.darker(ImageChops.darker(red, green), blue)
    chroma = np.asarray(ImageChops.subtract(most, least))
    return image.convert("L") if chroma.max() <= 24 else image
