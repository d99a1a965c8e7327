"""The panel "runs": all that are in the folder, kept up to date while it is open, and two of them side by side."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from prunelle.errors import ArgumentError, PrunelleError
from prunelle.page.house import key_of
from prunelle.page.panel import Opening
from prunelle.page.run_rows import RunRows, details, difference
from prunelle.page.wire import Message
from prunelle.runs.run import Run

_LOOK_EVERY_S = 1.0


class RunsPanel:
    """See the module. Questions: ``details`` {key}, ``compare`` {keys: [one, other]}, ``resume`` {key}."""

    def __init__(self, opening: Opening) -> None:
        self._house, self._push, self._language = opening.house, opening.push, opening.language
        self._rows = RunRows(self._house.runs_folder, key_of)
        self._last: list[dict[str, Any]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="runs", daemon=True)

    def opened(self) -> Message:
        """The list, and where it is."""
        self._last = self._listed()
        self._thread.start()
        return Message({"folder": str(self._house.runs_folder), "runs": self._last})

    def receive(self, message: Message) -> Message:
        """An answer to a question.

        Raises:
            PrunelleError: a run is not there any more, or is damaged.
        """
        asked = message.content
        match asked.get("type"):
            case "details":
                return Message({"type": "details", **details(self._run(asked.get("key")))})
            case "compare":
                return self._compare(asked.get("keys"))
            case "resume":
                path = self._house.run_path(asked.get("key"))
                training = self._house.trainings.resume_run(path, self._language)
                return Message({"type": "resumed", "training": training.id})
            case other:
                raise ArgumentError(f"the panel of runs has no {other!r}.")

    def close(self) -> None:
        """Looks no more."""
        self._closing.set()

    def _listed(self) -> list[dict[str, Any]]:
        """The lines, each with the training of the page that it is of, where it is."""
        trainings = {
            key_of(each.path): each.id for each in self._house.trainings.all() if each.path is not None
        }
        return [{**row, "training": trainings.get(row["key"])} for row in self._rows.all()]

    def _run(self, key: object) -> Run:
        return Run.open(self._house.run_path(key))

    def _compare(self, keys: object) -> Message:
        """Figures of both, and what their difference is, or why there is none."""
        if not isinstance(keys, list) or len(keys) != 2:
            raise ArgumentError(f"keys must be those of two runs; received {keys!r}.")
        first, second = map(self._run, keys)
        content: dict[str, Any] = {"type": "compared", "runs": [details(first), details(second)]}
        try:
            content["difference"] = difference(first, second)
        except PrunelleError as error:
            content["why"] = str(error)
        return Message(content)

    def _follow(self) -> None:
        while not self._closing.wait(_LOOK_EVERY_S):
            with contextlib.suppress(OSError):
                rows = self._listed()
                if rows != self._last:
                    self._last = rows
                    self._push(Message({"type": "runs", "runs": rows}))
