"""The panel "review": a run's errors, the examples behind them, and what a person decides about each.

What is shown is a ``Review`` (``jobs/reviewing.py``); decisions go to a file with each one (``data/decisions.py``), and
come from it too: another window's, or another person's, are shown as they are made.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from prunelle import tasks
from prunelle.checks.list import KINDS
from prunelle.data.decisions import ACTIONS, Decision
from prunelle.errors import ArgumentError, PrunelleError
from prunelle.jobs.reviewing import Review
from prunelle.page.house import House, key_of, stamp_of
from prunelle.page.panel import Opening
from prunelle.page.questions import Asked, packed
from prunelle.page.record import Request
from prunelle.page.review_decisions import NEW_LABELS, DecisionsFile
from prunelle.page.review_words import Words
from prunelle.page.review_worker import Looks
from prunelle.page.training_state import Training, as_json
from prunelle.page.wire import Message
from prunelle.runs.change import Change
from prunelle.runs.run import Run
from prunelle.texts import visible

_LOOK_EVERY_S = 0.5
MOST_SMALL = 200
MOST_FINDINGS = 500


class ReviewPanel:
    """See the module. Questions: ``table`` {split}, ``small`` {split, rows}, ``look`` {wanted}, ``decide``, ``undo``,
    ``forget``, ``retrain``, ``check``; pushed are ``progress``, ``seen``, ``where``, ``decisions``, ``again``."""

    def __init__(self, opening: Opening) -> None:
        self._house, self._push = opening.house, opening.push
        self._words = Words(opening.language)
        self._key, self._run = _subject(opening)
        self._review = None if self._run is None else _review(self._house, self._run)
        self._leave: Callable[[], None] = lambda: None
        self._hear_not: Callable[[], None] = lambda: None
        self._closing = threading.Event()
        if self._run is not None:
            self._file = DecisionsFile(_decisions_file(self._house, self._run))
        if self._review is not None:
            self._looks = Looks(self._review, opening.language, self._push)
            self._leave = self._review.subscribe(lambda: self._push(self._progress()))
            self._review.start()
        self._answers: dict[str, Callable[[Asked], Message]] = {
            "table": self._table,
            "small": self._small,
            "look": self._look,
            "decide": self._decide,
            "undo": self._undo,
            "forget": self._forget,
            "retrain": self._retrain,
            "check": self._check,
        }

    def opened(self) -> Message:
        """What there is to choose from; of the chosen run, what is known at once."""
        rows = [
            {"key": key, "name": visible(path.relative_to(self._house.runs_folder).as_posix())}
            for key, path in self._house.run_paths().items()
            if stamp_of(path)
        ]
        if self._run is None or self._review is None or self._key is None:
            return Message({"run": None, "runs": rows})
        if self._key not in {row["key"] for row in rows}:
            rows.insert(0, {"key": self._key, "name": visible(self._run.path.name)})
        explored = self._review.explorer.explored
        content = {
            "run": self._key,
            "runs": rows,
            "name": visible(self._run.path.name),
            "network": visible(explored.name),
            "classes": [visible(name) for name in self._run.classes],
            "kind": explored.kind,
            "target": self._run.target.kind,
            "file": visible(str(self._file.path)),
            "by": self._file.by,
            "decisions": self._listed(),
            "progress": self._progress().content,
            "again": self._trained_again(),
        }
        self._hear_not = self._house.trainings.subscribe(self._training_changed)
        threading.Thread(target=self._follow, name="decisions", daemon=True).start()
        return Message(content)

    def receive(self, message: Message) -> Message:
        """The answer to one of the browser's questions.

        Raises:
            PrunelleError: what was asked is none, a file cannot be written or read.
        """
        asked = Asked(message)
        kind = asked.content.get("type")
        answer = self._answers.get(kind) if isinstance(kind, str) else None
        if answer is None:
            raise ArgumentError(f"the panel review has no {kind!r}; it has {', '.join(self._answers)}.")
        if self._review is None:
            raise ArgumentError("there is no run to review.")
        return answer(asked)

    def close(self) -> None:
        """Ends what runs for it; what all share goes on."""
        self._closing.set()
        self._leave()
        self._hear_not()
        if self._review is not None:
            self._looks.close()

    # ---- Examples.

    @property
    def _shown(self) -> Review:
        assert self._review is not None
        return self._review

    def _progress(self) -> Message:
        review = self._shown
        progress = review.progress
        return Message(
            {
                "type": "progress",
                "ready": list(review.parts),
                "failed": review.failed,
                "what": None if progress is None else self._words.note(progress.what),
                "split": None if progress is None else progress.split,
                "done": 0 if progress is None else progress.done,
                "of": 0 if progress is None else progress.of,
                "checking": review.checking,
                "odd": review.odd is not None,
            }
        )

    def _table(self, asked: Asked) -> Message:
        part = self._shown.part(asked.text("split"))
        about = {
            "type": "table",
            "split": part.split,
            "how": part.how,
            "note": self._words.note(part.BY[part.how]),
        }
        return packed(about | part.columns())

    def _small(self, asked: Asked) -> Message:
        split, rows = asked.text("split"), asked.content.get("rows")
        count = len(self._shown.part(split).pixels)
        if not isinstance(rows, list) or len(rows) > MOST_SMALL:
            raise ArgumentError(f"rows must be a list of at most {MOST_SMALL}.")
        if not all(type(row) is int and 0 <= row < count for row in rows):
            raise ArgumentError(f"rows must be those of examples, 0 to {count - 1}.")
        return packed({"type": "small", "pictures": self._shown.small(split, np.array(rows, np.int64))})

    def _look(self, asked: Asked) -> Message:
        self._looks.want(asked.content.get("wanted"))
        return Message({})

    def _check(self, asked: Asked) -> Message:
        """What else is odd: begun where nobody has wanted to know it yet; told once it is known."""
        review = self._shown
        review.check()
        found = review.odd
        if found is None:
            return Message({"type": "odd", "kinds": None})
        kinds = []
        for kind, title in KINDS.items():
            findings = [each for each in found.findings if each.kind == kind and each.rows]
            if findings:
                told = [
                    {
                        "places": [list(review.place(row)) for row in each.rows[:MOST_SMALL]],
                        "said": f"{self._words.note(each.what)} {self._words.note(each.advice)}",
                    }
                    for each in findings[:MOST_FINDINGS]
                ]
                kinds.append({"kind": kind, "title": self._words.note(title), "findings": told})
        return Message({"type": "odd", "kinds": kinds})

    # ---- Decisions.

    def _decide(self, asked: Asked) -> Message:
        part, row = self._shown.part(asked.text("split")), asked.whole("row")
        if not 0 <= row < len(part.names):
            raise ArgumentError(f"row must be that of an example; received {row}.")
        classes, said = self._shown.run.classes, asked.text("action")
        action = next((each for each in ACTIONS if each == said), None)
        if action is None:
            raise ArgumentError(f"action must be one of {', '.join(ACTIONS)}; received {said!r}.")
        target = part.target
        label = None
        if action == "relabel":
            label = target.written(NEW_LABELS[target.kind](asked, len(classes)), classes)
        was = target.written(part.labels[row], classes)
        self._file.decide(part.names[row], action, was=was, label=label)
        return self._changed(part.names[row])

    def _undo(self, asked: Asked) -> Message:
        name = self._file.undo()
        return Message({"type": "changed", "file": None}) if name is None else self._changed(name)

    def _forget(self, asked: Asked) -> Message:
        name = asked.text("file")
        self._file.forget(name)
        return self._changed(name)

    def _retrain(self, asked: Asked) -> Message:
        """Begins to train the run again, by the labels as they are decided now, in a process of its own."""
        if not self._file.read():
            raise ArgumentError("nothing is decided yet.")
        again = self._house.trainings.again(self._shown.run.path)
        if again is not None and again.going:
            raise ArgumentError("it is being trained again already.")
        request = Request(
            runs=str(self._house.runs_folder),
            language=self._words.language,
            retrain=str(self._shown.run.path.absolute()),
            decisions=str(self._file.path),
        )
        self._house.trainings.start(request)
        return Message({"type": "again", "again": self._trained_again()})

    def _trained_again(self) -> dict[str, Any] | None:
        """How the last training by corrected labels stands, and what it changed, once it is done."""
        training = self._house.trainings.again(self._shown.run.path)
        if training is None:
            return None
        told = as_json(training, self._words.note)
        told["key"] = told["change"] = None
        if training.path is not None:
            told["key"] = key_of(training.path)
            change = Change.read(training.path) if training.state == "finished" else None
            told["change"] = None if change is None else change.to_json() | {"of": None}
        return told

    def _training_changed(self, training: Training) -> None:
        """Called by the thread that follows all of the page's trainings."""
        again = self._house.trainings.again(self._shown.run.path)
        if again is not None and again.id == training.id:
            self._push(Message({"type": "again", "again": self._trained_again()}))

    def _changed(self, name: str) -> Message:
        """What is decided about one example now."""
        decision = self._file.decisions.get(name)
        entry = None if decision is None else self._entry(decision)
        place = self._places().get(name)
        return Message({"type": "changed", "file": name, "place": place, "decision": entry})

    def _places(self) -> dict[str, list[Any]]:
        """Name → split and row of the examples that are there by now."""
        parts = self._shown.parts
        if self._known[0] != len(parts):
            places = {
                name: [part.split, row] for part in parts.values() for row, name in enumerate(part.names)
            }
            self._known = len(parts), places
        return self._known[1]

    _known: tuple[int, dict[str, list[Any]]] = (0, {})

    def _entry(self, decision: Decision) -> dict[str, Any]:
        return {
            "file": decision.file,
            "name": visible(decision.file),
            "place": self._places().get(decision.file),
            "action": decision.action,
            "label": None if decision.label is None else visible(decision.label),
            "was": None if decision.was is None else visible(decision.was),
            "by": visible(decision.by),
            "at": decision.at,
        }

    def _listed(self) -> list[dict[str, Any]]:
        return [self._entry(decision) for decision in self._file.read().values()]

    def _follow(self) -> None:
        """Another window's decisions, and another person's."""
        ready = len(self._shown.parts)
        while not self._closing.wait(_LOOK_EVERY_S):
            with contextlib.suppress(PrunelleError, OSError):
                now = len(self._shown.parts)
                if self._file.has_changed() or now != ready:
                    ready = now
                    self._push(Message({"type": "decisions", "decisions": self._listed()}))


def _subject(opening: Opening) -> tuple[str | None, Run | None]:
    """The run that was listed and chosen, else the one that was named at the start, else the one that learned last."""
    house, chosen = opening.house, opening.options.get("subject")
    if chosen is None and isinstance(house.subject, Run):
        return key_of(house.subject.path), house.subject
    if chosen is None:
        chosen = house.newest()
    if chosen is None:
        return None, None
    path = house.run_path(chosen)
    if isinstance(house.subject, Run) and key_of(house.subject.path) == chosen:
        return chosen, house.subject
    return chosen, Run.open(path)


def _review(house: House, run: Run) -> Review:
    """One for all who look at it; it shares its network with the panel "look"."""
    key, stamp = key_of(run.path), stamp_of(run.path)
    given = house.options if house.subject is run else {}

    def make() -> Review:
        explorer = house.shared(("look", key, stamp), lambda: tasks.explore(run, style="quiet", **given))
        return Review(explorer)

    return house.shared(("review", key, stamp), make)


def _decisions_file(house: House, run: Run) -> Path:
    if house.decisions is not None and house.subject is run:
        return house.decisions
    return run.decisions_file
