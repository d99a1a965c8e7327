"""Penalties on weights, added to the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from prunelle.keras import absent
from prunelle.keras.naming import lookup


class Regularizer:
    """Base of all; ``regularizer(weight)`` gives a penalty, a tensor of rank 0."""

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Its constructor's arguments."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Regularizer:
        """The inverse of ``get_config``."""
        return cls(**config)


class L1L2(Regularizer):
    """l1 · Σ|w| + l2 · Σw²"""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = float(l1 or 0.0), float(l2 or 0.0)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        penalty = x.new_zeros(())
        if self.l1:
            penalty = penalty + self.l1 * x.abs().sum()
        if self.l2:
            penalty = penalty + self.l2 * x.square().sum()
        return penalty


class L1(L1L2):
    """l1 · Σ|w|"""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(L1L2):
    """l2 · Σw²"""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Both penalties, 0.01 each unless said."""
    return L1L2(l1, l2)


l1, l2 = L1, L2

_BY_NAME: dict[str, Any] = {"L1": L1, "L2": L2, "L1L2": L1L2, "l1": L1, "l2": L2, "l1_l2": l1_l2}


def get(identifier: Any) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """A penalty by name, by configuration, or as it is."""
    found = lookup("regularizer", identifier, _BY_NAME)
    made: Callable[[torch.Tensor], torch.Tensor] | None = found() if found in _BY_NAME.values() else found
    return made


__all__ = ["L1", "L1L2", "L2", "Regularizer", "get", "l1", "l1_l2", "l2"]

__getattr__ = absent.reporter(__name__)
