"""What an ``ImageDataGenerator`` does to pictures: random changes, then normalisation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras.preprocessing import transforms
from prunelle.keras.preprocessing.pictures import DATA_FORMATS

FILL_MODES = ("nearest", "constant", "reflect", "wrap")


class Changes:
    """Random changes of pictures, then their normalisation.

    Args:
        featurewise_center, featurewise_std_normalization: over all pictures given to ``fit``.
        samplewise_center, samplewise_std_normalization: each picture by its own mean and deviation.
        zca_whitening, zca_epsilon: over all pictures given to ``fit``.
        rotation_range: degrees, each way.
        width_shift_range, height_shift_range: a fraction of the side below 1, pixels from 1 on; an integer n or
            a list draws from its values, each way.
        brightness_range: two factors.
        shear_range: degrees, each way.
        zoom_range: two factors, or z for ``[1 - z, 1 + z]``.
        channel_shift_range: units of the values, each way.
        fill_mode, cval: what comes in from outside: one of ``FILL_MODES``, and the value of ``"constant"``.
        horizontal_flip, vertical_flip: one time in two.
        rescale: factor, after ``preprocessing_function``.
        preprocessing_function: of one picture, ``(H, W, C)`` float32, after the random changes.
        data_format: one of ``DATA_FORMATS``.
        validation_split: share, in (0, 1), for ``subset="validation"``: the first ones.
        interpolation_order: of the spline of the geometry: 0 nearest, 1 linear, to 5.
        dtype: of the batches.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: float | Sequence[float] = 0.0,
        height_shift_range: float | Sequence[float] = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], np.ndarray] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: str | None = None,
    ) -> None:
        self.featurewise_center = featurewise_center
        self.samplewise_center = samplewise_center
        self.featurewise_std_normalization = featurewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.zca_whitening = zca_whitening
        self.zca_epsilon = zca_epsilon
        self.rotation_range = rotation_range
        self.width_shift_range = width_shift_range
        self.height_shift_range = height_shift_range
        self.brightness_range = brightness_range
        self.shear_range = shear_range
        self.zoom_range = _zoom_range(zoom_range)
        self.channel_shift_range = channel_shift_range
        self.fill_mode = fill_mode
        self.cval = cval
        self.horizontal_flip = horizontal_flip
        self.vertical_flip = vertical_flip
        self.rescale = rescale
        self.preprocessing_function = preprocessing_function
        self.data_format = data_format or "channels_last"
        self._validation_split = validation_split
        self.interpolation_order = interpolation_order
        self.dtype = dtype or "float32"
        self.mean: np.ndarray | None = None
        self.std: np.ndarray | None = None
        self.zca_whitening_matrix: np.ndarray | None = None
        if fill_mode not in FILL_MODES:
            raise UnknownName("fill_mode", fill_mode, FILL_MODES)
        if self.data_format not in DATA_FORMATS:
            raise UnknownName("data_format", self.data_format, DATA_FORMATS)
        if validation_split and not 0 < validation_split < 1:
            raise ArgumentError(
                f"validation_split must be a share between 0 and 1; received {validation_split}."
            )
        if brightness_range is not None and (
            not isinstance(brightness_range, tuple | list) or len(brightness_range) != 2
        ):
            raise ArgumentError(f"brightness_range must be two factors; received {brightness_range!r}.")
        first = self.data_format == "channels_first"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if first else (3, 1, 2)
        self._imply()

    def _imply(self) -> None:
        """Settings that need another one switch it on, or off, and say so."""
        needs = (
            ("zca_whitening", "featurewise_center", True),
            ("zca_whitening", "featurewise_std_normalization", False),
            ("featurewise_std_normalization", "featurewise_center", True),
            ("samplewise_std_normalization", "samplewise_center", True),
        )
        for setting, other, value in needs:
            if getattr(self, setting) and getattr(self, other) != value:
                setattr(self, other, value)
                warnings.warn(f"ImageDataGenerator: {setting} sets {other}={value}.", stacklevel=3)

    def get_random_transform(self, img_shape: Sequence[int], seed: int | None = None) -> dict[str, Any]:
        """The changes of one picture, drawn from NumPy's global generator, in Keras's order.

        Args:
            img_shape: of one picture.
            seed: set in that generator first.
        """
        if seed is not None:
            np.random.seed(seed)
        theta = np.random.uniform(-self.rotation_range, self.rotation_range) if self.rotation_range else 0
        tx = _drawn_shift(self.height_shift_range, img_shape[self.row_axis - 1])
        ty = _drawn_shift(self.width_shift_range, img_shape[self.col_axis - 1])
        shear = np.random.uniform(-self.shear_range, self.shear_range) if self.shear_range else 0
        zx, zy = (
            (1, 1)
            if self.zoom_range == [1, 1]
            else np.random.uniform(self.zoom_range[0], self.zoom_range[1], 2)
        )
        # Drawn whether or not pictures are flipped: what comes after depends on it.
        flip_horizontal = bool(np.random.random() < 0.5) and self.horizontal_flip
        flip_vertical = bool(np.random.random() < 0.5) and self.vertical_flip
        intensity = brightness = None
        if self.channel_shift_range != 0:
            intensity = np.random.uniform(-self.channel_shift_range, self.channel_shift_range)
        if self.brightness_range is not None:
            brightness = np.random.uniform(self.brightness_range[0], self.brightness_range[1])
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical,
            "channel_shift_intensity": intensity,
            "brightness": brightness,
        }

    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """What ``get_random_transform`` drew, or some of its entries, done to one picture."""
        rows, columns, channels = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        geometry = {
            name: transform_parameters[name]
            for name in ("theta", "tx", "ty", "shear", "zx", "zy")
            if name in transform_parameters
        }
        x = transforms.apply_affine_transform(
            x,
            **geometry,
            row_axis=rows,
            col_axis=columns,
            channel_axis=channels,
            fill_mode=self.fill_mode,
            cval=self.cval,
            order=self.interpolation_order,
            along_rows=True,
        )
        if transform_parameters.get("channel_shift_intensity") is not None:
            x = transforms.apply_channel_shift(x, transform_parameters["channel_shift_intensity"], channels)
        if transform_parameters.get("flip_horizontal", False):
            x = transforms.flip_axis(x, columns)
        if transform_parameters.get("flip_vertical", False):
            x = transforms.flip_axis(x, rows)
        if transform_parameters.get("brightness") is not None:
            x = transforms.apply_brightness_shift(x, transform_parameters["brightness"], False)
        return x

    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """One picture, changed at random."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))

    def standardize(self, x: np.ndarray) -> np.ndarray:
        """The normalisation of one picture, in place where it can be, as Keras has it."""
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        if self.featurewise_center and self._was_fitted("featurewise_center", self.mean):
            x -= self.mean
        if self.featurewise_std_normalization and self._was_fitted("featurewise_std_normalization", self.std):
            assert self.std is not None
            x /= self.std + 1e-6
        if self.zca_whitening and self._was_fitted("zca_whitening", self.zca_whitening_matrix):
            assert self.zca_whitening_matrix is not None
            flat = x.reshape(-1, len(self.zca_whitening_matrix))  # a picture, or a batch of them
            x = (flat @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def _was_fitted(self, setting: str, value: np.ndarray | None) -> bool:
        if value is None:
            warnings.warn(
                f"ImageDataGenerator: {setting} needs generator.fit(pictures) first; without it, nothing is done.",
                stacklevel=4,
            )
        return value is not None

    @property
    def changes_pictures(self) -> bool:
        """Whether some change is random: otherwise whole batches are normalised at once."""
        return bool(
            self.rotation_range
            or np.any(self.height_shift_range)
            or np.any(self.width_shift_range)
            or self.shear_range
            or self.zoom_range != [1, 1]
            or self.horizontal_flip
            or self.vertical_flip
            or self.channel_shift_range
            or self.brightness_range is not None
        )

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Measures what the featurewise normalisations need.

        Args:
            x: ``(N, H, W, C)``.
            augment: measure on pictures changed at random, ``rounds`` times each.
            seed: set in NumPy's global generator first.
        """
        x = np.array(x, dtype=self.dtype)
        if x.ndim != 4:
            raise ArgumentError(f"x must be pictures, (N, H, W, C); received shape {x.shape}.")
        if x.shape[self.channel_axis] not in (1, 3, 4):
            warnings.warn(
                f"ImageDataGenerator: pictures have 1, 3 or 4 channels ({self.data_format}); x has shape {x.shape}.",
                stacklevel=2,
            )
        if seed is not None:
            np.random.seed(seed)
        if self.rescale:
            x *= self.rescale
        if augment:
            x = np.stack([self.random_transform(picture) for _ in range(rounds) for picture in x])
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(x, axis=axes, keepdims=True)[0]
            x -= self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(x, axis=axes, keepdims=True)[0]
            x /= self.std + 1e-6
        if self.zca_whitening:
            u, s, _ = np.linalg.svd(x.reshape(len(x), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(x)) / (s + self.zca_epsilon))) @ u.T


def _zoom_range(zoom_range: Any) -> list[float]:
    if isinstance(zoom_range, int | float):
        return [1 - zoom_range, 1 + zoom_range]
    if len(zoom_range) == 2 and all(isinstance(value, int | float) for value in zoom_range):
        return list(zoom_range)
    raise ArgumentError(f"zoom_range must be a number or two factors; received {zoom_range!r}.")


def _drawn_shift(shift_range: Any, side: int) -> float:
    if not (len(shift_range) if hasattr(shift_range, "__len__") else shift_range):
        return 0
    if isinstance(shift_range, float | np.floating):
        drawn = np.random.uniform(-shift_range, shift_range)
    else:
        # One of a list's values, or of 0 to n - 1; then one of both ways.
        drawn = np.random.choice(shift_range) * np.random.choice([-1, 1])
    return float(drawn * side if np.max(shift_range) < 1 else drawn)
