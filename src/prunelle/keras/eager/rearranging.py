"""Functions of ``tf`` itself that part tensors, put them together and count them."""

from __future__ import annotations

import builtins
import time
from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import axes, function, kind_of, sizes
from prunelle.keras.eager.shapes import TensorShape
from prunelle.keras.eager.tensor import convert, wrap
from prunelle.keras.floor import keras

Torch = torch.Tensor


def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """The shape of an operation by element of two shapes.

    Raises:
        InvalidArgumentError: they do not fit.
    """
    try:
        return TensorShape(np.broadcast_shapes(tuple(shape_x), tuple(shape_y)))
    except ValueError:
        raise InvalidArgumentError(
            f"shapes {tuple(shape_x)} and {tuple(shape_y)} do not fit: each size is the same, or 1."
        ) from None


@function(alone="shape_x shape_y")
def broadcast_dynamic_shape(shape_x: Torch, shape_y: Torch) -> Torch:
    """The shape of an operation by element of two shapes, all of them tensors."""
    found = broadcast_static_shape(shape_x.tolist(), shape_y.tolist())
    return torch.tensor(list(found), dtype=shape_x.dtype)


@function(lists="data")
def dynamic_stitch(indices: Any, data: Any, name: str | None = None) -> Torch:
    """Rows of several tensors, each at its place; of several for one place the last."""
    places = [convert(each).long() for each in indices]
    rest = tuple(data[0].shape[places[0].ndim :])
    count = max((int(each.max()) + 1 for each in places if each.numel()), default=0)
    found: Torch = data[0].new_zeros((count, *rest))
    for where, values in zip(places, data, strict=True):
        found = found.index_copy(0, where.reshape(-1), values.reshape(-1, *rest))
    return found


@function(alone="data partitions")
def dynamic_partition(data: Torch, partitions: Torch, num_partitions: int, name: str | None = None) -> Any:
    """Rows of a tensor, parted by the number of each.

    Raises:
        InvalidArgumentError: a number that is not within 0 and ``num_partitions``.
    """
    flat = partitions.reshape(-1)
    if flat.numel() and not 0 <= int(flat.min()) <= int(flat.max()) < int(num_partitions):
        raise InvalidArgumentError(
            f"tf.dynamic_partition: partitions are from 0 to {int(num_partitions) - 1}; received {flat.tolist()}."
        )
    rows = data.reshape(-1, *data.shape[partitions.ndim :])
    return [rows[flat == part] for part in builtins.range(int(num_partitions))]


@function(alone="input seq_lengths")
def reverse_sequence(
    input: Torch,
    seq_lengths: Torch,
    seq_axis: Any = None,
    batch_axis: Any = None,
    name: str | None = None,
) -> Torch:
    """The first so many of each row backwards; what is beyond stays.

    Raises:
        InvalidArgumentError: more than a row has.
    """
    along = axes(0 if seq_axis is None else seq_axis, input.ndim)[0]
    batch = axes(0 if batch_axis is None else batch_axis, input.ndim)[0]
    size = input.shape[along]
    if seq_lengths.numel() and int(seq_lengths.max()) > size:
        raise InvalidArgumentError(
            f"tf.reverse_sequence: seq_lengths are up to {size}; received {seq_lengths.tolist()}."
        )
    places = torch.arange(size)
    lengths = seq_lengths.long()[:, None]
    order = torch.where(places < lengths, lengths - 1 - places, places)  # (batch, seq)
    shape = [1] * input.ndim
    shape[batch], shape[along] = order.shape
    if batch > along:
        order = order.T
    return input.gather(along, order.reshape(shape).expand(input.shape))


@function(alone="input")
def extract_volume_patches(
    input: Torch, ksizes: Any, strides: Any, padding: Any, name: str | None = None
) -> Torch:
    """Blocks of volumes ``(N, D, H, W, C)``: each is a place with ``d · h · w · C`` channels."""
    from prunelle.keras.eager.nn.places import borders, padded, per_axis, pictures

    title = "tf.extract_volume_patches"
    given = pictures(input, 3, None, title)
    kernel, stride = (per_axis(each, 3, False, title, "ksizes, strides") for each in (ksizes, strides))
    around = borders(padding, tuple(given.values.shape[2:]), kernel, stride=stride, first=False, name=title)
    blocks = padded(given.values, around)
    for axis, (size, step) in enumerate(zip(kernel, stride, strict=True), start=2):
        blocks = blocks.unfold(axis, size, step)
    # (N, C, D, H, W, d, h, w) → (N, D, H, W, d · h · w · C)
    return blocks.permute(0, 2, 3, 4, 5, 6, 7, 1).flatten(4)


