"""A listener that hands a training on to a tracker, through a queue of so many places and a thread of its own.

The training's own thread never waits, not even for a lock: where the queue is full, what can be done without (pictures,
points between epochs) is left out. What a tracker raises is said once. At the end there is a time for the rest to be
written, and then it is left. What all of this takes of the training's own thread is counted, and told at the end.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterator

from prunelle.runs.listener import Failed, Finished, Listener, Quiet, Started
from prunelle.texts import EN, FR, Note, visible
from prunelle.trackers.story import Story
from prunelle.trackers.tracker import Tracker
from prunelle.training.records import EpochRecord, StepRecord

PLACES = 256
"""In the queue, of pictures and points between epochs; what cannot be done without has as many more. An entry holds a
few numbers, or refers to pictures."""

PATIENCE_S = 30.0
"""For what is still to be written at the end: MLflow takes ten seconds to make its database."""

SAID_AFTER_S = 2.0
"""A longer wait is said."""

LOOK_EVERY_S = 0.2
"""For what is in the queue."""

STEP_EVERY_S = 1.0
"""Between two points of the curves that go by steps."""

Entry = Callable[[Tracker], None]


@dataclasses.dataclass(frozen=True)
class _Waiting:
    entry: Entry
    begins: bool
    """A training: where this fails, what follows of it is not tried."""


class Background(Quiet):
    """Tells a tracker of every training that it hears of.

    Args:
        name: of the tracker, for sentences.
        make: the tracker; called in its own thread, where importing it takes nobody's time.
        listener: hears what goes wrong, and at the end what came out.
        places: in the queue, for what can be done without, and for the rest.
        patience_s: for what is still to be written at the end.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Tracker],
        listener: Listener,
        *,
        places: int = PLACES,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._name, self._make, self._listener = name, make, listener
        self._places, self._patience_s = places, patience_s
        # Neither locked nor signalled, which would have the system put another thread in the place of this one: the
        # tracker's looks for itself.
        self._queue: collections.deque[_Waiting] = collections.deque()
        self._closing = threading.Event()
        self._left = False
        self._thread: threading.Thread | None = None
        self._where = ""
        self._problems: list[Note] = []  # not said yet: the other thread finds them, and this one says them
        self._said = False
        self._left_out = 0
        self._own_s = self._training_s = 0.0
        self._begun = self._next_step = 0.0

    def on_started(self, started: Started) -> None:
        """The tracker's thread begins with the first training."""
        self._begun = time.perf_counter()
        with self._counted():
            story = Story(started)
            self._put(lambda tracker: tracker.begin(story.begun()), begins=True)
            self._put(story.tell_examples, spare=True)
            self._next_step = 0.0

    def on_step(self, record: StepRecord) -> None:
        """A point each second."""
        # What most calls do, without a context manager, which would take longer than all the rest.
        now = time.perf_counter()
        if now >= self._next_step:
            self._next_step = now + STEP_EVERY_S
            values = {"step/loss": record.loss}
            if record.accuracy is not None:
                values["step/accuracy"] = record.accuracy
            values |= {f"step/{name}": value for name, value in record.figures.items()}
            step = (record.epoch - 1) * record.steps + record.step
            self._put(lambda tracker: tracker.figures(values, step), spare=True)
        self._own_s += time.perf_counter() - now

    def on_epoch(self, record: EpochRecord) -> None:
        """A point of every curve."""
        with self._counted():
            values = {
                f"epoch/{name}": float(value)
                for name, value in record.row().items()
                if name != "epoch" and value is not None
            }
            self._put(lambda tracker: tracker.figures(values, record.epoch))

    def on_finished(self, finished: Finished) -> None:
        """Figures, answers, results and weights, from the run's folder."""
        with self._counted():
            ending = Story.of_finished(finished)
            for entry in ending.figures():
                self._put(entry, spare=True)
            for entry in (ending.tell_answers, ending.tell_results, ending.tell_model):
                self._put(entry, always=True)
            self._put(lambda tracker: tracker.end(failed=False), always=True)
        self._training_s += time.perf_counter() - self._begun

    def on_failed(self, failed: Failed) -> None:
        """Nothing more comes of this one."""
        with self._counted():
            self._put(lambda tracker: tracker.end(failed=True), always=True)
        self._training_s += time.perf_counter() - self._begun

    def close(self) -> None:
        """Waits for the rest, so long and no longer, and tells what came out."""
        if self._thread is None:
            self._listener.on_note(
                Note(
                    f"{self._name}: nothing was trained, so nothing was told to it.",
                    f"{self._name} : rien n’a été entraîné, rien ne lui a donc été transmis.",
                )
            )
            return
        self._closing.set()
        self._thread.join(min(SAID_AFTER_S, self._patience_s))
        if self._thread.is_alive() and self._patience_s > SAID_AFTER_S:
            self._listener.on_note(_waiting(self._name, self._patience_s))
            self._thread.join(self._patience_s - SAID_AFTER_S)
        self._left = hangs = self._thread.is_alive()
        self._say_problems()
        if hangs:
            self._listener.on_note(_hanging(self._name, self._patience_s))
        elif self._where:  # where it never began, its problem was said, and there is nothing to look at
            self._listener.on_note(self._result())

    def _put(self, entry: Entry, *, spare: bool = False, always: bool = False, begins: bool = False) -> None:
        """Into the queue, which has room for what begins or ends a training ``always``."""
        self._say_problems()
        places = self._places if spare else 2 * self._places
        if len(self._queue) >= places and not (always or begins):
            self._left_out += 1
            return
        self._queue.append(_Waiting(entry, begins))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=f"tracker {self._name}", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        """The tracker's thread: entry after entry, to the end."""
        try:
            tracker = self._make()
        except BaseException as error:  # a package that ends the program is no reason to end it
            self._failed(error)
            return
        begun = closing = False
        while not closing:
            closing = self._closing.wait(LOOK_EVERY_S)  # first: what was put before is then in the queue
            # Nothing more begins in one that was left and wakes up.
            while self._queue and not self._left:
                waiting = self._queue.popleft()
                if waiting.begins:
                    begun = False
                elif not begun:
                    continue
                try:
                    waiting.entry(tracker)
                    begun = True
                    self._where = tracker.where
                except BaseException as error:
                    self._failed(error)

    def _failed(self, error: BaseException) -> None:
        """Said once: what is wrong with one point is wrong with those that follow."""
        if not self._said:
            self._said = True
            self._problems.append(_problem(self._name, error))

    def _say_problems(self) -> None:
        """In the training's own thread, where listeners expect to be called."""
        while self._problems:
            self._listener.on_note(self._problems.pop())

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        """What is done inside is time of the training's own thread."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._own_s += time.perf_counter() - begin

    def _result(self) -> Note:
        share = self._own_s / max(self._training_s, 1e-9)
        left_en = left_fr = ""
        if self._left_out:
            left_en = f" It was slow, and {EN.integer(self._left_out)} pictures and points were left out."
            left_fr = f" Il était lent : {FR.integer(self._left_out)} images et points ont été omis."
        return Note(
            f"{self._name}: {visible(self._where)} ({_milliseconds(self._own_s, 'en')}, "
            f"{EN.percent(share, digits=2)} of the training’s own time).{left_en}",
            f"{self._name} : {visible(self._where)} ({_milliseconds(self._own_s, 'fr')}, "
            f"{FR.percent(share, digits=2)} du temps de l’entraînement).{left_fr}",
        )


def _milliseconds(seconds: float, language: str) -> str:
    return f"{(EN if language == 'en' else FR).decimal(seconds * 1000, 1)} ms"


def _problem(name: str, error: BaseException) -> Note:
    lines = str(error).strip().splitlines()
    what = visible(f"{type(error).__name__}: {lines[0][:300].rstrip('.')}" if lines else type(error).__name__)
    return Note(
        f"{name} fails ({what}). The training goes on; what {name} shows of it may not be whole.",
        f"{name} échoue ({what}). L’entraînement continue ; ce que {name} en montre peut être incomplet.",
    )


def _waiting(name: str, patience_s: float) -> Note:
    return Note(
        f"Waiting for {name} to write the rest, at most {EN.integer(round(patience_s))} s. "
        f"The run’s own folder is whole.",
        f"Attente de {name}, qui écrit le reste, au plus {FR.integer(round(patience_s))} s. "
        f"Le dossier de l’entraînement est complet.",
    )


def _hanging(name: str, patience_s: float) -> Note:
    return Note(
        f"{name} did not answer for {EN.integer(round(patience_s))} s: what it had not written yet is lost to it. "
        f"The run’s own folder is whole.",
        f"{name} n’a pas répondu en {FR.integer(round(patience_s))} s : ce qu’il n’avait pas encore écrit est perdu "
        f"pour lui. Le dossier de l’entraînement est complet.",
    )
