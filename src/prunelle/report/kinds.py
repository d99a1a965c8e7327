"""How the examples of each kind of data show on a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from torch import nn

from prunelle.report import pictures, series
from prunelle.report.insight import Insight
from prunelle.report.series import Plate
from prunelle.report.words import Words
from prunelle.texts import Language
from prunelle.training.metrics import Evaluation


class Shown(Protocol):
    """What a module of this room has for its kind; ``preprocess`` is of that kind."""

    CSS_CLASS: str
    """Of what holds examples on the page; empty for none."""

    def words(self, language: Language) -> Words:
        """The report's texts."""
        ...

    def input_text(self, preprocess: Any, words: Words) -> str:
        """What the network sees: ``28×28 pixels, grey``."""
        ...

    def is_crisp(self, preprocess: Any) -> bool:
        """Whether examples are enlarged pixel for pixel."""
        ...

    def left_out(self, preprocess: Any, words: Words) -> list[str]:
        """Sentences: what of an example is not shown."""
        ...

    def writer(
        self, examples: Sequence[np.ndarray], drawings: int, largest_px: int
    ) -> Callable[[np.ndarray], str]:
        """What writes one example ``(…, C)`` as a ``data:`` address.

        Args:
            examples: arrays ``(n, …, C)`` of all that the page shows.
            drawings: how many that are.
            largest_px: side of a picture on the page.
        """
        ...

    def viewable(self, examples: np.ndarray, *, of_bytes: bool) -> np.ndarray:
        """``(n, …, C)`` as ``writer`` takes them.

        Args:
            of_bytes: values are on the scale of bytes, whatever their type; a program's may be on any.
        """
        ...

    def insight(
        self,
        network: nn.Module,
        evaluation: Evaluation,
        images: np.ndarray,
        preprocess: Any,
        shown: np.ndarray | None = None,
    ) -> Insight | None:
        """Filters, and where the network looked; None for a kind that has ``plates``.

        Args:
            images: ``(N, …, C)``, the examples of ``evaluation``, before they are normalised.
            shown: the same as ``viewable`` gives them.

        Raises:
            RuntimeError: a module that no hook can follow.
        """
        ...

    def plates(
        self,
        network: nn.Module,
        evaluation: Evaluation,
        examples: np.ndarray,
        preprocess: Any,
        language: Language,
    ) -> list[Plate]:
        """Figures of the inside of the network; none for a kind that has ``insight``."""
        ...


SHOWN: Mapping[str, Shown] = {"pictures": pictures, "series": series}
"""By the name of the kind."""
