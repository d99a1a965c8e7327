"""``tf.random``: numbers by chance, from PyTorch's generators (``eager.random.seeds`` says which)."""

from __future__ import annotations

from typing import Any

import torch

from prunelle.keras.eager.functions import function, kind_of, offered
from prunelle.keras.eager.random import draws, generator, stateless
from prunelle.keras.eager.random.seeds import seed_all, sequence

Torch = torch.Tensor


def set_seed(seed: Any) -> None:
    """From here on the same numbers come at each run, for ``tf.random``, weights, dropout and the order of data.

    NumPy's and Python's own generators are not touched. The numbers are not those of TensorFlow.
    """
    seed_all(seed)


set_random_seed = set_seed


@function(alone="minval maxval")
def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = "float32",
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Numbers from ``minval`` to before ``maxval``, each as likely; whole numbers need both."""
    return draws.uniform(sequence("uniform", seed), shape, minval, maxval, kind_of(dtype))


@function(alone="mean stddev")
def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = "float32",
    seed: Any = None,
    name: str | None = None,
) -> Torch:
    """Normally distributed numbers."""
    return draws.normal(sequence("normal", seed), shape, mean, stddev, kind_of(dtype))


@function(alone="mean stddev")
def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = "float32",
    seed: Any = None,
    name: str | None = None,
) -> Torch:
    """Normally distributed numbers, drawn again where they are two deviations or more from the mean."""
    return draws.truncated(sequence("truncated_normal", seed), shape, mean, stddev, kind_of(dtype))


@function(alone="value")
def shuffle(value: Any, seed: Any = None, name: str | None = None) -> Any:
    """The rows in an order by chance."""
    if value.ndim == 0:
        return value
    order = torch.randperm(len(value), generator=sequence("shuffle", seed))
    return value[order.to(value.device) if isinstance(value, torch.Tensor) else order.numpy()]


@function(alone="logits")
def categorical(
    logits: Torch, num_samples: Any, dtype: Any = None, seed: Any = None, name: str | None = None
) -> Torch:
    """``(N, num_samples)`` numbers of classes, each as likely as the logarithms ``(N, classes)`` say."""
    return draws.categorical(sequence("categorical", seed), logits, num_samples, kind_of(dtype, "int64"))


@function(alone="logits")
def multinomial(
    logits: Torch, num_samples: Any, seed: Any = None, name: str | None = None, output_dtype: Any = None
) -> Torch:
    """TensorFlow 1's ``categorical``."""
    return draws.categorical(
        sequence("categorical", seed), logits, num_samples, kind_of(output_dtype, "int64")
    )


@function(alone="alpha beta")
def gamma(
    shape: Any,
    alpha: Any,
    beta: Any = None,
    dtype: Any = "float32",
    seed: Any = None,
    name: str | None = None,
) -> Torch:
    """``shape`` numbers of the gamma distribution for each of ``alpha`` (and inverse scale ``beta``)."""
    return draws.gamma(sequence("gamma", seed), shape, alpha, beta, kind_of(dtype), outer=True)


@function(alone="lam")
def poisson(shape: Any, lam: Any, dtype: Any = "float32", seed: Any = None, name: str | None = None) -> Torch:
    """``shape`` numbers of the Poisson distribution for each mean of ``lam``."""
    return draws.poisson(sequence("poisson", seed), shape, lam, kind_of(dtype), outer=True)


Generator = generator.Generator
get_global_generator = generator.get_global_generator
set_global_generator = generator.set_global_generator
globals().update({name: vars(stateless)[name] for name in offered(vars(stateless))})

_OTHERS = ("Generator", "get_global_generator", "set_global_generator", "set_random_seed", "set_seed")
__all__ = offered(globals(), *_OTHERS)
