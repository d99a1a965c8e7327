"""What a network answers to files of pictures, or of series.

Each kind of target has a class for the answer to one file, in ``KINDS``; ``AnyPrediction`` is what they have in common.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import torch

from prunelle.data.kinds import kind_of
from prunelle.data.pixels import Pixels, Progress
from prunelle.data.targets import TargetKind
from prunelle.errors import ArgumentError
from prunelle.runs.judging import Classifier
from prunelle.runs.labels_predictions import LabelsPrediction
from prunelle.runs.numbers_predictions import NumberPrediction
from prunelle.shown import Shown
from prunelle.texts import Note
from prunelle.training import inference
from prunelle.training.fast import Compile, Predictor, predictor
from prunelle.training.objectives import objective_of
from prunelle.trust.penultimate import recorded
from prunelle.trust.trust import Doubt, Doubted, Doubts


class AnyPrediction(Protocol):
    """The answer to one file, whatever is told of examples; made with ``error`` where it could not be read."""

    kind: ClassVar[TargetKind]

    @property
    def file(self) -> str:
        """As it was given."""

    @property
    def error(self) -> str | None:
        """Why it could not be read, or None."""

    @classmethod
    def of(cls, file: str, scores: np.ndarray, classifier: Classifier, top: int, /) -> AnyPrediction:
        """Of the ``(K,)`` scores of ``classifier``'s objective; ``top`` classes or labels are named at least."""

    def to_json(self) -> dict[str, Any]:
        """What ``prunelle predict --format json`` prints of it."""


@dataclasses.dataclass(frozen=True)
class Prediction(Shown):
    """A network's answer to one file, where each is of one class.

    Attributes:
        file: as it was given; of a file of many series, with ``:number`` behind it, from 1.
        top: ``(class, probability)``, the most probable first; empty when the file could not be read.
        error: why it could not be read, or None.
        cautious: it was asked for with ``unsure``, ``sets`` or ``unlike``; probabilities are then calibrated.
        doubt: why there is no ``answer``: ``unsure`` where the network is not sure enough, ``unlike`` where the example
            is unlike all that it learned; None where there is one.
        among: the classes of a set that holds the true one, as often as was asked for, the most probable first; None
            where none was asked for.
        least_cost: the class that is expected to cost least, and what; None where nobody asked with ``costs``. It is
            often not the most probable, and ``answer`` is not changed by it.
    """

    kind: ClassVar[TargetKind] = "class"

    file: str
    top: tuple[tuple[str, float], ...] = ()
    error: str | None = None
    cautious: bool = False
    doubt: Doubt | None = None
    among: tuple[str, ...] | None = None
    least_cost: tuple[str, float] | None = None

    @classmethod
    def of(cls, file: str, scores: np.ndarray, classifier: Classifier, top: int, /) -> Prediction:
        """Of ``(K,)`` probabilities."""
        return cls(file, _top(scores, classifier.classes, top))

    @property
    def answer(self) -> str | None:
        """The most probable class; None where there is a doubt, or an error."""
        return self.top[0][0] if self.top and self.doubt is None else None

    def to_json(self) -> dict[str, Any]:
        """``{"file", "predictions": [{"class", "probability"}]}``, and ``"error"`` where there is one.

        Where it was asked for with caution, ``"answer"`` and ``"doubt"``, and ``"among"`` with a set; with costs,
        ``"least_cost": {"class", "expected_cost"}``.
        """
        predictions = [{"class": name, "probability": probability} for name, probability in self.top]
        fields: dict[str, Any] = {"file": self.file, "predictions": predictions}
        if self.cautious and self.error is None:
            fields |= {"answer": self.answer, "doubt": self.doubt}
            fields |= {} if self.among is None else {"among": list(self.among)}
        if self.least_cost is not None:
            fields["least_cost"] = {"class": self.least_cost[0], "expected_cost": self.least_cost[1]}
        return fields if self.error is None else {**fields, "error": self.error}


KINDS: Mapping[str, type[AnyPrediction]] = {
    "class": Prediction,
    "labels": LabelsPrediction,
    "number": NumberPrediction,
}
"""By the kind of target."""


class Predictions(Shown, list[Any]):
    """A list of answers, all of one class of ``KINDS``, which shows itself in a notebook as a table."""


