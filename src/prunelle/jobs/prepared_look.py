"""What a look at pictures and one at series have in common before anything is drawn."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence

from prunelle.data.examples import Split
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels
from prunelle.data.reasons import reason_note
from prunelle.errors import BadPicture, DataError, RunError
from prunelle.jobs import decoding
from prunelle.runs.listener import Listener
from prunelle.texts import Note
from prunelle.views.picture_look import PictureLook
from prunelle.views.series_look import SeriesLook
from prunelle.views.view import LeftOutError


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


def decoder(preprocess: AnyPreprocess, listener: Listener) -> Callable[[Split], Pixels]:
    """Decodes a split, and tells of what cannot be read."""

    def decoded(split: Split) -> Pixels:
        pixels = split.decode(preprocess, progress=listener.on_progress)
        for skipped in pixels.skipped:
            listener.on_note(decoding.skipped_note(skipped))
        return pixels

    return decoded


@contextlib.contextmanager
def left_out_when_gone() -> Iterator[None]:
    """Views that need a run's own data are left out where these are gone: the others need none.

    Raises:
        LeftOutError: in place of what reading them raises.
    """
    try:
        yield
    except (DataError, RunError) as error:
        raise LeftOutError(Note(str(error), str(error))) from None


def unreadable_note(bad: BadPicture) -> Note:
    reason = reason_note(bad.reason)
    return Note(f"{bad.file} cannot be read: {reason.en}", f"{bad.file} est illisible : {reason.fr}")
