"""Gradients of what a program computes itself: ``tf.GradientTape`` on PyTorch's autograd.

PyTorch records how tensors were made without a tape. What is left to do: tensors that are watched begin to be recorded,
variables are asked for by their value, and a gradient that another tape records is made so that it can be
differentiated again.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch

from prunelle.errors import ArgumentError
from prunelle.keras.eager import watching
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.taped import standing_for
from prunelle.keras.eager.tensor import EagerTensor, plain, wrap
from prunelle.keras.floor import keras

_active: list[GradientTape] = []


class UsedUp(ArgumentError, RuntimeError):
    """A tape that gives one set of gradients gave it; TensorFlow raises a ``RuntimeError``."""


def recording() -> bool:
    """Whether a tape records."""
    return bool(_active)


def active() -> list[GradientTape]:
    """The tapes that record, the outermost first."""
    return _active


def one_set() -> bool:
    """Whether one tape records, which gives one set of gradients."""
    return len(_active) == 1 and not _active[0]._persistent


class GradientTape:
    """``with tf.GradientTape() as tape:`` and then ``tape.gradient(target, sources)``.

    Args:
        persistent: gradients can be asked for several times.
        watch_accessed_variables: false: only what is watched has gradients.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent, self._all_variables = persistent, watch_accessed_variables
        self._watched: list[Any] = []
        self._opened: list[torch.Tensor] = []
        self._used = False
        self.kept: Any = None
        """What a watcher of the program's loop keeps of it."""

    def __enter__(self) -> GradientTape:
        if (watcher := watching.watcher) is not None and not _active:
            watcher.opened(self)
        _active.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        if self in _active:
            _active.remove(self)
        # A program goes on with the tensor as with any other.
        for tensor in self._opened:
            tensor.requires_grad_(False)

    def watch(self, tensor: Any) -> None:
        """From now on, what is computed from ``tensor`` (or each of a list) can be differentiated by it.

        A tensor of whole numbers has no gradient: it is left out, with a warning.

        Raises:
            ArgumentError: neither a tensor nor a variable.
        """
        for one in keras.tree.flatten(tensor):
            value = one.value if isinstance(one, keras.Variable) else one
            if not isinstance(value, torch.Tensor):
                raise ArgumentError(
                    f"tape.watch takes tensors and variables, as tf.constant(x, tf.float32); received "
                    f"{type(one).__name__}."
                )
            if not plain(value).is_floating_point():
                warnings.warn(
                    f"tape.watch: the gradient by a tensor of {as_dtype(plain(value).dtype).name} is None; "
                    f"tf.cast(x, tf.float32), watched, has one.",
                    stacklevel=2,
                )
                continue
            self._watched.append(one)
            if value.is_leaf and not value.requires_grad:
                value.requires_grad_(True)
                self._opened.append(value)

    def watched_variables(self) -> tuple[Any, ...]:
        """The variables that were given to ``watch``."""
        return tuple(each for each in self._watched if isinstance(each, keras.Variable))

    def stop_recording(self) -> Any:
        """A context in which nothing is recorded."""
        return torch.no_grad()

    def reset(self) -> None:
        """Forgets what was watched, and that it was used."""
        for tensor in self._opened:
            tensor.requires_grad_(False)
        self._watched, self._opened, self._used = [], [], False

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = "none",
    ) -> Any:
        """The gradient of ``target``, summed where it is no number, by each source; None where it does not depend.

        Args:
            output_gradients: weights of the target's numbers, in its shape (or a list of them).
            unconnected_gradients: ``"zero"`` for zeros in the place of None.

        Raises:
            ArgumentError: a source that is neither a tensor nor a variable.
            UsedUp: a second time, of a tape that is not persistent.
        """
        self._use()
        flat = self._flat(sources)
        targets = [plain(_value(each)) for each in keras.tree.flatten(target)]
        weights: list[torch.Tensor | None] = [None] * len(targets)
        if output_gradients is not None:
            weights = [
                None if each is None else plain(_tensor(each))
                for each in keras.tree.flatten(output_gradients)
            ]
        # What does not depend on anything has no gradient.
        there = [
            (one, torch.ones_like(one) if weight is None else weight.to(one.dtype).expand_as(one))
            for one, weight in zip(targets, weights, strict=True)
            if isinstance(one, torch.Tensor) and one.requires_grad
        ]
        found = self._of_variables(
            keras.tree.flatten(sources), [one for one, _ in there], flat, [weight for _, weight in there]
        )
        found = [
            torch.zeros_like(plain(source)) if grad is None and _is_zero(unconnected_gradients) else grad
            for grad, source in zip(found, flat, strict=True)
        ]
        if (watcher := watching.watcher) is not None:
            watcher.asked(self, target, sources)
        return _packed(sources, [None if each is None else wrap(each) for each in found])

    def _of_variables(
        self,
        sources: list[Any],
        targets: list[torch.Tensor],
        flat: list[torch.Tensor],
        weights: list[torch.Tensor],
        rows: int = 0,
    ) -> list[torch.Tensor | None]:
        """Those of the sources, and of the parameters that stand for variables in a model's pass.

        Args:
            rows: so many of them, one for each row of the weights; 0: one.
        """
        standing = [
            (place, shared)
            for place, (source, value) in enumerate(zip(sources, flat, strict=True))
            if isinstance(source, keras.Variable) and value.requires_grad
            for shared in standing_for(source)
        ]
        parameters = [shared.parameter for _, shared in standing]
        found = self._differentiated(targets, [*flat, *parameters], weights, batched=rows > 0)
        for (place, shared), grad in zip(standing, found[len(flat) :], strict=True):
            if grad is not None:
                order = tuple(axis + 1 for axis in shared.order) if rows else shared.order
                turned = grad.permute(0, *order) if rows else grad.permute(order) if grad.ndim > 1 else grad
                own = found[place]
                found[place] = turned if own is None else own + turned
        return found[: len(flat)]

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of each number of ``target`` by each of each source: the target's shape, then the source's."""
        self._use()
        flat = self._flat(sources)
        value = plain(_value(target))
        rows = value.numel()
        found: list[Any] = [None] * len(flat)
        if rows and value.requires_grad:
            each = torch.eye(rows, dtype=value.dtype, device=value.device).reshape(rows, *value.shape)
            found = self._of_variables(keras.tree.flatten(sources), [value], flat, [each], rows=rows)
        made = [
            torch.zeros(*value.shape, *source.shape, dtype=plain(source).dtype)
            if grad is None and _is_zero(unconnected_gradients)
            else None
            if grad is None
            else grad.reshape(*value.shape, *source.shape)
            for grad, source in zip(found, flat, strict=True)
        ]
        return _packed(sources, [None if each is None else wrap(each) for each in made])

    def batch_jacobian(self, target: Any, source: Any, **given: Any) -> Any:
        """That of each example of a batch by the same example: ``(N, …target, …source)``."""
        whole = self.jacobian(target, source, **given)
        if whole is None:
            return None
        value, by = plain(_value(target)), plain(_value(source))
        if value.shape[:1] != by.shape[:1]:
            raise InvalidArgumentError(
                f"batch_jacobian is of batches of one size; received {tuple(value.shape)} and {tuple(by.shape)}."
            )
        matrix = plain(whole).reshape(*value.shape, *by.shape)
        rows = torch.arange(value.shape[0])
        diagonal = matrix.movedim(value.ndim, 1)[rows, rows]
        return wrap(diagonal)

    def _use(self) -> None:
        if self._used and not self._persistent:
            raise UsedUp(
                "this tape gave its gradients: tf.GradientTape(persistent=True) gives several sets, or ask for all at "
                "once, tape.gradient(loss, [a, b])."
            )
        self._used = True

    def _flat(self, sources: Any) -> list[torch.Tensor]:
        flat = []
        for source in keras.tree.flatten(sources):
            value = _value(source)
            if not isinstance(value, torch.Tensor):
                raise ArgumentError(
                    f"tape.gradient takes tensors that were watched, variables and outputs of layers; received "
                    f"{type(source).__name__}."
                )
            forgotten = not self._all_variables and isinstance(source, keras.Variable)
            if forgotten and not any(each is source for each in self._watched):
                value = value.detach()
            flat.append(value)
        return flat

    def _differentiated(
        self,
        targets: list[torch.Tensor],
        sources: Sequence[torch.Tensor],
        weights: list[torch.Tensor],
        batched: bool = False,
    ) -> list[torch.Tensor | None]:
        asleep = [tensor for tensor in self._opened if not tensor.requires_grad]
        for tensor in asleep:
            tensor.requires_grad_(True)
        try:
            known = [source for source in sources if source.requires_grad]
            if not known or not targets:
                return [None] * len(sources)
            options: dict[str, Any] = {"allow_unused": True, "create_graph": bool(_active)}
            # The graph stays: two tapes that recorded the same pass each ask for their gradients.
            options["retain_graph"] = True
            try:
                grads = torch.autograd.grad(targets, known, weights, is_grads_batched=batched, **options)
            except RuntimeError:
                if not batched:
                    raise
                grads = _row_by_row(targets[0], known, weights[0], options)
            found = iter(grads)
            return [next(found) if source.requires_grad else None for source in sources]
        finally:
            for tensor in asleep:
                tensor.requires_grad_(False)


def _row_by_row(target: Any, sources: list[torch.Tensor], weights: Any, options: dict[str, Any]) -> Any:
    """For functions that PyTorch cannot differentiate in batches."""
    rows = [torch.autograd.grad(target, sources, weight, **options) for weight in weights]
    return [None if column[0] is None else torch.stack(column) for column in zip(*rows, strict=True)]


def _value(source: Any) -> Any:
    return source.value if isinstance(source, keras.Variable) else source


def _tensor(value: Any) -> Any:
    return torch.as_tensor(value) if not isinstance(value, torch.Tensor) else value


def _is_zero(unconnected: Any) -> bool:
    return str(getattr(unconnected, "value", unconnected)).lower() == "zero"


def _packed(sources: Any, found: list[EagerTensor | None]) -> Any:
    if not isinstance(sources, (list, tuple, dict)):
        return found[0]
    return keras.tree.pack_sequence_as(sources, found)
