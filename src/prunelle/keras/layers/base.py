"""``Layer``: a configured step of a network, which builds plain torch modules once it knows its input's shape."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import nn

from prunelle.errors import ArgumentError, did_you_mean
from prunelle.keras import activations, initializers, regularizers
from prunelle.keras.layout import KerasOrder, Shape, inward, outward
from prunelle.keras.naming import snake_case, unique_name
from prunelle.keras.tape import given_out
from prunelle.keras.tensors import KerasTensor, Node, flat

Permutation = tuple[int, ...]


class Weight:
    """A weight of a layer: a tensor of a torch module, seen in Keras's order of axes.

    Attributes:
        name: ``kernel``, ``bias``, ``gamma``…
        trained: it learns when its layer is trainable (a moving mean does not).
    """

    def __init__(
        self,
        layer: Layer,
        name: str,
        owner: nn.Module,
        attribute: str,
        *,
        to_keras: Callable[[torch.Tensor], torch.Tensor],
        to_torch: Callable[[torch.Tensor], torch.Tensor],
        trained: bool = True,
        regularizer: Callable[[torch.Tensor], torch.Tensor] | None = None,
        constraint: Callable[[torch.Tensor], torch.Tensor] | None = None,
    ) -> None:
        self._layer = layer
        self.name = name
        self._owner, self._attribute = owner, attribute
        self.trained = trained
        self.regularizer = regularizer
        self.constraint = constraint
        self._to_keras, self._to_torch = to_keras, to_torch

    def __repr__(self) -> str:
        return f"<Weight {self.path} shape={self.shape}>"

    @property
    def path(self) -> str:
        """``conv2d/kernel``."""
        return f"{self._layer.name}/{self.name}"

    @property
    def tensor(self) -> torch.Tensor:
        """The parameter or buffer itself, in PyTorch's order; asked anew, for a move of device replaces buffers."""
        tensor: torch.Tensor = getattr(self._owner, self._attribute)
        return tensor

    @property
    def in_keras_order(self) -> torch.Tensor:
        """A view where that is possible."""
        return self._to_keras(self.tensor)

    @property
    def shape(self) -> tuple[int, ...]:
        """In Keras's order."""
        return tuple(self.in_keras_order.shape)

    @property
    def trainable(self) -> bool:
        """It learns, and so does its layer."""
        return self.trained and self._layer.trainable

    def numpy(self) -> np.ndarray:
        """A copy, in Keras's order."""
        return np.array(self.in_keras_order.detach().cpu().numpy())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.numpy() if dtype is None else self.numpy().astype(dtype)

    def assign(self, value: Any) -> None:
        """Takes the values of an array in Keras's order.

        Raises:
            ArgumentError: it has another shape.
        """
        given = torch.as_tensor(np.asarray(value, np.float32))
        if tuple(given.shape) != self.shape:
            raise ArgumentError(
                f"{self.path} has the shape {self.shape}; received an array of {tuple(given.shape)}."
            )
        with torch.no_grad():
            self.tensor.copy_(self._to_torch(given))

    def constrain(self) -> None:
        """Brings the weight back to its constraint."""
        assert self.constraint is not None
        with torch.no_grad():
            self.tensor.copy_(self._to_torch(self.constraint(self.in_keras_order)))


def same(tensor: torch.Tensor) -> torch.Tensor:
    """A weight whose order is the same in both."""
    return tensor


