"""Layers that Keras 3 has no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prunelle.errors import UnknownName
from prunelle.keras.floor import keras

ops: Any = keras.ops
Layer: Any = keras.layers.Layer


class ThresholdedReLU(Layer):  # type: ignore[misc]
    """``x`` where it is above ``theta``, else 0."""

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.theta = float(theta)

    def call(self, inputs: Any) -> Any:
        """Value by value."""
        return inputs * ops.cast(ops.greater(inputs, self.theta), inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Its argument."""
        return {**super().get_config(), "theta": self.theta}


class PaddedConv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """A 3×3 convolution with a zero on every side, as torch's networks have it.

    With strides of 2, ``same`` pads an even picture at its end alone, and sees it one pixel further on.
    """

    def call(self, inputs: Any) -> Any:
        """Of ``padding="valid"``, on the wider picture."""
        return super().call(ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0))))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The wider picture's."""
        sides = [None if side is None else side + 2 for side in input_shape[1:3]]
        return super().compute_output_shape((input_shape[0], *sides, input_shape[3]))


class _LocallyConnected(Layer):  # type: ignore[misc]
    """A convolution with a kernel of its own at every place."""

    rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
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
        if padding.lower() != "valid":
            raise ValueError(
                f"Invalid border mode for {type(self).__name__} (only 'valid' is supported): {padding}"
            )
        self.filters = filters
        self.kernel_size = (kernel_size,) * self.rank if isinstance(kernel_size, int) else tuple(kernel_size)
        self.strides = (strides,) * self.rank if isinstance(strides, int) else tuple(strides)
        self.padding = padding.lower()
        self.data_format = data_format or keras.config.image_data_format()
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def _sides(self, shape: Any) -> tuple[int, ...]:
        first = self.data_format == "channels_first"
        sizes = shape[2:] if first else shape[1:-1]
        if any(size is None for size in sizes):
            raise ValueError(
                f"The spatial dimensions of {type(self).__name__}'s inputs should be fully known: {shape}"
            )
        return tuple((n - k) // s + 1 for n, k, s in zip(sizes, self.kernel_size, self.strides, strict=True))

    def build(self, input_shape: Any) -> None:
        """Makes the kernel: ``(places, values of a window, filters)``."""
        sides = self._sides(input_shape)
        channels = input_shape[1] if self.data_format == "channels_first" else input_shape[-1]
        places, window = 1, channels
        for side, size in zip(sides, self.kernel_size, strict=True):
            places, window = places * side, window * size
        self.kernel = self.add_weight(
            shape=(places, window, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        self.bias = (
            self.add_weight(
                shape=(*sides, self.filters),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
            if self.use_bias
            else None
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """``(N, *sides, C)`` → ``(N, *places, filters)``"""
        first = self.data_format == "channels_first"
        x = ops.moveaxis(inputs, 1, -1) if first else inputs
        sides = self._sides(inputs.shape)
        windows = []
        import itertools

        for place in itertools.product(*(range(side) for side in sides)):
            part = x
            for axis, (at, stride, size) in enumerate(
                zip(place, self.strides, self.kernel_size, strict=True), 1
            ):
                part = ops.take(part, ops.arange(at * stride, at * stride + size), axis=axis)
            windows.append(ops.reshape(part, (-1, self.kernel.shape[1])))
        found = ops.einsum("pnw,pwf->npf", ops.stack(windows), self.kernel)
        found = ops.reshape(found, (-1, *sides, self.filters))
        if self.bias is not None:
            found = found + self.bias
        return self.activation(ops.moveaxis(found, -1, 1) if first else found)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """One value a place and filter."""
        sides = self._sides(input_shape)
        if self.data_format == "channels_first":
            return (input_shape[0], self.filters, *sides)
        return (input_shape[0], *sides, self.filters)

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        serialized = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in (
                *("activation", "kernel_initializer", "bias_initializer", "kernel_regularizer"),
                *("bias_regularizer", "kernel_constraint", "bias_constraint"),
            )
        }
        plain = ("filters", "kernel_size", "strides", "padding", "data_format", "use_bias")
        return {**super().get_config(), **serialized, **{name: getattr(self, name) for name in plain}}


class LocallyConnected1D(_LocallyConnected):
    """Of series, ``(N, T, C)``."""

    rank = 1


class LocallyConnected2D(_LocallyConnected):
    """Of pictures, ``(N, H, W, C)``."""

    rank = 2


class MaxoutDense(Layer):  # type: ignore[misc]
    """Keras 1's: the largest of ``nb_feature`` dense layers, value by value (Goodfellow 2013)."""

    def __init__(
        self,
        output_dim: int,
        nb_feature: int = 4,
        init: Any = "glorot_uniform",
        bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.output_dim, self.nb_feature, self.init, self.bias = output_dim, nb_feature, init, bias

    def build(self, input_shape: Any) -> None:
        """Makes the weights."""
        size = (self.nb_feature, input_shape[-1], self.output_dim)
        self.W = self.add_weight(shape=size, initializer=self.init, name="W")
        self.b = (
            self.add_weight(shape=(self.nb_feature, self.output_dim), initializer="zeros", name="b")
            if self.bias
            else None
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """``(N, D)`` → ``(N, output_dim)``"""
        found = ops.einsum("nd,kdo->nko", inputs, self.W)
        return ops.max(found if self.b is None else found + self.b, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        own = {name: getattr(self, name) for name in ("output_dim", "nb_feature", "init", "bias")}
        return {**super().get_config(), **own}


class Highway(Layer):  # type: ignore[misc]
    """Keras 1's: a dense layer, and a gate that lets the input through instead (Srivastava 2015)."""

    def __init__(
        self, init: Any = "glorot_uniform", activation: Any = None, bias: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.init, self.activation, self.bias = init, keras.activations.get(activation), bias

    def build(self, input_shape: Any) -> None:
        """Makes the weights."""
        size = input_shape[-1]
        self.W = self.add_weight(shape=(size, size), initializer=self.init, name="W")
        self.W_carry = self.add_weight(shape=(size, size), initializer=self.init, name="W_carry")
        if self.bias:
            self.b = self.add_weight(shape=(size,), initializer="zeros", name="b")
            self.b_carry = self.add_weight(
                shape=(size,), initializer=keras.initializers.Constant(-2.0), name="b_carry"
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """``(N, D)`` → ``(N, D)``"""
        gate, found = ops.matmul(inputs, self.W_carry), ops.matmul(inputs, self.W)
        if self.bias:
            gate, found = gate + self.b_carry, found + self.b
        gate = ops.sigmoid(gate)
        return self.activation(found) * gate + (1 - gate) * inputs

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "init": self.init, "activation": activation, "bias": self.bias}


LAYERS = (
    ThresholdedReLU,
    PaddedConv2D,
    LocallyConnected1D,
    LocallyConnected2D,
    MaxoutDense,
    Highway,
)
"""What files may name."""


def merge(
    inputs: Sequence[Any],
    mode: Any = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    name: str | None = None,
    **ignored: Any,
) -> Any:
    """Keras 1's: several tensors as one.

    Args:
        mode: ``sum``, ``mul``, ``concat``, ``ave``, ``max``, ``dot``, ``cos``, or a function of the list.
    """
    if callable(mode):
        return mode(list(inputs))
    return _merging(mode, concat_axis, dot_axes, name)(list(inputs))


def _merging(mode: str, concat_axis: int, dot_axes: Any, name: str | None) -> Any:
    layers = keras.layers
    made = {
        "sum": lambda: layers.Add(name=name),
        "mul": lambda: layers.Multiply(name=name),
        "concat": lambda: layers.Concatenate(axis=concat_axis, name=name),
        "ave": lambda: layers.Average(name=name),
        "max": lambda: layers.Maximum(name=name),
        "dot": lambda: layers.Dot(axes=dot_axes, name=name),
        "cos": lambda: layers.Dot(axes=dot_axes, normalize=True, name=name),
    }
    if mode not in made:
        raise UnknownName("mode of merge", mode, made)
    return made[mode]()


class Merge(Layer):  # type: ignore[misc]
    """Keras 1's: the outputs of several models as one, the first layer of a ``Sequential``."""

    def __new__(
        cls,
        layers: Sequence[Any] = (),
        mode: Any = "sum",
        concat_axis: int = -1,
        dot_axes: Any = -1,
        name: str | None = None,
        **ignored: Any,
    ) -> Any:
        """A model of all their inputs."""
        outputs = [each.output for each in layers]
        inputs = [tensor for each in layers for tensor in keras.tree.flatten(each.input)]
        return keras.Model(inputs, merge(outputs, mode, concat_axis, dot_axes), name=name)
