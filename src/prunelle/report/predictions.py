"""What a network answers to files of pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from prunelle.data import decode
from prunelle.data.examples import Pixels, Progress
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError, BadPicture
from prunelle.texts import Note
from prunelle.training import inference
from prunelle.training.compiled import Compile, Predictor


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A network's answer to one file.

    Attributes:
        file: as it was given.
        top: ``(class, probability)``, the most probable first; empty when the file could not be read.
        error: why it could not be read, or None.
    """

    file: str
    top: tuple[tuple[str, float], ...] = ()
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """``{"file", "predictions": [{"class", "probability"}]}``, and ``"error"`` where there is one."""
        predictions = [{"class": name, "probability": probability} for name, probability in self.top]
        found: dict[str, Any] = {"file": self.file, "predictions": predictions}
        return found if self.error is None else {**found, "error": self.error}


def predict_files(
    network: nn.Module,
    classes: Sequence[str],
    preprocess: Preprocess,
    files: Sequence[str | Path],
    *,
    top: int = 3,
    compile: Compile = "never",
    note: Callable[[Note], None] | None = None,
    progress: Progress | None = None,
) -> list[Prediction]:
    """The ``top`` most probable classes of each file, in the order given.

    A file that cannot be read gets an ``error`` instead of predictions; the others are still predicted.
    Memory stays bounded however many files there are. ``compile`` and ``note`` as ``training.compiled.Predictor``.
    """
    if top < 1:
        raise ArgumentError(f"top must be at least 1; received {top}.")
    answers: list[Prediction] = []
    predictor = Predictor(network, len(files), compile=compile, note=note)
    batch_size: int | None = None
    for start in range(0, len(files), inference.EVALUATION_BATCH):
        chunk = [str(file) for file in files[start : start + inference.EVALUATION_BATCH]]
        pictures: dict[int, np.ndarray] = {}
        errors: dict[int, str] = {}
        for i, file in enumerate(chunk):
            try:
                pictures[i] = decode.read_file(Path(file), preprocess)
            except BadPicture as error:
                errors[i] = error.reason
        probabilities: dict[int, np.ndarray] = {}
        if pictures:
            pixels = Pixels(np.stack(list(pictures.values())), np.zeros(len(pictures), np.int64))
            batch_size = batch_size or inference.evaluation_batch(network, preprocess.input_shape)
            logits = inference.predict_logits(
                network, pixels, preprocess, len(classes), batch_size=batch_size, predictor=predictor
            )
            probabilities = dict(zip(pictures, logits.double().softmax(dim=1).numpy(), strict=True))
        for i, file in enumerate(chunk):
            answers.append(
                Prediction(file, error=errors[i])
                if i in errors
                else Prediction(file, _top(probabilities[i], classes, top))
            )
        if progress is not None:
            progress("predicting", start + len(chunk), len(files))
    return answers


def _top(probabilities: Any, classes: Sequence[str], top: int) -> tuple[tuple[str, float], ...]:
    order = (-probabilities).argsort(kind="stable")[:top]
    return tuple((classes[i], float(probabilities[i])) for i in order)
