"""A model of Keras as one plain torch module that shares its weights: what Prunelle's passes are fast on.

Layers in a row become one ``nn.Sequential`` of PyTorch's own modules, in PyTorch's order of axes. Each parameter is a
view of the variable's memory (a kernel with its axes in another order), so that neither has to be told what the other
has learned. A layer that is not known here is called as it is, between its neighbours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from prunelle.keras.chains import Call, Value, build
from prunelle.keras.floor import keras, private
from prunelle.keras.graphs import asks_for_gradients
from prunelle.keras.layers import ddof
from prunelle.keras.modules import (
    BatchNorm,
    KerasOrder,
    MeanOfTheInside,
    Outward,
    OverSpace,
    SamePad,
    inward,
    outward,
    pad,
)
from prunelle.keras.old_layers import PaddedConv2D

Order = tuple[int, ...]


class NotLowered(Exception):
    """The model cannot be one module: it is called as Keras calls it."""


@dataclasses.dataclass
class Shared:
    """A variable, the parameter that sees its memory, and the order of the parameter's axes in it."""

    variable: Any
    parameter: nn.Parameter
    order: Order

    def gradient(self) -> torch.Tensor | None:
        """The parameter's, in the variable's order."""
        grad = self.parameter.grad
        return None if grad is None else grad.permute(self.order) if len(self.order) > 1 else grad


