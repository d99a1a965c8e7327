"""``Model`` as programs of every generation call it, laid over Keras's own."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.keras import checks, differences, layers, live, passes, recording, seeds, shortened
from prunelle.keras.arguments import renamed
from prunelle.keras.callbacks import Begun
from prunelle.keras.compiled import another
from prunelle.keras.eager import boundary
from prunelle.keras.feeding import Batches, fed
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.optimizers import begin_again
from prunelle.keras.overlay import Overlay, like
from prunelle.keras.summary import summarise
from prunelle.keras.training import over_the_graph

_OLD = {
    "nb_epoch": "epochs",
    "samples_per_epoch": "steps_per_epoch",
    "val_samples": "steps",
    "nb_val_samples": "validation_steps",
    "max_q_size": "max_queue_size",
    "nb_worker": "workers",
    "pickle_safe": "use_multiprocessing",
    "show_accuracy": "_ignored",
}
_OF_EXAMPLES = ("samples_per_epoch", "nb_val_samples", "val_samples")
_HOW = ("max_queue_size", "workers", "use_multiprocessing", "_ignored", "reset_metrics")
"""Arguments of how batches are made, without effect here."""


def lay(overlay: Overlay, generation: Generation) -> None:
    """Old methods and arguments of models."""
    model = keras.Model
    originals = {
        name: getattr(model, name)
        for name in (
            *("compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"),
            *("__init__",),
        )
    }
    overlay.put(model, "__init__", _init(originals["__init__"]))
    overlay.put(model, "__new__", _new(model.__new__))
    functional = private("models.functional").Functional
    overlay.put(functional, "__init__", _init_graph(_of_one(functional.__init__, generation)))
    if generation != Generation.KERAS_3:
        name = "_maybe_warn_inputs_struct_mismatch"
        overlay.put(functional, name, _structure(getattr(functional, name)))
    if generation <= Generation.KERAS_2:
        for name in ("_assert_input_compatibility", "_adjust_input_rank"):
            overlay.put(functional, name, _of_any_rank(getattr(functional, name)))
    # Where Keras looks whether a model has a compile() of its own.
    overlay.put(private("trainers.trainer").Trainer, "compile", _compile(originals["compile"], generation))
    overlay.put(model, "fit", _fit(originals["fit"], generation))
    overlay.put(model, "evaluate", _evaluate(originals["evaluate"]))
    overlay.put(model, "predict", _predict(originals["predict"], generation))
    for name in ("train_on_batch", "test_on_batch", "predict_on_batch"):
        overlay.put(model, name, _on_batch(originals[name]))
    overlay.put(model, "fit_generator", _fit_generator)
    overlay.put(model, "evaluate_generator", _evaluate_generator)
    overlay.put(model, "predict_generator", _predict_generator)
    overlay.put(model, "predict_classes", _predict_classes)
    overlay.put(model, "predict_proba", lambda self, *args, **given: self.predict(*args, **given))
    overlay.put(model, "metrics_names", property(_metrics_names))
    overlay.put(model, "compiled_loss", property(_CompiledLoss))
    overlay.put(model, "compiled_metrics", property(_CompiledMetrics))
    overlay.put(model, "_flatten_metrics_in_order", _flatten)
    overlay.put(model, "optimizer", None)
    overlay.put(
        model, "_make_train_function", lambda self: self._symbolic_build(data_batch=_likely_batch(self))
    )
    overlay.put(model, "_make_test_function", lambda self: None)
    overlay.put(model, "_make_predict_function", lambda self: None)
    overlay.put(keras.Sequential, "input", property(lambda self: self._functional.input))
    overlay.put(keras.Sequential, "output", property(lambda self: self._functional.output))
    overlay.put(keras.Sequential, "output_names", property(lambda self: self._functional.output_names))
    overlay.put(model, "input_names", property(_input_names))
    if differences.OLD_LINES.of(generation):
        overlay.put(model, "summary", summarise)
    if generation != Generation.KERAS_3:
        overlay.put(keras.Sequential, "build", _of_any_number(keras.Sequential.build))
    for kind in (model, keras.Sequential, private("models.functional").Functional):
        overlay.put(kind, "from_config", classmethod(_of_this_process(kind.from_config.__func__)))
    if generation != Generation.KERAS_3:
        overlay.put(private("trainers.trainer").Trainer, "_assert_compile_called", _assert_compiled)
    overlay.put(model, "_input_layers", property(lambda self: _made_by(self.inputs)))
    overlay.put(model, "_output_layers", property(lambda self: _made_by(self.outputs)))
    overlay.put(model, "get_layer", _get_layer(model.get_layer))


class _CompiledLoss:
    """What ``compile`` was given as a loss, for a ``train_step`` of tf.keras: called, it also counts for ``loss``."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def metrics(self) -> list[Any]:
        """The mean that it keeps."""
        return [self._model._loss_tracker]

    def __call__(
        self, y_true: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None
    ) -> Any:
        """The loss of a batch, penalties of layers among it."""
        loss = self._model.compute_loss(y=y_true, y_pred=y_pred, sample_weight=sample_weight)
        self._model._loss_tracker.update_state(loss)
        return loss


