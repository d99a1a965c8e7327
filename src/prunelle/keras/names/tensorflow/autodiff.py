"""``tf.autodiff``: gradients backwards (``GradientTape``) and forwards."""

from __future__ import annotations

from typing import Any

import torch

from prunelle.keras.eager.tape import GradientTape as GradientTape
from prunelle.keras.eager.tensor import convert, wrap
from prunelle.keras.floor import keras


class ForwardAccumulator:
    """How what is computed inside changes along a direction: ``jvp`` of a target.

    The gradient backwards is linear in its weights; differentiated by these, it gives the derivative forwards.

    Args:
        primals: tensors or variables, or a list of them.
        tangents: the direction, in their shapes.
    """

    def __init__(self, primals: Any, tangents: Any) -> None:
        self._primals, self._tangents = keras.tree.flatten(primals), keras.tree.flatten(tangents)
        self._tape = GradientTape(persistent=True)

    def __enter__(self) -> ForwardAccumulator:
        self._tape.__enter__()
        for each in self._primals:
            self._tape.watch(each)
        return self

    def __exit__(self, *error: object) -> None:
        self._tape.__exit__(*error)

    def jvp(self, primals: Any, unconnected_gradients: Any = "none") -> Any:
        """The derivative of each target along the direction; None where it does not depend."""
        return keras.tree.map_structure(lambda each: self._of(each, unconnected_gradients), primals)

    def _of(self, target: Any, unconnected_gradients: Any) -> Any:
        weights = wrap(torch.zeros_like(convert(target)))
        with GradientTape() as outer:
            outer.watch(weights)
            gradients = self._tape.gradient(target, self._primals, output_gradients=weights)
            total = sum(
                (convert(gradient) * convert(tangent)).sum()
                for gradient, tangent in zip(gradients, self._tangents, strict=True)
                if gradient is not None
            )
        if not isinstance(total, torch.Tensor):
            zero = "zero" in str(getattr(unconnected_gradients, "value", unconnected_gradients)).lower()
            return weights if zero else None
        return outer.gradient(wrap(total), weights, unconnected_gradients="zero")


__all__ = ["ForwardAccumulator", "GradientTape"]
