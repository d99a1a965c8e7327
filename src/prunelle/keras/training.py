"""A step of ``fit``, ``evaluate`` and ``predict``: Keras's own, with Prunelle's passes where they compute the same.

Also here: what a step needs to know of a program's generation. Labels ``(N,)`` are ``(N, 1)`` before any loss or metric
sees them, and ``model.add_loss(tensor)``, ``model.add_metric(tensor)`` of a symbolic tensor are computed in the same
pass as the outputs.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from prunelle.errors import ArgumentError
from prunelle.keras import checks, differences, passes
from prunelle.keras.callbacks import Later
from prunelle.keras.drawn import DRAWN
from prunelle.keras.eager import boundary
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.graphs import asks_for_gradients, is_symbolic
from prunelle.keras.lowering import NotLowered
from prunelle.keras.overlay import Overlay, like
from prunelle.keras.penalties import remember
from prunelle.keras.recording import ANSWERS

_unpack: Any = private("trainers.data_adapters.data_adapter_utils").unpack_x_y_sample_weight


def lay(overlay: Overlay, generation: Generation) -> None:
    """Models take their steps here."""
    model = keras.Model
    for name in ("train_step", "test_step"):
        overlay.put(model, name, _step(getattr(model, name), generation))
    overlay.put(model, "predict_step", _predict_step(model.predict_step))
    overlay.put(model, "compute_metrics", _answering(model.compute_metrics))
    functional = private("models.functional").Functional
    overlay.put(functional, "add_loss", _add_loss(keras.layers.Layer.add_loss))
    overlay.put(model, "add_loss", _add_loss(keras.layers.Layer.add_loss))
    overlay.put(keras.layers.Layer, "add_loss", _plain_add_loss(keras.layers.Layer.add_loss))
    overlay.put(keras.layers.Layer, "add_metric", _add_metric)
    overlay.put(functional, "call", _call(functional.call))
    overlay.put(private("models.functional"), "operation_fn", _told_beforehand)


def _step(original: Any, generation: Generation) -> Any:
    training = original.__name__ == "train_step"

    @like(original)
    def step(self: Any, data: Any) -> Any:
        x, y, weights = _unpack(data)
        x = passes.in_order(self, x)
        first = next((each for each in passes.flat(x) if each is not None), None)
        # Not by ``self._batch_size =``, which Keras looks through for layers.
        self.__dict__["_batch_size"] = int(first.shape[0]) if first is not None and len(first.shape) else 1
        if differences.LABELS_AS_COLUMNS.of(generation):
            x, y = (
                _with_an_axis(each)
                if torch.is_tensor(each)
                else keras.tree.map_structure(_with_an_axis, each)
                for each in (x, y)
            )
        if _BATCH in self.__dict__:
            self.__dict__[_BATCH] = x, training
        checks.batch(self, y, training=training)
        session = passes.session_of(self)
        if training and session is not None:
            try:
                with _told_of_gradients(), _told_of_shapes(self, x):
                    loss, outputs = session.step(x, y, weights)
            except NotLowered:
                passes.give_up(self)
                return original(self, (x, y, weights))
            passes.add(self._loss_tracker, loss * self._batch_size, self._batch_size)
            if session.measures:
                _answer(self, x, y, outputs)
                return Later(self)
            return self.compute_metrics(x, y, outputs, sample_weight=weights)
        if not training and session is not None:
            with _told_of_shapes(self, x):
                outputs = session.outputs(x)
            loss = self._compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weights, training=False)
            passes.add(self._loss_tracker, loss * self._batch_size, self._batch_size)
            return self.compute_metrics(x, y, outputs, sample_weight=weights)
        with warnings.catch_warnings(), _told_of_gradients():
            warnings.filterwarnings("ignore", message="The model does not have any trainable weights")
            return original(self, (x, y, weights))

    return step


@contextmanager
def _told_of_gradients() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if "does not require grad" not in str(error):
            raise
        raise ArgumentError(
            "the loss has no gradient for any weight: an operation between them has None, as K.argmax, K.round and "
            "comparisons have."
        ) from error


@contextmanager
def _told_of_shapes(model: Any, x: Any) -> Iterator[None]:
    try:
        yield
    except RuntimeError:
        checks.shapes(model, x)
        raise


def _predict_step(original: Any) -> Any:
    @like(original)
    def predict_step(self: Any, data: Any) -> Any:
        session = passes.session_of(self)
        if session is None:
            return original(self, data)
        x = passes.in_order(self, _unpack(data)[0])
        with _told_of_shapes(self, x):
            return session.outputs(x)

    return predict_step


def _answer(self: Any, x: Any, y: Any, y_pred: Any) -> None:
    answers = self.__dict__.get(ANSWERS)
    if answers is not None and x is not None:
        flatten = keras.tree.flatten
        answers.add(flatten(x), [] if y is None else flatten(y), flatten(y_pred))


def _answering(original: Any) -> Any:
    """What a step answered is kept where a training is recorded."""

    @like(original)
    def compute_metrics(self: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        _answer(self, x, y, y_pred)
        return original(self, x, y, y_pred, sample_weight)

    return compute_metrics


def _told_beforehand(operation: Any, **context: Any) -> Any:
    """``layer(x, training=True)`` in a graph means it, whatever the model is doing."""

    def call(*args: Any, **given: Any) -> Any:
        for name, value in context.items():
            takes = name in getattr(operation, "_call_context_args", ())
            if takes and value is not None and given.get(name) is None:
                given[name] = value
        return operation(*args, **given)

    return call


def _with_an_axis(value: Any) -> Any:
    """``(N,)`` → ``(N, 1)``, as Keras gave them to losses until 2."""
    if (
        value is None
        or not hasattr(value, "shape")
        or len(value.shape) != 1
        or getattr(value, "dtype", None) is object
    ):
        return value
    return value.reshape(-1, 1) if hasattr(value, "reshape") else value


# Losses and figures of symbolic tensors.

_BATCH = "_prunelle_batch"
"""The attribute of a model with a loss of the program's: the inputs of its step, and whether it learns from them."""


