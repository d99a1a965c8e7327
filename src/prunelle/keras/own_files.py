"""Prunelle's own files of models: one safetensors file of weights, with the layers and how they train beside them.

A run keeps its program's model in one. Nothing in such a file can run code. Those that Prunelle wrote before it stood
on Keras 3, which may have any name (``model.h5`` too), are read as well.
"""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from prunelle.errors import PrunelleError, RunError, WeightsError
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation, named
from prunelle.training.checkpoint import load_tensors, save_tensors

_KIND = "prunelle.keras"
_CONFIGURATION_OF_KERAS_3 = 2
"""``version`` of a file whose ``model`` is what Keras 3's ``to_json`` gives; those without one are older."""


def write_model(model: Any, path: Path, generation: Generation) -> None:
    """Architecture, weights, and, where it is compiled, optimiser, loss and metrics.

    Raises:
        PrunelleError: a part of it cannot be written; the file cannot be.
    """
    about = {"kind": _KIND, "version": _CONFIGURATION_OF_KERAS_3, "generation": generation.option}
    tensors = _named(model.weights)
    about |= {"weights": list(tensors), "model": _described(model)}
    if model.compiled:
        with contextlib.suppress(
            TypeError, ValueError
        ):  # a loss of the program's own: it compiles again itself
            how = model.get_compile_config()
            json.dumps(how)
            about["compile"] = how
            tensors |= {f"optimizer.{name}": t for name, t in _named(model.optimizer.variables).items()}
    _write(path, tensors, about)


def write_weights(model: Any, path: Path, generation: Generation) -> None:
    """The weights alone.

    Raises:
        PrunelleError: the file cannot be written.
    """
    tensors = _named(model.weights)
    about = {"kind": _KIND, "version": _CONFIGURATION_OF_KERAS_3, "generation": generation.option}
    _write(path, tensors, about | {"weights": list(tensors)})


def read_model(path: Path, custom_objects: Mapping[str, Any] | None = None, *, compile: bool = True) -> Any:
    """The model of a file.

    Raises:
        WeightsError: no file of a model.
        ValueError: something in it is of the program's own.
    """
    tensors, about = _read(Path(path))
    if "model" not in about:
        raise WeightsError(
            f"{path} holds weights without a model: build the model, then model.load_weights({str(path)!r})."
        )
    if about.get("version") == _CONFIGURATION_OF_KERAS_3:
        deserialize: Any = keras.saving.deserialize_keras_object
        model = deserialize(about["model"], custom_objects=dict(custom_objects or {}), safe_mode=True)
    else:
        model = private("legacy.saving.saving_utils").model_from_config(
            _as_keras_2_had_it(about["model"]), custom_objects=custom_objects
        )
    _assign(model, [tensors[name] for name in about["weights"]], Path(path))
    if compile and "compile" in about:
        _compile(model, about, tensors, Path(path))
    return model


