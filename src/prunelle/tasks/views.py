"""The views of a look: what each one computes, and why it makes no sense for some networks."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeVar, get_args

import numpy as np
import torch

from prunelle import data as datasets
from prunelle.data.examples import Data, Split
from prunelle.errors import ArgumentError, DataError, RunError
from prunelle.jobs import decoding, run_data
from prunelle.look.attribution import METHODS, OF_A_LAYER, attribute, has_relu, to_probabilities
from prunelle.look.contrast import alone, between
from prunelle.look.data_plates import (
    PATCH_ROWS,
    PATCHES,
    Sample,
    alone_plate,
    channel_plates,
    pair_plate,
    patches_plate,
)
from prunelle.look.figures import Plate, pages
from prunelle.look.filters import filters_of
from prunelle.look.layer_plates import Scale, activation_plates, filter_plates
from prunelle.look.layers import Anatomy, Layer, check_channel, outputs_of
from prunelle.look.overview_plates import health_plates, space_plate
from prunelle.look.patches import STEPS, best_places, cut, synthesise
from prunelle.look.picture_plates import Answer, where_plate
from prunelle.look.space import Projection, project
from prunelle.look.survey import Survey, mean_maps, survey
from prunelle.networks.summary import summarise
from prunelle.planning.loading import load_data
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener
from prunelle.tasks.subject import Subject
from prunelle.texts import Language, Note, visible

View = Literal["filters", "activations", "where", "channel", "classes", "patches", "space", "health"]
VIEWS: tuple[View, ...] = get_args(View)

MOST_CHANNELS = 8192
"""Channels of all layers together whose maps are shown for a picture unless layers are named."""
MOST_CONVOLUTIONS = 16
"""Whose filters are shown unless layers are named."""
SAMPLE = 500
"""Pictures that the views over data look at, at most; fewer for a network that takes long."""
_SAMPLE_OPERATIONS = 2 * 10**12
_SYNTHESIS_OPERATIONS = 2 * 10**12
_SURVEY_BYTES = 1 << 28
_PER_CLASS = 8
MOST_CLASSES = 40
"""Of more, those evenly between are shown."""
_MEAN_OF = 64

_T = TypeVar("_T")


class LeftOutError(Exception):
    """A view makes no sense here; ``note`` says why."""

    def __init__(self, note: Note) -> None:
        super().__init__(note.en)
        self.note = note


@dataclasses.dataclass(frozen=True, kw_only=True)
class Look:
    """What is looked at, at what, and how; what several views need is computed once.

    Attributes:
        answers: the pictures given, with what the network says of them.
        data: labelled pictures, or where they are; None for those a run was trained with.
        layers: those named; None for all. channel: from 1.
        targets: classes to show where it looked for. pair: classes to tell apart.
        sample_size: None for ``SAMPLE``, or fewer.
    """

    subject: Subject
    anatomy: Anatomy
    answers: Sequence[Answer]
    data: Data | str | Path | None
    labels: str | None
    data_dir: str | Path | None
    layers: Sequence[Layer] | None
    channel: int | None
    classes: Sequence[str]
    pair: tuple[str, str] | None
    scale: Scale
    sample_size: int | None
    language: Language
    listener: Listener

    def batch(self, pixels: np.ndarray) -> torch.Tensor:
        """``(N, H, W, C)`` uint8 → ``(N, C, H, W)`` float32, normalised, where the network is."""
        images = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).to(self.subject.device)
        return self.subject.preprocess.normalise(images)

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
        data = self._labelled()
        split = data.test or data.validation or data.train
        most = self.sample_size or max(50, min(SAMPLE, _SAMPLE_OPERATIONS // max(1, self.multiply_adds)))
        chosen = _stratified(split.labels, most)
        pixels = Split(
            split.name,
            split.labels[chosen],
            None if split.files is None else tuple(split.files[i] for i in chosen),
            None if split.array is None else np.asarray(split.array)[chosen],
        ).decode(self.subject.preprocess, progress=self.listener.on_progress)
        for skipped in pixels.skipped:
            self.listener.on_note(decoding.skipped_note(skipped))
        if len(pixels) < 3:
            raise LeftOutError(NO_DATA)
        return Sample(np.asarray(pixels.images), np.asarray(pixels.labels), tuple(map(visible, data.classes)))

    def _labelled(self) -> Data:
        if self.data is not None:
            return (
                self.data
                if isinstance(self.data, Data)
                else load_data(
                    DataSource(data=self.data, labels=self.labels, data_dir=self.data_dir), self.listener
                )
                if str(self.data) in datasets.NAMED
                else datasets.load_labelled(self.data, labels=self.labels)
            )
        if self.subject.run is None:
            raise LeftOutError(NO_DATA)
        try:
            return run_data.data_of(self.subject.run, self.listener, self.data_dir)
        except (DataError, RunError) as error:
            raise LeftOutError(Note(str(error), str(error))) from None

    @cached_property
    def surveyed(self) -> tuple[Sample, Survey]:
        """The sample, with what the network said of it, and what its layers did."""
        sample = self.sample
        total = len(sample.labels)

        def told(done: int) -> None:
            self.listener.on_progress("looking at pictures", done, total)

        found = survey(self.subject.network, self.batches(sample.pixels), self.anatomy, progress=told)
        return dataclasses.replace(sample, predicted=self._predicted(sample, found.outputs)), found

    def _predicted(self, sample: Sample, outputs: np.ndarray) -> np.ndarray | None:
        """As indices into the sample's classes; -1 for a class that it does not have."""
        ours = self.subject.classes
        if ours is None or outputs.ndim != 2 or not set(sample.classes) <= set(ours):
            return None
        theirs = {name: index for index, name in enumerate(sample.classes)}
        indices = to_probabilities(torch.from_numpy(outputs)).argmax(dim=1).tolist()
        return np.array([theirs.get(ours[index], -1) for index in indices])


