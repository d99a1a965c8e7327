"""Loops that a program wrote itself, with a tape and an optimiser, told to the recordings of what they train.

A step is a tape whose gradients are applied; it trains the models that were called inside the tape and whose weights
took the gradients. A line of ``results.csv`` ends where the program says so (``Mark``): where it resets its metrics,
else where it prints figures, else after ``BATCHES_A_LINE`` batches. Which of these it is is known late: lines that
turn out to be parts of one are put together. Its figures are what the program's metrics counted, the mean of the loss
that gradients were asked of, and what it printed, in this order where two have one name.

A step costs a program some microseconds: tensors are kept as they are, and read when a line ends.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import sys
import time
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from prunelle.keras import recording
from prunelle.keras.answers import Answers, are_pictures
from prunelle.keras.eager import boundary, tape
from prunelle.keras.floor import keras
from prunelle.keras.loop_figures import Overheard, column, printed_figures
from prunelle.keras.recording import BATCHES_A_LINE, Line, Recording, learning_rate
from prunelle.texts import Note

_MOST_LINES = 2000
"""Of one loop; of more, each is of several."""
_MOST_FIGURES = 60
_AT_ONCE = 64
"""Batches whose answers are looked at together."""
_WRITE_EVERY_S = 2.0
_SAVE_EVERY_S = 30.0


class Mark(enum.IntEnum):
    """What ends a line; the highest that the program makes."""

    BATCHES = 0
    PRINTED = 1
    RESET = 2


@dataclasses.dataclass(eq=False)
class _Call:
    """A model that the program called; of its output the numbers, without what they were computed from."""

    model: Any
    inputs: Any
    numbers: torch.Tensor
    held_out: bool
    truth: Any = None
    logits: bool = False
    loop: _TapeLoop | None = None

    def gave(self, answer: torch.Tensor) -> bool:
        """Whether this is what it answered, in this shape or another."""
        return self.numbers.data_ptr() == answer.data_ptr() and self.numbers.numel() == answer.numel()

    def given(self, loop: _TapeLoop) -> None:
        """It was a step's, or an evaluation's, of ``loop``."""
        self.loop = loop
        if self.truth is not None:
            self._answered()

    def compared(self, truth: Any, logits: bool) -> None:
        """What it should have been is known."""
        if self.truth is None:
            self.truth, self.logits = truth, logits
            if self.loop is not None:
                self._answered()

    def _answered(self) -> None:
        assert self.loop is not None
        self.loop.answer(self)
        self.loop = None


@dataclasses.dataclass(eq=False)
class _Step:
    """What was called inside a tape, and the loss that its gradients were asked of."""

    begun: float
    calls: list[_Call] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class _Piece:
    """What was trained between two marks."""

    batches: int = 0
    examples: int = 0
    seconds: float = 0.0
    loss: float = 0.0
    rate: float | None = None
    tracked: dict[str, float] = dataclasses.field(default_factory=dict)
    printed: dict[str, float] = dataclasses.field(default_factory=dict)

    def __add__(self, other: _Piece) -> _Piece:
        return _Piece(
            batches=self.batches + other.batches,
            examples=self.examples + other.examples,
            seconds=self.seconds + other.seconds,
            loss=self.loss + other.loss,
            rate=other.rate,
            tracked=self.tracked | other.tracked,
            printed=self.printed | other.printed,
        )


class _TapeLoop:
    """The steps that train one model; it holds it, as a program may have dropped it by its end."""

    def __init__(self, recording: Recording, model: Any, optimizer: Any, figures: TapeLoops) -> None:
        self.recording, self.model = recording, model
        self._optimizer, self._figures = optimizer, figures
        self._start, self._told = recording.num_lines, 0
        self._pieces: list[_Piece] = []
        self._losses: list[torch.Tensor] = []
        self._piece = _Piece()
        self._learned = _Pass(recording, learned=True)
        self._held_out: list[_Pass] = []
        self._held_out_ended = self._was_validated = False
        self._written, self._saved = float("-inf"), time.monotonic()

    @property
    def batches(self) -> int:
        """Since the last line."""
        return self._piece.batches

    def step(self, taped: _Step, loss: torch.Tensor | None) -> None:
        """One step that trained it."""
        mine = [call for call in taped.calls if call.model is self.model]
        now, piece = time.perf_counter(), self._piece
        piece.batches += 1
        piece.seconds += now - taped.begun
        piece.examples += _length((mine or taped.calls)[0].inputs)
        if loss is not None:
            self._losses.append(loss)
        for call in mine:
            if are_pictures(call.numbers):
                self.recording.pictures = call.numbers
            call.given(self)

    def answer(self, call: _Call) -> None:
        """What it answered to examples whose labels are known."""
        if not call.held_out:
            self._learned.add(call)
            return
        if not self._held_out or self._held_out_ended:
            self._held_out.append(_Pass(self.recording, learned=False))
            self._held_out_ended = False
        self._held_out[-1].add(call)

    def evaluation_ends(self) -> None:
        """What it answers next is of another evaluation."""
        self._held_out_ended = True

    def goes_on(self) -> None:
        """It trains: the evaluation before was its validation."""
        if self._held_out:
            self.recording.answers["validation"] = self._held_out[0].answers()
            self._held_out, self._was_validated = [], True

    def ends_line(self, tracked: Mapping[str, float], printed: Mapping[str, float]) -> None:
        """What it did since the last is a line."""
        piece, self._piece = self._piece, _Piece()
        if not piece.batches:
            return
        if self._losses:
            piece.loss = float(torch.stack(self._losses).double().mean()) * piece.batches
        else:
            piece.loss = float("nan")
        self._losses = []
        piece.rate = learning_rate(self._optimizer)
        piece.tracked, piece.printed = dict(tracked), dict(printed)
        self._pieces.append(piece)
        self.recording.answers["train"] = self._learned.answers()
        self._learned = _Pass(self.recording, learned=True)

    def are_one(self) -> None:
        """The lines so far are parts of the first one."""
        if self._pieces:
            self._pieces = [functools.reduce(lambda a, b: a + b, self._pieces)]

    def are_pairs(self) -> bool:
        """Halves the number of lines if there are too many; whether there were."""
        if len(self._pieces) < _MOST_LINES:
            return False
        pairs = zip(self._pieces[::2], self._pieces[1::2], strict=False)
        self._pieces = [one + two for one, two in pairs]
        return True

    def write(self, now: float) -> None:
        """The lines, and from time to time the weights."""
        if now - self._written < _WRITE_EVERY_S or not self._pieces:
            return
        self._lines()
        if now - self._saved > _SAVE_EVERY_S:
            self.recording.save("training")
            self._saved = time.monotonic()
        self._written = time.monotonic()

    def _lines(self) -> None:
        percent = {
            name
            for name in ("accuracy", "val_accuracy")
            if any(piece.printed.get(name, 0) > 1 for piece in self._pieces)
        }
        lines = [
            Line(self._logs(each, percent), each.rate, each.seconds, each.examples) for each in self._pieces
        ]
        self.recording.lines(self._start, self._told, lines)
        self._told = len(lines)

    def _logs(self, piece: _Piece, percent: set[str]) -> dict[str, float]:
        printed = {name: value / (100 if name in percent else 1) for name, value in piece.printed.items()}
        mean = {"loss": piece.loss / piece.batches}
        return printed | (mean if np.isfinite(mean["loss"]) or "loss" not in printed else {}) | piece.tracked

    def end(self) -> None:
        """The program is over."""
        with recording.warned():
            self._end()

    def _end(self) -> None:
        self._figures.end()
        if not self._pieces:
            return
        passes = list(self._held_out)
        if passes and (self._was_validated or len(passes) > 1):
            self.recording.answers["validation"] = passes.pop(0).answers()
        if passes:
            self.recording.answers["test"] = passes[-1].answers()
        self.recording.loop_notes = self._notes()
        self._lines()

    def _notes(self) -> list[Note]:
        tracked = {name for piece in self._pieces for name in piece.tracked}
        printed = {name for piece in self._pieces for name in piece.printed} - tracked - {"loss"}
        by_loss = "loss" not in tracked
        notes = [_LINES[self._figures.mark]]
        for names, words in (
            (tracked, _TRACKED),
            ({"loss"} if by_loss else set(), _OF_TAPE),
            (printed, _PRINTED),
        ):
            if names:
                listed = ", ".join(sorted(names))
                notes.append(Note(words.en.format(names=listed), words.fr.format(names=listed)))
        return notes


class _Pass:
    """Answers that wait to be looked at together."""

    def __init__(self, recording: Recording, learned: bool) -> None:
        self._recording, self._made_of_learned = recording, learned
        self._answers: Answers | None = None
        self._waiting: list[tuple[Any, Any, torch.Tensor]] = []
        self._room = 1 << 22

    def add(self, call: _Call) -> None:
        """Those of a call, of which the truth is known."""
        if self._answers is not None and not self._answers.usable:
            return
        truth = _as_it_is(call.truth)
        if call.numbers.ndim != 2 or truth is None or not truth.ndim or len(truth) != len(call.numbers):
            self._answers = self._recording.new_answers(self._made_of_learned)
            self._answers.usable = False
            return
        x = call.inputs if self._answers is None or self._answers.has_room else None
        self._waiting.append((_as_it_is(x), truth, call.numbers))
        self._room -= call.numbers.numel()
        if self._answers is None:
            if call.logits or (_are_logits(call.numbers) and call.numbers.shape[1] > 1):
                self._recording.logits = True
            self._answers = self._recording.new_answers(self._made_of_learned)
        if len(self._waiting) >= _AT_ONCE or self._room < 0:
            self._look()

    def answers(self) -> Answers:
        """All of them."""
        self._look()
        return self._answers or self._recording.new_answers(self._made_of_learned)

    def _look(self) -> None:
        waiting, self._waiting, self._room = self._waiting, [], 1 << 22
        if not waiting or self._answers is None:
            return
        known = [each for each in waiting if each[0] is not None]
        for group, with_inputs in ((known, True), (waiting[len(known) :], False)):
            if not group:
                continue
            truths = _joined([truth for _, truth, _ in group])
            outputs = torch.cat([output for _, _, output in group])
            inputs = [_joined([x for x, _, _ in group])] if with_inputs else []
            self._answers.add(inputs, [truths], [outputs])


def _harmless(method: Callable[..., None]) -> Callable[..., None]:
    """What goes wrong inside is told once, as a warning, and loops are recorded no more: the program goes on."""

    @functools.wraps(method)
    def call(self: TapeLoops, *args: Any) -> None:
        if self.broken or not recording.is_on():
            return
        try:
            method(self, *args)
        except Exception as error:  # whatever it is, a program is not to end by being recorded
            self.broken = True
            warnings.warn(
                f"this training's run folder is not complete: its loop could not be followed ({error!r}).",
                stacklevel=4,
            )

    return call


class TapeLoops:
    """All loops of one program, and the figures that they share; a ``watching.Watcher``.

    Attributes:
        mark: what ends a line.
        broken: something went wrong, and nothing is recorded any more.
    """

    def __init__(self) -> None:
        self.mark, self.broken = Mark.BATCHES, False
        self._pending: Mark | None = None
        self._every, self._marks = 1, 0
        self._loops: list[_TapeLoop] = []
        self._trained_by: dict[int, tuple[weakref.ref[Any], list[_TapeLoop]]] = {}
        self._asked: dict[int, tuple[_Step, torch.Tensor | None]] = {}
        self._recent: deque[_Call] = deque(maxlen=8)
        self._metrics: dict[int, _Tracked] = {}
        self._tracked: dict[str, float] = {}
        self._printed: dict[str, float] = {}
        self._held_out = False
        self._stepped = False
        self._overheard: Overheard | None = None

    @_harmless
    def called(self, model: Any, args: tuple[Any, ...], output: Any) -> None:
        if not boundary.at_the_top():
            # A step of the model's own in a ``fit``: what is wanted of it are the pictures that it makes.
            if are_pictures(output) and (found := recording.fitting()) is not None:
                found.pictures = torch.Tensor.detach(output)
            return
        tapes = tape.active()
        self._held_out = not tapes
        if not args or not isinstance(output, torch.Tensor):
            output = next((each for each in keras.tree.flatten(output) if torch.is_tensor(each)), None)
            if output is None or not args:
                return
        numbers = torch.Tensor.detach(output.as_subclass(torch.Tensor))
        call = _Call(model, args[0], numbers, not tapes)
        for each in tapes:
            if each.kept is None:  # one inside another
                each.kept = _Step(time.perf_counter())
            each.kept.calls.append(call)
        if tapes:
            self._recent.append(call)
        elif any(loop.model is model for loop in self._loops):
            call.loop = next(loop for loop in self._loops if loop.model is model)
            self._recent.append(call)

    @_harmless
    def opened(self, tape: Any) -> None:
        # Here: what a line asks of a model may lay its weights anew, which no tape may see.
        if self._pending is not None and boundary.at_the_top():
            self._end_line()
        tape.kept = _Step(time.perf_counter())

    @_harmless
    def compared(self, truth: Any, answer: Any, logits: bool) -> None:
        if not isinstance(answer, torch.Tensor) or not boundary.at_the_top():
            return
        for call in reversed(self._recent):
            if call.gave(answer):
                call.compared(truth, logits)
                return

    @_harmless
    def measured(self, metric: Any) -> None:
        known = self._metrics.get(id(metric))
        if known is None:
            if len(self._metrics) >= _MOST_FIGURES:
                return
            known = self._metrics[id(metric)] = _Tracked(metric, self._name_of(metric))
        known.is_new = True

    def _name_of(self, metric: Any) -> str:
        name = column(str(metric.name), self._held_out) or str(metric.name)
        taken = {each.column for each in self._metrics.values()}
        number = 2
        while name in taken:
            name = f"{name.removesuffix(f'_{number - 1}')}_{number}"
            number += 1
        return name

    @_harmless
    def resetting(self, metric: Any) -> None:
        known = self._metrics.get(id(metric))
        if known is None or not known.is_new:
            return
        self._tracked |= known.read()
        if self._stepped:
            self._pending = Mark.RESET
        for loop in self._loops:
            loop.evaluation_ends()

    @_harmless
    def asked(self, tape: Any, target: Any, sources: Any) -> None:
        if tape.kept is None or not tape.kept.calls or not boundary.at_the_top():
            return
        first = sources[0] if isinstance(sources, (list, tuple)) and len(sources) else sources
        if not isinstance(first, keras.Variable):
            first = next(iter(keras.tree.flatten(sources)), None)
            if not isinstance(first, keras.Variable):
                return
        self._asked[id(first)] = tape.kept, _mean(target)

    @_harmless
    def applied(self, optimizer: Any, variables: list[Any]) -> None:
        found = self._asked.pop(id(variables[0]), None)
        if found is None:
            if optimizer is None or len(self._asked) != 1:
                return
            found = self._asked.popitem()[1]
        taped, loss = found
        known = self._trained_by.get(id(variables[0]))
        if known is None or known[0]() is not variables[0]:
            known = weakref.ref(variables[0]), self._loops_of(taped.calls, variables, optimizer)
            self._trained_by[id(variables[0])] = known
        loops = known[1]
        if not loops:
            return
        for loop in loops:
            loop.goes_on()
            loop.step(taped, loss)
        self._stepped = True
        if self._pending is None and self.mark is Mark.BATCHES and loops[0].batches >= BATCHES_A_LINE:
            self._pending = Mark.BATCHES

    def _loops_of(self, calls: list[_Call], variables: list[Any], optimizer: Any) -> list[_TapeLoop]:
        """Of the models that these gradients train."""
        taken = {id(variable) for variable in variables}
        found = []
        for model in {id(call.model): call.model for call in calls}.values():
            loop = next((each for each in self._loops if each.model is model), None)
            if not any(id(variable) in taken for variable in model.trainable_variables):
                continue
            if loop is None:
                source = next(call.inputs for call in calls if call.model is model)
                made = recording.recording_of(model, source, None, {"loop": "GradientTape"}, optimizer)
                if made is None:
                    continue
                new = _TapeLoop(made, model, optimizer, self)
                if made.loop(lambda new=new: new) is not new:  # type: ignore[misc]
                    continue  # it calls train_on_batch, too
                loop = new
                self._loops.append(loop)
            found.append(loop)
        if found and self._overheard is None:
            self._overheard = Overheard(sys.stdout, self._heard)
            sys.stdout = self._overheard
        return found

    @_harmless
    def _heard(self, line: str) -> None:
        found = printed_figures(line)
        if self._held_out and "accuracy" in found and "val_accuracy" not in found:
            found["val_accuracy"] = found.pop("accuracy")  # it follows an evaluation
        room = _MOST_FIGURES - len(self._printed)
        for name, value in found.items():
            if name in self._printed or room > 0:
                self._printed[name] = value
        if found and self._stepped and self._pending is not Mark.RESET:
            self._pending = Mark.PRINTED

    def _end_line(self, at_the_end: bool = False) -> None:
        mark, self._pending = self._pending, None
        if mark is not None and not at_the_end:
            if mark < self.mark:
                return
            if mark > self.mark:
                self.mark = mark
                self._lines_end()
                for loop in self._loops:
                    loop.are_one()
                self._written()
                return
            self._marks += 1
            if self._marks % self._every:
                return
        self._lines_end()
        self._written()

    def _lines_end(self) -> None:
        for each in self._metrics.values():
            if each.is_new:
                self._tracked |= each.read()
        for loop in self._loops:
            loop.ends_line(self._tracked, self._printed)
        self._tracked, self._printed, self._stepped = {}, {}, False
        halved = [loop.are_pairs() for loop in self._loops]
        if any(halved):
            self._every *= 2

    def _written(self) -> None:
        now = time.monotonic()
        for loop in self._loops:
            loop.write(now)

    def end(self) -> None:
        """The program is over: what its loops did last is a line, and what it prints is its own again."""
        if self._overheard is not None:
            self._overheard.stop()
            self._overheard = None
            self._end_line(at_the_end=True)


class _Tracked:
    """A metric of the program's.

    Attributes:
        is_new: it has counted something since it was read.
    """

    def __init__(self, metric: Any, name: str) -> None:
        self._metric, self.column, self.is_new = metric, name, False

    def read(self) -> dict[str, float]:
        """What it counted, by column: a number, or a dictionary of them."""
        self.is_new = False
        with boundary.keras_runs(), torch.no_grad():
            found = self._metric.result()
        named = found if isinstance(found, Mapping) else {"": found}
        return {
            (f"{self.column}_{name}" if name else self.column): float(value)
            for name, value in named.items()
            if np.ndim(value) == 0
        }


def _mean(target: Any) -> torch.Tensor | None:
    """Of a loss, without what it was computed from."""
    if not isinstance(target, torch.Tensor):
        tensors = [each for each in keras.tree.flatten(target) if isinstance(each, torch.Tensor)]
        if not tensors:
            return None
        target = tensors[0]
    value = torch.Tensor.detach(target.as_subclass(torch.Tensor))
    return value if value.ndim == 0 else value.mean()


def _length(inputs: Any) -> int:
    first = inputs
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    sizes = list(getattr(first, "shape", ()))
    return int(sizes[0]) if sizes else 1


def _as_it_is(value: Any) -> Any:
    """What a program changes no more: its arrays are copied, its tensors never change. None: no one array."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, torch.Tensor):
        return value.as_subclass(torch.Tensor)
    return np.array(value) if isinstance(value, np.ndarray) else None


