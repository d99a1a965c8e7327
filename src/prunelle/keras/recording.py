"""A run folder for each training of a program: what ``prunelle run`` turns on.

::

    fit-1/                  a run (``runs.run``), but for a recipe and a state
      run.json              the program, the model, how it is compiled and trained; versions, host
      results.csv           a line an epoch; the figures by Keras's names too
      examples.safetensors  those it was judged on, and a few training ones, as the program gave them
      weights/last.safetensors        the model: keras.models.load_model reads it

It begins when the first epoch ends, which shows what the model answers. What Prunelle can't ask for classes (several
outputs, a regression) has a folder too, and ``run.json`` says why (``runs.refused``).

A loop of a program's own (``train_on_batch``) is recorded alike: a line for each ``BATCHES_A_LINE`` of its batches,
and for the rest at its end; one with ``GradientTape`` by ``tape_loops``. Trainings of one model that was not compiled
anew go on in one folder. What cannot be written is told as a warning; the program's own work is never stopped by its
recording.
"""

from __future__ import annotations

import dataclasses
import time
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from prunelle.errors import CannotWrite
from prunelle.keras import own_files, recorded_run
from prunelle.keras.answers import Answers
from prunelle.keras.eager import boundary
from prunelle.keras.floor import keras
from prunelle.keras.generations import Generation, Told
from prunelle.keras.plain import plain
from prunelle.report.curves_page import write_curves_page
from prunelle.report.run_report import write_page
from prunelle.runs.rebuild import WEIGHTS_FILE
from prunelle.runs.refused import Refused
from prunelle.runs.run import Run
from prunelle.texts import Language, Note, default_language


@dataclasses.dataclass
class _Session:
    """What is said once, for all trainings of a program."""

    directory: Callable[[], Path]
    program: str
    versions: Mapping[str, str]
    host: Mapping[str, str]
    language: Language
    told: Told
    trainings: list[Recording] = dataclasses.field(default_factory=list)
    fitting: Recording | None = None


_session: _Session | None = None
_REPORT_EVERY_S = 10.0
BATCHES_A_LINE = 100
"""Of a loop of a program's own, which has no epochs that anybody knew of."""
# Numbers of examples that are kept. Those of the training split: enough for examples of each class.
_ROOM = {"train": 4 << 20, "held out": 32 << 20}


def start(
    directory: Callable[[], Path],
    program: str,
    *,
    versions: Mapping[str, str] | None = None,
    host: Mapping[str, str] | None = None,
    language: Language | None = None,
    told: Told | None = None,
) -> None:
    """From now on each ``fit`` leaves a folder.

    Args:
        directory: gives the folder that they go into; called when there is something to write.
        program: as the command line names it.
        versions, host: for ``run.json`` and the report.
        language: of the report; None for the locale's.
        told: the generation of Keras that the program is taken for.
    """
    global _session
    told = told or Told(Generation.KERAS_2, "import keras")
    language = language or default_language()
    _session = _Session(directory, program, versions or {}, host or {}, language=language, told=told)


def stop(interrupted: bool = False) -> None:
    """Finishes what is open, as far as it went if the program was interrupted; trainings leave nothing any more."""
    global _session
    session, _session = _session, None
    if session is not None:
        for recording in session.trainings:
            recording.end_loop(interrupted)
            recording.write_report()


def is_on() -> bool:
    """Whether trainings leave a folder."""
    return _session is not None


def fitting() -> Recording | None:
    """What records the ``fit`` that runs, if one does."""
    return _session.fitting if _session is not None else None


@contextmanager
def recorded_program(directory: Callable[[], Path], program: str, **about: Any) -> Iterator[None]:
    """Inside, each ``fit`` leaves a folder; what is open is finished at the end. The arguments are ``start``'s."""
    start(directory, program, **about)
    try:
        yield
    except SystemExit:
        raise
    except BaseException:
        stop(interrupted=True)
        raise
    finally:
        stop()


