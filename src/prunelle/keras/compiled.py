"""``compiled_loss`` and ``compiled_metrics`` of a model: a ``train_step`` for tf.keras calls them, gone in Keras 3.

And what ``compile`` means for a model that subclasses ``Model`` and gives several outputs, known when it has answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prunelle.keras.eager import boundary
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay, like


def lay(overlay: Overlay, generation: Generation) -> None:
    """Models have both, where the program's Keras had them."""
    if generation < Generation.KERAS_3:
        overlay.put(keras.Model, "compiled_loss", property(CompiledLoss))
        overlay.put(keras.Model, "compiled_metrics", property(CompiledMetrics))
        told = private("trainers.compile_utils")
        for kind in (told.CompileLoss, told.CompileMetrics):
            overlay.put(kind, "build", _of_several_outputs(kind.build))


def _of_several_outputs(original: Any) -> Any:
    """They are ``output_1``, ``output_2``…, and a list of metrics is for each of them."""

    @like(original)
    def build(self: Any, y_true: Any, y_pred: Any) -> Any:
        several = isinstance(y_pred, (list, tuple)) and len(y_pred) > 1
        if several and not self.output_names and not any(map(keras.tree.is_nested, y_pred)):
            self.output_names = [f"output_{i}" for i in range(1, len(y_pred) + 1)]
            for name in ("_user_metrics", "_user_weighted_metrics"):
                metrics = getattr(self, name, None)
                if isinstance(metrics, (list, tuple)) and not any(map(keras.tree.is_nested, metrics)):
                    setattr(
                        self, name, [[another(metric, i) for metric in metrics] for i in range(len(y_pred))]
                    )
        return original(self, y_true, y_pred)

    return build


def another(metric: Any, number: int) -> Any:
    """A metric for an output: the first takes it as it is, the others one like it."""
    if number and isinstance(metric, keras.metrics.Metric):
        return type(metric).from_config(metric.get_config())
    return metric


class CompiledLoss:
    """The loss that ``compile`` was told; each call also goes into the mean that ``fit`` shows as ``loss``."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(
        self,
        y_true: Any,
        y_pred: Any,
        sample_weight: Any = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> Any:
        """A scalar; ``regularization_losses``, as ``model.losses`` has them, are added."""
        with boundary.keras_runs():
            truth, answers, weights = map(boundary.undress, (y_true, y_pred, sample_weight))
            loss = self._model._compile_loss(truth, answers, weights)
            for penalty in boundary.undress(list(regularization_losses or ())):
                loss = loss + penalty
            self._model._loss_tracker.update_state(
                loss.detach(), sample_weight=keras.tree.flatten(answers)[0].shape[0]
            )
        return boundary.dress(loss)


class CompiledMetrics:
    """The figures that ``compile`` was told."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """One batch more; ``model.metrics`` have the results."""
        metrics = self._model._compile_metrics
        if metrics is not None:
            with boundary.keras_runs():
                metrics.update_state(*map(boundary.undress, (y_true, y_pred, sample_weight)))
