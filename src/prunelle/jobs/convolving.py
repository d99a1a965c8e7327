"""Pictures and signals by name, by path or as numbers, and kernels by name, made the arrays of a convolution."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from prunelle.data.decode import read_bytes, read_picture, upright_size
from prunelle.data.preprocess import Preprocess
from prunelle.disk import writing
from prunelle.errors import ArgumentError, MissingData, UnknownName
from prunelle.look.convolution import drawing, kernels
from prunelle.look.convolution.arithmetic import Border, Channels, Padding
from prunelle.look.convolution.result import ConvolutionResult
from prunelle.look.convolution.result import convolve as apply
from prunelle.look.convolution.views import VIEWS, fitting
from prunelle.runs.listener import Listener
from prunelle.texts import Language, Note

MAX_SIDE = 640
"""Pixels; a larger picture from a file is reduced to this, which is what the figures can show."""

_PHOTOS = ("china", "flower")
_DIGITS = tuple(f"digit:{n}" for n in range(10))
_SIGNALS = {
    "step": (0.0,) * 8 + (4.0,) * 8,
    "bump": (0, 0, 0, 1, 3, 5, 5, 5, 4, 2, 0, 0, -1, -1, 0, 0),
    "noise": (),
}
INPUTS = (*_PHOTOS, *_DIGITS, *_SIGNALS)
"""Inputs by name. The photos and digits come with scikit-learn; nothing is downloaded."""


def convolve(
    source: ArrayLike | str | Path,
    kernel: ArrayLike | str | None,
    *,
    padding: Padding | int | Sequence[int],
    stride: int | Sequence[int],
    dilation: int | Sequence[int],
    border: Border,
    flip: bool,
    channels: Channels | Literal["grey"],
) -> ConvolutionResult:
    """A convolution of what is named; see ``prunelle.convolve``."""
    values, name = _input(source)
    if border != "zeros" and (
        padding == "valid" or not np.any(padding if not isinstance(padding, str) else 1)
    ):
        raise ArgumentError(
            f"border says what the padding holds, and padding={padding!r} adds none; received border={border!r}. "
            "Leave it out, or give padding='same'."
        )
    if channels != "sum" and values.ndim == 1:
        raise ArgumentError(
            f"channels is for pictures, and the input is a signal; received {channels!r}. Leave it out."
        )
    if channels == "grey":
        values, channels = drawing.grey(values), "sum"
    dims = 1 if values.ndim == 1 else 2
    weights: ArrayLike
    if kernel is None:
        kernel = "derivative" if dims == 1 else "sobel-x"
    kernel_name = ""
    if isinstance(kernel, str):
        numbers = kernels.from_text(kernel)
        if numbers is None:
            kernel_name = kernel
            numbers = kernels.named(kernel, dims, values.ndim == 3 and values.shape[-1] == 3)
        weights = numbers
    else:
        weights = kernel
    return apply(
        values,
        weights,
        padding=padding,
        stride=stride,
        dilation=dilation,
        border=border,
        flip=flip,
        channels=channels,
        input_name=name,
        kernel_name=kernel_name,
    )


def save_convolution(
    result: ConvolutionResult,
    folder: Path,
    listener: Listener,
    *,
    only: Sequence[str],
    language: Language | None,
) -> list[Path]:
    """The files of its figures, the page first; what makes no sense for it is said."""
    for name, fits in () if only else fitting(result).items():
        if not fits:
            missing = VIEWS[name].missing
            listener.on_note(Note(f"Left out: {missing.en}.", f"Laissé de côté : {missing.fr}."))
    with writing(folder):
        return result.save(folder, only, language, listener.on_progress)


def _input(source: ArrayLike | str | Path) -> tuple[np.ndarray, str]:
    """The numbers, and a name for titles."""
    if isinstance(source, Path):
        return _picture(source), source.name
    if not isinstance(source, str):
        try:
            return np.asarray(source, dtype=np.float64), ""
        except (TypeError, ValueError):
            raise ArgumentError(
                f"source must be numbers in rows of one length, a name or a path; received {source!r}."
            ) from None
    if source in INPUTS:
        return _named(source), source
    numbers = kernels.from_text(source)
    if numbers is not None:
        return numbers, ""
    path = Path(source)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return _picture(path), path.name
    raise UnknownName("input (and no file of that name)", source, INPUTS)


def _named(name: str) -> np.ndarray:
    return _kept(name).copy()


@functools.lru_cache(len(INPUTS))
def _kept(name: str) -> np.ndarray:
    """Read once: scikit-learn reads all digits, or decodes a photo, each time."""
    if name == "noise":
        steps = np.arange(64)
        return np.round(2 * np.sin(steps / 8) + np.random.default_rng(0).normal(0, 0.6, 64), 2)
    if name in _SIGNALS:
        return np.array(_SIGNALS[name], dtype=np.float64)
    from sklearn import datasets

    if name in _PHOTOS:
        return np.asarray(datasets.load_sample_image(f"{name}.jpg"), dtype=np.float64)
    digits = datasets.load_digits()
    first = int(np.flatnonzero(digits.target == int(name.removeprefix("digit:")))[0])
    return np.asarray(digits.images[first], dtype=np.float64)


def _picture(path: Path) -> np.ndarray:
    if not path.is_file():
        raise MissingData(f"there is no picture {str(path)!r}. Inputs by name: {', '.join(INPUTS)}.")
    return picture_of(read_bytes(path), str(path))


def picture_of(content: bytes, name: str) -> np.ndarray:
    """A picture's file as numbers: ``(H, W)`` where it is grey, else ``(H, W, 3)``; float64, 0 to 255.

    Args:
        content: the whole file.
        name: its name, for errors.

    Raises:
        BadPicture: it is no picture that can be read, or would take too much.
    """
    height, width, grey = upright_size(content, name)
    scale = min(1.0, MAX_SIDE / max(height, width))
    size = max(1, round(height * scale)), max(1, round(width * scale))
    pixels = read_picture(content, name, Preprocess(size=size, fit="squash", channels=1 if grey else 3))
    return np.asarray(pixels[..., 0] if grey else pixels, dtype=np.float64)
