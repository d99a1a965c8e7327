"""Files: ``.h5`` of every generation, whatever a program calls them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prunelle import disk
from prunelle.errors import WeightsError
from prunelle.keras import hdf5, old_configs, own_files
from prunelle.keras.eager.not_here import EXPORT, NotHere
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.optimizers import begin_again
from prunelle.keras.overlay import Overlay, like


def lay(overlay: Overlay, generation: Generation) -> None:
    """``save``, ``save_weights`` and ``load_weights`` under any name, as Keras had them until 2."""
    model = keras.Model
    for name in ("save", "save_weights", "load_weights"):
        overlay.put(model, name, globals()[f"_{name}"](getattr(model, name)))
    overlay.put(model, "export", _export(model.export))
    overlay.put(model, "to_yaml", lambda self, **given: self.to_json(**given))
    old_configs.lay(overlay)
    legacy = private("legacy.saving.legacy_h5_format")
    overlay.put(legacy, "save_subset_weights_to_hdf5_group", _write_weights)
    _know_own_functions(overlay)


def _export(original: Any) -> Any:
    """TensorFlow's SavedModel needs TensorFlow."""

    @like(original)
    def export(self: Any, filepath: Any, format: str = "tf_saved_model", *args: Any, **given: Any) -> Any:
        if format == "tf_saved_model":
            raise NotHere(f"Prunelle writes no SavedModel of TensorFlow's: {EXPORT}")
        return original(self, filepath, format, *args, **given)

    return export


def _write_weights(group: Any, weights: Any) -> None:
    """Under their names; several of one name, as variables of a program's own may be, are told apart by a number."""
    names: dict[str, Any] = {}
    for weight in weights:
        name, number = str(weight.path), 0
        while name in names:
            number += 1
            name = f"{weight.path}_{number}"
        names[name] = keras.ops.convert_to_numpy(weight)
    legacy = private("legacy.saving.legacy_h5_format")
    legacy.save_attributes_to_hdf5_group(group, "weight_names", [name.encode("utf8") for name in names])
    for name, value in names.items():
        group.create_dataset(name, data=value)


def _know_own_functions(overlay: Overlay) -> None:
    """A ``Lambda`` of a function that this program wrote can be read again, with the names that the function uses.

    Of other files Keras refuses those that are code, and wants the others in ``custom_objects``.
    """
    module, kind = private("utils.python_utils"), keras.layers.Lambda
    dump, load = module.func_dump, module.func_load
    serialize, original = kind._serialize_function_to_config, kind.from_config.__func__
    scopes: dict[str, dict[str, Any]] = {}
    named: dict[str, Any] = {}

    @like(dump)
    def func_dump(func: Any) -> Any:
        found = dump(func)
        scopes[found[0]] = func.__globals__
        return found

    @like(load)
    def func_load(code: Any, defaults: Any = None, closure: Any = None, globs: Any = None) -> Any:
        return load(code, defaults, closure, globs or scopes.get(code if isinstance(code, str) else code[0]))

    def remember(self: Any, function: Any) -> Any:
        found = serialize(self, function)
        if found.get("class_name") == "function":
            named[found["config"]] = function
        return found

    @like(original)
    def from_config(cls: Any, config: Any, custom_objects: Any = None, safe_mode: Any = None) -> Any:
        parts = [
            part
            for part in config.values()
            if isinstance(part, dict) and part.get("class_name") == "__lambda__"
        ]
        if parts and all(part["config"]["code"] in scopes for part in parts):
            safe_mode = False
        return original(cls, {**config}, named | dict(custom_objects or {}), safe_mode)

    overlay.put(module, "func_dump", func_dump)
    overlay.put(module, "func_load", func_load)
    overlay.put(kind, "_serialize_function_to_config", remember)
    overlay.put(kind, "from_config", classmethod(from_config))


def _save(original: Any) -> Any:
    @like(original)
    def save(
        self: Any, filepath: Any, overwrite: bool = True, include_optimizer: bool = True, **given: Any
    ) -> None:
        save_model(self, filepath, overwrite, include_optimizer)

    return save


