"""What tells two classes apart; which channels answer to one class alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from prunelle.drawing.plate import Plate
from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.contrast import ChannelScore, alone, between
from prunelle.look.layers import Layer
from prunelle.look.survey import mean_maps
from prunelle.texts import Language, Note
from prunelle.views.classes_charts import Alone, Pair, Words, alone_plates, pair_plate
from prunelle.views.picture_look import NO_HIDDEN, PictureLook, Sample, spread
from prunelle.views.view import LeftOutError, View

MOST_CLASSES = 40
"""Of more, those evenly between are shown."""
_CHANNELS_OF_A_CLASS = 10
_MEAN_OF = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Classes:
    """What tells classes apart.

    Attributes:
        pair: two classes, and the channels that separate them best.
        alone: channels that answer to one class more than to any other.
        labels: ``(N,)``, of the pictures that ``alone`` has responses to: indices into ``classes``.
    """

    pair: Pair
    alone: tuple[Alone, ...]
    labels: np.ndarray
    classes: tuple[str, ...]


def compute(look: PictureLook) -> Iterator[Classes]:
    """One part: the two classes named or most often confused, and each class (or those named) against all others."""
    sample, survey = look.surveyed
    layers = {layer.name: layer for layer in look.layers or look.anatomy.layers}
    inner = {name: layer for name, layer in layers.items() if layer.has_maps and not layer.pools} or {
        name: layer for name, layer in layers.items() if name != look.anatomy.dense
    }
    if not inner:
        raise LeftOutError(NO_HIDDEN)
    responses = {name: survey.responses[name] for name in inner}
    pair = _pair(look, sample, inner, responses)
    for name in look.classes:
        if name not in sample.classes:
            look.listener.on_note(
                Note(
                    f"classes: none of the labelled pictures is of class {name!r}.",
                    f"classes : aucune des images étiquetées n’est de la classe {name!r}.",
                )
            )
    chosen_labels = [_label_of(sample, name) for name in look.classes if name in sample.classes]
    most = _CHANNELS_OF_A_CLASS if chosen_labels else 1
    shown = chosen_labels or spread(np.unique(sample.labels).tolist(), MOST_CLASSES)
    channel_scores = [(label, one) for label in shown for one in alone(responses, sample.labels, label, most)]
    yield Classes(
        pair=pair,
        alone=tuple(Alone(label, one, responses[one.layer][:, one.channel]) for label, one in channel_scores),
        labels=sample.labels,
        classes=tuple(sample.classes),
    )


def _pair(
    look: PictureLook, sample: Sample, layers: Mapping[str, Layer], responses: Mapping[str, np.ndarray]
) -> Pair:
    first, second = (
        _most_confused(sample) if look.pair is None else [_label_of(sample, name) for name in look.pair]
    )
    channel_scores = between(responses, sample.labels, first, second)
    members = [np.flatnonzero(sample.labels == label) for label in (first, second)]
    return Pair(
        names=(sample.classes[first], sample.classes[second]),
        channel_scores=tuple(channel_scores),
        responses=tuple(
            (responses[one.layer][members[0], one.channel], responses[one.layer][members[1], one.channel])
            for one in channel_scores
        ),
        maps=_maps_of_both(look, sample, layers, channel_scores, members),
    )


def _maps_of_both(
    look: PictureLook,
    sample: Sample,
    layers: Mapping[str, Layer],
    channel_scores: list[ChannelScore],
    members: list[np.ndarray],
) -> tuple[tuple[np.ndarray, np.ndarray], ...] | None:
    """Of each channel the mean map over each class; None where one of them has no maps."""
    if not all(layers[one.layer].has_maps for one in channel_scores):
        return None
    wanted = [(layers[one.layer], one.channel) for one in channel_scores]
    first, second = (
        mean_maps(look.subject.network, look.batches(sample.pixels[rows[:_MEAN_OF]]), wanted)
        for rows in members
    )
    return tuple(zip(first, second, strict=True))


def _most_confused(sample: Sample) -> tuple[int, int]:
    """The two classes most often taken for each other; the first two where nothing is known or no mistake made."""
    labels = np.unique(sample.labels)
    usual = int(labels[0]), int(labels[1])
    if sample.predicted is None:
        return usual
    counts = np.zeros((len(sample.classes),) * 2, int)
    known = sample.predicted >= 0
    np.add.at(counts, (sample.labels[known], sample.predicted[known]), 1)
    counts += counts.T
    np.fill_diagonal(counts, 0)
    first, second = np.unravel_index(counts.argmax(), counts.shape)
    both_there = first in labels and second in labels
    return (int(first), int(second)) if counts.max() and both_there else usual


def _label_of(sample: Sample, name: str) -> int:
    if name not in sample.classes:
        raise UnknownName("class", name, sample.classes)
    label = list(sample.classes).index(name)
    if label not in sample.labels:
        raise ArgumentError(f"none of the pictures looked at is of class {name!r}; look at more of them.")
    return label


def draw(result: Classes, language: Language) -> Iterator[Plate]:
    """First the pair, then the channels that answer to one class, ten on a page."""
    words = Words(language)
    yield pair_plate(result.pair, words)
    yield from alone_plates(result.alone, result.labels, result.classes, words)


VIEW = View(
    name="classes",
    kind="pictures",
    words=Words,
    needs=("data", "two classes"),
    arguments=("layers", "classes", "between", "data", "sample"),
    result_type=Classes,
    compute=compute,
    draw=draw,
)