class _CompiledMetrics:
    """What ``compile`` was given as metrics, for a ``train_step`` of tf.keras."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def metrics(self) -> list[Any]:
        """All of them."""
        found = self._model._compile_metrics
        return [] if found is None else list(found.metrics)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch."""
        if self._model._compile_metrics is not None:
            self._model._compile_metrics.update_state(
                *boundary.undress((y_true, y_pred)), sample_weight=boundary.undress(sample_weight)
            )


_ENDS = {"input": "inputs", "output": "outputs"}


class NotCompiled(ArgumentError, RuntimeError):
    """What Keras 1 and 2 raised was a ``RuntimeError``."""


def _assert_compiled(self: Any, method_name: str | None = None) -> None:
    if not self.compiled:
        raise NotCompiled(
            f"You must compile your model before training/testing: call compile() before {method_name or 'this'}, as "
            f"in model.compile(optimizer='adam', loss='mse')."
        )


def _made_by(tensors: Any) -> list[Any]:
    return [tensor._keras_history.operation for tensor in tensors]


def _init(original: Any) -> Any:
    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        original(self, *args, **renamed("Model", given, _ENDS))

    return __init__


def _init_graph(original: Any) -> Any:
    """With outputs of different names, as tf.keras 2 made them: Keras 3 loses the loss of one of two ``model_1``."""
    taken = _init(original)

    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        taken(self, *args, **given)
        names: list[str] = []
        for name in self.output_names:
            numbers = itertools.count(1)
            unique = name
            while unique in names:
                unique = f"{name}_{next(numbers)}"
            names.append(unique)
        self.output_names = names

    return __init__


def _of_any_rank(original: Any) -> Any:
    """A model that another calls took whatever its layers took: more axes than its ``Input`` has, too."""

    @like(original)
    def checked(self: Any, inputs: Any) -> Any:
        context = private("backend.common.global_state").get_global_attribute("current_call_ctx")
        outermost = getattr(context, "entry_layer", self)
        called = outermost is not self and getattr(outermost, "_functional", None) is not self
        if called or any(isinstance(each, keras.KerasTensor) for each in keras.tree.flatten(inputs)):
            return inputs
        return original(self, inputs)

    return checked


def _of_one(original: Any, generation: Generation) -> Any:
    """``Model([x], [y])`` answers a tensor, not a list of one."""
    if generation == Generation.KERAS_3:
        return original

    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        def one(ends: Any) -> Any:
            return ends[0] if isinstance(ends, (list, tuple)) and len(ends) == 1 else ends

        given = {
            name: one(value) if name in ("inputs", "outputs") else value for name, value in given.items()
        }
        original(self, *(one(each) for each in args[:2]), *args[2:], **given)

    return __init__