def over_the_graph(model: Any, loss: Any) -> Any:
    """A program's loss; one that reads symbolic tensors beside its arguments (``z_mean``) is computed with the graph.

    Until tf.keras such a loss was a part of the graph, as that of many a variational autoencoder.
    """
    made: list[Any] = []
    model.__dict__[_BATCH] = None

    @functools.wraps(loss)
    def value(y_true: Any, y_pred: Any) -> Any:
        found = loss(y_true, y_pred)
        if not is_symbolic(found) or is_symbolic(y_pred):
            return found
        if model.__dict__[_BATCH] is None:
            return y_pred.sum() * 0  # Keras looks at shapes
        x, training = model.__dict__[_BATCH]
        if training and passes.session_of(model) is not None:
            raise NotLowered
        functional = getattr(model, "_functional", None) or model
        if not made:
            output = keras.tree.flatten(functional.outputs)[0]
            shape = (output.shape[0], *y_true.shape[1:])
            truth = keras.KerasTensor(shape, keras.backend.standardize_dtype(y_true.dtype))
            made.append(private("ops.function").Function([*functional._inputs, truth], loss(truth, output)))
        given = [*functional._standardize_inputs(x), y_true]
        return made[0]._run_through_graph(
            given, operation_fn=lambda operation: _told_beforehand(operation, training=training)
        )

    return value


def _plain_add_loss(original: Any) -> Any:
    @like(original)
    def add_loss(self: Any, losses: Any, inputs: Any = None) -> None:
        given = boundary.undress(keras.tree.flatten(losses))
        found = [each() if callable(each) and not torch.is_tensor(each) else each for each in given]
        if DRAWN in self.__dict__:
            self.__dict__[DRAWN].extend(found)
            return
        if inputs is not None:
            remember(self, "loss", found, inputs)
            found = [each for each in found if not isinstance(each, (int, float))]
        original(
            self,
            [keras.ops.convert_to_tensor(each) if isinstance(each, (int, float)) else each for each in found],
        )

    return add_loss


