"""Models and weights on disk.

``save`` writes one safetensors file, whatever its name ends with: the weights in Keras's shapes, and beside them,
as JSON, the layers and how the model is compiled. ``load_model`` and ``load_weights`` read that, and the files
of Keras 3 (``.keras``, ``.weights.h5``) and Keras 2 (``.h5``) with the package h5py. What a file is, its first
bytes say. Nothing that is read can run code.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError, PrunelleError, RunError, WeightsError
from prunelle.json_files import parse_json
from prunelle.keras import configs, optimizers
from prunelle.keras.models import Model
from prunelle.keras.plain import plain
from prunelle.training.checkpoint import load_tensors, save_tensors

_KIND = "prunelle.keras"


def save_model(model: Model, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Writes architecture, weights, and, where it is compiled, optimiser, loss and metrics.

    Raises:
        PrunelleError: the file is there and ``overwrite`` is false, or cannot be written.
    """
    about: dict[str, Any] = {"kind": _KIND, "model": configs.model_config(model), "weights": _names(model)}
    tensors = _tensors(model)
    if model.compiled is not None:
        optimizer = model.compiled.optimizer
        about["compile"] = {
            "optimizer": optimizers.serialize(optimizer),
            **{key: plain(value) for key, value in model.compiled.arguments.items()},
        }
        tensors |= {f"optimizer.{name}": tensor for name, tensor in optimizer.state().items()}
    _write(filepath, tensors, about, overwrite)


