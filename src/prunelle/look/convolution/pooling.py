"""Max- and average-pooling, value by value and on a whole map."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from prunelle.drawing import figures, fonts, grids, palette
from prunelle.look.convolution import drawing as draw
from prunelle.look.convolution.arithmetic import Convolution
from prunelle.texts import Language, Note

WINDOW = 2
"""Sides of the windows, and how far they are apart: the pooling of nearly every network."""

MAP = Note("Map", "Carte")
PIECE = Note("A piece of the map", "Un morceau de la carte")
MAX = Note("Max-pooling 2 × 2", "Max-pooling 2 × 2")
MEAN = Note("Average-pooling 2 × 2", "Average-pooling (moyenne) 2 × 2")
MAX_1D = Note("Max-pooling by 2", "Max-pooling par 2")
MEAN_1D = Note("Average-pooling by 2", "Average-pooling (moyenne) par 2")
STRIDE = Note("{shape}, stride 2", "{shape}, pas de 2")
LEFT_OVER = Note("{shape}, grey: left over", "{shape}, en gris : reste laissé")


def pool(values: np.ndarray, how: str) -> np.ndarray:
    """``(L,)`` or ``(H, W)`` → half of each side, rounded down; ``how`` is ``max`` or ``mean``.

    What is left over at the end, less than a window, is dropped, as PyTorch and Keras do.
    """
    sizes = [size // WINDOW for size in values.shape]
    cut = values[tuple(slice(size * WINDOW) for size in sizes)]
    windows = cut.reshape([part for size in sizes for part in (size, WINDOW)])
    axes = tuple(range(1, windows.ndim, 2))
    pooled: np.ndarray = windows.max(axis=axes) if how == "max" else windows.mean(axis=axes)
    return pooled


def pooled_map(result: Convolution) -> np.ndarray | None:
    """The map that is pooled: the output, the first of its channels; None where it is smaller than a window."""
    values = result.output if result.output.ndim == result.dims else result.output[..., 0]
    return None if min(values.shape) < WINDOW else values


def pooling(values: np.ndarray, language: Language) -> Figure:
    """A piece of a map with its windows, what each pooling keeps of them, and the whole map beside its halves."""
    return _picture(values, language) if values.ndim == 2 else _signal(values, language)


def _piece(values: np.ndarray, most: int, shown: int) -> np.ndarray:
    """The map as it is where no side is longer than ``most``; else at most ``shown`` values of each.

    A piece starts on an even place, is even, and lies around the largest value.
    """
    if max(values.shape) <= most:
        return values
    sides = [min(size // WINDOW * WINDOW, shown) for size in values.shape]
    # The edge of a map may show nothing but its padding.
    inner = [size // 10 for size in values.shape]
    middle = values[tuple(slice(edge, size - edge) for edge, size in zip(inner, values.shape, strict=True))]
    most_at = np.unravel_index(int(np.abs(middle).argmax()), middle.shape)
    centre = [int(at) + edge for at, edge in zip(most_at, inner, strict=True)]
    _, starts = draw.crop(values, centre, sides)
    starts = tuple(start // WINDOW * WINDOW for start in starts)
    return values[tuple(slice(a, a + n) for a, n in zip(starts, sides, strict=True))]


def _whole_windows(shape: tuple[int, ...]) -> tuple[int, ...]:
    """How much of each side of a grid ``(H, W)`` (or ``(1, L)``, a signal) windows cover."""
    return tuple(size // WINDOW * WINDOW if size > 1 else 1 for size in shape)


def _fills(shape: tuple[int, ...]) -> np.ndarray:
    """Windows in two tints by turns, like a chequerboard; grey what is left over: ``(H, W, 3)``."""
    rows, columns = np.indices(shape)
    odd = ((rows // WINDOW if shape[0] > 1 else rows) + columns // WINDOW) % 2
    sky, yellow = np.array(to_rgb(palette.SKY)), np.array(to_rgb(palette.YELLOW))
    fills = np.where(odd[..., None] == 0, 1 - 0.42 * (1 - sky), 1 - 0.42 * (1 - yellow))
    covered = _whole_windows(shape)
    fills[(rows >= covered[0]) | (columns >= covered[1])] = 0.87
    return fills


def _kept(piece: np.ndarray) -> np.ndarray:
    """``piece``-shaped bool: the first largest value of each window."""
    kept = np.zeros(piece.shape, bool)
    step = [WINDOW if size > 1 else 1 for size in piece.shape]
    covered = _whole_windows(piece.shape)
    for row in range(0, covered[0], step[0]):
        for column in range(0, covered[1], step[1]):
            window = piece[row : row + step[0], column : column + step[1]]
            at = np.unravel_index(int(window.argmax()), window.shape)
            kept[row + at[0], column + at[1]] = True
    return kept


def _picture(values: np.ndarray, language: Language) -> Figure:
    large = max(values.shape) > 8
    piece = _piece(values, 8, 6)
    box = 2.9 if large else 4.0
    figure = draw.canvas(7.2 if large else 5.4)
    y = figure.get_figheight() - 0.75 - box / 2
    panels = (
        (2.35, box, piece, PIECE if large else MAP, ""),
        (6.75, box * 0.6, pool(piece, "max"), MAX, "max"),
        (10.75, box * 0.6, pool(piece, "mean"), MEAN, "mean"),
    )
    for x, side, shown, title, how in panels:
        wide, high = grids.fit(shown.shape, (side, side))
        axes = figures.place(figure, x - wide / 2, y - high / 2, wide, high)
        kept = _kept(piece) if not how else None
        fills = _fills(piece.shape)
        grids.cells(
            axes, shown, draw.written(language), fills=fills if not how else _pooled_fills(fills), bold=kept
        )
        if kept is not None:
            for row, column in zip(*np.nonzero(kept), strict=True):
                figures.frame(axes, row + 0.07, column + 0.07, 0.86, 0.86, line=1.8)
        below = (
            draw.say(STRIDE, language, shape=draw.shape_text(shown))
            if how
            else _map_text(piece, values, language)
        )
        draw.heading(figure, x, y + high / 2, draw.say(title, language), below)
        if how:
            _worked(figure, x, y - high / 2 - 0.35, piece[:WINDOW, :WINDOW].ravel(), how, language=language)
    figures.write(figure, 4.75, y, "→", size=26, vertical="center")
    if large:
        _whole(figure, values, language)
    return figure


def _pooled_fills(fills: np.ndarray) -> np.ndarray:
    """Of the windows that are whole, one tint each."""
    rows, columns = _whole_windows(fills.shape[:2])
    return fills[:rows:WINDOW, :columns:WINDOW]


def _map_text(piece: np.ndarray, values: np.ndarray, language: Language) -> str:
    text = draw.part_text(piece, values, language)
    return draw.say(LEFT_OVER, language, shape=text) if any(n % WINDOW for n in piece.shape) else text


def _worked(figure: Figure, x: float, y: float, window: np.ndarray, how: str, language: Language) -> None:
    numbers = [draw.number(float(value), language) for value in window]
    if how == "max":
        joint = "; " if language == "fr" else ", "
        text = f"max({joint.join(numbers)}) = {draw.number(float(window.max()), language)}"
    else:
        signed = [f"({text})" if text.startswith("\N{MINUS SIGN}") else text for text in numbers]
        text = f"({' + '.join(signed)}) / {len(window)} = {draw.number(float(window.mean()), language, 6)}"
    # As wide as the room between two panels.
    size = min(fonts.SMALL + 0.5, 3.9 * 72 / (0.62 * len(text)))
    figures.write(figure, x, y, text, size=size)


def _whole(figure: Figure, values: np.ndarray, language: Language) -> None:
    """The whole map and its two halves, at one scale of length and of colour."""
    span = grids.limits(values)
    wide, high = grids.fit(values.shape, (3.7, 2.3))
    top = 2.62
    for x, shown, title in (
        (2.35, values, MAP),
        (6.75, pool(values, "max"), MAX),
        (10.75, pool(values, "mean"), MEAN),
    ):
        share = shown.shape[0] / values.shape[0]
        axes = figures.place(figure, x - wide * share / 2, top - high * share, wide * share, high * share)
        grids.show(axes, shown, span)
        draw.heading(figure, x, top, draw.say(title, language), draw.shape_text(shown))
    draw.scale(figure, 8.75, 0.55, 2.2, values, language=language)


def _signal(values: np.ndarray, language: Language) -> Figure:
    piece = _piece(values, 13, 12)
    figure = draw.canvas(5.4)
    count = len(piece)
    cell = min(0.95, 11.6 / count)
    left = (draw.WIDTH - cell * count) / 2
    fills = _fills((1, count))
    kept = _kept(piece[None])
    axes = figures.place(figure, left, 3.9, cell * count, 0.8)
    grids.cells(axes, piece[None], draw.written(language), fills=fills, bold=kept)
    for column in np.nonzero(kept[0])[0]:
        figures.frame(axes, 0.07, column + 0.07, 0.86, 0.86, line=1.8)
    title = draw.say(PIECE if count < len(values) else MAP, language)
    figures.write(figure, left, 4.85, title, bold=True, align="left")
    figures.write(
        figure, left + cell * count, 4.85, _map_text(piece, values, language), size=fonts.SMALL, colour=palette.MUTED,
        align="right",
    )  # fmt: skip
    for how, note, bottom in (("max", MAX_1D, 2.3), ("mean", MEAN_1D, 0.7)):
        shown = pool(piece, how)
        axes = figures.place(figure, left, bottom, cell * len(shown) * WINDOW, 0.8)
        grids.cells(axes, shown[None], draw.written(language), fills=_pooled_fills(fills))
        figures.write(figure, left, bottom + 0.95, draw.say(note, language), bold=True, align="left")
        below = draw.say(STRIDE, language, shape=str(len(shown)))
        figures.write(
            figure,
            left + cell * count,
            bottom + 0.95,
            below,
            size=fonts.SMALL,
            colour=palette.MUTED,
            align="right",
        )
        _worked(figure, draw.WIDTH / 2, bottom - 0.32, piece[:WINDOW], how, language=language)
    return figure
