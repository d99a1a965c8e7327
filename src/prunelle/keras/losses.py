"""Keras's losses: functions that give a value an example, and objects that reduce them to a number.

Tensors are in Keras's order, predictions of crossentropies probabilities unless ``from_logits``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F

from prunelle.errors import ArgumentError
from prunelle.keras import absent
from prunelle.keras.naming import lookup, snake_case

EPSILON = 1e-7
"""Probabilities are kept this far from 0 and 1 before their logarithm is taken (``backend.epsilon()``)."""

LossFunction = Callable[..., torch.Tensor]


def mean_squared_error(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """The mean of squared differences along the last axis."""
    y_true, y_pred = _alike(y_true, y_pred)
    return (y_pred - y_true).square().mean(-1)


def mean_absolute_error(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """The mean of absolute differences along the last axis."""
    y_true, y_pred = _alike(y_true, y_pred)
    return (y_pred - y_true).abs().mean(-1)


def mean_absolute_percentage_error(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """100 times the mean of |difference| / |truth|."""
    y_true, y_pred = _alike(y_true, y_pred)
    return 100 * ((y_true - y_pred) / y_true.abs().clamp(min=EPSILON)).abs().mean(-1)


def mean_squared_logarithmic_error(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """The mean of (log(pred + 1) - log(true + 1))²."""
    y_true, y_pred = _alike(y_true, y_pred)
    return (
        (torch.log(y_pred.clamp(min=EPSILON) + 1) - torch.log(y_true.clamp(min=EPSILON) + 1))
        .square()
        .mean(-1)
    )


def hinge(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """The mean of max(1 - true · pred, 0); labels 0 and 1 are read as -1 and 1."""
    y_true, y_pred = _alike(y_true, y_pred)
    return (1 - _signed(y_true) * y_pred).clamp(min=0).mean(-1)


def squared_hinge(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """The mean of max(1 - true · pred, 0)²."""
    y_true, y_pred = _alike(y_true, y_pred)
    return (1 - _signed(y_true) * y_pred).clamp(min=0).square().mean(-1)


def categorical_hinge(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """max(largest wrong - right + 1, 0)"""
    y_true, y_pred = _alike(y_true, y_pred)
    right = (y_true * y_pred).sum(-1)
    wrong = ((1 - y_true) * y_pred).amax(-1)
    return (wrong - right + 1).clamp(min=0)


def huber(y_true: torch.Tensor, y_pred: torch.Tensor, delta: float = 1.0) -> torch.Tensor:
    """Half the squared difference up to ``delta``, straight lines beyond."""
    y_true, y_pred = _alike(y_true, y_pred)
    return F.huber_loss(y_pred, y_true, reduction="none", delta=delta).mean(-1)


def log_cosh(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """The mean of log(cosh(difference))."""
    y_true, y_pred = _alike(y_true, y_pred)
    x = (y_pred - y_true).abs()
    return (x + F.softplus(-2 * x) - torch.log(torch.tensor(2.0))).mean(-1)


def kl_divergence(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """Σ true · log(true / pred)"""
    y_true, y_pred = _alike(y_true, y_pred)
    y_true, y_pred = y_true.clamp(EPSILON, 1), y_pred.clamp(EPSILON, 1)
    return (y_true * torch.log(y_true / y_pred)).sum(-1)


def poisson(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """The mean of pred - true · log(pred)."""
    y_true, y_pred = _alike(y_true, y_pred)
    return (y_pred - y_true * torch.log(y_pred + EPSILON)).mean(-1)


def cosine_similarity(y_true: torch.Tensor, y_pred: torch.Tensor, axis: int = -1) -> torch.Tensor:
    """Minus the cosine: -1 for the same direction."""
    y_true, y_pred = _alike(y_true, y_pred)
    return -(F.normalize(y_true, dim=axis) * F.normalize(y_pred, dim=axis)).sum(axis)


def binary_crossentropy(
    y_true: torch.Tensor,
    y_pred: torch.Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> torch.Tensor:
    """The mean along ``axis`` of -log of the probability given to the truth, each output by itself."""
    y_true, y_pred = _alike(y_true, y_pred)
    if label_smoothing:
        y_true = y_true * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        return F.binary_cross_entropy_with_logits(y_pred, y_true, reduction="none").mean(axis)
    y_pred = y_pred.clamp(EPSILON, 1 - EPSILON)
    return -(y_true * torch.log(y_pred) + (1 - y_true) * torch.log(1 - y_pred)).mean(axis)


def categorical_crossentropy(
    y_true: torch.Tensor,
    y_pred: torch.Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> torch.Tensor:
    """-Σ true · log(pred) along ``axis``; truth is one-hot."""
    y_true = y_true.to(y_pred.dtype)
    if y_true.shape[-1] != y_pred.shape[-1] or y_true.ndim != y_pred.ndim:
        raise ArgumentError(
            f"categorical_crossentropy takes one-hot labels of the predictions' shape, {tuple(y_pred.shape[1:])}; "
            f"received labels of shape {tuple(y_true.shape[1:])}. Use to_categorical(y), or "
            f"sparse_categorical_crossentropy for numbers of classes."
        )
    if label_smoothing:
        y_true = y_true * (1 - label_smoothing) + label_smoothing / y_true.shape[axis]
    if from_logits:
        return -(y_true * torch.log_softmax(y_pred, axis)).sum(axis)
    y_pred = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(EPSILON, 1 - EPSILON)
    return -(y_true * torch.log(y_pred)).sum(axis)


def sparse_categorical_crossentropy(
    y_true: torch.Tensor,
    y_pred: torch.Tensor,
    from_logits: bool = False,
    axis: int = -1,
) -> torch.Tensor:
    """-log of the probability given to class ``y_true``, a number."""
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = y_true.squeeze(-1)
    if y_true.shape != y_pred.shape[:-1]:
        raise ArgumentError(
            f"sparse_categorical_crossentropy takes a class number for each prediction; received labels of shape "
            f"{tuple(y_true.shape[1:])} for predictions of {tuple(y_pred.shape[1:])}. One-hot labels go with "
            f"categorical_crossentropy."
        )
    labels = y_true.long()
    if labels.device.type != "cpu":
        _require_classes(labels, y_pred.shape[-1])  # a GPU that has met a wrong one is of no more use
    try:
        if from_logits:
            return F.cross_entropy(
                y_pred.flatten(0, -2), labels.flatten(), reduction="none", ignore_index=_NO_LABEL
            ).reshape(labels.shape)
        y_pred = torch.log((y_pred / y_pred.sum(-1, keepdim=True)).clamp(EPSILON, 1 - EPSILON))
        return -y_pred.gather(-1, labels[..., None]).squeeze(-1)
    except (IndexError, RuntimeError):
        _require_classes(labels, y_pred.shape[-1])
        raise


# Which no floating-point number becomes, as NaN becomes the least.
_NO_LABEL = torch.iinfo(torch.int64).min + 1


def _require_classes(labels: torch.Tensor, num_classes: int) -> None:
    """Raises an ArgumentError that says which labels are wrong."""
    if labels.numel() and (int(labels.min()) < 0 or int(labels.max()) >= num_classes):
        raise ArgumentError(
            f"labels must be from 0 to {num_classes - 1}, as the model has {num_classes} outputs; received "
            f"{int(labels.min())} to {int(labels.max())}."
        )


def _alike(y_true: torch.Tensor, y_pred: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both in the predictions' type; ``(N,)`` beside ``(N, 1)`` becomes ``(N, 1)``, and back."""
    y_true = y_true.to(y_pred.dtype)
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., None]
    elif y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = y_true.squeeze(-1)
    try:
        torch.broadcast_shapes(y_true.shape, y_pred.shape)  # type: ignore[no-untyped-call]
    except RuntimeError:
        raise ArgumentError(
            f"labels and predictions must have one shape; received labels of {tuple(y_true.shape)} for "
            f"predictions of {tuple(y_pred.shape)}."
        ) from None
    return y_true, y_pred


