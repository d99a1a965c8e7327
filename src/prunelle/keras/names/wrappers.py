"""``keras.wrappers.scikit_learn``: models as scikit-learn's estimators, as Keras had them until 2.

Keras 3's own wrappers (``SKLearnClassifier``) take a model; these take a function that builds one, and the arguments of
that function, of ``fit`` and of ``predict`` by name, so that a grid search can vary them.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.keras.floor import keras

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]

_METHODS = ("fit", "predict", "evaluate")


class BaseWrapper:
    """What classifiers and regressors share.

    Args:
        build_fn: gives a compiled model; None in a subclass whose ``__call__`` does.
        sk_params: arguments of ``build_fn``, of ``fit``, ``predict`` and ``evaluate``.

    Attributes:
        model: once it was fitted.
    """

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any) -> None:
        self.build_fn, self.sk_params = build_fn, sk_params
        self.check_params(sk_params)

    @property
    def _builder(self) -> Callable[..., Any]:
        if self.build_fn is None:
            own: Any = self
            builder: Callable[..., Any] = own.__call__
            return builder
        if inspect.isfunction(self.build_fn) or inspect.ismethod(self.build_fn):
            return self.build_fn
        maker: Any = self.build_fn
        method: Callable[..., Any] = maker.__call__
        return method

    def check_params(self, params: Mapping[str, Any]) -> None:
        """Refuses what neither the builder nor the model's methods take.

        Raises:
            ArgumentError: such an argument.
        """
        known = {"nb_epoch", "samples_per_epoch"}.union(_parameters(self._builder), *map(_of_model, _METHODS))
        for name in params:
            if name not in known:
                raise ArgumentError(
                    f"{name} is not a legal parameter: neither the function that builds the model takes it, nor fit(), "
                    f"predict() or evaluate()."
                )

    def get_params(self, **ignored: Any) -> dict[str, Any]:
        """A copy of the arguments, ``build_fn`` among them."""
        return {**copy.deepcopy(self.sk_params), "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> BaseWrapper:
        """Other arguments."""
        self.check_params({name: value for name, value in params.items() if name != "build_fn"})
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params.update(params)
        return self

    def filter_sk_params(self, fn: Callable[..., Any], override: Any = None) -> dict[str, Any]:
        """Those that ``fn`` takes, and ``override``."""
        names = _of_model(fn.__name__) if getattr(fn, "__name__", "") in _METHODS else _parameters(fn)
        return {name: value for name, value in self.sk_params.items() if name in names} | dict(override or {})

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Builds a model and trains it on ``x: (N, …)``, ``y: (N,)`` or ``(N, K)``; the history."""
        self.model = self._builder(**self.filter_sk_params(self._builder))
        if _name(self.model.loss) == "categorical_crossentropy" and np.ndim(y) != 2:
            y = keras.utils.to_categorical(y)
        return self.model.fit(x, y, **self.filter_sk_params(keras.Model.fit, kwargs))

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator since 1.6."""
        from sklearn.utils import ClassifierTags, RegressorTags, Tags, TargetTags

        classifies = isinstance(self, KerasClassifier)
        return Tags(
            estimator_type="classifier" if classifies else "regressor",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if classifies else None,
            regressor_tags=None if classifies else RegressorTags(),
        )

    def _evaluated(self, x: Any, y: Any, kwargs: Mapping[str, Any]) -> dict[str, float]:
        found = self.model.evaluate(x, y, **self.filter_sk_params(keras.Model.evaluate, kwargs))
        return dict(zip(self.model.metrics_names, np.atleast_1d(found), strict=True))


class KerasClassifier(BaseWrapper):
    """A classifier; classes may be texts."""

    def fit(self, x: Any, y: Any, sample_weight: Any = None, **kwargs: Any) -> Any:
        """As ``BaseWrapper.fit``; ``classes_`` are those of ``y``.

        Raises:
            ArgumentError: ``y`` is neither ``(N,)``, ``(N, 1)`` nor ``(N, K)``.
        """
        y = np.array(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
        elif y.ndim == 1 or y.shape[1:] == (1,):
            self.classes_ = np.unique(y)
            y = np.searchsorted(self.classes_, y)
        else:
            raise ArgumentError(f"y must be (N,) or (N, K) with a column a class; received shape {y.shape}.")
        self.n_classes_ = len(self.classes_)
        if sample_weight is not None:
            kwargs["sample_weight"] = sample_weight
        return super().fit(x, y, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """``(N,)`` classes."""
        found = self.model.predict_classes(x, **self.filter_sk_params(keras.Model.predict, kwargs))
        return np.asarray(self.classes_[np.reshape(found, len(found))])

    def predict_proba(self, x: Any, **kwargs: Any) -> np.ndarray:
        """``(N, K)``; two columns of a model with one output."""
        found = np.asarray(self.model.predict(x, **self.filter_sk_params(keras.Model.predict, kwargs)))
        return np.hstack([1 - found, found]) if found.shape[1] == 1 else found

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The accuracy.

        Raises:
            ArgumentError: the model was compiled without it.
        """
        y = np.searchsorted(self.classes_, y) if np.ndim(y) == 1 else np.asarray(y)
        if _name(self.model.loss) == "categorical_crossentropy" and np.ndim(y) != 2:
            y = keras.utils.to_categorical(y, self.n_classes_)
        for name, value in self._evaluated(x, y, kwargs).items():
            if name in ("accuracy", "acc"):
                return float(value)
        raise ArgumentError(
            "The model is not configured to compute accuracy: pass metrics=['accuracy'] to its compile()."
        )


class KerasRegressor(BaseWrapper):
    """A regressor."""

    def predict(self, x: Any, **kwargs: Any) -> np.ndarray:
        """``(N,)``, or ``(N, K)`` of a model with several outputs."""
        found = self.model.predict(x, **self.filter_sk_params(keras.Model.predict, kwargs))
        return np.asarray(np.squeeze(found, -1) if found.shape[-1] == 1 else found)

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Minus the loss, so that more is better."""
        return -float(next(iter(self._evaluated(x, y, kwargs).values())))


def _parameters(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters) - {"self"}


def _of_model(method: str) -> set[str]:
    return _parameters(getattr(keras.Model, method))


def _name(loss: Any) -> str:
    return loss if isinstance(loss, str) else getattr(loss, "__name__", getattr(loss, "name", ""))
