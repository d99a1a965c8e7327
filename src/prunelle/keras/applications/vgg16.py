"""VGG-16, their pictures and their answers."""

from __future__ import annotations

from typing import Any

from prunelle.keras import absent
from prunelle.keras.applications import imagenet_utils
from prunelle.keras.applications.building import Options
from prunelle.keras.applications.imagenet_utils import decode_predictions
from prunelle.keras.applications.vgg import vgg
from prunelle.keras.models import Model

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]


def VGG16(  # noqa: N802 (Keras calls it so)
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
) -> Model:
    """VGG-16, for 224×224 pixels with its top. The arguments are those of ``Options``."""
    options = Options(
        include_top=include_top,
        weights=weights,
        input_tensor=input_tensor,
        input_shape=input_shape,
        pooling=pooling,
        classes=classes,
        classifier_activation=classifier_activation,
    )
    return vgg("VGG16", "vgg-d", "vgg16", (2, 2, 3, 3, 3), options)


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Pictures of 0 to 255 as the model wants them: BGR, ImageNet's mean taken off. See ``imagenet_utils``."""
    return imagenet_utils.preprocess_input(x, data_format, "caffe")


__getattr__ = absent.reporter(__name__)
