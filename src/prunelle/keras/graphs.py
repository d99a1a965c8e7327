"""Keras 1 and 2's graphs on Keras 3's symbolic tensors: ``K.function``, ``K.gradients``, ``K.learning_phase``.

A symbolic tensor remembers how it is made. ``Function`` makes it from arrays, node by node; a gradient is one more
node, which asks PyTorch for the derivative of one value of the same pass by another. That is all that deep dreams,
pictures that a filter prefers, and style transfer need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.floor import keras, private


class _LearningPhase:
    """Stands among the inputs of a ``Function`` for whether layers take it that they are trained."""

    value: bool | None = None

    def __bool__(self) -> bool:
        return training_now(None)


LEARNING_PHASE = _LearningPhase()


def is_symbolic(x: Any) -> bool:
    """Whether it is a tensor without values."""
    return isinstance(x, keras.KerasTensor)


def training_now(training: Any) -> bool:
    """What a ``training`` argument says; of None, what the layer that is being called was told."""
    if isinstance(training, _LearningPhase) or training is None:
        context = private("backend.common.global_state").get_global_attribute("current_call_ctx")
        told = getattr(context, "training", None) if context is not None else None
        return bool(told if told is not None else LEARNING_PHASE.value)
    return bool(training)


def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: Any = None, sparse: bool = False, name: Any = None
) -> Any:
    """An input of a graph.

    Args:
        shape: with the batch; or ``ndim`` alone.
    """
    if shape is None:
        if not ndim:
            raise ValueError("Specify either a shape or ndim value.")
        shape = (None,) * ndim
    return keras.Input(batch_shape=tuple(shape), dtype=dtype or keras.config.floatx(), name=name)


class _SizesOf(keras.Operation):  # type: ignore[misc]
    """The shape of a value, as a value: ``(rank,)`` int32."""

    def call(self, x: Any) -> Any:
        """Of the pass at hand."""
        return torch.tensor(x.shape, dtype=torch.int32)

    def compute_output_spec(self, x: Any) -> Any:
        """As many numbers as axes."""
        return keras.KerasTensor((len(x.shape),), dtype="int32")


class Sizes(tuple[Any, ...]):
    """The shape of a symbolic tensor, None where it isn't known yet."""

    _of: Any

    def __new__(cls, sizes: Any, of: Any) -> Sizes:
        """``sizes`` are those of the symbolic tensor ``of``."""
        found = super().__new__(cls, sizes)
        found._of = of
        return found

    def tensor(self) -> Any:
        """All of them as a symbolic tensor, which is made when the data are there."""
        return _SizesOf()(self._of)


class Gradients(keras.Operation):  # type: ignore[misc]
    """The derivatives of the sum of a value by others."""

    def call(self, loss: Any, variables: Any) -> Any:
        """Computed in the pass that made ``loss`` from ``variables``."""
        found = torch.autograd.grad(
            loss.sum(), list(variables), retain_graph=True, create_graph=True, allow_unused=True
        )
        return [
            torch.zeros_like(v) if grad is None else grad for v, grad in zip(variables, found, strict=True)
        ]

    def compute_output_spec(self, loss: Any, variables: Any) -> Any:
        """As the variables."""
        return [keras.KerasTensor(v.shape, dtype=v.dtype) for v in variables]


def gradients(loss: Any, variables: Any) -> list[Any]:
    """The derivatives of ``loss``, summed where it is no number, by each of ``variables``."""
    listed = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    values = [v.value if isinstance(v, keras.Variable) else v for v in listed]
    if is_symbolic(loss):
        return list(Gradients()(loss, values))
    for each in (loss, *values):
        if not (torch.is_tensor(each) and each.requires_grad):
            raise ArgumentError(
                "K.gradients differentiates a graph: from model inputs, K.placeholder or K.variable to what is computed"
                " of them. Of a constant nothing is recorded; with tf.GradientTape() as tape: tape.watch(x), then "
                "tape.gradient(y, x), finds the derivatives there."
            )
    return list(torch.autograd.grad(loss.sum(), values, retain_graph=True, allow_unused=True))


