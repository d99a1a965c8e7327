"""``tf.train.Checkpoint``, ``CheckpointManager``: variables, layers, models and optimisers in a file, by their names.

A checkpoint ``folder/ckpt-3`` is one safetensors file, ``folder/ckpt-3.safetensors``; ``folder/checkpoint`` names the
last and all of them, in TensorFlow's words. What is restored before it is built (a model that has seen no batch, an
optimiser that has taken no step) gets its values when it makes its variables, as in TensorFlow.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from prunelle.disk import write_text
from prunelle.errors import ArgumentError
from prunelle.keras.eager.control import Module
from prunelle.keras.eager.errors import NotFoundError
from prunelle.keras.eager.text import Text
from prunelle.keras.eager.variable import Variable
from prunelle.keras.floor import keras, private
from prunelle.keras.overlay import Overlay
from prunelle.tensors import read_tensors, write_tensors

_INDEX = "checkpoint"
_PENDING = "_prunelle_restored"
"""The attribute of a layer or an optimiser with what its variables become when it makes them."""


def lay(overlay: Overlay) -> None:
    """Layers and optimisers take what was restored before they were built."""
    layer, optimizer = keras.layers.Layer, private("optimizers.base_optimizer").BaseOptimizer
    add_weight, track = layer.add_weight, optimizer._track_variable

    def adding(self: Any, *args: Any, **given: Any) -> Any:
        variable = add_weight(self, *args, **given)
        waiting = self.__dict__.get(_PENDING)
        if waiting:
            _give(variable, waiting["learns" if variable.trainable else "rests"])
        return variable

    def tracking(self: Any, variable: Any) -> None:
        track(self, variable)
        waiting = self.__dict__.get(_PENDING)
        if waiting:
            _give(variable, waiting["all"])

    overlay.put(layer, "add_weight", adding)
    overlay.put(optimizer, "_track_variable", tracking)


def _give(variable: Any, waiting: list[torch.Tensor]) -> None:
    if waiting and tuple(waiting[0].shape) == tuple(variable.shape):
        value = waiting.pop(0)
        if variable._value is None:  # Keras looks at shapes first
            variable._initializer = lambda shape, dtype=None: value
        else:
            variable.assign(value)


class Status:
    """What a restoring did: which of the checkpoint's values have found their variables."""

    def __init__(self, missing: list[str], left: list[str]) -> None:
        self._missing, self._left = missing, left

    def assert_consumed(self) -> Status:
        """Raises: AssertionError: a value of the file, or a variable, has found no partner."""
        if self._left:
            raise AssertionError(f"no variable is there for {', '.join(self._left[:5])} of the checkpoint.")
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> Status:
        """Raises: AssertionError: a variable has found no value."""
        if self._missing:
            raise AssertionError(f"the checkpoint has no value for {', '.join(self._missing[:5])}.")
        return self

    assert_nontrivial_match = assert_existing_objects_matched

    def expect_partial(self) -> Status:
        """Says nothing of what was not used."""
        return self


