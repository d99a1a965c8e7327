"""Xception: Chollet, arXiv:1610.02357, figure 5, with Keras's names of layers."""

from __future__ import annotations

from typing import Any

from prunelle.keras.applications.building import Made, Options, make, pooled_top
from prunelle.keras.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    MaxPooling2D,
    SeparableConv2D,
)
from prunelle.keras.models import Model


def xception(options: Options) -> Model:
    """The model."""
    return make(
        "Xception",
        "xception",
        size=299,
        smallest=71,
        maps=_maps,
        top=pooled_top,
        options=options,
        name="xception",
    )


def _maps(put: Made, x: Any) -> Any:
    for number, (filters, strides) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{number}"
        x = put(Conv2D(filters, (3, 3), strides=strides, use_bias=False, name=name))(x)
        x = put(BatchNormalization(name=f"{name}_bn"))(x)
        x = Activation("relu", name=f"{name}_act")(x)
    x = _shrinking(put, x, 2, (128, 128), relu_first=False)
    x = _shrinking(put, x, 3, (256, 256))
    x = _shrinking(put, x, 4, (728, 728))
    for block in range(5, 13):
        residual = x
        for number in range(1, 4):
            x = Activation("relu", name=f"block{block}_sepconv{number}_act")(x)
            x = _separable(put, x, 728, f"block{block}_sepconv{number}")
        x = Add()([x, residual])
    x = _shrinking(put, x, 13, (728, 1024))
    for number, filters in enumerate((1536, 2048), 1):
        x = _separable(put, x, filters, f"block14_sepconv{number}")
        x = Activation("relu", name=f"block14_sepconv{number}_act")(x)
    return x


def _separable(put: Made, x: Any, filters: int, name: str) -> Any:
    x = put(SeparableConv2D(filters, (3, 3), padding="same", use_bias=False, name=name))(x)
    return put(BatchNormalization(name=f"{name}_bn"))(x)


def _shrinking(put: Made, x: Any, block: int, filters: tuple[int, int], *, relu_first: bool = True) -> Any:
    residual = put(Conv2D(filters[1], (1, 1), strides=(2, 2), padding="same", use_bias=False))(x)
    residual = put(BatchNormalization())(residual)
    for number, channels in enumerate(filters, 1):
        if number > 1 or relu_first:
            x = Activation("relu", name=f"block{block}_sepconv{number}_act")(x)
        x = _separable(put, x, channels, f"block{block}_sepconv{number}")
    x = MaxPooling2D((3, 3), strides=(2, 2), padding="same", name=f"block{block}_pool")(x)
    return Add()([x, residual])
