"""Rules that weights are brought back to after each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from prunelle.keras import absent
from prunelle.keras.naming import lookup


class Constraint:
    """Base of all; ``constraint(weight)``, in Keras's order of axes, gives the weight that follows the rule."""

    def __call__(self, w: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


class MaxNorm(Constraint):
    """Norms along ``axis`` of at most ``max_value``."""

    def __init__(self, max_value: float = 2, axis: int | list[int] = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: torch.Tensor) -> torch.Tensor:
        norms = w.square().sum(self.axis, keepdim=True).sqrt()
        return w * (norms.clamp(0, self.max_value) / (1e-7 + norms))


class NonNeg(Constraint):
    """No negative values."""

    def __call__(self, w: torch.Tensor) -> torch.Tensor:
        return w.clamp(min=0)


class UnitNorm(Constraint):
    """Norms of 1 along ``axis``."""

    def __init__(self, axis: int | list[int] = 0) -> None:
        self.axis = axis

    def __call__(self, w: torch.Tensor) -> torch.Tensor:
        return w / (1e-7 + w.square().sum(self.axis, keepdim=True).sqrt())


max_norm, maxnorm, non_neg, unit_norm = MaxNorm, MaxNorm, NonNeg, UnitNorm

_BY_NAME: dict[str, Any] = {
    **dict.fromkeys(("MaxNorm", "max_norm", "maxnorm"), MaxNorm),
    **dict.fromkeys(("NonNeg", "non_neg", "nonneg"), NonNeg),
    **dict.fromkeys(("UnitNorm", "unit_norm", "unitnorm"), UnitNorm),
}


def get(identifier: Any) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """A constraint by name, or as it is."""
    found = lookup("constraint", identifier, _BY_NAME)
    made: Callable[[torch.Tensor], torch.Tensor] | None = found() if isinstance(found, type) else found
    return made


__all__ = [
    *("Constraint", "MaxNorm", "NonNeg", "UnitNorm", "get", "max_norm", "maxnorm", "non_neg", "unit_norm"),
]

__getattr__ = absent.reporter(__name__)
