"""The trainings that the page starts, and those it finds: started, paused, stopped, gone on with, and followed.

Each runs in a process of its own (``page/worker.py``) and tells what it does in a file (``page/events.py``), so nothing
here is lost when the browser or this server goes away: a server that starts anew reads the same files.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from prunelle.errors import ArgumentError, RunError
from prunelle.page.events import EventReader
from prunelle.page.record import Record, Request, readable
from prunelle.page.training_state import Training
from prunelle.runs.run import Run
from prunelle.texts import Language

_LOG = logging.getLogger("prunelle.page")
MOST_AT_ONCE = 4
"""Trainings that go on: more would only take each other's time, and a machine's memory."""
_LOOK_EVERY_S = 0.2


class _Followed:
    """A training, the files that it is read from, and its process where this server started it."""

    def __init__(self, record: Record, process: subprocess.Popen[bytes] | None = None) -> None:
        self.record, self.process = record, process
        self.training = self._beginning()
        self._reader = EventReader(record.file("events.jsonl"))

    def _beginning(self) -> Training:
        return Training(self.record.id, self.record.folder.parent.parent)

    def look(self) -> bool:
        """Reads what is new; whether anything is. What goes wrong with one training is said of it, and of no other."""
        try:
            return self._look()
        except Exception as error:
            _LOG.exception("a training of the page cannot be followed")
            self.training.state, self.training.message = "failed", f"{type(error).__name__}: {error}"
            return True

    def _look(self) -> bool:
        if not self.training.going and not self._reader.has_grown():
            return False
        # First: what it told before it ended is then all there.
        alive = self._is_alive()
        before = self.training.state
        changed = self._read()
        training = self.training
        # Where it has said how it ended, its process may take a moment more.
        if training.going and alive:
            self._wanted()
        elif training.going:
            training.state = "killed" if training.path is not None else "failed"
            training.message = self._why_gone()
        return changed or training.state != before

    def _read(self) -> bool:
        changed = False
        try:
            for event in self._reader.new():
                self.training.take(event)
                changed = True
        except RunError:
            self._reader = EventReader(self._reader.file)
            self.training = self._beginning()
            return self._read() or True
        return changed

    def _is_alive(self) -> bool:
        if self.process is not None:
            return self.process.poll() is None
        return self.record.is_alive() or self.record.is_starting()

    def _wanted(self) -> None:
        """A person wants it to end, and it has not yet."""
        training = self.training
        if self.record.wants("pause"):
            training.state = "pausing"
        elif training.state == "training" and self.record.wants("stop"):
            training.state = "stopping"

    def _why_gone(self) -> str | None:
        words = self.record.last_words()
        status = None if self.process is None else self.process.returncode
        if words is None and status is not None and status < 0:
            return f"signal {-status}"
        return words


class Trainings:
    """All of a folder of runs.

    Args:
        runs: the folder; need not be there yet.
    """

    def __init__(self, runs: Path) -> None:
        self.runs = runs.absolute()
        self._lock = threading.RLock()
        self._followed: dict[str, _Followed] = {}
        self._changed: dict[str, Training] = {}  # whoever looked, all are to hear
        self._told: list[Callable[[Training], None]] = []
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def all(self) -> list[Training]:
        """Those that there are, the newest first, as they are now."""
        with self._lock:
            self._look()
            return [self._followed[key].training for key in sorted(self._followed, reverse=True)]

    def __getitem__(self, training_id: str) -> Training:
        """By its id.

        Raises:
            ArgumentError: there is none of that id.
        """
        with self._lock:
            return self._of(training_id).training

    def again(self, run: Path) -> Training | None:
        """The last one that trains ``run`` again by corrected labels; None where there is none."""
        with self._lock:
            self._look()
            for key in sorted(self._followed, reverse=True):
                request = readable(self._followed[key].record)
                if request is not None and request.retrain == str(run.absolute()):
                    return self._followed[key].training
        return None

    def subscribe(self, told: Callable[[Training], None]) -> Callable[[], None]:
        """``told`` hears of each training that changed, from another thread, until what this gives is called."""
        with self._lock:
            self._told.append(told)
            if self._thread is None:
                self._thread = threading.Thread(target=self._follow, name="trainings", daemon=True)
                self._thread.start()

        def leave() -> None:
            with self._lock, contextlib.suppress(ValueError):
                self._told.remove(told)

        return leave

    def start(self, request: Request) -> Training:
        """A new training, in a process of its own.

        Raises:
            ArgumentError: too many are going on.
            CannotWrite: the system refuses.
        """
        with self._lock:
            self._look()
            return self._begin(None, request)

    def pause(self, training_id: str) -> None:
        """Saves its state and ends its process; it goes on to the same bits.

        Raises:
            ArgumentError: it is not going on.
        """
        self._want(training_id, "pause")

    def stop(self, training_id: str, language: Language) -> None:
        """Ends it after its epoch, to be judged and reported; one that is paused, as of its last whole epoch.

        Raises:
            ArgumentError: it is over.
        """
        with self._lock:
            if self._of(training_id).training.can_go_on:
                self.resume(training_id, language, stop=True)
            else:
                self._want(training_id, "stop")

    def resume(self, training_id: str, language: Language, *, stop: bool = False) -> Training:
        """Goes on with one that was paused, killed, or failed.

        Args:
            training_id: which.
            language: of its report.
            stop: it is to end as soon as an epoch is whole.

        Raises:
            ArgumentError: it is going on, or there is nothing to go on with.
        """
        with self._lock:
            followed = self._of(training_id)
            training = followed.training
            if not training.can_go_on:
                raise ArgumentError("this training is going on, is finished, or left no run to go on with.")
            request = readable(followed.record) or Request(runs=str(self.runs), language=language)
            path = None if training.path is None else str(training.path)
            resumed = dataclasses.replace(request, resume=path, language=language)
            return self._begin(followed.record, resumed, stop=stop)

    def resume_run(self, path: Path, language: Language) -> Training:
        """Goes on with a run that a command, or a killed page, left unfinished.

        Raises:
            RunError: it is no run, it is finished, or another process trains it.
        """
        with self._lock:
            self._look()
            own = [each for each in self._followed.values() if each.training.path == path.absolute()]
            if own and own[-1].training.can_go_on:
                return self.resume(own[-1].training.id, language)
            run = Run.open(path)
            if run.finished or not run.has_recipe:
                raise RunError(f"{path} is finished.")
            request = Request(runs=str(self.runs), language=language, resume=str(path.absolute()))
            return self._begin(None, request)

    def forget(self, training_id: str) -> None:
        """Takes one that is not going on off the list. Its run stays.

        Raises:
            ArgumentError: it is going on.
        """
        with self._lock:
            followed = self._of(training_id)
            if followed.training.going:
                raise ArgumentError("this training is going on; pause or stop it first.")
            followed.record.remove()
            del self._followed[training_id]

    def close(self) -> None:
        """Follows no more; trainings go on."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _begin(self, record: Record | None, request: Request, *, stop: bool = False) -> Training:
        """In that record, or in a new one."""
        if sum(each.training.going for each in self._followed.values()) >= MOST_AT_ONCE:
            raise ArgumentError(f"{MOST_AT_ONCE} trainings are going on already; pause or stop one first.")
        record = record or Record.new(self.runs)
        process = record.start(request, stop=stop)
        followed = self._followed.get(record.id)
        if followed is None:
            followed = self._followed[record.id] = _Followed(record, process)
        followed.process = process
        followed.training.asked_here = True
        followed.training.state, followed.training.message = "starting", None
        return followed.training

    def _want(self, training_id: str, what: str) -> None:
        with self._lock:
            followed = self._of(training_id)
            if not followed.training.going:
                raise ArgumentError("this training is not going on.")
            followed.record.want(what)

    def _of(self, training_id: str) -> _Followed:
        if training_id not in self._followed:
            self._look()
        if training_id not in self._followed:
            raise ArgumentError("there is no such training (any more).")
        return self._followed[training_id]

    def _look(self) -> None:
        """Reads what is new, and takes note of what changed."""
        found = {record.id: record for record in Record.all(self.runs)}
        for key in self._followed.keys() - found.keys():
            del self._followed[key]
        for key, record in found.items():
            is_new = key not in self._followed
            followed = self._followed.setdefault(key, _Followed(record))
            if followed.look() or is_new:
                self._changed[key] = followed.training

    def _follow(self) -> None:
        while not self._closing.wait(_LOOK_EVERY_S):
            with self._lock:
                self._look()
                changed, told = tuple(self._changed.values()), tuple(self._told)
                self._changed.clear()
            for training in changed:
                for each in told:
                    # One tab that has just gone must not keep the others from hearing.
                    with contextlib.suppress(Exception):
                        each(training)
