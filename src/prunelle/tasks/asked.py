"""What a look was asked for by name, and what of that no view shows: neither is dropped without a word."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from prunelle.errors import ArgumentError
from prunelle.runs.listener import Listener
from prunelle.texts import Note

_OVER_DATA = ("channel", "classes", "patches", "space", "health")
VIEWS_OF: dict[str, tuple[str, ...]] = {
    "pictures": ("activations", "where"),
    "layers": ("filters", "activations", "where", "channel", "classes", "patches", "health"),
    "channel": ("filters", "activations", "channel", "patches"),
    "classes": ("where", "classes"),
    "between": ("classes",),
    "scale": ("activations",),
    "data": _OVER_DATA,
    "sample": _OVER_DATA,
}
"""Arguments of ``look_into`` and the views that heed them."""

SERIES_VIEWS_OF: dict[str, tuple[str, ...]] = {
    "pictures": ("activations", "where", "patches", "equivariance"),
    "layers": ("patches",),
    "channel": ("patches",),
    "data": ("activations", "where", "patches", "equivariance"),
    "sample": ("activations", "where", "patches", "equivariance"),
}
"""The same for a run on series."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """Of one look.

    Attributes:
        views: to draw.
        by_name: they were named, and are not simply all there are.
        heeding: of each argument that was given, the views to draw that heed it.
    """

    views: Sequence[str]
    by_name: bool
    heeding: Mapping[str, Sequence[str]]

    @classmethod
    def of(
        cls, views: Sequence[str], by_name: bool, views_of: Mapping[str, Sequence[str]], **given: object
    ) -> Asked:
        """Arguments that are None or empty were not given.

        Raises:
            ArgumentError: one was, and none of the views heeds it.
        """
        heeding = {}
        for name, value in given.items():
            if name not in views_of or value is None or value in ((), []):
                continue
            heeding[name] = [view for view in views_of[name] if view in views]
            if not heeding[name] and name != "pictures":
                raise ArgumentError(
                    f"{name} is for the views {', '.join(views_of[name])}, and of these none is to be drawn; received "
                    f"the views {', '.join(views)}. Leave it out, or add one."
                )
        return cls(views, by_name, heeding)

    def tell(self, listener: Listener) -> None:
        """Pictures beside views that need none are no mistake (many are looked at by one line), but not shown."""
        if not self.heeding.get("pictures", True):
            listener.on_note(
                Note(
                    f"The pictures are not shown: {', '.join(self.views)} needs none.",
                    f"Les images ne sont pas montrées : {', '.join(self.views)} n’en demande pas.",
                )
            )

    def unmet(self, left_out: Mapping[str, Note]) -> dict[str, Note]:
        """What was asked for and is not shown, with the reason: a view that was named, as ``view where``; and an
        argument, by its name, all of whose views are left out."""
        views = {f"view {view}": left_out[view] for view in self.views if self.by_name and view in left_out}
        arguments = {
            name: left_out[heeding[0]]
            for name, heeding in self.heeding.items()
            if heeding and all(view in left_out for view in heeding)
        }
        return views | arguments
