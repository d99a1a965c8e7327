"""Optimisers: old names, defaults and formulas laid over Keras's own."""

from __future__ import annotations

from typing import Any

import torch

from prunelle.errors import ArgumentError
from prunelle.keras import differences
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay, like
from prunelle.training.speed import drop_traces

_KINDS = (
    "SGD",
    "RMSprop",
    "Adagrad",
    "Adadelta",
    "Adam",
    "Adamax",
    "Nadam",
    "Ftrl",
    "AdamW",
    "Adafactor",
    "Lion",
)

OLD_NAMES = {kind.lower(): kind for kind in _KINDS}
"""``keras.optimizers.sgd``, as Keras 2.0 to 2.3 had them beside ``SGD``."""


def lay(overlay: Overlay, generation: Generation) -> None:
    """Keras's optimisers take what a program of ``generation`` gives them, and step as they did."""
    base = private("optimizers.base_optimizer").BaseOptimizer
    for kind in _KINDS:
        _accept(overlay, getattr(keras.optimizers, kind), kind, generation)
    overlay.put(base, "lr", property(_rate, _set_rate, doc="``learning_rate``, before any ``decay``."))
    overlay.put(
        base, "weights", property(lambda self: self.variables, doc="``variables``, by its name of Keras 2.")
    )
    overlay.put(base, "get_weights", lambda self: [v.numpy() for v in self.variables])
    overlay.put(base, "set_weights", _set_weights)
    _at_each_step(overlay)
    adam = private("backend.torch.optimizers.torch_adam.Adam")
    overlay.put(adam, "_parallel_update_step", _adam(adam._parallel_update_step))
    if differences.SQUARE_ROOT.of(generation):
        torches = "backend.torch.optimizers"
        overlay.put(private(f"{torches}.torch_rmsprop.RMSprop"), "_parallel_update_step", _rmsprop)
        overlay.put(private(f"{torches}.torch_adagrad.Adagrad"), "_parallel_update_step", _adagrad)
    if differences.NADAM_SCHEDULE.of(generation):
        nadam = private("backend.torch.optimizers.torch_nadam.Nadam")
        overlay.put(nadam, "_parallel_update_step", _nadam)


def begin_again(optimizer: Any) -> None:
    """An optimiser that is compiled again, perhaps for another model, has no moments yet."""
    if isinstance(optimizer, keras.optimizers.Optimizer) and optimizer.built:
        kept = [optimizer._iterations, optimizer._learning_rate]
        optimizer._variables[:] = [v for v in optimizer._variables if any(v is each for each in kept)]
        optimizer._trainable_variables_indices, optimizer.built = {}, False


def _accept(overlay: Overlay, cls: Any, kind: str, generation: Generation) -> None:
    original = cls.__init__
    defaults = {
        name: difference.of(generation)
        for name, difference in differences.OPTIMIZER_DEFAULTS.get(kind, {}).items()
        if difference.of(generation) is not None
    }
    epsilon = differences.EPSILON.of(generation)
    together = differences.CLIPNORM.of(generation)

    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        if "lr" in given:
            if args or "learning_rate" in given:
                raise ArgumentError(f"{kind} was given both lr and learning_rate, which is the same.")
            given["learning_rate"] = given.pop("lr")
        rate = args[0] if args else given.get("learning_rate")
        if isinstance(rate, (int, float)) and not isinstance(rate, float):
            args, given = (
                (float(rate), *args[1:]) if args else args,
                given if args else {**given, "learning_rate": float(rate)},
            )
        given = defaults | given
        if args:
            given.pop("learning_rate", None)
        for clip in ("clipnorm", "clipvalue"):
            if isinstance(given.get(clip), (int, float)) and given[clip] < 0:
                raise ValueError(f"Expected `{clip}` >= 0; received {given[clip]}.")
        if together and given.get("clipnorm") is not None:
            given["global_clipnorm"] = given.pop("clipnorm")
        if "epsilon" in given and given["epsilon"] is None:
            del given["epsilon"]
        if epsilon is not None and "epsilon" not in given and kind != "SGD":
            given["epsilon"] = epsilon
        decay = float(given.pop("decay", None) or 0.0)
        schedule = given.pop("schedule_decay", differences.NADAM_SCHEDULE.of(generation))
        original(self, *args, **given)
        self.decay, self._schedule_decay = decay, schedule

    overlay.put(cls, "__init__", __init__)
    get_config = cls.get_config

    @like(get_config)
    def config(self: Any) -> dict[str, Any]:
        found: dict[str, Any] = get_config(self)
        if getattr(self, "decay", 0.0):
            found["decay"] = self.decay
        return found

    overlay.put(cls, "get_config", config)


