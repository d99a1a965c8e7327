"""Learning rates as functions of the number of steps done."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from prunelle.errors import ArgumentError


class LearningRateSchedule:
    """Base of all; ``schedule(step)`` gives a rate."""

    def __call__(self, step: int) -> float:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Its constructor's arguments."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LearningRateSchedule:
        """The inverse of ``get_config``."""
        return cls(**config)


class ExponentialDecay(LearningRateSchedule):
    """initial · rate^(step / steps), the exponent a whole number with ``staircase``."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step: int) -> float:
        power = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (
            math.floor(power) if self.staircase else power
        )


class InverseTimeDecay(LearningRateSchedule):
    """initial / (1 + rate · step / steps)"""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step: int) -> float:
        done = step / self.decay_steps
        return self.initial_learning_rate / (
            1 + self.decay_rate * (math.floor(done) if self.staircase else done)
        )


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[i]`` up to and with step ``boundaries[i]``; the last value after."""

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str | None = None) -> None:
        if len(boundaries) != len(values) - 1:
            raise ArgumentError(
                f"values must be one more than boundaries; received {len(values)} values, {len(boundaries)} boundaries."
            )
        self.boundaries, self.values = list(boundaries), list(values)

    def __call__(self, step: int) -> float:
        return self.values[sum(step > boundary for boundary in self.boundaries)]


class PolynomialDecay(LearningRateSchedule):
    """From the initial to the end rate over ``decay_steps``, as a power of what is left."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle = end_learning_rate, power, cycle

    def __call__(self, step: int) -> float:
        steps = (
            self.decay_steps * max(1, math.ceil(step / self.decay_steps)) if self.cycle else self.decay_steps
        )
        left: float = (1 - min(step, steps) / steps) ** self.power
        return (self.initial_learning_rate - self.end_learning_rate) * left + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate to ``alpha`` times it, after a linear rise where there is a warm-up."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = None,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps

    def __call__(self, step: int) -> float:
        peak = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return peak + (self.warmup_target - peak) * step / self.warmup_steps
            peak, step = self.warmup_target, step - self.warmup_steps
        share = 0.5 * (1 + math.cos(math.pi * min(step, self.decay_steps) / self.decay_steps))
        return peak * ((1 - self.alpha) * share + self.alpha)


__all__ = [
    *(
        "CosineDecay",
        "ExponentialDecay",
        "InverseTimeDecay",
        "LearningRateSchedule",
        "PiecewiseConstantDecay",
    ),
    "PolynomialDecay",
]
