"""A training as the page knows it: what its events make of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from prunelle.texts import Note

State = Literal[
    "starting",
    "preparing",
    "training",
    "pausing",
    "stopping",
    "judging",
    "paused",
    "finished",
    "diverged",
    "failed",
    "killed",
]
_GOING: tuple[State, ...] = ("starting", "preparing", "training", "pausing", "stopping", "judging")


@dataclasses.dataclass(eq=False)
class Training:
    """A training as far as it has told.

    Attributes:
        id: of its record.
        runs: the folder that its run is in; a run elsewhere is none of it, whatever a file says.
        state: see ``State``; ``killed``: its process is gone and did not say why.
        path: of its run; None before there is one.
        points: of its curve: ``(epochs done, loss, accuracy)``, each a mean over the steps since the one before.
        rows: lines of ``results.csv``, each with ``improved`` and ``kept``.
        redone: grows whenever points were taken back, because steps are done again.
        notes, warning: what it said, in both languages.
        message: why it ended, where it says so.
        at: where it is: ``epoch`` (done), ``epochs``, ``step``, ``steps``, ``seconds_left``, ``images_per_second``.
        judged: ``split``, ``accuracy``, ``low``, ``high``, ``n``, once it is finished.
        progress: of what comes before and after the steps: what, done, total.
        asked_here: this server was asked for it, so what is asked in its record is known to be a person's.
    """

    id: str
    runs: Path
    state: State = "starting"
    path: Path | None = None
    network: str | None = None
    data: str | None = None
    parameters: int = 0
    keeps_every: int = 0
    points: list[tuple[float, float, float]] = dataclasses.field(default_factory=list)
    rows: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    redone: int = 0
    notes: list[Note] = dataclasses.field(default_factory=list)
    warning: Note | None = None
    message: str | None = None
    at: dict[str, Any] = dataclasses.field(default_factory=dict)
    judged: Mapping[str, Any] | None = None
    progress: tuple[Note, int, int] | None = None
    asked_here: bool = False

    @property
    def going(self) -> bool:
        """Whether it has a process."""
        return self.state in _GOING

    @property
    def can_go_on(self) -> bool:
        """Whether there is a run that has not come to its end; one paused before it had a run is begun again."""
        if self.state == "paused" and self.asked_here:
            return True
        return not self.going and self.state != "finished" and self.path is not None

    @property
    def epochs_kept(self) -> list[int]:
        """Those whose weights are in the run's folder."""
        return [row["epoch"] for row in self.rows if row["kept"]]

    def take(self, event: Mapping[str, Any]) -> None:
        """What it tells."""
        getattr(self, f"_{event['event']}")(event)

    def _begin(self, event: Mapping[str, Any]) -> None:
        self.state, self.message, self.progress, self.notes = "preparing", None, None, []

    def _note(self, event: Mapping[str, Any]) -> None:
        self.notes.append(Note(event["en"], event["fr"]))

    def _progress(self, event: Mapping[str, Any]) -> None:
        done, total = event["done"], event["total"]
        self.progress = None if done >= total else (Note(event["en"], event["fr"]), done, total)
        if self.state in ("training", "stopping"):
            self.state = "judging"  # data are decoded before the first step; what is counted later is the end

    def _started(self, event: Mapping[str, Any]) -> None:
        self.state, self.path, self.progress = "training", self._run(Path(event["path"])), None
        self.network, self.data = event["network"], event["data"]
        self.parameters, self.keeps_every = event["parameters"], event["keeps_every"]
        self.at = {name: event[name] for name in ("epoch", "epochs", "steps")} | {"step": 0}
        self._take_back(event["epoch"])
        self.rows = [row for row in self.rows if row["epoch"] <= event["epoch"]]

    def _run(self, told: Path) -> Path | None:
        """Where its run is, also where all of them were moved since."""
        moved = self.runs / told.name
        if (moved / "run.json").is_file():
            return moved
        return told if ".." not in told.parts and told.is_relative_to(self.runs) else None

    def _step(self, event: Mapping[str, Any]) -> None:
        x = event["epoch"] - 1 + event["step"] / max(event["steps"], 1)
        if self.points and self.points[-1][0] >= x:
            self._take_back(x)
        self.points.append((x, event["loss"], event["accuracy"]))
        self.at |= {name: event[name] for name in ("epochs", "step", "steps", "images_per_second")}
        self.at |= {"seconds_left": event["seconds_left"], "epoch": event["epoch"] - 1, "unit": event["unit"]}

    def _epoch(self, event: Mapping[str, Any]) -> None:
        row = {name: value for name, value in event.items() if name not in ("event", "epochs", "warning")}
        self.rows = [each for each in self.rows if each["epoch"] < row["epoch"]] + [row]
        self.at |= {"epoch": event["epoch"], "epochs": event["epochs"], "step": 0}
        if event["warning"] is not None:
            self.warning = Note(event["warning"]["en"], event["warning"]["fr"])

    def _judged(self, event: Mapping[str, Any]) -> None:
        self.judged = {name: event[name] for name in ("split", "accuracy", "low", "high", "n")}

    def _end(self, event: Mapping[str, Any]) -> None:
        how, self.message, self.progress = event["how"], event["message"], None
        self.state = how if how in ("finished", "paused", "diverged") else "failed"

    def _take_back(self, x: float) -> None:
        """Points from beyond ``x`` epochs on: those steps are done again."""
        keep = sum(point[0] < x for point in self.points)
        # The end of an epoch that is done stays.
        keep += keep < len(self.points) and self.points[keep][0] == x == int(x)
        if keep < len(self.points):
            del self.points[keep:]
            self.redone += 1


def as_json(training: Training, said: Callable[[Note], str]) -> dict[str, Any]:
    """What the page shows of it, but for its curve.

    Args:
        said: a note in the page's language.
    """
    progress = training.progress
    return {
        "id": training.id,
        "state": training.state,
        "going": training.going,
        "canGoOn": training.can_go_on,
        "run": None if training.path is None else training.path.name,
        "network": training.network,
        "data": training.data,
        "parameters": training.parameters,
        "keepsEvery": training.keeps_every,
        "kept": training.epochs_kept,
        "notes": [said(note) for note in training.notes],
        "warning": None if training.warning is None else said(training.warning),
        "message": training.message,
        "judged": training.judged,
        "progress": None if progress is None else [said(progress[0]), *progress[1:]],
        **training.at,
    }
