"""What a look is made of: the request, and what it finds before anything is drawn, for pictures and for series."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from prunelle import data as datasets
from prunelle.data import decode
from prunelle.data.examples import Data, Split
from prunelle.data.kinds import kind_of
from prunelle.data.pictures import Pictures
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ArgumentError, BadPicture, BadPictures, DataError, RunError, UnknownName
from prunelle.jobs import decoding, run_data
from prunelle.jobs.answering import check_reads, expand_files, judged_split
from prunelle.look.layers import Anatomy, Layer, check_channel, examine
from prunelle.planning.loading import load_data
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Note, composed, visible
from prunelle.training.fast import predictor
from prunelle.views.picture_look import Answer, PictureLook, Scale
from prunelle.views.series_look import SeriesLook
from prunelle.views.subject import Subject
from prunelle.views.view import LeftOutError


@dataclasses.dataclass(frozen=True, kw_only=True)
class LookRequest:
    """What a look was asked for; see ``look_into``."""

    pictures: Sequence[str | Path]
    layers: Sequence[str] | None
    channel: int | None
    classes: Sequence[str]
    between: tuple[str, str] | None
    scale: Scale
    source: DataSource
    sample: int | None


@dataclasses.dataclass(frozen=True)
class Prepared:
    """What views take, and what a reader should know of it.

    Attributes:
        name: of the network, or of its run, for the page.
        look: for the views of its kind of data.
        notes: random weights, files that cannot be read.
        unreadable: these files, with the reason.
    """

    name: str
    look: PictureLook | SeriesLook
    notes: Sequence[Note]
    unreadable: Sequence[BadPicture]


def prepare_pictures(subject: Subject, request: LookRequest, listener: Listener) -> Prepared:
    """The pictures named with the network's answers; labelled ones are found when a view asks for them.

    Raises:
        ArgumentError: an unknown layer, channel or class.
        BadPictures: none of the pictures can be read.
    """
    anatomy = examine(subject.network, subject.preprocess.input_shape)
    layers = _named_layers(anatomy, request)
    if subject.run is not None and request.pictures:
        check_reads(subject.run, listener)
    answers, unreadable = _answers(subject, request.pictures)
    classes = tuple(visible(composed(name)) for name in request.classes)
    pair = request.between and (visible(composed(request.between[0])), visible(composed(request.between[1])))
    known = subject.classes or (answers[0].classes if answers else ())
    for name in (*classes, *(pair or ())):
        if known and name not in known:
            raise UnknownName("class", name, known)

    look = PictureLook(
        subject=subject,
        anatomy=anatomy,
        answers=answers,
        labelled=lambda: _labelled(subject, request, listener),
        decode=_decoder(subject.preprocess, listener),
        layers=layers,
        channel=request.channel,
        classes=classes,
        pair=pair,
        scale=request.scale,
        sample_size=request.sample,
        listener=listener,
    )
    notes = [] if subject.trained else [_random_weights(subject.name)]
    return Prepared(subject.name, look, [*notes, *map(_unreadable_note, unreadable)], unreadable)


def prepare_series(
    run: Run, preprocess: SeriesPreprocess, request: LookRequest, listener: Listener
) -> Prepared:
    """The series in the files named, or some of the run's own when a view asks for them.

    Raises:
        ArgumentError: an unknown layer or channel.
        BadPictures: none of the series can be read.
    """
    unreadable: list[BadPicture] = []
    decoded = _decoder(preprocess, listener)

    def labelled() -> tuple[np.ndarray, np.ndarray]:
        pixels = decoded(judged_split(run, request.source, listener))
        return pixels.images, pixels.labels

    look = SeriesLook(
        network=run.network,
        preprocess=preprocess,
        classes=run.classes,
        given=None,
        labelled=labelled,
        sample_size=request.sample,
        layers=request.layers,
        channel=request.channel,
    )
    look.check()
    if request.pictures:
        given, unreadable = _read_series(preprocess, request.pictures, listener)
        look = dataclasses.replace(look, given=given)
    name = f"{run.info['network']['name']} ({run.info['data']['name']})"
    return Prepared(name, look, [_unreadable_note(bad) for bad in unreadable], unreadable)


def _named_layers(anatomy: Anatomy, request: LookRequest) -> list[Layer] | None:
    named = None if request.layers is None else anatomy.find(request.layers)
    if request.channel is not None:
        if not named:
            listed = ", ".join(f"{layer.name} ({layer.channels})" for layer in anatomy.layers)
            raise ArgumentError(f"channel goes with the layers it belongs to; name one: {listed}.")
        for layer in named:
            check_channel(layer, request.channel)
    return named


def _answers(subject: Subject, pictures: Sequence[str | Path]) -> tuple[list[Answer], list[BadPicture]]:
    """The pictures as the network receives them, with what it says of them; and those that cannot be read."""
    answers, unreadable = [], []
    answer = predictor(subject.network)
    for file in expand_files(pictures, Pictures().list_files) if pictures else ():
        try:
            pixels = decode.read_file(Path(file), subject.preprocess)
        except BadPicture as error:
            unreadable.append(error)
            continue
        found = answer(subject.batch(pixels[np.newaxis]))[0].numpy()
        names = subject.classes or tuple(str(i) for i in range(len(found)))
        answers.append(Answer(visible(Path(file).name), pixels, found, names))
    if unreadable and not answers:
        raise BadPictures("; ".join(str(error) for error in unreadable))
    return answers, unreadable


def _labelled(subject: Subject, request: LookRequest, listener: Listener) -> Data | None:
    source = request.source
    data = source.data
    if isinstance(data, Data):
        return data
    if data is not None:
        if str(data) in datasets.NAMED:
            return load_data(source, listener)
        return datasets.load_labelled(data, labels=source.labels)
    if subject.run is None:
        return None
    try:
        return run_data.data_of(subject.run, listener, source.data_dir)
    except (DataError, RunError) as error:
        raise LeftOutError(Note(str(error), str(error))) from None


def _decoder(preprocess: Preprocess | SeriesPreprocess, listener: Listener) -> Callable[[Split], Pixels]:
    """Decodes a split, and tells of what cannot be read."""

    def decoded(split: Split) -> Pixels:
        pixels = split.decode(preprocess, progress=listener.on_progress)
        for skipped in pixels.skipped:
            listener.on_note(decoding.skipped_note(skipped))
        return pixels

    return decoded


def _read_series(
    preprocess: SeriesPreprocess, files: Sequence[str | Path], listener: Listener
) -> tuple[tuple[np.ndarray, list[str]], list[BadPicture]]:
    """``(n, T, C)`` float32 with NaN beyond the end, a name for each; and what cannot be read."""
    found, names, unreadable = [], [], []
    kind = kind_of(preprocess)
    for file in expand_files(files, kind.list_files):
        for name, one in kind.read(file, preprocess, listener.on_note):
            if isinstance(one, str):
                unreadable.append(BadPicture(name, one))
            else:
                found.append(one)
                names.append(visible(Path(name).name))
    if not found:
        raise BadPictures("; ".join(str(bad) for bad in unreadable))
    padded = np.full((len(found), max(map(len, found)), found[0].shape[1]), np.nan, np.float32)
    for row, one in zip(padded, found, strict=True):
        row[: len(one)] = one
    return (padded, names), unreadable


def _unreadable_note(bad: BadPicture) -> Note:
    return Note(f"{bad.file} cannot be read: {bad.reason}", f"{bad.file} est illisible : {bad.reason}")


def _random_weights(name: str) -> Note:
    return Note(
        f"{name} has random weights: it has learned nothing yet. weights=… (--weights) loads some.",
        f"{name} a des poids tirés au hasard : il n’a encore rien appris. weights=… (--weights) en charge.",
    )
