"""Dense layers, activations, dropout, and changes of shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.keras import activations
from prunelle.keras.layers.base import Layer, without_values
from prunelle.keras.layout import Inward, KerasOrder, Outward, Shape, UsersFunction, inward, outward
from prunelle.keras.naming import unique_name


class Dense(Layer):
    """``activation(x · kernel + bias)`` on the last axis, whatever the rank.

    Weights: kernel (in, units), bias (units).
    """

    def __init__(
        self,
        units: int,
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
        if int(units) < 1:
            raise ArgumentError(f"units must be a positive integer; received {units!r}.")
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def make(self, input_shape: Shape) -> list[nn.Module]:
        if input_shape[-1] is None:
            raise ArgumentError(
                f"{self.name}: a Dense layer needs to know the last axis of its input; received the shape "
                f"{tuple(input_shape)}. Give the full input_shape, or use GlobalAveragePooling2D before it."
            )
        linear = without_values(nn.Linear, input_shape[-1], self.units, bias=self.use_bias)
        self._announce(
            "kernel",
            linear,
            "weight",
            self.kernel_initializer,
            to_keras=torch.t,
            to_torch=torch.t,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self._announce(
                "bias",
                linear,
                "bias",
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        body = [linear] if len(input_shape) == 2 else [Outward(), linear, Inward()]
        return [*body, *activations.parts(self.activation, inplace=True)]


class Activation(Layer):
    """An activation by name or function."""

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return activations.parts(self.activation) or [nn.Identity()]


class ReLU(Layer):
    """max(x, 0), with a slope below ``threshold`` and a ceiling where they are given."""

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def make(self, input_shape: Shape) -> list[nn.Module]:
        if self.max_value is None and not self.negative_slope and not self.threshold:
            return [nn.ReLU()]
        return [
            KerasOrder(
                lambda x: activations.relu(
                    x, self.negative_slope or 0.0, self.max_value, self.threshold or 0.0
                )
            )
        ]


class LeakyReLU(Layer):
    """x above 0, ``negative_slope`` (``alpha`` in Keras 2) · x below."""

    def __init__(self, negative_slope: float = 0.3, alpha: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.negative_slope = negative_slope if alpha is None else alpha

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [nn.LeakyReLU(self.negative_slope)]


class ELU(Layer):
    """x above 0, ``alpha`` · (exp(x) - 1) below."""

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [nn.ELU(self.alpha)]


class PReLU(Layer):
    """x above 0, alpha · x below; alpha is learnt, one for each value except along ``shared_axes``."""

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer, self.alpha_regularizer = alpha_initializer, alpha_regularizer
        self.alpha_constraint, self.shared_axes = alpha_constraint, tuple(shared_axes or ())

    def make(self, input_shape: Shape) -> list[nn.Module]:
        shape = [1 if axis in self.shared_axes else size for axis, size in enumerate(input_shape)][1:]
        module = _PReLU(shape)
        self._announce(
            "alpha",
            module,
            "alpha",
            self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        return [module]


class _PReLU(nn.Module):
    def __init__(self, shape: Sequence[int | None]) -> None:
        super().__init__()
        if None in shape:
            raise ArgumentError("PReLU needs to know the shape of its input, or shared_axes.")
        self.alpha = nn.Parameter(torch.empty(*[d for d in shape if d is not None]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = outward(x)
        return inward(torch.where(x >= 0, x, self.alpha * x))


class Softmax(Layer):
    """exp(x) divided by its sum along ``axis``."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def make(self, input_shape: Shape) -> list[nn.Module]:
        if self.axis in (-1, len(input_shape) - 1):
            return [nn.Softmax(dim=1)]
        return [KerasOrder(lambda x: torch.softmax(x, self.axis))]


