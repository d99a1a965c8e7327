"""What a network answers to files of pictures, or of series."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.data.pixels import Pixels, Progress
from prunelle.errors import ArgumentError
from prunelle.shown import Shown
from prunelle.texts import Note
from prunelle.training import inference
from prunelle.training.fast import Compile, predictor


@dataclasses.dataclass(frozen=True)
class Prediction(Shown):
    """A network's answer to one file.

    Attributes:
        file: as it was given; of a file of many series, with ``:number`` behind it, from 1.
        top: ``(class, probability)``, the most probable first; empty when the file could not be read.
        error: why it could not be read, or None.
    """

    file: str
    top: tuple[tuple[str, float], ...] = ()
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """``{"file", "predictions": [{"class", "probability"}]}``, and ``"error"`` where there is one."""
        predictions = [{"class": name, "probability": probability} for name, probability in self.top]
        fields: dict[str, Any] = {"file": self.file, "predictions": predictions}
        return fields if self.error is None else {**fields, "error": self.error}


class Predictions(Shown, list[Prediction]):
    """A list of them, which shows itself in a notebook as a table."""


def predict_files(
    network: nn.Module,
    classes: Sequence[str],
    preprocess: AnyPreprocess,
    files: Sequence[str | Path],
    *,
    top: int = 3,
    compile: Compile = "never",
    note: Callable[[Note], None] | None = None,
    progress: Progress | None = None,
) -> Predictions:
    """The ``top`` most probable classes of each file, in the order given.

    A file that cannot be read gets an ``error`` instead of predictions; the others are still predicted.
    Memory stays bounded however many files there are. ``compile`` and ``note`` as ``prunelle.predictor``.
    """
    if top < 1:
        raise ArgumentError(f"top must be at least 1; received {top}.")
    answers = Predictions()
    answer = predictor(network, num_examples=len(files), compile=compile, note=note)
    batch_size: int | None = None
    kind = kind_of(preprocess)
    examples = (
        (number, *one) for number, file in enumerate(files, 1) for one in kind.read(file, preprocess, note)
    )
    while chunk := list(itertools.islice(examples, inference.EVALUATION_BATCH)):
        readable = [example for _, _, example in chunk if isinstance(example, np.ndarray)]
        probabilities: Iterator[Any] = iter(())
        if readable:
            pixels = Pixels(_stacked(readable), np.zeros(len(readable), np.int64))
            batch_size = batch_size or inference.evaluation_batch(network, preprocess.input_shape)
            logits = inference.predict_logits(
                network, pixels, preprocess, len(classes), batch_size=batch_size, answers=answer
            )
            probabilities = iter(logits.double().softmax(dim=1).numpy())
        for _, name, example in chunk:
            answers.append(
                Prediction(name, error=example)
                if isinstance(example, str)
                else Prediction(name, _top(next(probabilities), classes, top))
            )
        if progress is not None:
            done = chunk[-1][0]
            progress(Note("predicting", "prédiction"), done, len(files))
    return answers


def predict_pixels(
    network: nn.Module,
    classes: Sequence[str],
    preprocess: AnyPreprocess,
    pixels: Pixels,
    *,
    top: int = 3,
    compile: Compile = "never",
    note: Callable[[Note], None] | None = None,
) -> Predictions:
    """As ``predict_files``, for examples that are prepared already; they are called by their number, from 0."""
    if top < 1:
        raise ArgumentError(f"top must be at least 1; received {top}.")
    logits = inference.predict_logits(
        network,
        pixels,
        preprocess,
        len(classes),
        batch_size=inference.evaluation_batch(network, preprocess.input_shape),
        answers=predictor(network, num_examples=len(pixels), compile=compile, note=note),
    )
    probabilities = logits.double().softmax(dim=1).numpy()
    return Predictions(
        Prediction(str(number), _top(row, classes, top)) for number, row in enumerate(probabilities)
    )


def _stacked(examples: list[np.ndarray]) -> np.ndarray:
    """``(n, …)``; padded series of several files may differ in length, and are padded further."""
    longest = max(len(example) for example in examples)
    if any(len(example) < longest for example in examples):
        rest = [(0, 0)] * (examples[0].ndim - 1)
        examples = [np.pad(one, [(0, longest - len(one)), *rest], constant_values=np.nan) for one in examples]
    return np.stack(examples)


def _top(probabilities: Any, classes: Sequence[str], top: int) -> tuple[tuple[str, float], ...]:
    order = (-probabilities).argsort(kind="stable")[:top]
    return tuple((classes[i], float(probabilities[i])) for i in order)