def _add_loss(original: Any) -> Any:
    @like(original)
    def add_loss(self: Any, losses: Any, inputs: Any = None) -> None:
        if private("backend.common.global_state").get_global_attribute("current_call_ctx") is not None:
            keras.layers.Layer.add_loss(
                self, losses, inputs
            )  # in a ``call`` of the program's own: of this batch
            return
        for loss in keras.tree.flatten(losses):
            if is_symbolic(loss):
                _extra(getattr(self, "_functional", None) or self)["losses"].append(loss)
            else:
                _constant_loss(self, loss)

    return add_loss


def _constant_loss(self: Any, loss: Any) -> None:
    """One that does not depend on the data: it is there at every step."""
    _extra(getattr(self, "_functional", None) or self)["always"].append(loss)


def _add_metric(self: Any, value: Any, aggregation: str | None = "mean", name: str | None = None) -> None:
    """The mean of a tensor over an epoch's batches is shown under ``name``."""
    if is_symbolic(value):
        _extra(self)["figures"].append((value, name or value.name))
        return
    known = {metric.name: metric for metric in self._metrics}
    if name not in known:
        tracker = self._tracker
        locked = tracker.locked
        if locked:
            tracker.unlock()
        known[str(name)] = keras.metrics.Mean(name=name)
        tracker.track(known[str(name)])
        if locked:
            tracker.lock()
    known[str(name)].update_state(value)


def _extra(model: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] | None = model.__dict__.get("_prunelle_extra")
    if found is None:
        found = {"losses": [], "figures": [], "always": []}
        model.__dict__["_prunelle_extra"] = found
    return found


def _call(original: Any) -> Any:
    """The outputs; beside them what ``add_loss`` and ``add_metric`` were given."""

    @like(original)
    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None, **given: Any) -> Any:
        if not torch.is_grad_enabled() and any(map(asks_for_gradients, self.layers)):
            with torch.enable_grad():
                found = call(self, inputs, training=training, mask=mask, **given)
            return keras.tree.map_structure(
                lambda each: each.detach() if torch.is_tensor(each) else each, found
            )
        extra = self.__dict__.get("_prunelle_extra")
        if extra is None or any(is_symbolic(each) for each in keras.tree.flatten(inputs)):
            return original(self, inputs, training=training, mask=mask, **given)
        whole = extra.get("model")
        tensors = [*extra["losses"], *(tensor for tensor, _ in extra["figures"])]
        if whole is None or extra["size"] != len(tensors):
            outputs = [*keras.tree.flatten(self.outputs), *tensors]
            whole = private("ops.function").Function(self.inputs, outputs)
            extra["model"], extra["size"] = whole, len(tensors)
        flat = self._standardize_inputs(inputs)
        found = whole._run_through_graph(
            flat, operation_fn=lambda op: _told_beforehand(op, training=training)
        )
        count = len(keras.tree.flatten(self.outputs))
        losses = found[count : count + len(extra["losses"])]
        private("layers.layer").Layer.add_loss(
            self, [keras.ops.sum(each) if len(each.shape) == 0 else keras.ops.mean(each) for each in losses]
        )
        always = [each() if callable(each) else each for each in extra["always"]]
        private("layers.layer").Layer.add_loss(
            self, [keras.ops.convert_to_tensor(each, dtype="float32") for each in always]
        )
        for (_, name), value in zip(extra["figures"], found[count + len(losses) :], strict=True):
            _add_metric(self, value.detach(), name=name)
        made = keras.tree.pack_sequence_as(self._outputs_struct, list(found[:count]))
        return made[0] if isinstance(made, (list, tuple)) and len(made) == 1 else made

    return call
