"""``Model``, a graph of layers from inputs to outputs, and ``Sequential``, a chain of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras import absent, graph
from prunelle.keras.layers.base import InputLayer, Layer, Weight, _is_shape
from prunelle.keras.layout import Shape
from prunelle.keras.naming import unique_name
from prunelle.keras.summary import summarise
from prunelle.keras.tensors import KerasTensor, Node, flat, ordered
from prunelle.keras.trainer import Trainer


def _each(tensors: Any) -> list[Any]:
    """``flat``, of lists in lists too: ``[model.inputs]``."""
    return [
        one for part in flat(tensors) for one in (flat(part) if isinstance(part, list | tuple) else [part])
    ]


class Model(Layer, Trainer):
    """The layers between ``inputs`` and ``outputs``; itself a layer that other models can use.

    Args:
        inputs: symbolic tensors, of ``Input`` or of any layer of another model.
        outputs: what they become.
        name: shown in tables.

    Attributes:
        module: a plain ``torch.nn.Module`` that computes it: tensors in PyTorch's order.
    """

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, **kwargs: Any
    ) -> None:
        inputs = kwargs.pop("input", inputs)
        outputs = kwargs.pop("output", outputs)
        super().__init__(
            name=name or unique_name("functional" if type(self) is Model else _kind(self)), **kwargs
        )
        self._layers: list[Layer] = []
        self._inputs: list[KerasTensor] = []
        self._outputs: list[KerasTensor] = []
        self._module: nn.Module | None = None
        if inputs is not None or outputs is not None:
            self._input_keys = list(inputs) if isinstance(inputs, Mapping) else None
            self._connect(_each(inputs), _each(outputs))
        elif any("call" in kind.__dict__ for kind in type(self).__mro__[: type(self).__mro__.index(Model)]):
            raise ArgumentError(
                f"{type(self).__name__} is a Model with a call() of its own, which Prunelle does not run. Write it "
                f"with Input, layers called one after the other, and Model(inputs=…, outputs=…); or, if it is one part "
                f"of a network, as a Layer."
            )
        elif type(self) is Model:
            raise ArgumentError("Model needs inputs and outputs: Model(inputs=x, outputs=y).")

    def _connect(self, inputs: Sequence[Any], outputs: Sequence[Any]) -> None:
        for what, tensors in (("inputs", inputs), ("outputs", outputs)):
            for tensor in tensors:
                if not isinstance(tensor, KerasTensor):
                    raise ArgumentError(
                        f"{what} must be what Input and layers give when they are called; received {tensor!r}."
                    )
        self._inputs, self._outputs = list(inputs), list(outputs)
        self._module, _ = graph.build(inputs, outputs)
        self.parts = graph.chain(self._module)
        self._layers = _in_keras_order(inputs, outputs)
        names = [layer.name for layer in self._layers]
        for name in names:
            if names.count(name) > 1:
                raise ArgumentError(
                    f"layers must have names of their own; {names.count(name)} are called {name!r}."
                )
        self.built = True

    # As a layer.

    @property
    def module(self) -> nn.Module:  # type: ignore[override]
        self._require_built("module")
        assert self._module is not None
        return self._module

    def make(self, input_shape: Any) -> list[nn.Module]:
        return self.parts

    def compute_output_shape(self, input_shape: Any) -> Any:
        self._require_built("compute_output_shape()")
        given = [input_shape] if _is_shape(input_shape) else list(input_shape)
        shapes: dict[int, Shape] = {id(t): tuple(s) for t, s in zip(self._inputs, given, strict=True)}
        for node in ordered(self._outputs, self._inputs):
            taken = [shapes[id(tensor)] for tensor in node.inputs]
            several = len(taken) > 1
            found = node.layer.compute_output_shape(taken if several else taken[0])
            found = [found] if _is_shape(found) else list(found)
            shapes.update((id(t), tuple(shape)) for t, shape in zip(node.outputs, found, strict=True))
        results = [shapes[id(tensor)] for tensor in self._outputs]
        return results[0] if len(results) == 1 else results

    def build(self, input_shape: Any) -> None:
        """Nothing to do: a model of inputs and outputs knows its shapes."""

    def _require_built(self, what: str) -> None:
        if not self.built:
            raise ArgumentError(
                f"{self.name} is not built yet, so it has no {what}: give its first layer input_shape=, or call "
                f"build() or fit() first."
            )

    # Layers and weights.

    @property
    def layers(self) -> list[Layer]:
        """In Keras's order; inputs included, except in a ``Sequential``."""
        return list(self._layers)

    @property
    def inner_layers(self) -> list[Layer]:
        return self.layers

    def all_layers(self) -> list[Layer]:
        """The layers, those of models within it too, each once."""
        found: dict[int, Layer] = {}

        def visit(layer: Layer) -> None:
            if id(layer) not in found:
                found[id(layer)] = layer
                for inner in layer.inner_layers:
                    visit(inner)

        for layer in self.layers:
            visit(layer)
        return list(found.values())

    @property
    def nodes_within(self) -> list[Node]:
        """The calls of layers that it is made of, those of inputs too."""
        starts = [tensor.node for tensor in self._inputs if tensor.node is not None]
        return [*starts, *ordered(self._outputs, self._inputs)]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by its name or its place.

        Raises:
            UnknownName: no such name, with the nearest.
        """
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ArgumentError(f"{self.name} has {len(self.layers)} layers; received index={index}.")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UnknownName("layer", str(name), [layer.name for layer in self.layers])

    @property
    def weights(self) -> list[Weight]:
        """Layer by layer, each layer's in Keras's order."""
        found: dict[int, Weight] = {}
        for layer in self.layers:
            for weight in layer.weights:
                found.setdefault(id(weight), weight)
        return list(found.values())

    @property
    def trainable_weights(self) -> list[Weight]:
        if not self.trainable:
            return []
        found: dict[int, Weight] = {}
        for layer in self.layers:
            for weight in layer.trainable_weights:
                found.setdefault(id(weight), weight)
        return list(found.values())

    trainable_variables = trainable_weights

    @property
    def trainable(self) -> bool:
        """Whether its weights learn; setting it sets it for all layers within."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.layers:
            layer.trainable = value

    # Inputs and outputs.

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic tensors it starts from."""
        self._require_built("inputs")
        return list(self._inputs)

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic tensors it ends with."""
        self._require_built("outputs")
        return list(self._outputs)

    @property
    def input(self) -> Any:
        """Its only input, or the list of them."""
        return self.inputs[0] if len(self.inputs) == 1 else self.inputs

    @property
    def output(self) -> Any:
        """Its only output, or the list of them."""
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    @property
    def input_shape(self) -> Any:
        return self.inputs[0].shape if len(self.inputs) == 1 else [tensor.shape for tensor in self.inputs]

    @property
    def output_shape(self) -> Any:
        return self.outputs[0].shape if len(self.outputs) == 1 else [tensor.shape for tensor in self.outputs]

    @property
    def input_names(self) -> list[str]:  # type: ignore[override]
        """What a dictionary of inputs calls them."""
        if not self.built:
            return ["x"]
        if getattr(self, "_input_keys", None):
            return list(self._input_keys or ())
        return [tensor.node.layer.name if tensor.node else str(tensor.name) for tensor in self._inputs]

    @property
    def output_names(self) -> list[str]:  # type: ignore[override]
        """The names of the layers that give the outputs."""
        names: list[str] = []
        for tensor in self.outputs:
            assert tensor.node is not None
            name = tensor.node.layer.name
            names.append(name if name not in names else f"{name}_{names.count(name)}")
        return names

    # Showing and keeping.

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        **ignored: Any,
    ) -> None:
        """Prints the table of layers, as Keras 2 does."""
        summarise(
            self,
            line_length,
            positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
        )

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True, **ignored: Any) -> None:
        """Writes the model, its weights, and how it is compiled to one file, whatever its name ends with."""
        from prunelle.keras import saving

        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True, **ignored: Any) -> None:
        """Writes the weights to a file."""
        from prunelle.keras import saving

        saving.save_weights(self, filepath, overwrite)

    def load_weights(
        self,
        filepath: str | os.PathLike[str],
        by_name: bool = False,
        skip_mismatch: bool = False,
        **ignored: Any,
    ) -> None:
        """Reads weights from a file: one of ``save_weights`` or ``save``, or an HDF5 or ``.keras`` one of Keras."""
        from prunelle.keras import saving

        saving.load_weights(self, filepath, by_name=by_name, skip_mismatch=skip_mismatch)

    def get_config(self) -> dict[str, Any]:
        """The layers and how they are connected, as JSON values."""
        from prunelle.keras import configs

        return configs.graph_config(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> Any:
        """The inverse of ``get_config``."""
        from prunelle.keras import configs

        kind = "Sequential" if cls is Sequential else "Functional"
        return configs.model_from_config({"class_name": kind, "config": config}, custom_objects)

    def to_json(self, **ignored: Any) -> str:
        """The architecture as a text, for ``model_from_json``."""
        from prunelle.keras import saving

        return saving.to_json(self)


class Sequential(Model):
    """A chain of layers.

    The first layer says the shape of one example (``input_shape=``), or an ``Input`` comes first; else the chain
    is built when it sees its first data.
    """

    def __init__(self, layers: Sequence[Any] | None = None, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self._start: KerasTensor | None = None
        self._deferred = False
        for layer in layers or ():
            self._append(layer)
        self._reconnect()

    def add(self, layer: Any) -> None:
        """Puts a layer at the end."""
        self._append(layer)
        self._reconnect()

    def pop(self) -> None:
        """Takes the last layer away."""
        if not self._layers:
            raise ArgumentError(f"{self.name} has no layer to take away.")
        self._layers.pop()
        self.built = False
        self._outputs = []
        self._reconnect()

    def _append(self, layer: Any) -> None:
        if isinstance(layer, KerasTensor):
            assert layer.node is not None
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            raise ArgumentError(f"a Sequential is made of layers; received {layer!r}.")
        if layer.name in [each.name for each in self._layers]:
            raise ArgumentError(
                f"layers must have names of their own; {self.name} has a {layer.name!r} already."
            )
        if isinstance(layer, InputLayer):
            if self._layers or self._start is not None:
                raise ArgumentError("an Input can only come first in a Sequential.")
            self._start = layer.output
            return
        if not self._layers and self._start is None:
            if layer.first_shape is not None:
                self._start = InputLayer(batch_shape=layer.first_shape).output
            elif isinstance(layer, Model) and layer.built:
                self._start = InputLayer(batch_shape=layer.input_shape).output
        self._layers.append(layer)
        if self._start is not None:
            before = self._outputs[0] if self._outputs else self._start
            self._outputs = [layer(before)]

    def _reconnect(self) -> None:
        """The modules anew, once there is a layer whose input is known."""
        if self._start is None or not self._layers:
            return
        if not self._outputs:
            tensor: Any = self._start
            for layer in self._layers:
                tensor = layer(tensor)
            self._outputs = [tensor]
        self._inputs = [self._start]
        self._module, _ = graph.build(self._inputs, self._outputs)
        self.parts = graph.chain(self._module)
        self.built = True
        self.compiled = None

    def build(self, input_shape: Any = None) -> None:
        """Tells the first layer the shape of its input, batch first."""
        if self.built or input_shape is None:
            return
        if not self._layers:
            raise ArgumentError(f"{self.name} has no layers.")
        compiled = self.compiled
        self._start = InputLayer(batch_shape=tuple(input_shape)).output
        self._reconnect()
        self.compiled = compiled

    def __call__(self, inputs: Any, *more: Any, training: bool | None = None, **ignored: Any) -> Any:
        if not self.built:
            shape = inputs.shape
            self.build((None, *shape[1:]))
        return super().__call__(inputs, *more, training=training, **ignored)


def _kind(model: Model) -> str:
    from prunelle.keras.naming import snake_case

    return snake_case(type(model).__name__)


def _in_keras_order(inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]) -> list[Layer]:
    """The layers by decreasing distance from the outputs, those of one distance in the order of a depth-first walk.

    Programs count on it: ``for layer in model.layers[:249]: layer.trainable = False``.
    """
    nodes = ordered(outputs, inputs)
    starts = [tensor.node for tensor in inputs if tensor.node is not None]
    depth: dict[int, int] = {}
    of_layer: dict[int, int] = {}
    makers = {id(tensor): node for node in nodes for tensor in node.outputs}
    for tensor, node in zip(inputs, starts, strict=False):
        if isinstance(node.layer, InputLayer):
            makers[id(tensor)] = node
    for node in reversed(nodes):
        here = max(depth.get(id(node), 0), of_layer.get(id(node.layer), 0))
        depth[id(node)] = of_layer[id(node.layer)] = here
        for tensor in node.inputs:
            maker = makers.get(id(tensor))
            if maker is not None:
                depth[id(maker)] = max(here + 1, depth.get(id(maker), 0))
                if isinstance(maker.layer, InputLayer):
                    of_layer[id(maker.layer)] = max(here + 1, of_layer.get(id(maker.layer), 0))
    first_met: dict[int, int] = {}
    layers: dict[int, Layer] = {}
    stack = [makers[id(tensor)] for tensor in reversed(outputs) if id(tensor) in makers]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        first_met.setdefault(id(node.layer), len(first_met))
        layers[id(node.layer)] = node.layer
        stack += [makers[id(tensor)] for tensor in reversed(node.inputs) if id(tensor) in makers]
    for node in starts:
        if isinstance(node.layer, InputLayer) and id(node.layer) not in layers:
            layers[id(node.layer)] = node.layer
            first_met[id(node.layer)] = -1
    return sorted(layers.values(), key=lambda layer: (-of_layer.get(id(layer), 0), first_met[id(layer)]))


def load_model(
    filepath: str | os.PathLike[str], custom_objects: Any = None, compile: bool = True, **ignored: Any
) -> Any:
    """Reads a model that ``save`` wrote, here or in Keras (``.keras``, ``.h5``)."""
    from prunelle.keras import saving

    return saving.load_model(filepath, custom_objects, compile)


def save_model(
    model: Model, filepath: str | os.PathLike[str], overwrite: bool = True, **ignored: Any
) -> None:
    """``model.save(filepath)``"""
    model.save(filepath, overwrite)


def model_from_json(text: str, custom_objects: Any = None) -> Any:
    """A model with fresh weights from what ``to_json`` gave."""
    from prunelle.keras import saving

    return saving.from_json(text, custom_objects)


def clone_model(model: Model, input_tensors: Any = None, **ignored: Any) -> Any:
    """The same architecture with layers of its own and fresh weights."""
    return type(model).from_config(model.get_config())


__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

__getattr__ = absent.reporter(__name__)
