"""What is computed of single examples for one window, in a thread of its own: decisions wait for none of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError, PrunelleError
from prunelle.jobs.reviewing import Near, Review
from prunelle.page.panel import Push
from prunelle.page.questions import packed, whole_number
from prunelle.page.wire import Message
from prunelle.texts import Language, Typography, visible

MOST_WANTED = 40


class Looks:
    """Looks at what is wanted, the first first; what was wanted before and is not any more is left.

    Wanted are ``{"what": "seen" or "where", "split", "row"}``, of ``where`` with ``class`` or without, for the one that
    is looked at first: the class that the network answers, the label that is doubted most.
    """

    def __init__(self, review: Review, language: Language, push: Push) -> None:
        self._review, self._push, self._words = review, push, Typography(language)
        self._wanted: deque[Mapping[str, Any]] = deque()
        self._changed = threading.Condition()
        self._open = True
        threading.Thread(target=self._go, name="review-looks", daemon=True).start()

    def want(self, wanted: object) -> None:
        """These, in this order, and nothing else.

        Raises:
            ArgumentError: it is no list of what can be wanted.
        """
        if not isinstance(wanted, list) or len(wanted) > MOST_WANTED:
            raise ArgumentError(f"wanted must be a list of at most {MOST_WANTED}.")
        for one in wanted:
            if (
                not isinstance(one, Mapping)
                or one.get("what") not in ("seen", "where")
                or not isinstance(one.get("split"), str)
            ):
                raise ArgumentError(f"wanted must be of 'seen' and 'where'; received {one!r}.")
            whole_number(one, "row")
        with self._changed:
            self._wanted = deque(wanted)
            self._changed.notify()

    def close(self) -> None:
        """Looks no more."""
        with self._changed:
            self._open = False
            self._changed.notify()

    def _go(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted or not self._open)
                if not self._open:
                    return
                one = self._wanted.popleft()
            place = {"split": one["split"], "row": one["row"]}
            try:
                made = self._seen(**place) if one["what"] == "seen" else self._where(one, **place)
                self._push(packed({"type": one["what"], **place, **made}))
            except PrunelleError as error:
                self._push(Message({"type": one["what"], **place, "failed": str(error)}))
            except Exception as error:  # a network that a run brings along may fail in any way
                said = f"{type(error).__name__}: {error}"
                self._push(Message({"type": one["what"], **place, "failed": said}))

    def _seen(self, split: str, row: int) -> dict[str, Any]:
        seen, part = self._review.see(split, row), self._review.part(split)
        return {
            "name": visible(part.names[row]),
            "picture": seen.picture,
            "nearest": [self._near(near) for near in self._review.nearest(split, row) if near.rows],
            **part.told(row, seen.scores),
        }

    def _near(self, near: Near) -> dict[str, Any]:
        learned, classes = self._review.part("train"), self._review.run.classes
        return {
            "class": near.kin.output,
            "has": near.kin.has,
            "rows": near.rows,
            "given": [visible(learned.target.written(learned.labels[row], classes)) for row in near.rows],
            "pictures": self._review.small("train", np.array(near.rows)),
        }

    def _where(self, one: Mapping[str, Any], split: str, row: int) -> dict[str, Any]:
        target = one.get("class")
        if type(target) is not int:
            target = self._review.part(split).looked(row, self._review.see(split, row).scores)
        where = self._review.where(split, row, target)
        return {
            "class": target,
            "heat": np.round(255 * where.heat).astype(np.uint8),
            "how": self._words.note(where.how),
        }
