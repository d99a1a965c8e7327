"""Inception v3, their pictures and their answers."""

from __future__ import annotations

from typing import Any

from prunelle.keras import absent
from prunelle.keras.applications import imagenet_utils, inception
from prunelle.keras.applications.building import Options
from prunelle.keras.applications.imagenet_utils import decode_predictions
from prunelle.keras.models import Model

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]


def InceptionV3(  # noqa: N802 (Keras calls it so)
    include_top: bool = True,
    weights: Any = "imagenet",
    input_tensor: Any = None,
    input_shape: tuple[int | None, ...] | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: Any = "softmax",
) -> Model:
    """Inception v3, for 299×299 pixels with its top. The arguments are those of ``Options``."""
    options = Options(
        include_top=include_top,
        weights=weights,
        input_tensor=input_tensor,
        input_shape=input_shape,
        pooling=pooling,
        classes=classes,
        classifier_activation=classifier_activation,
    )
    return inception.inception_v3(options)


def preprocess_input(x: Any, data_format: str | None = None) -> Any:
    """Pictures of 0 to 255 as the model wants them: from -1 to 1. See ``imagenet_utils``."""
    return imagenet_utils.preprocess_input(x, data_format, "tf")


__getattr__ = absent.reporter(__name__)
