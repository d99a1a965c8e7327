"""Functions of ``tf`` itself that make tensors, and change their shapes and order."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.functions import axes, function, kind_of, sizes
from prunelle.keras.eager.tensor import convert, indexed, matched, plain, wrap
from prunelle.keras.eager.tensor import is_tensor as _is_tensor
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import keras

Torch = torch.Tensor


# Made of nothing.


def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    dtype_hint: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
) -> Any:
    """A tensor of a tensor, a variable, numbers, lists, arrays or texts.

    Raises:
        WrongType: a tensor of another type than ``dtype``; numbers that are none of ``dtype``.
    """
    if isinstance(value, keras.KerasTensor):
        return value
    if isinstance(value, keras.Variable):
        value = value.value.clone()  # as it is now
    hint = dtype_hint or preferred_dtype
    if hint is None or dtype is not None:
        return wrap(convert(value, None if dtype is None else as_dtype(dtype)))
    try:
        return wrap(convert(value, hint=as_dtype(hint)))
    except WrongType:  # it is a hint
        return wrap(convert(value))


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor; one number fills ``shape``."""
    kind = None if dtype is None else as_dtype(dtype)
    tensor = convert(plain(value).clone() if isinstance(value, torch.Tensor) else value, kind)
    if shape is None or isinstance(tensor, Text):
        return wrap(tensor)
    wanted = sizes(shape)
    if tensor.numel() == 1:
        return wrap(tensor.reshape(()).expand(wanted).clone())
    if tensor.numel() != int(np.prod(wanted)):
        raise InvalidArgumentError(f"tf.constant: {tensor.numel()} numbers do not fill shape {wanted}.")
    return wrap(tensor.reshape(wanted))


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """Of another type: ``tf.float32`` or its name. What is no number of the new type is cut off, as C does it."""
    if isinstance(x, keras.KerasTensor):
        return keras.ops.cast(x, as_dtype(dtype).name)
    kind = as_dtype(dtype)
    tensor = convert(x)
    if isinstance(tensor, Text) or kind.name == "string":
        if isinstance(tensor, Text) and kind.name == "string":
            return tensor
        raise WrongType(
            "tf.cast is of numbers; texts become numbers by tf.strings.to_number, numbers by tf.strings.as_string."
        )
    if tensor.is_complex() and not kind.is_complex:
        tensor = tensor.real
    return wrap(tensor.to(kind.torch))


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:
    """Of another type; what is beyond its numbers becomes the least or the greatest of them."""
    kind, tensor = as_dtype(dtype), convert(value)
    if isinstance(value, keras.KerasTensor):
        return cast(value, dtype)
    if not kind.is_complex and not tensor.is_complex() and tensor.dtype != torch.bool:
        source = as_dtype(tensor.dtype)
        if kind.min > source.min or kind.max < source.max:
            low, high = max(kind.min, source.min), min(kind.max, source.max)
            if source.is_floating and not kind.is_floating:
                # The greatest whole number may be no floating-point one: the next one below is.
                while int(torch.tensor(high, dtype=tensor.dtype).item()) > kind.max:
                    high = torch.nextafter(
                        torch.tensor(high, dtype=tensor.dtype), torch.zeros((), dtype=tensor.dtype)
                    ).item()
            tensor = tensor.clamp(low, high)
    return wrap(tensor.to(kind.torch))


def complex(real: Any, imag: Any, name: str | None = None) -> Any:
    """Complex numbers of their parts."""
    first, second = matched(real, imag, name="tf.complex")
    return wrap(torch.complex(first + torch.zeros_like(second), second + torch.zeros_like(first)))


def zeros(shape: Any, dtype: Any = "float32", name: str | None = None, layout: Any = None) -> Any:
    """0 everywhere."""
    return wrap(torch.zeros(sizes(shape), dtype=kind_of(dtype)))


def ones(shape: Any, dtype: Any = "float32", name: str | None = None, layout: Any = None) -> Any:
    """1 everywhere."""
    return wrap(torch.ones(sizes(shape), dtype=kind_of(dtype)))