def read_weights(model: Any, path: Path, *, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Puts the weights of a file into a model.

    Args:
        by_name: into layers of the names that the file has, whatever else there is.
        skip_mismatch: not into layers of other shapes.

    Raises:
        WeightsError: no file of weights, or of another model.
    """
    tensors, about = _read(Path(path))
    if not (by_name or skip_mismatch):
        _assign(model, [tensors[name] for name in about["weights"]], Path(path))
        return
    given: dict[str, list[torch.Tensor]] = {}
    for name in about["weights"]:
        given.setdefault(_layer(name.partition(".")[2]), []).append(tensors[name])
    own: dict[str, list[Any]] = {}
    for variable in model.weights:
        own.setdefault(_layer(variable.path), []).append(variable)
    for layer, variables in own.items():
        found = given.get(layer)
        if found is None:
            continue
        if [tuple(t.shape) for t in found] != [tuple(v.shape) for v in variables]:
            if skip_mismatch:
                continue
            raise WeightsError(
                f"{path}: {layer} has weights of {', '.join(str(tuple(t.shape)) for t in found)} there and of "
                f"{', '.join(str(tuple(v.shape)) for v in variables)} here. skip_mismatch=True leaves them alone."
            )
        for variable, tensor in zip(variables, found, strict=True):
            variable.assign(tensor)


def _layer(path: str) -> str:
    """The layer of a variable: models before it in the path may have other names."""
    return path.split("/")[-2]


def generation_of(path: Path) -> Generation:
    """Which Keras the program of a file spoke."""
    return named(str(_read(path)[1].get("generation", Generation.KERAS_2.option)))


def _described(model: Any) -> Any:
    try:
        described = keras.saving.serialize_keras_object(model)
        json.dumps(described)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise PrunelleError(f"the model holds something that no file can hold ({error}).") from error
    for unneeded in ("compile_config", "build_config"):
        described.pop(unneeded, None)
    return described


def _compile(model: Any, about: Mapping[str, Any], tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    try:
        if about.get("version") == _CONFIGURATION_OF_KERAS_3:
            model.compile_from_config(about["compile"])
        else:
            how = {name: value for name, value in about["compile"].items() if value is not None}
            model.compile(**how | {"optimizer": keras.optimizers.deserialize(how["optimizer"])})
    except (PrunelleError, KeyError, TypeError, ValueError) as error:
        warnings.warn(
            f"the model is loaded but not compiled ({error}); call compile() to train it.", stacklevel=5
        )
        return
    kept = [tensor for name, tensor in tensors.items() if name.startswith("optimizer.")]
    model.optimizer.build(model.trainable_variables)
    own = model.optimizer.variables
    if [tuple(v.shape) for v in own] == [tuple(tensor.shape) for tensor in kept]:
        for variable, tensor in zip(own, kept, strict=True):
            variable.assign(tensor)


def _named(variables: Any) -> dict[str, torch.Tensor]:
    """A name for each, in order: its number and its path."""
    return {f"{i:04d}.{v.path}": v.value.detach().contiguous() for i, v in enumerate(variables)}


def _assign(model: Any, tensors: list[torch.Tensor], path: Path) -> None:
    own = model.weights
    if [tuple(t.shape) for t in tensors] != [tuple(v.shape) for v in own]:
        differing = next(
            (
                f"{v.path} is {tuple(v.shape)} here, {tuple(t.shape)} there"
                for v, t in zip(own, tensors, strict=False)
                if tuple(v.shape) != tuple(t.shape)
            ),
            f"{len(own)} weights here, {len(tensors)} there",
        )
        raise WeightsError(f"the weights of {path} are of another model: {differing}.")
    for variable, tensor in zip(own, tensors, strict=True):
        variable.assign(tensor)


def _write(path: Path, tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_tensors(path, tensors, about)
    except OSError as error:
        raise PrunelleError(f"cannot write {path}: {error.strerror}.") from error


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    if not path.is_file():
        raise WeightsError(f"{path} is not there.")
    try:
        tensors, about = load_tensors(path)
    except RunError as error:
        raise WeightsError(
            f"{path} is no file of a model or of weights: neither safetensors nor HDF5 ({error})"
        ) from error
    names = about.get("weights")
    if about.get("kind") != _KIND:
        raise WeightsError(f"{path} is a safetensors file, but none that a Keras model wrote.")
    if not isinstance(names, list) or not all(isinstance(name, str) and name in tensors for name in names):
        raise WeightsError(
            f"{path} is damaged: it does not say which of its tensors are the model's weights."
        )
    return tensors, about


def _as_keras_2_had_it(described: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that Prunelle wrote itself, with each layer's calls in the form of Keras 2's files."""
    kind, config = described["class_name"], dict(described["config"])
    config["layers"] = [_layer_as_keras_2_had_it(each) for each in config["layers"]]
    return {"class_name": kind, "config": config}


def _layer_as_keras_2_had_it(described: Mapping[str, Any]) -> dict[str, Any]:
    inner = described["class_name"] in ("Sequential", "Functional", "Model")
    made = _as_keras_2_had_it(described) if inner else dict(described)
    if "calls" in described:
        made["name"] = described["name"]
        made["inbound_nodes"] = [[[*place, {}] for place in call["inputs"]] for call in described["calls"]]
        made.pop("calls", None)
    return made
