"""The contract: by which figure answers to the same examples are compared, and how sure a difference is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from prunelle.data.targets import TargetKind
from prunelle.texts import NO_BREAK, Note, Typography


class Yardstick(ABC):
    """Of one kind of target. Answers are evaluations (``training.objectives.AnyEvaluation``) of that kind.

    Those that are compared are of the same examples in the same order. Several answers in a sequence are of networks
    that differ by their seed alone, and stand for their mean.

    Attributes:
        figure: of an evaluation, and its name in ``metrics.json`` and in columns of tables.
        others: of ``metrics.json``, figures that may stand beside it.
        name: of the figure, with its article.
        paired: how two answers' figures are compared, behind ``name``.
        said: what an answer's figure says: ``{value} right``.
        more: whether more of it is better.
        bounds: no value is beyond.
        unit: of a difference, behind its number, in words. sign: of a value, behind its bare number.
    """

    kind: ClassVar[TargetKind]
    figure: ClassVar[str]
    others: ClassVar[tuple[str, ...]]
    name: ClassVar[Note]
    paired: ClassVar[Note]
    said: ClassVar[Note]
    more: ClassVar[bool] = True
    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    unit: ClassVar[Note] = Note("", "")
    sign: ClassVar[str] = ""

    def value(self, answers: Any) -> float:
        """The figure."""
        return float(getattr(answers, self.figure))

    def mean(self, answers: Sequence[Any]) -> float:
        """Over several."""
        return sum(map(self.value, answers)) / len(answers)

    def others_of(self, figures: Mapping[str, Any]) -> dict[str, float]:
        """Of one split of ``metrics.json``, the ``others`` that are told."""
        return {name: float(figures[name]) for name in self.others if figures.get(name) is not None}

    @abstractmethod
    def interval(self, answers: Any) -> tuple[float, float]:
        """95 %, of the figure, over examples."""

    def step(self, n: int) -> float:
        """What the figure of ``n`` examples is counted in; 0 where in nothing."""
        return 0.0

    def order(self, value: float) -> float:
        """The higher, the better."""
        return value if self.more else -value

    @abstractmethod
    def over_examples(self, first: Sequence[Any], second: Sequence[Any]) -> tuple[float, float]:
        """95 % interval over examples of the first's figure minus the second's, for these trained networks."""

    def lead(self, one: Any, other: Any) -> tuple[float, tuple[float, float]]:
        """By how much ``one`` is better, above 0 where it is, with its 95 % interval over examples."""
        low, high = self.over_examples([one], [other])
        gap = self.value(one) - self.value(other)
        return (gap, (low, high)) if self.more else (-gap, (-high, -low))

    @abstractmethod
    def beats(self, one: Any, other: Any) -> bool:
        """Whether ``one`` is better by more than a standard error of the difference, on the same examples."""

    @abstractmethod
    def blind(self, answers: Any) -> float:
        """The figure of who sees no example."""

    def blind_answer(self, answers: Any, words: Typography) -> str:
        """What who sees no example would answer to each; empty where that is no single answer."""
        return ""

    @abstractmethod
    def sees(self, answers: Sequence[Any]) -> bool:
        """Whether these examples show the answers to be better than blind ones."""

    @abstractmethod
    def spread(self, value: float, words: Typography) -> str:
        """A standard deviation, without its unit."""

    @abstractmethod
    def written(self, value: float | None, words: Typography, *, digits: int = 1) -> str:
        """A value for a person, with its unit; a dash where there is none."""

    @abstractmethod
    def bare(self, value: float, words: Typography, *, digits: int = 1, signed: bool = False) -> str:
        """A value, or a difference, without its unit."""


class ShareYardstick(Yardstick):
    """Of a figure that is a share of one: shown in percent, its differences in points."""

    unit: ClassVar[Note] = Note(" points", " points")
    sign: ClassVar[str] = f"{NO_BREAK}%"

    def written(self, value: float | None, words: Typography, *, digits: int = 1) -> str:
        return words.percent(value, digits=digits)

    def bare(self, value: float, words: Typography, *, digits: int = 1, signed: bool = False) -> str:
        return words.points(value, digits=digits, signed=signed)

    def spread(self, value: float, words: Typography) -> str:
        return words.points(value, digits=2)
