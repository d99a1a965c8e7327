"""A network that stands ready: it was opened once, and answers as often as it is asked; see ``prunelle serve``."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch

from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.data.targets import Target
from prunelle.errors import ArgumentError, ExportError, PrunelleError, UnknownName
from prunelle.jobs import answering, trusting
from prunelle.jobs.answer_runtimes import (
    GAIN,
    OnnxBatchRuntime,
    Row,
    Runtime,
    TorchRuntime,
    as_onnx,
    faster,
    noise,
    open_onnx,
    told,
)
from prunelle.jobs.exporting import subject_of
from prunelle.planning.weights import Pretrained
from prunelle.runs.folds import Folds
from prunelle.runs.judging import Classifier
from prunelle.runs.listener import Listener
from prunelle.runs.numbers_predictions import NumberPrediction
from prunelle.runs.predictions import KINDS, AnyPrediction, answers_of
from prunelle.runs.run import Run
from prunelle.texts import Note, visible
from prunelle.training.inference import evaluation_batch
from prunelle.trust.trust import Caution, Doubts, Trust, doubts
from prunelle.trust.widths import SHOWN, width_of

RuntimeName = Literal["auto", "torch", "onnx"]
_NO_CAUTION = Caution()
_CAUTIONS = 32
"""Thresholds that are remembered: each asker may ask for its own."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Asked:
    """How one asker wants its answers.

    Attributes:
        top: classes named for each, the most probable first; at least 1.
        caution: see ``prunelle.predict``.
    """

    top: int = answering.DEFAULT_TOP
    caution: Caution = _NO_CAUTION

    def __post_init__(self) -> None:
        if self.top < 1:
            raise ArgumentError(f"top must be at least 1; received {self.top}.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Known:
    """A ``Classifier`` whose network is not at hand."""

    classes: tuple[str, ...]
    preprocess: AnyPreprocess
    target: Target


class Answerer:
    """See the module. ``read`` may be called by several threads at a time, ``rows`` by one.

    Attributes:
        name: of the run, the network or the file, without its folders.
        classes, target, preprocess: as the run has them.
        asked: how answers are wanted where nobody says.
        runtime: ``torch`` or ``onnx``.
    """

    def __init__(
        self,
        name: str,
        known: Classifier | _Known,
        runtime: Runtime,
        asked: Asked,
        trust: Trust | None = None,
    ) -> None:
        self.name = name
        self.classes = known.classes
        self.target = known.target
        self.preprocess = known.preprocess
        self.asked = asked
        self._known: Any = known
        self._runtime = runtime
        self._trust = trust
        self._width: float | None = None
        self._typical: float | None = None
        self._doubts = functools.lru_cache(_CAUTIONS)(self._doubts_for)

    def __repr__(self) -> str:
        return f"Answerer({self.name!r}, {self.runtime!r})"

    @property
    def runtime(self) -> str:
        """What computes."""
        return self._runtime.name

    @property
    def kind(self) -> str:
        """Of its examples: ``pictures``, ``series``."""
        return kind_of(self.preprocess).name

    @property
    def cautious(self) -> bool:
        """Whether it can be asked for more than probabilities: unsure, sets, unlike."""
        return self._trust is not None

    def read(self, content: bytes, name: str) -> Iterator[tuple[str, np.ndarray | str]]:
        """Every example of a file in memory by its name: decoded, or why it cannot be."""
        return self._runtime.read(content, name)

    def of_numbers(self, values: Any) -> list[np.ndarray]:
        """Examples that came as lists of numbers.

        Raises:
            ArgumentError: they are not of this network's kind.
        """
        return kind_of(self.preprocess).of_numbers(values, self.preprocess)

    def check(self, asked: Asked) -> None:
        """Raises an ``ArgumentError`` or a ``RunError`` where that cannot be had of this network."""
        if asked.caution:
            self._doubts(asked.caution)

    def rows(self, examples: Sequence[np.ndarray], *, cautious: bool) -> list[Row]:
        """What the network gives for each decoded example; ``cautious`` where one will be asked with caution."""
        return self._runtime.rows(examples, cautious=cautious)

    def warm_up(self) -> None:
        """Answers an example that nobody asked about: the first takes longer than those after it."""
        self.rows(noise(self.preprocess, 1), cautious=self.cautious)

    def answers(self, names: Sequence[str], rows: Sequence[Row], asked: Asked) -> list[AnyPrediction]:
        """The answers to examples called ``names``, of what ``rows`` gave for them."""
        if not rows:
            return []
        if not asked.caution:
            made = KINDS[self.target.kind]
            found = [
                made.of(name, row.scores, self._known, asked.top)
                for name, row in zip(names, rows, strict=True)
            ]
            return [self._widened(each) for each in found]
        logits = np.stack([_there(row.logits) for row in rows])
        features = None if rows[0].features is None else np.stack([_there(row.features) for row in rows])
        doubted = self._doubts(asked.caution).of(logits, features)
        return list(answers_of(names, torch.from_numpy(logits), self._known, asked.top, doubted=doubted))

    def unread(self, name: str, error: str) -> AnyPrediction:
        """The answer to what could not be read."""
        made: Any = KINDS[self.target.kind]
        answer: AnyPrediction = made(name, error=error)
        return answer

    def with_width(self, width: float | None, typical: float | None) -> Answerer:
        """The same, whose numbers have an interval."""
        self._width, self._typical = width, typical
        return self

    def _widened(self, answer: AnyPrediction) -> AnyPrediction:
        if isinstance(answer, NumberPrediction):
            return dataclasses.replace(answer, width=self._width, typical=self._typical)
        return answer

    def _doubts_for(self, caution: Caution) -> Doubts:
        if self._trust is None:
            raise ArgumentError(
                "unsure, sets and unlike go with a run that tells classes and had validation examples, which say how "
                "far it can be trusted; this network answers without."
            )
        return doubts(self._trust, caution)


def _there(values: np.ndarray | None) -> np.ndarray:
    assert values is not None  # it was asked for with caution
    return values


def answerer_of(
    given: Run | Folds | Pretrained | Path,
    *,
    asked: Asked,
    runtime: RuntimeName,
    batch: int,
    listener: Listener,
) -> Answerer:
    """Opens what answers; see ``prunelle.tasks.answerer``."""
    if runtime not in get_args(RuntimeName):
        raise UnknownName("runtime", runtime, get_args(RuntimeName))
    if isinstance(given, Path):
        if runtime == "torch":
            raise ArgumentError(
                f"{given.name} is answered by onnxruntime; runtime (--runtime) torch is for a run."
            )
        exported = open_onnx(given)
        known = _Known(classes=exported.classes, preprocess=exported.preprocess, target=exported.target)
        answerer = Answerer(exported.name, known, exported.runtime, asked)
        answerer.check(asked)
        return answerer
    if isinstance(given, Run):
        answering.check_reads(given, listener)
    by_torch = TorchRuntime(given)
    trust = _trust_of(given, asked.caution, listener)
    chosen = _chosen(given, by_torch, runtime, batch, listener)
    answerer = Answerer(_name(given), given, chosen, asked, trust)
    answerer.check(asked)
    if given.target.kind == "number" and isinstance(given, Run):
        errors = given.errors()
        typical = None if errors is None else errors["mean_absolute_error"]
        answerer.with_width(width_of(errors, SHOWN), typical)
    return answerer


def _name(given: Run | Folds | Pretrained) -> str:
    return visible(Path(given.source).name if isinstance(given, Pretrained) else given.path.absolute().name)


def _trust_of(given: Run | Folds | Pretrained, caution: Caution, listener: Listener) -> Trust | None:
    """What was chosen on validation; worked out now only where everybody is to be answered with caution."""
    if caution:
        trusting.doubts_of(given, caution, listener)
    return given.trust() if isinstance(given, Run) and given.target.exclusive else None


def _chosen(
    given: Run | Folds | Pretrained,
    by_torch: TorchRuntime,
    runtime: RuntimeName,
    batch: int,
    listener: Listener,
) -> TorchRuntime | OnnxBatchRuntime:
    """The faster runtime, measured here and now, or the one that was asked for."""
    if runtime == "torch":
        return by_torch
    try:
        by_onnx = as_onnx(subject_of(given, listener), by_torch)
    except (ArgumentError, ExportError) as error:
        if runtime == "onnx":
            raise
        listener.on_note(_not_tried(error))
        return by_torch
    if runtime == "onnx":
        return by_onnx
    gain = faster(by_torch, by_onnx, given.preprocess, min(batch, most_together(given)))
    listener.on_note(told(gain))
    return by_onnx if gain >= GAIN else by_torch


def most_together(given: Run | Folds | Pretrained) -> int:
    """Examples whose activations take half a gigabyte."""
    return evaluation_batch(given.network, given.preprocess.input_shape)


def _not_tried(why: PrunelleError) -> Note:
    return Note(
        f"PyTorch answers; onnxruntime, which is often faster, cannot: {why}",
        f"PyTorch répond ; onnxruntime, souvent plus rapide, ne le peut pas : {why}",
    )
