"""Models as files of Keras 1 and 2 describe them, where Keras 3 no longer reads that, or misreads it.

Sources: ``keras/legacy/interfaces.py``, ``keras/engine/saving.py`` (``preprocess_weights_for_loading``) of Keras 2.3.1,
and ``keras/layers`` of Keras 1.2.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prunelle.keras.floor import private
from prunelle.keras.names.layers import OLD_NAMES
from prunelle.keras.overlay import Overlay, like

_MERGED = {
    "sum": "Add",
    "mul": "Multiply",
    "concat": "Concatenate",
    "ave": "Average",
    "max": "Maximum",
    "dot": "Dot",
    "cos": "Dot",
}
"""Mode of Keras 1's ``Merge`` → the layer that it became."""


def lay(overlay: Overlay) -> None:
    """Files of all generations are read through here."""
    utils, legacy = private("legacy.saving.saving_utils"), private("legacy.saving.legacy_h5_format")
    overlay.put(utils, "model_from_config", _model_from_config(utils.model_from_config))
    overlay.put(legacy, "_set_weights", _set_weights(legacy._set_weights))


def _model_from_config(original: Any) -> Any:
    @like(original)
    def model_from_config(config: Any, custom_objects: Any = None) -> Any:
        if isinstance(config, dict) and "class_name" in config:
            config = _today(config, custom_objects or {})
        return original(config, custom_objects)

    return model_from_config


def _today(config: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> dict[str, Any]:
    """A layer or a model, described as Keras 3 reads it."""
    kind, about = config["class_name"], config.get("config")
    if isinstance(about, list):
        # Until 2.2.2, a chain was the list of its layers, without a name.
        return {**config, "config": {"name": None, "layers": about}} if kind == "Sequential" else {**config}
    if not isinstance(about, dict):
        return {**config}
    about = {
        name: _without_type(value) if name.endswith("_initializer") else value
        for name, value in about.items()
    }
    if kind not in custom_objects:
        kind = OLD_NAMES.get(kind, kind)
    if kind == "InputLayer":
        if "input_dtype" in about:
            about["dtype"] = about.pop("input_dtype")
    elif about.get("batch_input_shape") is not None:
        # Keras 3 takes the size of the batch for one of the example's sides.
        about["batch_size"], *shape = about.pop("batch_input_shape")
        about["input_shape"] = tuple(shape)
    if kind == "Merge" and about.get("mode") in _MERGED and kind not in custom_objects:
        kind, about = _merged(about)
    return {**config, "class_name": kind, "config": about}


def _without_type(initializer: Any) -> Any:
    """TensorFlow 1's initialisers had a type of their own; today's take that of the weight."""
    if not isinstance(initializer, dict) or "dtype" not in (initializer.get("config") or {}):
        return initializer
    about = {name: value for name, value in initializer["config"].items() if name != "dtype"}
    return {**initializer, "config": about}


def _merged(about: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    mode, found = about["mode"], {"name": about.get("name")}
    if mode == "concat":
        found["axis"] = about.get("concat_axis", -1)
    elif mode in ("dot", "cos"):
        found |= {"axes": about.get("dot_axes", -1), "normalize": mode == "cos"}
    return _MERGED[mode], found


def _set_weights(original: Any) -> Any:
    """Kernels of Keras 1 have other shapes: of one step more, or Theano's, whose filters come first."""

    @like(original)
    def set_weights(
        instance: Any, symbolic_weights: Any, weight_values: Any, *args: Any, **given: Any
    ) -> Any:
        if len(symbolic_weights) == len(weight_values):
            shapes = [tuple(each.shape) for each in symbolic_weights]
            weight_values = [_kernel(np.asarray(v), s) for v, s in zip(weight_values, shapes, strict=True)]
        return original(instance, symbolic_weights, weight_values, *args, **given)

    return set_weights


def _kernel(value: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """As a weight of ``shape`` holds it; what fits no way as it is, for Keras to refuse."""
    if value.shape == tuple(shape):
        return value
    if value.ndim == 4 and len(shape) == 3 and value.shape[1] == 1:
        value = value[:, 0]  # ``Convolution1D`` was one over pictures of one column
    elif value.ndim == len(shape) == 4:
        value = value.transpose(2, 3, 1, 0)  # (filters, channels, rows, columns), of ``dim_ordering="th"``
    return value
