"""What a network sees, as figures and a page: from a request to the gallery."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from prunelle.cards import made
from prunelle.data.kinds import kind_of
from prunelle.data.pictures import Pictures
from prunelle.disk import write_text, writing
from prunelle.drawing.pixels import DPI
from prunelle.drawing.plate import Plate
from prunelle.errors import BadPicture, refuse_given
from prunelle.jobs import look_at_pictures, look_at_series
from prunelle.jobs.look_request import LookRequest, SubjectRequest
from prunelle.jobs.prepared_look import Prepared
from prunelle.jobs.view_selection import ViewSelection
from prunelle.report import gallery
from prunelle.runs.folder import GALLERY, claimed, refuse_occupied
from prunelle.runs.folds import is_folds, one_of
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Language, Note
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

    def _repr_html_(self) -> str:
        """In a notebook, the first figures."""
        return made.gallery(self.page, self.figures, self.left_out | self.unmet)


PREPARE: Mapping[str, Callable[[SubjectRequest, LookRequest, Listener], Prepared]] = {
    "pictures": look_at_pictures.prepare,
    "series": look_at_series.prepare,
}
"""By the name of the kind of data."""


def look(
    subject: SubjectRequest,
    request: LookRequest,
    listener: Listener,
    *,
    views: Sequence[str] | None,
    folder: Path,
    language: Language,
) -> Gallery:
    """The page and the figures; see ``prunelle.look_into``."""
    named = subject.subject
    if isinstance(named, str | Path) and (Path(named) / "run.json").is_file():
        subject = dataclasses.replace(subject, subject=Run.open(named, subject.network))
    elif is_folds(named):
        run, note = one_of(named)
        listener.on_note(note)
        subject = dataclasses.replace(subject, subject=run)
    if request.source.data is None:
        refuse_given("says where the classes of data are, and goes with it", labels=request.source.labels)
    # A network that is no run says nothing of series: those that look at them are refused by name.
    kind = kind_of(subject.subject.preprocess) if isinstance(subject.subject, Run) else Pictures()
    selection = ViewSelection.of(kind, views, _view_arguments(request))
    refuse_occupied(folder, GALLERY)
    prepared = PREPARE[kind.name](subject, request, listener)
    selection.tell(listener)
    for note in prepared.notes:
        listener.on_note(note)
    with claimed(folder, GALLERY), writing(folder):
        return _write(folder, selection, prepared, language, listener)


def _view_arguments(request: LookRequest) -> dict[Argument, object]:
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


def _write(
    folder: Path, selection: ViewSelection, prepared: Prepared, language: Language, listener: Listener
) -> Gallery:
    """Draws each view, saves its figures, writes the page."""
    (folder / "figures").mkdir(exist_ok=True)
    sections: list[gallery.Section] = []
    left_out: dict[str, Note] = {}
    saved: set[str] = set()
    done = 0
    for view in selection.views:
        shown: list[gallery.Shown] = []
        try:
            for plate in view.plates(prepared.look, language):
                if plate.name in saved:
                    raise ValueError(f"view {view.name} draws two figures that are called {plate.name}")
                saved.add(plate.name)
                shown.append(_save(plate, folder))
                done += 1
                listener.on_progress(Note(f"drawing {view.name}", f"dessin de {view.name}"), done, done + 1)
        except LeftOutError as reason:
            left_out[view.name] = reason.note
            listener.on_note(Note(f"{view.name}: {reason.note.en}", f"{view.name} : {reason.note.fr}"))
        words = view.words(language)
        heading, text = words("view"), words("view_text")
        sections.append(gallery.Section(view.name, heading, text, shown, left_out.get(view.name)))
    listener.on_progress(Note("drawing", "dessin"), done, done)
    page = folder / "index.html"
    write_text(page, gallery.render(prepared.name, sections, prepared.notes, language))
    names = tuple(Path(one.png).stem for section in sections for one in section.figures)
    return Gallery(page, names, left_out, selection.unmet(left_out), tuple(prepared.unreadable))


def _save(plate: Plate, folder: Path) -> gallery.Shown:
    png, svg = plate.save(folder / "figures")
    width, height = (round(side * DPI) for side in plate.figure.get_size_inches())
    return gallery.Shown(plate.title, f"figures/{png.name}", f"figures/{svg.name}", width, height)
