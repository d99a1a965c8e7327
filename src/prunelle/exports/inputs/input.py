"""The contract: what an example is before it is prepared, and the layer that prepares it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.exports.samples import Samples
from prunelle.texts import Note


class Input(ABC):
    """Of one kind of data.

    Attributes:
        raw: what one example is called as an input: ``picture``, ``series``.
        axes: of ``raw``, in order; those that a caller chooses have a name, the others their number of values.
        one: what it is in words.
    """

    raw: ClassVar[str]
    axes: ClassVar[tuple[str, str]]
    one: ClassVar[Note]

    @abstractmethod
    def layer(self, settings: Any) -> nn.Module:
        """One example as it was decoded → ``(1, C, …)`` float32, prepared as ``settings`` say."""

    @abstractmethod
    def example(self, settings: Any) -> torch.Tensor:
        """Some example that ``layer`` takes: what a graph is traced with."""

    def batch_axes(self, settings: Any) -> Mapping[int, str]:
        """Of a prepared batch, the axes that a caller chooses, with their names."""
        return {0: "examples"}

    @abstractmethod
    def read(self, file: Path, settings: Any) -> np.ndarray:
        """One example of a file as a colleague decodes it, without Prunelle.

        Raises:
            DataError: it cannot be read.
        """

    @abstractmethod
    def of_array(self, example: np.ndarray, settings: Any) -> np.ndarray:
        """A ``raw`` example of one of an array of ``data``: ``(…, C)``, of grey pictures ``(H, W)`` too."""

    def drawn(self, settings: Any) -> str | None:
        """``light`` or ``dark`` ink, where one can draw an example by hand; None where one cannot."""
        return None

    def is_decoded(self, source: Any) -> bool:
        """Whether ``source``, of ``Samples.raw``, can be given as it is: numbers that a program made of one cannot."""
        return True

    def samples(self, settings: Any, number: int) -> Samples:
        """Real examples for whom has none at hand, ``number`` of them.

        Raises:
            ArgumentError: there are none of this kind.
        """
        raise ArgumentError(f"an export is checked on real {self.one.en}; name some: --check DATA.")

    def metadata(self, settings: Any) -> Mapping[str, Any]:
        """``preprocess.json``: plain lists, numbers and strings."""
        described: Mapping[str, Any] = settings.to_json()
        return described
