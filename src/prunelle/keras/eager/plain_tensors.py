"""PyTorch's own tensors where a program gets one: they become numbers and arrays without ado, as TensorFlow's do."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay


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
