"""The panel "training": one is started, paused, gone on with, stopped; its curves, kernels and answers by epoch."""

from __future__ import annotations

import functools
import math
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from prunelle import networks, tasks
from prunelle.data.examples import Data
from prunelle.errors import ArgumentError, RunError, UnknownName
from prunelle.jobs.epochs import Epochs
from prunelle.jobs.proposing import Proposal
from prunelle.page import by_epoch
from prunelle.page.choices import DataChoices
from prunelle.page.house import key_of
from prunelle.page.panel import Opening
from prunelle.page.record import Request
from prunelle.page.training_state import Training, as_json
from prunelle.page.training_words import Words
from prunelle.page.wire import Message
from prunelle.texts import visible

_FOUND_S = 30.0
FIELDS: Mapping[str, type] = {"epochs": int, "batch_size": int, "learning_rate": float, "seed": int}
"""Of ``Recipe``, that a person may set in the browser."""


class TrainingPanel:
    """See the module. A training is named by its ``id``; one at a time is followed point by point, the others by state.

    Questions: ``propose`` and ``start`` {data, network, recipe, fields, name}; ``pause``, ``resume``, ``stop``,
    ``forget`` {id}; ``follow`` {id}; ``filters`` {id, epoch}; ``examples`` {id}; ``answers`` {id, example} or, with an
    array of grey values, of a drawing.
    """

    def __init__(self, opening: Opening) -> None:
        self._house, self._push = opening.house, opening.push
        self._language, self._options = opening.language, opening.options
        self._words = Words(opening.language)
        self._choices = DataChoices(self._house.folders)
        self._trainings = self._house.trainings
        self._lock = threading.Lock()
        self._followed: str | None = None
        self._sent = (0, 0)  # how often points were taken back, and how many the browser has
        self._rows: list[dict[str, Any]] = []  # that it has
        self._epochs: tuple[str, Epochs] | None = None
        self._found: tuple[str | None, float, Data | None] = None, 0.0, None
        self._leave = self._trainings.subscribe(self._changed)

    def opened(self) -> Message:
        """What can be chosen, and what there is."""
        data = [{"key": choice.key, "label": visible(choice.label)} for choice in self._choices.all()]
        content = {"data": data, "folders": bool(self._house.folders), "trainings": self._all()}
        return Message({**content, "chosen": self._chosen()})

    def _chosen(self) -> str | None:
        """Which one the page's address names."""
        wanted = self._options.get("id")
        return next((training.id for training in self._trainings.all() if training.id == wanted), None)

    def receive(self, message: Message) -> Message:
        """An answer to a question.

        Raises:
            PrunelleError: what the verb says of what was asked.
        """
        asked = message.content
        kind = asked.get("type")
        if kind == "propose":
            return self._proposed(self._proposal(self._asked(asked)))
        if kind == "start":
            return self._started(self._asked(asked))
        if kind in ("pause", "stop", "resume", "forget", "follow"):
            return getattr(self, f"_{kind}")(self._id(asked))  # type: ignore[no-any-return]
        if kind == "filters":
            return by_epoch.filters(self._epochs_of(self._id(asked)), asked.get("epoch"))
        if kind == "examples":
            return by_epoch.examples(self._epochs_of(self._id(asked)))
        if kind == "answers":
            return by_epoch.answers(self._epochs_of(self._id(asked)), message)
        raise ArgumentError(f"the panel of trainings has no {kind!r}.")

    def close(self) -> None:
        """Hears no more."""
        self._leave()

    # ---- What is begun.

    def _asked(self, asked: Mapping[str, Any]) -> Request:
        """As the browser says it, checked: of ``Recipe`` only ``FIELDS``, and data that are on the list."""
        given = asked.get("fields") or {}
        if not isinstance(given, Mapping) or given.keys() - FIELDS.keys():
            raise ArgumentError(f"fields must be of {', '.join(FIELDS)}; received {given!r}.")
        fields = {name: _number(name, value) for name, value in given.items() if value is not None}
        return Request(
            runs=str(self._house.runs_folder),
            language=self._language,
            data=self._choices.chosen(asked.get("data")),
            network=_network(_text("network", asked.get("network"))),
            recipe=_text("recipe", asked.get("recipe")) or "usual",
            fields=fields,
            name=_text("name", asked.get("name")),
        )

    def _proposal(self, request: Request) -> Proposal:
        """Data that were found a moment ago are not looked for again with every letter that is typed."""
        recipe = functools.partial(tasks.named_recipe(request.recipe), **request.fields)
        name, found_at, data = self._found
        known = name == request.data and time.monotonic() - found_at < _FOUND_S
        proposal = tasks.propose(request.network, data if known else request.data, recipe)
        if not known:
            self._found = request.data, time.monotonic(), proposal.data
        return proposal

    def _proposed(self, proposal: Proposal) -> Message:
        data = proposal.data
        return Message(
            {
                "type": "proposal",
                "network": proposal.network,
                "suits": proposal.suits,
                "shape": list(proposal.input_shape),
                "networks": [
                    {"name": entry.name, "parameters": entry.parameters, "year": entry.year}
                    for entry in proposal.fitting
                ],
                "recipe": {
                    name: getattr(proposal.recipe, name) for name in (*FIELDS, "optimizer", "schedule")
                },
                "counts": {split.name: len(split) for split in data.splits()},
                "classes": [visible(name) for name in data.classes[:100]],
                "notes": [self._words.note(note) for note in proposal.notes],
            }
        )

    def _started(self, request: Request) -> Message:
        self._proposal(
            request
        )  # what can be known to be wrong is said here, and not by a process that ends at once
        training = self._trainings.start(request)
        return self._follow(training.id, type="started")

    # ---- What goes on.

    def _pause(self, training_id: str) -> Message:
        self._trainings.pause(training_id)
        return self._list()

    def _stop(self, training_id: str) -> Message:
        self._trainings.stop(training_id, self._language)
        return self._list()

    def _resume(self, training_id: str) -> Message:
        self._trainings.resume(training_id, self._language)
        return self._list()

    def _forget(self, training_id: str) -> Message:
        self._trainings.forget(training_id)
        return self._list()

    def _list(self) -> Message:
        return Message({"type": "trainings", "trainings": self._all()})

    def _all(self) -> list[dict[str, Any]]:
        return [self._shown(training) for training in self._trainings.all()]

    def _shown(self, training: Training) -> dict[str, Any]:
        key = None if training.path is None else key_of(training.path)
        return {**as_json(training, self._words.note), "key": key}

    def _follow(self, training_id: str, type: str = "followed") -> Message:
        """All points of one; from then on its new ones come by themselves."""
        training = self._trainings[training_id]
        with self._lock:
            self._followed, self._sent = training_id, (training.redone, 0)
            points, self._rows = self._new_points(training), list(training.rows)
        return Message(
            {
                "type": type,
                "trainings": self._all(),
                "id": training_id,
                "from": 0,
                "points": {"array": 0},
                "rows": self._rows,
            },
            [points],
        )

    def _new_points(self, training: Training) -> np.ndarray:
        """``(n, 3)`` float32 that the browser does not have."""
        points = training.points[self._sent[1] :]
        self._sent = training.redone, self._sent[1] + len(points)
        return np.array(points, np.float32).reshape(-1, 3)

    def _changed(self, training: Training) -> None:
        """Called by the thread that follows them all."""
        content: dict[str, Any] = {"type": "training", "training": self._shown(training)}
        arrays = []
        with self._lock:
            if training.id == self._followed:
                if training.redone != self._sent[0]:
                    self._sent = training.redone, 0
                content |= {"from": self._sent[1], "points": {"array": 0}}
                arrays.append(self._new_points(training))
                if training.rows != self._rows:
                    self._rows = content["rows"] = list(training.rows)
        self._push(Message(content, arrays))

    # ---- Epoch by epoch.

    def _epochs_of(self, training_id: str) -> Epochs:
        if self._epochs is None or self._epochs[0] != training_id:
            training = self._trainings[training_id]
            if training.path is None:
                raise RunError(self._words("no_run_yet"))
            self._epochs = training_id, tasks.epochs_of(training.path)
        return self._epochs[1]

    def _id(self, asked: Mapping[str, Any]) -> str:
        training_id = asked.get("id")
        if not isinstance(training_id, str):
            raise ArgumentError(f"id must be that of a training; received {training_id!r}.")
        return training_id


def _text(name: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 200 or visible(value) != value:
        raise ArgumentError(f"{name} must be a text of at most 200 characters; received {str(value)[:60]!r}.")
    return value


def _network(name: str | None) -> str | None:
    """One that is listed: a name from elsewhere would be code to run, which nobody says in a browser."""
    if name is not None and name not in networks.names() and name not in networks.ALIASES:
        raise UnknownName("network", name, networks.names())
    return name


def _number(name: str, value: object) -> int | float:
    wanted = FIELDS[name]
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or (wanted is int and value != int(value))
    ):
        raise ArgumentError(
            f"{name} must be {'a whole number' if wanted is int else 'a number'}; received {value!r}."
        )
    return wanted(value)  # type: ignore[no-any-return]
