"""Files that TensorBoard reads: ``events.out.tfevents.*``, written by the package ``tensorboard`` where it is there.

Values are laid out as TensorFlow 2 lays them out: a tensor with the name of TensorBoard's plugin beside it. Nothing
here stops a program: what cannot be written is told once, and then left out.
"""

from __future__ import annotations

import atexit
import importlib
import io
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay

INSTALL = "pip install 'prunelle[tensorboard]'"

_said: set[str] = set()
"""What this program has been told."""


def lay(overlay: Overlay, generation: Generation) -> None:
    """The next program is told again."""
    overlay.put(sys.modules[__name__], "_said", set())


def say_once(sentence: str) -> None:
    """A warning, the first time in a program."""
    if sentence not in _said:
        _said.add(sentence)
        warnings.warn(sentence, stacklevel=_level_of_program())


def _level_of_program() -> int:
    """How far up the program's own line is, from ``warn`` in ``say_once``."""
    level, frame = 2, sys._getframe(2)
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith(("prunelle.", "keras.")):
        level, frame = level + 1, frame.f_back
    return level


class EventFile:
    """One file, open until the program's end or ``close``; without the package ``tensorboard``, nothing.

    Args:
        folder: it is made.
        suffix: ends the file's name; TensorFlow 2's is ``.v2``.
    """

    def __init__(self, folder: str | Path, suffix: str = ".v2") -> None:
        self._folder = Path(folder).expanduser()
        self._writer: Any = None
        try:
            self._proto = importlib.import_module("tensorboard.compat.proto.event_pb2")
            self._summary = importlib.import_module("tensorboard.compat.proto.summary_pb2")
            self._tensors = importlib.import_module("tensorboard.util.tensor_util")
            writers = importlib.import_module("tensorboard.summary.writer.event_file_writer")
        except Exception as error:  # whatever a package that does not fit this machine raises
            why = "" if isinstance(error, ImportError) else f" (it is there, and fails: {error})"
            say_once(
                f"TensorBoard's files are not written: they need the package tensorboard{why}. {INSTALL}"
            )
            return
        try:
            self._writer = writers.EventFileWriter(str(self._folder), filename_suffix=suffix)
        except OSError as error:
            self._give_up(error)
        else:
            atexit.register(self.close)

    def scalar(self, tag: str, value: float, step: int, description: str | None = None) -> None:
        """One number of a curve."""
        self._write("scalar", tag, np.float32(value), step, description)

    def text(self, tag: str, value: Any, step: int, description: str | None = None) -> None:
        """A text, in Markdown, or an array of texts as a table."""
        self._write("text", tag, np.asarray(value, object), step, description)

    def histogram(
        self,
        tag: str,
        values: np.ndarray,
        step: int,
        *,
        buckets: int | None = None,
        description: str | None = None,
    ) -> None:
        """How many of the values there are in each of ``buckets`` (30) intervals of one width, the last one closed."""
        self._write("histogram", tag, counts(values, 30 if buckets is None else buckets), step, description)

    def image(
        self,
        tag: str,
        pictures: np.ndarray,
        step: int,
        *,
        max_outputs: int = 3,
        description: str | None = None,
    ) -> None:
        """The first ``max_outputs`` of ``pictures: (N, H, W, C)``, of 1 to 4 channels; floats are from 0 to 1."""
        if self._writer is None:
            return
        height, width = pictures.shape[1:3]
        packed = [_png(picture) for picture in as_bytes(pictures[:max_outputs])]
        value = np.array([str(width).encode(), str(height).encode(), *packed], object)
        self._write("image", tag, value, step, description)

    def model(self, tag: str, description: str) -> None:
        """A model's configuration, in JSON: TensorBoard draws its layers."""
        if self._writer is None:
            return
        metadata = self._summary.SummaryMetadata()
        metadata.plugin_data.plugin_name, metadata.plugin_data.content = "graph_keras_model", b"1"
        self._add(tag, np.asarray(description.encode(), object), 0, metadata)

    def _write(self, plugin: str, tag: str, value: Any, step: int, description: str | None) -> None:
        if self._writer is None:
            return
        kind = importlib.import_module(f"tensorboard.plugins.{plugin}.metadata")
        self._add(tag, value, step, kind.create_summary_metadata(display_name=None, description=description))

    def _add(self, tag: str, value: Any, step: int, metadata: Any) -> None:
        summary = self._summary.Summary()
        summary.value.add(tag=tag, metadata=metadata, tensor=self._tensors.make_tensor_proto(value))
        try:
            self._writer.add_event(self._proto.Event(wall_time=time.time(), step=step, summary=summary))
        except OSError as error:
            self._give_up(error)

    def flush(self) -> None:
        """Everything is in the file."""
        if self._writer is not None:
            try:
                self._writer.flush()
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        """``flush``, and nothing more is written."""
        atexit.unregister(self.close)
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.close()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._writer = None
        say_once(
            f"TensorBoard's files are not written in {self._folder}: {error.strerror or error}. The program goes on."
        )


def counts(values: np.ndarray, buckets: int) -> np.ndarray:
    """``(buckets, 3)`` float64: where each begins and ends, and how many values are in it.

    All are in the last one where they are one value. What is not finite has no place.
    """
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size or buckets <= 0:
        return np.zeros((max(buckets, 0), 3))
    low, high = flat.min(), flat.max()
    edges = np.linspace(low, high, buckets + 1)
    found = np.zeros(buckets)
    if low == high:
        found[-1] = flat.size
    else:
        # Not np.histogram: TensorBoard rounds a value's place down, whatever the edges were rounded to.
        places = np.minimum(((flat - low) / ((high - low) / buckets)).astype(int), buckets - 1)
        found = np.bincount(places, minlength=buckets).astype(float)
    return np.stack([edges[:-1], edges[1:], found], axis=1)


def as_bytes(pictures: np.ndarray) -> np.ndarray:
    """Values as uint8: floats from 0 to 1, whole numbers by their type's range, as ``tf.image.convert_image_dtype``."""
    if pictures.dtype == np.uint8:
        return pictures
    if pictures.dtype.kind == "f":
        values = np.nan_to_num(pictures * 255.5)
    else:
        scale = (np.iinfo(pictures.dtype).max + 1) / 256
        values = np.floor(pictures / scale)
    found: np.ndarray = np.clip(values, 0, 255).astype(np.uint8)
    return found


def _png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[picture.shape[-1]]
    Image.fromarray(picture[..., 0] if mode == "L" else np.ascontiguousarray(picture), mode).save(file, "PNG")
    return file.getvalue()