def save_weights(model: Model, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Writes the weights alone."""
    model._require_built("weights")
    _write(filepath, _tensors(model), {"kind": _KIND, "weights": _names(model)}, overwrite)


def load_model(
    filepath: str | os.PathLike[str], custom_objects: Mapping[str, Any] | None = None, compile: bool = True
) -> Model:
    """Reads a model that ``save`` wrote, here or in Keras; compiled, where it was.

    Raises:
        WeightsError: no such file, or none of a model.
    """
    path = _existing(filepath)
    kind = _kind(path)
    if kind != "safetensors":
        from prunelle.keras import hdf5

        model, how = (hdf5.load_keras3 if kind == "zip" else hdf5.load_keras2)(path, custom_objects)
        if compile and how:
            _compile(model, how, custom_objects)
        return model
    tensors, about = _read(path)
    if "model" not in about:
        raise WeightsError(
            f"{path} holds weights without a model: build the model, then model.load_weights({str(path)!r})."
        )
    model = configs.model_from_config(about["model"], custom_objects)
    _assign(model, [tensors[name] for name in about["weights"]], path)
    if compile and "compile" in about and _compile(model, about["compile"], custom_objects):
        kept = {
            name.removeprefix("optimizer."): t for name, t in tensors.items() if name.startswith("optimizer.")
        }
        model.optimizer.expect_state(kept)
    return model


def load_weights(
    model: Model, filepath: str | os.PathLike[str], *, by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Puts the weights of a file into a model.

    Args:
        by_name: take those of layers whose name both have, whatever else there is.
        skip_mismatch: leave layers alone whose shapes differ.

    Raises:
        WeightsError: the file is not there, is no file of weights, or does not fit.
    """
    model._require_built("weights")
    path = _existing(filepath)
    if _kind(path) != "safetensors":
        from prunelle.keras import hdf5

        hdf5.load_weights(model, path, by_name=by_name, skip_mismatch=skip_mismatch)
        return
    tensors, about = _read(path)
    if by_name or skip_mismatch:
        given: dict[str, list[np.ndarray]] = {}
        for name in about["weights"]:
            given.setdefault(name.partition(".")[2].rpartition("/")[0], []).append(tensors[name].numpy())
        assign_by_name(model, given, path, skip_mismatch=skip_mismatch)
        return
    _assign(model, [tensors[name] for name in about["weights"]], path)


def assign_by_name(model: Model, given: Mapping[str, list[Any]], path: Path, *, skip_mismatch: bool) -> None:
    """Gives layers the weights that a file has under their name: arrays, or what becomes one and has its shape."""
    for layer in model.all_layers():
        mine = layer.own_weights
        arrays = given.get(layer.name)
        if not mine or not arrays:
            continue
        if [a.shape for a in arrays] != [w.shape for w in mine]:
            if skip_mismatch:
                continue
            raise WeightsError(
                f"{path}: {layer.name} has weights of {', '.join(str(a.shape) for a in arrays)} there and of "
                f"{', '.join(str(w.shape) for w in mine)} here. skip_mismatch=True leaves such layers alone."
            )
        for weight, array in zip(mine, arrays, strict=True):
            weight.assign(array)


def to_json(model: Model) -> str:
    """The architecture as a text."""
    return json.dumps(configs.model_config(model))


def from_json(text: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A model with fresh weights from what ``to_json`` gave, here or in Keras."""
    try:
        described = parse_json(text)
        return configs.model_from_config(described, custom_objects)
    except (ValueError, KeyError, TypeError) as error:
        raise PrunelleError(f"the text is no model as to_json writes it ({error!r}).") from error


def _compile(model: Model, how: Mapping[str, Any], custom_objects: Mapping[str, Any] | None) -> bool:
    """Compiles as the file says; a warning where something in it is not there."""
    try:
        model.compile(
            optimizer=optimizers.get(how["optimizer"]),
            loss=configs.revived(how.get("loss"), custom_objects, "loss"),
            metrics=configs.revived(how.get("metrics"), custom_objects, "metric"),
            loss_weights=how.get("loss_weights"),
            weighted_metrics=configs.revived(how.get("weighted_metrics"), custom_objects, "metric"),
        )
    except (ArgumentError, KeyError, TypeError) as error:
        model.compiled = None
        warnings.warn(
            f"the model is loaded but not compiled ({error}); call compile() to train it.", stacklevel=4
        )
        return False
    return True


def _names(model: Model) -> list[str]:
    """A name for each weight, in order: a number, the layer and the weight."""
    return [f"{i:04d}.{weight.path}" for i, weight in enumerate(model.weights)]


def _tensors(model: Model) -> dict[str, torch.Tensor]:
    return dict(zip(_names(model), (weight.in_keras_order for weight in model.weights), strict=True))


def _assign(model: Model, tensors: list[torch.Tensor], path: Path) -> None:
    mine = model.weights
    if [tuple(t.shape) for t in tensors] != [w.shape for w in mine]:
        differing = next(
            (
                f"{w.path} is {w.shape} here, {tuple(t.shape)} there"
                for w, t in zip(mine, tensors, strict=False)
                if w.shape != tuple(t.shape)
            ),
            f"{len(mine)} weights here, {len(tensors)} there",
        )
        raise WeightsError(f"the weights of {path} are of another model: {differing}.")
    for weight, tensor in zip(mine, tensors, strict=True):
        weight.assign(tensor.numpy())


def _write(
    filepath: str | os.PathLike[str],
    tensors: Mapping[str, torch.Tensor],
    about: Mapping[str, Any],
    overwrite: bool,
) -> None:
    path = Path(filepath)
    if path.exists() and not overwrite:
        raise PrunelleError(f"{path} is there already, and overwrite=False.")
    if path.is_dir():
        raise PrunelleError(f"{path} is a folder; name a file.")
    try:
        json.dumps(about)
    except TypeError as error:
        raise PrunelleError(f"the model holds something that no file can hold ({error}).") from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_tensors(path, tensors, about)
    except OSError as error:
        raise PrunelleError(f"cannot write {path}: {error.strerror}.") from error


def _read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    try:
        tensors, about = load_tensors(path)
    except RunError as error:
        raise WeightsError(
            f"{path} is no file of a model or of weights: neither safetensors nor HDF5 ({error})"
        ) from error
    if about.get("kind") != _KIND:
        raise WeightsError(f"{path} is a safetensors file, but none that a Keras model wrote.")
    names = about.get("weights")
    if not isinstance(names, list) or not all(isinstance(name, str) and name in tensors for name in names):
        raise WeightsError(
            f"{path} is damaged: it does not say which of its tensors are the model's weights."
        )
    return tensors, about


def _existing(filepath: str | os.PathLike[str]) -> Path:
    path = Path(filepath)
    if path.is_dir():
        raise WeightsError(
            f"{path} is a folder (TensorFlow's SavedModel?); files of .keras and .h5 are read."
        )
    if not path.is_file():
        raise WeightsError(f"{path} is not there.")
    return path


def _kind(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(8)
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5"
    return "zip" if start.startswith(b"PK\x03\x04") else "safetensors"
