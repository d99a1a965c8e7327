"""Gradients of what a program computes itself: ``tf.GradientTape`` on PyTorch's autograd.

PyTorch records how tensors were made without a tape. What is left to do: tensors that are watched begin to be recorded,
and variables are asked for by their value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.floor import keras
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay


class GradientTape:
    """``with tf.GradientTape() as tape:`` and then ``tape.gradient(target, sources)``."""

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
        for one in keras.tree.flatten(tensor):
            value = one.value if isinstance(one, keras.Variable) else one
            if not isinstance(value, torch.Tensor) or not value.is_floating_point():
                raise ArgumentError(
                    f"tape.watch takes tensors of floating-point numbers, as tf.constant(x, tf.float32); received "
                    f"{type(one).__name__}."
                )
            if value.is_leaf and not value.requires_grad:
                value.requires_grad_(True)
                self._watched.append(value)

    def gradient(self, target: Any, sources: Any, **ignored: Any) -> Any:
        """The gradient of ``target``, summed where it is no number, by each source; None where it does not depend.

        Raises:
            ArgumentError: a source that is neither a tensor nor a variable.
        """
        flat = [
            each.value if isinstance(each, keras.Variable) else each for each in keras.tree.flatten(sources)
        ]
        for source in flat:
            if not isinstance(source, torch.Tensor):
                raise ArgumentError(
                    f"tape.gradient takes tensors that were watched, variables and outputs of layers; received "
                    f"{type(source).__name__}."
                )
        total = sum(one.sum() for one in keras.tree.flatten(target))
        asleep = [tensor for tensor in self._watched if not tensor.requires_grad]
        for tensor in asleep:
            tensor.requires_grad_(True)
        try:
            known = [source for source in flat if source.requires_grad]
            grads = iter(
                torch.autograd.grad(total, known, retain_graph=True, allow_unused=True)
                if known and isinstance(total, torch.Tensor) and total.requires_grad
                else [None] * len(known)
            )
            found = [next(grads) if source.requires_grad else None for source in flat]
        finally:
            for tensor in asleep:
                tensor.requires_grad_(False)
        if not isinstance(sources, (list, tuple, dict)):
            return found[0]
        return keras.tree.pack_sequence_as(sources, found)


def lay(overlay: Overlay, generation: Generation) -> None:
    """Tensors become arrays without ado, whatever they remember of their making, as TensorFlow's do."""
    tensor = torch.Tensor
    to_numpy = tensor.numpy

    def numpy(self: torch.Tensor, *args: Any, **given: Any) -> Any:
        values = to_numpy(
            self.detach().cpu() if self.requires_grad or self.device.type != "cpu" else self, *args, **given
        )
        return values[()] if values.ndim == 0 else values

    def array(self: torch.Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(to_numpy(self.detach().cpu()), dtype)

    overlay.put(tensor, "numpy", numpy)
    overlay.put(tensor, "__array__", array)
    overlay.put(tensor, "__array_ufunc__", _with_arrays)
    overlay.put(tensor, "get_shape", lambda self: self.shape)
    for name in ("__float__", "__int__"):
        overlay.put(tensor, name, _number(getattr(tensor, name)))


_OF_BOTH: dict[Any, Any] = {
    np.add: torch.add,
    np.subtract: torch.sub,
    np.multiply: torch.mul,
    np.true_divide: torch.true_divide,
    np.power: torch.pow,
    np.maximum: torch.maximum,
    np.minimum: torch.minimum,
    np.matmul: torch.matmul,
}


def _with_arrays(self: torch.Tensor, ufunc: Any, method: str, *inputs: Any, **given: Any) -> Any:
    """``tensor - array`` and ``array - tensor`` are tensors that remember their making, of the tensor's type.

    NumPy would go on with the tensor's numbers alone, and a gradient would silently be none.
    """
    function = _OF_BOTH.get(ufunc) if method == "__call__" and not given else None
    if function is None:
        arrays = [each.detach().cpu().numpy() if torch.is_tensor(each) else each for each in inputs]
        found = getattr(ufunc, method)(*arrays, **given)
        return torch.as_tensor(found) if isinstance(found, np.ndarray) and "out" not in given else found
    kind = next(each for each in inputs if torch.is_tensor(each))
    both = [torch.as_tensor(each, device=kind.device) for each in inputs]
    if kind.is_floating_point():
        both = [each.to(kind.dtype) if each.is_floating_point() else each for each in both]
    return function(*both)


def _number(original: Any) -> Any:
    """Without PyTorch's warning about a tensor that remembers its making."""

    def number(self: torch.Tensor) -> Any:
        return original(self.detach() if self.requires_grad else self)

    return number