def _at_each_step(overlay: Overlay) -> None:
    """``decay``: each step's rate is the rate over ``1 + decay · steps so far``. And no moment stays denormal."""
    parallel = private("backend.torch.optimizers.torch_parallel_optimizer.TorchParallelOptimizer")
    original = parallel._backend_update_step

    def step(self: Any, grads: Any, variables: Any, learning_rate: Any) -> None:
        number = int(self._iterations.value)
        if getattr(self, "decay", 0.0):
            learning_rate = learning_rate / (1.0 + self.decay * number)
        original(self, grads, variables, learning_rate)
        drop_traces((variable.value for variable in self._variables), number)

    overlay.put(parallel, "_backend_update_step", step)


def _rate(self: Any) -> Any:
    return self._learning_rate


def _set_rate(self: Any, value: Any) -> None:
    self.learning_rate = value


def _set_weights(self: Any, values: Any) -> None:
    for variable, value in zip(self.variables, values, strict=True):
        variable.assign(value)


def same_layout(tensor: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two tensors of one shape lie in memory alike; sides of 1 tell nothing."""
    if tensor.stride() == other.stride():
        return True
    strides = zip(tensor.stride(), other.stride(), tensor.shape, strict=True)
    return all(own == theirs or size == 1 for own, theirs, size in strides)


def like_layout(tensor: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The tensor, or a copy that lies in memory as ``other`` does."""
    if same_layout(tensor, other):
        return tensor
    laid = torch.empty_strided(other.shape, other.stride(), dtype=tensor.dtype, device=tensor.device)
    return laid.copy_(tensor)


def _state(self: Any, kept: str, variables: Any) -> list[torch.Tensor]:
    return [getattr(self, kept)[self._get_variable_index(variable)].value for variable in variables]


_LISTS = "_prunelle_lists"
"""The attribute of an optimiser with the tensors of its last step: a training gives the same list at each."""


def _adam_lists(optimizer: Any, variables: Any) -> tuple[bool, list[Any], list[Any], list[Any], list[Any]]:
    """Values, means, squares and their maxima; first whether they are of float32, and each lies as its value does."""
    values = [variable.value for variable in variables]
    means, squares = _state(optimizer, "_momentums", variables), _state(optimizer, "_velocities", variables)
    largest = _state(optimizer, "_velocity_hats", variables) if optimizer.amsgrad else []
    moments = zip((*means, *squares, *largest), values * 3, strict=False)
    alike = all(same_layout(moment, value) for moment, value in moments)
    alike = alike and all(v.dtype == torch.float32 and _is_dense(v) for v in values)
    if not alike:
        return False, values, means, squares, largest
    return True, *([_flat(tensor) for tensor in kind] for kind in (values, means, squares, largest))  # type: ignore[return-value]


def _have_moved(variables: Any, values: list[torch.Tensor]) -> bool:
    """Whether variables have other memory than they had: ``lowering`` lays it anew, for a prediction too."""
    return any(v.value.data_ptr() != value.data_ptr() for v, value in zip(variables, values, strict=True))


def _is_dense(tensor: torch.Tensor) -> bool:
    return bool(torch.ops.aten.is_non_overlapping_and_dense(tensor))


def _flat(tensor: torch.Tensor) -> torch.Tensor:
    """Its memory from first to last: over axes in another order, PyTorch's kernel is four times slower."""
    return tensor.as_strided((tensor.numel(),), (1,))


def _adam(original: Any) -> Any:
    """PyTorch's fused kernel, which goes over memory once.

    It adds epsilon to √(v / (1 - β₂ᵗ)), Keras to √v: the same with another epsilon at each step.
    """

    @like(original)
    def step(self: Any, grads: Any, variables: Any, learning_rate: Any) -> None:
        kept = self.__dict__.get(_LISTS)
        if kept is None or kept[0] is not variables or _have_moved(variables, kept[2]):
            kept = self.__dict__[_LISTS] = (variables, *_adam_lists(self, variables))
        _, alike, values, means, squares, largest = kept
        if not alike or any(grad.dtype != torch.float32 for grad in grads):
            original(self, grads, variables, learning_rate)
            return
        laid = zip(grads, variables, strict=True)
        grads = [_flat(like_layout(grad, variable.value)) for grad, variable in laid]
        t = int(self._iterations.value) + 1
        steps = torch.full((), float(t), device=values[0].device)
        torch._fused_adam_(
            values,
            grads,
            means,
            squares,
            largest,
            [steps] * len(values),
            lr=float(learning_rate.value if isinstance(learning_rate, keras.Variable) else learning_rate),
            beta1=self.beta_1,
            beta2=self.beta_2,
            weight_decay=0.0,
            eps=self.epsilon / (1 - self.beta_2**t) ** 0.5,
            amsgrad=self.amsgrad,
            maximize=False,
        )

    return step


def _rmsprop(self: Any, grads: Any, variables: Any, learning_rate: Any) -> None:
    squares = _state(self, "_velocities", variables)
    torch._foreach_mul_(squares, self.rho)
    torch._foreach_addcmul_(squares, grads, grads, value=1 - self.rho)
    below = torch._foreach_sqrt(squares)
    if self.centered:
        means = _state(self, "_average_gradients", variables)
        torch._foreach_mul_(means, self.rho)
        torch._foreach_add_(means, grads, alpha=1 - self.rho)
        below = torch._foreach_sub(squares, torch._foreach_mul(means, means))
        torch._foreach_sqrt_(below)
    torch._foreach_add_(below, self.epsilon)
    steps = torch._foreach_div(torch._foreach_mul(list(grads), float(learning_rate)), below)
    if self.momentum > 0:
        moments = _state(self, "_momentums", variables)
        torch._foreach_mul_(moments, self.momentum)
        torch._foreach_add_(moments, steps)
        steps = tuple(moments)
    torch._foreach_sub_([v.value for v in variables], steps)


def _adagrad(self: Any, grads: Any, variables: Any, learning_rate: Any) -> None:
    squares = _state(self, "_accumulators", variables)
    torch._foreach_addcmul_(squares, grads, grads)
    below = torch._foreach_sqrt(squares)
    torch._foreach_add_(below, self.epsilon)
    steps = torch._foreach_div(torch._foreach_mul(list(grads), float(learning_rate)), below)
    torch._foreach_sub_([v.value for v in variables], steps)


def _nadam(self: Any, grads: Any, variables: Any, learning_rate: Any) -> None:
    """Dozat 2015, with the schedule of momenta that Keras had until 2.3."""
    t = float(self.iterations.numpy()) + 1

    def momentum(step: float) -> float:
        return float(self.beta_1 * (1.0 - 0.5 * 0.96 ** (step * self._schedule_decay)))

    now, following = momentum(t), momentum(t + 1)
    product = float(self._u_product.numpy()) * now
    self._u_product.assign(product)
    means, squares = _state(self, "_momentums", variables), _state(self, "_velocities", variables)
    torch._foreach_mul_(means, self.beta_1)
    torch._foreach_add_(means, grads, alpha=1 - self.beta_1)
    torch._foreach_mul_(squares, self.beta_2)
    torch._foreach_addcmul_(squares, grads, grads, value=1 - self.beta_2)
    ahead = torch._foreach_mul(means, following / (1 - product * following))
    torch._foreach_add_(ahead, grads, alpha=(1 - now) / (1 - product))
    below = torch._foreach_sqrt(torch._foreach_div(squares, 1 - self.beta_2**t))
    torch._foreach_add_(below, self.epsilon)
    torch._foreach_mul_(ahead, float(learning_rate))
    torch._foreach_sub_([v.value for v in variables], torch._foreach_div(ahead, below))
