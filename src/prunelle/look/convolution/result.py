"""A convolution asked for: its arguments checked, its numbers, and the figures and files that can be made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.convolution.arithmetic import (
    PAD_MODES,
    Border,
    Channels,
    Convolution,
    Padding,
    extents,
    same_padding,
)
from prunelle.look.convolution.views import save_views, view_named
from prunelle.texts import Language, Note, default_language


class ConvolutionResult(Convolution):
    """A ``Convolution`` that can be drawn: what ``prunelle.convolve`` gives."""

    def figure(self, view: str = "operation", language: Language | None = None) -> Figure:
        """A still as a matplotlib figure, to show or change: ``operation``, ``conventions``, ``channels``,
        ``equivariance`` or ``pooling``.

        Raises:
            ArgumentError: an unknown view, or one that makes no sense for this result, with the reason.
        """
        still = view_named(self, view).still
        if still is None:
            raise ArgumentError(f"{view} is an animation; save(folder, only=[{view!r}]) writes it.")
        return still(self, language or default_language())

    def save(
        self,
        folder: str | Path,
        only: Sequence[str] = (),
        language: Language | None = None,
        progress: Callable[[Note, int, int], None] | None = None,
    ) -> list[Path]:
        """Writes every view that makes sense, or ``only`` those named, into ``folder`` (made if need be).

        Stills as ``operation.png``, ``operation.svg``, …; animations as ``steps.gif``, ``steps.html``, …; all of
        them on one page, ``convolve.html``. Each HTML file holds all it shows.

        Args:
            folder: files of these names in it are replaced.
            only: of ``operation``, ``steps``, ``conventions``, ``channels``, ``equivariance``, ``pooling``.
            language: None for the locale's.
            progress: called with what is done, how many are, and of how many.

        Returns:
            The files, the page first.

        Raises:
            ArgumentError: an unknown view, or one that makes no sense for this result.
        """
        return save_views(self, Path(folder), only, language or default_language(), progress)


def convolve(
    values: ArrayLike,
    kernel: ArrayLike,
    *,
    padding: Padding | int | Sequence[int] = "valid",
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    border: Border = "zeros",
    flip: bool = False,
    channels: Channels = "sum",
    input_name: str = "",
    kernel_name: str = "",
) -> ConvolutionResult:
    """Slides ``kernel`` over ``values``.

    Args:
        values: ``(L,)``, ``(H, W)`` or ``(H, W, C)``, finite numbers.
        kernel: ``(K,)`` for a signal; ``(KH, KW)`` or ``(KH, KW, C)`` for a picture. One without channels is
            laid on every channel.
        padding: ``valid`` none; ``same`` so that the output has ``ceil(input / stride)`` values, the odd one
            after (as Keras and PyTorch do; SciPy's ``same`` puts it before); ``full`` wherever kernel and input
            touch; or a number of values on each side, or one for each axis.
        stride, dilation: a number, or one for each axis.
        border: what the padding holds. ``zeros``; ``replicate`` the last value; ``reflect`` a mirror, the last
            value not repeated; ``circular`` the other side.
        flip: True for convolution proper.
        channels: ``sum`` them into one map, as a network's convolution does; ``each`` gives each its own map
            (depthwise convolution).
        input_name, kernel_name: for titles.

    Raises:
        ArgumentError: a value breaks one of these rules, or the kernel is larger than the padded input.

    Example:
        >>> convolve([0, 0, 1, 1, 1], [-1, 0, 1]).output
        array([1., 1., 0.])
    """
    array, weights = _numbers("input", values), _numbers("kernel", kernel)
    if array.ndim > 3:
        raise ArgumentError(
            f"input must be (L,), (H, W) or (H, W, C), one picture at a time; received {_shape(array)}."
        )
    dims = min(array.ndim, 2)
    weights = _with_channels(weights, array, dims)
    steps, gaps = _each_axis("stride", stride, dims, 1), _each_axis("dilation", dilation, dims, 1)
    if border not in PAD_MODES:
        raise UnknownName("border", border, PAD_MODES)
    if channels not in get_args(Channels):
        raise UnknownName("channels", channels, get_args(Channels))
    spans = extents(weights.shape[:dims], gaps)
    amounts = _padding(padding, array.shape[:dims], spans, steps)
    for size, (before, after), span in zip(array.shape, amounts, spans, strict=False):
        if size + before + after < span:
            raise ArgumentError(
                f"kernel must fit into the padded input; it spans {span} values where there are "
                f"{size + before + after}. Use a smaller kernel or dilation, or padding='same'."
            )
    result = ConvolutionResult(
        input=array,
        kernel=weights,
        output=np.empty(0),
        padding=amounts,
        stride=steps,
        dilation=gaps,
        border=border,
        flip=flip,
        input_name=input_name,
        kernel_name=kernel_name,
    )
    output = result.parts
    if array.ndim > dims and channels == "sum":
        output = output.sum(axis=-1)
    return dataclasses.replace(result, output=output)


def _numbers(name: str, values: ArrayLike) -> np.ndarray:
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} must be numbers, in rows of one length; received {values!r}.") from None
    if array.ndim == 0 or array.size == 0:
        raise ArgumentError(f"{name} must hold at least one number in a row; received {values!r}.")
    if not np.isfinite(array).all():
        raise ArgumentError(f"{name} must be finite; it holds NaN or infinite values.")
    return array


def _with_channels(weights: np.ndarray, array: np.ndarray, dims: int) -> np.ndarray:
    """The kernel, repeated for every channel of the input where it has none."""
    if weights.ndim == dims < array.ndim:
        return np.repeat(weights[..., None], array.shape[-1], axis=-1)
    if weights.ndim != array.ndim:
        raise ArgumentError(
            f"kernel must have {dims} {'axis' if dims == 1 else 'axes'}"
            f"{' (and channels)' if array.ndim > dims else ''} for an input of shape {_shape(array)}; "
            f"received shape {_shape(weights)}."
        )
    if weights.shape[dims:] != array.shape[dims:]:
        raise ArgumentError(
            f"kernel must have as many channels as the input, {array.shape[-1]}; received {weights.shape[-1]}."
        )
    return weights


def _padding(
    padding: Padding | int | Sequence[int],
    sizes: Sequence[int],
    spans: Sequence[int],
    strides: Sequence[int],
) -> tuple[tuple[int, int], ...]:
    """``(before, after)`` for each axis."""
    if not isinstance(padding, str):
        return tuple((amount, amount) for amount in _each_axis("padding", padding, len(sizes), 0))
    if padding not in get_args(Padding):
        raise UnknownName("padding", padding, get_args(Padding))
    if padding == "same":
        return same_padding(sizes, spans, strides)
    return tuple((span - 1, span - 1) if padding == "full" else (0, 0) for span in spans)


def _each_axis(name: str, given: int | Sequence[int], dims: int, least: int) -> tuple[int, ...]:
    sizes = (given,) * dims if isinstance(given, int | np.integer) else tuple(given)
    if len(sizes) != dims or any(
        not isinstance(one, int | np.integer) or isinstance(one, bool) or one < least for one in sizes
    ):
        raise ArgumentError(
            f"{name} must be a whole number of at least {least}, or {dims} of them; received {given!r}."
        )
    return tuple(int(one) for one in sizes)


def _shape(array: np.ndarray) -> str:
    return "×".join(map(str, array.shape))