def _new(original: Any) -> Any:
    def __new__(cls: Any, *args: Any, **given: Any) -> Any:  # noqa: N807
        return original(cls, *args, **renamed("Model", given, _ENDS))

    return staticmethod(__new__)


def _structure(original: Any) -> Any:
    """One tensor for a list of one, or a list for a tuple, was no matter for a warning until Keras 3."""

    @like(original)
    def warn(self: Any, inputs: Any, raise_exception: bool = False) -> None:
        if raise_exception or len(keras.tree.flatten(inputs)) != len(self._inputs):
            original(self, inputs, raise_exception)

    return warn


def _of_this_process(original: Any) -> Any:
    """A model copied within a program keeps its functions; files are another matter: Keras refuses those."""

    @like(original)
    def from_config(cls: Any, config: Any, custom_objects: Any = None) -> Any:
        library = private("saving.serialization_lib")
        if library.in_safe_mode() is None:
            with library.SafeModeScope(False):
                return original(cls, config, custom_objects)
        return original(cls, config, custom_objects)

    return from_config


def _get_layer(original: Any) -> Any:
    @like(original)
    def get_layer(self: Any, name: Any = None, index: int | None = None) -> Any:
        if isinstance(name, str):
            name = name.replace("/", "_")
        if isinstance(name, int):
            name, index = None, name
        return original(self, name, index)

    return get_layer


def _graphs() -> tuple[Any, ...]:
    return private("models.functional").Functional, keras.Sequential


def _compile(original: Any, generation: Generation) -> Any:
    order = (
        "optimizer",
        "loss",
        "metrics",
        "loss_weights",
        "sample_weight_mode",
        "weighted_metrics",
        "target_tensors",
    )
    if generation == Generation.TF_KERAS_2:
        order = ("optimizer", "loss", "metrics", "loss_weights", "weighted_metrics", "run_eagerly")  # type: ignore[assignment]
    if not differences.METRICS_THIRD.of(generation):
        order = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly")  # type: ignore[assignment]
    known = tuple(inspect.signature(original).parameters)

    @like(original)
    def compile(self: Any, *args: Any, **given: Any) -> None:
        given |= dict(zip(order, args, strict=False))
        given = {name: value for name, value in given.items() if name in known}
        for name in ("metrics", "weighted_metrics"):
            metrics = given.get(name)
            if metrics is not None and not isinstance(metrics, (list, tuple, dict)):
                given[name] = [metrics]
        loss = given.get("loss")
        if isinstance(loss, Mapping) and getattr(self, "output_names", None):
            unknown = [name for name in loss if name not in self.output_names]
            if unknown and generation <= Generation.TF_KERAS_2:
                raise ValueError(
                    f"Unknown entry in loss dictionary: {unknown[0]!r}. Outputs: {self.output_names}"
                )
            if not unknown and len(self.output_names) > 1:
                given["loss"] = [loss.get(name) for name in self.output_names]
        weights = given.get("loss_weights")
        if isinstance(weights, Mapping) and getattr(self, "output_names", None):
            given["loss_weights"] = [weights.get(name, 1.0) for name in self.output_names]
        if isinstance(given.get("loss_weights"), (list, tuple)) and not isinstance(
            loss, (list, tuple, Mapping)
        ):
            given["loss"] = [loss] * len(given["loss_weights"])
        checks.names(given)
        if inspect.isfunction(given.get("loss")) and isinstance(self, _graphs()):
            given["loss"] = over_the_graph(self, given["loss"])
        _every_output(self, given)
        begin_again(given.get("optimizer"))
        if generation != Generation.KERAS_3:
            # Keras 3 keeps what it is not given anew: the metrics of another loss, for instance.
            self._compile_loss = self._compile_metrics = None
        original(self, **given)
        self.__dict__[recording.COMPILED] = recording.Compiled(given)
        if differences.TRAINABLE.of(generation):
            self.__dict__[_LEARN] = functools.partial(_let_learn, _learning(self))

    return compile