class Dropout(Layer):
    """In training, each value becomes 0 with probability ``rate``; the others are divided by 1 - ``rate``.

    ``noise_shape``: 1 on the axes along which values are dropped together.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ArgumentError(f"rate must be between 0 and 1; received {rate!r}.")
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def make(self, input_shape: Shape) -> list[nn.Module]:
        if self.noise_shape is None:
            return [nn.Dropout(self.rate)]
        return [_SharedDropout(self.rate, self.noise_shape)]


class _SharedDropout(nn.Module):
    def __init__(self, rate: float, noise_shape: Sequence[int | None]) -> None:
        super().__init__()
        self.rate, self.noise_shape = rate, noise_shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        x = outward(x)
        shape = [n if d is None else d for n, d in zip(x.shape, self.noise_shape, strict=True)]
        return inward(x * nn.functional.dropout(x.new_ones(shape), self.rate))


class SpatialDropout1D(Layer):
    """Dropout of whole channels of a sequence."""

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [nn.Dropout1d(self.rate)]


class SpatialDropout2D(Layer):
    """Dropout of whole maps."""

    def __init__(
        self, rate: float, data_format: str | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        channels_last(data_format)
        self.rate, self.seed = rate, seed

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [nn.Dropout2d(self.rate)]


class GaussianNoise(Layer):
    """In training, adds N(0, ``stddev``²)."""

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stddev, self.seed = stddev, seed

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [_Noise(self.stddev)]


class _Noise(nn.Module):
    def __init__(self, stddev: float) -> None:
        super().__init__()
        self.stddev = stddev

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.stddev * torch.randn_like(x) if self.training else x


class Flatten(Layer):
    """All axes but the first become one, in Keras's order: rows, columns, channels."""

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        channels_last(data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], product(input_shape[1:]))

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [Outward(), nn.Flatten()]


class Reshape(Layer):
    """The same values, in Keras's order, in another shape; one size may be -1."""

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(int(size) for size in target_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        known = math.prod(size for size in self.target_shape if size != -1)
        total = product(input_shape[1:])
        if total is not None and (total % known if -1 in self.target_shape else total != known):
            raise ArgumentError(
                f"{self.name}: {tuple(input_shape[1:])} has {total} values and cannot become {self.target_shape}."
            )
        rest = None if total is None else total // known
        return (input_shape[0], *(rest if size == -1 else size for size in self.target_shape))

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [KerasOrder(lambda x: x.reshape(x.shape[0], *self.target_shape))]


class Permute(Layer):
    """Other order of the axes; ``dims`` counts from 1, without the batch."""

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [KerasOrder(lambda x: x.permute(0, *self.dims))]


class RepeatVector(Layer):
    """``(N, F)`` → ``(N, n, F)``."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = n

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.n, input_shape[1])

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [KerasOrder(lambda x: x[:, None].expand(-1, self.n, -1))]


class Lambda(Layer):
    """A function of one's own: it receives a torch tensor in Keras's order (or a list of them) and gives one.

    Functions of ``keras.backend`` work in it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        *,
        kind: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name or unique_name(kind or "lambda"), **kwargs)
        if not callable(function):
            raise ArgumentError(f"Lambda takes a function; received {function!r}.")
        self.function, self._output_shape, self.arguments = function, output_shape, dict(arguments or {})

    def compute_output_shape(self, input_shape: Any) -> Shape:
        batch = input_shape[0] if not isinstance(input_shape[0], tuple | list) else input_shape[0][0]
        if callable(self._output_shape):
            return tuple(self._output_shape(input_shape))
        if self._output_shape is not None:
            return (batch, *self._output_shape)
        # Asked on zeros of two sizes: an axis that differs between the answers is not known.
        answers = []
        for unknown in (2, 3):
            with torch.no_grad():
                answers.append(tuple(self._run(_zeros(input_shape, unknown)).shape))
        return tuple(a if a == b else None for a, b in zip(*answers, strict=True))

    def make(self, input_shape: Any) -> list[nn.Module]:
        if isinstance(input_shape[0], tuple | list):
            return [UsersFunction(lambda *inputs: self._run(list(inputs)))]
        return [UsersFunction(self._run)]

    def _run(self, inputs: Any) -> torch.Tensor:
        result: torch.Tensor = self.function(inputs, **self.arguments)
        return result


def _zeros(shape: Any, unknown: int) -> Any:
    if isinstance(shape[0], tuple | list):
        return [_zeros(each, unknown) for each in shape]
    return torch.zeros([unknown if size is None else size for size in shape])


class ActivityRegularization(Layer):
    """Adds l1 · Σ|x| + l2 · Σx² of its input, a mean over the batch, to the loss."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        from prunelle.keras.regularizers import L1L2

        super().__init__(activity_regularizer=L1L2(l1, l2), **kwargs)
        self.l1, self.l2 = l1, l2

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [nn.Identity()]


def product(sizes: Sequence[int | None]) -> int | None:
    """None where one of them is."""
    return None if None in sizes else math.prod(size for size in sizes if size is not None)


def channels_last(data_format: str | None) -> None:
    """Refuses what is not channels-last.

    Raises:
        ArgumentError: ``channels_first``, or no order at all.
    """
    if data_format not in (None, "channels_last"):
        raise ArgumentError(
            f"data_format must be channels_last, Keras's default: arrays are (N, H, W, C); received {data_format!r}."
        )


__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "Lambda",
    "LeakyReLU",
    "PReLU",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Reshape",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
]