def _signed(y_true: torch.Tensor) -> torch.Tensor:
    binary = ((y_true == 0) | (y_true == 1)).all()
    return torch.where(binary, 2 * y_true - 1, y_true)


class Loss:
    """Base of all, and of one's own: write ``call(y_true, y_pred)``, a value an example.

    Args:
        reduction: ``sum_over_batch_size`` (the mean), ``sum``, ``mean_with_sample_weight`` or ``none``.
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.reduction = "sum_over_batch_size" if reduction == "auto" else reduction or "none"
        known = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")
        if self.reduction not in known:
            raise ArgumentError(f"reduction must be one of {', '.join(known)}; received {reduction!r}.")

    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """A value an example."""
        raise NotImplementedError

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> torch.Tensor:
        return reduced(
            self.call(torch.as_tensor(y_true), torch.as_tensor(y_pred)),
            None if sample_weight is None else torch.as_tensor(sample_weight),
            self.reduction,
        )


def reduced(values: torch.Tensor, weights: torch.Tensor | None, reduction: str) -> torch.Tensor:
    """Values an example, times their weights, as ``reduction`` says."""
    total = None
    if weights is not None:
        weights = weights.to(values.dtype)
        if weights.ndim > values.ndim and weights.shape[-1] == 1:
            weights = weights.squeeze(-1)
        while weights.ndim < values.ndim:
            weights = weights[..., None]
        values = values * weights
        total = weights.expand_as(values).sum()
    if reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    if reduction == "mean_with_sample_weight" and total is not None:
        return values.sum() / total
    return values.mean()


class FunctionLoss(Loss):
    """A function of (truth, predictions) as an object."""

    def __init__(
        self,
        function: LossFunction,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        **arguments: Any,
    ) -> None:
        super().__init__(name or getattr(function, "__name__", "loss"), reduction)
        self.function, self.arguments = function, arguments

    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        return self.function(y_true, y_pred, **self.arguments)

    def get_config(self) -> dict[str, Any]:
        """Its constructor's arguments."""
        return {"name": self.name, "reduction": self.reduction, **self.arguments}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FunctionLoss:
        """The inverse of ``get_config``."""
        known = {*inspect.signature(cls.__init__).parameters, "name", "reduction"}
        return cls(**{key: value for key, value in config.items() if key in known})