def filters(look: Look) -> Iterator[Plate]:
    """The kernels of each convolution."""
    names = list(look.anatomy.convolutions)
    if not names:
        raise LeftOutError(NO_CONVOLUTION)
    if look.layers is not None:
        named = {layer.name for layer in look.layers}
        names = [name for name in names if name in named]
        if not names:
            raise LeftOutError(NOT_CONVOLUTIONS)
    labels = {layer.name: layer.label for layer in look.anatomy.layers}
    for name in _spread(names, MOST_CONVOLUTIONS) if look.layers is None else names:
        found = filters_of(look.subject.network, name)
        channel = None if look.channel is None else check_channel(look.anatomy.layer(name), look.channel)
        yield from filter_plates(found, labels.get(name, name), look.language, channel)


def activations(look: Look) -> Iterator[Plate]:
    """What each layer makes of each picture."""
    if not look.answers:
        raise LeftOutError(NO_PICTURE)
    layers: Sequence[Layer] = look.anatomy.layers if look.layers is None else look.layers
    while look.layers is None and sum(layer.channels for layer in layers if layer.has_maps) > MOST_CHANNELS:
        layers = _spread(layers, len(layers) * 3 // 4)
    for number, answer in enumerate(look.answers, start=1):
        found = outputs_of(look.subject.network, look.batch(answer.pixels[np.newaxis]), layers)
        for layer in layers:
            yield from activation_plates(
                layer,
                found.pop(layer.name)[0],
                number,
                look.language,
                scale=look.scale,
                channel=None if look.channel is None else check_channel(layer, look.channel),
                classes=look.subject.classes if layer.name == look.anatomy.dense else None,
                pixels=answer.pixels,
            )


def where(look: Look) -> Iterator[Plate]:
    """Where the network looked in each picture."""
    if not look.answers:
        raise LeftOutError(NO_PICTURE)
    network = look.subject.network
    layer = look.anatomy.attention
    named = [one for one in look.layers or () if one.has_maps]
    if named:
        layer = named[-1].last
    methods = [
        method
        for method in METHODS
        if (method != "guided-backpropagation" or has_relu(network)) and (method not in OF_A_LAYER or layer)
    ]
    for number, answer in enumerate(look.answers, start=1):
        images = look.batch(answer.pixels[np.newaxis])
        likely = np.argsort(-answer.probabilities, kind="stable")[:2].tolist()
        targets = [list(answer.classes).index(name) for name in look.classes] or likely

        def passed(done: int, total: int, file: str = answer.file) -> None:
            look.listener.on_progress(f"where it looked: {file}", done, total + 1)

        for page, (first, last) in enumerate(pages(len(targets), 3)):
            found = {
                target: [
                    attribute(network, images, target, method, layer=layer, progress=passed)
                    for method in methods
                ]
                for target in targets[first:last]
            }
            yield where_plate(answer, found, number, look.subject.name, layer, look.language, page)


def channel(look: Look) -> Iterator[Plate]:
    """One filter, many pictures: the channel named, or the one of the last maps that tells classes apart best."""
    sample, found = look.surveyed
    with_maps = [layer for layer in look.layers or look.anatomy.layers if layer.has_maps]
    if not with_maps:
        raise LeftOutError(NO_MAPS)
    kinds = _spread(np.unique(sample.labels).tolist(), MOST_CLASSES)
    there = np.flatnonzero(np.isin(sample.labels, kinds))
    chosen = there[_stratified(sample.labels[there], _PER_CLASS * len(kinds))]
    last = [layer for layer in with_maps if layer.last == look.anatomy.attention] or with_maps[-1:]
    for layer in with_maps if look.layers else last:
        index = _telling_channel(look, layer, sample, found)
        maps = []
        for images in look.batches(sample.pixels[chosen]):
            output = outputs_of(look.subject.network, images, [layer])[layer.name]
            maps.append(output[:, index].float().cpu().numpy())
        yield from channel_plates(layer, index, sample, chosen, np.concatenate(maps), look.language)


def _telling_channel(look: Look, layer: Layer, sample: Sample, found: Survey) -> int:
    if look.channel is not None:
        return check_channel(layer, look.channel)
    responses = {layer.name: found.responses[layer.name]}
    labels = np.unique(sample.labels)
    if len(labels) < 2:
        return int(responses[layer.name].std(axis=0).argmax())
    best = [alone(responses, sample.labels, int(label), 1)[0] for label in labels]
    return max(best, key=lambda one: one.score).channel


def classes(look: Look) -> Iterator[Plate]:
    """What tells two classes apart; which channels answer to one class alone."""
    sample, found = look.surveyed
    labels = np.unique(sample.labels)
    if len(labels) < 2:
        raise LeftOutError(ONE_CLASS)
    layers = {layer.name: layer for layer in look.layers or look.anatomy.layers}
    inner = {name: layer for name, layer in layers.items() if layer.has_maps and not layer.pools} or {
        name: layer for name, layer in layers.items() if name != look.anatomy.dense
    }
    if not inner:
        raise LeftOutError(NO_HIDDEN)
    responses = {name: found.responses[name] for name in inner}
    yield _pair(look, sample, found, inner, responses)
    for name in look.classes:
        if name not in sample.classes:
            look.listener.on_note(
                Note(
                    f"classes: none of the labelled pictures is of class {name!r}.",
                    f"classes : aucune des images étiquetées n’est de la classe {name!r}.",
                )
            )
    asked = [_label_of(sample, name) for name in look.classes if name in sample.classes]
    if asked:
        entries = [(label, one) for label in asked for one in alone(responses, sample.labels, label, 10)]
    else:
        shown_labels = _spread(labels.tolist(), MOST_CLASSES)
        entries = [(label, alone(responses, sample.labels, label, 1)[0]) for label in shown_labels]
    for page, (first, last) in enumerate(pages(len(entries), 10)):
        shown = [(label, one, responses[one.layer][:, one.channel]) for label, one in entries[first:last]]
        yield alone_plate(shown, sample, look.language, page)


def _pair(
    look: Look, sample: Sample, found: Survey, layers: dict[str, Layer], responses: dict[str, np.ndarray]
) -> Plate:
    first, second = (
        _most_confused(sample) if look.pair is None else [_label_of(sample, name) for name in look.pair]
    )
    tellings = between(responses, sample.labels, first, second)
    members = [np.flatnonzero(sample.labels == label) for label in (first, second)]
    values = [
        (responses[one.layer][members[0], one.channel], responses[one.layer][members[1], one.channel])
        for one in tellings
    ]
    maps: list[tuple[np.ndarray, np.ndarray] | None] = [None] * len(tellings)
    if all(layers[one.layer].has_maps for one in tellings):
        wanted = [(layers[one.layer], one.channel) for one in tellings]
        both = [
            mean_maps(look.subject.network, look.batches(sample.pixels[rows[:_MEAN_OF]]), wanted)
            for rows in members
        ]
        maps = list(zip(*both, strict=True))
    return pair_plate(tellings, values, maps, (sample.classes[first], sample.classes[second]), look.language)


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
    from prunelle.errors import UnknownName

    if name not in sample.classes:
        raise UnknownName("class", name, sample.classes)
    label = list(sample.classes).index(name)
    if label not in sample.labels:
        raise ArgumentError(f"none of the pictures looked at is of class {name!r}; look at more of them.")
    return label


def patches(look: Look) -> Iterator[Plate]:
    """What channels look for: a picture made to excite each, and the patches that excite it most."""
    sample, found = look.surveyed
    layers = look.layers or _spread(
        [layer for layer in look.anatomy.layers if layer.has_maps and not layer.pools], 3
    )
    if not layers:
        raise LeftOutError(NO_MAPS)
    for layer in layers:
        indices = [check_channel(layer, look.channel)] if look.channel is not None else _lively(found, layer)
        made = _synthesised(look, layer, indices)
        rows = []
        for index in indices:
            places = best_places(found, layer, index, look.subject.preprocess.input_size, PATCHES)
            cuts = [cut(sample.pixels[place.picture], place) for place in places]
            rows.append((index, made.get(index), cuts, [place.value for place in places]))
        yield patches_plate(layer, rows, len(sample.labels), look.language)


def _lively(found: Survey, layer: Layer) -> list[int]:
    """The channels whose response differs most from picture to picture, for its size; in order."""
    values = found.responses[layer.name]
    variation = values.std(axis=0) / (np.abs(values).mean(axis=0) + 1e-12)
    variation[found.health[layer.name].dead] = -1
    return sorted(np.argsort(-variation, kind="stable")[:PATCH_ROWS].tolist())


def _synthesised(look: Look, layer: Layer, indices: Sequence[int]) -> dict[int, np.ndarray]:
    """As many as take no longer than a minute or so; those asked for by number always."""
    rows = summarise(look.subject.network, look.subject.preprocess.input_shape)
    names = [row.name for row in rows]
    until = names.index(layer.last) + 1 if layer.last in names else len(rows)
    cost = 3 * STEPS * sum(row.multiply_adds for row in rows[:until])
    most = len(indices) if look.channel is not None else max(1, _SYNTHESIS_OPERATIONS // max(1, cost))

    def told(done: int, total: int) -> None:
        look.listener.on_progress(f"what {layer.name} looks for", done, total + 1)

    wanted = list(indices[:most])
    made = synthesise(look.subject.network, layer, wanted, look.subject.preprocess, progress=told)
    return dict(zip(wanted, made, strict=True))


def space(look: Look) -> Iterator[Plate]:
    """The penultimate features in two dimensions."""
    sample, found = look.surveyed
    ways: tuple[Projection, ...] = get_args(Projection)
    for how in ways:
        points, share = project(found.features, how)
        yield space_plate(points, share, found.features.shape[1], how, sample, look.language)


def health(look: Look) -> Iterator[Plate]:
    """How much of each layer works."""
    sample, found = look.surveyed
    layers = [layer for layer in look.layers or look.anatomy.layers if layer.name != look.anatomy.dense]
    if not layers:
        raise LeftOutError(NO_HIDDEN)
    yield from health_plates(layers, found.health, len(sample.labels), look.language)


def _stratified(labels: np.ndarray, most: int) -> np.ndarray:
    """Indices of at most about so many, as many of each class, evenly over each, in order."""
    kinds = _spread(np.unique(labels).tolist(), most)
    each = max(1, math.ceil(most / max(1, len(kinds))))
    chosen = []
    for kind in kinds:
        members = np.flatnonzero(labels == kind)
        chosen.append(members[np.linspace(0, len(members) - 1, min(each, len(members))).round().astype(int)])
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, int)


def _spread(values: Sequence[_T], most: int) -> list[_T]:
    """At most so many of them, the first and the last included, evenly."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


NO_PICTURE = Note("it needs a picture; name one or more.", "il faut une image ; nommez-en une ou plusieurs.")
NO_CONVOLUTION = Note("this network has no convolution.", "ce réseau n’a pas de convolution.")
NOT_CONVOLUTIONS = Note(
    "none of the layers named is a convolution.", "aucune des couches nommées n’est une convolution."
)
NO_MAPS = Note(
    "it shows maps of channels, and this network (or the layers named) has none.",
    "elle montre des cartes de canaux, et ce réseau (ou les couches nommées) n’en a pas.",
)
NO_HIDDEN = Note("there is no layer before the output.", "il n’y a pas de couche avant la sortie.")
NO_DATA = Note(
    "it needs labelled pictures: those of a run, or --data.",
    "il faut des images étiquetées : celles d’un entraînement, ou --data.",
)
ONE_CLASS = Note("the pictures are all of one class.", "les images sont toutes d’une seule classe.")

DRAWN: dict[View, Callable[[Look], Iterator[Plate]]] = {
    "filters": filters,
    "activations": activations,
    "where": where,
    "channel": channel,
    "classes": classes,
    "patches": patches,
    "space": space,
    "health": health,
}
