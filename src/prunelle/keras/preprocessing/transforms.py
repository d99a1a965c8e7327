"""Changes of one picture, in Keras's arithmetic: geometry as one affine sampling, channels, brightness."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import ImageEnhance
from scipy import ndimage

from prunelle.errors import ArgumentError
from prunelle.keras.differences import AFFINE_AXES
from prunelle.keras.generations import in_force
from prunelle.keras.preprocessing.pictures import array_to_img, img_to_array


def affine_matrix(
    shape: tuple[int, int],
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
) -> np.ndarray | None:
    """Where in the source each row and column of the result is taken from, or None for a change that is none.

    Args:
        shape: height and width.
        theta: rotation, in degrees.
        tx, ty: shift along rows (height) and columns (width), in pixels.
        shear: in degrees.
        zx, zy: zoom along rows and columns; below 1 enlarges.

    Returns:
        ``(3, 3)``: (row, column, 1) of the result → of the source, about the middle of the picture.
    """
    steps = []
    if theta != 0:
        angle = np.deg2rad(theta)
        cos, sin = np.cos(angle), np.sin(angle)
        steps.append([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    if tx != 0 or ty != 0:
        steps.append([[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    if shear != 0:
        angle = np.deg2rad(shear)
        steps.append([[1, -np.sin(angle), 0], [0, np.cos(angle), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        steps.append([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    if not steps:
        return None
    matrix = np.array(steps[0], np.float64)
    for step in steps[1:]:
        matrix = matrix @ np.array(step, np.float64)
    middle_y, middle_x = shape[0] / 2 - 0.5, shape[1] / 2 - 0.5
    to_middle = np.array([[1, 0, middle_y], [0, 1, middle_x], [0, 0, 1]])
    from_middle = np.array([[1, 0, -middle_y], [0, 1, -middle_x], [0, 0, 1]])
    placed: np.ndarray = to_middle @ matrix @ from_middle
    return placed


def sample_affine(
    x: np.ndarray, matrix: np.ndarray, *, fill_mode: str, cval: float, order: int, channel_axis: int = 2
) -> np.ndarray:
    """One picture, sampled where ``affine_matrix`` says, channel by channel.

    Args:
        x: ``(H, W, C)``, or ``(C, H, W)`` with ``channel_axis=0``.
        fill_mode, cval, order: SciPy's ``mode``, ``cval`` and ``order`` of ``ndimage.affine_transform``.

    Returns:
        The same shape and type.
    """
    linear = order == 1 and fill_mode in ("nearest", "constant") and min(x.shape[:2]) > 1
    if linear and channel_axis == 2 and x.dtype == np.float32:
        return _bilinear(x, matrix, cval if fill_mode == "constant" else None)
    channels = np.moveaxis(x, channel_axis, 0)
    result = np.empty_like(channels)
    for source, target in zip(channels, result, strict=True):
        ndimage.affine_transform(
            source, matrix[:2, :2], matrix[:2, 2], output=target, order=order, mode=fill_mode, cval=cval
        )
    return np.moveaxis(result, 0, channel_axis)


def _bilinear(x: np.ndarray, matrix: np.ndarray, outside: float | None) -> np.ndarray:
    """The usual case, all channels at once: SciPy's numbers but for rounding, in a third of its time.

    Args:
        x: ``(H, W, C)`` float32, at least 2 by 2.
        outside: what is there beyond the picture; None for its nearest pixel.
    """
    height, width, _ = x.shape
    # In SciPy's order of summing, so that a place on the very edge is inside for both.
    i, j = np.arange(height)[:, np.newaxis], np.arange(width)
    rows = (matrix[0, 2] + matrix[0, 0] * i) + matrix[0, 1] * j
    columns = (matrix[1, 2] + matrix[1, 0] * i) + matrix[1, 1] * j
    beyond = None
    if outside is not None:
        beyond = (rows < 0) | (rows > height - 1) | (columns < 0) | (columns > width - 1)
    np.clip(rows, 0, height - 1, out=rows)
    np.clip(columns, 0, width - 1, out=columns)
    top, left = np.minimum(rows.astype(np.int32), height - 2), np.minimum(columns.astype(np.int32), width - 2)
    down = (rows - top).astype(np.float32)[..., np.newaxis]
    right = (columns - left).astype(np.float32)[..., np.newaxis]
    pixels, corner = x.reshape(height * width, -1), top * width + left
    upper: np.ndarray = pixels.take(corner, 0)
    upper += (pixels.take(corner + 1, 0) - upper) * right
    lower = pixels.take(corner + width, 0)
    lower += (pixels.take(corner + (width + 1), 0) - lower) * right
    upper += (lower - upper) * down
    if beyond is not None:
        upper[beyond] = outside
    return upper


def apply_affine_transform(
    x: np.ndarray,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
    *,
    along_rows: bool = False,
) -> np.ndarray:
    """``affine_matrix`` and ``sample_affine``, for a picture whose channels are first or last.

    Keras before 2.9 and its documentation take ``tx`` along the rows; since then it has exchanged the axes where the
    columns come after the rows. (``ImageDataGenerator`` does as documented in every generation: since 2.9 Keras's
    ``height_shift_range`` moves pictures sideways, keras-team/keras#17398.)
    """
    matrix = affine_matrix(
        (x.shape[row_axis], x.shape[col_axis]), theta, tx, ty=ty, shear=shear, zx=zx, zy=zy
    )
    if matrix is None:
        return x
    if col_axis > row_axis and not along_rows and not AFFINE_AXES.of(in_force()):
        exchange = [1, 0, 2]
        matrix = matrix[exchange][:, exchange]
    return sample_affine(x, matrix, fill_mode=fill_mode, cval=cval, order=order, channel_axis=channel_axis)


def apply_channel_shift(x: np.ndarray, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """Every value moved by ``intensity``, kept between the picture's smallest and largest."""
    return np.clip(x + x.dtype.type(intensity), np.min(x), np.max(x))  # type: ignore[no-any-return]


def apply_brightness_shift(x: np.ndarray, brightness: float, scale: bool = True) -> np.ndarray:
    """Pillow's brightness: 0 is black, 1 changes nothing.

    Args:
        x: ``(H, W, C)``; values outside 0 to 255 are spread over them for it, and brought back.
        scale: spread them in any case, without bringing them back.
    """
    low, high = np.min(x), np.max(x)
    outside = bool(low < 0 or high > 255)
    image = array_to_img(x, scale=outside or scale)
    changed = img_to_array(ImageEnhance.Brightness(image).enhance(brightness))
    if outside and not scale:
        changed = changed / 255 * (high - low) + low
    return changed


def flip_axis(x: np.ndarray, axis: int) -> np.ndarray:
    """Mirrored along one axis."""
    return np.flip(x, axis)


def _random(low: float, high: float) -> float:
    return float(np.random.uniform(low, high))


def random_rotation(x: np.ndarray, rg: float, *args: Any, **kwargs: Any) -> np.ndarray:
    """Rotated by up to ``rg`` degrees each way; other arguments are those of ``apply_affine_transform``."""
    return _changed(x, {"theta": _random(-rg, rg)}, args, kwargs)


def random_shift(x: np.ndarray, wrg: float, hrg: float, *args: Any, **kwargs: Any) -> np.ndarray:
    """Moved by up to a fraction of its width and of its height, each way."""
    places = _placed(args, kwargs)
    tx = _random(-hrg, hrg) * x.shape[places.get("row_axis", 1)]
    ty = _random(-wrg, wrg) * x.shape[places.get("col_axis", 2)]
    return _changed(x, {"tx": tx, "ty": ty}, args, kwargs)


def random_shear(x: np.ndarray, intensity: float, *args: Any, **kwargs: Any) -> np.ndarray:
    """Sheared by up to ``intensity`` degrees each way."""
    return _changed(x, {"shear": _random(-intensity, intensity)}, args, kwargs)


def random_zoom(x: np.ndarray, zoom_range: tuple[float, float], *args: Any, **kwargs: Any) -> np.ndarray:
    """Zoomed along rows and columns by factors of the range."""
    _check_two("zoom_range", zoom_range)
    if zoom_range[0] == 1 and zoom_range[1] == 1:
        return x
    zx, zy = np.random.uniform(zoom_range[0], zoom_range[1], 2)
    return _changed(x, {"zx": zx, "zy": zy}, args, kwargs)


def random_channel_shift(x: np.ndarray, intensity_range: float, channel_axis: int = 0) -> np.ndarray:
    """``apply_channel_shift`` by up to ``intensity_range`` each way."""
    return apply_channel_shift(x, _random(-intensity_range, intensity_range), channel_axis)


def random_brightness(x: np.ndarray, brightness_range: tuple[float, float], scale: bool = True) -> np.ndarray:
    """``apply_brightness_shift`` by a factor of the range."""
    _check_two("brightness_range", brightness_range)
    return apply_brightness_shift(x, _random(*brightness_range), scale)


def _check_two(name: str, factors: Any) -> None:
    if len(factors) != 2:
        raise ArgumentError(f"{name} must be two factors, the least and the largest; received {factors!r}.")


_PLACES = ("row_axis", "col_axis", "channel_axis", "fill_mode", "cval", "order")


def _placed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    named = dict(zip(_PLACES, args, strict=False)) | kwargs
    if "interpolation_order" in named:
        named["order"] = named.pop("interpolation_order")
    return named


def _changed(
    x: np.ndarray, change: dict[str, float], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> np.ndarray:
    named: dict[str, Any] = {**change, **_placed(args, kwargs)}
    return apply_affine_transform(x, **named)
