"""Convolutions, and what goes around them: padding, cropping, upsampling.

Kernels are Keras's: ``(*size, in, out)``; ``(h, w, out, in)`` of a transposed convolution; ``(h, w, in, multiplier)``
of a depthwise one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.keras import activations
from prunelle.keras.layers.base import Layer, normalise_tuple, without_values
from prunelle.keras.layers.core import channels_last
from prunelle.keras.layout import Shape
from prunelle.training.speed import avoid_overrun

Order = Callable[[torch.Tensor], torch.Tensor]


class SamePad(nn.Module):
    """The padding of TensorFlow's "same": ⌈n/stride⌉ outputs, an odd border at the end.

    PyTorch pads both ends alike, which is another function as soon as the border is odd: a kernel of 3 with
    stride 2 sees an even picture one pixel further right.

    Args:
        value: what the border is made of.
        causal: all of the border comes first.
    """

    def __init__(
        self,
        kernel: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
        value: float = 0.0,
        *,
        causal: bool = False,
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.dilation = kernel, stride, dilation
        self.value, self.causal = value, causal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        border: list[int] = []
        sizes = zip(x.shape[2:], self.kernel, self.stride, self.dilation, strict=True)
        for n, kernel, stride, dilation in sizes:
            reach = (kernel - 1) * dilation + 1
            total = reach - 1 if self.causal else max((-(-n // stride) - 1) * stride + reach - n, 0)
            before = total if self.causal else total // 2
            border = [before, total - before, *border]  # F.pad starts with the last axis
        return F.pad(x, border, value=self.value) if any(border) else x


class _Conv(Layer):
    """What the convolutions share."""

    rank: ClassVar[int]
    module_class: ClassVar[type[nn.Module]]

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        channels_last(data_format)
        self.filters = int(filters)
        if self.filters < 1:
            raise ArgumentError(f"filters must be a positive integer; received {filters!r}.")
        self.kernel_size = normalise_tuple(kernel_size, self.rank, "kernel_size")
        self.strides = normalise_tuple(strides, self.rank, "strides")
        self.dilation_rate = normalise_tuple(dilation_rate, self.rank, "dilation_rate")
        self.padding = _padding(padding, causal=self.rank == 1)
        self.groups = groups
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        space = windows(
            self,
            input_shape,
            self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            dilation=self.dilation_rate,
        )
        return (input_shape[0], *space, self.filters)

    def make(self, input_shape: Shape) -> list[nn.Module]:
        channels = channels_of(self, input_shape, self.rank)
        if channels % self.groups or self.filters % self.groups:
            raise ArgumentError(
                f"{self.name}: groups must divide channels and filters; received groups={self.groups}, "
                f"channels={channels}, filters={self.filters}."
            )
        before, padding = pad(self.kernel_size, self.strides, self.padding, self.dilation_rate)
        convolution = without_values(
            self.module_class,
            channels,
            self.filters,
            self.kernel_size,
            stride=self.strides,
            padding=padding,
            dilation=self.dilation_rate,
            groups=self.groups,
            bias=self.use_bias,
        )
        avoid_overrun(convolution)
        self._announce_kernel("kernel", convolution, last_two_swapped, first_two_swapped)
        return [*before, convolution, *activations.parts(self.activation, inplace=True)]

    def _announce_kernel(self, name: str, convolution: nn.Module, to_keras: Order, to_torch: Order) -> None:
        self._announce(
            name,
            convolution,
            "weight",
            self.kernel_initializer,
            to_keras=to_keras,
            to_torch=to_torch,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self._announce(
                "bias",
                convolution,
                "bias",
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )


def last_two_swapped(weight: torch.Tensor) -> torch.Tensor:
    """``(a, b, *size)`` → ``(*size, b, a)``: PyTorch's kernels in Keras's order."""
    return weight.permute(*range(2, weight.ndim), 1, 0)


def first_two_swapped(weight: torch.Tensor) -> torch.Tensor:
    """``(*size, b, a)`` → ``(a, b, *size)``."""
    return weight.permute(-1, -2, *range(weight.ndim - 2))


class Conv1D(_Conv):
    """Convolution of ``(N, L, C)`` with ``filters`` kernels; ``padding`` may be ``causal``."""

    rank = 1
    module_class = nn.Conv1d


class Conv2D(_Conv):
    """Convolution of ``(N, H, W, C)`` with ``filters`` kernels (cross-correlation, as everywhere in the field)."""

    rank = 2
    module_class = nn.Conv2d


class Conv2DTranspose(_Conv):
    """The gradient of a convolution as a layer: with ``same`` padding, pictures grow by ``strides``."""

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        output_padding: int | Sequence[int] | None = None,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(filters, kernel_size, strides, padding, data_format, dilation_rate, **kwargs)
        self.output_padding = None if output_padding is None else _output_padding(output_padding)

    def _geometry(self) -> list[tuple[int, int, int]]:
        """For each axis: what is cut off the full output before and after, and what is added after."""
        found = []
        for axis, (kernel, stride, dilation) in enumerate(
            zip(self.kernel_size, self.strides, self.dilation_rate, strict=True)
        ):
            reach = (kernel - 1) * dilation + 1
            # The full output has (n - 1)·stride + reach values.
            if self.output_padding is not None:
                border = reach // 2 if self.padding == "same" else 0
                found.append((border, border, self.output_padding[axis]))
            elif self.padding == "same":
                total = max(reach - stride, 0)
                found.append((total // 2, total - total // 2, max(stride - reach, 0)))
            else:
                found.append((0, 0, max(stride - reach, 0)))
        return found

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        space = []
        for n, kernel, stride, dilation, (before, after, added) in zip(
            input_shape[1:-1],
            self.kernel_size,
            self.strides,
            self.dilation_rate,
            self._geometry(),
            strict=True,
        ):
            full = None if n is None else (n - 1) * stride + (kernel - 1) * dilation + 1
            space.append(None if full is None else full - before - after + added)
        return (input_shape[0], *space, self.filters)

    def make(self, input_shape: Shape) -> list[nn.Module]:
        channels = channels_of(self, input_shape, self.rank)
        geometry = self._geometry()
        convolution = without_values(
            nn.ConvTranspose2d,
            channels,
            self.filters,
            self.kernel_size,
            stride=self.strides,
            dilation=self.dilation_rate,
            bias=self.use_bias,
            padding=[before for before, _, _ in geometry],
            # What PyTorch cuts after beyond Keras is what it cuts before; the rest goes by slicing.
            output_padding=[added for _, _, added in geometry],
        )
        self._announce_kernel("kernel", convolution, last_two_swapped, first_two_swapped)
        more = [after - before for before, after, _ in geometry]
        cut = [_CutEnd(more)] if any(more) else []
        return [convolution, *cut, *activations.parts(self.activation, inplace=True)]


class _CutEnd(nn.Module):
    """Drops the last rows and columns."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.sizes = tuple(sizes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows, columns = self.sizes
        return x[:, :, : x.shape[2] - rows, : x.shape[3] - columns]


