"""Initialisers: old names and meanings laid over Keras's own."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import torch

from prunelle.keras import differences
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay, like

OLD_NAMES = {
    "zero": "Zeros",
    "zeros": "Zeros",
    "one": "Ones",
    "ones": "Ones",
    "constant": "Constant",
    "uniform": "RandomUniform",
    "random_uniform": "RandomUniform",
    "normal": "RandomNormal",
    "random_normal": "RandomNormal",
    "truncated_normal": "TruncatedNormal",
    "identity": "Identity",
    "orthogonal": "Orthogonal",
    "glorot_uniform": "GlorotUniform",
    "glorot_normal": "GlorotNormal",
    "he_uniform": "HeUniform",
    "he_normal": "HeNormal",
    "lecun_uniform": "LecunUniform",
    "lecun_normal": "LecunNormal",
}
"""A name of Keras 1 and 2 → today's."""


def lay(overlay: Overlay, generation: Generation) -> None:
    """Old names in ``init=`` too; a seeded initialiser's second call draws other values, as it did."""
    variable = keras.Variable
    overlay.put(variable, "value", property(_without_drawing(variable.value.fget)))
    table = private("initializers.ALL_OBJECTS_DICT")
    for old, new in OLD_NAMES.items():
        overlay.enter(table, old, getattr(keras.initializers, new))
    if differences.FRESH_DRAWS.of(generation):
        _draw_afresh(overlay)
    identity = keras.initializers.Identity
    original = identity.__call__

    @like(original)
    def call(self: Any, shape: Any, dtype: Any = None) -> Any:
        if len(shape) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        return original(self, shape, dtype=dtype)

    overlay.put(identity, "__call__", call)
    _constants(overlay)


def called_with_a_type(initializer: Any) -> Any:
    """A program's function as Keras 3 calls it, ``(shape, dtype=)``: in Keras 1 it took ``(shape, name=)``.

    What it gives may be a variable, as ``K.random_normal_variable`` makes it.
    """
    if not inspect.isroutine(initializer):
        return initializer
    takes = inspect.signature(initializer).parameters
    typed = "dtype" in takes or any(each.kind == each.VAR_KEYWORD for each in takes.values())
    required = "name" in takes and takes["name"].default is inspect.Parameter.empty

    def call(shape: Any, dtype: Any = None) -> Any:
        given = ({"dtype": dtype} if typed else {}) | ({"name": None} if required else {})
        return keras.ops.convert_to_tensor(initializer(shape, **given), dtype=dtype)

    return call


def _draw_afresh(overlay: Overlay) -> None:
    base = private("initializers.random_initializers").RandomInitializer
    original = base.__init__

    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        original(self, *args, **given)
        if isinstance(self.seed, int):
            self.seed = keras.random.SeedGenerator(self.seed)

    overlay.put(base, "__init__", __init__)


def _constants(overlay: Overlay) -> None:
    """``Constant(array)``, which programs fill kernels with."""
    constant = keras.initializers.Constant
    original = constant.__call__

    @like(original)
    def call(self: Any, shape: Any, dtype: Any = None, **given: Any) -> Any:
        if np.ndim(self.value) and tuple(np.shape(self.value)) != tuple(shape):
            return keras.ops.convert_to_tensor(np.reshape(self.value, shape), dtype=dtype)
        return original(self, shape, dtype=dtype, **given)

    overlay.put(constant, "__call__", call)


def _without_drawing(original: Any) -> Any:
    """A variable that has no value yet, of which Keras asks the shape alone: nothing is drawn for it.

    PyTorch's random numbers on its device without memory import its compiler, seconds of a program's start.
    """
    stateless = private("backend.common.stateless_scope")
    core = private("backend.torch.core")

    def is_known(variable: Any) -> bool:
        if variable._value is not None or variable._initializer is None:
            return True
        return (
            stateless.in_stateless_scope()
            and stateless.get_stateless_scope().get_current_value(variable) is not None
        )

    def value(self: Any) -> Any:
        if is_known(self):
            return original(self)
        return torch.empty(self._shape, dtype=core.to_torch_dtype(self._dtype), device=core.get_device())

    return value
