"""What Prunelle asks of a kind of data: the contract that pictures and series keep.

Nothing above this room asks "pictures or series?": it calls a member. To add a kind, write its settings (a frozen
dataclass beside ``Preprocess``), a member like ``data.pictures``, and a line in ``data.kinds``; the contract tests then
cover it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from PIL import Image

from prunelle.data.pixels import Pixels, Progress, Undecoded
from prunelle.errors import ArgumentError
from prunelle.texts import Note

Settings = TypeVar("Settings")
Array = TypeVar("Array")


class Kind(ABC, Generic[Settings, Array]):
    """A kind of data. An example decodes to ``(…, C)``, channels last; a batch is ``(n, C, …)``.

    Attributes:
        name: in code and errors, plural.
        one, many: what examples are called.
        unit: what a second's worth is counted in.
        axes: of an example, its channels left out.
        settings: how examples of this kind are prepared; with ``input_shape``, ``channels``, ``mean``, ``std``,
            ``example_bytes``, ``network_options``, ``with_statistics``, ``normalise``, ``to_json``, ``from_json``.
        array: what holds examples that do not come from files.
        augmentations: the random changes that such examples can have.
        pretrained: a small network with published weights for such data; None where there is none.
    """

    name: str
    one: Note
    many: Note
    unit: str
    axes: tuple[str, ...]
    settings: type[Settings]
    array: type[Array]
    augmentations: type[Any]
    pretrained: str | None = None

    @abstractmethod
    def list_files(self, folder: Path) -> list[Path]:
        """The files of a folder that ``read`` is for, in order."""

    @abstractmethod
    def read(
        self, file: str | Path, settings: Settings, note: Callable[[Note], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray | str]]:
        """Every example of a file, by its name: decoded, ``(…, C)``, or why it cannot be.

        ``note`` is told how the file was understood, where there is something to understand.
        """

    @abstractmethod
    def read_content(
        self, content: bytes, name: str, settings: Settings
    ) -> Iterator[tuple[str, np.ndarray | str]]:
        """``read`` of a file that is in memory and called ``name``: a picture is told by its content, series by the
        name's suffix."""

    def of_numbers(self, values: Any, settings: Settings) -> list[np.ndarray]:
        """Examples that came as nested lists of numbers, decoded: ``(…, C)`` each.

        Raises:
            ArgumentError: examples are not of this kind, or these are none.
        """
        raise ArgumentError(f"numbers were given, where examples are {self.name}.")

    def of_image(self, image: Image.Image, settings: Settings) -> np.ndarray:
        """The example that a picture of Pillow's is, decoded: ``(…, C)``.

        Raises:
            ArgumentError: it is none of this kind.
        """
        raise ArgumentError(f"a picture was given, where examples are {self.name}.")

    @abstractmethod
    def decode(
        self,
        examples: Undecoded,
        settings: Settings,
        *,
        in_memory: bool = True,
        progress: Progress | None = None,
    ) -> Pixels:
        """``Split.decode``."""

    @abstractmethod
    def take(self, array: Array, rows: np.ndarray) -> Array:
        """The examples of ``rows: (n,)``, in that order; n may be 0."""

    @abstractmethod
    def joined(self, arrays: Sequence[Array]) -> Array:
        """One after the other; at least one array."""

    @abstractmethod
    def parse_augmentation(self, text: str, settings: Settings) -> Any:
        """The random changes that ``text`` asks for, of the command line's words."""