_LEARN = "_prunelle_learn"
"""The attribute of a model with what lets those of its layers learn that learnt when it was compiled.

A function of them: Keras writes what it finds in the lists of a model.
"""


def _learning(model: Any) -> list[tuple[Any, bool]]:
    return [(layer, bool(layer._trainable)) for layer in model._flatten_layers()]


@contextmanager
def _as_compiled(model: Any) -> Iterator[None]:
    """Inside, those layers learn that did when the model was compiled, whatever ``trainable`` was set to since.

    A discriminator that is compiled, then frozen as a part of the model that trains its generator, goes on learning
    from its own steps.
    """
    said, now = model.__dict__.get(_LEARN), _learning(model)
    if said is None or said.args[0] == now or type(model).train_step is not keras.Model.train_step:
        yield
        return
    said()
    try:
        yield
    finally:
        _let_learn(now)


def _let_learn(said: list[tuple[Any, bool]]) -> None:
    for layer, learns in said:
        layer._trainable = learns
        for variable in layer._trainable_variables:
            variable.trainable = learns


def _every_output(model: Any, given: dict[str, Any]) -> None:
    """A list of metrics is for each of several outputs; only a list of lists says which is for which."""
    names = getattr(model, "output_names", None) or ()
    if len(names) < 2:
        return
    for name in ("metrics", "weighted_metrics"):
        metrics = given.get(name)
        if (
            isinstance(metrics, (list, tuple))
            and metrics
            and not any(isinstance(m, (list, tuple)) for m in metrics)
        ):
            given[name] = [[another(metric, i) for metric in metrics] for i in range(len(names))]
        elif isinstance(metrics, (list, tuple)) and metrics and len(metrics) != len(names):
            raise ValueError(
                f"When passing a list of lists as `metrics`, it should have one entry per model output. The model "
                f"has {len(names)} outputs, but you passed metrics={metrics}"
            )