class DepthwiseConv2D(_Conv):
    """``depth_multiplier`` kernels for each channel, channels apart."""

    rank = 2
    module_class = nn.Conv2d

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        depthwise_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            1,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=depthwise_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=depthwise_regularizer,
            kernel_constraint=depthwise_constraint,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        space = windows(
            self,
            input_shape,
            self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            dilation=self.dilation_rate,
        )
        return (input_shape[0], *space, channels_of(self, input_shape, 2) * self.depth_multiplier)

    def make(self, input_shape: Shape) -> list[nn.Module]:
        channels = channels_of(self, input_shape, 2)
        before, convolution = _depthwise(self, channels, self.use_bias)
        self._announce_kernel("kernel", convolution, *depthwise_order(channels))
        return [*before, convolution, *activations.parts(self.activation, inplace=True)]


class SeparableConv2D(_Conv):
    """A depthwise convolution, then one of 1×1 with bias. Weights: depthwise_kernel, pointwise_kernel, bias."""

    rank = 2

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=pointwise_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=pointwise_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=pointwise_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = depthwise_initializer
        self.depthwise_regularizer = depthwise_regularizer
        self.depthwise_constraint = depthwise_constraint

    def make(self, input_shape: Shape) -> list[nn.Module]:
        channels = channels_of(self, input_shape, 2)
        before, depthwise = _depthwise(self, channels, bias=False)
        to_keras, to_torch = depthwise_order(channels)
        self._announce(
            "depthwise_kernel",
            depthwise,
            "weight",
            self.depthwise_initializer,
            to_keras=to_keras,
            to_torch=to_torch,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        pointwise = without_values(
            nn.Conv2d, channels * self.depth_multiplier, self.filters, 1, bias=self.use_bias
        )
        self._announce_kernel("pointwise_kernel", pointwise, last_two_swapped, first_two_swapped)
        return [*before, depthwise, pointwise, *activations.parts(self.activation, inplace=True)]


def _depthwise(layer: Any, channels: int, bias: bool) -> tuple[list[nn.Module], nn.Module]:
    before, padding = pad(layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate)
    return before, without_values(
        nn.Conv2d,
        channels,
        channels * layer.depth_multiplier,
        layer.kernel_size,
        stride=layer.strides,
        padding=padding,
        dilation=layer.dilation_rate,
        groups=channels,
        bias=bias,
    )


def depthwise_order(channels: int) -> tuple[Order, Order]:
    """PyTorch's ``(in · multiplier, 1, h, w)`` to Keras's ``(h, w, in, multiplier)``, and back."""

    def to_keras(weight: torch.Tensor) -> torch.Tensor:
        return weight.reshape(channels, -1, *weight.shape[2:]).permute(2, 3, 0, 1)

    def to_torch(weight: torch.Tensor) -> torch.Tensor:
        height, width, _, _ = weight.shape
        return weight.permute(2, 3, 0, 1).reshape(-1, 1, height, width)

    return to_keras, to_torch


class ZeroPadding2D(Layer):
    """Zeros around pictures: one number, (rows, columns), or ((top, bottom), (left, right))."""

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        channels_last(data_format)
        self.padding = borders(padding, "padding")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        space = [
            None if n is None else n + sum(p) for n, p in zip(input_shape[1:3], self.padding, strict=True)
        ]
        return (input_shape[0], *space, input_shape[3])

    def make(self, input_shape: Shape) -> list[nn.Module]:
        (top, bottom), (left, right) = self.padding
        return [nn.ZeroPad2d((left, right, top, bottom))]


class ZeroPadding1D(Layer):
    """Zeros before and after sequences."""

    def __init__(self, padding: int | tuple[int, int] = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.padding = (padding, padding) if isinstance(padding, int) else tuple(padding)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        n = input_shape[1]
        return (input_shape[0], None if n is None else n + sum(self.padding), input_shape[2])

    def make(self, input_shape: Shape) -> list[nn.Module]:
        before, after = self.padding
        return [nn.ConstantPad1d((before, after), 0.0)]


class Cropping2D(Layer):
    """Cuts borders off pictures; ``cropping`` as ``ZeroPadding2D``'s padding."""

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        channels_last(data_format)
        self.cropping = borders(cropping, "cropping")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        space = [
            None if n is None else n - sum(c) for n, c in zip(input_shape[1:3], self.cropping, strict=True)
        ]
        if any(n is not None and n < 1 for n in space):
            raise ArgumentError(
                f"{self.name}: nothing is left of {tuple(input_shape[1:3])} after {self.cropping}."
            )
        return (input_shape[0], *space, input_shape[3])

    def make(self, input_shape: Shape) -> list[nn.Module]:
        (top, bottom), (left, right) = self.cropping
        return [nn.ZeroPad2d((-left, -right, -top, -bottom))]


class UpSampling2D(Layer):
    """Each pixel becomes ``size`` pixels: repeated (``nearest``), or interpolated (``bilinear``)."""

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        channels_last(data_format)
        self.size = normalise_tuple(size, 2, "size")
        if interpolation not in ("nearest", "bilinear"):
            raise ArgumentError(f"interpolation must be nearest or bilinear; received {interpolation!r}.")
        self.interpolation = interpolation

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        space = [None if n is None else n * s for n, s in zip(input_shape[1:3], self.size, strict=True)]
        return (input_shape[0], *space, input_shape[3])

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [nn.Upsample(scale_factor=tuple(map(float, self.size)), mode=self.interpolation)]


class UpSampling1D(Layer):
    """Each step of a sequence, ``size`` times."""

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        n = input_shape[1]
        return (input_shape[0], None if n is None else n * self.size, input_shape[2])

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [nn.Upsample(scale_factor=float(self.size))]


def pad(
    kernel: tuple[int, ...], strides: tuple[int, ...], padding: str, dilation: tuple[int, ...]
) -> tuple[list[nn.Module], tuple[int, ...]]:
    """What goes before a convolution, and the padding that the convolution itself does."""
    none = (0,) * len(kernel)
    if padding == "valid":
        return [], none
    borders = tuple((k - 1) * d for k, d in zip(kernel, dilation, strict=True))
    if padding == "same" and all(s == 1 for s in strides) and not any(border % 2 for border in borders):
        return [], tuple(border // 2 for border in borders)
    return [SamePad(kernel, strides, dilation, causal=padding == "causal")], none


def windows(
    layer: Layer,
    input_shape: Shape,
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...] | None = None,
) -> list[int | None]:
    """How many windows fit along each axis of space.

    Raises:
        ArgumentError: none.
    """
    require_rank(layer, input_shape, len(kernel) + 2)
    found: list[int | None] = []
    for axis, n in enumerate(input_shape[1:-1]):
        reach = (kernel[axis] - 1) * (dilation[axis] if dilation else 1) + 1
        if n is None:
            found.append(None)
        elif padding in ("same", "causal"):
            found.append(-(-n // strides[axis]))
        elif n < reach:
            raise ArgumentError(
                f"{layer.name}: its window of {reach} does not fit into what is left of the picture, "
                f"{tuple(input_shape[1:-1])}. Use padding='same', larger pictures, or fewer poolings before."
            )
        else:
            found.append((n - reach) // strides[axis] + 1)
    return found


def require_rank(layer: Layer, input_shape: Shape, rank: int) -> None:
    """Raises an ``ArgumentError`` where a layer is called on a tensor of another rank."""
    if len(input_shape) != rank:
        axes = {3: "(N, length, channels)", 4: "(N, height, width, channels)"}[rank]
        raise ArgumentError(
            f"{layer.name} ({type(layer).__name__}) takes tensors of rank {rank}, {axes}; received the shape "
            f"{tuple(input_shape)}."
        )


def channels_of(layer: Layer, input_shape: Shape, rank: int) -> int:
    """The number of channels of a convolution's input."""
    require_rank(layer, input_shape, rank + 2)
    if input_shape[-1] is None:
        raise ArgumentError(
            f"{layer.name} needs to know its input's channels; received {tuple(input_shape)}."
        )
    return input_shape[-1]


def borders(value: Any, name: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """One number, two, or two pairs, as two pairs."""
    if isinstance(value, int):
        return (value, value), (value, value)
    try:
        rows, columns = value
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} must be a number, two, or two pairs; received {value!r}.") from None
    return (
        (rows, rows) if isinstance(rows, int) else tuple(rows),
        (columns, columns) if isinstance(columns, int) else tuple(columns),
    )


def _padding(padding: str, *, causal: bool) -> str:
    lower = str(padding).lower()
    known = ("valid", "same", "causal") if causal else ("valid", "same")
    if lower not in known:
        raise ArgumentError(f"padding must be {' or '.join(known)}; received {padding!r}.")
    return lower


def _output_padding(value: int | Sequence[int]) -> tuple[int, int]:
    rows, columns = (value, value) if isinstance(value, int) else value
    return rows, columns


Convolution1D, Convolution2D = Conv1D, Conv2D
Deconvolution2D = Convolution2DTranspose = Conv2DTranspose
SeparableConvolution2D = SeparableConv2D

__all__ = [
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Convolution1D",
    "Convolution2D",
    "Convolution2DTranspose",
    "Cropping2D",
    "Deconvolution2D",
    "DepthwiseConv2D",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
]
