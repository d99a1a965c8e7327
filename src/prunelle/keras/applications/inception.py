"""Inception v3: Szegedy and others, arXiv:1512.00567, with Keras's names and order of layers."""

from __future__ import annotations

from typing import Any

from prunelle.keras.applications.building import Made, Options, make, pooled_top
from prunelle.keras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
)
from prunelle.keras.models import Model


def convolved(
    put: Made, x: Any, filters: int, rows: int, columns: int, *, strides: int = 1, padding: str = "same"
) -> Any:
    """Convolution without bias, batch normalisation without scale, ReLU."""
    x = put(Conv2D(filters, (rows, columns), strides=strides, padding=padding, use_bias=False))(x)
    x = put(BatchNormalization(scale=False))(x)
    return Activation("relu")(x)


def inception_v3(options: Options) -> Model:
    """The model."""
    return make(
        "InceptionV3",
        "inception-v3",
        size=299,
        smallest=75,
        maps=_maps,
        top=pooled_top,
        options=options,
        name="inception_v3",
    )


def _maps(put: Made, x: Any) -> Any:
    x = convolved(put, x, 32, 3, 3, strides=2, padding="valid")
    x = convolved(put, x, 32, 3, 3, padding="valid")
    x = convolved(put, x, 64, 3, 3)
    x = MaxPooling2D((3, 3), strides=(2, 2))(x)
    x = convolved(put, x, 80, 1, 1, padding="valid")
    x = convolved(put, x, 192, 3, 3, padding="valid")
    x = MaxPooling2D((3, 3), strides=(2, 2))(x)
    for number, pool in enumerate((32, 64, 64)):
        x = _five(put, x, pool, f"mixed{number}")
    x = _reduce_to_17(put, x, "mixed3")
    for number, filters in zip(range(4, 8), (128, 160, 160, 192), strict=True):
        x = _seven(put, x, filters, f"mixed{number}")
    x = _reduce_to_8(put, x, "mixed8")
    for number in range(2):
        x = _side_by_side(put, x, number)
    return x


def _chain(put: Made, x: Any, *steps: tuple[int, int, int]) -> Any:
    for filters, rows, columns in steps:
        x = convolved(put, x, filters, rows, columns)
    return x


def _pooled(put: Made, x: Any, filters: int) -> Any:
    x = AveragePooling2D((3, 3), strides=(1, 1), padding="same")(x)
    return convolved(put, x, filters, 1, 1)


def _five(put: Made, x: Any, pool: int, name: str) -> Any:
    one = convolved(put, x, 64, 1, 1)
    five = _chain(put, x, (48, 1, 1), (64, 5, 5))
    double = _chain(put, x, (64, 1, 1), (96, 3, 3), (96, 3, 3))
    return Concatenate(axis=3, name=name)([one, five, double, _pooled(put, x, pool)])


def _reduce_to_17(put: Made, x: Any, name: str) -> Any:
    three = convolved(put, x, 384, 3, 3, strides=2, padding="valid")
    double = _chain(put, x, (64, 1, 1), (96, 3, 3))
    double = convolved(put, double, 96, 3, 3, strides=2, padding="valid")
    pooled = MaxPooling2D((3, 3), strides=(2, 2))(x)
    return Concatenate(axis=3, name=name)([three, double, pooled])


def _seven(put: Made, x: Any, filters: int, name: str) -> Any:
    one = convolved(put, x, 192, 1, 1)
    seven = _chain(put, x, (filters, 1, 1), (filters, 1, 7), (192, 7, 1))
    double = _chain(put, x, (filters, 1, 1), (filters, 7, 1), (filters, 1, 7), (filters, 7, 1), (192, 1, 7))
    return Concatenate(axis=3, name=name)([one, seven, double, _pooled(put, x, 192)])


def _reduce_to_8(put: Made, x: Any, name: str) -> Any:
    three = convolved(put, x, 192, 1, 1)
    three = convolved(put, three, 320, 3, 3, strides=2, padding="valid")
    seven = _chain(put, x, (192, 1, 1), (192, 1, 7), (192, 7, 1))
    seven = convolved(put, seven, 192, 3, 3, strides=2, padding="valid")
    pooled = MaxPooling2D((3, 3), strides=(2, 2))(x)
    return Concatenate(axis=3, name=name)([three, seven, pooled])


def _side_by_side(put: Made, x: Any, number: int) -> Any:
    one = convolved(put, x, 320, 1, 1)
    three = convolved(put, x, 384, 1, 1)
    sides = [convolved(put, three, 384, 1, 3), convolved(put, three, 384, 3, 1)]
    three = Concatenate(axis=3, name=f"mixed9_{number}")(sides)
    double = _chain(put, x, (448, 1, 1), (384, 3, 3))
    sides = [convolved(put, double, 384, 1, 3), convolved(put, double, 384, 3, 1)]
    double = Concatenate(axis=3)(sides)
    return Concatenate(axis=3, name=f"mixed{9 + number}")([one, three, double, _pooled(put, x, 192)])