def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Any:
    """One number everywhere."""
    number = convert(value)
    if number.ndim:
        raise InvalidArgumentError(f"tf.fill: value is one number; received shape {tuple(number.shape)}.")
    if isinstance(number, Text):
        return Text(np.full(sizes(dims), number.numpy(), dtype=object))
    return wrap(number.expand(sizes(dims)).clone())


@function(alone="input")
def zeros_like(input: Any, dtype: Any = None, name: str | None = None, **_: Any) -> Any:
    """0 everywhere, in another's shape and type."""
    if isinstance(input, Text):
        return Text(np.full(input.shape, b"", dtype=object))
    return torch.zeros_like(input, dtype=None if dtype is None else kind_of(dtype))


@function(alone="input")
def ones_like(input: Torch, dtype: Any = None, name: str | None = None, **_: Any) -> Torch:
    """1 everywhere, in another's shape and type."""
    return torch.ones_like(input, dtype=None if dtype is None else kind_of(dtype))


def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = "float32",
    name: str | None = None,
) -> Any:
    """1 on the diagonal, 0 elsewhere."""
    rows = int(num_rows)
    matrix = torch.eye(rows, rows if num_columns is None else int(num_columns), dtype=kind_of(dtype))
    return wrap(matrix if batch_shape is None else matrix.expand(*sizes(batch_shape), *matrix.shape).clone())


def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = None) -> Any:
    """Numbers from ``start`` (0 where there is one number alone) to before ``limit``."""
    if limit is None:
        start, limit = 0, start
    parts = [convert(each) for each in (start, limit, delta)]
    kind = parts[0].dtype
    if dtype is not None:
        kind = kind_of(dtype)
    else:
        for each in parts[1:]:
            kind = torch.promote_types(kind, each.dtype)
    first, last, step = (
        (
            float(given)
            if kind.is_floating_point and not isinstance(given, torch.Tensor)
            else each.to(kind).item()
        )
        for given, each in zip((start, limit, delta), parts, strict=True)
    )
    if step == 0:
        raise InvalidArgumentError("tf.range: delta is not 0.")
    if (last - first) / step < 0:
        raise InvalidArgumentError(f"tf.range: from {first} to {last} there is no way by steps of {step}.")
    if last == first:
        return wrap(torch.zeros(0, dtype=kind))
    return wrap(torch.arange(first, last, step, dtype=kind))


def linspace(start: Any, stop: Any, num: Any, name: str | None = None, axis: int = 0) -> Any:
    """``num`` numbers at equal distances, both ends among them."""
    first, last = matched(start, stop, name="tf.linspace")
    if not first.is_floating_point():
        first, last = first.double(), last.double()
    steps = torch.linspace(0, 1, int(num), dtype=first.dtype).reshape(-1, *(1,) * first.ndim)
    found = first + (last - first) * steps
    if int(num) > 1:
        found[-1] = last
    return wrap(found.movedim(0, axis) if axis else found)


# What it is.


@function(alone="input")
def shape(input: Any, out_type: Any = "int32", name: str | None = None) -> Torch:
    """The sizes, as a tensor of whole numbers."""
    return torch.tensor(list(input.shape), dtype=kind_of(out_type))


@function(alone="input")
def size(input: Any, out_type: Any = "int32", name: str | None = None) -> Torch:
    """How many numbers there are."""
    return torch.tensor(int(np.prod(input.shape)), dtype=kind_of(out_type))


@function(alone="input")
def rank(input: Any, name: str | None = None) -> Torch:
    """How many axes there are."""
    return torch.tensor(input.ndim, dtype=torch.int32)


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor or a variable; arrays and numbers are not."""
    return _is_tensor(x) or isinstance(x, keras.KerasTensor)


@function(alone="input")
def identity(input: Any, name: str | None = None) -> Any:
    """A tensor with the same numbers, which later changes of a variable do not change."""
    return input if isinstance(input, Text) else input.clone()


@function(alone="input")
def stop_gradient(input: Torch, name: str | None = None) -> Torch:
    """The same numbers; no gradient goes further back."""
    return input.detach().clone()


@function(alone="x")
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """The same.

    Raises:
        ArgumentError: its shape is another.
    """
    from prunelle.keras.eager.shapes import TensorShape

    TensorShape(tuple(x.shape)).assert_is_compatible_with(shape)
    return x


# Shapes.


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The same numbers in another shape; -1 stands for what is left."""
    if isinstance(shape, (list, tuple)):
        # A size that a graph does not know yet, as that of a batch, is what is left.
        unknown = [isinstance(each, keras.KerasTensor) for each in shape]
        if sum(unknown) == 1 and not any(isinstance(each, int) and each == -1 for each in shape):
            shape = [-1 if asked else each for each, asked in zip(shape, unknown, strict=True)]
    return _reshape(tensor, shape)