class Layer:
    """Base of all layers, and of one's own: write ``build`` (``add_weight``) and ``call``.

    Args:
        name: shown in tables, unique in a model; made from the class's name when None.
        trainable: whether its weights learn; read by ``compile``.
        input_shape: on the first layer of a ``Sequential``: the shape of one example.
        batch_input_shape, input_dim, batch_size: other ways to say it.
        dtype: accepted; everything is float32.
    """

    kind: ClassVar[str | None] = None
    """What the automatic name starts with, where it is not the class's name."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        layer = super().__new__(cls)
        layer._given = (args, kwargs)
        return layer

    _given: tuple[tuple[Any, ...], dict[str, Any]]

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        input_shape: Sequence[int | None] | None = None,
        batch_input_shape: Sequence[int | None] | None = None,
        input_dim: int | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        activity_regularizer: Any = None,
        **unknown: Any,
    ) -> None:
        for argument in unknown:
            known = [name for name in inspect.signature(type(self).__init__).parameters if name != "self"]
            known += [p for p in inspect.signature(Layer.__init__).parameters if p not in ("self", "unknown")]
            raise ArgumentError(
                f"{type(self).__name__} does not take {argument!r}.{did_you_mean(argument, known)}"
            )
        self.name = name or unique_name(type(self).kind or snake_case(type(self).__name__))
        self._trainable = bool(trainable)
        self.built = False
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.nodes: list[Node] = []
        self.parts: list[nn.Module] = []
        self._weights: list[Weight] = []
        self._own: nn.Module | None = None  # holds what add_weight made
        self.first_shape: Shape | None = None
        """The shape that a first layer of a ``Sequential`` was given, batch first."""
        if batch_input_shape is not None:
            self.first_shape = tuple(batch_input_shape)
        elif input_shape is not None:
            if isinstance(input_shape, int):
                raise ArgumentError(
                    f"input_shape must be a tuple; received {input_shape}. Write ({input_shape},)."
                )
            self.first_shape = (batch_size, *input_shape)
        elif input_dim is not None:
            self.first_shape = (batch_size, int(input_dim))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    # What a kind of layer says about itself.

    def build(self, input_shape: Any) -> None:
        """For layers of one's own: makes the weights (``add_weight``)."""

    def call(self, inputs: Any) -> Any:
        """For layers of one's own: the function, on torch tensors in Keras's order."""
        raise NotImplementedError(f"{type(self).__name__} has no call().")

    def make(self, input_shape: Any) -> list[nn.Module]:
        """The torch modules that compute the layer, one after the other, for an input of ``input_shape``.

        The first takes the layer's inputs, in PyTorch's order. Weights are announced by ``_announce``.
        """
        return [_Call(self)]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape for ``input_shape`` (both in Keras's order; a list of them for several inputs)."""
        if type(self).call is Layer.call:
            return input_shape
        shapes = [input_shape] if _is_shape(input_shape) else list(input_shape)
        example = [torch.zeros([1 if d is None else d for d in shape]) for shape in shapes]
        with torch.no_grad():
            result = self.call(example[0] if _is_shape(input_shape) else example)
        return (None, *result.shape[1:])

    # Weights.

    def add_weight(
        self,
        name: Any = None,
        shape: Any = None,
        dtype: Any = None,
        initializer: Any = "glorot_uniform",
        regularizer: Any = None,
        trainable: bool = True,
        constraint: Any = None,
        **ignored: Any,
    ) -> nn.Parameter:
        """A weight of a layer of one's own, in the shape given; usable in ``call`` as a torch tensor."""
        if name is not None and not isinstance(name, str):  # Keras 3 has the shape first
            name, shape = shape, name
        make = initializers.get(initializer)
        assert make is not None
        parameter = nn.Parameter(make(tuple(shape or ())), requires_grad=trainable)
        name = (name or f"weight{len(self._weights)}").replace(".", "_")
        if self._own is None:
            self._own = nn.Module()
        self._own.register_parameter(name, parameter)
        self._announce(
            name, self._own, name, trained=trainable, regularizer=regularizer, constraint=constraint
        )
        return parameter

    def _announce(
        self,
        name: str,
        owner: nn.Module,
        attribute: str,
        initializer: Any = None,
        *,
        to_keras: Callable[[torch.Tensor], torch.Tensor] = same,
        to_torch: Callable[[torch.Tensor], torch.Tensor] = same,
        trained: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
    ) -> None:
        """Says that ``attribute`` of ``owner``, one of the layer's modules, is Keras's weight ``name``."""
        weight = Weight(
            self,
            name,
            owner,
            attribute,
            to_keras=to_keras,
            to_torch=to_torch,
            trained=trained,
            regularizer=regularizers.get(regularizer),
            constraint=_constraint(constraint),
        )
        self._weights.append(weight)
        make = initializers.get(initializer)
        if make is not None:
            weight.assign(make(weight.shape).detach())

    @property
    def own_weights(self) -> list[Weight]:
        """The layer's weights, those that learn first, as Keras orders them."""
        return sorted(self._weights, key=lambda weight: not weight.trained)

    @property
    def weights(self) -> list[Weight]:
        """All weights, in Keras's order."""
        return self.own_weights

    @property
    def variables(self) -> list[Weight]:
        """``weights``."""
        return self.weights

    @property
    def trainable_weights(self) -> list[Weight]:
        """Those that ``compile`` would have learn."""
        return [weight for weight in self.weights if weight.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The others."""
        learn = {id(weight) for weight in self.trainable_weights}
        return [weight for weight in self.weights if id(weight) not in learn]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def variables_by_name(self) -> dict[str, Weight]:
        """The layer's own weights by name."""
        return {weight.name: weight for weight in self._weights}

    def __getattr__(self, name: str) -> Any:
        # layer.kernel, layer.bias, layer.gamma…
        for weight in self.__dict__.get("_weights", ()):
            if weight.name == name:
                return weight
        if name in ("kernel", "bias") and not self.__dict__.get("built", True):
            raise AttributeError(f"{type(self).__name__} has no {name} before it knows its input's shape.")
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}.{did_you_mean(name, dir(self))}"
        )

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights, in Keras's shapes and order."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Takes arrays as ``get_weights`` gives them.

        Raises:
            ArgumentError: another number of arrays, or other shapes.
        """
        mine = self.weights
        if len(weights) != len(mine):
            raise ArgumentError(
                f"{self.name} has {len(mine)} weights ({', '.join(w.name for w in mine) or 'none'}); received "
                f"{len(weights)} arrays."
            )
        for weight, value in zip(mine, weights, strict=True):
            if np.shape(value) != weight.shape:
                raise ArgumentError(
                    f"{weight.path} has the shape {weight.shape}; received {np.shape(value)}."
                )
        for weight, value in zip(mine, weights, strict=True):
            weight.assign(value)

    def count_params(self) -> int:
        """The number of values in all weights."""
        return sum(weight.tensor.numel() for weight in self.weights)

    @property
    def trainable(self) -> bool:
        """Whether its weights learn; ``compile`` reads it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    @property
    def inner_layers(self) -> list[Layer]:
        """The layers that a model is made of; none for a plain layer."""
        return []

    # Calls.

    @property
    def module(self) -> nn.Module:
        """The layer as one plain torch module, in PyTorch's order of axes."""
        if not self.built:
            raise ArgumentError(f"{self.name} is not built yet: it does not know its input's shape.")
        return self.parts[0] if len(self.parts) == 1 else nn.Sequential(*self.parts)

    def ensure_built(self, input_shape: Any) -> None:
        """Makes weights and modules, the first time."""
        if not self.built:
            self.build(input_shape)
            self.parts = self.make(input_shape)
            self.built = True

    def __call__(self, inputs: Any, *more: Any, training: bool | None = None, **ignored: Any) -> Any:
        several = isinstance(inputs, list | tuple | dict)
        tensors = [*flat(inputs), *more]
        if any(isinstance(tensor, KerasTensor) for tensor in tensors):
            return self._symbolic(tensors, several or bool(more))
        given = [torch.as_tensor(np.asarray(t) if not torch.is_tensor(t) else t) for t in tensors]
        given = [tensor.float() if tensor.dtype != torch.float32 else tensor for tensor in given]
        shapes = [(None, *tensor.shape[1:]) for tensor in given]
        self.ensure_built(shapes if several else shapes[0])
        module = self.module
        before = module.training
        module.train(bool(training))
        try:
            result = module(*map(inward, given))
        finally:
            module.train(before)
        if isinstance(result, tuple):
            return [given_out(tensor) for tensor in result]
        return given_out(result)

    def _symbolic(self, tensors: Sequence[Any], several: bool) -> Any:
        for tensor in tensors:
            if not isinstance(tensor, KerasTensor):
                raise ArgumentError(
                    f"{self.name} was called on a mix of KerasTensor and {type(tensor).__name__}; wrap constants "
                    f"in a Lambda layer."
                )
        shapes = [tensor.shape for tensor in tensors]
        shape: Any = shapes if several else shapes[0]
        self.ensure_built(shape)
        found = self.compute_output_shape(shape)
        found = [found] if _is_shape(found) else list(found)
        outputs = [KerasTensor(each, name=f"{self.name}_output") for each in found]
        Node(self, tensors, outputs, several=several)
        return outputs[0] if len(outputs) == 1 else outputs

    def _node(self, what: str) -> Node:
        if not self.nodes:
            raise AttributeError(f"the layer {self.name} has never been called, so it has no {what} yet.")
        return self.nodes[0]

    @property
    def output(self) -> Any:
        """What it gave where it was called first: a symbolic tensor, or a list."""
        outputs = self._node("output").outputs
        return outputs[0] if len(outputs) == 1 else list(outputs)

    @property
    def input(self) -> Any:
        """What it was called on first."""
        inputs = self._node("input").inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output_shape(self) -> Any:
        """The shape of ``output``."""
        outputs = self._node("output").outputs
        return outputs[0].shape if len(outputs) == 1 else [tensor.shape for tensor in outputs]

    @property
    def input_shape(self) -> Any:
        """The shape of ``input``."""
        inputs = self._node("input").inputs or self._node("input").outputs
        return inputs[0].shape if len(inputs) == 1 else [tensor.shape for tensor in inputs]

    # Configuration.

    def get_config(self) -> dict[str, Any]:
        """Its constructor's arguments and its name, as JSON values where they have such a form."""
        bound = inspect.signature(type(self).__init__).bind(self, *self._given[0], **self._given[1])
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        arguments.pop("self")
        variadic = [p.name for p in bound.signature.parameters.values() if p.kind is p.VAR_KEYWORD]
        for name in variadic:
            arguments |= arguments.pop(name)
        for shape in ("input_shape", "batch_input_shape", "input_dim"):
            arguments.pop(shape, None)
        if self.first_shape is not None:
            arguments["batch_input_shape"] = list(self.first_shape)
        return {
            "name": self.name,
            "trainable": self._trainable,
            **{key: _plain(value) for key, value in arguments.items() if key not in ("name", "trainable")},
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The inverse of ``get_config``; what this Keras does not know of is left out where it is of no effect."""
        known = {*inspect.signature(cls.__init__).parameters, *inspect.signature(Layer.__init__).parameters}
        return cls(**{key: value for key, value in config.items() if key in known})


class _Call(nn.Module):
    """A layer of one's own as a module."""

    calls_a_users_code = True

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self._layer = [layer]  # in a list: no registration
        self.weights = layer._own
        takes = inspect.signature(layer.call).parameters
        self._takes_training = "training" in takes

    def forward(self, *inputs: torch.Tensor) -> Any:
        given = [outward(tensor) for tensor in inputs]
        extra = {"training": self.training} if self._takes_training else {}
        result = self._layer[0].call(given[0] if len(given) == 1 else given, **extra)
        return tuple(map(inward, result)) if isinstance(result, list | tuple) else inward(result)


class InputLayer(Layer):
    """Where data comes in."""

    def __init__(
        self,
        input_shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        *,
        shape: Sequence[int | None] | None = None,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        given = shape if shape is not None else input_shape
        super().__init__(
            name=name or unique_name("input_layer"),
            batch_input_shape=kwargs.pop("batch_input_shape", batch_shape),
            input_shape=given,
            batch_size=batch_size,
            **kwargs,
        )
        if self.first_shape is None:
            raise ArgumentError(
                "an InputLayer needs the shape of one example: InputLayer(input_shape=(28, 28, 1))."
            )
        self.built = True
        Node(self, (), (KerasTensor(self.first_shape, dtype=str(dtype or "float32"), name=self.name),))

    def __call__(self, inputs: Any, *more: Any, training: bool | None = None, **ignored: Any) -> Any:
        return inputs


def Input(  # noqa: N802 (Keras's name)
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    name: str | None = None,
    batch_shape: Sequence[int | None] | None = None,
    **ignored: Any,
) -> KerasTensor:
    """A symbolic tensor of examples of ``shape``: the beginning of a functional model."""
    if shape is None and batch_shape is None:
        raise ArgumentError("Input needs the shape of one example: Input(shape=(28, 28, 1)).")
    if isinstance(shape, int):
        raise ArgumentError(f"shape must be a tuple; received {shape}. Write ({shape},).")
    tensor: KerasTensor = InputLayer(
        shape=shape, batch_size=batch_size, dtype=dtype, batch_shape=batch_shape, name=name
    ).output
    return tensor


def _constraint(identifier: Any) -> Any:
    from prunelle.keras import constraints

    return constraints.get(identifier)


def _is_shape(shape: Any) -> bool:
    """One shape, not a list of shapes."""
    return isinstance(shape, tuple | list) and all(
        d is None or isinstance(d, int | np.integer) for d in shape
    )


def _plain(value: Any) -> Any:
    """A constructor's argument as JSON values."""
    if isinstance(value, initializers.Initializer | regularizers.Regularizer):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Layer):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if callable(value) and not isinstance(value, type):
        # An activation by its name; a function of the program's own too, which who loads it has to give.
        return activations.serialize(value)
    return value


def without_values(kind: type[nn.Module], *arguments: Any, **named: Any) -> Any:
    """A module whose weights wait for their initialiser: PyTorch's own is not drawn."""
    return nn.utils.skip_init(kind, *arguments, **named)  # type: ignore[no-untyped-call]


def normalise_tuple(value: Any, n: int, name: str) -> tuple[int, ...]:
    """``3`` → ``(3, 3)``; a tuple of the right length stays.

    Raises:
        ArgumentError: another length, or no positive integers.
    """
    numbers = (value,) * n if isinstance(value, int | np.integer) else tuple(value)
    if len(numbers) != n or any(not isinstance(v, int | np.integer) or v < 1 for v in numbers):
        raise ArgumentError(f"{name} must be a positive integer or {n} of them; received {value!r}.")
    return tuple(int(v) for v in numbers)


__all__ = [
    "Input",
    "InputLayer",
    "KerasOrder",
    "Layer",
    "Weight",
    "normalise_tuple",
    "same",
    "without_values",
]
