"""What part of the picture each number in a network depends on, followed through the network as it runs.

Every operation on what came from the picture passes through ``ReceptiveFields``, functional ones too
(``torch.cat``, ``+``, ``F.avg_pool2d``), so branches, shortcuts and poolings without a module are right.

For each axis of the picture a ``Span`` says: the output at index i depends on the pixels
``start + i·jump … start + i·jump + size - 1``. A convolution or pooling with kernel k, stride s, padding p and
dilation d turns it into ``start - p·jump``, ``size + d·(k - 1)·jump`` and ``jump·s``; where paths meet, the
result spans them all. This is the usual, theoretical receptive field: near the border it reaches beyond the
picture, and in a deep network its size can exceed the picture's.

Not counted: what normalisations (batch, group, instance) mix across places. Not known (``None``): operations
that change the grid of places in other ways, as transposed convolutions and interpolation do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

WINDOWS = ("conv", "max_pool", "avg_pool", "lp_pool")
GLOBAL = ("adaptive_avg_pool", "adaptive_max_pool")
REDUCTIONS = ("mean", "nanmean", "sum", "amax", "amin", "max", "min", "logsumexp")
RESHAPES = ("flatten", "view", "reshape", "squeeze", "unsqueeze", "__getitem__", "cat")
PRODUCTS = ("linear", "matmul", "__matmul__", "mm", "bmm", "addmm", "einsum")


@dataclasses.dataclass(frozen=True)
class Span:
    """Along one axis of the picture, in pixels; ``jump`` is 0 where every index sees the same."""

    start: int
    size: int
    jump: int

    def window(self, kernel: int, stride: int, padding: int, dilation: int) -> Span:
        """After a convolution or pooling."""
        return Span(
            self.start - padding * self.jump,
            self.size + dilation * (kernel - 1) * self.jump,
            self.jump * stride,
        )

    def with_(self, other: Span) -> Span:
        """Where two paths meet: what either sees."""
        if self.jump != other.jump:
            # One path is the same everywhere (squeeze-and-excitation's factors), and sees all of its maps.
            return max(self, other, key=lambda span: span.size)
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return Span(start, end - start, self.jump)

    def everywhere(self, places: int, side: int) -> Span:
        """What ``places`` indices see together, of a picture of ``side`` pixels."""
        start = max(0, self.start)
        end = min(side, self.start + (places - 1) * self.jump + self.size)
        return Span(start, end - start, 0)


@dataclasses.dataclass(frozen=True)
class Field:
    """The receptive field of a tensor's entries.

    Attributes:
        spans: one for each axis of the picture.
        places: size of the maps along each axis, or, where ``flat``, of the maps that were flattened.
        flat: the tensor has lost the picture's axes.
    """

    spans: tuple[Span, ...]
    places: tuple[int, ...]
    flat: bool = False

    @property
    def size(self) -> tuple[int, ...]:
        """Pixels of the picture that an entry depends on, along each axis."""
        return tuple(span.size for span in self.spans)

    @property
    def jump(self) -> tuple[int, ...] | None:
        """Pixels of the picture from one place to the next; None where there is but one place."""
        jumps = tuple(span.jump for span in self.spans)
        return None if self.flat or not any(jumps) else jumps


class ReceptiveFields(TorchFunctionMode):
    """While active, follows the receptive field of everything computed from ``images``.

    Args:
        images: ``(N, C, *sides)``, any number of axes after the channels, none included.
    """

    def __init__(self, images: torch.Tensor) -> None:
        super().__init__()
        self.sides = tuple(images.shape[2:])
        self._fields: Any = WeakTensorKeyDictionary()
        self._fields[images] = Field(tuple(Span(0, 1, 1) for _ in self.sides), self.sides)

    def of(self, tensor: torch.Tensor) -> Field | None:
        """The field of a tensor; None where it is not known."""
        field: Field | None = self._fields.get(tensor)
        return field

    def joined(self, name: str, count: int) -> None:
        """Called for each operation on ``count`` tensors, two or more, that came from the picture."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        # Before it runs: an operation in place changes its input.
        inputs = [tensor for tensor in _tensors((*args, *kwargs.values())) if tensor in self._fields]
        before = [self._fields[tensor] for tensor in inputs]
        result = func(*args, **kwargs)
        if inputs:
            for tensor in _tensors((result,)):
                self._fields[tensor] = self._after(name, before, tensor, args, kwargs)
            if len(inputs) > 1:
                self.joined(name, len(inputs))
        return result

    def _after(
        self, name: str, before: list[Field | None], output: torch.Tensor, args: Any, kwargs: Any
    ) -> Field | None:
        fields = [field for field in before if field is not None]
        if len(fields) < len(before):
            return None
        field = fields[0]
        if not self.sides:
            return field
        places = tuple(output.shape[2:])[-len(self.sides) :]
        if len(places) < len(self.sides) or any(other.flat for other in fields):
            return self._flattened(name, fields)
        if name in PRODUCTS or name.startswith("conv_transpose"):
            return None
        if name.startswith(WINDOWS):
            axes = len(self.sides)
            if f"{axes}d" not in name:
                return None
            spans = map(Span.window, field.spans, *zip(*_windows(name, args, kwargs, axes), strict=True))
            return Field(tuple(spans), places)
        if name.startswith(GLOBAL):
            return _pooled_to(field, places, self.sides)
        if name == "pad":
            return Field(_padded(field.spans, args[1] if len(args) > 1 else kwargs["pad"]), places)
        if name == "__getitem__" and places != field.places:
            return _sliced(field, args[1], places)
        if name in REDUCTIONS and places != field.places and set(places) == {1}:
            return _pooled_to(field, places, self.sides)
        widest = tuple(max(sizes) for sizes in zip(*(other.places for other in fields), strict=True))
        if places != widest:
            return None
        # Activations, normalisations, sums, concatenations of channels: place by place.
        return Field(_joined(fields), places)

    def _flattened(self, name: str, fields: list[Field]) -> Field | None:
        field = fields[0]
        if name in REDUCTIONS or (field.flat and name in PRODUCTS):
            spans = map(Span.everywhere, field.spans, field.places, self.sides)
            return Field(tuple(spans), field.places, flat=True)
        if name in RESHAPES or (field.flat and not name.startswith((*WINDOWS, *GLOBAL))):
            return Field(_joined(fields), field.places, flat=True)
        return None


