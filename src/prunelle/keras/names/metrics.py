"""Metrics by their names of Keras 1 and 2."""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.losses import FUNCTIONS, OLD_NAMES

__all__ = [*OLD_NAMES, "CosineProximity", "LogCosh", "clone_metric", "clone_metrics"]

CosineProximity = keras.metrics.CosineSimilarity
LogCosh = keras.metrics.LogCoshError


def clone_metric(metric: Any) -> Any:
    """Another of the same, where it is an object."""
    return (
        type(metric).from_config(metric.get_config()) if isinstance(metric, keras.metrics.Metric) else metric
    )


def clone_metrics(metrics: Any) -> list[Any]:
    """``clone_metric`` of each."""
    return [clone_metric(metric) for metric in metrics]


def __getattr__(name: str) -> Any:
    if name in OLD_NAMES:
        return FUNCTIONS[OLD_NAMES[name]]
    raise AttributeError(name)
