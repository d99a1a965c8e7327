"""Files that Keras wrote: ``.keras`` and ``.weights.h5`` of Keras 3, ``.h5`` of Keras 2 and 3."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prunelle.errors import PrunelleError, WeightsError
from prunelle.json_files import parse_json
from prunelle.keras import configs
from prunelle.keras.layers.base import Layer, Weight
from prunelle.keras.models import Model
from prunelle.keras.naming import snake_case
from prunelle.keras.saving import assign_by_name


def load_keras3(
    path: Path, custom_objects: Mapping[str, Any] | None
) -> tuple[Model, Mapping[str, Any] | None]:
    """A ``.keras`` file: the model, and how it is compiled."""
    try:
        with zipfile.ZipFile(path) as archive:
            described = parse_json(_member(archive, "config.json", path))
            weights = io.BytesIO(_member(archive, "model.weights.h5", path))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise WeightsError(f"{path} is no whole .keras file ({error}).") from error
    model = _described(described, path, custom_objects)
    with _opened(weights, path) as file:
        _take_keras3(model, file, path, skip_mismatch=False)
    return model, described.get("compile_config")


def load_keras2(
    path: Path, custom_objects: Mapping[str, Any] | None
) -> tuple[Model, Mapping[str, Any] | None]:
    """An ``.h5`` file with a model: the model, and how it is compiled."""
    with _opened(path, path) as file:
        if "model_config" not in file.attrs:
            raise WeightsError(
                f"{path} holds weights without a model: build the model, then use load_weights."
            )
        model = _described(_parsed(file.attrs["model_config"], path), path, custom_objects)
        _take_keras2(model, file["model_weights"], path, skip_mismatch=False)
        how = None
        if "training_config" in file.attrs:
            found = _parsed(file.attrs["training_config"], path)
            how = {"optimizer": found.get("optimizer_config"), **found}
    return model, how


def _parsed(text: Any, path: Path) -> Any:
    try:
        return parse_json(_text(text))
    except ValueError as error:
        raise WeightsError(f"{path} is damaged: what it says of its model is no JSON ({error}).") from None


def _described(described: Any, path: Path, custom_objects: Mapping[str, Any] | None) -> Model:
    """The model with fresh weights; what no Keras writes is said to be damaged."""
    try:
        return configs.model_from_config(described, custom_objects)
    except PrunelleError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as error:
        raise WeightsError(
            f"{path} is damaged: what it says of its model is no model ({error!r})."
        ) from error


def load_weights(model: Model, path: Path, *, by_name: bool, skip_mismatch: bool) -> None:
    """The weights of any such file."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            source: Any = io.BytesIO(_member(archive, "model.weights.h5", path))
    else:
        source = path
    with _opened(source, path) as file:
        root = file.get("model_weights", file)
        if "layer_names" not in root.attrs:
            _take_keras3(model, file, path, skip_mismatch=skip_mismatch)
        elif by_name:
            given = {name: arrays for name, arrays, _ in _groups(root)}
            assign_by_name(model, given, path, skip_mismatch=skip_mismatch)
        else:
            _take_keras2(model, root, path, skip_mismatch=skip_mismatch)


def _take_keras2(model: Model, root: Any, path: Path, *, skip_mismatch: bool) -> None:
    """Layer after layer, as the file has them; names do not count."""
    theirs = [(name, arrays, names) for name, arrays, names in _groups(root) if arrays]
    mine = [layer for layer in model.layers if layer.weights]
    if len(theirs) != len(mine):
        raise WeightsError(
            f"{path} has {len(theirs)} layers with weights, this model {len(mine)}: they are not of one architecture. "
            f"by_name=True takes those whose names both have."
        )
    for layer, (name, arrays, names) in zip(mine, theirs, strict=True):
        _give(_in_file_order(layer, names), arrays, f"{path}: {name}", skip_mismatch=skip_mismatch)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    """A file of a ``.keras`` archive, where it holds no more than the archive could: Keras compresses nothing.

    Raises:
        WeightsError: it says that it does.
    """
    says, size = archive.getinfo(name).file_size, path.stat().st_size
    if says > max(size, _SMALL):
        raise WeightsError(f"{path}: {name} says that it holds {says:,} bytes, and the file is of {size:,}.")
    return archive.read(name)


_SMALL = 16 * 2**20  # a configuration that somebody packed again