def save_model(
    model: Any, filepath: Any, overwrite: bool = True, include_optimizer: bool = True, **ignored: Any
) -> None:
    """The whole model: ``.keras`` as Keras 3 writes it, else HDF5 as Keras 2 did."""
    if isinstance(filepath, os.PathLike):
        filepath = os.fspath(filepath)
    if isinstance(filepath, str) and filepath.endswith(".keras"):
        with _whole(filepath, overwrite) as path:
            keras.saving.save_model(model, path, overwrite=overwrite)
        return
    trained = include_optimizer and model.optimizer is not None
    compiled = getattr(getattr(model, "_compile_config", None), "config", {})
    kept = dict(compiled)
    try:
        _write_hdf5(model, filepath, overwrite, trained)
    finally:
        # Keras takes the optimiser out, and a .keras file that is saved later would lack it.
        compiled.update(kept)


def _write_hdf5(model: Any, filepath: Any, overwrite: bool, trained: bool) -> None:
    write = private("legacy.saving.legacy_h5_format").save_model_to_hdf5
    if isinstance(filepath, str):
        with _whole(filepath, overwrite) as path:
            write(model, path, overwrite, trained)
        return
    if not hasattr(filepath, "write"):  # an open file of h5py
        write(model, filepath, overwrite, trained)
        return
    import h5py

    stream = io.BytesIO()  # HDF5 reads what it wrote, and a stream may be for writing alone
    with h5py.File(stream, "w") as file:
        write(model, file, overwrite, trained)
    filepath.write(stream.getvalue())


@contextlib.contextmanager
def _whole(filepath: str, overwrite: bool = True) -> Iterator[str]:
    """Where to write what becomes ``filepath`` once it is whole: a checkpoint that is cut short costs no earlier one.

    Raises:
        CannotWrite: the system refuses.
    """
    target = Path(filepath)
    if not overwrite and target.exists():
        yield filepath  # Keras asks whether it may
        return
    # In a folder of its own: Keras goes by the name's ending.
    with (
        disk.replacing(target) as stream,
        tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as folder,
    ):
        path = Path(folder) / target.name
        yield str(path)
        with path.open("rb") as written:
            shutil.copyfileobj(written, stream)


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True, **given: Any) -> Any:
    """A model from a file of any generation."""
    if isinstance(filepath, os.PathLike):
        filepath = os.fspath(filepath)
    if not isinstance(filepath, str):  # an open file of h5py
        return _load_hdf5(filepath, custom_objects, compile, given)
    kind = hdf5.kind_of(Path(filepath))
    if kind == "own":
        return own_files.read_model(Path(filepath), custom_objects, compile=compile)
    with hdf5.reading(filepath):
        if kind == "zip":
            return keras.saving.load_model(filepath, custom_objects, compile, **given)
        return _load_hdf5(filepath, custom_objects, compile, given)


def _load_hdf5(filepath: Any, custom_objects: Any, compile: bool, given: Mapping[str, Any]) -> Any:
    with _opened(filepath) as file:
        if "model_config" not in file.attrs:
            raise WeightsError(
                f"{filepath} holds weights without a model: build the model, then use load_weights."
            )
    legacy = private("legacy.saving.legacy_h5_format")
    model = legacy.load_model_from_hdf5(filepath, custom_objects, compile=False, **given)
    if compile:
        _compile_as_saved(model, filepath, custom_objects)
    return model


def _compile_as_saved(model: Any, filepath: Any, custom_objects: Any) -> None:
    """With the optimiser, its moments, the loss and the metrics of an ``.h5`` file, if it has them."""
    with _opened(filepath) as file:
        text = file.attrs.get("training_config")
    if text is None:
        return
    config = json.loads(text)
    for name in ("metrics", "weighted_metrics"):
        config[name] = _named_metrics(config.get(name))
    config.setdefault("loss_weights", None)
    utils = private("legacy.saving.saving_utils")
    loss = _own_losses(config.get("loss"), custom_objects)
    if loss is not None:
        config["loss"] = None
    found = utils.compile_args_from_training_config(config, custom_objects)
    model.compile(**(found | ({} if loss is None else {"loss": loss})))
    if model.optimizer is not None:
        _restore_optimizer(model, filepath)


def _own_losses(config: Any, custom_objects: Any) -> Any:
    """The losses of a file among which one is an object of a class of the program's; None where none is.

    Keras 3 takes the name of such a class for that of a loss.
    """
    registered = private("saving.object_registration").get_registered_object

    def own(each: Any) -> Any:
        kind = registered(each["class_name"], custom_objects) if "class_name" in each else None
        return kind if isinstance(kind, type) else None

    def any_own(each: Any) -> bool:
        if isinstance(each, Mapping):
            return own(each) is not None or any(any_own(value) for value in each.values())
        return isinstance(each, list) and any(any_own(value) for value in each)

    def made(each: Any) -> Any:
        if isinstance(each, Mapping) and "class_name" in each:
            kind, about = own(each), each.get("config") or {}
            if kind is None:
                return keras.losses.deserialize(each)
            return kind.from_config(about) if hasattr(kind, "from_config") else kind(**about)
        if isinstance(each, Mapping):
            return {name: made(value) for name, value in each.items()}
        return [made(value) for value in each] if isinstance(each, list) else each

    return made(config) if any_own(config) else None


