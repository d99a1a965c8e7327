"""``tf.Tensor``: PyTorch's tensor with TensorFlow's operators, types and shapes.

A face is put on by ``wrap``, and taken off by ``plain``: a view on the same memory with the same history of gradients.
PyTorch's functions take it as it is and give plain tensors; operators here, and the functions of ``tf``, give faces.
What TensorFlow means by them and PyTorch does not:

- the numbers of an operation are of one type: a tensor of another type is refused, where PyTorch takes the wider one;
  Python's numbers, lists and NumPy's arrays become the tensor's type;
- ``int / int`` is float64, ``//`` and ``%`` round down, ``==`` is by element;
- Python's numbers are int32 and float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

import numpy as np
import torch

from prunelle.keras.eager.dtypes import DTYPES, DType, as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.shapes import TensorShape
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import keras

Variable = keras.Variable
_kind_of: Callable[[torch.Tensor], torch.dtype] = torch.Tensor.dtype.__get__  # type: ignore[attr-defined]


class _TensorType(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, (torch.Tensor, Text, keras.KerasTensor))


class Tensor(metaclass=_TensorType):
    """What a program asks ``isinstance`` of: tensors of numbers and of texts, and those of a graph of layers."""


class EagerTensor(torch.Tensor):
    """Numbers of one type in any shape; what a program for TensorFlow has in its hands."""

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]
    __array_priority__ = 100

    # What it is.

    @property
    def dtype(self) -> DType:  # type: ignore[override]
        """Its type, as ``tf.float32``."""
        return as_dtype(_kind_of(self))

    @property
    def shape(self) -> TensorShape:  # type: ignore[override]
        """Its sizes."""
        return TensorShape(self.size())

    @property
    def device(self) -> str:  # type: ignore[override]
        """Where it is, as TensorFlow writes it."""
        where = plain(self).device
        name = "CPU" if where.type == "cpu" else "GPU"
        return f"/job:localhost/replica:0/task:0/device:{name}:{where.index or 0}"

    def get_shape(self) -> TensorShape:
        """Its sizes."""
        return self.shape

    def set_shape(self, shape: Any) -> None:
        """Raises: ArgumentError: it has another."""
        self.shape.assert_is_compatible_with(shape)

    def ref(self) -> Reference:
        """What can be a key of a dictionary."""
        return Reference(self)

    experimental_ref = ref

    @property
    def name(self) -> NoReturn:
        """Tensors of graphs have names."""
        raise AttributeError("a tensor that has its values at once has no name; variables and layers have.")

    op = graph = name

    # As Python's and NumPy's.

    def numpy(self) -> Any:  # type: ignore[override]
        """Its numbers: an array, one of NumPy's numbers for a scalar."""
        value = plain(self).detach()
        if value.is_meta:
            raise InvalidArgumentError(
                "a tensor has no values while Keras looks what shapes a layer makes; numpy() is for real batches. Use "
                "functions of tf or keras.ops inside a layer."
            )
        if value.dtype == torch.bfloat16:
            value = value.float()
        array = torch.Tensor.numpy(value.cpu())
        return array[()] if array.ndim == 0 else array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.numpy(), dtype)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **given: Any) -> Any:
        """``array * tensor`` is a tensor; NumPy's function of tensors alone is an array."""
        operator = _OF_UFUNCS.get(ufunc)
        mixed = any(isinstance(each, (np.ndarray, np.generic)) for each in inputs)
        if method == "__call__" and not given and operator is not None and mixed and len(inputs) == 2:
            return operator(*inputs)
        arrays = [np.asarray(each) if isinstance(each, EagerTensor) else each for each in inputs]
        return getattr(ufunc, method)(*arrays, **given)

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array

    def __contains__(self, element: Any) -> bool:
        return bool(np.any((self == element).numpy()))

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("a scalar tensor has no length.")
        return self.size(0)

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("a scalar tensor cannot be gone through.")
        return map(wrap, plain(self).unbind(0))

    def __bool__(self) -> bool:
        if self.numel() > 1:
            raise ValueError(
                f"whether a tensor of shape {self.shape} is true is not clear: tf.reduce_any(x) or tf.reduce_all(x)."
            )
        return bool(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy().item())

    def __float__(self) -> float:
        return float(self.numpy().item())

    def __complex__(self) -> complex:
        return complex(self.numpy().item())

    def __index__(self) -> int:
        if not self.dtype.is_integer or self.ndim:
            raise TypeError(f"an index is a whole number; received {self!r}.")
        return int(self.numpy())

    def __hash__(self) -> int:
        raise TypeError("a tensor cannot be a key; use tensor.ref().")

    def __repr__(self) -> str:  # type: ignore[override]
        values = repr(self.numpy()) if self.ndim else str(self.numpy())
        line = "\n" if "\n" in values else ""
        return f"<tf.Tensor: shape={self.shape}, dtype={self.dtype.name}, numpy={line}{values}>"

    def __str__(self) -> str:
        values = str(self.numpy())
        line = "\n" if "\n" in values else ""
        return f"tf.Tensor({line}{values}, shape={self.shape}, dtype={self.dtype.name})"

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec)

    def __deepcopy__(self, memo: Any) -> Any:
        return wrap(plain(self).detach().clone())

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _restored, (self.numpy(), self.dtype.name)

    # Operators.

    def __getitem__(self, key: Any) -> Any:
        return indexed(plain(self), key)

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(
            "a tensor does not change; make a tf.Variable and assign to it, or tf.tensor_scatter_nd_update."
        )

    def __neg__(self) -> Any:
        return wrap(-plain(self))

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return wrap(plain(self).abs())

    def __invert__(self) -> Any:
        return wrap(~plain(self))


