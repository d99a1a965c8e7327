"""ResNet-50, ResNet-101, ResNet-152, their pictures and their answers."""

from __future__ import annotations

from typing import Any

from prunelle.keras import absent
from prunelle.keras.applications import imagenet_utils
from prunelle.keras.applications.building import Options
from prunelle.keras.applications.imagenet_utils import decode_predictions
from prunelle.keras.applications.resnet_v1 import resnet
from prunelle.keras.models import Model

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]


def ResNet50(  # noqa: N802 (Keras calls it so)
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
) -> Model:
    """ResNet-50, for 224×224 pixels with its top. The arguments are those of ``Options``."""
    options = Options(
        include_top=include_top,
        weights=weights,
        input_tensor=input_tensor,
        input_shape=input_shape,
        pooling=pooling,
        classes=classes,
        classifier_activation=classifier_activation,
    )
    return resnet("ResNet50", "resnet50", "resnet50", (3, 4, 6, 3), options)


def ResNet101(  # noqa: N802 (Keras calls it so)
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
) -> Model:
    """ResNet-101, for 224×224 pixels with its top. The arguments are those of ``Options``."""
    options = Options(
        include_top=include_top,
        weights=weights,
        input_tensor=input_tensor,
        input_shape=input_shape,
        pooling=pooling,
        classes=classes,
        classifier_activation=classifier_activation,
    )
    return resnet("ResNet101", "resnet101", "resnet101", (3, 4, 23, 3), options)


def ResNet152(  # noqa: N802 (Keras calls it so)
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
) -> Model:
    """ResNet-152, for 224×224 pixels with its top. The arguments are those of ``Options``."""
    options = Options(
        include_top=include_top,
        weights=weights,
        input_tensor=input_tensor,
        input_shape=input_shape,
        pooling=pooling,
        classes=classes,
        classifier_activation=classifier_activation,
    )
    return resnet("ResNet152", "resnet152", "resnet152", (3, 8, 36, 3), options)


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Pictures of 0 to 255 as the model wants them: BGR, ImageNet's mean taken off. See ``imagenet_utils``."""
    return imagenet_utils.preprocess_input(x, data_format, "caffe")


__getattr__ = absent.reporter(__name__)
