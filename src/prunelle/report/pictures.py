"""How pictures show in a report: their pixels, in the page itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image
from torch import nn

from prunelle.data.preprocess import Preprocess
from prunelle.report.insight import look_inside
from prunelle.report.words import Words
from prunelle.texts import Language
from prunelle.training.metrics import Evaluation

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


def viewable(pictures: np.ndarray, *, of_bytes: bool) -> np.ndarray:
    """Those that are no bytes, as bytes to look at; others as they are.

    Args:
        of_bytes: their values are on the scale of bytes; else the lowest is black and the highest white.
    """
    if pictures.dtype == np.uint8 or not len(pictures):
        return pictures
    low, high = (0.0, 255.0) if of_bytes else (float(pictures.min()), float(pictures.max()))
    levels = (pictures - low) * (255 / max(high - low, 1e-9))
    return np.asarray(np.rint(np.clip(levels, 0, 255)), np.uint8)


insight = look_inside


def plates(
    network: nn.Module,
    evaluation: Evaluation,
    examples: np.ndarray,
    preprocess: Preprocess,
    language: Language,
) -> list[Any]:
    """None: ``insight`` has what there is to show."""
    return []


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