class Reference:
    """A tensor or variable as a key: it is equal to that of the same object alone."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def deref(self) -> Any:
        """The object."""
        return self._of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and other._of is self._of

    def __hash__(self) -> int:
        return id(self._of)

    def __repr__(self) -> str:
        return f"<Reference wrapping {self._of!r}>"


def wrap(value: Any) -> Any:
    """The same tensor with TensorFlow's face; texts have it.

    A plain tensor gets it itself: a gradient can be asked for by what a layer gave inside of a model. A weight, which
    stays what it is, gets a view.
    """
    if type(value) is torch.Tensor:
        value.__class__ = EagerTensor
        return value
    if isinstance(value, EagerTensor) or not isinstance(value, torch.Tensor):
        return value
    return value.as_subclass(EagerTensor)


Text.face = staticmethod(wrap)


def plain(value: torch.Tensor) -> torch.Tensor:
    """The same tensor without a face."""
    return _with_mask(value.as_subclass(torch.Tensor), value) if isinstance(value, EagerTensor) else value


def _with_mask(made: Any, of: Any) -> Any:
    """Keras keeps masks as an attribute."""
    mask = of.__dict__.get("_keras_mask")
    if mask is not None:
        made._keras_mask = mask
    return made


def _restored(array: Any, dtype: str) -> Any:
    return wrap(convert(np.asarray(array)).to(DTYPES[dtype].torch))


# What becomes a tensor.


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor or a variable already."""
    return isinstance(value, (torch.Tensor, Variable, Text))


def convert(value: Any, dtype: DType | None = None, hint: DType | None = None) -> Any:
    """A plain tensor (or ``Text``) of a tensor, a variable, numbers, lists, arrays or whatever NumPy takes.

    Args:
        dtype: what it must be.
        hint: what numbers become that have no type of TensorFlow's: Python's, NumPy's.

    Raises:
        WrongType: a tensor of another type; Python's 2.5 as a whole number; lists of several lengths.
    """
    if isinstance(value, Variable):
        value = value.value
    if isinstance(value, torch.Tensor):
        if dtype is not None and _kind_of(value) != dtype.torch:
            raise WrongType(
                f"a tensor of type {dtype.name} is needed; received one of {as_dtype(_kind_of(value)).name}. Convert "
                f"it: tf.cast(x, tf.{dtype.name})."
            )
        return plain(value)
    if isinstance(value, Text):
        return value
    wanted = dtype or hint
    if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        return _of_number(value, wanted)
    if isinstance(value, (str, bytes)):
        return _of_text(value, wanted)
    if isinstance(value, (list, tuple)):
        return _of_list(value, wanted)
    if value is None:
        raise WrongType("a tensor or numbers are needed; received None.")
    if isinstance(value, range):
        return _of_list(list(value), wanted)
    if isinstance(value, complex) and wanted is not None and not wanted.is_complex:
        raise WrongType(f"{value!r} is no number of type {wanted.name}.")
    return _of_array(np.asarray(value), wanted)