@function(alone="tensor")
def _reshape(tensor: Any, shape: Any) -> Any:
    wanted = sizes(shape)
    if isinstance(tensor, Text):
        return Text(np.asarray(tensor).reshape(wanted))
    return tensor.reshape(wanted)


@function(alone="a")
def transpose(a: Torch, perm: Any = None, conjugate: bool = False, name: str | None = None) -> Torch:
    """The axes in another order, the reverse one for None."""
    given = reversed(builtins.range(a.ndim)) if perm is None else sizes(perm)
    order = tuple(each + a.ndim if each < 0 else each for each in given)
    if sorted(order) != list(builtins.range(a.ndim)):
        raise InvalidArgumentError(f"tf.transpose: perm={list(order)} is no order of {a.ndim} axes.")
    turned = a.permute(order)
    return turned.conj().resolve_conj() if conjugate else turned


@function(alone="input")
def expand_dims(input: Any, axis: Any, name: str | None = None) -> Any:
    """One more axis, of size 1."""
    place = axes(axis, input.ndim + 1)[0]
    if isinstance(input, Text):
        return Text(np.expand_dims(np.asarray(input), place))
    return input.unsqueeze(place)


@function(alone="input")
def squeeze(input: Torch, axis: Any = None, name: str | None = None) -> Torch:
    """Without the axes of size 1, or those of ``axis``, which must be of size 1."""
    if axis is None or axis == []:
        return input.squeeze()
    along = axes(axis, input.ndim)
    for each in along:
        if input.shape[each] != 1:
            raise InvalidArgumentError(
                f"tf.squeeze: axis {each} of shape {tuple(input.shape)} is not of size 1."
            )
    return input.squeeze(along)


@function(alone="input")
def broadcast_to(input: Torch, shape: Any, name: str | None = None) -> Torch:
    """The same numbers, repeated to a larger shape."""
    return input.expand(sizes(shape)).clone()


@function(alone="input")
def tile(input: Torch, multiples: Any, name: str | None = None) -> Torch:
    """Repeated along each axis."""
    times = sizes(multiples)
    if len(times) != input.ndim:
        raise InvalidArgumentError(
            f"tf.tile: multiples is a number an axis; received {times} for {input.ndim} axes."
        )
    return input.repeat(times)


@function(alone="input repeats")
def repeat(input: Torch, repeats: Torch, axis: Any = None, name: str | None = None) -> Torch:
    """Each part along an axis several times, one after the other."""
    values = input.reshape(-1) if axis is None else input
    along = 0 if axis is None else axes(axis, input.ndim)[0]
    counts = repeats.reshape(-1).long()
    return torch.repeat_interleave(values, counts if len(counts) > 1 else int(counts[0]), along)


