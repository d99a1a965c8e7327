"""``look``: what a network sees, as figures and a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.data.examples import Data
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.disk import write_text, writing
from prunelle.drawing.pixels import DPI
from prunelle.drawing.plate import Plate
from prunelle.errors import BadPicture, refuse_given
from prunelle.planning.request import DataSource, Preparation
from prunelle.planning.weights import Pretrained
from prunelle.report import gallery
from prunelle.runs.folder import GALLERY, claimed, refuse_occupied
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.tasks.looking import LookRequest, Prepared, prepare_pictures, prepare_series
from prunelle.tasks.subject import find_subject
from prunelle.tasks.view_selection import Asked
from prunelle.texts import Language, Note, default_language
from prunelle.views.picture_look import Scale
from prunelle.views.view import Argument, LeftOutError


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
    views: Sequence[str] | None = None,
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
        views: some of ``views.names("pictures")``, of a run on series of ``views.names("series")``; None for all that
            make sense.
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
    request = LookRequest(
        pictures=pictures,
        layers=layers,
        channel=channel,
        classes=classes,
        between=between,
        scale=scale,
        source=DataSource(data=data, labels=labels, data_dir=data_dir),
        sample=sample,
    )
    try:
        if isinstance(subject, str | Path) and (Path(subject) / "run.json").is_file():
            subject = Run.open(subject, network)
        if data is None:
            refuse_given("says where the classes of data are, and goes with it", labels=labels)
        if isinstance(subject, Run) and isinstance(subject.preprocess, SeriesPreprocess):
            asked = Asked.of("series", views, _given(request))
            refuse_occupied(Path(output), GALLERY)
            refuse_given(
                "is for pictures, and the run is on series",
                weights=weights,
                preprocess=preprocess,
                size=size,
                mean=mean,
                std=std,
            )
            prepared = prepare_series(subject, subject.preprocess, request, listener)
        else:
            asked = Asked.of("pictures", views, _given(request))
            refuse_occupied(Path(output), GALLERY)
            found = find_subject(
                subject,
                network=network,
                weights=weights,
                preprocess=preprocess,
                classes=None if class_names is None else tuple(class_names),
                preparation=Preparation(size=size, mean=mean, std=std),
                listener=listener,
            )
            prepared = prepare_pictures(found, request, listener)
        asked.tell(listener)
        for note in prepared.notes:
            listener.on_note(note)
        folder = Path(output)
        with claimed(folder, GALLERY), writing(folder):
            return _write(folder, asked, prepared, language, listener)
    finally:
        listener.close()


def _given(request: LookRequest) -> dict[Argument, object]:
    """What some views heed and others do not, as far as it was given."""
    return {
        "pictures": tuple(request.pictures),
        "layers": request.layers,
        "channel": request.channel,
        "classes": tuple(request.classes),
        "between": request.between,
        "scale": None if request.scale == "channel" else request.scale,
        "data": request.source.data,
        "sample": request.sample,
    }


def _write(folder: Path, asked: Asked, prepared: Prepared, language: Language, listener: Listener) -> Gallery:
    """Draws each view, saves its figures, writes the page."""
    (folder / "figures").mkdir(exist_ok=True)
    sections: list[gallery.Section] = []
    left_out: dict[str, Note] = {}
    saved: set[str] = set()
    done = 0
    for view in asked.views:
        shown: list[gallery.Shown] = []
        try:
            for plate in view.plates(prepared.look, language):
                if plate.name in saved:
                    raise ValueError(f"view {view.name} draws two figures that are called {plate.name}")
                saved.add(plate.name)
                shown.append(_save(plate, folder))
                done += 1
                listener.on_progress(f"drawing {view.name}", done, done + 1)
        except LeftOutError as reason:
            left_out[view.name] = reason.note
            listener.on_note(Note(f"{view.name}: {reason.note.en}", f"{view.name} : {reason.note.fr}"))
        words = view.words(language)
        heading, text = words("view"), words("view_text")
        sections.append(gallery.Section(view.name, heading, text, shown, left_out.get(view.name)))
    listener.on_progress("drawing", done, done)
    page = folder / "index.html"
    write_text(page, gallery.render(prepared.name, sections, prepared.notes, language))
    names = tuple(Path(one.png).stem for section in sections for one in section.figures)
    return Gallery(page, names, left_out, asked.unmet(left_out), tuple(prepared.unreadable))


def _save(plate: Plate, folder: Path) -> gallery.Shown:
    png, svg = plate.save(folder / "figures")
    width, height = (round(side * DPI) for side in plate.figure.get_size_inches())
    return gallery.Shown(plate.title, f"figures/{png.name}", f"figures/{svg.name}", width, height)