def _of_number(value: Any, wanted: DType | None) -> torch.Tensor:
    if wanted is None:
        big = isinstance(value, int) and not -(2**31) <= value < 2**31
        kind = torch.bool if isinstance(value, bool) else torch.int64 if big else torch.int32
        kind = torch.float32 if isinstance(value, float) else kind
        return torch.tensor(value, dtype=kind)
    if wanted.name == "string":
        raise WrongType(f"{value!r} is no text.")
    floats = wanted.is_floating or wanted.is_complex
    if isinstance(value, bool):
        fits = wanted.is_bool or wanted.is_floating or wanted.name in ("int32", "int64")
    else:
        fits = floats or (wanted.is_integer and isinstance(value, int))
    if not fits:
        raise WrongType(f"{value!r} is no number of type {wanted.name}.")
    return torch.tensor(value).to(wanted.torch)


def _of_text(value: Any, wanted: DType | None) -> Text:
    if wanted is not None and wanted.name != "string":
        raise WrongType(f"{value!r} is no number of type {wanted.name}.")
    return Text(value)


def _of_list(value: Any, wanted: DType | None) -> Any:
    leaves = list(_leaves(value))
    if any(isinstance(each, (torch.Tensor, Variable)) for each in leaves):
        first = next(each for each in leaves if isinstance(each, (torch.Tensor, Variable)))
        return _stacked(value, wanted or as_dtype(_kind_of(convert(first))))
    if any(isinstance(each, (str, bytes, Text)) for each in leaves):
        if wanted is not None and wanted.name != "string":
            raise WrongType(f"texts are no numbers of type {wanted.name}.")
        return Text(value)
    try:
        array = np.asarray(value)
    except ValueError:
        raise WrongType("lists of several lengths make no tensor.") from None
    if not leaves:
        if wanted is not None and wanted.name == "string":
            return Text(np.zeros(array.shape, dtype=object))
        return torch.zeros(array.shape, dtype=wanted.torch if wanted else torch.float32)
    if wanted is None and len({isinstance(each, bool) for each in leaves}) > 1:
        raise WrongType(f"truths and numbers make no tensor; received {value!r}.")
    if array.dtype.kind == "O":
        odd = next((each for each in leaves if not isinstance(each, (bool, int, float, complex))), value)
        raise WrongType(f"numbers make a tensor; received {odd!r}.")
    if wanted is None and array.dtype == np.int64 and any(isinstance(each, np.ndarray) for each in leaves):
        array = array.astype(np.int32) if np.abs(array).max(initial=0) < 2**31 else array
    if not any(isinstance(each, (np.generic, np.ndarray)) for each in leaves):
        if wanted is not None and wanted.is_bool and array.dtype.kind != "b":
            raise WrongType(f"{value!r} are no truths.")
        if array.dtype.kind == "f":
            if wanted is not None and wanted.is_integer:
                raise WrongType(f"{value!r} are no numbers of type {wanted.name}.")
            array = array.astype(np.float32) if wanted is None else array
        elif array.dtype.kind == "i" and wanted is None and (not array.size or np.abs(array).max() < 2**31):
            array = array.astype(np.int32)
        elif array.dtype.kind == "c" and wanted is None:
            array = array.astype(np.complex128)
    return _of_array(array, wanted)