def predict_files(
    classifier: Classifier,
    files: Sequence[str | Path],
    *,
    top: int = 3,
    doubts: Doubts | None = None,
    compile: Compile = "never",
    note: Callable[[Note], None] | None = None,
    progress: Progress | None = None,
) -> Predictions:
    """The answer to each file, in the order given: of classes the ``top`` most probable ones.

    A file that cannot be read gets an ``error`` instead of predictions; the others are still predicted.
    Memory stays bounded however many files there are. ``compile`` and ``note`` as ``prunelle.predictor``; ``doubts``
    decide what is not answered.
    """
    if top < 1:
        raise ArgumentError(f"top must be at least 1; received {top}.")
    network, preprocess, unread = classifier.network, classifier.preprocess, _made(classifier)
    answers = Predictions()
    answer = predictor(network, num_examples=len(files), compile="never" if doubts else compile, note=note)
    batch_size: int | None = None
    kind = kind_of(preprocess)
    examples = (
        (number, *one) for number, file in enumerate(files, 1) for one in kind.read(file, preprocess, note)
    )
    while chunk := list(itertools.islice(examples, inference.EVALUATION_BATCH)):
        readable = [(name, example) for _, name, example in chunk if isinstance(example, np.ndarray)]
        answered: Iterator[AnyPrediction] = iter(())
        if readable:
            pixels = Pixels(stacked([example for _, example in readable]), np.zeros(len(readable), np.int64))
            batch_size = batch_size or inference.evaluation_batch(network, preprocess.input_shape)
            logits, doubted = _asked(classifier, pixels, batch_size, answer, doubts)
            answered = answers_of([name for name, _ in readable], logits, classifier, top, doubted=doubted)
        for _, name, example in chunk:
            answers.append(unread(name, error=example) if isinstance(example, str) else next(answered))
        if progress is not None:
            done = chunk[-1][0]
            progress(Note("predicting", "prédiction"), done, len(files))
    return answers


def predict_pixels(
    classifier: Classifier,
    pixels: Pixels,
    *,
    top: int = 3,
    doubts: Doubts | None = None,
    compile: Compile = "never",
    note: Callable[[Note], None] | None = None,
) -> Predictions:
    """As ``predict_files``, for examples that are prepared already; they are called by their number, from 0."""
    if top < 1:
        raise ArgumentError(f"top must be at least 1; received {top}.")
    network, preprocess = classifier.network, classifier.preprocess
    batch_size = inference.evaluation_batch(network, preprocess.input_shape)
    answer = predictor(network, num_examples=len(pixels), compile="never" if doubts else compile, note=note)
    logits, doubted = _asked(classifier, pixels, batch_size, answer, doubts)
    names = [str(number) for number in range(len(pixels))]
    return Predictions(answers_of(names, logits, classifier, top, doubted=doubted))


def _made(classifier: Classifier) -> Any:
    """The class of its answers."""
    return KINDS[classifier.target.kind]


def _asked(
    classifier: Classifier, pixels: Pixels, batch_size: int, answer: Predictor, doubts: Doubts | None
) -> tuple[torch.Tensor, Doubted | None]:
    """``(N, K)`` logits, and what is doubtful of them."""
    network, preprocess = classifier.network, classifier.preprocess
    with recorded(network) if doubts is not None else contextlib.nullcontext() as seen:
        logits = inference.predict_logits(
            network, pixels, preprocess, len(classifier.classes), batch_size=batch_size, answers=answer
        )
    if doubts is None or seen is None:
        return logits, None
    return logits, doubts.of(logits.double().numpy(), seen.take())


def answers_of(
    names: Sequence[str],
    logits: torch.Tensor,
    classifier: Classifier,
    top: int,
    *,
    doubted: Doubted | None,
) -> Iterator[AnyPrediction]:
    """One for each row of ``logits: (N, K)``, in order; ``doubted`` is of the same rows."""
    if doubted is None:
        scores, made = objective_of(classifier.target, classifier.classes).scores(logits), _made(classifier)
        yield from (made.of(name, row, classifier, top) for name, row in zip(names, scores, strict=True))
        return
    for i, name in enumerate(names):
        row = doubted.probabilities[i]
        # The classes of a set are the most probable ones: all of them are named.
        size = 0 if doubted.sets is None else int(doubted.sets[i].sum())
        named = _top(row, classifier.classes, max(top, size))
        among = None if doubted.sets is None else tuple(each for each, _ in named[:size])
        cheapest = None
        if doubted.expected_costs is not None:
            at = int(doubted.expected_costs[i].argmin())
            cheapest = classifier.classes[at], float(doubted.expected_costs[i, at])
        yield Prediction(
            name,
            named,
            cautious=doubted.cautious,
            doubt=doubted.doubts[i],
            among=among,
            least_cost=cheapest,
        )


def stacked(examples: Sequence[np.ndarray]) -> np.ndarray:
    """``(n, …)``; padded series of several files may differ in length, and are padded further."""
    longest = max(len(example) for example in examples)
    if any(len(example) < longest for example in examples):
        rest = [(0, 0)] * (examples[0].ndim - 1)
        examples = [np.pad(one, [(0, longest - len(one)), *rest], constant_values=np.nan) for one in examples]
    return np.stack(examples)


def _top(probabilities: Any, classes: Sequence[str], top: int) -> tuple[tuple[str, float], ...]:
    order = (-probabilities).argsort(kind="stable")[:top]
    return tuple((classes[i], float(probabilities[i])) for i in order)