@function(alone="tensor")
def pad(
    tensor: Torch, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: str | None = None
) -> Torch:
    """A border around: of one number, or ``"REFLECT"``, ``"SYMMETRIC"`` of what is inside.

    Args:
        paddings: ``(axes, 2)``: before and after each axis.
    """
    borders = [tuple(int(n) for n in row) for row in np.asarray(_numbers(paddings))]
    how = mode.upper()
    if how not in ("CONSTANT", "REFLECT", "SYMMETRIC"):
        raise InvalidArgumentError(
            f"tf.pad: mode is 'CONSTANT', 'REFLECT' or 'SYMMETRIC'; received {mode!r}."
        )
    if len(borders) != tensor.ndim or any(n < 0 for border in borders for n in border):
        raise InvalidArgumentError(
            f"tf.pad: paddings has a row (before, after), from 0 on, for each of {tensor.ndim} axes; received "
            f"{borders}."
        )
    if how == "CONSTANT":
        flat = [n for border in reversed(borders) for n in border]
        if tensor.dtype == torch.bool:
            return F.pad(tensor.to(torch.uint8), flat, value=int(bool(constant_values))).to(torch.bool)
        number = convert(constant_values, hint=as_dtype(tensor.dtype))
        return F.pad(tensor, flat, value=number.item())
    for axis, (before, after) in enumerate(borders):
        length = tensor.shape[axis]
        outside = 1 if how == "REFLECT" else 0
        if max(before, after) > length - outside:
            raise InvalidArgumentError(
                f"tf.pad: a border of {max(before, after)} is too wide for an axis of {length}."
            )
        first = list(builtins.range(before - 1 + outside, -1 + outside, -1))
        last = list(builtins.range(length - 1 - outside, length - 1 - outside - after, -1))
        places = torch.tensor([*first, *builtins.range(length), *last], device=tensor.device)
        tensor = tensor.index_select(axis, places)
    return tensor


def _numbers(value: Any) -> Any:
    tensor = convert(value)
    return tensor.cpu().numpy()


# Several.


def _joined(values: Any, axis: Any, name: str) -> tuple[list[Any], int]:
    tensors = list(values) if isinstance(values, (list, tuple)) else [values]
    return tensors, int(axis)


@function(lists="values")
def concat(values: Any, axis: Any, name: str | None = None) -> Torch:
    """One after the other along an axis that is there."""
    if any(isinstance(each, Text) for each in values):
        arrays = [np.asarray(each) for each in values]
        return Text(np.concatenate(arrays, int(axis)) if arrays[0].ndim else arrays[0])  # type: ignore[return-value]
    along = axes(axis, values[0].ndim)[0] if values[0].ndim else 0
    if len(values) > 1 and not values[0].ndim:
        raise InvalidArgumentError(
            "tf.concat joins tensors of one axis or more; numbers are joined by tf.stack."
        )
    return torch.cat(values, along) if values[0].ndim else values[0]


@function(lists="values")
def stack(values: Any, axis: Any = 0, name: str | None = None) -> Torch:
    """One after the other along a new axis."""
    if any(isinstance(each, Text) for each in values):
        return Text(np.stack([np.asarray(each) for each in values], int(axis)))  # type: ignore[return-value]
    if not values:
        return torch.zeros(0)
    return torch.stack(values, axes(axis, values[0].ndim + 1)[0])


@function(alone="value")
def unstack(value: Any, num: int | None = None, axis: Any = 0, name: str | None = None) -> Any:
    """A list of the parts along an axis."""
    if isinstance(value, Text):
        return list(value)
    along = axes(axis, value.ndim)[0]
    if num is not None and int(num) != value.shape[along]:
        raise InvalidArgumentError(f"tf.unstack: num={num}, and axis {axis} is of {value.shape[along]}.")
    return list(value.unbind(along))


@function(alone="value")
def split(
    value: Torch, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str | None = None
) -> Any:
    """Equal parts along an axis (a number of them), or parts of given sizes."""
    along = axes(axis, value.ndim)[0]
    length = value.shape[along]
    parts = convert(num_or_size_splits)
    if parts.ndim == 0:
        count = int(parts)
        if count <= 0 or length % count:
            raise InvalidArgumentError(f"tf.split: an axis of {length} has no {count} equal parts.")
        return list(torch.tensor_split(value, count, along)) if length else [value] * count
    given = [int(each) for each in parts]
    if given.count(-1) > 1:
        raise InvalidArgumentError(f"tf.split: one size may be -1; received {given}.")
    if -1 in given:
        given[given.index(-1)] = length - (sum(given) + 1)
    if sum(given) != length:
        raise InvalidArgumentError(f"tf.split: parts of {given} are not an axis of {length}.")
    places = np.cumsum(given[:-1]).tolist()
    return list(torch.tensor_split(value, places, along))


