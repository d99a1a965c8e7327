"""``losses`` and ``updates`` of layers as graphs had them: there before any value is.

Keras 1 and 2 worked out a penalty, or what a step does to a moving average, as symbols when a layer was called in a
graph. Keras 3 has none before a pass with values. Programs (and tests) count them and look whether there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from prunelle.keras import differences
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay, like

_GIVEN = "_prunelle_given"
"""The attribute of a layer with what ``add_loss`` and ``add_update`` were given: what, the value, for which inputs."""


def lay(overlay: Overlay, generation: Generation) -> None:
    """``losses``, ``updates``, ``get_losses_for``, ``get_updates_for``, ``add_update``."""
    layer = keras.layers.Layer
    if generation != Generation.KERAS_3:
        overlay.put(layer, "losses", property(_losses(layer.losses.fget)))
    overlay.put(layer, "updates", property(_updates))
    overlay.put(layer, "add_update", _add_update)
    overlay.put(layer, "get_updates_for", lambda self, inputs: given(self, "update", inputs))
    overlay.put(layer, "get_losses_for", _losses_for)
    if differences.ACTIVITY_SUM.of(generation):
        overlay.put(layer, "__call__", _penalised_as_a_whole(layer.__call__))


def remember(layer: Any, what: str, values: Any, inputs: Any) -> None:
    """What was added for which inputs."""
    layer.__dict__.setdefault(_GIVEN, []).extend(
        (what, value, inputs) for value in keras.tree.flatten(values)
    )


def given(layer: Any, what: str, inputs: Any) -> list[Any]:
    """What was added for these inputs; for None, what depends on none."""
    return [value for kind, value, of in layer.__dict__.get(_GIVEN, ()) if kind == what and of is inputs]


def _add_update(self: Any, updates: Any, inputs: Any = None) -> None:
    remember(self, "update", updates, inputs)


def _losses(original: Any) -> Any:
    def losses(self: Any) -> list[Any]:
        found: list[Any] = original(self)
        layers = list(self._flatten_layers())
        if private("backend").in_stateless_scope() or any(layer._losses for layer in layers):
            return found  # of a pass with values
        if any(layer.activity_regularizer is not None for layer in layers):
            found += [keras.KerasTensor(()) for _ in _of_calls(self, _activity)]
        return [*found, *_added(self)]

    return losses


def _added(model: Any) -> list[Any]:
    extra = (getattr(model, "_functional", None) or model).__dict__.get("_prunelle_extra", {})
    return [*extra.get("losses", ()), *extra.get("always", ())]


def _losses_for(self: Any, inputs: Any) -> list[Any]:
    told = given(self, "loss", inputs)
    if inputs is not None:
        return told or [keras.KerasTensor(()) for _ in _of_calls(self, _activity)]
    elsewhere = [
        value for kind, value, of in self.__dict__.get(_GIVEN, ()) if kind == "loss" and of is not None
    ]
    symbols = (loss for loss in self.losses if not isinstance(loss, keras.KerasTensor))
    return [loss for loss in symbols if not any(loss is each for each in elsewhere)]


def _updates(self: Any) -> list[Any]:
    if not self.trainable:
        return []
    return [
        *(value for kind, value, _ in self.__dict__.get(_GIVEN, ()) if kind == "update"),
        *_of_calls(self, _averages),
    ]


def _of_calls(layer: Any, what: Callable[[Any], list[Any]]) -> Iterator[Any]:
    """``what`` each layer has of each call: of a model, of the calls of its own graph."""
    graph = getattr(layer, "_functional", None) or layer
    by_depth = getattr(graph, "_nodes_by_depth", None) or {0: layer._inbound_nodes}
    for node in (node for nodes in by_depth.values() for node in nodes):
        inner = node.operation
        if inner is not layer and isinstance(inner, keras.Model):
            yield from _of_calls(inner, what)
        elif isinstance(inner, keras.layers.Layer) and node.arguments.kwargs.get("training") is not False:
            for each in inner._flatten_layers():
                yield from what(each)


def _activity(layer: Any) -> list[Any]:
    return [layer.activity_regularizer] if layer.activity_regularizer is not None else []


def _averages(layer: Any) -> list[Any]:
    known = isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    return [layer.moving_mean, layer.moving_variance] if known else []


def _penalised_as_a_whole(original: Any) -> Any:
    @like(original)
    def call(self: Any, *args: Any, **named: Any) -> Any:
        regularizer = self.__dict__.get("activity_regularizer")
        if regularizer is None:
            return original(self, *args, **named)
        self.__dict__["activity_regularizer"] = (
            None  # Keras's own call would divide by the number of examples
        )
        try:
            found = original(self, *args, **named)
        finally:
            self.__dict__["activity_regularizer"] = regularizer
        for output in keras.tree.flatten(found):
            if private("backend").is_tensor(output):
                private("layers.layer").Layer.add_loss(self, regularizer(output))
        return found

    return call
