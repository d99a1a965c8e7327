"""A ``fit`` as a notebook's cell shows it: a bar and curves in one place, beside the lines that Keras prints.

A bar that is drawn over itself in a text leaves a line a step in the file wherever a front end does not know of it;
here texts have an epoch's last line alone, and what moves is a card that is replaced (``console.cell``).
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prunelle.cards.curves import Row, curves
from prunelle.console.cell import Place, in_notebook, number_of_cell
from prunelle.drawing import card
from prunelle.keras.floor import keras
from prunelle.keras.progress import Paced
from prunelle.keras.recording import Line, Recording
from prunelle.report.words import Words
from prunelle.texts import Note, default_language

_EPOCH = Note("Epoch {epoch}/{epochs}", "Époque {epoch}/{epochs}")
_DONE = Note("{n} epochs done.", "{n} époques terminées.")
_ONE_DONE = Note("One epoch done.", "Une époque terminée.")
_STOPPED = Note(
    "Stopped in epoch {epoch} of {epochs}. The model keeps what it has learned; the same fit with "
    "initial_epoch={done} goes on.",
    "Arrêté dans l’époque {epoch} sur {epochs}. Le modèle garde ce qu’il a appris ; le même fit avec "
    "initial_epoch={done} continue.",
)
_FAILED = Note(
    "Ended in epoch {epoch} of {epochs} by an error: {why}",
    "Interrompu dans l’époque {epoch} sur {epochs} par une erreur : {why}",
)
_MOST_CARDS = 8
"""Of one cell; a search that trains dozens of models goes on in the last one's place."""


class Watching(keras.callbacks.Callback, Paced):  # type: ignore[misc]
    """Shows a ``fit``; several of one model in one cell go on in one card.

    Args:
        model: that is trained.
    """

    def __init__(self, model: Any, cell: int) -> None:
        super().__init__()
        self.of = weakref.ref(model)
        self.cell = cell
        self.place = Place()
        self._name = str(getattr(model, "name", ""))
        self._words = Words(default_language())
        self._rows: list[Row] = []
        self._state, self._stopped = "", False
        self._epoch = self._epochs = self._first = 0
        self._step = 0

    def begin(self, epochs: int, first: int) -> None:
        """A ``fit`` from epoch ``first``, counted from 0, to ``epochs``."""
        self._epochs, self._first, self._epoch = epochs, first, first
        self._before, self._step = len(self._rows), 0
        self._stopped = False
        self._state = self._at(None)
        self._show()  # above the lines that Keras prints

    def due(self) -> bool:
        """Whether a step is shown."""
        return self.place.due()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """It counts."""
        self._epoch, self._step = epoch, 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """The bar."""
        self._step = batch + 1
        if self.due():
            self._state = self._at(logs)
            self._show()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """A point more."""
        self._rows.append(Recording.row(Line(dict(logs or {}), None, 0.0, 0)))
        self._epoch, self._step = epoch + 1, 0
        if self.due():
            self._state = self._at(logs)
            self._show()

    def on_train_end(self, logs: Any = None) -> None:
        """As it stays."""
        done = len(self._rows)
        self._state = self._words.note(_ONE_DONE if done == 1 else _DONE, n=self._words.integer(done))
        self._epochs = self._epoch
        self._show()

    def stopped(self, error: BaseException) -> None:
        """How far it went."""
        self._stopped = True
        note = _STOPPED if isinstance(error, KeyboardInterrupt) else _FAILED
        why = str(error).partition("\n")[0] or type(error).__name__
        at = {"epoch": min(self._epoch + 1, self._epochs), "epochs": self._epochs, "done": self._epoch}
        self._state = self._words.note(note, **at, why=why)
        self._show()

    def _at(self, logs: Mapping[str, Any] | None) -> str:
        """``Epoch 3/20, 63 %: loss 0.131, accuracy 0.962``."""
        words, steps = self._words, (self.params or {}).get("steps")
        text = words.note(_EPOCH, epoch=min(self._epoch + 1, self._epochs), epochs=self._epochs)
        if steps and self._step:
            text += f", {words.percent(self._step / steps, digits=0)}"
        figures = [
            f"{name} {words.number(float(value))}"
            for name, value in (logs or {}).items()
            if isinstance(value, (int, float)) and name not in ("batch", "size")
        ]
        return f"{text} · {' · '.join(figures)}" if figures else text

    def _share(self) -> float:
        steps = (self.params or {}).get("steps")
        done = self._epoch - self._first + (self._step / steps if steps else 0)
        return min(1.0, done / max(self._epochs - self._first, 1))

    def _show(self) -> None:
        running = not self._stopped and self._epoch < self._epochs
        last = self._before + self._epochs - self._first
        parts = [
            card.sentence(self._state, strong=self._stopped),
            card.bar(self._share()) if running else "",
            curves(self._rows, self._words, epochs=last if running else None) if last > 1 else "",
        ]
        self.place.show(card.card(self._name, parts, self._words.language), "")


_cards: list[Watching] = []
"""Those of the last cell that trained."""


@contextmanager
def shown(model: Any, given: Mapping[str, Any]) -> Iterator[Watching | None]:
    """Inside, a ``fit`` with such arguments is shown, by a callback that is to be one of its; None where nothing is.

    Args:
        given: ``epochs``, ``initial_epoch``, ``verbose``.
    """
    if given.get("verbose", "auto") not in ("auto", 1) or not in_notebook():
        yield None
        return
    watching = _of(model, number_of_cell())
    watching.begin(int(given["epochs"]), int(given.get("initial_epoch") or 0))
    try:
        yield watching
    except BaseException as error:
        watching.stopped(error)
        raise


def _of(model: Any, cell: int) -> Watching:
    if _cards and _cards[0].cell != cell:
        _cards.clear()
    known = next((each for each in _cards if each.of() is model), None)
    if known is not None:
        return known
    made = Watching(model, cell)
    if len(_cards) == _MOST_CARDS:
        made.place = _cards.pop().place
    _cards.append(made)
    return made
