"""Gradients of what a program computes itself: ``tf.GradientTape``, and the tensors that models give when called.

Tensors are torch's, which record how they were made without a tape. What is left to do: a layer's output is a view, in
Keras's order of axes, of what the network goes on with, so its gradient is asked of that; and tensors that carry a
gradient become NumPy arrays without ado, as TensorFlow's do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.layout import outward


class EagerTensor(torch.Tensor):
    """A tensor that NumPy takes as it is, whatever it remembers of its making."""

    _inner: torch.Tensor | None = None

    def numpy(self, **ignored: Any) -> Any:
        """The values; a number of NumPy's for a tensor of rank 0."""
        values = self.detach().as_subclass(torch.Tensor).cpu().numpy()
        return values[()] if values.ndim == 0 else values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.numpy(), dtype)

    def __float__(self) -> float:
        return float(self.numpy())

    def assign(self, value: Any) -> EagerTensor:
        """Other values, in place: of a ``Variable``."""
        with torch.no_grad():
            self.copy_(torch.as_tensor(np.asarray(value)))
        return self

    def assign_add(self, delta: Any) -> EagerTensor:
        """Adds in place: to a ``Variable``."""
        return self.assign(self.numpy() + np.asarray(delta))

    def assign_sub(self, delta: Any) -> EagerTensor:
        """Subtracts in place: from a ``Variable``."""
        return self.assign(self.numpy() - np.asarray(delta))


def given_out(inner: torch.Tensor) -> EagerTensor:
    """What a layer computed, ``(N, C, …)``, as programs see it: ``(N, …, C)``."""
    seen = outward(inner).as_subclass(EagerTensor)
    seen._inner = inner
    return seen


def variable(initial_value: Any, trainable: bool = True, **ignored: Any) -> EagerTensor:
    """``tf.Variable``: values that ``assign``, ``assign_add`` and ``assign_sub`` change."""
    values = torch.as_tensor(np.array(initial_value, np.float32))
    return values.requires_grad_(trainable).as_subclass(EagerTensor)


class GradientTape:
    """``with tf.GradientTape() as tape:`` and then ``tape.gradient(target, sources)``.

    Sources are tensors that were watched, variables, and outputs of layers computed on the way to ``target``.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._watched: list[torch.Tensor] = []

    def __enter__(self) -> GradientTape:
        return self

    def __exit__(self, *error: object) -> None:
        # A program goes on with the tensor as with any other.
        for tensor in self._watched:
            tensor.requires_grad_(False)

    def watch(self, tensor: Any) -> None:
        """From now on, what is computed from ``tensor`` (or each of a list) can be differentiated by it.

        Raises:
            ArgumentError: no tensor of floating-point numbers.
        """
        for one in tensor if isinstance(tensor, list | tuple) else [tensor]:
            if not isinstance(one, torch.Tensor) or not one.is_floating_point():
                raise ArgumentError(
                    f"tape.watch takes tensors of floating-point numbers, as tf.constant(x, tf.float32); received "
                    f"{type(one).__name__}."
                )
            if one.is_leaf and not one.requires_grad:
                one.requires_grad_(True)
                self._watched.append(one)

    def gradient(self, target: Any, sources: Any, **ignored: Any) -> Any:
        """The gradient of ``target``, summed where it is no number, by each source; None where it does not depend.

        Raises:
            ArgumentError: a source that is no tensor (weights of a model: use ``fit``).
        """
        several = isinstance(sources, list | tuple)
        asked = list(sources) if several else [sources]
        for source in asked:
            if not isinstance(source, torch.Tensor):
                raise ArgumentError(
                    f"tape.gradient takes tensors that were watched, tf.Variable, and outputs of layers; received "
                    f"{type(source).__name__}. Prunelle trains the weights of a model by compile and fit."
                )
        inner = [getattr(source, "_inner", None) for source in asked]
        wanted = [source if own is None else own for source, own in zip(asked, inner, strict=True)]
        total = sum(one.sum() for one in (target if isinstance(target, list | tuple) else [target]))
        asleep = [tensor for tensor in self._watched if not tensor.requires_grad]
        for tensor in asleep:
            tensor.requires_grad_(True)
        try:
            known = [w for w in wanted if w.requires_grad]
            grads = iter(
                torch.autograd.grad(total, known, retain_graph=True, allow_unused=True)
                if known and isinstance(total, torch.Tensor) and total.requires_grad
                else [None] * len(known)
            )
            found = [next(grads) if w.requires_grad else None for w in wanted]
        finally:
            for tensor in asleep:
                tensor.requires_grad_(False)
        answers = [
            None if grad is None else (grad if own is None else outward(grad)).as_subclass(EagerTensor)
            for grad, own in zip(found, inner, strict=True)
        ]
        return answers if several else answers[0]