def _groups(root: Any) -> list[tuple[str, list[Any], list[str]]]:
    """A file's layers: name, data sets, names of the data sets.

    They are not read yet: what one says of its shape may be of any size, and is held against the model's first.
    """
    found = []
    for name in map(_text, root.attrs["layer_names"]):
        group = root[name]
        names = [_text(each) for each in group.attrs.get("weight_names", ())]
        found.append((name, [_data_set(group[each]) for each in names], names))
    return found


def _data_set(found: Any) -> Any:
    import h5py

    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiu":
        raise WeightsError(f"{found.file.filename}: {found.name} holds no numbers.")
    return found


def _in_file_order(layer: Layer, names: list[str]) -> list[Weight]:
    """A layer's weights as Keras writes them: of a model within, those that learnt come first.

    Which did is told by the names.
    """
    if not layer.inner_layers:
        return layer.weights
    waiting = list(layer.weights)
    ordered = []
    for name in names:
        parts = name.partition(":")[0].split("/")
        match = next((w for w in waiting if [w._layer.name, w.name] == parts[-2:]), None)
        if match is None:
            return layer.weights
        waiting.remove(match)
        ordered.append(match)
    return ordered


def _take_keras3(model: Layer, group: Any, path: Path, *, skip_mismatch: bool) -> None:
    """Container after container: groups are named for classes, with numbers."""
    inside = group.get("layers") if hasattr(group, "get") else None
    if inside is None:
        raise WeightsError(f"{path} is no file of weights that Keras wrote: it has no layers.")
    by_name = {}
    for key in inside:
        own = inside[key].get("vars")
        if own is not None and "name" in own.attrs:
            by_name[_text(own.attrs["name"])] = key
    seen: Counter[str] = Counter()
    for layer in model.inner_layers:
        kind = snake_case("Functional" if type(layer) is Model else type(layer).__name__)
        key = kind if not seen[kind] else f"{kind}_{seen[kind]}"
        seen[kind] += 1
        if not layer.weights:
            continue
        key = by_name.get(layer.name, key)
        if key not in inside:
            raise WeightsError(
                f"{path} has nothing for {layer.name} ({type(layer).__name__}): it is of another architecture."
            )
        if layer.inner_layers:
            _take_keras3(layer, inside[key], path, skip_mismatch=skip_mismatch)
        else:
            variables = inside[key]["vars"]
            arrays = [_data_set(variables[str(i)]) for i in range(len(variables))]
            _give(layer.weights, arrays, f"{path}: {layer.name}", skip_mismatch=skip_mismatch)


def _give(weights: list[Weight], arrays: list[Any], what: str, *, skip_mismatch: bool) -> None:
    if [w.shape for w in weights] != [a.shape for a in arrays]:
        if skip_mismatch:
            return
        raise WeightsError(
            f"{what} has weights of {', '.join(str(a.shape) for a in arrays)}; this model's are of "
            f"{', '.join(str(w.shape) for w in weights)}. skip_mismatch=True leaves such layers alone."
        )
    for weight, array in zip(weights, arrays, strict=True):
        weight.assign(array)


def _opened(source: Any, path: Path) -> Any:
    try:
        import h5py
    except ImportError:
        raise PrunelleError(
            f"{path} was written by Keras; reading it needs the package h5py: pip install 'prunelle[keras]'"
        ) from None
    _try_apart(source, path)
    try:
        return h5py.File(source, "r")
    except OSError as error:
        raise WeightsError(f"{path} cannot be read as HDF5: {error}.") from error


_READ_ALL_NAMES = """
import io, os, sys
import h5py
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (20, 30))
except ImportError:
    pass
source = io.BytesIO(sys.stdin.buffer.read()) if sys.argv[1] == "-" else os.fsencode(sys.argv[1])
def visit(item):
    for name in item.attrs:
        item.attrs[name]
    if isinstance(item, h5py.Group):
        for name in item:
            visit(item[name])
    else:
        item.shape, item.dtype
try:
    with h5py.File(source, "r") as file:
        visit(file)
except Exception:
    pass
"""


def _try_apart(source: Any, path: Path) -> None:
    """Reads what describes the tensors in a process of its own: on some damaged files the HDF5 library ends the process
    that reads them (segmentation fault), or goes in circles; no ``except`` sees that. Whole files take milliseconds.

    Raises:
        WeightsError: it did.
    """
    inside = isinstance(source, io.BytesIO)
    ended = subprocess.run(
        [sys.executable, "-c", _READ_ALL_NAMES, "-" if inside else os.fspath(source)],
        input=source.getvalue() if inside else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode
    if ended:
        raise WeightsError(f"{path} is damaged: the HDF5 library breaks down over it.")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
