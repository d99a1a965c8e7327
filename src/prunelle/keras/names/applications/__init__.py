"""``keras.applications``: Keras's architectures, those of Prunelle's zoo with the zoo's published weights."""

from __future__ import annotations

import functools
import inspect
import os
from types import SimpleNamespace
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.keras import published
from prunelle.keras.floor import keras, private
from prunelle.keras.old_layers import PaddedConv2D
from prunelle.keras.overlay import Overlay, like

__all__ = [
    "VGG16",
    "VGG19",
    "InceptionResNetV2",
    "InceptionV3",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "Xception",
    "decode_predictions",
]

_KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")


def _created(build: Any, network: str) -> tuple[Any, list[Any]]:
    """A model, and its layers with weights in the order in which they were created."""
    made: list[Any] = []
    layer, overlay = keras.layers.Layer, Overlay()
    original = layer.__init__

    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        original(self, *args, **given)
        made.append(self)

    overlay.put(layer, "__init__", __init__)
    if network.startswith("resnet"):
        resnet = private("applications.resnet")
        overlay.put(
            resnet, "layers", SimpleNamespace(**vars(resnet.layers) | {"Conv2D": _stride_in_middle()})
        )
    try:
        model = build()
    finally:
        overlay.remove()
    return model, [each for each in made if each.weights and not isinstance(each, keras.Model)]


def _stride_in_middle() -> Any:
    """``Conv2D``, but that a stage's stride is in the 3×3 convolution of its first block.

    The paper and Keras have it in the 1×1 one before; torchvision's weights were trained so (arXiv:1812.01187,
    "ResNet-B"). Shapes and numbers of weights are the same.
    """
    strided: list[str] = []

    def convolution(filters: int, kernel_size: int, strides: int = 1, **given: Any) -> Any:
        name = str(given["name"])
        if name.endswith("_1_conv") and strides == 2:
            strided.append(name.replace("_1_conv", "_2_conv"))
            return keras.layers.Conv2D(filters, kernel_size, **given)
        if name in strided:
            return PaddedConv2D(filters, kernel_size, strides=2, **given | {"padding": "valid"})
        return keras.layers.Conv2D(filters, kernel_size, strides=strides, **given)

    return convolution


def _of_the_zoo(name: str, network: str) -> Any:
    original = getattr(keras.applications, name)
    signature = inspect.signature(original)

    @functools.wraps(original)
    def build(*args: Any, **given: Any) -> Any:
        bound = signature.bind(*args, **given)
        bound.apply_defaults()
        chosen = dict(bound.arguments)
        weights = chosen["weights"]
        if weights is None or os.fspath(weights).endswith(_KERAS_SUFFIXES):
            return original(**chosen)
        if weights == "imagenet" and chosen["include_top"] and chosen["classes"] != 1000:
            raise ArgumentError(
                f"{name}: weights='imagenet' with include_top=True has 1000 classes; received classes="
                f"{chosen['classes']}. Take include_top=False and add a last layer, or weights=None."
            )
        shape = chosen.get("input_shape")
        if weights == "imagenet" and shape is not None and len(shape) == 3 and shape[2] != 3:
            raise ArgumentError(f"{name}: weights='imagenet' needs 3 channels; received input_shape={shape}.")
        model, made = _created(lambda: original(**chosen | {"weights": None}), network)
        published.load(made, network, os.fspath(weights), include_top=bool(chosen["include_top"]))
        return model

    return build


VGG16 = _of_the_zoo("VGG16", "vgg-d")
VGG19 = _of_the_zoo("VGG19", "vgg-e")
ResNet50 = _of_the_zoo("ResNet50", "resnet50")
ResNet101 = _of_the_zoo("ResNet101", "resnet101")
ResNet152 = _of_the_zoo("ResNet152", "resnet152")
InceptionV3 = _of_the_zoo("InceptionV3", "inception-v3")
Xception = _of_the_zoo("Xception", "xception")
InceptionResNetV2 = _of_the_zoo("InceptionResNetV2", "inception-resnet-v2")


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """The likeliest of ImageNet's 1,000 classes.

    Args:
        preds: ``(N, 1000)``.
        top: how many.

    Returns:
        For each picture, ``(WordNet's identifier, name, value)``, the largest first.
    """
    from prunelle.networks.published import imagenet_classes

    values = np.asarray(preds.detach().cpu() if hasattr(preds, "detach") else preds)
    if values.ndim != 2 or values.shape[1] != 1000:
        raise ArgumentError(
            f"preds must be answers of a model with ImageNet's top, (N, 1000); received shape {values.shape}."
        )
    classes = [(identifier, name.replace(" ", "_")) for identifier, name in imagenet_classes().items()]
    return [[(*classes[index], float(row[index])) for index in np.argsort(row)[::-1][:top]] for row in values]