def asks_for_gradients(layer: Any) -> bool:
    """Whether a ``Lambda`` calls ``gradients``, as to see what a maximum was taken of; when the model answers, too."""
    code = getattr(layer.function, "__code__", None) if isinstance(layer, keras.layers.Lambda) else None
    return code is not None and "gradients" in code.co_names


class Function:
    """From arrays for ``inputs`` to a list of arrays for ``outputs``.

    Args:
        inputs: symbolic tensors; ``learning_phase()`` among them is given 0 or 1.
        outputs: symbolic tensors, or tensors and variables that have values.
        updates: pairs of a variable and what it becomes at each call.
    """

    def __init__(self, inputs: Any, outputs: Any, updates: Sequence[Any] = ()) -> None:
        self._inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        self._single = not isinstance(outputs, (list, tuple))
        self._outputs = [outputs] if self._single else list(outputs)
        self._updates = [pair for pair in updates if isinstance(pair, (list, tuple))]
        for each in self._inputs:
            if not is_symbolic(each) and not isinstance(each, _LearningPhase):
                raise ArgumentError(f"function takes symbolic tensors; received {type(each).__name__}.")

    def __call__(self, inputs: Any) -> Any:
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if len(given) != len(self._inputs):
            raise ArgumentError(f"the function has {len(self._inputs)} inputs; received {len(given)}.")
        training = LEARNING_PHASE.value
        values: dict[int, Any] = {}
        for tensor, value in zip(self._inputs, given, strict=True):
            if isinstance(tensor, _LearningPhase):
                training = bool(value)
            else:
                array = np.asarray(value.detach() if torch.is_tensor(value) else value)
                made = keras.ops.convert_to_tensor(array, dtype=tensor.dtype)
                values[id(tensor)] = made.requires_grad_(True) if made.is_floating_point() else made
        wanted = [*self._outputs, *(new for _, new in self._updates)]
        found = _run(values, wanted, bool(training))
        for (variable, _), value in zip(self._updates, found[len(self._outputs) :], strict=True):
            variable.assign(value.detach())
        arrays = [_array(value) for value in found[: len(self._outputs)]]
        return arrays[0] if self._single else arrays


def evaluated(tensor: Any) -> torch.Tensor:
    """The value of a symbolic tensor that no input is needed for."""
    return _run({}, [tensor], False)[0]  # type: ignore[no-any-return]


def _run(values: dict[int, Any], wanted: Sequence[Any], training: bool) -> list[Any]:
    """The values of ``wanted``, from those that are known by the identity of their symbolic tensor."""

    def value_of(tensor: Any) -> Any:
        if not is_symbolic(tensor):
            return tensor
        if id(tensor) not in values:
            _make(tensor)
        return values[id(tensor)]

    def _make(tensor: Any) -> None:
        pending = [tensor]
        while pending:
            node = pending[-1]._keras_history.operation._inbound_nodes[pending[-1]._keras_history.node_index]
            if hasattr(pending[-1], "_prunelle_value"):
                known = pending.pop()
                values[id(known)] = keras.ops.convert_to_tensor(known._prunelle_value)
                continue
            if node.is_input:
                raise ArgumentError(
                    f"the outputs need {node.operation.name}, which is not among the inputs of the function."
                )
            missing = [each for each in node.input_tensors if id(each) not in values]
            if missing:
                pending += missing
                continue
            pending.pop()
            _call(node)

    def _call(node: Any) -> None:
        args, kwargs = keras.tree.map_structure(
            lambda each: values[id(each)] if is_symbolic(each) else each,
            (node.arguments.args, node.arguments.kwargs),
        )
        operation = node.operation
        if getattr(operation, "_call_has_training_arg", False) and kwargs.get("training") is None:
            kwargs = {**kwargs, "training": training}
        found = operation(*args, **kwargs)
        for symbol, value in zip(node.outputs, keras.tree.flatten(found), strict=True):
            values[id(symbol)] = value

    return [value_of(tensor) for tensor in wanted]


def _array(value: Any) -> Any:
    if isinstance(value, keras.Variable) or torch.is_tensor(value):
        found = keras.ops.convert_to_numpy(value)
        return found[()] if found.ndim == 0 else found
    return value
