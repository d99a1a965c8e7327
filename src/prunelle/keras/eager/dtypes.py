"""``tf.DType``: the types of numbers, which are also their names."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError


class NotADType(ArgumentError, TypeError):
    """What TensorFlow raises is a ``TypeError``."""


class DType(str):
    """A type of TensorFlow's. It is its name too: ``tf.float32 == "float32"``, so that Keras takes it as it is."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """``"float32"``."""
        return str.__str__(self)

    @property
    def torch(self) -> torch.dtype:
        """PyTorch's type of these numbers.

        Raises:
            NotADType: there is none (texts).
        """
        try:
            kind: torch.dtype = _TO_TORCH[self.name]
        except KeyError:
            raise NotADType(f"PyTorch has no numbers of type {self.name}.") from None
        return kind

    @property
    def as_numpy_dtype(self) -> Any:
        """NumPy's class of such a number."""
        return object if self.name == "string" else np.dtype(self.name).type

    @property
    def is_floating(self) -> bool:
        """Whether it is of floating-point numbers."""
        return "float" in self.name

    @property
    def is_complex(self) -> bool:
        """Whether it is of complex numbers."""
        return self.name.startswith("complex")

    @property
    def is_integer(self) -> bool:
        """Whether it is of whole numbers; ``bool`` is not."""
        return self.name.startswith(("int", "uint"))

    @property
    def is_unsigned(self) -> bool:
        """Whether it is of whole numbers that are never negative."""
        return self.name.startswith("uint")

    @property
    def is_bool(self) -> bool:
        """Whether it is of truths."""
        return self.name == "bool"

    @property
    def is_numpy_compatible(self) -> bool:
        """NumPy has all but ``bfloat16``."""
        return self.name != "bfloat16"

    @property
    def base_dtype(self) -> DType:
        """Itself."""
        return self

    @property
    def real_dtype(self) -> DType:
        """That of the parts of complex numbers."""
        return {"complex64": DTYPES["float32"], "complex128": DTYPES["float64"]}.get(self.name, self)

    @property
    def size(self) -> int:
        """Bytes of one number."""
        return 1 if self.name == "string" else self.torch.itemsize

    @property
    def min(self) -> Any:
        """The least of the numbers."""
        return self._bounds()[0]

    @property
    def max(self) -> Any:
        """The greatest of the numbers."""
        return self._bounds()[1]

    @property
    def limits(self) -> tuple[Any, Any]:
        """From 0 to 1 for floating-point numbers, as pictures have them; else the least and the greatest."""
        return (0, 1) if self.is_floating else self._bounds()

    def _bounds(self) -> tuple[Any, Any]:
        if self.is_bool:
            return False, True
        kind = self.torch
        about = torch.finfo(kind) if self.is_floating else torch.iinfo(kind)
        return about.min, about.max

    def is_compatible_with(self, other: Any) -> bool:
        """Whether it is the same."""
        return bool(self == other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return self.name == _SHORT.get(str.__str__(other), str.__str__(other))
        try:
            return other is not None and as_dtype(other).name == self.name
        except NotADType:
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> Any:
        return as_dtype, (self.name,)


_TO_TORCH = {
    name: getattr(torch, name)
    for name in (
        *("float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64"),
        *("uint8", "uint16", "uint32", "uint64", "bool", "complex64", "complex128"),
    )
}
DTYPES: dict[str, DType] = {name: DType(name) for name in (*_TO_TORCH, "string")}
_OF_TORCH = {kind: DTYPES[name] for name, kind in _TO_TORCH.items()}
_SHORT = {"half": "float16", "float": "float32", "double": "float64", "str": "string", "object": "string"}


def as_dtype(value: Any) -> DType:
    """The type that a type of TensorFlow's, of NumPy's or of PyTorch's, or a name, means.

    Raises:
        NotADType: none of these.
    """
    if isinstance(value, DType):
        return value
    if isinstance(value, torch.dtype):
        return _OF_TORCH[value]
    if value is int:
        raise NotADType("int is no type of TensorFlow's; say tf.int32 or tf.int64.")
    if value is float:
        return DTYPES["float32"]
    name = _SHORT.get(value, value) if isinstance(value, str) else None
    if name in DTYPES:
        return DTYPES[str.__str__(name)]
    try:
        kind = np.dtype(value)
    except TypeError:
        kind = None
    if kind is not None and kind.kind in "SUO":
        return DTYPES["string"]
    if kind is None or kind.name not in DTYPES:
        raise NotADType(f"a type of TensorFlow's, as tf.float32 or 'float32', is needed; received {value!r}.")
    return DTYPES[kind.name]