def recording_of(
    model: Any, source: Any, validation: Any, arguments: Mapping[str, Any], optimizer: Any = None
) -> Recording | None:
    """What records a ``fit`` that begins: that of the model's last one, unless it was compiled anew since.

    Args:
        optimizer: of a loop of the program's own, whose model need not be compiled; None: the model's.
    """
    if _session is None:
        return None
    found = recorded(model)
    if found is not None:
        return found
    for recording in _session.trainings:
        if not recording.in_loop:  # loops of several models go on by turns
            recording.write_report()
            recording.answers.clear()
    made = Recording(
        session=_session,
        number=len(_session.trainings) + 1,
        model=model,
        source=source,
        validation=validation,
        arguments=arguments,
        optimizer=optimizer or model.optimizer,
    )
    _session.trainings.append(made)
    return made


def recorded(model: Any) -> Recording | None:
    """What has recorded the training of ``model``, if anything has."""
    compiled = model.__dict__.get(COMPILED)
    for recording in reversed(_session.trainings if _session is not None else []):
        if compiled is not None and recording.compiled() is compiled:
            return recording
    return None


COMPILED = "_prunelle_compiled"
"""The attribute of a model that is another object after each ``compile``."""


class Compiled:
    """One ``compile`` of a model, and what it was given.

    Attributes:
        arguments: by their names, as the program gave them.
    """

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.arguments = {
            name: arguments.get(name) for name in ("loss", "metrics", "loss_weights", "weighted_metrics")
        }


