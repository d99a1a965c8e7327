"""Keras's optimisers, number for number.

They differ from PyTorch's of the same names: the learning rate is inside the momentum of ``SGD``, the epsilon of
``RMSprop`` and ``Adagrad`` is inside the square root, that of ``Adam`` is not divided by the correction of the
second moment. Where PyTorch's fused kernels can give the same numbers (``Adam``, ``AdamW``, plain ``SGD``), they
do the work.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import Any

import torch

from prunelle.errors import ArgumentError, did_you_mean
from prunelle.keras import absent
from prunelle.keras.naming import lookup, snake_case, unique_name
from prunelle.keras.optimizers import schedules
from prunelle.keras.optimizers.schedules import LearningRateSchedule
from prunelle.keras.variables import Variable
from prunelle.training.speed import drop_traces

Tensors = list[torch.Tensor]


class Optimizer:
    """What all have in common.

    Args:
        learning_rate: a number, a schedule, or a function without arguments; ``lr`` in old programs.
        weight_decay: share of each weight, times the rate, taken off at each step.
        clipnorm, global_clipnorm, clipvalue: limits of gradients: of the norm of each, of all together, of
            each value.
        decay: Keras 2's: the rate of step t is divided by 1 + decay · t.
    """

    slots: tuple[str, ...] = ()
    """What is kept for each weight."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        decay: float = 0.0,
        lr: Any = None,
        name: str | None = None,
        **unknown: Any,
    ) -> None:
        for argument in unknown:
            if argument not in _IGNORED:
                known = {
                    *inspect.signature(type(self).__init__).parameters,
                    "lr",
                    "decay",
                    "clipnorm",
                    "clipvalue",
                }
                raise ArgumentError(
                    f"{type(self).__name__} does not take {argument!r}."
                    f"{did_you_mean(argument, known - {'self', 'kwargs'})}"
                )
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise ArgumentError("only one of clipnorm, clipvalue and global_clipnorm can be set.")
        rate = learning_rate if lr is None else lr
        if isinstance(rate, Mapping):
            rate = getattr(schedules, rate["class_name"]).from_config(rate["config"])
        self.name = name or unique_name(snake_case(type(self).__name__))
        self.iterations = Variable(0, "iteration")
        self._rate: Any = rate if callable(rate) else Variable(float(rate), "learning_rate")
        self.decay = float(decay or 0.0)
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self._parameters: list[torch.Tensor] = []
        self._state: dict[str, list[torch.Tensor]] = {}
        self._expected: Mapping[str, torch.Tensor] | None = None

    @property
    def learning_rate(self) -> Any:
        """A number that can be changed in place (``assign``); of a schedule, its value now."""
        return self._rate if isinstance(self._rate, Variable) else self._rate_now()

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, LearningRateSchedule):
            self._rate = value
        elif isinstance(self._rate, Variable):
            self._rate.assign(float(value))
        else:
            self._rate = Variable(float(value), "learning_rate")

    lr = learning_rate

    def _rate_now(self) -> float:
        """The rate of the next step, before ``decay``."""
        if isinstance(self._rate, LearningRateSchedule):
            return float(self._rate(int(self.iterations)))
        return float(self._rate() if callable(self._rate) else self._rate)

    @property
    def parameters(self) -> Tensors:
        """The weights that learn."""
        return self._parameters

    def bind(self, parameters: Tensors) -> None:
        """Says which weights learn; what was kept for others is forgotten."""
        if [id(p) for p in parameters] != [id(p) for p in self._parameters]:
            self._parameters = list(parameters)
            self._state = {slot: [self._start(slot, p) for p in parameters] for slot in self.slots}
            self._bound()
            expected, self._expected = self._expected, None
            if expected is not None:
                self.load_state(expected)

    def _bound(self) -> None:
        """Called when the weights are known."""

    def _start(self, slot: str, parameter: torch.Tensor) -> torch.Tensor:
        return torch.zeros_like(parameter, requires_grad=False)

    @torch.no_grad()
    def step(self) -> None:
        """Changes the weights by their ``.grad``; a weight without one stays, as if its gradient were 0."""
        rate = self._rate_now() / (1 + self.decay * int(self.iterations))
        for parameter in self._parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        self._clip(gradients)
        if self.weight_decay:
            torch._foreach_mul_(self._parameters, 1 - self.weight_decay * rate)
        self.update(self._parameters, gradients, rate, int(self.iterations) + 1)
        self.iterations.assign(int(self.iterations) + 1)
        drop_traces((tensor for each in self._state.values() for tensor in each), int(self.iterations))

    def _clip(self, gradients: Tensors) -> None:
        if self.clipvalue is not None:
            for gradient in gradients:
                gradient.clamp_(-self.clipvalue, self.clipvalue)
        elif self.clipnorm is not None:
            for gradient in gradients:
                gradient.mul_(self.clipnorm / gradient.norm().clamp(min=self.clipnorm))
        elif self.global_clipnorm is not None:
            norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
            torch._foreach_mul_(gradients, self.global_clipnorm / norm.clamp(min=self.global_clipnorm))

    def update(self, weights: Tensors, gradients: Tensors, rate: float, t: int) -> None:
        """One step, the ``t``-th from 1, in place."""
        raise NotImplementedError

    def state(self) -> dict[str, torch.Tensor]:
        """What it has kept, by name; with the count of steps."""
        kept = {f"{slot}.{i}": t for slot, each in self._state.items() for i, t in enumerate(each)}
        return kept | {"iterations": torch.tensor(int(self.iterations))}

    def expect_state(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """``load_state``, as soon as the weights are known."""
        self._expected = tensors
        self.iterations.assign(int(tensors["iterations"]))

    def load_state(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Goes on from what ``state`` gave; what it holds of other weights than these is left."""
        self.iterations.assign(int(tensors["iterations"]))
        shapes = {name: tensor.shape for name, tensor in self.state().items()}
        if shapes != {name: tensor.shape for name, tensor in tensors.items()}:
            return
        for slot, each in self._state.items():
            for i, tensor in enumerate(each):
                tensor.copy_(tensors[f"{slot}.{i}"])

    def get_config(self) -> dict[str, Any]:
        """Its arguments, as JSON values."""
        rate: Any = self._rate
        if isinstance(rate, LearningRateSchedule):
            rate = {"class_name": type(rate).__name__, "config": rate.get_config()}
        names = inspect.signature(type(self).__init__).parameters
        own = {n: getattr(self, n) for n in names if n not in ("self", "kwargs", "learning_rate")}
        common = {
            n: getattr(self, n) for n in ("weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "decay")
        }
        rate = rate if isinstance(rate, dict) else float(self._rate_now())
        return {"name": self.name, "learning_rate": rate, **common, **own}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Optimizer:
        """The inverse of ``get_config``; what this one does not know is left out."""
        known = {
            *inspect.signature(cls.__init__).parameters,
            *inspect.signature(Optimizer.__init__).parameters,
        }
        return cls(**{key: value for key, value in config.items() if key in known})


_IGNORED = (
    *(
        "use_ema",
        "ema_momentum",
        "ema_overwrite_frequency",
        "loss_scale_factor",
        "jit_compile",
        "schedule_decay",
    ),
    *("gradient_accumulation_steps", "is_legacy_optimizer"),
)


class SGD(Optimizer):
    """Gradient descent: w ← w + m, m ← momentum · m - rate · g; with ``nesterov``, one step ahead."""

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        if not 0 <= momentum <= 1:
            raise ArgumentError(f"momentum must be between 0 and 1; received {momentum!r}.")
        self.momentum, self.nesterov = momentum, nesterov
        self.slots = ("momentum",) if momentum else ()

    def update(self, weights: Tensors, gradients: Tensors, rate: float, t: int) -> None:
        if not self.momentum:
            torch._foreach_add_(weights, gradients, alpha=-rate)
            return
        moments = self._state["momentum"]
        torch._foreach_mul_(moments, self.momentum)
        torch._foreach_add_(moments, gradients, alpha=-rate)
        if self.nesterov:
            torch._foreach_add_(weights, moments, alpha=self.momentum)
            torch._foreach_add_(weights, gradients, alpha=-rate)
        else:
            torch._foreach_add_(weights, moments)


class Adam(Optimizer):
    """Kingma and Ba 2015, with the epsilon of their section 2, second form: it is added to √v uncorrected."""

    decoupled = False

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2, self.amsgrad = beta_1, beta_2, amsgrad
        self.epsilon = 1e-7 if epsilon is None else epsilon
        self.slots = ("exp_avg", "exp_avg_sq", *(("max_exp_avg_sq",) if amsgrad else ()))

    def _bound(self) -> None:
        fused = all(p.device.type in ("cpu", "cuda") for p in self._parameters)
        self._torch = torch.optim.Adam(
            self._parameters or [torch.zeros(1)],
            betas=(self.beta_1, self.beta_2),
            amsgrad=self.amsgrad,
            fused=fused,
        )
        for i, parameter in enumerate(self._parameters):
            where = parameter.device if fused else "cpu"
            self._torch.state[parameter] = {
                "step": torch.zeros((), device=where),
                **{slot: self._state[slot][i] for slot in self.slots},
            }

    def update(self, weights: Tensors, gradients: Tensors, rate: float, t: int) -> None:
        for group in self._torch.param_groups:
            group["lr"] = rate
            # PyTorch adds epsilon to √(v / (1 - β₂ᵗ)), Keras to √v.
            group["eps"] = self.epsilon / (1 - self.beta_2**t) ** 0.5
        for state in self._torch.state.values():
            state["step"].fill_(t - 1)
        self._torch.step()


class AdamW(Adam):
    """Adam with weight decay apart from the gradients (Loshchilov, Hutter 2019), 0.004 unless said."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)


class RMSprop(Optimizer):
    """g divided by √(mean of g² + ε), the mean forgetting at ``rho`` (Hinton's lecture 6e)."""

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float | None = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho, self.momentum, self.centered = rho, momentum, centered
        self.epsilon = 1e-7 if epsilon is None else epsilon
        optional = (("momentum", momentum > 0), ("average", centered))
        self.slots = ("velocity", *(slot for slot, wanted in optional if wanted))

    def update(self, weights: Tensors, gradients: Tensors, rate: float, t: int) -> None:
        velocity = self._state["velocity"]
        torch._foreach_mul_(velocity, self.rho)
        torch._foreach_addcmul_(velocity, gradients, gradients, 1 - self.rho)
        denominator = torch._foreach_add(velocity, self.epsilon)
        if self.centered:
            average = self._state["average"]
            torch._foreach_mul_(average, self.rho)
            torch._foreach_add_(average, gradients, alpha=1 - self.rho)
            torch._foreach_addcmul_(denominator, average, average, -1)
        torch._foreach_sqrt_(denominator)
        if self.momentum > 0:
            moments = self._state["momentum"]
            torch._foreach_mul_(moments, self.momentum)
            torch._foreach_addcdiv_(moments, gradients, denominator, rate)
            torch._foreach_sub_(weights, moments)
        else:
            torch._foreach_addcdiv_(weights, gradients, denominator, -rate)


class Adagrad(Optimizer):
    """g divided by √(sum of g² + ε) (Duchi et al. 2011); the sum starts at ``initial_accumulator_value``."""

    slots = ("accumulator",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float | None = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = 1e-7 if epsilon is None else epsilon

    def _start(self, slot: str, parameter: torch.Tensor) -> torch.Tensor:
        return torch.full_like(parameter, self.initial_accumulator_value, requires_grad=False)

    def update(self, weights: Tensors, gradients: Tensors, rate: float, t: int) -> None:
        accumulator = self._state["accumulator"]
        torch._foreach_addcmul_(accumulator, gradients, gradients)
        denominator = torch._foreach_add(accumulator, self.epsilon)
        torch._foreach_sqrt_(denominator)
        torch._foreach_addcdiv_(weights, gradients, denominator, -rate)


class Adadelta(Optimizer):
    """Steps in the unit of the weights (Zeiler 2012), times the learning rate."""

    slots = ("gradient", "delta")

    def __init__(
        self, learning_rate: Any = 0.001, rho: float = 0.95, epsilon: float | None = 1e-7, **kwargs: Any
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = 1e-7 if epsilon is None else epsilon

    def update(self, weights: Tensors, gradients: Tensors, rate: float, t: int) -> None:
        of_gradient, of_delta = self._state["gradient"], self._state["delta"]
        torch._foreach_mul_(of_gradient, self.rho)
        torch._foreach_addcmul_(of_gradient, gradients, gradients, 1 - self.rho)
        delta = torch._foreach_add(of_delta, self.epsilon)
        torch._foreach_div_(delta, torch._foreach_add(of_gradient, self.epsilon))
        torch._foreach_sqrt_(delta)
        torch._foreach_mul_(delta, gradients)
        torch._foreach_mul_(of_delta, self.rho)
        torch._foreach_addcmul_(of_delta, delta, delta, 1 - self.rho)
        torch._foreach_add_(weights, delta, alpha=-rate)


class Nadam(Optimizer):
    """Adam with Nesterov's momentum, whose share rises as Dozat 2016 has it."""

    slots = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon = 1e-7 if epsilon is None else epsilon
        self._products: dict[int, float] = {}  # of the shares up to a step

    def update(self, weights: Tensors, gradients: Tensors, rate: float, t: int) -> None:
        def share(step: int) -> float:
            return self.beta_1 * (1 - 0.5 * 0.96**step)

        product = self._products.get(t - 1) or math.prod(share(step) for step in range(1, t))
        product *= share(t)
        self._products = {t: product}
        following = product * share(t + 1)
        moments, velocity = self._state["momentum"], self._state["velocity"]
        torch._foreach_lerp_(moments, gradients, 1 - self.beta_1)
        torch._foreach_mul_(velocity, self.beta_2)
        torch._foreach_addcmul_(velocity, gradients, gradients, 1 - self.beta_2)
        ahead = torch._foreach_mul(moments, share(t + 1) / (1 - following))
        torch._foreach_add_(ahead, gradients, alpha=(1 - share(t)) / (1 - product))
        denominator = torch._foreach_div(velocity, 1 - self.beta_2**t)
        torch._foreach_sqrt_(denominator)
        torch._foreach_add_(denominator, self.epsilon)
        torch._foreach_addcdiv_(weights, ahead, denominator, -rate)


class Adamax(Optimizer):
    """Adam with the largest gradient so far, forgetting, in place of its mean square (Kingma and Ba, section 7.1)."""

    slots = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float | None = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon = 1e-7 if epsilon is None else epsilon

    def update(self, weights: Tensors, gradients: Tensors, rate: float, t: int) -> None:
        moments, norm = self._state["momentum"], self._state["norm"]
        torch._foreach_lerp_(moments, gradients, 1 - self.beta_1)
        torch._foreach_mul_(norm, self.beta_2)
        torch._foreach_maximum_(norm, torch._foreach_abs(gradients))
        torch._foreach_addcdiv_(
            weights, moments, torch._foreach_add(norm, self.epsilon), -rate / (1 - self.beta_1**t)
        )


_CLASSES = (SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Nadam, Adamax)
_BY_NAME = {name: c for c in _CLASSES for name in (c.__name__, c.__name__.lower())}


def get(identifier: Any) -> Optimizer:
    """An optimiser by name (with its default arguments), by configuration, or as it is."""
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, str):
        identifier = lookup("optimizer", identifier.lower(), {c.__name__.lower(): c for c in _CLASSES})
    elif isinstance(identifier, Mapping):
        return lookup("optimizer", identifier, _BY_NAME)  # type: ignore[no-any-return]
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    raise ArgumentError(
        f"optimizer must be a name or an object of keras.optimizers; received {identifier!r}."
    )


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Name and configuration, as JSON values."""
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


__all__ = [
    *("SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Nadam", "Optimizer", "RMSprop", "get"),
    *("schedules", "serialize"),
]

__getattr__ = absent.reporter(__name__)