def _named_metrics(config: Any) -> Any:
    """tf.keras wrote a metric that is a function as a wrapper of its name, which Keras 3 no longer looks up."""
    if isinstance(config, (list, tuple)):
        return [_named_metrics(each) for each in config]
    if not isinstance(config, dict):
        return config
    if "class_name" not in config:
        return {name: _named_metrics(each) for name, each in config.items()}
    about = config.get("config") or {}
    function, name = about.get("fn"), about.get("name")
    if not isinstance(function, str):
        return config
    # ``compile`` names a metric for the word that it was given: accuracy is the one of many functions.
    return name if name in ("accuracy", "acc", "crossentropy", "ce") else function


@contextlib.contextmanager
def _opened(filepath: Any) -> Iterator[Any]:
    import h5py

    if isinstance(filepath, h5py.Group):
        yield filepath
    else:
        with h5py.File(filepath, "r") as file:
            yield file


def _restore_optimizer(model: Any, filepath: Any) -> None:
    """The moments of a file, which Keras 3 builds for no variable and leaves out.

    Keras 3's order is one variable's moments after another's; until Keras 2 it was one moment of all variables after
    another, without the learning rate.
    """
    optimizer = model.optimizer
    begin_again(optimizer)
    optimizer.build(model.trainable_variables)
    with _opened(filepath) as file:
        if "optimizer_weights" not in file:
            return
        read = private("legacy.saving.legacy_h5_format").load_optimizer_weights_from_hdf5_group
        values = [np.asarray(value) for value in read(file)]
    own = optimizer.variables
    if [tuple(v.shape) for v in own] == [value.shape for value in values]:
        optimizer.set_weights(values)
        return
    count = len(model.trainable_variables)
    moments = [v for v in own if v is not optimizer._iterations and v is not optimizer._learning_rate]
    kinds = len(moments) // count if count else 0
    ordered = (
        [values[1 + kind * count + i] for i in range(count) for kind in range(kinds)]
        if len(values) > kinds * count
        else []
    )
    if ordered and [tuple(v.shape) for v in moments] == [value.shape for value in ordered]:
        optimizer._iterations.assign(int(values[0]))
        for variable, value in zip(moments, ordered, strict=True):
            variable.assign(value)


def _save_weights(original: Any) -> Any:
    @like(original)
    def save_weights(self: Any, filepath: Any, overwrite: bool = True, **ignored: Any) -> None:
        if str(filepath).endswith(".weights.h5"):
            with _whole(str(filepath), overwrite) as path:
                original(self, path, overwrite=overwrite)
            return
        import h5py

        with _whole(str(filepath)) as path, h5py.File(path, "w") as file:
            private("legacy.saving.legacy_h5_format").save_weights_to_hdf5_group(file, self)

    return save_weights


def _load_weights(original: Any) -> Any:
    @like(original)
    def load_weights(
        self: Any, filepath: Any, by_name: bool = False, skip_mismatch: bool = False, **given: Any
    ) -> None:
        kind = hdf5.kind_of(Path(filepath))
        if kind == "own":
            own_files.read_weights(self, Path(filepath), by_name=by_name, skip_mismatch=skip_mismatch)
            return
        if kind == "zip":
            with hdf5.reading(filepath):
                original(self, filepath, skip_mismatch=skip_mismatch, **given)
            return
        with hdf5.reading(filepath), _opened(filepath) as file:
            whole = "layer_names" not in file.attrs and "model_weights" in file
            group = file["model_weights"] if whole else file
            legacy = private("legacy.saving.legacy_h5_format")
            if "layer_names" not in group.attrs:
                original(self, filepath, skip_mismatch=skip_mismatch, **given)
            elif by_name:
                legacy.load_weights_from_hdf5_group_by_name(group, self, skip_mismatch)
            else:
                legacy.load_weights_from_hdf5_group(group, self, skip_mismatch)

    return load_weights
