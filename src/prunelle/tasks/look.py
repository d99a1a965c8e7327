"""``look``: what a network sees, as figures and a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar, get_args

import numpy as np
import torch
from torch import nn

from prunelle.data import decode
from prunelle.data.preprocess import Preprocess
from prunelle.errors import BadPicture, BadPictures, RunError, UnknownName
from prunelle.look.attribution import METHODS, attribute, has_relu, probabilities
from prunelle.look.figures import Plate
from prunelle.look.filters import filters_of
from prunelle.look.layer_plates import Scale, activation_plates, filter_plates
from prunelle.look.layers import Anatomy, Layer, check_channel, examine, outputs_of
from prunelle.look.picture_plates import Answer, where_plate
from prunelle.report import gallery
from prunelle.report.console import Listener, Style, make_listener
from prunelle.report.run import Run
from prunelle.tasks.answering import expand_files
from prunelle.tasks.subject import Subject, find_subject
from prunelle.tasks.weights import Pretrained
from prunelle.texts import Language, Note, default_language
from prunelle.training.checkpoint import write_text

_T = TypeVar("_T")

View = Literal["filters", "activations", "where"]
VIEWS: tuple[View, ...] = get_args(View)

MOST_CHANNELS = 8192
"""Channels of all layers together whose maps are shown for a picture unless layers are named."""
MOST_CONVOLUTIONS = 16
"""Whose filters are shown unless layers are named."""


@dataclasses.dataclass(frozen=True)
class Gallery:
    """What ``look_into`` made.

    Attributes:
        page: ``index.html``; each figure is a PNG and an SVG in ``figures/`` beside it.
        figures: names of the figures without the ending, in the page's order.
        left_out: by view, why it makes no sense here.
        unreadable: pictures that could not be read, with the reason.
    """

    page: Path
    figures: tuple[str, ...]
    left_out: dict[str, Note]
    unreadable: tuple[BadPicture, ...]


class _LeftOut(Exception):
    """A view makes no sense here."""

    def __init__(self, note: Note) -> None:
        self.note = note


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Look:
    """One look: what is looked at, at what, and how."""

    subject: Subject
    anatomy: Anatomy
    answers: Sequence[Answer]
    layers: Sequence[Layer] | None
    channel: int | None
    targets: Sequence[int]
    scale: Scale
    language: Language
    listener: Listener

    @property
    def classes(self) -> Sequence[str] | None:
        return self.subject.classes


def look_into(
    subject: Run | Pretrained | nn.Module | str | Path,
    pictures: Sequence[str | Path] = (),
    *,
    output: str | Path,
    views: Sequence[View] | None = None,
    layers: Sequence[str] | None = None,
    channel: int | None = None,
    classes: Sequence[str] = (),
    scale: Scale = "channel",
    network: nn.Module | None = None,
    weights: str | Path | None = None,
    preprocess: Preprocess | None = None,
    class_names: Sequence[str] | None = None,
    size: int | tuple[int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    language: Language | None = None,
    style: Style = "auto",
) -> Gallery:
    """Shows what each part of a network does, as a page and as figures.

    Args:
        subject: a run, its folder, what ``pretrained`` gives, a module, or the name of a network.
        pictures: files, and folders of them; prepared as the network's training did.
        output: a new folder.
        views: some of ``VIEWS``; None for all that make sense.
        layers: names, as ``prunelle networks`` prints them; None for all of a network of moderate size.
        channel: only this one, from 1.
        classes: for which to show where the network looked; none for its two most probable ones.
        scale: of the maps: each channel its own, or one shared by a layer.
        network: the module, if the run trained one of your own.
        weights, size, mean, std: of a network by name, as ``pretrained``; without weights they are random.
        preprocess, class_names: of a module.
        language: of figures and page; None for the locale's.
        style: what to show meanwhile.

    Raises:
        ArgumentError: an unknown layer, channel, class or view.
        BadPictures: none of the pictures can be read.
        RunError: ``output`` is there already.

    Example:
        >>> look_into("vgg16", ["photo.jpg"], weights="imagenet", output="looks")
    """
    listener = make_listener(style)
    try:
        wanted = list(dict.fromkeys(views)) if views else list(VIEWS)
        for view in wanted:
            if view not in VIEWS:
                raise UnknownName("view", view, VIEWS)
        folder = _empty_folder(Path(output))
        found = find_subject(
            subject,
            network=network,
            weights=weights,
            preprocess=preprocess,
            classes=None if class_names is None else tuple(class_names),
            size=size,
            mean=mean,
            std=std,
            style=style,
        )
        notes = []
        if not found.trained:
            notes.append(
                Note(
                    f"{found.name} has random weights: it has learned nothing yet. weights=… (--weights) loads some.",
                    f"{found.name} a des poids tirés au hasard : il n’a encore rien appris. weights=… (--weights) "
                    f"en charge.",
                )
            )
        anatomy = examine(found.network, found.preprocess.input_shape)
        answers, unreadable = _answers(found, pictures)
        for bad in unreadable:
            notes.append(
                Note(f"{bad.file} cannot be read: {bad.reason}", f"{bad.file} est illisible : {bad.reason}")
            )
        for note in notes:
            listener.note(note)
        look = _Look(
            subject=found,
            anatomy=anatomy,
            answers=answers,
            layers=None if layers is None else anatomy.find(layers),
            channel=channel,
            targets=[_class_index(name, answers, found) for name in classes],
            scale=scale,
            language=language or default_language(),
            listener=listener,
        )
        return _write(look, wanted, folder, notes, unreadable)
    finally:
        listener.close()


def _write(
    look: _Look, views: Sequence[View], folder: Path, notes: Sequence[Note], unreadable: Sequence[BadPicture]
) -> Gallery:
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    shown: list[gallery.Shown] = []
    left_out: dict[str, Note] = {}
    for view in views:
        try:
            for plate in _DRAWN[view](look):
                shown.append(_save(plate, folder))
                look.listener.progress(f"drawing {view}", len(shown), len(shown) + 1)
        except _LeftOut as reason:
            left_out[view] = reason.note
            look.listener.note(Note(f"{view}: {reason.note.en}", f"{view} : {reason.note.fr}"))
    look.listener.progress("drawing", len(shown), len(shown))
    page = gallery.render(look.subject.name, views, shown, left_out, notes, look.language)
    write_text(folder / "index.html", page)
    names = tuple(Path(one.png).stem for one in shown)
    return Gallery(folder / "index.html", names, left_out, tuple(unreadable))


def _save(plate: Plate, folder: Path) -> gallery.Shown:
    png, svg = plate.save(folder / "figures")
    width, height = (round(side * 150) for side in plate.figure.get_size_inches())
    return gallery.Shown(plate.view, plate.title, f"figures/{png.name}", f"figures/{svg.name}", width, height)


def _empty_folder(path: Path) -> Path:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"{path} is there already, and nothing is written over. Name another --output.")
    return path


def _answers(subject: Subject, pictures: Sequence[str | Path]) -> tuple[list[Answer], list[BadPicture]]:
    """The pictures as the network receives them, with what it says of them; and those that cannot be read."""
    answers, unreadable = [], []
    for file in expand_files(pictures) if pictures else ():
        try:
            pixels = decode.read_file(Path(file), subject.preprocess)
        except BadPicture as error:
            unreadable.append(error)
            continue
        found = probabilities(subject.network, _batch(subject, pixels))[0].numpy()
        names = subject.classes or tuple(str(i) for i in range(len(found)))
        answers.append(Answer(Path(file).name, pixels, found, names))
    if unreadable and not answers:
        raise BadPictures("; ".join(str(error) for error in unreadable))
    return answers, unreadable


def _batch(subject: Subject, pixels: np.ndarray) -> torch.Tensor:
    """``(H, W, C)`` uint8 → ``(1, C, H, W)`` float32, normalised, where the network is."""
    images = torch.from_numpy(pixels[np.newaxis].copy()).permute(0, 3, 1, 2).to(subject.device)
    return subject.preprocess.normalise(images)


def _class_index(name: str, answers: Sequence[Answer], subject: Subject) -> int:
    names = subject.classes or (answers[0].classes if answers else ())
    if name not in names:
        raise UnknownName("class", name, names)
    return list(names).index(name)


def _filters(look: _Look) -> Iterator[Plate]:
    names = list(look.anatomy.convolutions)
    if not names:
        raise _LeftOut(NO_CONVOLUTION)
    if look.layers is not None:
        names = [name for name in names if name in {layer.name for layer in look.layers}]
    else:
        names = _spread(names, MOST_CONVOLUTIONS)
    labels = {layer.name: layer.label for layer in look.anatomy.layers}
    for name in names:
        filters = filters_of(look.subject.network, name)
        channel = None
        if look.channel is not None:
            channel = check_channel(look.anatomy.layer(name), look.channel)
        yield from filter_plates(filters, labels.get(name, name), look.language, channel)


def _activations(look: _Look) -> Iterator[Plate]:
    if not look.answers:
        raise _LeftOut(NO_PICTURE)
    layers = look.layers
    if layers is None:
        layers = list(look.anatomy.layers)
        while sum(layer.channels for layer in layers if layer.has_maps) > MOST_CHANNELS:
            layers = _spread(layers, len(layers) * 3 // 4)
    for number, answer in enumerate(look.answers, start=1):
        found = outputs_of(look.subject.network, _batch(look.subject, answer.pixels), layers)
        for layer in layers:
            yield from activation_plates(
                layer,
                found.pop(layer.name)[0],
                number,
                look.language,
                scale=look.scale,
                channel=None if look.channel is None else check_channel(layer, look.channel),
                classes=look.classes if layer.name == look.anatomy.dense else None,
            )


def _where(look: _Look) -> Iterator[Plate]:
    if not look.answers:
        raise _LeftOut(NO_PICTURE)
    network = look.subject.network
    layer = look.anatomy.attention
    if look.layers:
        maps = [one for one in look.layers if one.has_maps]
        layer = maps[-1].last if maps else layer
    methods = [
        method
        for method in METHODS
        if (method != "guided-backpropagation" or has_relu(network)) and (method != "grad-cam" or layer)
    ]
    for number, answer in enumerate(look.answers, start=1):
        images = _batch(look.subject, answer.pixels)
        targets = look.targets or np.argsort(-answer.probabilities, kind="stable")[:2].tolist()

        def passed(done: int, total: int, file: str = answer.file) -> None:
            look.listener.progress(f"where it looked: {file}", done, total + 1)

        found = {
            target: [
                attribute(network, images, target, method, layer=layer, progress=passed) for method in methods
            ]
            for target in targets
        }
        yield where_plate(answer, found, number, look.subject.name, layer, look.language)


def _spread(values: Sequence[_T], most: int) -> list[_T]:
    """At most so many of them, the first and the last included, evenly."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


NO_PICTURE = Note("it needs a picture; name one or more.", "il faut une image ; nommez-en une ou plusieurs.")
NO_CONVOLUTION = Note("this network has no convolution.", "ce réseau n’a pas de convolution.")

_DRAWN: dict[View, Callable[[_Look], Iterator[Plate]]] = {
    "filters": _filters,
    "activations": _activations,
    "where": _where,
}
