"""A strategy that was tried: what it answered, and how that compares with another's answers to the same pictures."""

from __future__ import annotations

import dataclasses
from typing import Any

from prunelle.texts import EN, FR, Note
from prunelle.training.objectives import AnyEvaluation
from prunelle.training.yardsticks import Yardstick, yardstick_of
from prunelle.transfer.strategies import Strategy

NAMES = {
    "features": (
        "A linear classifier put after {}",
        "Un classifieur linéaire placé après {}",
    ),
    "partial": ("Retraining what comes after {}", "Réentraîner ce qui suit {}"),
    "full": (
        "Retraining everything, lower layers more slowly",
        "Tout réentraîner, les premières couches moins vite",
    ),
    "scratch": ("Training from scratch", "Entraîner à partir de rien"),
}
"""Of strategies."""


@dataclasses.dataclass(frozen=True)
class Trial:
    """A strategy, tried.

    Attributes:
        strategy: which.
        judged: answers to the quarter that is left out of every trial, in the same order for all.
        validated: answers to all pictures, each left out once; None where it is a training.
    """

    strategy: Strategy
    judged: AnyEvaluation
    validated: AnyEvaluation | None = None

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"Trial({self.strategy!r}, n={self.answers.n}, {self.yardstick.figure}={self.value:.4f}, "
            f"interval=({low:.4f}, {high:.4f}))"
        )

    @property
    def yardstick(self) -> Yardstick:
        """By which it is compared."""
        return yardstick_of(self.judged.kind)

    @property
    def probe(self) -> bool:
        """It is a classifier on features, cross-validated."""
        return self.validated is not None

    @property
    def answers(self) -> AnyEvaluation:
        """All that there are: ``validated`` of a probe, ``judged`` of a training."""
        return self.judged if self.validated is None else self.validated

    @property
    def value(self) -> float:
        """The yardstick's figure, of ``answers``."""
        return self.yardstick.value(self.answers)

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, of ``value``."""
        return self.yardstick.interval(self.answers)

    def clearly_beats(self, other: Trial) -> bool:
        """By more than a standard error of the difference, on the same pictures."""
        return self.yardstick.beats(*self._beside(other))

    def lead(self, other: Trial) -> tuple[float, tuple[float, float]]:
        """By how much this is better than ``other``, with its 95 % interval over pictures."""
        return self.yardstick.lead(*self._beside(other))

    def ahead(self, other: Trial) -> bool:
        """This is better at all, on what both left out."""
        return self.yardstick.lead(self.judged, other.judged)[0] > 0

    def _beside(self, other: Trial) -> tuple[AnyEvaluation, AnyEvaluation]:
        """Two classifiers on features are compared on all pictures, others on what both left out."""
        both = self.probe and other.probe
        return (self.answers, other.answers) if both else (self.judged, other.judged)

    def as_note(self) -> Note:
        """What was tried, and what came out."""
        en, fr = NAMES[self.strategy.name]
        where = self.strategy.stage or self.strategy.freeze or ""
        yardstick = self.yardstick
        low, high = ((yardstick.written(end, EN), yardstick.written(end, FR)) for end in self.interval)
        value = yardstick.written(self.value, EN), yardstick.written(self.value, FR)
        said = EN.note(yardstick.said, value=value[0]), FR.note(yardstick.said, value=value[1])
        return Note(
            f"{en.format(where)}: {said[0]} (95 % interval {low[0]} to {high[0]}).",
            f"{fr.format(where)} : {said[1]} (intervalle à 95 % : {low[1]} à {high[1]}).",
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for ``run.json``."""
        return {
            "strategy": self.strategy.to_json(),
            "probe": self.probe,
            self.yardstick.figure: self.value,
            "interval": list(self.interval),
            "n": self.answers.n,
        }
