"""Animations without a window: the frames of a figure, and how they become files.

A frame draws only what changes: the rest of the figure is drawn once and copied (blitting), which takes a
sixth of the time of drawing all of it.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

FILM_DPI = 80
"""With figures 12.8 inches wide, frames of 1,024 pixels."""


@dataclasses.dataclass(frozen=True, eq=False)
class Animation:
    """Frames of one size.

    Attributes:
        frames: ``(H, W, 3)`` uint8 each.
        frame_s: how long each stays, in seconds; the last one stays longer.
    """

    frames: tuple[np.ndarray, ...]
    frame_s: float

    def save_gif(self, path: Path) -> None:
        """A GIF that repeats for ever, in the 96 colours that suit its frames best."""
        images = self._images(96)
        times = [round(1000 * self.frame_s)] * len(images)
        times[-1] += 1500
        images[0].save(path, save_all=True, append_images=images[1:], duration=times, loop=0, optimize=False)

    @cached_property
    def pngs(self) -> list[bytes]:
        """Each frame as a PNG file: made once for all pages that show it."""
        files = []
        for image in self._images(128):
            buffer = io.BytesIO()
            image.save(buffer, "PNG", optimize=True)
            files.append(buffer.getvalue())
        return files

    def _images(self, num_colours: int) -> list[Image.Image]:
        """The frames with one palette for all: where nothing changes, no byte does."""
        some = self.frames[:: max(1, len(self.frames) // 6)] + self.frames[-1:]
        palette = Image.fromarray(np.concatenate(some)).quantize(num_colours, Image.Quantize.MEDIANCUT)
        # Means of nearly white colours would be grey beside the page's white.
        entries = np.array(palette.getpalette()).reshape(-1, 3)
        entries[(entries > 247).all(axis=1)] = 255
        palette.putpalette(entries.astype(np.uint8).tobytes())
        none = Image.Dither.NONE
        return [Image.fromarray(frame).quantize(palette=palette, dither=none) for frame in self.frames]


def film(
    figure: Figure, frames: Iterable[Callable[[], tuple[Sequence[Artist], Sequence[Artist]]]], frame_s: float
) -> Animation:
    """Draws ``figure`` once, then each frame on top of it.

    Args:
        figure: what never changes.
        frames: each adds artists to the figure and returns those that stay in later frames, and those that go.
        frame_s: seconds a frame stays.
    """
    figure.set_dpi(FILM_DPI)
    canvas: Any = FigureCanvasAgg(figure)  # untyped in matplotlib
    canvas.draw()
    renderer = canvas.get_renderer()
    background = canvas.copy_from_bbox(figure.bbox)
    shots = []
    for frame in frames:
        canvas.restore_region(background)
        staying, going = frame()
        for artist in staying:
            artist.draw(renderer)
        if staying:
            background = canvas.copy_from_bbox(figure.bbox)
        for artist in going:
            artist.draw(renderer)
        shots.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())
        for artist in (*staying, *going):
            artist.remove()
    return Animation(tuple(shots), frame_s)