@dataclasses.dataclass
class Lowered:
    """The module, and what it shares.

    Attributes:
        names: by a module's ``id``, the layer that it is (a part) of.
        endings: of each output, what was left out: ``softmax``, ``sigmoid`` or None.
    """

    network: nn.Module
    shared: list[Shared]
    names: dict[int, str]
    endings: list[str | None]

    def __call__(self, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The outputs, in Keras's order of axes."""
        result = self.network(*(inward(x) for x in inputs))
        return [outward(each) for each in (result if isinstance(result, tuple) else (result,))]


class CalledAsItIs(nn.Module):
    """A layer of Keras, in Keras's order of axes.

    Attributes:
        calls_a_users_code: what it does may be another thing at each step.
        stands_for, is_one_layer: what ``look.layers`` shows it as.
    """

    def __init__(self, layer: Any, arguments: Callable[..., tuple[Any, Any]]) -> None:
        super().__init__()
        self.calls_a_users_code = type(layer) not in _ALWAYS_THE_SAME
        self.stands_for = type(layer).__name__
        self.is_one_layer = len(_inside(layer)) <= 1
        # One without weights is none of this module's: passes would ask what it is.
        self.__dict__["layer"] = layer
        if self.calls_a_users_code:
            self.weighing = layer
        self._arguments = arguments

    def forward(self, *inputs: torch.Tensor) -> Any:
        # Aliases: a program's code gets its face on what it is given, which others of the graph take as it is. Not of
        # what torch.export traces with, which an alias hides from it.
        given = [outward(x) for x in inputs]
        if not torch.compiler.is_exporting():
            given = [x.as_subclass(torch.Tensor) for x in given]
        args, named = self._arguments(*given)
        if getattr(self.layer, "_call_has_training_arg", False) and named.get("training") is None:
            named["training"] = self.training
        layer: Any = self.layer
        found = keras.tree.flatten(layer(*args, **named))
        if self.training and self.calls_a_users_code and _has_losses(layer):
            raise NotLowered  # Keras's own step adds them to the model's loss
        return inward(found[0]) if len(found) == 1 else tuple(inward(each) for each in found)


class _Floats(nn.Module):
    """What a layer with weights makes of an input of whole numbers, or of another precision."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.float()


def _inside(layer: Any) -> list[Any]:
    """A layer and those within it; of an operation that is no layer, none."""
    return layer._flatten_layers() if hasattr(layer, "_flatten_layers") else []


def _has_losses(layer: Any) -> bool:
    return any(each._losses for each in _inside(layer))


def _adds_losses(layer: Any) -> bool:
    """Whether a layer's code, or that of one inside it, names ``add_loss``."""
    for kind in {kind for each in _inside(layer) for kind in type(each).__mro__}:
        if kind.__module__.partition(".")[0] in ("keras", "torch", "builtins"):
            continue
        for member in vars(kind).values():
            code = getattr(getattr(member, "__func__", member), "__code__", None)
            if code is not None and "add_loss" in code.co_names:
                return True
    return False


_ALWAYS_THE_SAME = tuple(
    getattr(keras.layers, name)
    for name in (
        *("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"),
        *("ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "Reshape", "Permute", "RepeatVector"),
    )
)
"""Layers without weights, draws or functions of the program's."""


def lower(model: Any, *, logits: bool = False) -> Lowered:
    """``model`` as one module.

    Args:
        logits: leave out a softmax or sigmoid that ends an output and that nothing else needs.

    Raises:
        NotLowered: it has no graph, or one with masks or penalties on what layers give.
    """
    functional = getattr(model, "_functional", None) or model
    if not isinstance(functional, private("models.functional").Functional):
        raise NotLowered
    builder = _Builder()
    inputs = [builder.tensor(each) for each in functional._inputs]
    builder.walk(functional)
    outputs = [builder.tensor(each) for each in functional._outputs]
    network, endings = build(inputs, outputs, logits=logits)
    return Lowered(network, builder.shared, builder.names, endings)


def lower_layer(layer: Any, shape: Sequence[int | None]) -> Lowered:
    """A layer by itself as one module, of inputs of ``shape``.

    Raises:
        NotLowered: it is none of those that are known here, or its settings are not.
    """
    builder = _Builder()
    make = _KNOWN.get(type(layer))
    parts = None if make is None or layer.activity_regularizer is not None else make(builder, layer, shape)
    if not parts:
        raise NotLowered
    return Lowered(nn.Sequential(*parts), builder.shared, {}, [None])


class _Builder:
    """Walks through a model's graph; one inside another is walked through in its place."""

    def __init__(self) -> None:
        self.shared: list[Shared] = []
        self.names: dict[int, str] = {}
        self._tensors: dict[int, Value] = {}
        self._keep: list[Any] = []
        self._modules: dict[int, list[nn.Module]] = {}

    def tensor(self, symbolic: Any) -> Value:
        self._keep.append(symbolic)
        return self._tensors.setdefault(id(symbolic), Value(name=str(symbolic.name)))

    def walk(self, functional: Any) -> None:
        nodes = functional._nodes_by_depth
        for depth in sorted(nodes, reverse=True):
            for node in nodes[depth]:
                if not node.is_input and node.operation is not None:
                    self._call(node)

    def _call(self, node: Any) -> None:
        operation = node.operation
        left = getattr(operation, "activity_regularizer", None) is not None
        if left or _adds_losses(operation) or asks_for_gradients(operation):
            raise NotLowered
        if type(operation).__name__ in ("Masking", "Embedding") or getattr(operation, "stateful", False):
            raise NotLowered
        inner = getattr(operation, "_functional", None) or operation
        if type(inner) is private("models.functional").Functional and "training" not in node.arguments.kwargs:
            self._inline(inner, node)
            return
        parts = self._parts(node)
        self.names.update((id(part), operation.name.replace(".", "_")) for part in parts)
        made = Call(
            parts,
            tuple(self.tensor(each) for each in node.input_tensors),
            tuple(self.tensor(each) for each in node.outputs),
            operation.name,
        )
        for each in made.outputs:
            each.node = made

    def _inline(self, inner: Any, node: Any) -> None:
        """The same graph may be called more than once: its tensors are of this call alone."""
        outside = self._tensors
        given = [self.tensor(each) for each in node.input_tensors]
        self._tensors = {id(own): each for own, each in zip(inner._inputs, given, strict=True)}
        self.walk(inner)
        found = [self.tensor(each) for each in inner._outputs]
        self._tensors = outside
        for symbolic, each in zip(node.outputs, found, strict=True):
            self._keep.append(symbolic)
            self._tensors[id(symbolic)] = each

    def _parts(self, node: Any) -> list[nn.Module]:
        operation = node.operation
        asked = any(
            value is not None for value in node.arguments.kwargs.values()
        )  # mask=None asks for nothing
        make = None if asked else _KNOWN.get(type(operation))
        if make is not None:
            if id(operation) not in self._modules:
                made = make(self, operation, node.input_tensors[0].shape)
                if made is not None:
                    self._modules[id(operation)] = made
            if id(operation) in self._modules:
                whole = node.input_tensors[0].dtype != "float32"
                return [*([_Floats()] if whole else []), *self._modules[id(operation)]]
        return [CalledAsItIs(operation, _arguments(node))]

    def share(
        self, module: nn.Module, name: str, variable: Any, to_torch: Order, *, buffer: bool = False
    ) -> None:
        """``module.name`` sees the memory of ``variable``."""
        value = variable.value.detach()
        seen = value.permute(to_torch) if len(to_torch) > 1 else value
        if buffer:
            module._buffers[name] = seen
            return
        back = tuple(to_torch.index(axis) for axis in range(len(to_torch)))
        if seen.ndim > 1:
            # In the order of memory that modules are fast in; the variable sees it from there.
            order = torch.channels_last if seen.ndim == 4 else torch.contiguous_format
            seen = seen.contiguous(memory_format=order)
            variable.value.data = seen.permute(back)
        parameter = nn.Parameter(seen, requires_grad=variable.trainable)
        setattr(module, name, parameter)
        self.shared.append(Shared(variable, parameter, back))


def _arguments(node: Any) -> Callable[..., tuple[Any, Any]]:
    """From tensors to how the layer was called."""
    symbols = list(node.input_tensors)

    def arguments(*tensors: torch.Tensor) -> tuple[Any, Any]:
        known = {id(symbol): tensor for symbol, tensor in zip(symbols, tensors, strict=True)}
        found: tuple[Any, Any] = keras.tree.map_structure(
            lambda each: known[id(each)] if isinstance(each, keras.KerasTensor) else each,
            (node.arguments.args, dict(node.arguments.kwargs)),
        )
        return found

    return arguments


def _activation(function: Any, *, inplace: bool = False) -> list[nn.Module]:
    """Its module, none for ``linear``.

    Args:
        inplace: nobody else looks at its input.
    """
    name = private("api_export").get_name_from_symbol(function)
    makers: dict[str, Callable[[], list[nn.Module]]] = {
        "keras.activations.relu": lambda: [nn.ReLU(inplace)],
        "keras.activations.linear": list,
        "keras.activations.softmax": lambda: [nn.Softmax(dim=1)],
        "keras.activations.sigmoid": lambda: [nn.Sigmoid()],
        "keras.activations.tanh": lambda: [nn.Tanh()],
    }
    make = makers.get(name or "")
    return [KerasOrder(function)] if make is None else make()


def _dense(builder: _Builder, layer: Any, shape: Any) -> list[nn.Module] | None:
    if len(shape) != 2 or layer.quantization_mode or layer.lora_enabled:
        return None
    linear = nn.Linear(shape[-1], layer.units, bias=layer.use_bias, device="meta")
    builder.share(linear, "weight", layer._kernel, (1, 0))
    if layer.use_bias:
        builder.share(linear, "bias", layer.bias, (0,))
    return [linear, *_activation(layer.activation, inplace=True)]


def _convolution(builder: _Builder, layer: Any, shape: Any) -> list[nn.Module] | None:
    rank = layer.rank
    if layer.data_format != "channels_last" or layer.lora_enabled:
        return None
    before, padding = pad(layer.kernel_size, layer.strides, layer.padding, layer.dilation_rate)
    if isinstance(layer, PaddedConv2D):
        before, padding = [], (1, 1)
    kind: Any = nn.Conv1d if rank == 1 else nn.Conv2d
    module = kind(
        shape[-1],
        layer.filters,
        layer.kernel_size,
        stride=layer.strides,
        padding=padding,
        dilation=layer.dilation_rate,
        groups=layer.groups,
        bias=layer.use_bias,
        device="meta",
    )
    builder.share(module, "weight", layer._kernel, (rank + 1, rank, *range(rank)))
    if layer.use_bias:
        builder.share(module, "bias", layer.bias, (0,))
    return [*before, module, *_activation(layer.activation, inplace=True)]


def _pooling(maximum: bool, rank: int) -> Any:
    def make(builder: _Builder, layer: Any, shape: Any) -> list[nn.Module] | None:
        if layer.data_format != "channels_last":
            return None
        largest: Any = nn.MaxPool1d if rank == 1 else nn.MaxPool2d
        mean: Any = nn.AvgPool1d if rank == 1 else nn.AvgPool2d
        size, strides = tuple(layer.pool_size), tuple(layer.strides)
        pairs = size == strides and set(size) <= {1, 2}
        if layer.padding == "valid" or pairs:
            given: dict[str, Any] = {} if maximum else {"count_include_pad": False}
            return [(largest if maximum else mean)(size, strides, ceil_mode=layer.padding == "same", **given)]
        around = SamePad(size, strides, (1,) * rank, value=float("-inf") if maximum else 0.0)
        return [around, largest(size, strides)] if maximum else [MeanOfTheInside(around, mean(size, strides))]

    return make


def _over_space(maximum: bool, rank: int) -> Any:
    def make(builder: _Builder, layer: Any, shape: Any) -> list[nn.Module] | None:
        return None if layer.data_format != "channels_last" else [OverSpace(rank, maximum, layer.keepdims)]

    return make


def _batch_normalization(builder: _Builder, layer: Any, shape: Any) -> list[nn.Module] | None:
    if layer.axis not in (-1, len(shape) - 1) or not layer.trainable:
        return None
    module = BatchNorm(
        shape[-1],
        layer.momentum,
        layer.epsilon,
        center=layer.center,
        scale=layer.scale,
        ddof=ddof(layer, len(shape)),
    )
    if layer.scale:
        builder.share(module, "weight", layer.gamma, (0,))
    if layer.center:
        builder.share(module, "bias", layer.beta, (0,))
    builder.share(module, "running_mean", layer.moving_mean, (0,), buffer=True)
    builder.share(module, "running_var", layer.moving_variance, (0,), buffer=True)
    return [module]


def _dropout(builder: _Builder, layer: Any, shape: Any) -> list[nn.Module] | None:
    if layer.noise_shape is not None or layer.seed is not None:
        return None
    return [nn.Dropout(layer.rate)]


def _flatten(builder: _Builder, layer: Any, shape: Any) -> list[nn.Module] | None:
    if layer.data_format != "channels_last":
        return None
    return [nn.Flatten()] if len(shape) == 2 else [Outward(), nn.Flatten()]


_KNOWN: dict[type, Callable[[_Builder, Any, Any], list[nn.Module] | None]] = {
    keras.layers.Dense: _dense,
    keras.layers.Conv1D: _convolution,
    keras.layers.Conv2D: _convolution,
    PaddedConv2D: _convolution,
    keras.layers.MaxPooling1D: _pooling(True, 1),
    keras.layers.MaxPooling2D: _pooling(True, 2),
    keras.layers.AveragePooling1D: _pooling(False, 1),
    keras.layers.AveragePooling2D: _pooling(False, 2),
    keras.layers.GlobalMaxPooling1D: _over_space(True, 1),
    keras.layers.GlobalMaxPooling2D: _over_space(True, 2),
    keras.layers.GlobalAveragePooling1D: _over_space(False, 1),
    keras.layers.GlobalAveragePooling2D: _over_space(False, 2),
    keras.layers.BatchNormalization: _batch_normalization,
    keras.layers.Dropout: _dropout,
    keras.layers.Flatten: _flatten,
    keras.layers.Activation: lambda builder, layer, shape: _activation(layer.activation),
}
"""Layer of Keras, of exactly this class → its modules; None where its settings are not known here."""