def _joined(parts: list[Any]) -> Any:
    if all(isinstance(each, torch.Tensor) for each in parts):
        return torch.cat(parts)
    return np.concatenate([np.asarray(each) for each in parts])


def _are_logits(output: torch.Tensor) -> bool:
    """Whether these can be no probabilities of classes."""
    sums = output.sum(1)
    return bool((output < 0).any() or (sums - 1).abs().max() > 0.01)


_LINES = {
    Mark.BATCHES: Note(
        f"The program trained it in a loop of its own, with a tape: a line of the curves is {BATCHES_A_LINE} of its "
        f"batches.",
        f"Le programme l’a entraîné dans sa propre boucle, avec un GradientTape : une ligne des courbes représente "
        f"{BATCHES_A_LINE} lots.",
    ),
    Mark.PRINTED: Note(
        "The program trained it in a loop of its own, with a tape: a line of the curves is what it trained until it "
        "printed its figures.",
        "Le programme l’a entraîné dans sa propre boucle, avec un GradientTape : une ligne des courbes va jusqu’au "
        "prochain affichage de ses résultats.",
    ),
    Mark.RESET: Note(
        "The program trained it in a loop of its own, with a tape: a line of the curves is what it trained until it "
        "reset its metrics.",
        "Le programme l’a entraîné dans sa propre boucle, avec un GradientTape : une ligne des courbes va jusqu’à la "
        "prochaine remise à zéro de ses métriques.",
    ),
}
_TRACKED = Note(
    "Counted by the program’s metrics: {names}.", "Comptés par les métriques du programme : {names}."
)
_OF_TAPE = Note(
    "The loss is the one whose gradients the program asked for, its mean over the batches of a line.",
    "La perte est celle dont le programme a demandé les gradients, en moyenne sur les lots d’une ligne.",
)
_PRINTED = Note(
    "Read from what the program printed: {names}.", "Lus dans ce que le programme a affiché : {names}."
)
