"""Pictures within figures: values as pixels, their sizes, and many of them as one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

DPI = 150
"""Of every figure of a view, as a PNG."""


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Of [0, 1] → uint8, grey repeated for three channels: ``(H, W)`` or ``(H, W, 1 or 3)`` → ``(H, W, 3)``."""
    if values.ndim == 2:
        values = values[..., np.newaxis]
    pixels = values if values.dtype == np.uint8 else (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """``(H, W, 3)`` uint8 at another size: small ones enlarged with crisp edges, large ones averaged."""
    image = Image.fromarray(pixels)
    shrinks = width < image.width or height < image.height
    how = Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST
    return np.asarray(image.resize((width, height), how))


def mosaic(
    tiles: Sequence[np.ndarray], columns: int, tile: tuple[float, float], gap: tuple[float, float]
) -> np.ndarray:
    """Tiles of ``(H, W, 3)`` uint8 in rows from the left, on white, as one picture for ``DPI``.

    One picture a page, as a figure of hundreds of pictures is slow to draw and heavy to keep.

    Args:
        tiles: all of one size, or not.
        columns: in a row.
        tile: width and height of each, in inches. gap: between them, likewise.
    """
    width, height = (round(side * DPI) for side in tile)
    rows = math.ceil(len(tiles) / columns)
    whole = np.full(
        (
            round((rows * (tile[1] + gap[1]) - gap[1]) * DPI),
            round((columns * (tile[0] + gap[0]) - gap[0]) * DPI),
            3,
        ),
        255,
        np.uint8,
    )
    for number, pixels in enumerate(tiles):
        y = round((number // columns) * (tile[1] + gap[1]) * DPI)
        x = round((number % columns) * (tile[0] + gap[0]) * DPI)
        # Of the last row and column, rounding may leave a pixel less than a tile has.
        room = whole[y : y + height, x : x + width]
        room[:] = resized(pixels, width, height)[: room.shape[0], : room.shape[1]]
    return whole


def best_grid(
    count: int, aspect: float, width: float, height: float, label: float, gap: float
) -> tuple[int, float]:
    """How many columns show ``count`` tiles large, and in rows as full as can be.

    Args:
        count: of tiles. aspect: of each, width over height.
        width, height: of the room, in inches. label: height above each tile. gap: between tiles.

    Returns:
        The number of columns, and the width of a tile, at most 2.4 inches high.
    """
    sides: dict[int, float] = {}
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        by_width = (width - (columns - 1) * gap) / columns
        by_height = ((height - (rows - 1) * gap) / rows - label) * aspect
        sides[columns] = min(by_width, by_height, 2.4 * aspect)
    large = [columns for columns, side in sides.items() if side >= 0.8 * max(sides.values())]
    columns = min(large, key=lambda columns: (-count % columns / columns, -sides[columns]))
    return columns, sides[columns]


def pages(count: int, most: int) -> list[tuple[int, int]]:
    """``[(0, 64), (64, 70)]``: where each page starts and ends, all but the last of them full."""
    return [(start, min(start + most, count)) for start in range(0, count, most)] or [(0, 0)]
