"""A model or a layer that a program calls inside its tape, on Prunelle's passes, where these compute the same.

The model as one module (``lowering``), accelerated, for one tape that gives one set of gradients: a second derivative,
or a second set, is asked of Keras's own call. The module's parameters see the memory of the variables; a tape that is
asked for a variable's gradient asks for those of the parameters that stand for it, too (``standing_for``).
"""

from __future__ import annotations

import weakref
from contextlib import ExitStack
from typing import Any

import torch

from prunelle.keras.floor import keras, private
from prunelle.keras.lowering import Lowered, NotLowered, Shared, lower, lower_layer
from prunelle.training import speed
from prunelle.training.fast import accelerated

_TAPED = "_prunelle_taped"
_SEEN_BY = "_prunelle_seen_by"


class _Taped:
    """A model's module, for as long as the model is what it was."""

    def __init__(self, model: Any, inputs: list[torch.Tensor]) -> None:
        if isinstance(model, keras.Model):
            self._lowered: Lowered = lower(model)
            self._struct = (getattr(model, "_functional", None) or model)._outputs_struct
        else:
            self._lowered, self._struct = lower_layer(model, inputs[0].shape), None
        self._state = _state(model)  # as kernels lie now
        self.channels, self.ndim = inputs[0].shape[-1:], inputs[0].ndim
        speed.keep_large_blocks()
        speed.avoid_overrun(self._lowered.network)
        self._running = ExitStack()
        self._running.enter_context(accelerated(self._lowered.network))
        for shared in self._lowered.shared:
            seen = [each for each in getattr(shared.variable, _SEEN_BY, []) if each() is not None]
            setattr(shared.variable, _SEEN_BY, [*seen, weakref.ref(shared)])

    def is_of(self, model: Any) -> bool:
        """Whether nothing of it is another: its weights' memory, which of them learn."""
        return self._state == _state(model)

    def outputs(self, inputs: list[torch.Tensor], training: bool) -> Any:
        """As the model's own call gives them."""
        network = self._lowered.network
        if network.training is not training:
            network.train(training)
        found = self._lowered(inputs)
        if len(found) == 1 and not isinstance(self._struct, (dict, list, tuple)):
            return found[0]
        return keras.tree.pack_sequence_as(self._struct, found)


def _state(model: Any) -> list[Any]:
    return [(v._value.data_ptr(), v._trainable) for v in model.variables]


def call(model: Any, args: tuple[Any, ...], given: dict[str, Any]) -> Any:
    """What ``model(*args, **given)`` gives; ``NotImplemented`` where it is Keras's to compute."""
    if len(args) != 1 or given.keys() - {"training"} or not _is_known(model):
        return NotImplemented
    inputs = args[0] if isinstance(args[0], (list, tuple)) else [args[0]]
    if not all(_is_plain(each) for each in inputs):
        return NotImplemented
    known = model.__dict__.get(_TAPED)
    if known is None or (known is not NotLowered and not known.is_of(model)):
        known = _taped(model, list(inputs))
    if known is NotLowered:
        return NotImplemented
    if not _fit(inputs, model):
        return NotImplemented
    try:
        return known.outputs(list(inputs), bool(given.get("training")))
    except NotLowered:
        model.__dict__[_TAPED] = NotLowered
        return NotImplemented


def _taped(model: Any, inputs: list[torch.Tensor]) -> Any:
    try:
        made: Any = _Taped(model, inputs)
    except NotLowered:
        made = NotLowered
    model.__dict__[_TAPED] = made
    return made


_WITH_WEIGHTS = tuple(
    getattr(keras.layers, name) for name in ("Dense", "Conv1D", "Conv2D", "BatchNormalization")
)


def _is_known(model: Any) -> bool:
    """Whether it is a layer that a program calls itself, or a graph of layers."""
    if type(model) in _WITH_WEIGHTS:
        return bool(model.built) and model.dtype_policy.name == "float32"
    functional = private("models.functional").Functional
    if not isinstance(model, (keras.Sequential, functional)) or not model.built:
        return False
    kind = keras.Sequential if isinstance(model, keras.Sequential) else functional
    if type(model).call is not kind.call or model.dtype_policy.name != "float32":
        return False
    return not model.__dict__.get("_prunelle_extra")


def _is_plain(value: Any) -> bool:
    return (
        isinstance(value, torch.Tensor)
        and value.dtype == torch.float32
        and value.device.type == "cpu"
        and not hasattr(value, "_keras_mask")
    )


def _fit(inputs: Any, model: Any) -> bool:
    """Whether a model of Keras would take them as they are; a layer by itself has looked at its first ones."""
    if not isinstance(model, keras.Model):
        known = model.__dict__[_TAPED]
        return len(inputs) == 1 and inputs[0].shape[-1:] == known.channels and inputs[0].ndim == known.ndim
    symbolic = (getattr(model, "_functional", None) or model)._inputs
    return len(inputs) == len(symbolic) and all(
        value.ndim == len(each.shape)
        and all(
            size is None or size == own for size, own in zip(each.shape[1:], value.shape[1:], strict=True)
        )
        for value, each in zip(inputs, symbolic, strict=True)
    )


def standing_for(variable: Any) -> list[Shared]:
    """The parameters that see a variable's memory in calls of this tape."""
    found = (each() for each in getattr(variable, _SEEN_BY, ()))
    return [each for each in found if each is not None]
