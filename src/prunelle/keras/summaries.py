"""``tf.summary`` of TensorFlow 2: what a program writes for TensorBoard itself, into a default writer, at a step."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.keras.eager.control import scoped
from prunelle.keras.event_files import EventFile, say_once
from prunelle.keras.floor import keras
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay


@dataclasses.dataclass
class _State:
    """Where summaries go, at which step, and whether."""

    writer: Writer | None = None
    step: Any = None
    record: Any = True


_state = _State()


def lay(overlay: Overlay, generation: Generation) -> None:
    """A program begins without a writer and without a step."""
    overlay.put(sys.modules[__name__], "_state", _State())


class Writer:
    """Writes to a file of its own in a folder; made by ``create_file_writer``."""

    def __init__(self, file: EventFile | None) -> None:
        self._file = file

    @contextmanager
    def as_default(self, step: Any = None) -> Iterator[Writer]:
        """Inside, summaries go here; at ``step``, where it is given."""
        before = dataclasses.replace(_state)
        self.set_as_default(step)
        try:
            yield self
        finally:
            _state.writer = before.writer
            if step is not None:
                _state.step = before.step

    def set_as_default(self, step: Any = None) -> None:
        """From now on summaries go here."""
        _state.writer = self
        if step is not None:
            _state.step = step

    def init(self) -> None:
        """It is ready from the beginning."""

    def flush(self) -> None:
        """Everything is in the file."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """``flush``, and nothing more is written."""
        if self._file is not None:
            self._file.close()

    def put(self, kind: str, *about: Any, **options: Any) -> None:
        """``kind`` of ``EventFile``."""
        if self._file is not None:
            getattr(self._file, kind)(*about, **options)


def create_file_writer(
    logdir: Any, *sizes: Any, filename_suffix: str | None = None, **ignored: Any
) -> Writer:
    """A writer to a file in ``logdir``, whose name ends with ``filename_suffix`` (``.v2``)."""
    return Writer(EventFile(Path(str(logdir)), ".v2" if filename_suffix is None else filename_suffix))


def create_noop_writer() -> Writer:
    """A writer of nothing."""
    return Writer(None)


def scalar(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """One number of a curve; True if it was written: there is a writer, and ``record_if`` lets it."""
    place = _place("scalar", name, step)
    if place is None:
        return False
    value = _numpy(data)
    if value.shape:
        raise ArgumentError(
            f"tf.summary.scalar takes one number; received the shape {value.shape} for {name!r}."
        )
    place.writer.put("scalar", place.tag, value.astype(np.float32), place.step, description=description)
    return True


def image(
    name: str, data: Any, step: Any = None, max_outputs: int = 3, description: str | None = None
) -> bool:
    """The first pictures of ``data: (N, H, W, C)``, of 1 to 4 channels, uint8 or from 0 to 1."""
    place = _place("image", name, step)
    if place is None:
        return False
    pictures = _numpy(data)
    if pictures.ndim != 4 or pictures.shape[-1] not in (1, 2, 3, 4):
        raise ArgumentError(
            f"tf.summary.image takes pictures (N, H, W, C) of 1 to 4 channels; received the shape {pictures.shape} "
            f"for {name!r}. One picture is picture[None]."
        )
    options: dict[str, Any] = {"max_outputs": int(max_outputs), "description": description}
    place.writer.put("image", place.tag, pictures, place.step, **options)
    return True


def histogram(
    name: str, data: Any, step: Any = None, buckets: int | None = None, description: str | None = None
) -> bool:
    """How many of the values are where, in ``buckets`` (30) intervals."""
    place = _place("histogram", name, step)
    if place is None:
        return False
    options: dict[str, Any] = {"buckets": buckets, "description": description}
    place.writer.put("histogram", place.tag, _numpy(data), place.step, **options)
    return True


def text(name: str, data: Any, step: Any = None, description: str | None = None) -> bool:
    """A text, in Markdown, or an array of texts."""
    place = _place("text", name, step)
    if place is None:
        return False
    texts = data.numpy() if hasattr(data, "numpy") else data
    place.writer.put("text", place.tag, texts, place.step, description=description)
    return True


def flush(writer: Writer | None = None, name: str | None = None) -> None:
    """Everything that the writer (the default one) was given is in its file."""
    found = writer or _state.writer
    if found is not None:
        found.flush()


def get_step() -> Any:
    """The step of summaries that name none; None where there is none."""
    return _state.step


def set_step(step: Any) -> None:
    """The step of summaries that name none: a number, or a variable that counts."""
    _state.step = step


@contextmanager
def record_if(condition: Any) -> Iterator[None]:
    """Inside, summaries are written only if ``condition`` (a function is asked each time)."""
    before, _state.record = _state.record, condition
    try:
        yield
    finally:
        _state.record = before


def should_record_summaries() -> bool:
    """Whether a summary would be written."""
    return _state.writer is not None and _recording()


def trace_on(*given: Any, **options: Any) -> None:
    """Traces and graphs are of TensorFlow's own computation: told once, and left out."""
    say_once("tf.summary's graphs and traces are of TensorFlow's own computation; they are left out.")


trace_export = trace_off = graph = trace_on


@dataclasses.dataclass(frozen=True)
class _Place:
    writer: Writer
    tag: str
    step: int


def _place(kind: str, name: str, step: Any) -> _Place | None:
    writer = _state.writer
    if writer is None or not _recording():
        return None
    step = _state.step if step is None else step
    if step is None:
        raise ArgumentError(
            f"tf.summary.{kind} needs a step: step=…, writer.as_default(step=…) or tf.summary.experimental.set_step(…)."
        )
    return _Place(writer, scoped(name), int(_numpy(step)))


def _recording() -> bool:
    asked: Callable[[], Any] | Any = _state.record
    return bool(_numpy(asked() if callable(asked) else asked))


def _numpy(value: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(value))
