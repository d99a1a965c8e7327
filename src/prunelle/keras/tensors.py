"""Symbolic tensors: what layers are called on while a functional model is written down."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from prunelle.keras.layout import Shape

if TYPE_CHECKING:
    from prunelle.keras.layers.base import Layer


class KerasTensor:
    """The promise of a tensor: its shape in Keras's order, and the call that makes it.

    Attributes:
        shape: batch first, None where unknown.
        node: the call; None only while it is being made.
        index: which of the call's outputs this is.
    """

    # NumPy would try element by element before asking us.
    __array_ufunc__ = None

    def __init__(self, shape: Shape, dtype: str = "float32", name: str | None = None) -> None:
        self.shape = tuple(shape)
        self.dtype = dtype
        self.name = name
        self.node: Node | None = None
        self.index = 0

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def get_shape(self) -> Shape:
        """``shape``, as TensorFlow's tensors are asked for it."""
        return self.shape

    def _applied(self, function: Callable[..., Any], other: Any = None, *, swap: bool = False) -> Any:
        from prunelle.keras.layers.core import Lambda

        name = getattr(function, "__name__", "lambda").strip("_")
        if isinstance(other, KerasTensor):
            return Lambda(lambda pair: function(*pair), name=None, kind=name)([self, other])
        if swap:
            return Lambda(lambda x: function(other, x), kind=name)(self)
        return Lambda((lambda x: function(x)) if other is None else lambda x: function(x, other), kind=name)(
            self
        )

    def __add__(self, other: Any) -> Any:
        return self._applied(operator.add, other)

    def __radd__(self, other: Any) -> Any:
        return self._applied(operator.add, other, swap=True)

    def __sub__(self, other: Any) -> Any:
        return self._applied(operator.sub, other)

    def __rsub__(self, other: Any) -> Any:
        return self._applied(operator.sub, other, swap=True)

    def __mul__(self, other: Any) -> Any:
        return self._applied(operator.mul, other)

    def __rmul__(self, other: Any) -> Any:
        return self._applied(operator.mul, other, swap=True)

    def __truediv__(self, other: Any) -> Any:
        return self._applied(operator.truediv, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._applied(operator.truediv, other, swap=True)

    def __pow__(self, other: Any) -> Any:
        return self._applied(operator.pow, other)

    def __neg__(self) -> Any:
        return self._applied(operator.neg)

    def __getitem__(self, key: Any) -> Any:
        return self._applied(operator.getitem, key)

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("a KerasTensor stands for data that comes later; it cannot be walked through.")

    def __bool__(self) -> bool:
        raise TypeError("a KerasTensor stands for data that comes later; it is neither true nor false.")


class Node:
    """One call of a layer: the tensors it took (``several``: as a list) and those it gave."""

    def __init__(
        self,
        layer: Layer,
        inputs: Sequence[KerasTensor],
        outputs: Sequence[KerasTensor],
        *,
        several: bool = False,
    ) -> None:
        self.layer = layer
        self.several = several
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        for index, tensor in enumerate(outputs):
            tensor.node, tensor.index = self, index
        layer.nodes.append(self)


def flat(tensors: Any) -> list[Any]:
    """One tensor, or a list, tuple or dictionary of them, as a list."""
    if isinstance(tensors, dict):
        return [tensors[key] for key in tensors]
    return list(tensors) if isinstance(tensors, list | tuple) else [tensors]


def ordered(outputs: Sequence[KerasTensor], inputs: Sequence[KerasTensor] = ()) -> list[Node]:
    """Every call that ``outputs`` need beyond ``inputs``, what is needed first before what needs it."""
    known = {id(tensor) for tensor in inputs}
    done: set[int] = set()
    order: list[Node] = []
    # Without recursion: networks of a thousand layers exist.
    stack = [(tensor.node, False) for tensor in reversed(outputs) if id(tensor) not in known]
    while stack:
        node, expanded = stack.pop()
        assert node is not None
        if id(node) in done:
            continue
        if expanded:
            done.add(id(node))
            order.append(node)
            continue
        stack.append((node, True))
        stack += [(tensor.node, False) for tensor in reversed(node.inputs) if id(tensor) not in known]
    return order
