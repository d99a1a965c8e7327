"""How pictures show in a report: their pixels, in the page itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from prunelle.data.preprocess import Preprocess
from prunelle.report.words import Words
from prunelle.texts import Language

SMALL_PX = 48
"""Pictures up to this side are embedded pixel for pixel and enlarged crisp; larger ones as small JPEGs."""

CSS_CLASS = ""


def words(language: Language) -> Words:
    """The report's texts."""
    return Words(language)


def input_text(preprocess: Preprocess, words: Words) -> str:
    """``28×28 pixels, grey``."""
    height, width = preprocess.input_size
    colours = words("grey" if preprocess.channels == 1 else "colour")
    return words("pixels", width=width, height=height, channels=colours)


def is_crisp(preprocess: Preprocess) -> bool:
    """Whether they are enlarged pixel for pixel."""
    return max(preprocess.input_size) <= SMALL_PX


def left_out(preprocess: Preprocess, words: Words) -> list[str]:
    """Nothing of a picture is."""
    return []


def writer(examples: Sequence[np.ndarray], drawings: int, largest_px: int) -> Callable[[np.ndarray], str]:
    """What writes a picture as a ``data:`` address; its side is at most ``largest_px``."""
    return lambda image: data_uri(image, largest_px)


def data_uri(image: np.ndarray, largest_px: int) -> str:
    """``(H, W, C)`` uint8 → ``data:`` address: the exact pixels as PNG if small, else a JPEG that large."""
    picture = Image.fromarray(np.ascontiguousarray(image[..., 0] if image.shape[-1] == 1 else image))
    buffer = io.BytesIO()
    if max(picture.size) <= SMALL_PX:
        kind = "png"
        picture.save(buffer, "PNG", optimize=True)
    else:
        kind = "jpeg"
        picture.thumbnail((largest_px, largest_px), Image.Resampling.LANCZOS)
        picture.save(buffer, "JPEG", quality=85)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
