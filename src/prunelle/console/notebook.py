"""What a task shows in a notebook: one card, replaced in place while it works, and saved as it was last."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from markupsafe import Markup

from prunelle.cards.curves import Row, curves
from prunelle.console.cell import Place
from prunelle.console.lines import epoch_line, progress_line, stays, step_line
from prunelle.drawing import card
from prunelle.report.closing_lines import finished_text
from prunelle.report.words import Words
from prunelle.runs.listener import Failed, Finished, Quiet, Started
from prunelle.texts import Language, Note
from prunelle.training.records import EpochRecord, StepRecord

_ON = Note("{network} on {data}", "{network} sur {data}")
_BEGINS = Note("It begins…", "Début…")
_GOES_ON = Note("It goes on after epoch {epoch}.", "Reprise après l’époque {epoch}.")
_CLOSING = Note("Writing the report…", "Rédaction du rapport…")
_STOPPED = Note("Stopped after {epoch} of {epochs} epochs.", "Arrêté après {epoch} époques sur {epochs}.")
_STOPPED_IN = Note(
    "Stopped in epoch {epoch} of {epochs}, after {share} of it.",
    "Arrêté dans l’époque {epoch} sur {epochs}, après {share} de celle-ci.",
)
_GO_ON = Note("All is saved; go on with: {line}", "Tout est enregistré ; pour continuer : {line}")
_FAILED = Note("Failed: {why}", "Échec : {why}")
_RUN = Note("Run", "Entraînement")
_REPORT = Note("Report", "Rapport")
_MORE = Note("and {n} more", "et {n} de plus")
_DONE = Note("Trainings done: {n}", "Entraînements terminés : {n}")

MOST_NOTES, MOST_TRAININGS = 12, 30


@dataclasses.dataclass
class _Training:
    """One that is shown."""

    started: Started
    rows: list[Row] = dataclasses.field(default_factory=list)
    step: StepRecord | None = None
    state: str = ""
    next_line: str = ""
    stopped: bool = False
    finished: bool = False


class InNotebook(Quiet):
    """A bar, curves of loss and accuracy, and what was said, in one place of the cell.

    Its text, for who shows no HTML, has the lines of a console.
    """

    def __init__(self, language: Language, place: Place | None = None) -> None:
        self._words = Words(language)
        self._place = place or Place()
        self._notes: list[str] = []
        self._results: list[str] = []
        self._lines: list[str] = []
        self._training: _Training | None = None
        self._progress: tuple[Note, int, int] | None = None

    def on_progress(self, what: Note, done: int, total: int) -> None:
        """A bar; gone when it is done."""
        self._progress = None if done >= total else (what, done, total)
        self._show_if_due()

    def on_note(self, note: Note) -> None:
        """A sentence."""
        self._say(self._words.note(note))
        self._show_if_due()

    def on_started(self, started: Started) -> None:
        """Empty curves."""
        at = _GOES_ON if started.epoch else _BEGINS
        self._training = _Training(started, state=self._words.note(at, epoch=started.epoch))
        self._training.rows = _rows_so_far(started)
        self._show()

    def on_step(self, record: StepRecord) -> None:
        """The bar."""
        if self._training is None:
            return
        self._training.step = record
        if self._place.due():
            self._training.state = step_line(record, self._words)
            self._show()

    def on_epoch(self, record: EpochRecord) -> None:
        """A point more."""
        if self._training is None:
            return
        training = self._training
        training.rows.append(record.row())
        training.step = None
        last = record.epoch == record.epochs
        training.state = self._words.note(_CLOSING) if last else epoch_line(record, self._words)
        if stays(record):
            self._lines.append(epoch_line(record, self._words))
        if record.warning is not None:
            self._say(self._words.note(record.warning))
        if last:
            self._show()
        else:
            self._show_if_due()

    def on_finished(self, finished: Finished) -> None:
        """How good it is."""
        if self._training is not None:
            self._training.finished = True
            self._training.state = finished_text(finished.metrics, self._words)
            self._lines.append(self._training.state)
            self._results.append(f"{finished.path}: {self._training.state}")
            self._show()

    def on_failed(self, failed: Failed) -> None:
        """How far it went, and how to go on."""
        training = self._training
        if training is None:
            return
        training.stopped = True
        if failed.go_on is None:
            why = str(failed.error).partition("\n")[0] or type(failed.error).__name__
            training.state = self._words.note(_FAILED, why=why)
        else:
            training.state = self._where_it_stopped(training)
            training.next_line = failed.go_on
        self._lines.append(" ".join([training.state, *self._how_to_go_on(training)]))
        self._show()

    def close(self) -> None:
        """As it was last."""
        if self._progress is not None or self._place.taken or self._notes:
            self._progress = None
            self._show()

    def _where_it_stopped(self, training: _Training) -> str:
        done = len(training.rows)
        note, share = _STOPPED, ""
        if training.step is not None and training.step.epoch > done:
            note, share = _STOPPED_IN, self._words.percent(training.step.step / training.step.steps, digits=0)
            done = training.step.epoch
        return self._words.note(note, epoch=done, epochs=training.started.epochs, share=share)

    def _how_to_go_on(self, training: _Training) -> Iterator[str]:
        if training.next_line:
            yield self._words.note(_GO_ON, line=training.next_line)

    def _say(self, sentence: str) -> None:
        self._notes.append(sentence)
        self._lines.append(sentence)

    def _show_if_due(self) -> None:
        if self._place.due():
            self._show()

    def _show(self) -> None:
        self._place.show(
            card.card(self._title(), self._parts(), self._words.language), "\n".join(self._lines)
        )

    def _title(self) -> str:
        if self._training is None:
            return ""
        started = self._training.started
        return self._words.note(_ON, network=started.network, data=started.data)

    def _parts(self) -> Iterator[str]:
        training = self._training
        if training is not None:
            yield from self._of_training(training)
        if self._progress is not None:
            what, done, total = self._progress
            yield card.sentence(progress_line(what, done, total, self._words), muted=True)
        if len(self._results) > 1:
            yield card.sentence(self._words.note(_DONE, n=self._words.integer(len(self._results))))
            yield self._first(self._results, MOST_TRAININGS)
        yield self._first(self._notes, MOST_NOTES)

    def _of_training(self, training: _Training) -> Iterator[str]:
        yield card.sentence(training.state, strong=training.stopped)
        if training.next_line:
            yield card.sentence(card.filled(self._words.note(_GO_ON), line=card.code(training.next_line)))
        if not training.finished and not training.stopped:
            yield card.bar(_share(training))
        yield curves(training.rows, self._words, epochs=training.started.epochs)
        if training.finished:
            path = training.started.path
            rows = [(self._words.note(_RUN), card.code(str(path)))]
            yield card.facts([*rows, (self._words.note(_REPORT), card.code(str(path / "report.html")))])

    def _first(self, sentences: list[str], most: int) -> Markup:
        """The last ones, of many."""
        rest = len(sentences) - most
        shown = sentences if rest <= 0 else [self._words.note(_MORE, n=rest), *sentences[-most:]]
        return card.listed(shown)


def _share(training: _Training) -> float:
    step = training.step
    done = len(training.rows) + (0 if step is None else step.step / step.steps)
    return min(1.0, done / max(training.started.epochs, 1))


def _rows_so_far(started: Started) -> list[Row]:
    """Of a training that goes on, the epochs that it has done."""
    from prunelle.runs.run import Run

    return list(Run.open(started.path).results()) if started.epoch else []