def meshgrid(*args: Any, indexing: str = "xy", name: str | None = None) -> Any:
    """Coordinates of a grid, an array for each axis."""
    return [
        wrap(each)
        for each in torch.meshgrid(
            *(each.reshape(-1) for each in matched(*args, name="tf.meshgrid")), indexing=indexing
        )
    ]


# Parts, places, order.


def _check_places(indices: Torch, title: str) -> None:
    if indices.numel() and (indices.is_floating_point() or indices.dtype == torch.bool):
        raise WrongType(f"{title}: indices are whole numbers; received {as_dtype(indices.dtype).name}.")


@function(alone="params indices")
def gather(
    params: Any,
    indices: Torch,
    validate_indices: Any = None,
    axis: Any = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """The parts at ``indices`` along an axis; ``batch_dims`` axes are gone through together."""
    if isinstance(params, Text):
        return Text(np.asarray(params).take(indices.numpy(), axis or 0))
    _check_places(indices, "tf.gather")
    batch = int(batch_dims) % max(1, indices.ndim + 1)
    along = axes(batch if axis is None else axis, params.ndim)[0]
    places = indices.long()
    length = params.shape[along]
    if not places.is_meta and places.numel() and (int(places.min()) < 0 or int(places.max()) >= length):
        wrong = places[(places < 0) | (places >= length)].reshape(-1)[0]
        raise InvalidArgumentError(f"tf.gather: index {int(wrong)} is not within 0 and {length - 1}.")
    if not batch:
        flat = params.index_select(along, places.reshape(-1).to(params.device))
        return flat.reshape((*params.shape[:along], *places.shape, *params.shape[along + 1 :]))
    return _gathered_by_row(params.movedim(along, batch), places, batch, along - batch)


def _gathered_by_row(params: Torch, places: Torch, batch: int, before: int) -> Torch:
    """Of ``(batch…, length, before…, rest…)`` at ``(batch…, index…)``: ``(batch…, before…, index…, rest…)``."""
    if params.shape[:batch] != places.shape[:batch]:
        raise InvalidArgumentError(
            f"tf.gather: the first batch_dims={batch} sizes are the same; received {tuple(params.shape)} and "
            f"{tuple(places.shape)}."
        )
    rows = int(np.prod(params.shape[:batch]))
    row = torch.arange(rows, device=params.device).reshape(rows, 1)
    found = params.reshape(rows, *params.shape[batch:])[row, places.reshape(rows, -1)]
    found = found.reshape((*places.shape, *params.shape[batch + 1 :]))
    first, last = (
        list(builtins.range(batch, places.ndim)),
        list(builtins.range(places.ndim, places.ndim + before)),
    )
    rest = builtins.range(places.ndim + before, found.ndim)
    return found.permute(*builtins.range(batch), *last, *first, *rest)


@function(alone="params indices")
def gather_nd(params: Any, indices: Torch, batch_dims: int = 0, name: str | None = None) -> Any:
    """The parts at places of several axes: the last axis of ``indices`` is a place."""
    if batch_dims:
        rows = [gather_nd(p, i, batch_dims - 1) for p, i in zip(params, indices, strict=True)]
        return torch.stack([plain(row) for row in rows])
    places = tuple(indices.long().unbind(-1))
    _check_places(indices, "tf.gather_nd")
    if len(places) > params.ndim:
        raise InvalidArgumentError(
            f"tf.gather_nd: indices of {len(places)} axes do not fit {tuple(params.shape)}."
        )
    for axis, each in enumerate(places):
        length = params.shape[axis]
        if each.numel() and not each.is_meta and (int(each.min()) < 0 or int(each.max()) >= length):
            raise InvalidArgumentError(
                f"tf.gather_nd: an index of axis {axis} is not within 0 and {length - 1}."
            )
    return params[places] if places else params


@function(alone="tensor mask")
def boolean_mask(tensor: Any, mask: Torch, axis: Any = None, name: str | None = None) -> Any:
    """The parts where ``mask`` is true."""
    mask = mask.to(torch.bool)
    if isinstance(tensor, Text):
        return Text(np.asarray(tensor)[mask.numpy()])
    first = 0 if axis is None else axes(axis, tensor.ndim)[0]
    fits = tuple(tensor.shape[first : first + mask.ndim])
    if fits != tuple(mask.shape):
        raise InvalidArgumentError(
            f"tf.boolean_mask: a mask of shape {tuple(mask.shape)} does not fit {tuple(tensor.shape)}."
        )
    return tensor[(slice(None),) * first + (mask,)]


def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """The part from ``begin`` of ``size``; -1 stands for all that is left."""
    starts, lengths = sizes(begin), sizes(size)
    shape = tuple(input_.shape) if hasattr(input_, "shape") else tuple(convert(input_).shape)
    fits = len(starts) == len(lengths) == len(shape) and all(
        whole is None or (0 <= start <= whole and -1 <= length <= whole - start)
        for start, length, whole in zip(starts, lengths, shape, strict=True)
    )
    if not fits:
        raise InvalidArgumentError(
            f"tf.slice: begin={list(starts)} and size={list(lengths)} lie within the tensor's {list(shape)}, a number "
            f"an axis."
        )
    keys = tuple(
        slice(start, None if length == -1 else start + length)
        for start, length in zip(starts, lengths, strict=True)
    )
    return input_[keys] if isinstance(input_, keras.KerasTensor) else indexed(convert(input_), keys)


def strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,
    name: str | None = None,
) -> Any:
    """``input_[begin:end:strides]`` along the first axes.

    Each bit of a mask is an axis: one that begins or ends with the tensor, ``...``, a new one, or one of which
    ``begin`` alone is taken.
    """
    steps = sizes(strides) if strides is not None else (1,) * len(sizes(begin))
    keys: list[Any] = []
    for i, (first, last, step) in enumerate(zip(sizes(begin), sizes(end), steps, strict=True)):
        bit = 1 << i
        if ellipsis_mask & bit:
            keys.append(Ellipsis)
        elif new_axis_mask & bit:
            keys.append(None)
        elif shrink_axis_mask & bit:
            keys.append(first)
        else:
            keys.append(slice(None if begin_mask & bit else first, None if end_mask & bit else last, step))
    return (
        input_[tuple(keys)]
        if isinstance(input_, keras.KerasTensor)
        else indexed(convert(input_), tuple(keys))
    )


