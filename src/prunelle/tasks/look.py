"""``look``: what a network sees, as figures and a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.data import decode
from prunelle.data.examples import Data
from prunelle.data.pictures import Pictures
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.disk import write_text, writing
from prunelle.errors import ArgumentError, BadPicture, BadPictures, UnknownName, refuse_given
from prunelle.jobs.answering import expand_files
from prunelle.look.figures import DPI, Plate
from prunelle.look.layer_plates import Scale
from prunelle.look.layers import check_channel, examine
from prunelle.look.picture_plates import Answer
from prunelle.plain import plain_arguments
from prunelle.planning.weights import Pretrained
from prunelle.report import gallery
from prunelle.runs.folder import GALLERY, claimed, refuse_occupied
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.tasks.asked import SERIES_VIEWS_OF, VIEWS_OF, Asked
from prunelle.tasks.look_series import SERIES_VIEWS, SeriesLook
from prunelle.tasks.subject import Subject, find_subject
from prunelle.tasks.views import DRAWN, VIEWS, LeftOutError, Look, View
from prunelle.texts import Language, Note, composed, default_language, visible
from prunelle.training.fast import predictor


@dataclasses.dataclass(frozen=True)
class Gallery:
    """What ``look_into`` made.

    Attributes:
        page: ``index.html``; each figure is a PNG and an SVG in ``figures/`` beside it.
        figures: names of the figures without the ending, in the page's order.
        left_out: by view, why it makes no sense here.
        unmet: of what was asked for by name, what is not shown, and why: views, and arguments whose every view is left
            out.
        unreadable: pictures that could not be read, with the reason.
    """

    page: Path
    figures: tuple[str, ...]
    left_out: dict[str, Note]
    unmet: dict[str, Note]
    unreadable: tuple[BadPicture, ...]


@plain_arguments
def look_into(
    subject: Run | Pretrained | nn.Module | str | Path,
    pictures: Sequence[str | Path] = (),
    *,
    output: str | Path,
    views: Sequence[View] | None = None,
    layers: Sequence[str] | None = None,
    channel: int | None = None,
    classes: Sequence[str] = (),
    between: tuple[str, str] | None = None,
    data: Data | str | Path | None = None,
    labels: str | None = None,
    data_dir: str | Path | None = None,
    sample: int | None = None,
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
        pictures: files, and folders of them; prepared as the network's training did. Of a run on series, files of
            series; some of its own test series where there are none.
        output: a new folder.
        views: some of ``VIEWS``, of a run on series some of ``SERIES_VIEWS``; None for all that make sense.
        layers: names, as ``prunelle networks`` prints them; None for all of a network of moderate size. On series
            they choose windows alone.
        channel: only this one, from 1.
        classes: for which to show where the network looked, and which channels answer to them; none for its two
            most probable ones, and every class.
        between: two classes to tell apart; None for those it confuses most.
        data: labelled pictures for the views over many, as ``prunelle.load`` takes them; None for those of the run.
        labels, data_dir: as ``prunelle.load``.
        sample: how many of them to look at; None for 500, or fewer where the network takes long.
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
    language = language or default_language()
    try:
        if isinstance(subject, str | Path) and (Path(subject) / "run.json").is_file():
            subject = Run.open(subject, network)
        of_series = (
            subject if isinstance(subject, Run) and isinstance(subject.preprocess, SeriesPreprocess) else None
        )
        known_views: tuple[Any, ...] = VIEWS if of_series is None else SERIES_VIEWS
        wanted = list(dict.fromkeys(views)) if views else list(known_views)
        for view in wanted:
            if view not in known_views:
                raise UnknownName("view", view, known_views)
        asked = Asked.of(
            wanted,
            bool(views),
            VIEWS_OF if of_series is None else SERIES_VIEWS_OF,
            pictures=pictures,
            layers=layers,
            channel=channel,
            classes=classes,
            between=between,
            scale=None if scale == "channel" else scale,
            data=data,
            sample=sample,
        )
        if data is None:
            refuse_given("says where the classes of data are, and goes with it", labels=labels)
        folder = Path(output)
        refuse_occupied(folder, GALLERY)
        if of_series is not None:
            refuse_given(
                "is for pictures, and the run is on series",
                classes=classes,
                between=between,
                scale=None if scale == "channel" else scale,
                weights=weights,
                preprocess=preprocess,
                size=size,
                mean=mean,
                std=std,
            )
            series = SeriesLook(
                *(of_series, pictures, data, labels, data_dir, sample, layers, channel, language, listener)
            )
            notes = series.check()
            name = f"{of_series.info['network']['name']} ({of_series.info['data']['name']})"
            page = _Page(name, folder, language, listener, gallery.SeriesGalleryWords)
            return page.write(asked, series.plates, notes, series.unreadable)
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
        named = None if layers is None else anatomy.find(layers)
        if channel is not None:
            if not named:
                listed = ", ".join(f"{layer.name} ({layer.channels})" for layer in anatomy.layers)
                raise ArgumentError(f"channel goes with the layers it belongs to; name one: {listed}.")
            for layer in named:
                check_channel(layer, channel)
        answers, unreadable = _answers(found, pictures)
        classes = tuple(visible(composed(name)) for name in classes)
        between = None if between is None else (visible(composed(between[0])), visible(composed(between[1])))
        known = found.classes or (answers[0].classes if answers else ())
        for name in (*classes, *(between or ())):
            if known and name not in known:
                raise UnknownName("class", name, known)
        asked.tell(listener)
        for bad in unreadable:
            notes.append(
                Note(f"{bad.file} cannot be read: {bad.reason}", f"{bad.file} est illisible : {bad.reason}")
            )
        for note in notes:
            listener.on_note(note)
        look = Look(
            subject=found,
            anatomy=anatomy,
            answers=answers,
            layers=named,
            channel=channel,
            classes=classes,
            pair=between,
            data=data,
            labels=labels,
            data_dir=data_dir,
            sample_size=sample,
            scale=scale,
            language=language,
            listener=listener,
        )
        page = _Page(found.name, folder, language, listener, gallery.GalleryWords)
        return page.write(asked, lambda view: DRAWN[view](look), notes, unreadable)
    finally:
        listener.close()


@dataclasses.dataclass(frozen=True)
class _Page:
    """A page to be written: whose network, where, in which words."""

    name: str
    folder: Path
    language: Language
    listener: Listener
    words: type[gallery.GalleryWords]

    def write(
        self,
        asked: Asked,
        draw: Callable[[Any], Iterator[Plate]],
        notes: Sequence[Note],
        unreadable: Sequence[BadPicture],
    ) -> Gallery:
        """Draws each view, saves its figures, writes the page."""
        with claimed(self.folder, GALLERY), writing(self.folder):
            (self.folder / "figures").mkdir(exist_ok=True)
            return self._write(asked, draw, notes, unreadable)

    def _write(
        self,
        asked: Asked,
        draw: Callable[[Any], Iterator[Plate]],
        notes: Sequence[Note],
        unreadable: Sequence[BadPicture],
    ) -> Gallery:
        shown: list[gallery.Shown] = []
        left_out: dict[str, Note] = {}
        for view in asked.views:
            try:
                for plate in draw(view):
                    shown.append(_save(plate, self.folder))
                    self.listener.on_progress(f"drawing {view}", len(shown), len(shown) + 1)
            except LeftOutError as reason:
                left_out[view] = reason.note
                self.listener.on_note(Note(f"{view}: {reason.note.en}", f"{view} : {reason.note.fr}"))
        self.listener.on_progress("drawing", len(shown), len(shown))
        page = gallery.render(self.name, asked.views, shown, left_out, notes, self.words(self.language))
        write_text(self.folder / "index.html", page)
        names = tuple(Path(one.png).stem for one in shown)
        return Gallery(self.folder / "index.html", names, left_out, asked.unmet(left_out), tuple(unreadable))


def _save(plate: Plate, folder: Path) -> gallery.Shown:
    png, svg = plate.save(folder / "figures")
    width, height = (round(side * DPI) for side in plate.figure.get_size_inches())
    return gallery.Shown(plate.view, plate.title, f"figures/{png.name}", f"figures/{svg.name}", width, height)


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
        found = answer(_batch(subject, pixels))[0].numpy()
        names = subject.classes or tuple(str(i) for i in range(len(found)))
        answers.append(Answer(visible(Path(file).name), pixels, found, names))
    if unreadable and not answers:
        raise BadPictures("; ".join(str(error) for error in unreadable))
    return answers, unreadable


def _batch(subject: Subject, pixels: np.ndarray) -> torch.Tensor:
    """``(H, W, C)`` uint8 → ``(1, C, H, W)`` float32, normalised, where the network is."""
    images = torch.from_numpy(pixels[np.newaxis].copy()).permute(0, 3, 1, 2).to(subject.device)
    return subject.preprocess.normalise(images)
