"""What the views of pictures look at: a network, pictures with its answers, labelled pictures to look at many of."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
import torch

from prunelle.data.examples import Data, Split
from prunelle.data.pixels import Pixels
from prunelle.look.attribution import to_probabilities
from prunelle.look.layers import Anatomy, Layer
from prunelle.look.survey import Survey, survey
from prunelle.networks.summary import summarise
from prunelle.runs.listener import Listener
from prunelle.texts import Note, visible
from prunelle.views.subject import Subject
from prunelle.views.view import LeftOutError, Need

Scale = Literal["channel", "shared"]

SAMPLE = 500
"""Pictures that the views over data look at, at most; fewer for a network that takes long."""
_SAMPLE_OPERATIONS = 2 * 10**12
_SURVEY_BYTES = 1 << 28

_T = TypeVar("_T")

NO_PICTURE = Note("it needs a picture; name one or more.", "il faut une image ; nommez-en une ou plusieurs.")
NO_DATA = Note(
    "it needs labelled pictures: those of a run, or --data.",
    "il faut des images étiquetées : celles d’un entraînement, ou --data.",
)
ONE_CLASS = Note("the pictures are all of one class.", "les images sont toutes d’une seule classe.")
NO_CLASSES = Note(
    "it compares classes, and this network tells something else.",
    "elle compare des classes, et ce réseau dit autre chose.",
)
NO_MAPS = Note(
    "it shows maps of channels, and this network (or the layers named) has none.",
    "elle montre des cartes de canaux, et ce réseau (ou les couches nommées) n’en a pas.",
)
NO_HIDDEN = Note("there is no layer before the output.", "il n’y a pas de couche avant la sortie.")


@dataclasses.dataclass(frozen=True, eq=False)
class Answer:
    """What a network says of one picture.

    Attributes:
        file: its name, as people know it.
        pixels: ``(H, W, C)`` uint8, as the network receives it before normalisation.
        probabilities: ``(num_classes,)``.
        classes: in the order of the outputs.
        answered: of several labels, the indices of those answered, the most probable first; None of classes.
        number: what it tells, where that is a number and no class; ``classes`` is its name, alone.
    """

    file: str
    pixels: np.ndarray
    probabilities: np.ndarray
    classes: Sequence[str]
    answered: tuple[int, ...] | None = None
    number: float | None = None

    @property
    def predicted(self) -> int:
        """Index of the most probable class, or label."""
        return int(self.probabilities.argmax())

    @property
    def said(self) -> tuple[tuple[str, float], ...]:
        """What it answers, with the probabilities: a class; of several labels those answered, which may be none."""
        answered = (self.predicted,) if self.answered is None else self.answered
        return tuple((self.classes[k], float(self.probabilities[k])) for k in answered)


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """Labelled pictures to look at many of.

    Attributes:
        pixels: ``(N, H, W, C)`` uint8, as the network receives them before normalisation.
        labels: ``(N,)`` indices into ``classes``; of other targets what stratifies them, and means nothing else.
        classes: names.
        predicted: ``(N,)``, what the network said, as indices into ``classes``; None where its outputs are other
            classes than these.
    """

    pixels: np.ndarray
    labels: np.ndarray
    classes: Sequence[str]
    predicted: np.ndarray | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class PictureLook:
    """What is looked at, at what, and how; what several views need is computed once.

    Attributes:
        answers: the pictures given, with what the network says of them.
        labelled: finds the labelled pictures, if a view asks for them; None where there are none. Raises
            ``LeftOutError`` where those there were are gone.
        decode: a split → its pictures as the network receives them; tells of those that cannot be read.
        layers: those named; None for all. channel: from 1.
        classes: to show where it looked for. pair: classes to tell apart.
        sample_size: None for ``SAMPLE``, or fewer.
    """

    subject: Subject
    anatomy: Anatomy
    answers: Sequence[Answer]
    labelled: Callable[[], Data | None]
    decode: Callable[[Split], Pixels]
    layers: Sequence[Layer] | None
    channel: int | None
    classes: Sequence[str]
    pair: tuple[str, str] | None
    scale: Scale
    sample_size: int | None
    listener: Listener

    def lacks(self, need: Need) -> Note | None:
        """See ``view.Look``."""
        if need == "picture":
            return None if self.answers else NO_PICTURE
        if need in ("classes", "two classes") and not self.subject.target.exclusive:
            return NO_CLASSES
        try:
            sample = self.sample
        except LeftOutError as reason:
            return reason.note
        return ONE_CLASS if need == "two classes" and len(np.unique(sample.labels)) < 2 else None

    def batch(self, pixels: np.ndarray) -> torch.Tensor:
        """``(N, H, W, C)`` uint8 → ``(N, C, H, W)`` float32, normalised, where the network is."""
        return self.subject.batch(pixels)

    def batches(self, pixels: np.ndarray) -> Iterator[torch.Tensor]:
        """As many at a time as their activations leave room for."""
        size = max(1, min(64, _SURVEY_BYTES // max(1, self.anatomy.activation_bytes)))
        for start in range(0, len(pixels), size):
            yield self.batch(pixels[start : start + size])

    @cached_property
    def multiply_adds(self) -> int:
        """Of one picture."""
        rows = summarise(self.subject.network, self.subject.preprocess.input_shape)
        return sum(row.multiply_adds for row in rows)

    @cached_property
    def sample(self) -> Sample:
        """Labelled pictures, as many of each class as there are, or nearly.

        Raises:
            LeftOutError: there is no data.
        """
        data = self.labelled()
        if data is None:
            raise LeftOutError(NO_DATA)
        split = data.test or data.validation or data.train
        most = self.sample_size or max(50, min(SAMPLE, _SAMPLE_OPERATIONS // max(1, self.multiply_adds)))
        chosen = stratified(data.target.strata(split.labels), most)
        pixels = self.decode(
            Split(
                split.name,
                split.labels[chosen],
                None if split.files is None else tuple(split.files[i] for i in chosen),
                None if split.array is None else np.asarray(split.array)[chosen],
            )
        )
        if len(pixels) < 3:
            raise LeftOutError(NO_DATA)
        labels = data.target.strata(np.asarray(pixels.labels))
        return Sample(np.asarray(pixels.images), labels, tuple(map(visible, data.classes)))

    @cached_property
    def surveyed(self) -> tuple[Sample, Survey]:
        """The sample, with what the network said of it, and what its layers did."""
        sample = self.sample
        total = len(sample.labels)

        def report(done: int) -> None:
            self.listener.on_progress(Note("looking at pictures", "examen des images"), done, total)

        statistics = survey(self.subject.network, self.batches(sample.pixels), self.anatomy, progress=report)
        return dataclasses.replace(sample, predicted=self._predicted(sample, statistics.outputs)), statistics

    def _predicted(self, sample: Sample, outputs: np.ndarray) -> np.ndarray | None:
        """As indices into the sample's classes; -1 for a class that it does not have."""
        ours = self.subject.classes
        if (
            not self.subject.target.exclusive
            or ours is None
            or outputs.ndim != 2
            or not set(sample.classes) <= set(ours)
        ):
            return None
        theirs = {name: index for index, name in enumerate(sample.classes)}
        indices = to_probabilities(torch.from_numpy(outputs)).argmax(dim=1).tolist()
        return np.array([theirs.get(ours[index], -1) for index in indices])


def stratified(labels: np.ndarray, most: int) -> np.ndarray:
    """Indices of at most about so many, as many of each class, evenly over each, in order."""
    kinds = spread(np.unique(labels).tolist(), most)
    per_class = max(1, math.ceil(most / max(1, len(kinds))))
    chosen = []
    for kind in kinds:
        members = np.flatnonzero(labels == kind)
        chosen.append(
            members[np.linspace(0, len(members) - 1, min(per_class, len(members))).round().astype(int)]
        )
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, int)


def spread(values: Sequence[_T], most: int) -> list[_T]:
    """At most so many of them, the first and the last included, evenly."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]
