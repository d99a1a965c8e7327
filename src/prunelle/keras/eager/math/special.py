"""``tf.math.special``: Bessel functions and integrals by SciPy, with their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special
import torch

from prunelle.keras.eager.functions import function

Torch = torch.Tensor


class _Known(torch.autograd.Function):
    """A function of SciPy's, whose derivative is a formula."""

    @staticmethod
    def forward(ctx: Any, x: Torch, compute: Any, derivative: Any) -> Torch:
        ctx.save_for_backward(x)
        ctx.derivative = derivative
        if x.is_meta:
            return torch.empty_like(x)
        exact = x.detach().cpu().numpy()
        exact = exact.astype(np.float32) if exact.dtype == np.float16 else exact
        return torch.as_tensor(np.asarray(compute(exact)), device=x.device).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Torch) -> Any:
        (x,) = ctx.saved_tensors
        return grads[0] * ctx.derivative(x), None, None


def _value(name: str) -> Callable[[Torch], Torch]:
    return lambda x: _Known.apply(x, *_TABLE[name])  # type: ignore[no-untyped-call]


_j0, _j1, _y0, _y1 = (_value(f"bessel_{name}") for name in ("j0", "j1", "y0", "y1"))
_i0, _i1, _i0e, _i1e = (_value(f"bessel_{name}") for name in ("i0", "i1", "i0e", "i1e"))
_k0, _k1, _k0e, _k1e = (_value(f"bessel_{name}") for name in ("k0", "k1", "k0e", "k1e"))
_dawsn = _value("dawsn")


def _or_at_0(x: Torch, limit: float, value: Torch) -> Torch:
    """At 0 the formula is 0 / 0."""
    return torch.where(x == 0, torch.full_like(x, limit), value)


def _spence(x: Torch) -> Torch:
    return torch.where(x == 1, -torch.ones_like(x), torch.log(x) / (1 - x))


_TABLE: dict[str, tuple[Any, Callable[[Torch], Torch]]] = {
    "bessel_i0": (scipy.special.i0, lambda x: _i1(x)),
    "bessel_i0e": (scipy.special.i0e, lambda x: _i1e(x) - torch.sign(x) * _i0e(x)),
    # TensorFlow says 1 at 0, where the derivative is 1/2.
    "bessel_i1": (scipy.special.i1, lambda x: _or_at_0(x, 1, _i0(x) - _i1(x) / x)),
    "bessel_i1e": (
        scipy.special.i1e,
        lambda x: _or_at_0(x, 0.5, _i0e(x) - _i1e(x) * (torch.sign(x) + 1 / x)),
    ),
    "bessel_j0": (scipy.special.j0, lambda x: -_j1(x)),
    "bessel_j1": (scipy.special.j1, lambda x: _or_at_0(x, 0.5, _j0(x) - _j1(x) / x)),
    "bessel_y0": (scipy.special.y0, lambda x: -_y1(x)),
    "bessel_y1": (scipy.special.y1, lambda x: _y0(x) - _y1(x) / x),
    "bessel_k0": (scipy.special.k0, lambda x: -_k1(x)),
    "bessel_k0e": (scipy.special.k0e, lambda x: _k0e(x) - _k1e(x)),
    "bessel_k1": (scipy.special.k1, lambda x: -_k0(x) - _k1(x) / x),
    "bessel_k1e": (scipy.special.k1e, lambda x: _k1e(x) * (1 - 1 / x) - _k0e(x)),
    "dawsn": (scipy.special.dawsn, lambda x: 1 - 2 * x * _dawsn(x)),
    "expint": (scipy.special.expi, lambda x: torch.exp(x) / x),
    "fresnel_cos": (lambda x: scipy.special.fresnel(x)[1], lambda x: torch.cos(torch.pi / 2 * x * x)),
    "fresnel_sin": (lambda x: scipy.special.fresnel(x)[0], lambda x: torch.sin(torch.pi / 2 * x * x)),
    "spence": (scipy.special.spence, _spence),
}


def _special(name: str) -> Any:
    compute = _value(name)

    def each(x: Torch, name: str | None = None) -> Torch:
        return compute(x)

    each.__name__ = each.__qualname__ = name
    each.__doc__ = f"``{name}`` of each number."
    each.__module__ = "prunelle.keras.names.tensorflow.math.special"
    return function("x", numbers="float")(each)


FUNCTIONS: dict[str, Any] = {name: _special(name) for name in _TABLE}