class Listening(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells a ``Recording`` what a ``fit`` does."""

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self._recording = recording
        self._begun = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Answers of the training split are kept from here on."""
        self._begun = time.perf_counter()
        self._seconds: float | None = None
        self._answers("train")
        if _session is not None:
            _session.fitting = self._recording

    def _answers(self, split: str) -> None:
        self._split = self._recording.begin_pass(split)
        self.model.__dict__[ANSWERS] = self._split

    def on_test_begin(self, logs: Any = None) -> None:
        """The validation that ends an epoch."""
        self._training = self._split
        self._seconds = time.perf_counter() - self._begun
        self._answers("validation")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """A line of ``results.csv``."""
        self.model.__dict__.pop(ANSWERS, None)
        seconds = self._seconds or time.perf_counter() - self._begun
        rate = learning_rate(self.model.optimizer)
        self._recording.epoch(dict(logs or {}), rate, seconds)

    def on_train_end(self, logs: Any = None) -> None:
        """The folder is finished, until the next training of this model."""
        if _session is not None:
            _session.fitting = None
        self.model.__dict__.pop(ANSWERS, None)
        self._recording.end()


@contextmanager
def saved_when_interrupted(recording: Recording | None) -> Iterator[None]:
    """Inside, a ``fit`` that Ctrl-C stops, in a notebook that goes on, leaves the model as it is then."""
    try:
        yield
    except KeyboardInterrupt:
        if recording is not None:
            recording.interrupted()
        raise


@contextmanager
def batch(model: Any, x: Any) -> Iterator[None]:
    """Inside, a batch ``x`` of a loop of the program's own is learned."""
    found = recording_of(model, x, None, {"loop": "train_on_batch", "batches_a_line": BATCHES_A_LINE})
    if found is None:
        yield
        return
    loop = found.loop(lambda: _Loop(found, model))
    if not isinstance(loop, _Loop):  # it has another with a tape
        yield
        return
    with loop.batch():
        yield


ANSWERS = "_prunelle_answers"
"""The attribute of a model that keeps the answers of the pass that it is in."""


@contextmanager
def evaluation(model: Any, x: Any) -> Iterator[None]:
    """Inside, a model that was trained here is evaluated on ``x``, and its run is told."""
    found = recorded(model)
    if found is None:
        yield
        return
    before = model.__dict__.get(ANSWERS)
    model.__dict__[ANSWERS] = found.begin_pass(found.split_of(x))
    try:
        yield
    finally:
        model.__dict__.pop(ANSWERS, None)
        if before is not None:
            model.__dict__[ANSWERS] = before
    found.evaluated()


@contextmanager
def warned() -> Iterator[None]:
    """What goes wrong inside becomes a warning; the training goes on as if nobody had recorded it."""
    try:
        yield
    except Exception as error:  # whatever it is: what a model of the program's own does cannot be foreseen
        warnings.warn(f"this training's run folder is not complete: {error}", stacklevel=4)


class Recording:
    """One training on disk.

    Attributes:
        compiled: the model's ``compile`` that it belongs to, weakly: recording keeps no model alive.
        answers: by split, those of the last pass.
        logits: whether the model's outputs are logits.
        pictures: those that it made last, ``(n, H, W, C)``, where it makes any.
        loop_notes: how its lines came about, where a loop of the program's own trains it.
        shortened: that it was, where a ``fit`` asked for more epochs.
    """

    def __init__(
        self,
        session: _Session,
        number: int,
        model: Any,
        source: Any,
        validation: Any,
        arguments: Mapping[str, Any],
        optimizer: Any,
    ) -> None:
        self._number = number
        compiled: Compiled = model.__dict__.setdefault(COMPILED, Compiled({}))
        self.compiled = weakref.ref(compiled)
        self.answers: dict[str, Answers] = {}
        self.logits = recorded_run.gives_logits(model)
        self.pictures: torch.Tensor | None = None
        self.loop_notes: list[Note] = []
        self.shortened: Note | None = None
        self._noted: list[Note] = []
        self._session, self._model = session, weakref.ref(model)
        self._written = float("-inf")
        self._run: Run | Refused | None = None
        self._rows: list[dict[str, Any]] = []
        self._classes = _class_names(source) or _class_names(validation)
        self._reported = True
        self._loop: Loop | None = None
        self._seen = {"train": _place(source), "validation": _place(validation)}
        self._settings = {
            **(
                {}
                if optimizer is None
                else {
                    "optimizer": type(optimizer).__name__.lower(),
                    "learning_rate": learning_rate(optimizer),
                }
            ),
            **({} if compiled.arguments["loss"] is None else {"loss": compiled.arguments["loss"]}),
            **{name: value for name, value in arguments.items() if value is not None},
            "keras": _as_option(session.told),
        }
        self._source = weakref.ref(source) if _is_kept_weakly(source) else lambda: None
        self._info = {
            "status": "training",
            "created": datetime.now().astimezone().isoformat(timespec="seconds"),
            "language": session.language,
            "command": f"prunelle run {session.program}",
            "program": session.program,
            "keras": {"generation": session.told.generation.option, "told_by": session.told.by},
            "data": {"name": _data_name(source)},
            "settings": {name: _named(plain(value)) for name, value in self._settings.items()},
            "compile": {
                "optimizer": plain(optimizer),
                **{name: plain(value) for name, value in compiled.arguments.items()},
            },
            "fit": dict(arguments),
            "skipped": [],
            "versions": dict(session.versions),
            "host": dict(session.host),
        }

    @cached_property
    def folder(self) -> Path:
        """Where; the folder above it is made by asking."""
        return self._session.directory() / f"fit-{self._number}"

    def begin_pass(self, split: str) -> Answers:
        """Answers of a pass over ``train``, ``validation`` or ``test`` that begins."""
        self.answers[split] = self.new_answers(split == "train")
        return self.answers[split]

    def new_answers(self, learned: bool) -> Answers:
        """Of a pass of which it is still open what it is of."""
        return Answers(_ROOM["train" if learned else "held out"], self.logits)

    def loop(self, made: Callable[[], Loop]) -> Loop:
        """The loop of the program's own that trains the model; ``made`` where this is its first batch."""
        if self._loop is None:
            self._loop = made()
        return self._loop

    @property
    def in_loop(self) -> bool:
        """Whether a loop of the program's own trains it."""
        return self._loop is not None

    def end_loop(self, interrupted: bool = False) -> None:
        """The program is over: what its loop did last is told, too."""
        if self._loop is not None:
            self._loop.end()
            if interrupted:
                self.loop_notes = [*self.loop_notes, recorded_run.INTERRUPTED]
            self.end("interrupted" if interrupted else "finished")
            self._loop = None

    def split_of(self, x: Any) -> str:
        """What an evaluation's data is to this training: ``test`` unless it was trained or validated on."""
        place = _place(x)
        for split, known in self._seen.items():
            if place is not None and known is not None and known.meets(place):
                return split
        if self.in_loop and "train" in self.answers and self.answers["train"].have(x):
            return "train"  # a loop cuts its batches itself, and they are copies
        return "test"

    def epoch(
        self, logs: Mapping[str, Any], rate: float | None, seconds: float, examples: int | None = None
    ) -> None:
        """A line of ``results.csv``, after so many examples: None for those of the training pass."""
        examples = self.answers["train"].seen if examples is None else examples
        self.lines(len(self._rows), 0, [Line(logs, rate, seconds, examples)])

    @property
    def num_lines(self) -> int:
        """Of ``results.csv``, so far."""
        return len(self._rows)

    def lines(self, start: int, number: int, lines: Sequence[Line]) -> None:
        """Lines of ``results.csv`` from ``start`` on, in the place of the ``number`` that were there."""
        self._rows[start : start + number] = map(self.row, lines)
        for epoch, row in enumerate(self._rows, 1):
            row["epoch"] = epoch
        self._reported = False
        with warned():
            if self._run is None:
                self._run = self._begin()
            self._run.write_results(self._rows)

    @staticmethod
    def row(line: Line) -> dict[str, Any]:
        """A line of ``results.csv``, but for its number; figures by the names that it has there."""
        logs = line.logs
        accuracy = next((name for name in logs if "acc" in name and not name.startswith("val_")), None)
        known = {
            "epoch": 0,
            "train_loss": logs.get("loss"),
            "train_accuracy": logs.get(accuracy or ""),
            "val_loss": logs.get("val_loss"),
            "val_accuracy": logs.get(f"val_{accuracy}"),
            "learning_rate": line.rate,
            "seconds": line.seconds,
            # Of a step of the model's own, nobody tells.
            "images_per_second": line.examples / max(line.seconds, 1e-9) if line.examples else None,
        }
        shown = {"loss", "val_loss", accuracy, f"val_{accuracy}", "learning_rate"}
        more = {name: value for name, value in logs.items() if name not in shown and np.ndim(value) == 0}
        return known | more

    def _begin(self) -> Run | Refused:
        """The folder, once an epoch has shown what the model answers to what."""
        model = self._model()
        assert model is not None
        return recorded_run.begin(
            self.folder,
            self._info,
            model,
            source=self._source(),
            names=self._classes,
            seen=self.answers["train"],
            logits=self.logits,
        )

    def save(self, status: str) -> None:
        """The model as it is now."""
        with warned():
            if self._run is not None:  # a folder that could not begin may be somebody's
                self._save_model()
                self._run.update(status=status)

    def end(self, status: str = "finished") -> None:
        """The model as it is now, and the report; not for every ``fit`` of a program that calls it in a loop."""
        self.save(status)
        if time.monotonic() - self._written > _REPORT_EVERY_S:
            self.write_report()

    def interrupted(self) -> None:
        """A ``fit`` was stopped: the model as it is now; the epochs that it has done have their lines."""
        if _session is not None:
            _session.fitting = None
        model = self._model()
        if model is not None:
            model.__dict__.pop(ANSWERS, None)
            self.end("interrupted")

    def _save_model(self) -> None:
        model = self._model()
        assert model is not None
        target = self.folder / "weights" / WEIGHTS_FILE
        generation = self._session.told.generation
        try:
            own_files.write_model(model, target, generation)
        except CannotWrite:
            raise
        except Exception:
            # Something of the program's own in it: the weights alone, for the model built again.
            own_files.write_weights(model, target, generation)

    def evaluated(self) -> None:
        """There are answers on test examples."""
        self._reported = False

    def write_report(self) -> None:
        """Figures, answers and, for a classifier, the report, when there is something new to say."""
        model = self._model()
        if self._reported or not self._rows or model is None or self._run is None:
            return
        self._reported, self._written = True, time.monotonic()
        # What answers here is Keras's: it is nothing that the program does.
        with warned(), boundary.keras_runs():
            metrics = {
                "epochs": len(self._rows),
                "best_epoch": len(self._rows),
                "seconds": round(sum(row["seconds"] for row in self._rows), 3),
                "parameters": recorded_run.num_parameters(model),
                "last": {k: v for k, v in self._rows[-1].items() if v is not None},
            }
            made = recorded_run.pictures_of(self.pictures, self.answers)
            notes = [*self.loop_notes, *([] if self.shortened is None else [self.shortened])]
            recorded_run.note(self._run, self._noted, notes)
            self._noted = notes
            if isinstance(self._run, Refused):
                self._run.write_metrics(metrics)
                write_curves_page(self._run, self._rows, made, self._session.language)
                return
            recorded_run.finish(self._run, model, self.answers, metrics)
            data = self._run.kept()
            if data is not None:
                pixels = {split.name: split.decode(self._run.preprocess) for split in data.splits()}
                write_page(self._run, pixels, self._session.language, lambda note: None)


@dataclasses.dataclass(frozen=True)
class Line:
    """An epoch, or as much as a line of a loop is.

    Attributes:
        logs: its figures, by Keras's names.
        rate: the learning rate; None where the program keeps it.
        seconds, examples: of its training.
    """

    logs: Mapping[str, Any]
    rate: float | None
    seconds: float
    examples: int


class Loop(Protocol):
    """A loop of a program's own that trains a model."""

    def end(self) -> None:
        """What it did last is told to its recording."""


class _Loop:
    """The batches that a program trains a model on itself.

    It holds the model: a program that made it in a function has dropped it by the time that its end is written down.
    """

    def __init__(self, recording: Recording, model: Any) -> None:
        self._recording, self._model = recording, model
        self._sums: dict[str, float] = {}
        self._batches, self._seconds = 0, 0.0
        self._saved = time.monotonic()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Inside, one of them is learned."""
        if self._batches == 0:
            self._answers = self._recording.begin_pass("train")
        begin = time.perf_counter()
        self._model.__dict__[ANSWERS] = self._answers
        try:
            yield
        finally:
            self._model.__dict__.pop(ANSWERS, None)
        self._seconds += time.perf_counter() - begin
        self._batches += 1
        for name, value in self._model.get_metrics_result().items():
            self._sums[name] = self._sums.get(name, 0.0) + float(value)
        if self._batches == BATCHES_A_LINE:
            self.end()
            if time.monotonic() - self._saved > _REPORT_EVERY_S:
                self._recording.end()
                self._saved = time.monotonic()

    def end(self) -> None:
        """A line of ``results.csv``: the means of the batches since the last."""
        if self._batches:
            means = {name: total / self._batches for name, total in self._sums.items()}
            rate = learning_rate(self._model.optimizer)
            self._recording.epoch(means, rate, self._seconds, self._answers.seen)
        self._sums, self._batches, self._seconds = {}, 0, 0.0


def learning_rate(optimizer: Any) -> float | None:
    """As it was typed: Keras keeps it in float32, of whose 0.01 Python would write 0.009999999776482582.

    None where no optimiser keeps it.
    """
    if optimizer is None:
        return None
    return float(str(np.float32(keras.ops.convert_to_numpy(optimizer.learning_rate))))


def _class_names(data: Any) -> tuple[str, ...] | None:
    found = getattr(data, "class_names", None)
    if found is None and isinstance(getattr(data, "class_indices", None), Mapping):
        indices: Mapping[str, int] = data.class_indices
        found = sorted(indices, key=lambda name: indices[name])
    return tuple(map(str, found)) if found is not None else None


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where data is: an array's part of its memory, or a generator itself; it keeps neither alive."""

    owner: weakref.ref[Any]
    start: int = 0
    end: int = 1

    def meets(self, other: _Place) -> bool:
        same = self.owner() is not None and self.owner() is other.owner()
        return same and self.start < other.end and other.start < self.end


def _place(data: Any) -> _Place | None:
    """None for what cannot be remembered."""
    if isinstance(data, tuple | list) and len(data):
        data = data[0]
    owner = data
    while isinstance(owner, np.ndarray) and isinstance(owner.base, np.ndarray):
        owner = owner.base
    try:
        if isinstance(data, np.ndarray):
            return _Place(weakref.ref(owner), *np.lib.array_utils.byte_bounds(data))
        return _Place(weakref.ref(owner))
    except TypeError:  # lists, and what C iterators are
        return None


def _data_name(data: Any) -> str:
    folder = getattr(data, "directory", None)
    if isinstance(folder, str | Path):
        return Path(folder).name
    return "arrays" if isinstance(data, np.ndarray | torch.Tensor | list | tuple) else type(data).__name__


def _is_kept_weakly(source: Any) -> bool:
    """Whether a reference that keeps it not alive can be had: of lists it cannot."""
    return getattr(type(source), "__weakrefoffset__", 0) != 0


def _as_option(told: Told) -> str:
    """``2.3 (import keras)``: what ``--keras`` takes, and what told it."""
    return f"{told.generation.option} ({told.by})" if told.by else told.generation.option


def _named(value: Any) -> str:
    if isinstance(value, Mapping) and "class_name" in value:
        return str(value["class_name"])
    return str(value)