def _arguments(what: str, original: Any, args: tuple[Any, ...], given: dict[str, Any]) -> dict[str, Any]:
    """All arguments by today's names, in the order that they always had."""
    names = [name for name in inspect.signature(original).parameters if name not in ("self", "kwargs")]
    counted = [_OLD[name] for name in _OF_EXAMPLES if name in given]
    given = renamed(what, given, _OLD)
    for name, value in zip(names, args, strict=False):
        if name in given:
            raise TypeError(f"{what}() got multiple values for argument {name!r}")
        given[name] = value
    for name in list(given):
        if name in _HOW:
            del given[name]
        elif name not in names and not name.startswith("_use"):
            raise TypeError(f"Unrecognized keyword arguments: {what}() does not take {name!r}.")
    for name in ("steps_per_epoch", "validation_steps", "steps"):
        if given.get(name) is not None:
            given[name] = int(given[name])  # programs divide: 2000 / 32
    for name in counted:
        # Keras 1 counted the examples of an epoch, Keras 2 its batches.
        data = given.get("validation_data" if name == "validation_steps" else "x")
        given[name] = max(1, given[name] // int(getattr(data, "batch_size", None) or 1))
    return given


def _fit(original: Any, generation: Generation) -> Any:
    @like(original)
    def fit(self: Any, *args: Any, **given: Any) -> Any:
        given = _arguments("fit", original, args, given)
        source, held_out = given.get("x"), given.get("validation_data")
        epochs = differences.EPOCHS.of(generation)
        if epochs is not None:
            given.setdefault("epochs", epochs)
        callbacks = given.get("callbacks")
        if isinstance(callbacks, (list, tuple)):
            given["callbacks"] = list(callbacks)
        for each in keras.tree.flatten(callbacks or []):
            if not hasattr(each, "set_model"):
                raise ArgumentError(
                    f"callbacks must be objects of keras.callbacks or of classes of one's own that inherit from "
                    f"Callback; received {each!r}."
                )
        validation = given.get("validation_data")
        if isinstance(validation, list) and len(validation) in (2, 3):
            validation = given["validation_data"] = tuple(validation)
        if given.get("validation_split") and validation is None:
            given["x"], given["y"], given["sample_weight"], validation = _split(self, given)
            given["validation_data"] = validation
            given["validation_split"] = 0.0
        if isinstance(validation, tuple) and len(validation) in (2, 3):
            _tell_callbacks(given.get("callbacks"), validation)
            asked: dict[str, Any] = {
                "steps": given.get("validation_steps"),
                "batch_size": given.get("batch_size"),
            }
            data = fed(self, *validation, **asked, called="validation_steps")
            given["validation_data"] = (data.x, data.y, data.sample_weight)
        elif validation is not None:
            data = fed(self, validation, steps=given.get("validation_steps"), called="validation_steps")
            given["validation_data"] = (data.x,)
        data = fed(
            self,
            given.get("x"),
            given.get("y"),
            given.get("sample_weight"),
            steps=given.get("steps_per_epoch"),
            shuffle=bool(given.get("shuffle", True)),
            class_weight=given.pop("class_weight", None),
            called="steps_per_epoch",
            batch_size=given.get("batch_size"),
        )
        given |= {"x": data.x, "y": data.y, "sample_weight": data.sample_weight}
        given["shuffle"] = bool(given.get("shuffle", True)) and not data.adapted
        wanted, begun = int(given.get("epochs", 1)), int(given.get("initial_epoch") or 0)
        given["epochs"] = shortened.in_force().epochs(wanted, begun)
        if self.compiled and isinstance(data.x, Batches):
            if generation <= Generation.KERAS_2 and not isinstance(callbacks, keras.callbacks.CallbackList):
                given["callbacks"] = Begun(self, given, given.get("steps_per_epoch") or data.x.num_batches)
            self._symbolic_build(data_batch=data.x.first())
        recorded_by = _listen(self, given, source, held_out)
        if given["epochs"] < wanted and (recorded := recording.recorded(self)) is not None:
            recorded.shortened = shortened.note(given["epochs"] - begun, wanted - begun)
        held = given.get("validation_data")
        labels = held[1] if isinstance(held, tuple) and len(held) > 1 else None
        with (
            _as_compiled(self),
            seeds.of_a_training(),
            checks.whole(self, training=data.y, held_out=labels),
            recording.saved_when_interrupted(recorded_by),
            live.shown(self, given) as watching,
            passes.session(self, training=True),
        ):
            if watching is not None:
                _add_callback(self, given, watching)
            return original(self, **given)

    return fit


def _listen(model: Any, given: dict[str, Any], source: Any, held_out: Any) -> recording.Recording | None:
    """What records the training, if anything does, is the last of its callbacks."""
    if not model.compiled:
        return None
    settings = {name: given.get(name) for name in ("epochs", "batch_size", "steps_per_epoch")}
    found = recording.recording_of(model, source, held_out, settings)
    if found is not None:
        _add_callback(model, given, recording.Listening(found))
    return found


def _add_callback(model: Any, given: dict[str, Any], callback: Any) -> None:
    """One more, after those that there are."""
    callbacks = given.get("callbacks")
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.callbacks.append(callback)
        callback.set_params(callbacks.params)
        callback.set_model(model)
    else:
        given["callbacks"] = [*keras.tree.flatten(callbacks or []), callback]


def _tell_callbacks(callbacks: Any, validation: tuple[Any, ...]) -> None:
    """``self.validation_data`` of Keras 2's callbacks: inputs, labels, weights, as one list."""
    x, y, weights = (*validation, None)[:3]
    listed = [list(each) if isinstance(each, (list, tuple)) else [each] for each in (x, y)]
    if weights is None and hasattr(listed[1][0], "__len__"):
        weights = [np.ones(len(each), np.float32) for each in listed[1]]
    whole = [*listed[0], *listed[1], *(weights if isinstance(weights, list) else [weights])]
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks] if callbacks else []:
        callback.validation_data = whole


