"""What explains one value: a step for each module of its layer, from what the first read to the number itself.

Every number is one that the network computed (float32), but for the products, which are computed again in float64:
``exact`` says how far their sum is from the number. NaN stands for what is not there (beyond the end of a series).
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar, TypeAlias

import numpy as np

from prunelle.look.sources import Source


@dataclasses.dataclass(frozen=True)
class At:
    """Where a window lies in the maps that it reads: its first place, and the distance between its places.

    Negative, or beyond the maps, where it reads padding.
    """

    y0: int
    x0: int
    dy: int
    dx: int


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class ConvolutionStep:
    """Σ window · weights + bias.

    Attributes:
        module: its name.
        window: ``(c, kh, kw)`` float32, what is read, padding included.
        weights: ``(c, kh, kw)`` float32.
        parts: ``(c,)`` float32, the sum of each channel's products.
        bias: None without one.
        at: place of the window in the layer's input maps; None where it is not known.
        first: the input channel that ``window[0]`` is.
        inside: ``(kh, kw)`` uint8, 1 where the window is inside the maps.
        exact: how far the sum, computed again, is from ``result``.
    """

    kind: ClassVar[str] = "convolution"
    module: str
    window: np.ndarray
    weights: np.ndarray
    parts: np.ndarray
    bias: float | None
    at: At | None
    first: int
    inside: np.ndarray
    result: float
    exact: float


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class PoolingStep:
    """The largest, or the mean, of a window.

    Attributes:
        how: ``max``, ``average``.
        window: ``(h, w)`` float32, what is read, without padding that counts for nothing; NaN where it reads such
            padding.
        divisor: what the sum is divided by; None of a maximum.
        chosen: ``(y, x)`` in the window, of the maximum; None of a mean.
    """

    kind: ClassVar[str] = "pooling"
    how: str
    module: str
    window: np.ndarray
    at: At
    divisor: float | None
    chosen: tuple[int, int] | None
    result: float
    exact: float


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class DenseStep:
    """Σ inputs · weights + bias: ``(n,)`` float32 each."""

    kind: ClassVar[str] = "dense"
    module: str
    inputs: np.ndarray
    weights: np.ndarray
    bias: float | None
    result: float
    exact: float


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class NormalisationStep:
    """(before − mean) / std · weight + bias; ``std`` has the layer's epsilon in it.

    ``over`` says what mean and std are of: ``training`` (kept from it), ``picture`` (of this one), ``neighbours``
    (local response: mean 0).
    """

    kind: ClassVar[str] = "normalisation"
    module: str
    name: str
    over: str
    before: float
    mean: float
    std: float
    weight: float
    bias: float
    result: float
    exact: float


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class ActivationStep:
    """A function of one number. ``name`` is the module's class."""

    kind: ClassVar[str] = "activation"
    name: str
    before: float
    result: float


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class SoftmaxStep:
    """exp(logit) over the sum of all exp; with ``log``, its logarithm. ``logits``: ``(K,)`` float32."""

    kind: ClassVar[str] = "softmax"
    logits: np.ndarray
    index: int
    log: bool
    result: float
    exact: float


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class UnitStep:
    """A number that was learned standardised, in its own unit: before · std + mean, those of the training."""

    kind: ClassVar[str] = "unit"
    before: float
    std: float
    mean: float
    result: float


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class OtherStep:
    """What is none of the others: a sum of layers (``sum``), or a module of another kind (``other``).

    Attributes:
        kind: ``sum`` where the result is the sum of ``parts`` (each with its weight), else ``other``.
        name: the module's class, or what stands between modules: ``forward``.
        parts: the values of earlier layers that count most.
        count: how many there are in all.
        others: what those add together that are not in ``parts``.
        rest: ``result`` minus all their shares: a constant, or what is no weighted sum.
    """

    kind: str
    name: str
    parts: tuple[Source, ...]
    count: int
    others: float
    rest: float
    result: float


Step: TypeAlias = (
    ConvolutionStep
    | PoolingStep
    | DenseStep
    | NormalisationStep
    | ActivationStep
    | SoftmaxStep
    | UnitStep
    | OtherStep
)


@dataclasses.dataclass(frozen=True, eq=False)
class Explanation:
    """How one value came about.

    Attributes:
        layer: its name.
        channel, y, x: the place, as in ``recording.as_maps``.
        value: the network's own number.
        steps: from what the layer's first module read to the value.
        receptive: first row, first column, height and width in pixels of the picture that the value depends on (of a
            series: 0, first step, 1, number of steps); it may reach beyond the picture; None where it is not known.
    """

    layer: str
    channel: int
    y: int
    x: int
    value: float
    steps: tuple[Step, ...]
    receptive: tuple[int, int, int, int] | None = None