def _stacked(value: Any, kind: DType) -> torch.Tensor:
    if isinstance(value, (list, tuple)):
        rows = [_stacked(each, kind) for each in value]
        if len({row.shape for row in rows}) > 1:
            raise InvalidArgumentError(
                f"tensors of one shape make a tensor; received {', '.join(str(tuple(row.shape)) for row in rows)}."
            )
        return torch.stack(on_one_device(rows))
    found = convert(value, hint=kind)
    if found.dtype != kind.torch:
        raise WrongType(
            f"tensors of one type make a tensor; received {kind.name} and {as_dtype(found.dtype).name}."
        )
    return found  # type: ignore[no-any-return]


def _of_array(array: np.ndarray, wanted: DType | None) -> Any:
    if array.dtype.kind in "SUO":
        if wanted is not None and wanted.name != "string":
            raise WrongType(f"texts are no numbers of type {wanted.name}.")
        return Text(array)
    if wanted is not None and wanted.name == "string":
        raise WrongType("numbers are no texts.")
    if array.dtype.name not in DTYPES:
        if array.dtype.name == "bfloat16":
            return torch.tensor(array.astype(np.float32)).to(torch.bfloat16)
        raise WrongType(f"there is no tensor of NumPy's {array.dtype}.")
    tensor = torch.tensor(np.ascontiguousarray(array)).reshape(array.shape)
    return tensor if wanted is None else tensor.to(wanted.torch)


def _leaves(value: Any) -> Iterator[Any]:
    for each in value:
        if isinstance(each, (list, tuple)):
            yield from _leaves(each)
        else:
            yield each


