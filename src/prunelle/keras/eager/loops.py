"""What a loop of a program's own calls: ``apply_gradients``, ``minimize``, models that are built by their own step."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch

from prunelle.errors import ArgumentError
from prunelle.keras import passes, tape_loops
from prunelle.keras.eager import boundary, watching
from prunelle.keras.eager.tape import GradientTape
from prunelle.keras.floor import keras, private
from prunelle.keras.overlay import Overlay, like

_OWN_STEPS = ("train_step", "test_step", "predict_step")


def lay(overlay: Overlay) -> None:
    """Optimisers and models as a loop of a program's own uses them."""
    base = private("optimizers.base_optimizer").BaseOptimizer
    overlay.put(base, "apply_gradients", _apply_gradients(base.apply_gradients))
    overlay.put(base, "minimize", _minimize)
    overlay.put(base, "compute_gradients", _compute_gradients)
    model = keras.Model
    overlay.put(watching, "watcher", tape_loops.TapeLoops())
    overlay.put(model, "_symbolic_build", _build_by_its_own_step(model._symbolic_build))


def _apply_gradients(original: Callable[..., Any]) -> Any:
    """TensorFlow's arguments; a step is no part of what gradients are asked of."""

    @like(original)
    def apply_gradients(self: Any, grads_and_vars: Any, name: Any = None, **ignored: Any) -> Any:
        pairs = [(boundary.undress(grad), variable) for grad, variable in grads_and_vars]
        if not pairs or all(grad is None for grad, _ in pairs):
            names = ", ".join(getattr(variable, "name", "?") for _, variable in pairs) or "none"
            raise ArgumentError(
                f"no variable has a gradient (of: {names}). What was computed from them must be computed inside the "
                f"tape, and the loss by functions of tf or keras: NumPy's leave no gradient."
            )
        if (watcher := watching.watcher) is not None and boundary.at_the_top():
            watcher.applied(self, [variable for _, variable in pairs])
        with boundary.keras_runs(), torch.no_grad():
            step = self.__dict__.get(_STEP)
            if step is None or not step.is_of(pairs):
                step = self.__dict__[_STEP] = _Step(self, [variable for _, variable in pairs])
            if step.plain and not any(grad is None for grad, _ in pairs):
                passes.take_plain_step(self, [grad for grad, _ in pairs], step.variables)
                return self._iterations
            return original(self, pairs)

    return apply_gradients


_STEP = "_prunelle_step"
"""The attribute of an optimiser with the variables of its last step."""


class _Step:
    """The variables that a loop gives an optimiser, the same at each of its steps: what must be asked once.

    Attributes:
        variables: the list itself, by which an optimiser knows its last step's again.
        plain: the step is the optimiser's formula and nothing else.
    """

    def __init__(self, optimizer: Any, variables: list[Any]) -> None:
        self.variables = variables
        if not optimizer.built:
            optimizer.build(variables)
        known = optimizer._trainable_variables_indices
        self.plain = passes.is_plain(optimizer, variables) and all(id(v) in known for v in variables)
        if self.plain:
            passes.lay_moments(optimizer, variables)

    def is_of(self, pairs: list[tuple[Any, Any]]) -> bool:
        """Whether these are the variables."""
        mine = self.variables
        return len(pairs) == len(mine) and all(v is own for (_, v), own in zip(pairs, mine, strict=True))


def _compute_gradients(
    self: Any, loss: Any, var_list: Any, tape: Any = None, **ignored: Any
) -> list[tuple[Any, Any]]:
    """A list of gradients and variables: of a function, or of what a tape recorded."""
    if not callable(loss) or isinstance(loss, torch.Tensor):
        if tape is None:
            raise ArgumentError(
                "minimize takes a function of no arguments that gives the loss, or the loss and the tape that recorded "
                "it: optimizer.minimize(loss, variables, tape=tape)."
            )
        value = loss
    else:
        with GradientTape() as tape:
            value = loss()
    variables = list(keras.tree.flatten(var_list() if callable(var_list) else var_list))
    return list(zip(tape.gradient(value, variables), variables, strict=True))


def _minimize(
    self: Any, loss: Any, var_list: Any = None, grad_loss: Any = None, name: Any = None, tape: Any = None
) -> Any:
    """One step on a loss: a function that gives it, or its value and the tape that recorded it."""
    if var_list is None:
        raise ArgumentError(
            "minimize needs the variables that it is to change: optimizer.minimize(loss, variables)."
        )
    return self.apply_gradients(self.compute_gradients(loss, var_list, tape=tape))


def _build_by_its_own_step(original: Callable[..., Any]) -> Callable[..., Any]:
    """A model with a step of its own is built by that step, as in tf.keras: it may have no ``call`` at all."""

    @functools.wraps(original)
    def build(self: Any, iterator: Any = None, data_batch: Any = None) -> None:
        own = any(getattr(type(self), name) is not getattr(keras.Model, name) for name in _OWN_STEPS)
        if not own:
            original(self, iterator=iterator, data_batch=data_batch)

    return build
