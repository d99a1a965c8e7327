"""Models as JSON values, in the form of Keras's own, and back; Keras 2's and 3's are both read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prunelle.errors import ArgumentError, PrunelleError, did_you_mean
from prunelle.keras import layers as layers_module
from prunelle.keras.layers.base import InputLayer, Layer
from prunelle.keras.models import Model, Sequential
from prunelle.keras.tensors import KerasTensor, flat

_MODELS = ("Functional", "Model", "Sequential")


def model_config(model: Model) -> dict[str, Any]:
    """``class_name`` and ``config`` of a model."""
    return {
        "class_name": "Sequential" if isinstance(model, Sequential) else "Functional",
        "config": graph_config(model),
    }


def graph_config(model: Model) -> dict[str, Any]:
    """The ``config`` of a model: its layers, and between which calls they stand."""
    if isinstance(model, Sequential):
        first: list[dict[str, Any]] = []
        if model.built:
            first = [{"class_name": "InputLayer", "config": {"batch_shape": list(model.input_shape)}}]
        return {"name": model.name, "layers": [*first, *map(_layer_config, model.layers)]}
    used = {id(node) for node in model.nodes_within}
    numbers = {
        id(node): i
        for layer in model.layers
        for i, node in enumerate(n for n in layer.nodes if id(n) in used)
    }

    def place(tensor: KerasTensor) -> list[Any]:
        assert tensor.node is not None
        return [tensor.node.layer.name, numbers[id(tensor.node)], tensor.index]

    described = []
    for layer in model.layers:
        calls = [
            {"inputs": [place(tensor) for tensor in node.inputs], "list": node.several}
            for node in layer.nodes
            if id(node) in used and node.inputs
        ]
        described.append({**_layer_config(layer), "name": layer.name, "calls": calls})
    return {
        "name": model.name,
        "layers": described,
        "input_layers": [place(tensor) for tensor in model.inputs],
        "output_layers": [place(tensor) for tensor in model.outputs],
    }


def _layer_config(layer: Layer) -> dict[str, Any]:
    if isinstance(layer, Model):
        return model_config(layer) | {"trainable": layer.trainable}
    return {"class_name": type(layer).__name__, "config": layer.get_config()}


def model_from_config(described: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A model with fresh weights.

    Raises:
        PrunelleError: it has a layer that is not there, or a function that no file can hold.
    """
    kind, config = described["class_name"], described["config"]
    if kind not in _MODELS:
        raise PrunelleError(f"the file holds a {kind}, which is no Sequential and no functional model.")
    if kind == "Sequential":
        return _sequential(config, custom_objects)
    return _functional(config, custom_objects)


def _sequential(config: Any, custom_objects: Mapping[str, Any] | None) -> Sequential:
    if isinstance(config, list):  # Keras before 2.2
        config = {"layers": config}
    made = Sequential(name=config.get("name"))
    for each in config["layers"]:
        made.add(_layer(each, custom_objects))
    shape = config.get("build_input_shape")
    if not made.built and shape and not isinstance(shape, Mapping):
        made.build(tuple(shape))
    return made