def on_one_device(tensors: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    """Where one has no values (Keras looks at shapes), none has; otherwise where the first is."""
    tensors = list(tensors)
    if any(each.is_meta for each in tensors):
        return [each if each.is_meta else each.to("meta") for each in tensors]
    return tensors


def matched(*values: Any, name: str = "an operation") -> list[Any]:
    """Plain tensors of one type: that of the first tensor among them.

    Raises:
        WrongType: tensors of several types. One without a face, which comes from inside Keras, is converted.
    """
    kind: DType | None = None
    for each in values:
        if isinstance(each, (EagerTensor, Variable)):
            kind = as_dtype(_kind_of(each.value if isinstance(each, Variable) else each))
            break
    if kind is None:
        kind = next((as_dtype(_kind_of(each)) for each in values if isinstance(each, torch.Tensor)), None)
    if kind is None and any(isinstance(each, float) for each in values):
        kind = next((None for each in values if not isinstance(each, (bool, int, float))), DTYPES["float32"])
    found = []
    for each in values:
        tensor = convert(each, hint=kind)
        if isinstance(tensor, Text):
            raise WrongType(f"{name} takes numbers; received texts.")
        if kind is None:
            kind = as_dtype(tensor.dtype)
        elif tensor.dtype != kind.torch:
            if isinstance(each, (EagerTensor, Variable)):
                raise WrongType(
                    f"{name} takes tensors of one type; received {kind.name} and {as_dtype(tensor.dtype).name}. "
                    f"Convert one: tf.cast(x, tf.{kind.name})."
                )
            if kind.is_floating:
                tensor = tensor.to(kind.torch)
        found.append(tensor)
    return on_one_device(found)


def indexed(value: torch.Tensor, key: Any) -> Any:
    """``tensor[key]`` as TensorFlow has it: numbers, slices, ``tf.newaxis``, ``...``, a mask.

    Raises:
        InvalidArgumentError: a place outside.
    """
    keys = tuple(key) if isinstance(key, (tuple, list)) else (key,)
    if len(keys) == 1 and isinstance(keys[0], (torch.Tensor, np.ndarray)) and keys[0].ndim:
        mask = torch.as_tensor(np.asarray(keys[0]))
        if mask.dtype != torch.bool:
            raise WrongType(
                "tensor[…] takes numbers, slices, tf.newaxis, ... and a mask of truths; for several places at once: "
                "tf.gather(tensor, indices)."
            )
        return wrap(value[mask])
    plain_keys = tuple(_index(each) for each in keys)
    taken = sum(each is not None and each is not Ellipsis for each in plain_keys)
    axis, backwards = 0, []
    for each in plain_keys:
        if each is Ellipsis:
            axis += value.ndim - taken
        elif each is not None:
            if axis >= value.ndim:
                raise InvalidArgumentError(
                    f"a tensor of shape {tuple(value.shape)} has {value.ndim} axes; received {taken} indices."
                )
            size = value.shape[axis]
            if isinstance(each, int) and not -size <= each < size:
                raise InvalidArgumentError(
                    f"index {each} of axis {axis} is out of bounds: its size is {size}."
                )
            if isinstance(each, slice) and each.step is not None and each.step < 0:
                backwards.append((axis, each))
            axis += 1
    for axis, each in backwards:
        places = torch.arange(value.shape[axis], device=value.device)
        order = list(range(value.shape[axis]))[each]
        value = value.index_select(axis, places.new_tensor(order))
    done = {id(each) for _, each in backwards}
    return wrap(value[tuple(slice(None) if id(each) in done else each for each in plain_keys)])


def _index(key: Any) -> Any:
    if isinstance(key, slice):
        return slice(*(None if each is None else int(each) for each in (key.start, key.stop, key.step)))
    if key is None or key is Ellipsis:
        return key
    if isinstance(key, Variable):
        key = key.value
    if isinstance(key, (bool, float, np.floating, str)) or (
        isinstance(key, torch.Tensor) and key.is_floating_point()
    ):
        raise WrongType(f"tensor[…] takes whole numbers, slices, tf.newaxis and ...; received {key!r}.")
    return int(key)


# The operators of two.


def true_divide(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``/``: of whole numbers float64, of those of 8 and 16 bits float32."""
    if x.is_floating_point() or x.is_complex():
        return x / y
    kind = torch.float64 if x.dtype.itemsize > 2 else torch.float32
    return x.to(kind) / y.to(kind)


def _check_divisor(x: torch.Tensor, y: torch.Tensor) -> None:
    if not x.is_floating_point() and not y.is_meta and x.numel() and bool((y == 0).any()):
        raise InvalidArgumentError("whole numbers are not divided by zero.")


def floor_divide(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``//``, rounded down; it has no gradient.

    Raises:
        InvalidArgumentError: whole numbers by 0.
    """
    _check_divisor(x, y)
    x, y = x.detach(), y.detach()
    return torch.floor(x / y) if x.is_floating_point() else torch.floor_divide(x, y)


def remainder(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``%``, of the sign of ``y``."""
    _check_divisor(x, y)
    return torch.remainder(x, y)


def power(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``**``.

    Raises:
        InvalidArgumentError: whole numbers to a negative power.
    """
    whole = not (x.is_floating_point() or x.is_complex())
    if whole and not y.is_meta and x.numel() and bool((y < 0).any()):
        raise InvalidArgumentError("whole numbers have no negative powers; tf.cast(x, tf.float32) first.")
    return torch.pow(x, y)


def matrix_multiply(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """``@``.

    Raises:
        InvalidArgumentError: vectors, or sizes that do not meet.
    """
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-2]:
        raise InvalidArgumentError(
            f"a product of matrices is of (…, n, k) and (…, k, m); received {tuple(x.shape)} and {tuple(y.shape)}."
            + (" tf.tensordot or tf.linalg.matvec take vectors." if min(x.ndim, y.ndim) < 2 else "")
        )
    return torch.matmul(x, y)


def _of_numbers(function: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    def operator(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if x.dtype == torch.bool:
            raise WrongType("truths are not counted with; tf.cast(x, tf.int32) or tf.float32 first.")
        return function(x, y)

    return operator


OPERATORS: dict[str, Callable[..., torch.Tensor]] = {
    "add": _of_numbers(torch.add),
    "sub": _of_numbers(torch.sub),
    "mul": torch.mul,
    "truediv": _of_numbers(true_divide),
    "floordiv": _of_numbers(floor_divide),
    "mod": _of_numbers(remainder),
    "pow": _of_numbers(power),
    "matmul": matrix_multiply,
    "and": torch.bitwise_and,
    "or": torch.bitwise_or,
    "xor": torch.bitwise_xor,
}
COMPARISONS: dict[str, Callable[..., torch.Tensor]] = {
    "lt": torch.lt,
    "le": torch.le,
    "gt": torch.gt,
    "ge": torch.ge,
    "eq": torch.eq,
    "ne": torch.ne,
}


def broadcast(function: Callable[..., torch.Tensor], x: torch.Tensor, y: torch.Tensor, name: str) -> Any:
    """A function of two plain tensors, with a sentence for shapes that do not fit."""
    try:
        return wrap(function(x, y))
    except RuntimeError as error:
        if "must match" in str(error) or "not broadcastable" in str(error):
            raise InvalidArgumentError(
                f"{name}: shapes {tuple(x.shape)} and {tuple(y.shape)} do not fit: each size is the same, or 1."
            ) from None
        raise


def _operator(name: str, function: Callable[..., torch.Tensor], reflected: bool) -> Any:
    sign = {"truediv": "/", "floordiv": "//", "add": "+", "sub": "-", "mul": "*", "pow": "**"}.get(name, name)

    def operator(self: Any, other: Any) -> Any:
        if isinstance(other, keras.KerasTensor):
            return NotImplemented
        x, y = matched(self, other, name=f"operator {sign}")
        if reflected:
            x, y = y, x
        return broadcast(function, x, y, f"operator {sign}")

    return operator


def _equality(name: str, function: Callable[..., torch.Tensor]) -> Any:
    def operator(self: Any, other: Any) -> Any:
        if other is None:
            return name == "ne"
        if isinstance(other, keras.KerasTensor):
            return NotImplemented
        x, y = matched(self, other, name=f"tensor {'==' if name == 'eq' else '!='}")
        try:
            return wrap(function(x, y))
        except RuntimeError:  # shapes that do not fit
            return wrap(torch.tensor(name == "ne"))

    return operator


for _name, _function in OPERATORS.items():
    setattr(EagerTensor, f"__{_name}__", _operator(_name, _function, reflected=False))
    setattr(EagerTensor, f"__r{_name}__", _operator(_name, _function, reflected=True))
    # x += 1 is another tensor, as all of TensorFlow's; PyTorch changes the one that is there.
    setattr(EagerTensor, f"__i{_name}__", getattr(EagerTensor, f"__{_name}__"))
for _name, _function in COMPARISONS.items():
    made = _equality if _name in ("eq", "ne") else lambda name, function: _operator(name, function, False)
    setattr(EagerTensor, f"__{_name}__", made(_name, _function))

_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
_OF_UFUNCS: dict[Any, Any] = {
    ufunc: lambda x, y, name=name: (
        getattr(x, f"__{name}__")(y)
        if isinstance(x, EagerTensor)
        else getattr(y, f"__{_MIRRORED.get(name, f'r{name}')}__")(x)
    )
    for ufunc, name in {
        np.add: "add",
        np.subtract: "sub",
        np.multiply: "mul",
        np.true_divide: "truediv",
        np.floor_divide: "floordiv",
        np.remainder: "mod",
        np.power: "pow",
        np.matmul: "matmul",
        np.less: "lt",
        np.less_equal: "le",
        np.greater: "gt",
        np.greater_equal: "ge",
        np.equal: "eq",
        np.not_equal: "ne",
    }.items()
}


class _NumPysOwn:
    """A method that NumPy's functions would call on an array, and TensorFlow's tensors have not."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        raise AttributeError(
            f"tensors of TensorFlow have no {self._name}(); the function is tf.reduce_{self._name}(x), tf.math.… or "
            f"x.numpy().{self._name}()."
        )


for _name in (
    *("all", "any", "argmax", "argmin", "argsort", "clip", "cumprod", "cumsum", "max", "mean", "min"),
    *("nonzero", "prod", "round", "sort", "std", "sum", "trace", "var", "astype"),
):
    setattr(EagerTensor, _name, _NumPysOwn(_name))
