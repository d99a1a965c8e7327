"""What a view is: one way to look at a network, with its words, what it needs, what it computes, how that is drawn.

A module of this package makes one ``View`` and calls it ``VIEW``. It is found by its line in ``prunelle.views.VIEWS``;
the gallery, the command line, ``look_into`` and the contract tests list views from there and know none by name.

``compute`` and ``draw`` meet in a frozen dataclass of arrays, numbers and texts: what was computed can be kept, sent
and drawn elsewhere (``found.to_plain``), and a figure can be made of it without the network.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Generic, Literal, Protocol, TypeVar

from prunelle.drawing.plate import Plate
from prunelle.errors import ArgumentError
from prunelle.texts import Language, Note, Typography

Need = Literal["picture", "data", "classes", "two classes"]
"""What a look must have for a view to make sense."""
Argument = Literal["pictures", "layers", "channel", "classes", "between", "scale", "data", "sample"]
"""Of ``look_into``, those that some views heed and others do not."""


class Look(Protocol):
    """A network and what it is shown, as the views of a kind of data take it."""

    def lacks(self, need: Need) -> Note | None:
        """Why there is no such thing; None where there is."""


LookT = TypeVar("LookT", bound=Look)
ResultT = TypeVar("ResultT")


class LeftOutError(Exception):
    """A view makes no sense here; ``note`` says why."""

    def __init__(self, note: Note) -> None:
        super().__init__(note.en)
        self.note = note


@dataclasses.dataclass(frozen=True, kw_only=True)
class View(Generic[LookT, ResultT]):
    """One way to look at a network.

    Attributes:
        name: what it is called on the command line, and its section of the page.
        kind: name of a kind of data (``data.kinds``); the same name may stand for a view of pictures and one of series.
        words: its sentences in both languages: ``view`` is its heading, ``view_text`` how it is read; the others are
            those of its figures.
        needs: what a look must have; where it is missing, the view is left out and says so.
        arguments: arguments of ``look_into`` that change what it shows.
        result_type: the dataclass that ``compute`` gives.
        compute: a look that has them → what there is to see of it, in parts, as all maps of a large network would not
            fit into memory. Raises ``LeftOutError`` where there is nothing.
        draw: a part → its figures.
    """

    name: str
    kind: str
    words: type[Typography]
    needs: tuple[Need, ...] = ()
    arguments: tuple[Argument, ...] = ()
    result_type: type[ResultT]
    compute: Callable[[LookT], Iterator[ResultT]]
    draw: Callable[[ResultT, Language], Iterator[Plate]]

    def parts(self, look: LookT) -> Iterator[ResultT]:
        """What ``compute`` gives, of a look that has what the view needs.

        Raises:
            LeftOutError: the view makes no sense for it.
        """
        for need in self.needs:
            if (reason := look.lacks(need)) is not None:
                raise LeftOutError(reason)
        yield from self.compute(look)

    def plates(self, look: LookT, language: Language) -> Iterator[Plate]:
        """Every figure of a look, one after the other.

        Raises:
            LeftOutError: the view makes no sense for it.
        """
        for part in self.parts(look):
            yield from self.draw(part, language)


AnyView = View[Any, Any]


@contextlib.contextmanager
def left_out_for(reason: Note) -> Iterator[None]:
    """What the numbers refuse with an ``ArgumentError`` leaves the view out, for a reason that a reader understands."""
    try:
        yield
    except ArgumentError:
        raise LeftOutError(reason) from None