def _functional(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> Model:
    made: dict[str, Layer] = {}
    tensors: dict[tuple[str, int, int], KerasTensor] = {}
    waiting: list[tuple[str, int, list[Any], bool]] = []
    for each in config["layers"]:
        name = each.get("name") or each["config"]["name"]
        layer = made[name] = _layer(each, custom_objects)
        if isinstance(layer, InputLayer):
            tensors[name, 0, 0] = layer.output
        for number, (places, several) in enumerate(_calls(each)):
            waiting.append((name, number, places, several))
    while waiting:
        ready = [call for call in waiting if all(place in tensors for place in call[2])]
        # The calls of a shared layer keep their numbers: the first waits for none, the second for the first.
        counts = {name: min(n for other, n, _, _ in waiting if other == name) for name, _, _, _ in waiting}
        ready = [call for call in ready if call[1] == counts[call[0]]]
        if not ready:
            raise PrunelleError(
                f"the model {config.get('name')} is not connected: {waiting[0][0]} has no inputs."
            )
        for call in ready:
            name, number, places, several = call
            inputs = [tensors[place] for place in places]
            outputs = made[name](inputs if several or len(inputs) > 1 else inputs[0])
            for index, tensor in enumerate(flat(outputs)):
                tensors[name, number, index] = tensor
            waiting.remove(call)
    ends = [[tensors[place] for place in _places(config[key])] for key in ("input_layers", "output_layers")]
    return Model(ends[0], ends[1], name=config.get("name"))


def _places(described: Any) -> list[tuple[str, int, int]]:
    """``["dense", 0, 0]``, or a list or dictionary of such."""
    if isinstance(described, Mapping):
        described = list(described.values())
    if described and isinstance(described[0], str):
        described = [described]
    return [(name, int(node), int(index)) for name, node, index in described]


def _calls(described: Mapping[str, Any]) -> list[tuple[list[tuple[str, int, int]], bool]]:
    """The calls of a layer: from where it takes its inputs, and whether as a list."""
    if "calls" in described:
        return [(_places(call["inputs"]), call["list"]) for call in described["calls"]]
    found = []
    for node in described.get("inbound_nodes", []):
        if isinstance(node, Mapping):  # Keras 3
            places = [tuple(config["keras_history"]) for config in _keras_tensors(node.get("args", []))]
            several = bool(node["args"]) and isinstance(node["args"][0], list)
        else:  # Keras 2: [[layer, node, tensor, arguments], …]
            node = [node] if isinstance(node[0], str) else node
            places, several = [tuple(each[:3]) for each in node], len(node) > 1
        found.append((places, several))
    return found


def _keras_tensors(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            return [value["config"]]
        return []
    return [found for each in value for found in _keras_tensors(each)] if isinstance(value, list) else []


def _layer(described: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> Layer:
    kind, config = described["class_name"], described["config"]
    if kind in _MODELS:
        model = model_from_config(described, custom_objects)
        if described.get("trainable", True) is False or (
            isinstance(config, dict) and config.get("trainable") is False
        ):
            model.trainable = False
        return model
    known = custom_objects or {}
    if kind in known:
        layer: Layer = known[kind].from_config(config)
        return layer
    home: Any = layers_module
    if kind not in layers_module.__all__:
        from prunelle.keras.applications import parts as home

        if kind not in home.__all__:
            home = None
    if home is None:
        raise PrunelleError(
            f"the file has a layer of the class {kind}, which is not there."
            f"{did_you_mean(kind, layers_module.__all__)} A class of your own goes into "
            f"load_model(…, custom_objects={{{kind!r}: {kind}}})."
        )
    if kind == "Lambda":
        config = _with_function(config, known)
    config = {key: _custom(value, known) for key, value in config.items()}
    made: Layer = getattr(home, kind).from_config(config)
    return made


def _custom(value: Any, known: Mapping[str, Any]) -> Any:
    return known[value] if isinstance(value, str) and value in known else value


def _with_function(config: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    name = config.get("name")
    for key in (name, config.get("function")):
        if isinstance(key, str) and key in known:
            return {**config, "function": known[key]}
    raise PrunelleError(
        f"the Lambda layer {name!r} holds a function, which no file can hold safely. Give it: load_model(…, "
        f"custom_objects={{{name!r}: the_function}}); or build the model again and use load_weights."
    )


def revived(value: Any, custom_objects: Mapping[str, Any] | None, what: str) -> Any:
    """The inverse of ``plain``, for a loss or metrics."""
    from prunelle.keras import losses, metrics

    known = custom_objects or {}
    if isinstance(value, Mapping) and "class_name" in value:
        name = value["class_name"]
        home = losses if what == "loss" else metrics
        made = known.get(name) or getattr(home, name, None)
        if name == "function":  # Keras 3 saves a function so
            return value["config"]
        if made is None:
            raise ArgumentError(f"{what} {name!r} is not there.{did_you_mean(name, home.__all__)}")
        config = {k: v for k, v in value["config"].items() if k not in ("dtype", "fn")}
        return made.from_config(config) if hasattr(made, "from_config") else made(**config)
    if isinstance(value, Mapping):
        return {key: revived(each, custom_objects, what) for key, each in value.items()}
    if isinstance(value, list):
        return [revived(each, custom_objects, what) for each in value]
    return known.get(value, value) if isinstance(value, str) else value
