"""Padding and stride step by step: the window moves, its products are summed, the output fills up."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunelle.drawing import figures, fonts, grids, palette
from prunelle.drawing.film import Animation, film
from prunelle.look.convolution import drawing as draw
from prunelle.look.convolution.arithmetic import Convolution
from prunelle.look.convolution.operation import (
    INPUT,
    KERNEL,
    OUTPUT,
    kernel_cells,
    settings_text,
    sum_text,
    titled,
)
from prunelle.look.convolution.piece import Piece, small_piece
from prunelle.texts import Language, Note

FIRST_CHANNEL = Note("first channel, {shape}", "premier canal, {shape}")
FIRST_SLICE = Note("{shape}, first slice", "{shape}, première tranche")
FIRST_MAP = Note("Map of the first channel", "Carte du premier canal")
WITH_PADDING = Note("{shape}, grey: padding", "{shape}, en gris : bordure ajoutée")


def steps(result: Convolution, language: Language) -> Animation:
    """One frame for each output of ``small_piece(result)``, which must not be None."""
    piece = small_piece(result)
    assert piece is not None
    return (_picture if result.dims == 2 else _signal)(piece, result, language)


def _picture(piece: Piece, result: Convolution, language: Language) -> Animation:
    small, output = piece.whole, piece.output
    padded, weights = piece.padded, small.weights
    products, _ = draw.fraction(weights)
    wide, high = grids.fit(padded.shape, (5.3, 4.6))
    out_wide, out_high = grids.fit(output.shape, (4.0, min(4.6, 0.75 * output.shape[0] + 1)))
    foot = 0.75 + 0.3 * _sum_lines(piece, language)
    figure = draw.canvas(foot + 4.6 + 0.8)
    middle = foot + 2.3
    left, right = 0.4 + (5.3 - wide) / 2, 8.4 + (4.0 - out_wide) / 2
    axes = figures.place(figure, left, middle - high / 2, wide, high)
    _padded_cells(axes, piece, language)
    draw.heading(
        figure, left + wide / 2, middle + high / 2, titled(INPUT, small.input_name, language),
        _input_text(piece, result, language),
    )  # fmt: skip
    kernel_wide, kernel_high = grids.fit(weights.shape, (1.5, 1.5))
    x = 7.05
    kernel_cells(
        figure,
        weights,
        x - kernel_wide / 2,
        middle - kernel_high / 2,
        kernel_wide,
        high=kernel_high,
        language=language,
    )
    title = small.kernel_name or draw.say(KERNEL, language)
    below = draw.shape_text(weights)
    if result.input.ndim > result.dims:
        below = draw.say(FIRST_SLICE, language, shape=below)
    draw.heading(figure, x, middle + kernel_high / 2, title, below)
    figures.write(figure, 5.95, middle, "∗" if small.flip else "⋆", size=40, vertical="center")
    figures.write(figure, 8.1, middle, "=", size=26, vertical="center")
    out = figures.place(figure, right, middle - out_high / 2, out_wide, out_high)
    grids.cells(out, output, draw.written(language), known=np.zeros(output.shape, bool))
    draw.heading(
        figure,
        right + out_wide / 2,
        middle + out_high / 2,
        draw.say(FIRST_MAP if result.input.ndim > result.dims else OUTPUT, language),
        _output_text(piece, language),
    )
    figures.write(
        figure, draw.WIDTH / 2, 0.18, settings_text(small, language), size=fonts.SMALL, colour=palette.MUTED
    )
    # Two digits beside the number they multiply; the kernel itself has them all.
    factors = [f"×{draw.number(float(weight), language, 2)}" for weight in products.flat]
    corner = min(10.0, grids.number_size(axes, max(map(len, factors)) + 1, *padded.shape))
    span = grids.limits(output)
    texts = [draw.number(float(value), language) for value in output.flat]
    size = grids.number_size(out, max(map(len, texts)), *output.shape)
    fills = grids.pale(output, span)

    def frame(row: int, column: int) -> tuple[list[Artist], list[Artist]]:
        total = float(output[row, column])
        staying: list[Artist] = [
            grids.filled(out, row, column, 1, 1, colour=tuple(fills[row, column]), edge=palette.EDGE),
            grids.cell_text(out, row, column, draw.number(total, language), size),
        ]
        going: list[Artist] = [figures.frame(out, row, column, 1, 1, above=7)]
        start = piece.corner((row, column))
        for factor, (u, v) in zip(factors, np.ndindex(weights.shape), strict=True):
            y, x = start[0] + u * small.dilation[0], start[1] + v * small.dilation[1]
            going.append(grids.filled(axes, y, x, 1, 1, colour=(palette.ORANGE, 0.22), above=3))
            going.append(
                axes.text(
                    x + 0.94, y + 0.97, factor, ha="right", va="bottom",
                    fontsize=corner, color=palette.ORANGE, fontweight="bold", zorder=6,
                )
            )  # fmt: skip
        going.append(figures.frame(axes, start[0], start[1], *small.extent, above=7))
        going.append(_sum_line(figure, piece, (row, column), foot, language))
        return staying, going

    return film(figure, [functools.partial(frame, *at) for at in np.ndindex(output.shape)], _frame_s(piece))


def _signal(piece: Piece, result: Convolution, language: Language) -> Animation:
    small, output = piece.whole, piece.output
    padded, weights = piece.padded, small.weights
    products, divisor = draw.fraction(weights)
    foot = 0.85 + 0.3 * _sum_lines(piece, language)
    figure = draw.canvas(foot + 4.45)
    count = len(padded)
    cell = min(0.75, 11.8 / count)
    left = (draw.WIDTH - cell * count) / 2
    high = min(0.7, cell)
    rows = {"input": foot + 3.05, "kernel": foot + 1.9, "output": foot + 0.6}
    axes = figures.place(figure, left, rows["input"], cell * count, high)
    _padded_cells(axes, piece, language)
    out_left = left + cell * (piece.corner((0,))[0] + (small.extent[0] - 1) / 2)
    step = small.stride[0]
    outs = [
        figures.place(figure, out_left + cell * step * at, rows["output"], cell, high)
        for at in range(len(output))
    ]
    for out in outs:
        grids.cells(out, np.zeros((1, 1)), draw.written(language), known=np.zeros((1, 1), bool))
    kernel_title = titled(KERNEL, small.kernel_name, language) + (f"  × 1/{divisor}" if divisor > 1 else "")
    labels = (
        ("input", titled(INPUT, small.input_name, language), _input_text(piece, result, language)),
        ("kernel", kernel_title, draw.shape_text(weights)),
        ("output", draw.say(OUTPUT, language), _output_text(piece, language)),
    )
    for row, title, text in labels:
        figures.write(figure, 0.4, rows[row] + high + 0.14, title, bold=True, align="left")
        figures.write(
            figure, draw.WIDTH - 0.4, rows[row] + high + 0.14, text, size=fonts.SMALL, colour=palette.MUTED,
            align="right",
        )  # fmt: skip
    figures.write(
        figure, draw.WIDTH / 2, 0.2, settings_text(small, language), size=fonts.SMALL, colour=palette.MUTED
    )
    texts = [draw.number(float(value), language) for value in output]
    size = grids.number_size(outs[0], max(map(len, texts)), 1, 1)
    fills = grids.pale(output[None], grids.limits(output))[0]
    most = float(np.abs(products).max()) or 1.0
    kernel_fills = grids.pale(products[None], (-most, most))[0]
    kernel_axes = figures.place(figure, left, rows["kernel"], cell * count, high)
    kernel_axes.set_xlim(0, count)
    kernel_axes.set_ylim(1, 0)

    def frame(at: int) -> tuple[list[Artist], list[Artist]]:
        out = outs[at]
        staying: list[Artist] = [
            grids.filled(out, 0, 0, 1, 1, colour=tuple(fills[at]), edge=palette.EDGE),
            grids.cell_text(out, 0, 0, texts[at], size),
        ]
        going: list[Artist] = [figures.frame(out, 0, 0, 1, 1, above=7)]
        start = piece.corner((at,))[0]
        for u, weight in enumerate(products):
            x = start + u * small.dilation[0]
            going += [
                grids.filled(axes, 0, x, 1, 1, colour=(palette.ORANGE, 0.22), above=3),
                grids.filled(kernel_axes, 0, x, 1, 1, colour=tuple(kernel_fills[u])),
                figures.frame(kernel_axes, 0, x, 1, 1, colour=palette.INK, line=1.4),
                grids.cell_text(kernel_axes, 0, x, draw.number(float(weight), language), fonts.LABEL),
            ]
        going.append(figures.frame(axes, 0, start, 1, small.extent[0], above=7))
        going.append(_sum_line(figure, piece, (at,), foot, language))
        return staying, going

    return film(figure, [functools.partial(frame, at) for at in range(len(output))], _frame_s(piece))


def _frame_s(piece: Piece) -> float:
    """Slow enough to follow; many outputs go faster, so that all of them take no more than 40 s."""
    return min(0.7, 40 / piece.output.size)


def _padded_cells(axes: Axes, piece: Piece, language: Language) -> None:
    """The padded input as numbers: padding in grey, the input itself framed."""
    padded = np.atleast_2d(piece.padded)
    rows, columns = piece.inside if piece.whole.dims == 2 else (slice(0, 1), *piece.inside)
    fills = np.full((*padded.shape, 3), 0.87)
    fills[rows, columns] = 1
    # In pictures, the weights are written under the numbers.
    lift, size = (0.13, 13.5) if piece.whole.dims == 2 else (0.0, 16.0)
    longest = max(len(draw.number(float(value), language)) for value in padded.flat)
    size = min(size, grids.number_size(axes, longest, *padded.shape))
    grids.cells(axes, padded, draw.written(language), fills=fills, lift=lift, size=size)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    figures.frame(axes, rows.start, columns.start, height, width, colour=palette.INK, line=1.8)


def _input_text(piece: Piece, result: Convolution, language: Language) -> str:
    text = draw.part_text(piece.padded[piece.inside], piece.whole.input, language)
    if result.input.ndim > result.dims:
        text = draw.say(FIRST_CHANNEL, language, shape=text)
    if piece.padded.size > piece.padded[piece.inside].size:
        text = draw.say(WITH_PADDING, language, shape=text)
    return text


def _output_text(piece: Piece, language: Language) -> str:
    return draw.part_text(piece.output, piece.whole.output, language)


def _sum_lines(piece: Piece, language: Language) -> int:
    """Lines of the longest sum."""
    return max(
        1 + sum_text(piece.whole, piece.place(at), language).count("\n") for at in np.ndindex(piece.shape)
    )


def _sum_line(figure: Figure, piece: Piece, at: tuple[int, ...], top: float, language: Language) -> Artist:
    text = sum_text(piece.whole, piece.place(at), language)
    line = figures.write(figure, draw.WIDTH / 2, top - 0.1, text, size=fonts.LABEL + 1, vertical="top")
    line.set_linespacing(1.35)
    return line