class Checkpoint:
    """Objects with variables, each by a name.

    Args:
        root: a model, or another object, of which all is kept.
        objects: variables, layers, models, optimisers, metrics, ``tf.Module``, and lists and dictionaries of these.

    Example:
        >>> checkpoint = tf.train.Checkpoint(step=tf.Variable(1), model=model, optimizer=optimizer)
        >>> path = checkpoint.save("checkpoints/ckpt")  # checkpoints/ckpt-1
        >>> checkpoint.restore(path)
    """

    def __init__(self, root: Any = None, **objects: Any) -> None:
        kept = objects if root is None else {"root": root, **objects}
        self.__dict__.update(kept)
        self.save_counter = Variable(0, trainable=False, dtype="int64", name="save_counter")
        for name, value in kept.items():
            if not _is_kept(value):
                raise ArgumentError(
                    f"a checkpoint keeps variables, layers, models, optimisers and metrics; {name} is of type "
                    f"{type(value).__name__}: make it a tf.Variable."
                )
            if hasattr(value, "__next__"):
                warnings.warn(
                    f"tf.train.Checkpoint does not keep where the iterator {name} is: a data set begins anew.",
                    stacklevel=2,
                )

    def save(self, file_prefix: Any, options: Any = None) -> str:
        """Writes ``PREFIX-N``, of a number that grows by 1, and gives that name."""
        self.save_counter.assign_add(1)
        path = f"{_path(file_prefix)}-{int(self.save_counter)}"
        self.write(path)
        folder = Path(path).parent
        _write_index(folder, [*_listed(folder), Path(path).name])
        return path

    def write(self, file_prefix: Any, options: Any = None) -> str:
        """Writes a checkpoint of just this name."""
        path = _path(file_prefix)
        tensors = {name: variable.value.detach() for name, variable in _variables(self._all())}
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_tensors(_file(path), tensors, {"kind": "checkpoint"})
        return path

    def restore(self, save_path: Any, options: Any = None) -> Status:
        """Variables become what they were; those that are not there yet when they are made. None restores nothing.

        Raises:
            NotFoundError: there is no such checkpoint, or TensorFlow wrote it.
        """
        if save_path is None:
            return Status([], [])
        path = _path(save_path)
        if not _file(path).is_file():
            if Path(f"{path}.index").is_file():
                raise NotFoundError(
                    f"{path} was written by TensorFlow, whose checkpoints are not read here. Where TensorFlow is: "
                    f"model.save_weights('weights.weights.h5'), which load_weights reads."
                )
            raise NotFoundError(f"there is no checkpoint {path}: {_file(path)} is not there.")
        tensors, _ = read_tensors(_file(path))
        return _restore(self._all(), tensors)

    read = restore

    def _all(self) -> dict[str, Any]:
        """What it was given, and what was set as an attribute since."""
        return {name: each for name, each in vars(self).items() if _is_kept(each)}


class CheckpointManager:
    """Keeps the last checkpoints of a folder and removes older ones.

    Args:
        checkpoint: a ``Checkpoint``.
        directory: where they are.
        max_to_keep: how many; None for all.
        checkpoint_name: they are called ``NAME-1``, ``NAME-2``…
        step_counter, checkpoint_interval: ``save`` does nothing until so many steps went by.
        init_fn: called by ``restore_or_initialize`` where there is none.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None = None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Any = None,
    ) -> None:
        self.checkpoint, self.directory = checkpoint, _path(directory)
        self._most, self._name, self._init = max_to_keep, checkpoint_name, init_fn
        self._hours, self._kept_at = keep_checkpoint_every_n_hours, time.time()
        self._counter, self._interval = step_counter, checkpoint_interval
        self._last_step: int | None = None

    @property
    def checkpoints(self) -> list[str]:
        """Their names, the last one last."""
        folder = Path(self.directory)
        return [str(folder / name) for name in _listed(folder) if _file(str(folder / name)).is_file()]

    @property
    def latest_checkpoint(self) -> str | None:
        """The last one's name; None where there is none."""
        return self.checkpoints[-1] if self.checkpoints else None

    def save(
        self, checkpoint_number: Any = None, check_interval: bool = True, options: Any = None
    ) -> str | None:
        """Writes one more, removes those that are too many, and gives its name; None before its interval."""
        if self._counter is not None and self._interval and check_interval:
            step = int(self._counter)
            if self._last_step is not None and step - self._last_step < self._interval:
                return None
            self._last_step = step
        prefix = str(Path(self.directory) / self._name)
        if checkpoint_number is None:
            path = self.checkpoint.save(prefix)
        else:
            path = self.checkpoint.write(f"{prefix}-{int(checkpoint_number)}")
            folder = Path(self.directory)
            _write_index(folder, [*_listed(folder), Path(path).name])
        self._sweep()
        return path

    def restore_or_initialize(self) -> str | None:
        """The last one is restored, and its name given; where there is none, ``init_fn`` is called."""
        latest = self.latest_checkpoint
        if latest is not None:
            self.checkpoint.restore(latest)
        elif self._init is not None:
            self._init()
        return latest

    def _sweep(self) -> None:
        there = self.checkpoints
        while self._most is not None and len(there) > self._most:
            oldest = Path(there.pop(0))
            if self._hours is not None and time.time() - self._kept_at >= self._hours * 3600:
                self._kept_at = time.time()  # this one stays
            else:
                _file(str(oldest)).unlink(missing_ok=True)
        _write_index(Path(self.directory), [Path(path).name for path in there])


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The name of a folder's last checkpoint, or of the last file of weights that a callback left there; None: none."""
    folder = Path(_path(checkpoint_dir))
    for name in reversed(_listed(folder, latest_filename or _INDEX)):
        if _file(str(folder / name)).is_file():
            return str(folder / name)
    weights = [path for path in folder.glob("*") if path.is_file() and _is_hdf5(path)]
    return str(max(weights, key=lambda path: (path.stat().st_mtime_ns, path.name))) if weights else None


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def _path(given: Any) -> str:
    return given.text() if isinstance(given, Text) else str(given)


