"""Inception-ResNet v2: Szegedy and others, arXiv:1602.07261, with Keras's names and order of layers."""

from __future__ import annotations

from typing import Any

from prunelle.keras.applications.building import Made, Options, make, pooled_top
from prunelle.keras.applications.parts import CustomScaleLayer
from prunelle.keras.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
)
from prunelle.keras.models import Model

Steps = tuple[tuple[int, int, int], ...]
"""Filters, rows and columns of convolutions, one after the other."""

_BLOCK35: tuple[Steps, ...] = (
    ((32, 1, 1),),
    ((32, 1, 1), (32, 3, 3)),
    ((32, 1, 1), (48, 3, 3), (64, 3, 3)),
)
_BLOCK17: tuple[Steps, ...] = (((192, 1, 1),), ((128, 1, 1), (160, 1, 7), (192, 7, 1)))
_BLOCK8: tuple[Steps, ...] = (((192, 1, 1),), ((192, 1, 1), (224, 1, 3), (256, 3, 1)))


def inception_resnet_v2(options: Options) -> Model:
    """The model."""
    name = "inception_resnet_v2"
    return make(
        "InceptionResNetV2",
        "inception-resnet-v2",
        size=299,
        smallest=75,
        maps=_maps,
        top=pooled_top,
        options=options,
        name=name,
    )


def _maps(put: Made, x: Any) -> Any:
    x = _convolved(put, x, 32, 3, 3, strides=2, padding="valid")
    x = _convolved(put, x, 32, 3, 3, padding="valid")
    x = _convolved(put, x, 64, 3, 3)
    x = MaxPooling2D(3, strides=2)(x)
    x = _convolved(put, x, 80, 1, 1, padding="valid")
    x = _convolved(put, x, 192, 3, 3, padding="valid")
    x = MaxPooling2D(3, strides=2)(x)
    branches = [
        _chain(put, x, ((96, 1, 1),)),
        _chain(put, x, ((48, 1, 1), (64, 5, 5))),
        _chain(put, x, ((64, 1, 1), (96, 3, 3), (96, 3, 3))),
    ]
    pooled = AveragePooling2D(3, strides=1, padding="same")(x)
    branches.append(_convolved(put, pooled, 64, 1, 1))
    x = Concatenate(axis=3, name="mixed_5b")(branches)
    for number in range(1, 11):
        x = _residual(put, x, _BLOCK35, channels=320, scale=0.17, name=f"block35_{number}")
    x = _reduced(put, x, ((), ((256, 1, 1), (256, 3, 3))), (384, 384), "mixed_6a")
    for number in range(1, 21):
        x = _residual(put, x, _BLOCK17, channels=1088, scale=0.1, name=f"block17_{number}")
    x = _reduced(
        put, x, (((256, 1, 1),), ((256, 1, 1),), ((256, 1, 1), (288, 3, 3))), (384, 288, 320), "mixed_7a"
    )
    for number in range(1, 10):
        x = _residual(put, x, _BLOCK8, channels=2080, scale=0.2, name=f"block8_{number}")
    x = _residual(put, x, _BLOCK8, channels=2080, scale=1.0, name="block8_10", activate=False)
    return _convolved(put, x, 1536, 1, 1, name="conv_7b")


def _convolved(
    put: Made,
    x: Any,
    filters: int,
    rows: int,
    columns: int,
    *,
    strides: int = 1,
    padding: str = "same",
    name: str | None = None,
) -> Any:
    size = (rows, columns)
    x = put(Conv2D(filters, size, strides=strides, padding=padding, use_bias=False, name=name))(x)
    x = put(BatchNormalization(scale=False, name=name and f"{name}_bn"))(x)
    return Activation("relu", name=name and f"{name}_ac")(x)


def _chain(put: Made, x: Any, steps: Steps) -> Any:
    for filters, rows, columns in steps:
        x = _convolved(put, x, filters, rows, columns)
    return x


def _residual(
    put: Made,
    x: Any,
    branches: tuple[Steps, ...],
    channels: int,
    scale: float,
    name: str,
    *,
    activate: bool = True,
) -> Any:
    mixed = Concatenate(axis=3, name=f"{name}_mixed")([_chain(put, x, steps) for steps in branches])
    up = put(Conv2D(channels, 1, padding="same", name=f"{name}_conv"))(mixed)
    x = CustomScaleLayer(scale, name=name)([x, up])
    return Activation("relu", name=f"{name}_ac")(x) if activate else x


def _reduced(put: Made, x: Any, branches: tuple[Steps, ...], ends: tuple[int, ...], name: str) -> Any:
    """Each branch ends in a 3×3 convolution of stride 2; max-pooling beside them."""
    found = [
        _convolved(put, _chain(put, x, steps), filters, 3, 3, strides=2, padding="valid")
        for steps, filters in zip(branches, ends, strict=True)
    ]
    return Concatenate(axis=3, name=name)([*found, MaxPooling2D(3, strides=2)(x)])
