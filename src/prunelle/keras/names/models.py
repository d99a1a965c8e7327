"""``keras.models``, and what stood in ``keras.engine``."""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.saving import load_model, save_model

__all__ = [
    "Container",
    "Functional",
    "Input",
    "InputSpec",
    "Layer",
    "Network",
    "get_source_inputs",
    "load_model",
    "model_from_config",
    "model_from_yaml",
    "save_model",
]

Network = Container = Functional = keras.Model
Layer, Input, InputSpec = keras.layers.Layer, keras.layers.Input, keras.layers.InputSpec
get_source_inputs = keras.utils.get_source_inputs


def model_from_config(config: Any, custom_objects: Any = None) -> Any:
    """The model of a configuration, without its weights."""
    kind = {"Sequential": keras.Sequential}.get(config.get("class_name"), keras.Model)
    return kind.from_config(config["config"], custom_objects=custom_objects)


def model_from_yaml(yaml_string: str, custom_objects: Any = None) -> Any:
    """The model of what ``to_yaml`` gave."""
    import json

    return keras.models.model_from_json(json.dumps(json.loads(yaml_string)), custom_objects=custom_objects)