class MeanSquaredError(FunctionLoss):
    """``mean_squared_error`` as an object."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_squared_error",
        dtype: Any = None,
    ):
        super().__init__(mean_squared_error, name, reduction)


class MeanAbsoluteError(FunctionLoss):
    """``mean_absolute_error`` as an object."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_absolute_error",
        dtype: Any = None,
    ):
        super().__init__(mean_absolute_error, name, reduction)


class Huber(FunctionLoss):
    """``huber`` as an object."""

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, name, reduction, delta=delta)


class KLDivergence(FunctionLoss):
    """``kl_divergence`` as an object."""

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str = "kl_divergence", dtype: Any = None
    ):
        super().__init__(kl_divergence, name, reduction)


class BinaryCrossentropy(FunctionLoss):
    """``binary_crossentropy`` as an object."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            binary_crossentropy,
            name,
            reduction,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class CategoricalCrossentropy(FunctionLoss):
    """``categorical_crossentropy`` as an object."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            categorical_crossentropy,
            name,
            reduction,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(FunctionLoss):
    """``sparse_categorical_crossentropy`` as an object."""

    def __init__(
        self,
        from_logits: bool = False,
        *,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(
            sparse_categorical_crossentropy,
            name,
            reduction,
            from_logits=from_logits,
        )


mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh

_FUNCTIONS = (
    *(
        mean_squared_error,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_logarithmic_error,
    ),
    *(hinge, squared_hinge, categorical_hinge, huber, log_cosh, kl_divergence, poisson, cosine_similarity),
    *(binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy),
)
_CLASSES = (
    *(MeanSquaredError, MeanAbsoluteError, Huber, KLDivergence, BinaryCrossentropy, CategoricalCrossentropy),
    SparseCategoricalCrossentropy,
)
BY_NAME: dict[str, Any] = {function.__name__: function for function in _FUNCTIONS}
BY_NAME |= {
    "mse": mse,
    "MSE": mse,
    "mae": mae,
    "MAE": mae,
    "mape": mape,
    "MAPE": mape,
    "msle": msle,
    "MSLE": msle,
}
BY_NAME |= {
    "kld": kld,
    "KLD": kld,
    "kullback_leibler_divergence": kld,
    "logcosh": log_cosh,
    "huber_loss": huber,
}
BY_NAME |= {c.__name__: c for c in _CLASSES}


def get(identifier: Any) -> Any:
    """A loss by name, by configuration, or as it is."""
    found = lookup("loss", identifier, BY_NAME)
    return found() if isinstance(found, type) else found


def as_loss(identifier: Any) -> Loss:
    """What ``compile`` takes, as an object."""
    found = get(identifier)
    return found if isinstance(found, Loss) else FunctionLoss(found)


__all__ = [
    *("KLD", "MAE", "MAPE", "MSE", "MSLE", "BinaryCrossentropy", "CategoricalCrossentropy", "Huber"),
    *("KLDivergence", "Loss", "MeanAbsoluteError", "MeanSquaredError", "SparseCategoricalCrossentropy"),
    *("binary_crossentropy", "categorical_crossentropy", "categorical_hinge", "cosine_similarity", "get"),
    *("hinge", "huber", "kl_divergence", "kld", "kullback_leibler_divergence", "log_cosh", "logcosh", "mae"),
    *("mape", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error"),
    *("mean_squared_logarithmic_error", "mse", "msle", "poisson", "sparse_categorical_crossentropy"),
    "squared_hinge",
]

__getattr__ = absent.reporter(__name__)
