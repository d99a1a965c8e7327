"""Numbers of a distribution from a generator: what all of ``tf.random`` is made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.functions import sizes
from prunelle.keras.eager.tensor import convert

Torch = torch.Tensor
Draws = torch.Generator | None


def _floating(kind: torch.dtype, name: str) -> None:
    if not kind.is_floating_point:
        raise WrongType(f"{name}: dtype is of floating-point numbers; received {as_dtype(kind).name}.")


def _number(value: Any, otherwise: float, kind: torch.dtype) -> Torch:
    found: Torch = convert(otherwise if value is None else value).to(kind)
    return found


def _fits(shape: tuple[int, ...], *parameters: Torch) -> None:
    """Raises: InvalidArgumentError: what is drawn would have another shape."""
    found = np.broadcast_shapes(shape, *(tuple(each.shape) for each in parameters))
    if found != shape:
        raise InvalidArgumentError(
            f"shape {list(shape)} cannot hold parameters of shapes {[tuple(each.shape) for each in parameters]}."
        )


def uniform(draws: Draws, shape: Any, low: Any, high: Any, kind: torch.dtype) -> Any:
    """From ``low`` to before ``high``."""
    wanted = sizes(shape)
    if kind.is_floating_point:
        first, last = _number(low, 0.0, kind), _number(high, 1.0, kind)
        _fits(wanted, first, last)
        # float16's numbers below 1 are few: drawn in float32, some would round to 1.
        found = torch.rand(wanted, generator=draws, dtype=kind)
        return found.to(first.device) * (last - first) + first
    if kind not in (torch.int32, torch.int64, torch.uint32, torch.uint64):
        raise WrongType(
            f"tf.random.uniform: dtype is of floating-point numbers, tf.int32 or tf.int64; received "
            f"{as_dtype(kind).name}."
        )
    if high is None:
        raise InvalidArgumentError(f"maxval is needed for numbers of {as_dtype(kind).name}.")
    low, high = convert(low), convert(high)
    for each in (low, high):
        if each.is_floating_point():
            raise WrongType(
                f"minval and maxval are of {as_dtype(kind).name}; received {as_dtype(each.dtype).name}."
            )
    first, last = (each.to(torch.int64) for each in (low, high))
    _fits(wanted, first, last)
    if bool((first >= last).any()):
        raise InvalidArgumentError(
            f"minval is less than maxval; received {low.tolist()} and {high.tolist()}."
        )
    if first.ndim or last.ndim:
        part = torch.rand(wanted, generator=draws, dtype=torch.float64)
        return (first + (part * (last - first)).to(torch.int64)).to(kind)
    return torch.randint(int(first), int(last), wanted, generator=draws, dtype=torch.int64).to(kind)


def normal(draws: Draws, shape: Any, mean: Any, deviation: Any, kind: torch.dtype) -> Torch:
    """Of a mean and a standard deviation."""
    _floating(kind, "tf.random.normal")
    middle, width = _number(mean, 0.0, kind), _number(deviation, 1.0, kind)
    return torch.randn(sizes(shape), generator=draws, dtype=kind) * width + middle


def truncated(draws: Draws, shape: Any, mean: Any, deviation: Any, kind: torch.dtype) -> Torch:
    """Nothing beyond two deviations."""
    _floating(kind, "tf.random.truncated_normal")
    middle, width = _number(mean, 0.0, kind), _number(deviation, 1.0, kind)
    found = torch.empty(sizes(shape), dtype=torch.float32 if kind.itemsize < 4 else kind)
    torch.nn.init.trunc_normal_(found, 0.0, 1.0, -2.0, 2.0, generator=draws)
    return found.to(kind) * width + middle


def categorical(draws: Draws, logits: Torch, number: Any, kind: torch.dtype) -> Torch:
    """``(N, number)`` of ``(N, classes)``, by Gumbel's maximum."""
    if logits.ndim != 2 or not logits.is_floating_point():
        raise InvalidArgumentError(
            f"logits are (N, classes) floating-point numbers; received {as_dtype(logits.dtype).name} of shape "
            f"{tuple(logits.shape)}."
        )
    if logits.shape[1] == 0:
        raise InvalidArgumentError("logits are of one class at least; received none.")
    shape = (logits.shape[0], int(number), logits.shape[1])
    noise = torch.empty(shape, dtype=torch.float64).exponential_(generator=draws).log().neg()
    return (logits.double()[:, None, :] + noise.to(logits.device)).argmax(-1).to(kind)


def gamma(draws: Draws, shape: Any, alpha: Any, beta: Any, kind: torch.dtype, outer: bool) -> Torch:
    """``outer``: ``shape`` for each of the parameters, else ``shape`` altogether."""
    _floating(kind, "tf.random.gamma")
    concentration, rate = _number(alpha, 1.0, kind), _number(beta, 1.0, kind)
    concentration = concentration + torch.zeros_like(rate)
    wanted = _wanted(shape, concentration, outer)
    # PyTorch's own function of gamma has a place for a generator.
    found = torch._standard_gamma(concentration.double().expand(wanted).contiguous(), generator=draws)
    return (found / rate.double()).to(kind)


def poisson(draws: Draws, shape: Any, lam: Any, kind: torch.dtype, outer: bool) -> Torch:
    """``outer``: ``shape`` for each of the parameters, else ``shape`` altogether."""
    mean = lam.double()
    return torch.poisson(mean.expand(_wanted(shape, mean, outer)).contiguous(), generator=draws).to(kind)


def _wanted(shape: Any, parameters: Torch, outer: bool) -> tuple[int, ...]:
    wanted = sizes(shape)
    if outer:
        return (*wanted, *parameters.shape)
    _fits(wanted, parameters)
    return wanted


def binomial(draws: Draws, shape: Any, counts: Torch, probs: Torch, kind: torch.dtype) -> Torch:
    """How many of ``counts`` trials succeed."""
    number, share = (each.double().expand(sizes(shape)).contiguous() for each in (counts, probs))
    return torch.binomial(number, share, generator=draws).to(kind)