@function(alone="indices dims")
def unravel_index(indices: Torch, dims: Torch, name: str | None = None) -> Torch:
    """Places in a flat tensor as places of several axes: ``(axes, …)``."""
    shape = [int(each) for each in dims]
    total = int(np.prod(shape))
    if indices.numel() and not 0 <= int(indices.min()) <= int(indices.max()) < total:
        raise InvalidArgumentError(f"tf.unravel_index: indices are from 0 to {total - 1} for dims={shape}.")
    found = np.unravel_index(indices.numpy(), shape)
    return torch.as_tensor(np.stack(found)).to(indices.dtype)


def _bins(values: Torch, value_range: Torch, nbins: Any) -> Torch:
    low, high = value_range.to(values.dtype).double()
    scaled = torch.floor((values.double() - low) / (high - low) * int(nbins))
    return scaled.clamp(0, int(nbins) - 1).long()


@function("values value_range", numbers="real")
def histogram_fixed_width_bins(
    values: Torch, value_range: Torch, nbins: Any = 100, dtype: Any = "int32", name: str | None = None
) -> Torch:
    """Which of ``nbins`` equal steps of a range each number is in; those outside are in the outermost."""
    return _bins(values, value_range, nbins).to(kind_of(dtype))


@function("values value_range", numbers="real")
def histogram_fixed_width(
    values: Torch, value_range: Torch, nbins: Any = 100, dtype: Any = "int32", name: str | None = None
) -> Torch:
    """How many numbers are in each of ``nbins`` equal steps of a range."""
    return torch.bincount(_bins(values, value_range, nbins).reshape(-1), minlength=int(nbins)).to(
        kind_of(dtype)
    )


def required_space_to_batch_paddings(
    input_shape: Any, block_shape: Any, base_paddings: Any = None, name: str | None = None
) -> Any:
    """Paddings with which blocks go evenly into a shape, and what to crop afterwards."""
    shape, block = np.asarray(sizes(input_shape)), np.asarray(sizes(block_shape))
    base = np.zeros((len(block), 2), np.int64) if base_paddings is None else np.asarray(base_paddings)
    extra = -(shape + base.sum(1)) % block
    paddings = np.stack([base[:, 0], base[:, 1] + extra], 1)
    crops = np.stack([np.zeros_like(extra), extra], 1)
    return tuple(wrap(torch.as_tensor(each.astype(np.int32))) for each in (paddings, crops))


@function(lists="input")
def identity_n(input: Any, name: str | None = None) -> Any:
    """Each tensor of a list."""
    return [each.clone() for each in input]


def shape_n(input: Any, out_type: Any = "int32", name: str | None = None) -> Any:
    """The sizes of each tensor of a list."""
    return [wrap(torch.tensor(list(convert(each).shape), dtype=kind_of(out_type))) for each in input]


def tuple(tensors: Any, control_inputs: Any = None, name: str | None = None) -> Any:
    """The tensors of a list."""
    return [None if each is None else wrap(convert(each)) for each in tensors]


@function(alone="input")
def guarantee_const(input: Torch, name: str | None = None) -> Torch:
    """The tensor."""
    return input


@function(lists="values")
def parallel_stack(values: Any, name: str | None = None) -> Torch:
    """One after the other along a new first axis."""
    return torch.stack(values)


def timestamp(name: str | None = None) -> Any:
    """Seconds since 1970: float64."""
    return wrap(torch.tensor(time.time(), dtype=torch.float64))


def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """Its numbers; None of a tensor of a graph."""
    return None if is_symbolic_tensor(tensor) else wrap(convert(tensor)).numpy()


def is_symbolic_tensor(tensor: Any) -> bool:
    """Whether it is one of a graph of layers, without numbers."""
    return isinstance(tensor, keras.KerasTensor) or (isinstance(tensor, torch.Tensor) and tensor.is_meta)


@function(alone="inputs")
def fake_quant_with_min_max_args(
    inputs: Torch,
    min: float = -6,
    max: float = 6,
    num_bits: int = 8,
    narrow_range: bool = False,
    name: str | None = None,
) -> Torch:
    """Rounded to the steps that so many bits have between two numbers; the gradient goes through within them."""
    first, last = int(narrow_range), 2**num_bits - 1
    step = (max - min) / (last - first)
    zero = np.clip(np.round(first - min / step), first, last)
    low, high = float((first - zero) * step), float((last - zero) * step)
    inside = inputs.clamp(low, high)
    rounded = torch.floor((inside - low) / step + 0.5) * step + low
    found: Torch = inside + (rounded - inside).detach()
    return found
