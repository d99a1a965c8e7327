"""How a program scaled the pictures that it gave ``fit``: known, assumed by their range, or not known.

A run's ``Preprocess`` has to say how the picture of a file becomes what the network learned from. A program does that
itself, in NumPy, before ``fit`` sees anything. Where Keras read the files, its generator says how. Of arrays there are
only the numbers: from 0 to 1, from -1 to 1 and from 0 to 255 are what black and white become in nearly every program;
of any others (standardised, divided by another number) nobody can tell, and then nothing is guessed.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from prunelle.texts import Note

How = Literal["known", "assumed", "unknown"]

_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
_SLACK = 0.005
_AS_BYTES = 0.01  # levels: what scaling in float32 may leave
_CHUNK = 1024
_EPSILON = 1e-6  # that generators add to a standard deviation
_NEAREST = Note(
    "The program read its pictures as Keras does, which resizes by the nearest pixel. Prunelle resizes smoothly, so "
    "answers to files may differ a little from the program's own.",
    "Le programme a lu ses images à la façon de Keras, qui redimensionne au pixel le plus proche. Prunelle "
    "redimensionne en lissant : les réponses sur des fichiers peuvent différer un peu de celles du programme.",
)
_ASSUMED = Note(
    "The program scaled its pictures itself, and gave fit numbers from {low} to {high}. For files, black is taken for "
    "{black} and white for {white}.",
    "Le programme a mis ses images à l’échelle lui-même, et donné à fit des nombres de {low} à {high}. Pour un "
    "fichier, le noir est pris pour {black} et le blanc pour {white}.",
)
_UNKNOWN = Note(
    "The program scaled its pictures itself, and gave fit numbers from {low} to {high}; how is not known, so no file "
    "can be prepared for this network.",
    "Le programme a mis ses images à l’échelle lui-même, et donné à fit des nombres de {low} à {high} ; comment, on ne "
    "le sait pas : aucun fichier ne peut être préparé pour ce réseau.",
)


@dataclasses.dataclass(frozen=True)
class Scaling:
    """From bytes to what was fed: ``(byte / 255 - mean) / std``.

    Attributes:
        how: ``unknown``: mean and std leave numbers as they are, and files cannot be prepared.
        note: what a reader must know of it.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    how: How
    note: Note


def to_pixels(fed: np.ndarray, mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    """``(N, H, W, C)`` as it was fed → bytes where it was made of bytes, else float32 that becomes the same."""
    pixels, are_bytes = np.empty(fed.shape, np.float32), True
    for start in range(0, len(fed), _CHUNK):  # no copies of everything in float64
        chunk = slice(start, start + _CHUNK)
        exact: np.ndarray = (fed[chunk].astype(np.float64) * np.array(std) + np.array(mean)) * 255
        whole = np.rint(exact)
        are_bytes &= bool(whole.min() >= 0 and whole.max() <= 255 and np.abs(exact - whole).max() < _AS_BYTES)
        pixels[chunk] = exact
    return np.rint(pixels).astype(np.uint8) if are_bytes else pixels


def scaling_of(source: Any, fed: np.ndarray) -> Scaling:
    """Of the pictures that ``fit`` was given.

    Args:
        source: what was given.
        fed: ``(n, H, W, C)``, the first of them as the network got them.
    """
    channels = fed.shape[-1]
    low, high = float(fed.min()), float(fed.max())
    generator = getattr(source, "image_data_generator", None)
    if generator is not None and hasattr(source, "filepaths"):
        return _of_generator(generator, channels) or _unknown(channels, low, high)
    for black, white in _RANGES:
        slack = _SLACK * (white - black)
        # Nearly the whole range: 0 to 0.06 is in [0, 1] too, and was scaled otherwise.
        fits = black - slack <= low <= black + 0.2 * (white - black) and 0.8 * white <= high <= white + slack
        if fits and not (black < 0 <= low):
            mean, std = -black / (white - black), 1 / (white - black)
            note = _filled(_ASSUMED, low=low, high=high, black=black, white=white)
            return Scaling((mean,) * channels, (std,) * channels, "assumed", note)
    return _unknown(channels, low, high)


def _of_generator(generator: Any, channels: int) -> Scaling | None:
    """None where it does what no ``Preprocess`` can say."""
    if (
        generator.preprocessing_function is not None
        or generator.samplewise_center
        or generator.samplewise_std_normalization
        or generator.zca_whitening
    ):
        return None
    factor = 255 * (1.0 if generator.rescale is None else float(generator.rescale))
    mean, std = np.zeros(channels), np.ones(channels)
    if generator.featurewise_center and generator.mean is not None:
        mean = np.broadcast_to(np.asarray(generator.mean).reshape(-1), (channels,))
    if generator.featurewise_std_normalization and generator.std is not None:
        std = np.broadcast_to(np.asarray(generator.std).reshape(-1), (channels,)) + _EPSILON
    if factor <= 0:
        return None
    return Scaling(
        tuple(float(value) for value in mean / factor),
        tuple(float(value) for value in std / factor),
        "known",
        _NEAREST,
    )


def _unknown(channels: int, low: float, high: float) -> Scaling:
    """Mean and std that leave numbers as they are."""
    note = _filled(_UNKNOWN, low=low, high=high)
    return Scaling((0.0,) * channels, (1 / 255,) * channels, "unknown", note)


def _filled(note: Note, **values: float) -> Note:
    english = {name: f"{value:.3g}" for name, value in values.items()}
    french = {name: text.replace(".", ",") for name, text in english.items()}
    return Note(note.en.format(**english), note.fr.format(**french))
