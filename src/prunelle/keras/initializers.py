"""Keras's initialisers: callables that draw a weight of a shape in Keras's order.

Fans, scales and the cut of normal laws at two standard deviations are Keras's (Glorot and Bengio 2010; He et
al. 2015; LeCun et al. 1998; Saxe et al. 2013 for the orthogonal one).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras import absent
from prunelle.keras.naming import lookup, snake_case
from prunelle.keras.seeds import generator

# The standard deviation of a unit normal law cut at ±2.
_CUT_STD = 0.87962566103423978


class Initializer:
    """Base of all; ``initializer(shape)`` gives a float32 tensor of ``shape``, in Keras's order."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Its constructor's arguments."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Initializer:
        """The inverse of ``get_config``; what this one does not take is left out."""
        known = inspect.signature(cls).parameters
        return cls(**{name: value for name, value in config.items() if name in known})


class Zeros(Initializer):
    """All 0."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        return torch.zeros(*shape)


class Ones(Initializer):
    """All 1."""

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        return torch.ones(*shape)


class Constant(Initializer):
    """All ``value``, or an array of the weight's shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        return torch.from_numpy(np.broadcast_to(np.asarray(self.value, np.float32), tuple(shape)).copy())


class RandomNormal(Initializer):
    """N(mean, stddev²)."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        return torch.randn(*shape, generator=generator(self.seed)) * self.stddev + self.mean


class TruncatedNormal(Initializer):
    """N(mean, stddev²) without what is more than two standard deviations from the mean."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        # As its quantile function of uniform numbers: float64, for the tails.
        edge = math.erf(2 / math.sqrt(2))
        uniform = torch.rand(*shape, generator=generator(self.seed), dtype=torch.float64)
        unit = torch.erfinv((2 * uniform - 1) * edge) * math.sqrt(2)
        return (unit * self.stddev + self.mean).float()


class RandomUniform(Initializer):
    """Uniform on [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        return torch.rand(*shape, generator=generator(self.seed)) * (self.maxval - self.minval) + self.minval


class VarianceScaling(Initializer):
    """Of variance scale / n, n being ``fan_in``, ``fan_out`` or their mean (``fan_avg``).

    ``distribution``: ``truncated_normal`` (also called ``normal``), ``untruncated_normal`` or ``uniform``.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        self.scale, self.mode, self.seed = scale, mode, seed
        self.distribution = "truncated_normal" if distribution == "normal" else distribution
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ArgumentError(f"mode must be fan_in, fan_out or fan_avg; received {mode!r}.")
        if self.distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ArgumentError(
                f"distribution must be truncated_normal, untruncated_normal or uniform; received {distribution!r}."
            )

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        fan_in, fan_out = _fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return RandomUniform(-limit, limit, self.seed)(shape)
        if self.distribution == "untruncated_normal":
            return RandomNormal(0.0, math.sqrt(variance), self.seed)(shape)
        return TruncatedNormal(0.0, math.sqrt(variance) / _CUT_STD, self.seed)(shape)


def _named(scale: float, mode: str, distribution: str, doc: str) -> type[VarianceScaling]:
    class Named(VarianceScaling):
        def __init__(self, seed: int | None = None) -> None:
            super().__init__(scale, mode, distribution, seed)

    Named.__doc__ = doc
    return Named


GlorotUniform = _named(1.0, "fan_avg", "uniform", "Uniform on ±√(6/(fan_in + fan_out)): Keras's default.")
GlorotNormal = _named(1.0, "fan_avg", "normal", "Cut normal, variance 2/(fan_in + fan_out).")
HeUniform = _named(2.0, "fan_in", "uniform", "Uniform on ±√(6/fan_in).")
HeNormal = _named(2.0, "fan_in", "normal", "Cut normal, variance 2/fan_in.")
LecunUniform = _named(1.0, "fan_in", "uniform", "Uniform on ±√(3/fan_in).")
LecunNormal = _named(1.0, "fan_in", "normal", "Cut normal, variance 1/fan_in.")
for _name in ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal"):
    globals()[_name].__name__ = globals()[_name].__qualname__ = _name


class Orthogonal(Initializer):
    """A random orthogonal matrix over all axes but the last, times ``gain``."""

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain, self.seed = gain, seed

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        matrix = torch.empty(math.prod(shape[:-1]), shape[-1])
        torch.nn.init.orthogonal_(matrix, self.gain, generator=generator(self.seed))
        return matrix.reshape(*shape)


class Identity(Initializer):
    """``gain`` on the diagonal of a matrix."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> torch.Tensor:
        if len(shape) != 2:
            raise ArgumentError(f"Identity makes matrices; received the shape {tuple(shape)}.")
        return torch.eye(*shape) * self.gain


def _fans(shape: Sequence[int]) -> tuple[float, float]:
    """Inputs and outputs of one unit, by Keras's reading of a weight's shape."""
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]


_CLASSES = (
    *(Zeros, Ones, Constant, RandomNormal, TruncatedNormal, RandomUniform, VarianceScaling, GlorotUniform),
    *(GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, Orthogonal, Identity),
)
_BY_NAME: dict[str, type[Initializer]] = {}
for _class in _CLASSES:
    _BY_NAME[_class.__name__] = _BY_NAME[snake_case(_class.__name__)] = _class
# Keras's older spellings.
_BY_NAME |= {"zero": Zeros, "one": Ones, "normal": RandomNormal, "uniform": RandomUniform}
zeros, ones, constant = Zeros, Ones, Constant
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
orthogonal, identity = Orthogonal, Identity


def get(identifier: Any) -> Callable[..., torch.Tensor] | None:
    """An initialiser by name, by configuration, or as it is."""
    found = lookup("initializer", identifier, _BY_NAME)
    made: Callable[..., torch.Tensor] | None = found() if isinstance(found, type) else found
    return made


def serialize(initializer: Any) -> Any:
    """Name and configuration, as JSON values."""
    return {"class_name": type(initializer).__name__, "config": initializer.get_config()}


__all__ = [
    *("Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "Initializer"),
    *(
        "LecunNormal",
        "LecunUniform",
        "Ones",
        "Orthogonal",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
    ),
    *("VarianceScaling", "Zeros", "constant", "get", "glorot_normal", "glorot_uniform", "he_normal"),
    *("he_uniform", "identity", "lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal"),
    *("random_uniform", "truncated_normal", "zeros"),
]

__getattr__ = absent.reporter(__name__)
