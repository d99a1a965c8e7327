"""Losses and metrics: old names and meanings laid over Keras's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from prunelle.keras import differences
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay, like

OLD_NAMES = {
    **dict.fromkeys(("mse", "MSE", "mean_squared_error"), "mean_squared_error"),
    **dict.fromkeys(("mae", "MAE", "mean_absolute_error"), "mean_absolute_error"),
    **dict.fromkeys(("mape", "MAPE", "mean_absolute_percentage_error"), "mean_absolute_percentage_error"),
    **dict.fromkeys(("msle", "MSLE", "mean_squared_logarithmic_error"), "mean_squared_logarithmic_error"),
    **dict.fromkeys(("kld", "KLD", "kullback_leibler_divergence", "kl_divergence"), "kl_divergence"),
    **dict.fromkeys(("cosine_proximity", "cosine", "cosine_similarity"), "cosine_similarity"),
    **dict.fromkeys(("logcosh", "log_cosh"), "log_cosh"),
    **{
        name: name
        for name in ("hinge", "squared_hinge", "categorical_hinge", "poisson", "huber", "binary_crossentropy")
    },
    **{name: name for name in ("categorical_crossentropy", "sparse_categorical_crossentropy")},
}
"""A name of Keras 1 and 2 → today's."""


def lay(overlay: Overlay, generation: Generation) -> None:
    """Losses and metrics take what they took, and are known by their old names in ``compile`` too."""
    tables = [private("losses.ALL_OBJECTS_DICT"), private("metrics.ALL_OBJECTS_DICT")]
    for old, new in OLD_NAMES.items():
        for table in tables:
            overlay.enter(table, old, FUNCTIONS[new])
        for home in ("losses", "metrics"):
            overlay.enter(
                private("api_export").REGISTERED_NAMES_TO_OBJS, f"keras.{home}.{old}", FUNCTIONS[new]
            )
    if differences.BINARY_CROSSENTROPY.of(generation):
        _binary_crossentropy(overlay)
    loss = keras.losses.Loss
    original = loss.__init__

    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        if given.get("reduction") == "auto":
            given["reduction"] = "sum_over_batch_size"
        original(self, *args, **given)

    overlay.put(loss, "__init__", __init__)
    metric = keras.metrics.Metric
    overlay.put(metric, "stateful", True)
    overlay.put(metric, "reset_states", lambda self: self.reset_state())
    overlay.put(metric, "weights", property(lambda self: self.variables))
    for name in ("add_weight", "add_variable"):
        overlay.put(metric, name, _add_weight(getattr(metric, name)))
    if generation != Generation.KERAS_3:
        _until_keras_2(overlay)
    for name in ("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"):
        _within(overlay, name)


def _until_keras_2(overlay: Overlay) -> None:
    accuracy = keras.metrics.binary_accuracy

    @like(accuracy)
    def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
        """A number an example; Keras 3 leaves one a value."""
        return keras.ops.mean(accuracy(_tensor(y_true), _tensor(y_pred), threshold), axis=-1)

    overlay.stand_in(accuracy, binary_accuracy, private("metrics.ALL_OBJECTS_DICT"))
    wrapper = keras.metrics.MeanMetricWrapper
    update = wrapper.update_state

    @like(update)
    def update_state(self: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        y_pred = keras.ops.convert_to_tensor(y_pred)
        if "float" not in keras.backend.standardize_dtype(y_pred.dtype):
            y_true, y_pred = (keras.ops.cast(each, self.dtype) for each in (y_true, y_pred))
        return update(self, y_true, y_pred, sample_weight)

    overlay.put(wrapper, "update_state", update_state)
    overlap = private("metrics.iou_metrics")._IoUBase
    begin = overlap.__init__

    @like(begin)
    def __init__(self: Any, num_classes: int, name: Any = None, dtype: Any = None, **given: Any) -> None:  # noqa: N807
        begin(
            self, num_classes, name, dtype or keras.config.floatx(), **given
        )  # Keras 3's whole numbers drop weights

    overlay.put(overlap, "__init__", __init__)
    library = private("saving.serialization_lib")
    retrieve = library._retrieve_class_or_fn

    @like(retrieve)
    def class_or_function(*args: Any, **given: Any) -> Any:
        found = retrieve(*args, **given)
        plain = isinstance(found, type) and not hasattr(found, "from_config")
        return _FromArguments(found) if plain else found

    overlay.put(library, "_retrieve_class_or_fn", class_or_function)


class _FromArguments:
    """A class of the program's without ``from_config``: its configuration is its arguments."""

    def __init__(self, kind: Any) -> None:
        self.__name__, self._kind = kind.__name__, kind

    def from_config(self, config: Any) -> Any:
        """An object of it."""
        return self._kind(**config)


def _add_weight(original: Any) -> Any:
    @like(original)
    def add(self: Any, *args: Any, **given: Any) -> Any:
        order = ("shape", "initializer", "dtype", "name")
        if args and isinstance(args[0], str):
            order = ("name", "shape", "initializer", "dtype")
        given |= dict(zip(order, args, strict=False))
        given.setdefault("shape", ())
        if original.__name__ == "add_variable":
            given.setdefault("initializer", "zeros")
        return original(self, **given)

    return add


def _within(overlay: Overlay, name: str) -> None:
    """No more of the best than there are classes."""
    original = getattr(keras.metrics, name)

    @like(original)
    def best(y_true: Any, y_pred: Any, k: int = 5, **given: Any) -> Any:
        y_pred = keras.ops.convert_to_tensor(y_pred)
        return original(y_true, y_pred, k=min(int(k), int(y_pred.shape[-1])), **given)

    overlay.stand_in(original, best, private("metrics.ALL_OBJECTS_DICT"))
    overlay.put(private("metrics.accuracy_metrics"), name, best)


def _binary_crossentropy(overlay: Overlay) -> None:
    """-log(p + ε), where p is kept within ε and 1 - ε: of a wrong certainty 15.33, not 16.12."""
    backend = private("backend.torch.nn")
    original = backend.binary_crossentropy

    @like(original)
    def crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
        if from_logits:
            return original(target, output, from_logits=True)
        target, output = keras.ops.convert_to_tensor(target), keras.ops.convert_to_tensor(output)
        small = keras.config.epsilon()
        output = output.clip(small, 1.0 - small)
        return -(target * (output + small).log() + (1.0 - target) * (1.0 - output + small).log())

    overlay.put(backend, "binary_crossentropy", crossentropy)


def _taking_arrays(original: Any) -> Any:
    @like(original)
    def loss(y_true: Any, y_pred: Any, *args: Any, **given: Any) -> Any:
        return original(_tensor(y_true), _tensor(y_pred), *args, **given)

    return loss


def _tensor(value: Any) -> Any:
    if isinstance(value, keras.Variable):
        return value.value
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        return keras.ops.convert_to_tensor(value.astype(keras.config.floatx()))
    return keras.ops.convert_to_tensor(value) if not isinstance(value, keras.KerasTensor) else value


FUNCTIONS = {new: getattr(keras.losses, new) for new in set(OLD_NAMES.values())}
"""Keras's functions by today's names."""


class LossFunctionWrapper(keras.losses.Loss):  # type: ignore[misc]
    """A function as a loss, by the name and with the arguments of Keras 2.3."""

    def __init__(
        self, fn: Any, reduction: str = "sum_over_batch_size", name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(name=name, reduction=reduction)
        self.fn, self._arguments = fn, kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """What the function says."""
        return self.fn(y_true, y_pred, **self._arguments)
