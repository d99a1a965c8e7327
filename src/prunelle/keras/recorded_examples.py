"""What a program's examples are to a run, kind by kind: how they are prepared, and what of them is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from prunelle.data.kinds import AnyPreprocess, kind_of_shape
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.keras.scaling import scaling_of, to_pixels
from prunelle.texts import Note

_SERIES = Note(
    "Values go to the network as they stand: those of a file must be scaled as the program scaled its own.",
    "Les valeurs vont au réseau telles quelles : celles d’un fichier doivent être mises à l’échelle comme le programme "
    "l’a fait des siennes.",
)
_VECTORS = Note(
    "The network takes {n} numbers an example; they are shown and read as a series of {n} steps.",
    "Le réseau prend {n} nombres par exemple ; ils sont montrés et lus comme une série de {n} pas.",
)


class Recorded(Protocol):
    """A kind of data, as programs give it to ``fit``."""

    def preprocess_of(self, source: Any, examples: np.ndarray) -> tuple[AnyPreprocess, str, Note | None]:
        """See ``preprocess_of``."""

    def stored(self, examples: np.ndarray, preprocess: Any) -> np.ndarray:
        """The examples ``(n, …)`` before the run's preprocessing normalises them: ``(n, …, C)``."""


class RecordedPictures:
    """``(n, H, W, C)``, scaled by the program as far as that can be known."""

    def preprocess_of(self, source: Any, examples: np.ndarray) -> tuple[AnyPreprocess, str, Note | None]:
        """By ``keras/scaling.py``."""
        height, width, channels = examples.shape[1:]
        scaling = scaling_of(source, examples)
        pictures = Preprocess(
            size=(height, width), fit="squash", channels=channels, mean=scaling.mean, std=scaling.std
        )
        return pictures, scaling.how, scaling.note

    def stored(self, examples: np.ndarray, preprocess: Preprocess) -> np.ndarray:
        """Bytes where they were made of bytes."""
        return to_pixels(examples, preprocess.mean, preprocess.std)


class RecordedSeries:
    """``(n, T, C)``, or vectors ``(n, T)``, as they stand."""

    def preprocess_of(self, source: Any, examples: np.ndarray) -> tuple[AnyPreprocess, str, Note | None]:
        """Nothing is normalised: the program's own scaling is in the values."""
        length, channels = examples.shape[1], (1 if examples.ndim == 2 else examples.shape[2])
        series = SeriesPreprocess(
            length=length,
            channels=channels,
            normalisation="none",
            mean=(0.0,) * channels,
            std=(1.0,) * channels,
            steps=length,
        )
        if examples.ndim == 3:
            return series, "assumed", _SERIES
        english, french = _VECTORS.en.format(n=length), _VECTORS.fr.format(n=length)
        return series, "assumed", Note(f"{english} {_SERIES.en}", f"{french} {_SERIES.fr}")

    def stored(self, examples: np.ndarray, preprocess: SeriesPreprocess) -> np.ndarray:
        """``(n, T, C)`` float32."""
        return examples.astype(np.float32).reshape(len(examples), -1, preprocess.channels)


RECORDED: Mapping[str, Recorded] = {"pictures": RecordedPictures(), "series": RecordedSeries()}
"""By the name of the kind."""


def preprocess_of(source: Any, examples: np.ndarray) -> tuple[AnyPreprocess, str, Note | None]:
    """How examples become the network's input, how sure that is, and what a reader must know of it.

    Args:
        source: what ``fit`` was given.
        examples: ``(n, …, C)`` of a kind of data; vectors ``(n, T)`` are series of one channel.
    """
    shape = (*examples.shape[1:], 1) if examples.ndim == 2 else examples.shape[1:]
    kind = kind_of_shape(shape)
    assert kind is not None  # ``recorded_run`` refuses other examples
    return RECORDED[kind.name].preprocess_of(source, examples)
