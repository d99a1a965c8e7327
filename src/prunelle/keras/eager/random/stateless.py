"""Functions whose numbers follow from two numbers of ``seed`` alone, whatever was drawn before."""

from __future__ import annotations

from typing import Any

import torch

from prunelle.keras.eager.functions import function, kind_of
from prunelle.keras.eager.random import draws
from prunelle.keras.eager.random.seeds import of_numbers, stateless
from prunelle.keras.eager.tensor import convert

Torch = torch.Tensor


@function(alone="minval maxval")
def stateless_uniform(
    shape: Any,
    seed: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = "float32",
    name: str | None = None,
    alg: Any = None,
) -> Any:
    """``uniform``, the same for a seed."""
    return draws.uniform(stateless(seed), shape, minval, maxval, kind_of(dtype))


@function(alone="mean stddev")
def stateless_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = "float32",
    name: str | None = None,
    alg: Any = None,
) -> Torch:
    """``normal``, the same for a seed."""
    return draws.normal(stateless(seed), shape, mean, stddev, kind_of(dtype))


@function(alone="mean stddev")
def stateless_truncated_normal(
    shape: Any,
    seed: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = "float32",
    name: str | None = None,
    alg: Any = None,
) -> Torch:
    """``truncated_normal``, the same for a seed."""
    return draws.truncated(stateless(seed), shape, mean, stddev, kind_of(dtype))


@function(alone="logits")
def stateless_categorical(
    logits: Torch, num_samples: Any, seed: Any, dtype: Any = "int64", name: str | None = None
) -> Torch:
    """``categorical``, the same for a seed."""
    return draws.categorical(stateless(seed), logits, num_samples, kind_of(dtype))


stateless_multinomial = stateless_categorical


@function(alone="alpha beta")
def stateless_gamma(
    shape: Any,
    seed: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = "float32",
    name: str | None = None,
) -> Torch:
    """Numbers of the gamma distribution in ``shape``, the same for a seed."""
    return draws.gamma(stateless(seed), shape, alpha, beta, kind_of(dtype), outer=False)


@function(alone="lam")
def stateless_poisson(
    shape: Any, seed: Any, lam: Any, dtype: Any = "int32", name: str | None = None
) -> Torch:
    """Numbers of the Poisson distribution in ``shape``, the same for a seed."""
    return draws.poisson(stateless(seed), shape, lam, kind_of(dtype), outer=False)


@function(alone="counts probs")
def stateless_binomial(
    shape: Any, seed: Any, counts: Any, probs: Any, output_dtype: Any = "int32", name: str | None = None
) -> Torch:
    """How many of ``counts`` trials succeed, each with a probability; the same for a seed."""
    return draws.binomial(stateless(seed), shape, counts, probs, kind_of(output_dtype))


@function(alone="value")
def stateless_shuffle(value: Torch, seed: Any, alg: Any = None, name: str | None = None) -> Torch:
    """The rows in an order by chance, the same for a seed."""
    return value[torch.randperm(len(value), generator=stateless(seed))]


@function(alone="seed")
def split(seed: Torch, num: Any = 2, alg: Any = None, name: str | None = None) -> Torch:
    """``(num, 2)``: seeds that follow from one."""
    return torch.randint(-(2**31), 2**31, (int(num), 2), generator=stateless(seed)).to(seed.dtype)


@function(alone="seed")
def fold_in(seed: Torch, data: Any, alg: Any = None, name: str | None = None) -> Torch:
    """A seed of a seed and a number."""
    draws = of_numbers(*(int(each) for each in seed.tolist()), int(convert(data)))
    return torch.randint(-(2**31), 2**31, (2,), generator=draws).to(seed.dtype)
