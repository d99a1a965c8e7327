"""The contract of a format: how a subject is written, and how what was written answers again in its own runtime."""

from __future__ import annotations

import dataclasses
import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np

from prunelle.data.pixels import Progress
from prunelle.errors import ArgumentError
from prunelle.exports.samples import Samples
from prunelle.exports.subject import Subject
from prunelle.texts import Note

CLOSE = 1e-4
"""Of probabilities, from prepared batches; of numbers, in standard deviations of the training's."""
TIED = 1e-6
"""Where the network itself holds two answers for as probable as that, either is its answer."""


def _unheard(note: Note) -> None:
    """For whom nobody listens to."""


def batch_file(path: Path) -> Path:
    """``photos.batch.onnx`` beside ``photos.onnx``: what takes prepared batches, where a format writes two files."""
    return path.with_name(f"{path.stem}.batch{path.suffix}")


class Runtime(Protocol):
    """A file that was written, opened again by what will run it."""

    def batch(self, batch: np.ndarray) -> np.ndarray:
        """``(N, C, …)`` float32, prepared → ``(N, K)`` float."""
        ...

    def raw(self, example: np.ndarray) -> np.ndarray:
        """One example as it was decoded (``exports.inputs``) → ``(K,)`` float."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How it is written.

    Attributes:
        quantize: None for float32, as the network is; ``int8``.
        calibration: training examples by which the ranges of int8 are chosen; None without them.
        samples: real examples that the file will be checked on, for a format that has to choose by them.
        progress: told how far it is.
        note: told what was chosen.
    """

    quantize: str | None = None
    calibration: Samples | None = None
    samples: Samples | None = None
    progress: Progress | None = None
    note: Callable[[Note], None] = _unheard


class Format(ABC):
    """One format.

    Attributes:
        name: ``--format``'s word.
        suffix: of the file.
        needs: modules that must be importable.
        quantizes: what ``--quantize`` may be.
        one: what it is, for a person.
        extra: that installs ``needs``.
    """

    name: ClassVar[str]
    suffix: ClassVar[str]
    one: ClassVar[Note]
    needs: ClassVar[tuple[str, ...]] = ()
    quantizes: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "export"

    def check(self, subject: Subject, settings: Settings) -> None:
        """What can be known to be wrong before anything is done.

        Raises:
            ArgumentError: what it needs is not installed, or it does not take such a subject.
        """
        for module in self.needs:
            try:
                importlib.import_module(module)
            except ImportError:
                raise ArgumentError(
                    f"format {self.name} needs {module}; install it: pip install 'prunelle[{self.extra}]'."
                ) from None
        if settings.quantize is not None and settings.quantize not in self.quantizes:
            known = ", ".join(self.quantizes) or "nothing but float32"
            raise ArgumentError(
                f"quantize (--quantize) of format {self.name} must be of {known}; received {settings.quantize!r}."
            )

    @abstractmethod
    def write(self, subject: Subject, path: Path, settings: Settings) -> tuple[Path, ...]:
        """Writes ``path``, and what goes beside it in the same folder; all files, ``path`` first.

        Raises:
            ExportError: the network has something that the format cannot say.
        """

    def close(self, path: Path) -> float:
        """How far scores may be apart from the network's, from prepared batches; answers are the same in any case."""
        return CLOSE

    @abstractmethod
    def open(self, path: Path, subject: Subject) -> Runtime:
        """What was written there, in its own runtime: nothing of the network in memory is used."""


def first_line(error: BaseException) -> str:
    """Of an exporter's message, which may be pages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
