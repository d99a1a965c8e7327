"""What a look was asked for by name, and what of that no view shows: neither is dropped without a word."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from prunelle.data.kind import Kind
from prunelle.errors import ArgumentError, UnknownName, refuse_given
from prunelle.runs.listener import Listener
from prunelle.texts import Note
from prunelle.views import views_of
from prunelle.views.view import AnyView, Argument

_OF_THE_OTHER_KIND: Mapping[str, str] = {
    "series": "is for pictures, and the run is on series",
    "pictures": "is for series, and the network is for pictures",
}


@dataclasses.dataclass(frozen=True)
class ViewSelection:
    """Of one look.

    Attributes:
        kind: of data that the network was made for.
        views: to draw.
        by_name: they were named, and are not simply all there are.
        views_using: of each argument that was given, the names of the views to draw that heed it.
    """

    kind: Kind[Any, Any]
    views: Sequence[AnyView]
    by_name: bool
    views_using: Mapping[Argument, Sequence[str]]

    @classmethod
    def of(
        cls, kind: Kind[Any, Any], names: Sequence[str] | None, given: Mapping[Argument, object]
    ) -> ViewSelection:
        """Arguments that are None or empty were not given.

        Args:
            names: of views; None for all of the kind.

        Raises:
            ArgumentError: an argument was given, and none of the views heeds it.
        """
        known = views_of(kind.name)
        for name in names or ():
            if name not in known:
                raise UnknownName("view", name, tuple(known))
        views = [known[name] for name in dict.fromkeys(names or known)]
        drawn = [view.name for view in views]
        given = {argument: value for argument, value in given.items() if value not in (None, (), [])}
        heeded = {
            argument: [one.name for one in known.values() if argument in one.arguments] for argument in given
        }
        refused = {str(argument): given[argument] for argument, by in heeded.items() if not by}
        refuse_given(_OF_THE_OTHER_KIND[kind.name], **refused)
        views_using: dict[Argument, Sequence[str]] = {}
        for argument, heeded_by in heeded.items():
            views_using[argument] = [name for name in heeded_by if name in drawn]
            if not views_using[argument] and argument != "pictures":
                raise ArgumentError(
                    f"{argument} is for the views {', '.join(heeded_by)}, and of these none is to be drawn; received "
                    f"the views {', '.join(drawn)}. Leave it out, or add one."
                )
        return cls(kind, views, bool(names), views_using)

    def tell(self, listener: Listener) -> None:
        """Pictures beside views that need none are no mistake (many are looked at by one line), but not shown."""
        if not self.views_using.get("pictures", True):
            examples = self.kind.many
            names = ", ".join(view.name for view in self.views)
            listener.on_note(
                Note(
                    f"The {examples.en} are not shown: {names} needs none.",
                    f"Les {examples.fr} ne sont pas montrées : {names} n’en demande pas.",
                )
            )

    def unmet(self, left_out: Mapping[str, Note]) -> dict[str, Note]:
        """What was asked for and is not shown, with the reason: a view that was named, as ``view where``; and an
        argument, by its name, all of whose views are left out."""
        drawn = [view.name for view in self.views]
        views = {f"view {name}": left_out[name] for name in drawn if self.by_name and name in left_out}
        arguments = {
            str(name): left_out[views_using[0]]
            for name, views_using in self.views_using.items()
            if views_using and all(view in left_out for view in views_using)
        }
        return views | arguments