def _split(model: Any, given: dict[str, Any]) -> tuple[Any, Any, Any, tuple[Any, ...]]:
    from prunelle.keras import batches as core

    x, y, weights = given.get("x"), given.get("y"), given.get("sample_weight")
    if isinstance(x, (list, tuple)) and not all(hasattr(each, "shape") for each in x):
        x = np.asarray(x)
    if isinstance(y, (list, tuple)) and not all(hasattr(each, "shape") for each in y):
        y = np.asarray(y)
    kept, held = core.validation_split(x, y, weights, given["validation_split"])
    return (*kept, held if held[2] is not None else held[:2])


def _evaluate(original: Any) -> Any:
    @like(original)
    def evaluate(self: Any, *args: Any, **given: Any) -> Any:
        if given.get("_use_cached_eval_dataset"):
            return original(self, *args, **given)
        given = _arguments("evaluate", original, args, given)
        source = given.get("x")
        asked: dict[str, Any] = {name: given.get(name) for name in ("steps", "batch_size")}
        data = fed(self, source, given.get("y"), given.get("sample_weight"), **asked)
        given |= {"x": data.x, "y": data.y, "sample_weight": data.sample_weight}
        if self.compiled and isinstance(data.x, Batches):
            self._symbolic_build(data_batch=data.x.first())
        with (
            checks.whole(self, held_out=data.y),
            recording.evaluation(self, source),
            passes.session(self, training=False),
        ):
            return original(self, **given)

    return evaluate


def _predict(original: Any, generation: Generation) -> Any:
    @like(original)
    def predict(self: Any, *args: Any, **given: Any) -> Any:
        given = _arguments("predict", original, args, given)
        data = fed(self, given.get("x"), steps=given.get("steps"), batch_size=given.get("batch_size"))
        given["x"] = data.x
        if isinstance(data.x, Batches):
            data.x.first()
        elif generation <= Generation.KERAS_2 and isinstance(data.x, list) and len(data.x) > 1:
            # Of several inputs the first one's length counted; more of another were not looked at.
            given["x"] = [each[: len(data.x[0])] for each in data.x]
        given.setdefault("verbose", 0)
        with passes.session(self, training=False):
            return original(self, **given)

    return predict


def _on_batch(original: Any) -> Any:
    @like(original)
    def on_batch(self: Any, *args: Any, **given: Any) -> Any:
        given = _arguments(original.__name__, original, args, given)
        data = fed(
            self,
            given["x"],
            given.get("y"),
            given.get("sample_weight"),
            class_weight=given.pop("class_weight", None),
        )
        given["x"] = data.x
        if original.__name__ != "predict_on_batch":
            given |= {"y": data.y, "sample_weight": data.sample_weight}
        if original.__name__ != "train_on_batch" or not self.compiled:
            return original(self, **given)
        with _as_compiled(self), recording.batch(self, data.x):
            return original(self, **given)

    return on_batch


def _fit_generator(self: Any, generator: Any, *args: Any, **given: Any) -> Any:
    order = (
        *("steps_per_epoch", "epochs", "verbose", "callbacks", "validation_data", "validation_steps"),
        *("validation_freq", "class_weight", "max_queue_size", "workers", "use_multiprocessing", "shuffle"),
        "initial_epoch",
    )
    if "samples_per_epoch" in given or "nb_epoch" in given:
        order = ("samples_per_epoch", "nb_epoch", *order[2:])
    return self.fit(generator, **given, **dict(zip(order, args, strict=False)))


def _evaluate_generator(self: Any, generator: Any, *args: Any, **given: Any) -> Any:
    order = ("steps", "callbacks", "max_queue_size", "workers", "use_multiprocessing", "verbose")
    given |= dict(zip(order, args, strict=False))
    return self.evaluate(generator, **({"verbose": 0} | given))


