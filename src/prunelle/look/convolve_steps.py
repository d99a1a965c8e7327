"""Padding and stride step by step: the window moves, its products are summed, the output fills up."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from prunelle.look import convolve_drawing as draw
from prunelle.look.animation import Animation, film
from prunelle.look.convolution import Convolution
from prunelle.look.convolution import convolve as apply
from prunelle.look.convolve_operation import (
    INPUT,
    KERNEL,
    OUTPUT,
    kernel_cells,
    settings_text,
    strongest,
    sum_text,
    titled,
)
from prunelle.texts import Language, Note

MOST_CELLS = 13
"""Padded rows and columns that can still be read; of larger inputs a piece is shown."""
MOST_WEIGHTS = 25
MOST_SIGNAL_CELLS = 18

PIECE = Note("{height} × {width} piece", "morceau {height} × {width}")
FIRST_CHANNEL = Note("{shape} of the first channel", "{shape} du premier canal")
FIRST_SLICE = Note("{shape}, first slice", "{shape}, première tranche")
PIECE_OF_SIGNAL = Note("{length} of its values", "{length} de ses valeurs")
WITH_PADDING = Note("{shape}, grey: padding", "{shape}, en gris : bordure ajoutée")


def small_piece(result: Convolution) -> Convolution | None:
    """The same operation on a piece of the input that is small enough; None where the kernel is too large.

    Of a picture with channels, the first, with the first slice of the kernel.
    """
    dims = result.dims
    kernel = result.kernel if result.kernel.ndim == dims else result.kernel[..., 0]
    values = result.input if result.input.ndim == dims else result.input[..., 0]
    most = MOST_CELLS if dims == 2 else MOST_SIGNAL_CELLS
    sides = []
    for size, span, stride, padding in zip(
        values.shape, result.extent, result.stride, result.padding, strict=True
    ):
        wanted = max(5, span + 2 * stride) if dims == 2 else most
        side = min(size, wanted, most - sum(padding))
        if side + sum(padding) < span or side < 1:
            return None
        sides.append(side)
    if kernel.size > MOST_WEIGHTS:
        return None
    spot = strongest(result) or (0,) * dims
    centre = [
        step * at - before + span // 2
        for step, at, (before, _), span in zip(
            result.stride, spot, result.padding, result.extent, strict=True
        )
    ]
    piece, _ = draw.crop(values, centre, sides)
    small = apply(
        piece,
        kernel,
        stride=result.stride,
        dilation=result.dilation,
        padding=[before for before, _ in result.padding],
        border=result.border,
        flip=result.flip,
        input_name=result.input_name,
        kernel_name=result.kernel_name,
    )
    if any(before != after for before, after in result.padding):
        small = _uneven(small, result.padding)
    return small


def _uneven(result: Convolution, padding: tuple[tuple[int, int], ...]) -> Convolution:
    """The same with other amounts of padding before and after, as ``same`` gives."""
    again = dataclasses.replace(result, padding=padding)
    return dataclasses.replace(again, output=again.parts)


def steps(small: Convolution, whole: Convolution, language: Language) -> Animation:
    """One frame for each output of ``small_piece(whole)``."""
    return (_picture if small.dims == 2 else _signal)(small, whole, language)


def _picture(small: Convolution, whole: Convolution, language: Language) -> Animation:
    padded, weights = small.padded, small.weights
    products, _ = draw.fraction(weights)
    wide, high = draw.fit(padded.shape, (5.3, 4.6))
    out_wide, out_high = draw.fit(small.output.shape, (4.0, min(4.6, 0.75 * small.output.shape[0] + 1)))
    lines = -(-weights.size // 9)
    foot = 0.75 + 0.3 * lines
    figure = draw.canvas(foot + 4.6 + 0.8)
    middle = foot + 2.3
    left, right = 0.4 + (5.3 - wide) / 2, 8.4 + (4.0 - out_wide) / 2
    axes = draw.place(figure, left, middle - high / 2, wide, high)
    _padded_cells(axes, small, language)
    draw.heading(
        figure, left + wide / 2, middle + high / 2, titled(INPUT, small.input_name, language),
        _input_text(small, whole, language),
    )  # fmt: skip
    kernel_wide, kernel_high = draw.fit(weights.shape, (1.5, 1.5))
    x = 7.05
    kernel_cells(
        figure, weights, x - kernel_wide / 2, middle - kernel_high / 2, kernel_wide, kernel_high, language
    )
    title = small.kernel_name or draw.say(KERNEL, language)
    below = draw.shape_text(weights)
    if whole.input.ndim > whole.dims:
        below = draw.say(FIRST_SLICE, language, shape=below)
    draw.heading(figure, x, middle + kernel_high / 2, title, below)
    draw.write(figure, 5.95, middle, "∗" if small.flip else "⋆", size=40, vertical="center")
    draw.write(figure, 8.1, middle, "=", size=26, vertical="center")
    out = draw.place(figure, right, middle - out_high / 2, out_wide, out_high)
    draw.cells(out, small.output, language, known=np.zeros(small.output.shape, bool))
    draw.heading(
        figure,
        right + out_wide / 2,
        middle + out_high / 2,
        draw.say(OUTPUT, language),
        draw.shape_text(small.output),
    )
    draw.write(
        figure, draw.WIDTH / 2, 0.18, settings_text(small, language), size=draw.SMALL, colour=draw.MUTED
    )
    tall_cells = max(padded.shape)
    corner = min(10.0, 150 / tall_cells)
    span = draw.limits(small.output)
    texts = [draw.number(float(value), language) for value in small.output.flat]
    size = draw.number_size(out, max(map(len, texts)), *small.output.shape)
    fills = draw.pale(small.output, span)

    def frame(row: int, column: int) -> tuple[list[Artist], list[Artist]]:
        total = float(small.output[row, column])
        staying: list[Artist] = [
            out.add_patch(Rectangle((column, row), 1, 1, facecolor=tuple(fills[row, column]), edgecolor=draw.LINE)),
            out.text(
                column + 0.5, row + 0.52, draw.number(total, language), ha="center", va="center", fontsize=size,
                color=draw.INK,
            ),
        ]  # fmt: skip
        going: list[Artist] = [_box(out, row, column, 1, 1)]
        start = row * small.stride[0], column * small.stride[1]
        for u, v in np.ndindex(weights.shape):
            y, x = start[0] + u * small.dilation[0], start[1] + v * small.dilation[1]
            going.append(
                axes.add_patch(
                    Rectangle((x, y), 1, 1, facecolor=draw.ORANGE, alpha=0.22, edgecolor="none", zorder=3)
                )
            )
            going.append(
                axes.text(
                    x + 0.94, y + 0.97, f"×{draw.number(float(products[u, v]), language)}", ha="right", va="bottom",
                    fontsize=corner, color=draw.ORANGE, fontweight="bold", zorder=6,
                )
            )  # fmt: skip
        going.append(_box(axes, start[0], start[1], *small.extent))
        going.append(_sum_line(figure, small, (row, column), foot, language))
        return staying, going

    return film(figure, [functools.partial(frame, *at) for at in np.ndindex(small.output.shape)], 0.7)


def _signal(small: Convolution, whole: Convolution, language: Language) -> Animation:
    padded, weights = small.padded, small.weights
    products, divisor = draw.fraction(weights)
    figure = draw.canvas(5.6)
    count = len(padded)
    cell = min(0.75, 11.8 / count)
    left = (draw.WIDTH - cell * count) / 2
    high = min(0.7, cell)
    rows = {"input": 4.2, "kernel": 3.05, "output": 1.75}
    axes = draw.place(figure, left, rows["input"], cell * count, high)
    _padded_cells(axes, small, language)
    out_left = left + cell * ((small.extent[0] - 1) / 2)
    step = small.stride[0]
    outs = [
        draw.place(figure, out_left + cell * step * at, rows["output"], cell, high)
        for at in range(len(small.output))
    ]
    for out in outs:
        draw.cells(out, np.zeros((1, 1)), language, known=np.zeros((1, 1), bool))
    kernel_title = titled(KERNEL, small.kernel_name, language) + (f"  × 1/{divisor}" if divisor > 1 else "")
    labels = (
        ("input", titled(INPUT, small.input_name, language), _input_text(small, whole, language)),
        ("kernel", kernel_title, draw.shape_text(weights)),
        ("output", draw.say(OUTPUT, language), draw.shape_text(small.output)),
    )
    for row, title, text in labels:
        draw.write(figure, 0.4, rows[row] + high + 0.14, title, bold=True, align="left")
        draw.write(
            figure, draw.WIDTH - 0.4, rows[row] + high + 0.14, text, size=draw.SMALL, colour=draw.MUTED,
            align="right",
        )  # fmt: skip
    draw.write(
        figure, draw.WIDTH / 2, 0.2, settings_text(small, language), size=draw.SMALL, colour=draw.MUTED
    )
    texts = [draw.number(float(value), language) for value in small.output]
    size = draw.number_size(outs[0], max(map(len, texts)), 1, 1)
    fills = draw.pale(small.output[None], draw.limits(small.output))[0]
    most = float(np.abs(products).max()) or 1.0
    kernel_fills = draw.pale(products[None], (-most, most))[0]
    kernel_axes = draw.place(figure, left, rows["kernel"], cell * count, high)
    kernel_axes.set_xlim(0, count)
    kernel_axes.set_ylim(1, 0)

    def frame(at: int) -> tuple[list[Artist], list[Artist]]:
        out = outs[at]
        staying: list[Artist] = [
            out.add_patch(Rectangle((0, 0), 1, 1, facecolor=tuple(fills[at]), edgecolor=draw.LINE)),
            out.text(0.5, 0.52, texts[at], ha="center", va="center", fontsize=size, color=draw.INK),
        ]
        going: list[Artist] = [_box(out, 0, 0, 1, 1)]
        start = at * step
        for u, weight in enumerate(products):
            x = start + u * small.dilation[0]
            going += [
                axes.add_patch(
                    Rectangle((x, 0), 1, 1, facecolor=draw.ORANGE, alpha=0.22, edgecolor="none", zorder=3)
                ),
                kernel_axes.add_patch(
                    Rectangle((x, 0), 1, 1, facecolor=tuple(kernel_fills[u]), edgecolor=draw.INK, linewidth=1.4)
                ),
                kernel_axes.text(
                    x + 0.5, 0.52, draw.number(float(weight), language), ha="center", va="center",
                    fontsize=draw.LABEL, color=draw.INK,
                ),
            ]  # fmt: skip
        going.append(_box(axes, 0, start, 1, small.extent[0]))
        going.append(_sum_line(figure, small, (at,), 1.15, language))
        return staying, going

    return film(figure, [functools.partial(frame, at) for at in range(len(small.output))], 0.7)


def _padded_cells(axes: Axes, small: Convolution, language: Language) -> None:
    """The padded input as numbers: padding in grey, the input itself framed."""
    padded = np.atleast_2d(small.padded)
    padding = small.padding if small.dims == 2 else ((0, 0), *small.padding)
    inside = np.ones(padded.shape, bool)
    for axis, (before, after) in enumerate(padding):
        places = np.arange(padded.shape[axis])
        kept = (places >= before) & (places < padded.shape[axis] - after)
        inside &= kept[:, None] if axis == 0 else kept
    fills = np.where(inside[..., None], 1.0, 0.87) * np.ones(3)
    # In pictures, the weights are written under the numbers.
    lift, size = (0.13, 13.5) if small.dims == 2 else (0.0, 16.0)
    longest = max(len(draw.number(float(value), language)) for value in padded.flat)
    size = min(size, draw.number_size(axes, longest, *padded.shape))
    draw.cells(axes, padded, language, fills=fills, lift=lift, size=size)
    shape = np.atleast_2d(small.input).shape
    draw.frame(axes, padding[0][0], padding[1][0], *shape, colour=draw.INK, width_pt=1.8)


def _input_text(small: Convolution, whole: Convolution, language: Language) -> str:
    text = draw.shape_text(small.input)
    if small.input.shape != whole.input.shape[: small.dims]:
        if small.dims == 2:
            text = draw.say(PIECE, language, height=small.input.shape[0], width=small.input.shape[1])
        else:
            text = draw.say(PIECE_OF_SIGNAL, language, length=len(small.input))
    if whole.input.ndim > whole.dims:
        text = draw.say(FIRST_CHANNEL, language, shape=text)
    if any(map(any, small.padding)):
        text = draw.say(WITH_PADDING, language, shape=text)
    return text


def _sum_line(
    figure: Figure, small: Convolution, place: tuple[int, ...], top: float, language: Language
) -> Artist:
    return figure.text(
        0.5, (top - 0.1) / figure.get_figheight(), sum_text(small, place, language), ha="center", va="top",
        fontsize=draw.LABEL + 1, color=draw.INK, linespacing=1.35, parse_math=False,
    )  # fmt: skip


def _box(axes: Axes, row: float, column: float, height: float, width: float) -> Artist:
    return axes.add_patch(
        Rectangle(
            (column, row),
            width,
            height,
            fill=False,
            edgecolor=draw.ORANGE,
            linewidth=3,
            zorder=7,
            clip_on=False,
        )
    )
