"""What is needed around Pillow: silence, which way is up, and grey or RGB of any of its modes."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from prunelle.data.preprocess import Preprocess
from prunelle.data.resizing import as_image

# EXIF orientation → what undoes it (EXIF 2.32, tag 0x0112).
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Rows that are converted together: what that takes besides the picture stays small.
_BAND_PIXELS = 1 << 20


def orientation_of(image: Image.Image) -> int:
    """By its EXIF block; 1 where it says nothing."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1  # A damaged EXIF block says nothing about the pixels.
    return value if value in _UPRIGHT else 1


def upright(pixels: np.ndarray, orientation: int, preprocess: Preprocess) -> np.ndarray:
    """As stored → upright ``(H, W, C)``, border included. It is turned last, when it is small."""
    if orientation != 1:
        turned = as_image(pixels).transpose(_UPRIGHT[orientation])
        pixels = np.asarray(turned).reshape(*preprocess.size, -1)
    border = preprocess.border
    return np.pad(pixels, ((border, border), (border, border), (0, 0))) if border else pixels


def stored_size(preprocess: Preprocess, orientation: int) -> tuple[int, int]:
    """The size asked for, before the picture is turned upright."""
    height, width = preprocess.size
    return (width, height) if orientation >= 5 else (height, width)


def is_grey(image: Image.Image) -> bool:
    """Whether it has no colours, by its mode."""
    return image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;16")


def to_plain(image: Image.Image, mode: str) -> Image.Image:
    """Any mode of Pillow → L or RGB, in bands of rows where one of Pillow's conversions alone does not do.

    Args:
        mode: L or RGB; or CMYK, of an image that is.
    """
    if image.mode == mode == "CMYK":
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        convert = _levels(image)
    elif image.has_transparency_data:
        convert = _on_white
    elif image.mode in ("L", "RGB"):
        return image if image.mode == mode else image.convert(mode)
    else:
        # By way of RGB, since modes such as CMYK have no direct way to grey; exact for what is grey already.
        def convert(band: Image.Image) -> Image.Image:
            return band.convert("L" if band.mode == "1" else "RGB")

    plain = Image.new(mode, image.size)
    for box in _bands(image.size):
        band = convert(image.crop(box))
        plain.paste(band if band.mode == mode else band.convert(mode), box)
    return plain


def _bands(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Boxes one below the other that cover a picture."""
    width, height = size
    rows = max(1, _BAND_PIXELS // max(1, width))
    for top in range(0, height, rows):
        yield 0, top, width, min(height, top + rows)


def _levels(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """How bands of more than 8 bits become L."""
    scale = 1
    # What is no number is no value above 1 either.
    if image.mode == "F" and not any((np.asarray(image.crop(box)) > 1).any() for box in _bands(image.size)):
        scale = 255

    def convert(band: Image.Image) -> Image.Image:
        values = np.asarray(band)
        if band.mode == "F":
            levels = np.nan_to_num(values, posinf=255.0).astype(np.float64)
            levels *= scale
        else:
            levels = values / 257
        # In place: a pass over memory takes as long as what it computes.
        np.rint(levels, out=levels)
        return Image.fromarray(np.clip(levels, 0, 255, out=levels).astype(np.uint8))

    return convert


def _on_white(band: Image.Image) -> Image.Image:
    band = band.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", band.size, "white"), band)


_quiet_lock = threading.Lock()
_quiet_depth = 0
_quiet = contextlib.ExitStack()


@contextlib.contextmanager
def no_warnings() -> Iterator[None]:
    """Silence, counted: the warning filters belong to the process, and many threads decode at once."""
    global _quiet_depth
    with _quiet_lock:
        if _quiet_depth == 0:
            _quiet.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _quiet_depth += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0:
                _quiet.close()