@function("x y", alone="condition")
def where(condition: Torch, x: Any = None, y: Any = None, name: str | None = None) -> Torch:
    """``x`` where it is true, ``y`` elsewhere; of a condition alone the places where it is true ``(number, axes)``."""
    if x is None or y is None:
        return torch.nonzero(condition)
    if condition.dtype != torch.bool:
        raise WrongType("tf.where: the condition is of truths; compare first, as in x > 0.")
    return torch.where(condition, x, y)


@function(alone="tensor")
def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Backwards along each of some axes."""
    along = axes(axis, tensor.ndim) if tensor.ndim else ()
    return Text(np.flip(np.asarray(tensor), along)) if isinstance(tensor, Text) else tensor.flip(along)


@function(alone="input")
def roll(input: Torch, shift: Any, axis: Any, name: str | None = None) -> Torch:
    """Moved along axes; what leaves at one end comes back at the other."""
    return torch.roll(input, sizes(shift), axes(axis, input.ndim))


@function(alone="values")
def sort(values: Torch, axis: Any = -1, direction: str = "ASCENDING", name: str | None = None) -> Torch:
    """In order along an axis."""
    return torch.sort(values, axes(axis, values.ndim)[0], descending=_down(direction)).values


@function(alone="values")
def argsort(
    values: Torch, axis: Any = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> Torch:
    """The places of the numbers in their order, of equal ones the first before: int32."""
    order = torch.sort(values, dim=axes(axis, values.ndim)[0], descending=_down(direction), stable=True)
    return order.indices.to(torch.int32)


def _down(direction: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise InvalidArgumentError(f"direction is 'ASCENDING' or 'DESCENDING'; received {direction!r}.")
    return direction == "DESCENDING"


@function("sorted_sequence values")
def searchsorted(
    sorted_sequence: Torch,
    values: Torch,
    side: str = "left",
    out_type: Any = "int32",
    name: str | None = None,
) -> Torch:
    """Where values belong in a sequence that is in order."""
    return torch.searchsorted(sorted_sequence.contiguous(), values.contiguous(), side=side).to(
        kind_of(out_type)
    )


def unique(x: Any, out_idx: Any = "int32", name: str | None = None) -> Any:
    """Each number once, in the order in which they come, and the place of each in that list."""
    return tuple(wrap(each) for each in _unique(x, out_idx)[:2])


def unique_with_counts(x: Any, out_idx: Any = "int32", name: str | None = None) -> Any:
    """As ``unique``, and how often each is there."""
    return tuple(wrap(each) for each in _unique(x, out_idx))


def _unique(x: Any, out_idx: Any) -> tuple[Any, ...]:
    tensor = convert(x)
    array = np.asarray(tensor) if isinstance(tensor, Text) else tensor.detach().cpu().numpy()
    if array.ndim != 1:
        raise InvalidArgumentError(f"tf.unique takes a tensor of one axis; received {array.shape}.")
    found, first, back, counts = np.unique(
        array, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    order = np.argsort(first, kind="stable")
    rank_of = np.empty_like(order)
    rank_of[order] = np.arange(len(order))
    kind = kind_of(out_idx)
    values = Text(found[order]) if isinstance(tensor, Text) else torch.from_numpy(found[order])
    return values, torch.from_numpy(rank_of[back]).to(kind), torch.from_numpy(counts[order]).to(kind)


@function(alone="indices on_value off_value")
def one_hot(
    indices: Torch,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int = -1,
    dtype: Any = None,
    name: str | None = None,
) -> Torch:
    """1 at the place of each index, 0 elsewhere; nothing but 0 for an index that is not within 0 and ``depth``."""
    _check_places(indices, "tf.one_hot")
    given = next((each.dtype for each in (on_value, off_value) if each is not None), torch.float32)
    if on_value is not None and off_value is not None and on_value.dtype != off_value.dtype:
        raise WrongType(
            f"tf.one_hot: on_value and off_value are of one type; received {as_dtype(on_value.dtype).name} and "
            f"{as_dtype(off_value.dtype).name}."
        )
    kind = kind_of(dtype) if dtype is not None else given
    places = torch.arange(int(depth), device=indices.device)
    there = indices.long().unsqueeze(-1) == places
    on = torch.ones((), dtype=kind) if on_value is None else on_value.to(kind)
    off = torch.zeros((), dtype=kind) if off_value is None else off_value.to(kind)
    found = torch.where(there, on, off)
    return found if axis == -1 else found.movedim(-1, axes(axis, found.ndim)[0])


def sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool", name: str | None = None) -> Any:
    """True at the first so many places of each row."""
    counts = convert(lengths)
    longest = int(maxlen) if maxlen is not None else int(counts.max()) if counts.numel() else 0
    return wrap((torch.arange(longest) < counts.unsqueeze(-1)).to(kind_of(dtype)))


def _places_of(indices: Torch, shape: tuple[int, ...]) -> tuple[Torch, ...]:
    places = tuple(indices.long().unbind(-1))
    for each, size in zip(places, shape, strict=False):
        if not each.is_meta and each.numel() and not 0 <= int(each.min()) <= int(each.max()) < size:
            raise InvalidArgumentError(f"indices {indices.tolist()} are not all within shape {list(shape)}.")
    return places


def _scatter(name: str, change: Callable[..., Torch]) -> Any:
    def scatter(tensor: Torch, indices: Torch, updates: Torch, name: str | None = None) -> Torch:
        return change(tensor, _places_of(indices, tuple(tensor.shape)), updates)

    scatter.__name__ = scatter.__qualname__ = f"tensor_scatter_nd_{name}"
    scatter.__doc__ = f"A tensor with its parts at places of several axes changed ({name})."
    return function("tensor updates", alone="indices")(scatter)


tensor_scatter_nd_update = _scatter("update", lambda x, at, v: x.index_put(at, v))
tensor_scatter_nd_add = _scatter("add", lambda x, at, v: x.index_put(at, v, accumulate=True))
tensor_scatter_nd_sub = _scatter("sub", lambda x, at, v: x.index_put(at, -v, accumulate=True))
tensor_scatter_nd_max = _scatter("max", lambda x, at, v: x.index_put(at, torch.maximum(x[at], v)))
tensor_scatter_nd_min = _scatter("min", lambda x, at, v: x.index_put(at, torch.minimum(x[at], v)))


@function(alone="indices updates")
def scatter_nd(indices: Torch, updates: Torch, shape: Any, name: str | None = None) -> Torch:
    """0 everywhere but at places of several axes, where the updates are added."""
    zeros = updates.new_zeros(sizes(shape))
    return zeros.index_put(_places_of(indices, tuple(zeros.shape)), updates, accumulate=True)


@function("t clip_value_min clip_value_max", numbers="count")
def clip_by_value(t: Torch, clip_value_min: Torch, clip_value_max: Torch, name: str | None = None) -> Torch:
    """Nothing below one number, nothing above another."""
    return torch.clamp(t, clip_value_min, clip_value_max)


@function("t", numbers="float")
def clip_by_norm(t: Torch, clip_norm: Any, axes: Any = None, name: str | None = None) -> Torch:
    """Shortened to a length where it is longer."""
    along = tuple(builtins.range(t.ndim)) if axes is None else sizes(axes)
    total = t.square().sum(along, keepdim=True)
    there = total > 0
    length = torch.where(there, torch.where(there, total, torch.ones_like(total)).sqrt(), total)
    limit = convert(clip_norm).to(t.dtype)
    shortened: Torch = t * limit / torch.maximum(length, limit)
    return shortened


def global_norm(t_list: Any, name: str | None = None) -> Any:
    """The length of all tensors of a list together."""
    lengths = [convert(each).square().sum() for each in t_list if each is not None]
    return wrap(torch.stack(lengths).sum().sqrt() if lengths else torch.zeros(()))


def clip_by_global_norm(t_list: Any, clip_norm: Any, use_norm: Any = None, name: str | None = None) -> Any:
    """Tensors shortened together to a length, where they are longer; and the length that they had."""
    length = global_norm(t_list) if use_norm is None else convert_to_tensor(use_norm)
    limit = convert(clip_norm).to(torch.float32)
    scale = limit / torch.maximum(plain(length), limit)
    scale = torch.where(torch.isfinite(plain(length)), scale, torch.full_like(scale, float("nan")))
    return [None if each is None else wrap(convert(each) * scale) for each in t_list], length


@function(alone="a b")
def tensordot(a: Torch, b: Torch, axes: Any, name: str | None = None) -> Torch:
    """Summed over products along axes of both: a number of the last and first ones, or two lists."""
    given = convert(axes)
    if given.ndim == 0:
        found: Torch = torch.tensordot(a, b, int(given))
    else:
        found = torch.tensordot(a, b, [[each] if isinstance(each, int) else each for each in given.tolist()])
    return found


def einsum(equation: str, *inputs: Any, name: str | None = None, **_: Any) -> Any:
    """Sums over products, as an equation of axes says: ``"ij,jk->ik"``."""
    if any(isinstance(each, keras.KerasTensor) for each in inputs):
        return keras.ops.einsum(equation, *inputs)
    tensors = matched(*inputs, name="tf.einsum")
    return wrap(torch.einsum(equation.replace(" ", ""), *tensors).to(tensors[0].dtype))


@function(alone="input")
def bitcast(input: Torch, type: Any, name: str | None = None) -> Torch:
    """The same bytes as numbers of another type."""
    kind = kind_of(type)
    size, wanted = input.dtype.itemsize, kind.itemsize
    if size == wanted:
        return input.view(kind)
    if size > wanted:
        return input.contiguous().unsqueeze(-1).view(kind)
    if not input.ndim or input.shape[-1] * size != wanted:
        raise InvalidArgumentError(
            f"tf.bitcast: the last axis has the {wanted} bytes of {as_dtype(kind).name}; received {tuple(input.shape)}."
        )
    return input.contiguous().view(kind).squeeze(-1)
