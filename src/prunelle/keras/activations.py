"""Activations whose meaning changed, laid over Keras's own."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from prunelle.keras import differences
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay


def lay(overlay: Overlay, generation: Generation) -> None:
    """``hard_sigmoid`` as it was; ``relu(x, alpha=)``; ``softmax`` refuses a single axis."""
    if not differences.HARD_SIGMOID.of(generation):
        return
    table = private("activations.ALL_OBJECTS_DICT")
    for original, function in ((_hard_sigmoid, hard_sigmoid), (_relu, relu), (_softmax, softmax)):
        overlay.stand_in(original, function, table)
    overlay.put(keras.activations, "get", _get(keras.activations.get))


def hard_sigmoid(x: Any) -> Any:
    """0.2 x + 0.5 within 0 and 1."""
    return keras.ops.clip(keras.ops.add(keras.ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


_relu, _softmax, _hard_sigmoid = (
    keras.activations.relu,
    keras.activations.softmax,
    keras.activations.hard_sigmoid,
)


@functools.wraps(_relu)
def relu(
    x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0, **given: Any
) -> Any:
    """``alpha`` is Keras 3's ``negative_slope``."""
    return _relu(x, given.get("negative_slope", alpha), max_value, threshold)


@functools.wraps(_softmax)
def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) divided by its sum along ``axis``."""
    if len(x.shape) < 2:
        raise ValueError(f"Cannot apply softmax to a tensor that is 1D. Received input: {x}")
    return _softmax(x, axis)


def _get(original: Any) -> Any:
    @functools.wraps(original)
    def get(identifier: Any) -> Any:
        if isinstance(identifier, keras.layers.Layer):
            warnings.warn(
                f"Do not pass a layer instance (such as {type(identifier).__name__}) as the activation argument of "
                f"another layer. Instead, use it as any other layer.",
                stacklevel=2,
            )
        return original(identifier)

    return get