def _file(path: str) -> Path:
    return Path(f"{path}.safetensors")


def _listed(folder: Path, index: str = _INDEX) -> list[str]:
    try:
        text = (folder / index).read_text(encoding="utf-8")
    except OSError:
        return []
    return [
        Path(name).name for name in re.findall(r'^all_model_checkpoint_paths: "(.*)"$', text, re.MULTILINE)
    ]


def _write_index(folder: Path, names: list[str]) -> None:
    each = list(dict.fromkeys(reversed(names)))[::-1]
    lines = [f'model_checkpoint_path: "{each[-1]}"'] if each else []
    lines += [f'all_model_checkpoint_paths: "{name}"' for name in each]
    write_text(folder / _INDEX, "\n".join(lines) + "\n")


# What has variables, and how they are called.


def _is_kept(value: Any) -> bool:
    kinds = (keras.Variable, keras.layers.Layer, keras.optimizers.Optimizer, keras.metrics.Metric, Module)
    if isinstance(value, (list, tuple, dict)):
        return all(map(_is_kept, value.values() if isinstance(value, dict) else value))
    return isinstance(value, (*kinds, Checkpoint)) or hasattr(value, "__next__")


def _parts(objects: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Variables, single layers, optimisers and metrics, each with its place among the objects."""
    for name, value in objects.items():
        if isinstance(value, dict):
            yield from _parts({f"{name}/{key}": each for key, each in value.items()})
        elif isinstance(value, (list, tuple)):
            yield from _parts({f"{name}/{i}": each for i, each in enumerate(value)})
        elif isinstance(value, keras.layers.Layer):
            inner = value._flatten_layers(include_self=True, recursive=True)
            layers = [each for each in inner if not isinstance(each, keras.layers.InputLayer)]
            yield from ((f"{name}/{i}", layer) for i, layer in enumerate(layers))
        elif isinstance(value, Checkpoint):
            yield from _parts({f"{name}/{key}": each for key, each in value._all().items()})
        elif isinstance(value, Module):
            yield from _parts({f"{name}/{i}": each for i, each in enumerate(value.variables)})
        else:
            yield name, value


def _lists(part: Any) -> dict[str, list[Any]]:
    """A part's own variables, in the order in which it makes them."""
    if isinstance(part, keras.Variable):
        return {"value": [part]}
    if isinstance(part, keras.layers.Layer):
        return {"learns": part._trainable_variables, "rests": part._non_trainable_variables}
    if isinstance(part, (keras.optimizers.Optimizer, keras.metrics.Metric)):
        return {"all": list(part.variables)}
    return {}


def _variables(objects: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, part in _parts(objects):
        for kind, variables in _lists(part).items():
            yield from ((f"{name}/{kind}/{i}", variable) for i, variable in enumerate(variables))


def _restore(objects: dict[str, Any], tensors: dict[str, torch.Tensor]) -> Status:
    left, missing = dict(tensors), []
    for name, part in _parts(objects):
        for kind, variables in _lists(part).items():
            known = _numbered(left, f"{name}/{kind}/")
            for i, variable in enumerate(variables):
                value = known.pop(i, None)
                if value is None:
                    missing.append(f"{name}/{kind}/{i}")
                elif tuple(value.shape) != tuple(variable.shape):
                    raise ArgumentError(
                        f"the checkpoint's {name} has the shape {tuple(value.shape)}, the variable "
                        f"{tuple(variable.shape)}."
                    )
                else:
                    variable.assign(value)
                left.pop(f"{name}/{kind}/{i}", None)
            if known and not isinstance(part, keras.Variable):
                part.__dict__.setdefault(_PENDING, {"learns": [], "rests": [], "all": []})
                part.__dict__[_PENDING][kind] = [known[i] for i in sorted(known)]
                for i in known:
                    left.pop(f"{name}/{kind}/{i}")
    return Status(missing, list(left))


def _numbered(tensors: dict[str, torch.Tensor], prefix: str) -> dict[int, torch.Tensor]:
    return {int(name[len(prefix) :]): value for name, value in tensors.items() if name.startswith(prefix)}
