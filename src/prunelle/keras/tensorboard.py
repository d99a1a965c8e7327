"""The callback ``TensorBoard``: curves, weights and embeddings of a training, in files laid out as tf.keras's are.

::

    logs/train/events.out.tfevents.*        epoch_loss, epoch_accuracy, epoch_lr; weights; the model's layers
    logs/validation/events.out.tfevents.*   epoch_loss, epoch_accuracy; evaluation_loss_vs_iterations
    logs/projector_config.pbtxt             embeddings, as tables

One layout for every generation: Keras 1 and 2 on TensorFlow 1 wrote ``loss`` and ``val_loss`` into one folder.
"""

from __future__ import annotations

import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras.event_files import EventFile, say_once
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation, in_force

_Functional: Any = private("models.functional").Functional

_OF_KERAS_1 = ("histogram_freq", "write_graph", "write_images")
_OF_KERAS_2 = (
    *("histogram_freq", "batch_size", "write_graph", "write_grads", "write_images", "embeddings_freq"),
    *("embeddings_layer_names", "embeddings_metadata", "embeddings_data", "update_freq"),
)
_OF_TF_KERAS = (
    *("histogram_freq", "write_graph", "write_images", "write_steps_per_second", "update_freq"),
    *("profile_batch", "embeddings_freq", "embeddings_metadata"),
)
_ORDER = {Generation.KERAS_1: _OF_KERAS_1, Generation.KERAS_2: _OF_KERAS_2}
"""Arguments by their place; tf.keras's otherwise."""

_WITHOUT_EFFECT = ("write_grads", "embeddings_data", "profile_batch")
"""What TensorFlow alone could do; ``batch_size``, for its pictures of gradients, is not even told."""