def _tensors(values: Any) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from _tensors(value)


def _joined(fields: list[Field]) -> tuple[Span, ...]:
    spans = fields[0].spans
    for field in fields[1:]:
        spans = tuple(map(Span.with_, spans, field.spans))
    return spans


def _windows(name: str, args: Any, kwargs: Any, axes: int) -> list[tuple[int, int, int, int]]:
    """For each axis: kernel, stride, padding before the first pixel, dilation."""

    def argument(position: int, key: str, default: Any) -> Any:
        value = args[position] if len(args) > position else kwargs.get(key)
        return default if value is None or value == () else value

    def along(value: Any) -> tuple[int, ...]:
        values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        return values * axes if len(values) == 1 else values

    if name.startswith("conv"):
        kernels = tuple(argument(1, "weight", None).shape[2:])
        strides = along(argument(3, "stride", 1))
        dilations = along(argument(5, "dilation", 1))
        padding = argument(4, "padding", 0)
    else:
        kernels = along(argument(1, "kernel_size", None))
        strides = along(argument(2, "stride", kernels))
        dilations = along(argument(4, "dilation", 1)) if name.startswith("max") else along(1)
        padding = argument(3, "padding", 0)
    if padding == "same":
        # Rounded down: of an odd number, the one more comes after.
        paddings = tuple(d * (k - 1) // 2 for k, d in zip(kernels, dilations, strict=True))
    else:
        paddings = along(0 if padding == "valid" else padding)
    return list(zip(kernels, strides, paddings, dilations, strict=True))


def _pooled_to(field: Field, places: tuple[int, ...], sides: tuple[int, ...]) -> Field | None:
    """Adaptive pooling: of equal windows where they divide the maps, of the whole maps where it is global."""
    spans = []
    for span, before, after, side in zip(field.spans, field.places, places, sides, strict=True):
        if after == 1:
            spans.append(span.everywhere(before, side))
        elif before % after == 0:
            spans.append(span.window(before // after, before // after, 0, 1))
        else:
            return None
    return Field(tuple(spans), places)


def _padded(spans: tuple[Span, ...], pad: Any) -> tuple[Span, ...]:
    """``pad`` names the last axis first: before, after, before, after…; beyond the axes are the channels."""
    before = [*pad[::2], *[0] * len(spans)][: len(spans)][::-1]
    return tuple(Span(s.start - p * s.jump, s.size, s.jump) for s, p in zip(spans, before, strict=True))


def _sliced(field: Field, index: Any, places: tuple[int, ...]) -> Field | None:
    """``maps[:, :, ::2, ::2]``; None for anything but slices."""
    slices = index if isinstance(index, tuple) else (index,)
    if not all(isinstance(part, slice) for part in slices):
        return None
    last = [*slices[2:], *[slice(None)] * len(field.spans)][: len(field.spans)]
    spans = []
    for span, part, size in zip(field.spans, last, field.places, strict=True):
        first, _, step = part.indices(size)
        spans.append(Span(span.start + first * span.jump, span.size, span.jump * step))
    return Field(tuple(spans), places)