def _predict_generator(self: Any, generator: Any, *args: Any, **given: Any) -> Any:
    order = ("steps", "callbacks", "max_queue_size", "workers", "use_multiprocessing", "verbose")
    given |= dict(zip(order, args, strict=False))
    return self.predict(generator, **({"verbose": 0} | given))


def _predict_classes(self: Any, *args: Any, **given: Any) -> Any:
    """The number of each example's class: the largest output, or whether the only one is above 0.5."""
    probabilities = self.predict(*args, **given)
    if probabilities.shape[-1] > 1:
        return probabilities.argmax(-1)
    return (probabilities > 0.5).astype("int32")


def _metrics_names(self: Any) -> list[str]:
    """``loss``, each output's loss, then the metrics: the order of what ``evaluate`` gives."""
    if not self.compiled:
        raise ArgumentError("call compile() before metrics_names: model.compile(optimizer='adam', loss=…).")
    metrics = self._compile_metrics
    if metrics is None or metrics.built or not getattr(self, "outputs", None):
        return list(_in_order(self, self.get_metrics_result()))
    # Others of the same names: what "accuracy" means, the first real batch tells.
    self._compile_metrics = type(metrics)(
        metrics._user_metrics, metrics._user_weighted_metrics, output_names=metrics.output_names
    )
    try:
        self._symbolic_build(data_batch=_likely_batch(self))
        return list(_in_order(self, self.get_metrics_result()))
    finally:
        self._compile_metrics = metrics


def _in_order(self: Any, figures: Mapping[str, Any]) -> dict[str, Any]:
    """The loss, that of each output, then the metrics."""
    losses = [
        metric.name for metric in (self._compile_loss.metrics if self._compile_loss is not None else ())
    ]
    first = [name for name in ("loss", *losses) if name in figures]
    return {name: figures[name] for name in (*first, *(name for name in figures if name not in first))}


def _of_any_number(original: Any) -> Any:
    """A chain that learns its shape from a batch is of batches of any size."""

    # No ``like``: Keras wraps ``build``, and would ask the signature that it copies for shapes of ``self``.
    def build(self: Any, input_shape: Any = None) -> None:
        sizes = input_shape if isinstance(input_shape, (list, tuple)) else ()
        if sizes and all(size is None or isinstance(size, int) for size in sizes):
            given = self._layers and isinstance(self._layers[0], keras.layers.InputLayer)
            input_shape = (self._layers[0].batch_shape[0] if given else None, *sizes[1:])
            if self._layers and not given:
                self._layers = [layers.input_of(self._layers[0], input_shape), *self._layers]
        with layers.names_untouched("model"):
            original(self, input_shape)

    return build


def _input_names(self: Any) -> list[str]:
    return passes.input_names(getattr(self, "_functional", None) or self)


def _flatten(self: Any, logs: Mapping[str, Any]) -> Any:
    """What ``evaluate`` gives: a number, or a list in the order of ``metrics_names``."""
    found = _in_order(self, {name: logs[name] for name in self.get_metrics_result() if name in logs} or logs)
    values = list(found.values())
    return values[0] if len(values) == 1 else values


def _likely_batch(self: Any) -> Any:
    losses = keras.tree.flatten(self.loss)
    losses = losses * len(self.outputs) if len(losses) == 1 else losses

    def zeros(shape: tuple[int | None, ...]) -> np.ndarray:
        return np.zeros([2, *(size or 1 for size in shape[1:])], np.float32)

    inputs = [zeros(tensor.shape) for tensor in self.inputs]
    outputs = [
        zeros((*tensor.shape[:-1], 1) if checks.kind(loss) == checks.SPARSE else tensor.shape)
        for tensor, loss in zip(self.outputs, losses, strict=False)
    ]
    return tuple(each[0] if len(each) == 1 else each for each in (inputs, outputs))
