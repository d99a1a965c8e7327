"""What the views of pictures look at: the network, pictures with its answers, labelled ones where there are."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle import data as datasets
from prunelle.data import decode
from prunelle.data.examples import Data
from prunelle.data.from_dataset import as_pictures, is_dataset
from prunelle.data.pictures import Pictures
from prunelle.errors import ArgumentError, BadPicture, BadPictures, UnknownName
from prunelle.jobs import run_data
from prunelle.jobs.answering import check_reads, expand_files
from prunelle.jobs.look_request import LookRequest, SubjectRequest
from prunelle.jobs.picture_subject import find_subject
from prunelle.jobs.prepared_look import Prepared, decoder, left_out_when_gone, unreadable_note
from prunelle.look.layers import Anatomy, Layer, check_channel, examine
from prunelle.planning.loading import load_data
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener
from prunelle.texts import Note, composed, visible
from prunelle.training.fast import predictor
from prunelle.training.outputs import evaluation_mode
from prunelle.views.picture_look import Answer, PictureLook
from prunelle.views.subject import Subject

_AS_SHOWN = Note(
    "The dataset gives tensors: they are shown, and given to the network, in 256 levels between the least and the "
    "largest value of each channel.",
    "Le jeu de données donne des tenseurs : ils sont montrés, et donnés au réseau, sur 256 niveaux entre la plus "
    "petite et la plus grande valeur de chaque canal.",
)


def prepare(subject: SubjectRequest, request: LookRequest, listener: Listener) -> Prepared:
    """The network that is named, the pictures with its answers; see ``prepare_pictures``."""
    return prepare_pictures(find_subject(subject, listener), request, listener)


def prepare_pictures(subject: Subject, request: LookRequest, listener: Listener) -> Prepared:
    """The pictures named with the network's answers; labelled ones are found when a view asks for them.

    Raises:
        ArgumentError: an unknown layer, channel or class.
        BadPictures: none of the pictures can be read.
    """
    source = request.source
    if is_dataset(source.data):
        data = as_pictures(load_data(source, listener))
        source = dataclasses.replace(source, data=data)
        if data.preprocess.mean:
            settings: Any = data.preprocess  # of pictures, as all such datasets are
            subject = dataclasses.replace(subject, preprocess=settings)
            listener.on_note(_AS_SHOWN)
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
        labelled=lambda: _labelled(subject, source, listener),
        decode=decoder(subject.preprocess, listener),
        layers=layers,
        channel=request.channel,
        classes=classes,
        pair=pair,
        scale=request.scale,
        sample_size=request.sample,
        listener=listener,
    )
    notes = [] if subject.trained else [_random_weights(subject.name)]
    return Prepared(subject.name, look, [*notes, *map(unreadable_note, unreadable)], unreadable)


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
        with evaluation_mode(subject.network):
            probabilities = subject.probabilities(answer.outputs(subject.batch(pixels[np.newaxis])))[0]
        names = subject.classes or tuple(str(i) for i in range(len(probabilities)))
        number = float(probabilities[0]) if subject.target.kind == "number" else None
        answered, name = subject.answered(probabilities), visible(Path(file).name)
        answers.append(Answer(name, pixels, probabilities, names, answered=answered, number=number))
    if unreadable and not answers:
        raise BadPictures("; ".join(str(error) for error in unreadable))
    return answers, unreadable


def _labelled(subject: Subject, source: DataSource, listener: Listener) -> Data | None:
    data = source.data
    if isinstance(data, Data):
        return data
    if data is not None:
        if str(data) in datasets.NAMED:
            return load_data(source, listener)
        return datasets.load_labelled(data, labels=source.labels)
    if subject.run is None:
        return None
    with left_out_when_gone():
        return run_data.data_of(subject.run, listener, source.data_dir)


def _random_weights(name: str) -> Note:
    return Note(
        f"{name} has random weights: it has learned nothing yet. weights=… (--weights) loads some.",
        f"{name} a des poids tirés au hasard : il n’a encore rien appris. weights=… (--weights) en charge.",
    )