class TensorBoard(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes what TensorBoard shows of a training.

    Args:
        log_dir: the folder.
        histogram_freq: each so many epochs, how the weights are spread; 0 for never.
        write_graph: the model's layers.
        write_images: the weights as pictures, with their histograms.
        write_steps_per_second: how fast it trains.
        update_freq: ``"epoch"``; ``"batch"`` or a number of batches for figures of batches, too.
        embeddings_freq: each so many epochs, the embeddings as tables; 0 for never.
        embeddings_layer_names: of these layers; None for all embeddings.
        embeddings_metadata: the file with the names of rows, or one for each layer by its name.
        batch_size, write_grads, embeddings_data, profile_batch: accepted, without effect.
    """

    def __init__(self, log_dir: Any = "logs", *args: Any, **given: Any) -> None:
        super().__init__()
        order = _ORDER.get(in_force(), _OF_TF_KERAS)
        if len(args) > len(order):
            raise ArgumentError(
                f"TensorBoard takes {len(order) + 1} values by place; received {len(args) + 1}."
            )
        given |= dict(zip(order, args, strict=False))
        for name in given:
            if name not in (*_OF_KERAS_2, *_OF_TF_KERAS):
                raise UnknownName("argument of TensorBoard", name, {"log_dir", *_OF_KERAS_2, *_OF_TF_KERAS})
        for name in _WITHOUT_EFFECT:
            if given.get(name) is not None and not np.array_equal(given[name], 0):
                say_once(f"TensorBoard's {name} is without effect: it was for TensorFlow's own computation.")
        self.log_dir = str(log_dir)
        self.histogram_freq = given.get("histogram_freq") or 0
        self.write_graph = given.get("write_graph", True)
        self.write_images = given.get("write_images", False)
        self.write_steps_per_second = given.get("write_steps_per_second", False)
        update_freq = given.get("update_freq", "epoch")
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = given.get("embeddings_freq") or 0
        self.embeddings_layer_names = given.get("embeddings_layer_names")
        self.embeddings_metadata = given.get("embeddings_metadata")
        self._files: dict[str, EventFile] = {}
        self._batches = self._before = 0
        self._begun = self._epoch_begun = time.perf_counter()

    @property
    def of_batches(self) -> bool:
        """Whether it has something to do at a batch."""
        return self.update_freq != "epoch" or bool(self.write_steps_per_second)

    def set_model(self, model: Any) -> None:
        """A training, or an evaluation, begins: with files of its own."""
        super().set_model(model)
        self._close()
        if self.write_graph and isinstance(model, (keras.Sequential, _Functional)):
            self._write_model(model)
        if self.embeddings_freq:
            self._write_projector()

    def _file(self, split: str) -> EventFile:
        if split not in self._files:
            self._files[split] = EventFile(Path(self.log_dir, split))
        return self._files[split]

    def _close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}

    def _write_model(self, model: Any) -> None:
        try:
            described = model.to_json()
        except Exception as error:  # layers of the program's own that cannot be described
            warnings.warn(f"TensorBoard does not show the model's layers: {error}", stacklevel=2)
            return
        self._file("train").model("keras", described)

    def on_train_begin(self, logs: Any = None) -> None:
        """Batches are counted from here."""
        self._batches = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """The clock of a batch."""
        self._begun = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Figures so far in the epoch, each ``update_freq`` batches."""
        self._batches += 1
        if self.update_freq == "epoch" or self._batches % self.update_freq:
            return
        figures = _numbers(logs)
        if self.write_steps_per_second:
            figures = {"steps_per_second": 1 / (time.perf_counter() - self._begun), **figures}
        self._write("train", "batch_{}", figures, self._batches)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """The clock of an epoch."""
        self._epoch_begun, self._before = time.perf_counter(), self._batches

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Figures, and what is due of the weights."""
        figures = _numbers(logs)
        train = {name: value for name, value in figures.items() if not name.startswith("val_")}
        train = self._with_rate(train)
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._epoch_begun
            train["steps_per_second"] = (self._batches - self._before) / seconds
        self._write("train", "epoch_{}", train, epoch)
        validation = {name[4:]: value for name, value in figures.items() if name.startswith("val_")}
        self._write("validation", "epoch_{}", validation, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings()
        for file in self._files.values():
            file.flush()

    def on_test_end(self, logs: Any = None) -> None:
        """Figures of an evaluation, by how many steps the optimiser has taken."""
        if getattr(self.model, "optimizer", None) is not None:
            steps = int(self.model.optimizer.iterations)
            self._write("validation", "evaluation_{}_vs_iterations", _numbers(logs), steps)
            self._file("validation").flush()

    def on_train_end(self, logs: Any = None) -> None:
        """The files are whole."""
        self._close()

    def _write(self, split: str, tag: str, figures: dict[str, float], step: int) -> None:
        for name, value in figures.items():
            self._file(split).scalar(tag.format(name), value, step)

    def _with_rate(self, figures: dict[str, float]) -> dict[str, float]:
        """With the learning rate: Keras 3 always tells it; before, a schedule or a callback did, which called it lr."""
        optimizer = self.model.optimizer
        if in_force() is Generation.KERAS_3:
            return figures | {"learning_rate": float(optimizer.learning_rate)}
        if isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule):
            figures["learning_rate"] = float(optimizer.learning_rate)
        return figures

    def _write_weights(self, epoch: int) -> None:
        file = self._file("train")
        for layer in self.model.layers:
            for weight in layer.weights:
                name, values = _name(layer, weight), keras.ops.convert_to_numpy(weight)
                file.histogram(f"{name}/histogram", values, epoch)
                pictures = as_pictures(values) if self.write_images else None
                if pictures is not None:
                    file.image(f"{name}/image", pictures, epoch)

    def _embeddings(self) -> list[Any]:
        found = [layer for layer in self.model.layers if isinstance(layer, keras.layers.Embedding)]
        names = self.embeddings_layer_names
        return [layer for layer in found if not names or layer.name in names]

    def _write_projector(self) -> None:
        """``projector_config.pbtxt``: which table is of which layer, and the names of its rows."""
        layers = self._embeddings()
        metadata = self.embeddings_metadata or {}
        if isinstance(metadata, str):
            metadata = dict.fromkeys((layer.name for layer in layers), metadata)
        unknown = [name for name in metadata if name not in [layer.name for layer in layers]]
        if unknown:
            raise UnknownName(
                "embedding layer in embeddings_metadata", unknown[0], [layer.name for layer in layers]
            )
        lines = []
        for layer in layers:
            entries = {
                "tensor_name": layer.name,
                "tensor_path": _table(layer),
                "metadata_path": metadata.get(layer.name),
            }
            told = (f"  {name}: {json.dumps(str(value))}" for name, value in entries.items() if value)
            lines += ["embeddings {", *told, "}"]
        self._put("projector_config.pbtxt", "".join(f"{line}\n" for line in lines))

    def _write_embeddings(self) -> None:
        for layer in self._embeddings():
            rows = keras.ops.convert_to_numpy(layer.embeddings)
            self._put(_table(layer), "".join("\t".join(map(str, row)) + "\n" for row in rows.tolist()))

    def _put(self, name: str, content: str) -> None:
        path = Path(self.log_dir, name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        except OSError as error:
            say_once(
                f"TensorBoard's file {path} is not written: {error.strerror or error}. The program goes on."
            )


def _table(layer: Any) -> str:
    return f"train/{layer.name}.tsv"


def _numbers(logs: Any) -> dict[str, float]:
    """Figures that are numbers."""
    return {name: float(value) for name, value in dict(logs or {}).items() if np.ndim(value) == 0}


def _name(layer: Any, weight: Any) -> str:
    """A weight's name, from its layer on; tf.keras called them ``kernel:0``, and a colon is none of TensorBoard's."""
    parts = weight.path.split("/")
    name = "/".join(parts[parts.index(layer.name) :] if layer.name in parts else parts)
    return name if in_force() is Generation.KERAS_3 else f"{name}_0"


def as_pictures(values: np.ndarray) -> np.ndarray | None:
    """A weight as pictures ``(N, H, W, C)``; None for one of too many axes.

    A bias is a column, a matrix a picture no taller than wide, ``(H, W, N)`` N pictures: as tf.keras lays them.
    """
    values = np.squeeze(values)
    if values.ndim == 1:
        return values.reshape(1, -1, 1, 1)
    if values.ndim == 2:
        values = values.T if values.shape[0] > values.shape[1] else values
        return values[None, ..., None]
    if values.ndim == 3:
        return values.transpose(2, 0, 1)[..., None]
    return values if values.ndim == 4 and values.shape[-1] in (1, 3, 4) else None
