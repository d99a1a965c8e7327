"""Tensors of texts (``tf.string``): names of files, contents of files, labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch

from prunelle.keras.eager.dtypes import DTYPES, DType
from prunelle.keras.eager.errors import WrongType
from prunelle.keras.eager.shapes import TensorShape


class Text:
    """Texts as bytes in any shape. PyTorch has no such tensor; ``tf.Tensor`` counts it as one of its own.

    Args:
        value: a text (bytes or str), or an array or lists of them.
    """

    face: ClassVar[Any]
    """What puts TensorFlow's face on the truths of a comparison; ``eager.tensor`` says it."""

    __array_priority__ = 100
    __array_ufunc__ = None

    def __init__(self, value: Any) -> None:
        if isinstance(value, (bytes, bytearray)):
            array = np.array(None, dtype=object)
            array[()] = bytes(value)
        else:
            array = np.array(value, dtype=object)
            for place in np.ndindex(array.shape):
                array[place] = _bytes(array[place])
        self._array = array

    @classmethod
    def of(cls, value: Any) -> Text:
        """Bytes, or an array of bytes alone, as they are."""
        found = cls.__new__(cls)
        if isinstance(value, bytes):
            found._array = np.array(None, dtype=object)
            found._array[()] = value
        else:
            found._array = value
        return found

    @property
    def shape(self) -> TensorShape:
        """Its sizes."""
        return TensorShape(self._array.shape)

    def get_shape(self) -> TensorShape:
        """Its sizes."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Raises: ArgumentError: it has another."""
        self.shape.assert_is_compatible_with(shape)

    @property
    def dtype(self) -> DType:
        """``tf.string``."""
        return DTYPES["string"]

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return self._array.ndim

    def numpy(self) -> Any:
        """Bytes, or an array of them."""
        return self._array[()] if self._array.ndim == 0 else self._array

    def text(self) -> str:
        """The one text, as Python's."""
        text: bytes = self.numpy()
        return text.decode()

    def ref(self) -> Any:
        """What can be a key."""
        return id(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self._array if dtype is None else self._array.astype(dtype)

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise TypeError("a scalar tensor has no length.")
        return len(self._array)

    def __iter__(self) -> Iterator[Text]:
        if self._array.ndim == 0:
            raise TypeError("a scalar tensor cannot be gone through.")
        return (self[i] for i in range(len(self._array)))

    def __getitem__(self, key: Any) -> Text:
        keys = key if isinstance(key, tuple) else (key,)
        found = self._array[tuple(int(k) if isinstance(k, torch.Tensor) and not k.ndim else k for k in keys)]
        return Text(found)

    def _compared(self, other: Any) -> Any:
        if isinstance(other, (torch.Tensor, int, float)):
            raise WrongType(f"texts are compared with texts; received {type(other).__name__}.")
        theirs = (other if isinstance(other, Text) else Text(other))._array
        same = self._array == theirs
        return self.face(torch.as_tensor(np.asarray(same, dtype=bool)))

    def __eq__(self, other: object) -> Any:
        return False if other is None else self._compared(other)

    def __ne__(self, other: object) -> Any:
        return True if other is None else ~self._compared(other)

    def __hash__(self) -> int:
        raise TypeError("a tensor cannot be a key; use tensor.ref().")

    def __add__(self, other: Any) -> Text:
        return Text(self._array + (other if isinstance(other, Text) else Text(other))._array)

    def __radd__(self, other: Any) -> Text:
        return Text(other) + self

    def __bool__(self) -> bool:
        return bool(self._array[()])

    def __fspath__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        values = repr(self._array[()]) if self._array.ndim == 0 else repr(self._array)
        return f"<tf.Tensor: shape={self.shape}, dtype=string, numpy={values}>"

    def __str__(self) -> str:
        return f"tf.Tensor({self.numpy()}, shape={self.shape}, dtype=string)"

    def __format__(self, spec: str) -> str:
        return format(str(self.numpy()), spec)


def _bytes(value: Any) -> bytes:
    if isinstance(value, Text):
        return bytes(value.numpy())
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, np.bytes_)):
        return bytes(value)
    if hasattr(value, "__fspath__"):
        return str(value.__fspath__()).encode()
    raise WrongType(f"a text is needed; received {type(value).__name__}: {value!r}.")
