"""How Keras's architectures want their pictures, and what their 1,000 answers are."""

from __future__ import annotations

from typing import Any

import numpy as np

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras import absent
from prunelle.keras.tensors import KerasTensor

__all__ = ["decode_predictions", "preprocess_input"]

CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Of ImageNet's blue, green and red, from 0 to 255."""

MODES = {
    "vgg-d": "caffe",
    "vgg-e": "caffe",
    "resnet50": "caffe",
    "resnet101": "caffe",
    "resnet152": "caffe",
    "inception-v3": "tf",
    "xception": "tf",
    "inception-resnet-v2": "tf",
}
"""Network of the zoo → ``preprocess_input`` of Keras's model of it."""

_TORCH_MEAN, _TORCH_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Pictures as an architecture wants them.

    Args:
        x: ``(H, W, 3)`` or ``(N, H, W, 3)``, RGB from 0 to 255; an array, a tensor, or a symbolic one.
        data_format: ``"channels_first"`` for ``(3, H, W)``.
        mode: ``"caffe"``: BGR, ImageNet's mean taken off; ``"tf"``: from -1 to 1; ``"torch"``: ImageNet's mean and
            deviation.

    Returns:
        The same shape, float32 for an array of integers. ``x`` itself is not changed.
    """
    if mode not in ("caffe", "tf", "torch"):
        raise UnknownName("mode", mode, ("caffe", "tf", "torch"))
    if isinstance(x, KerasTensor):
        from prunelle.keras.layers import Lambda

        return Lambda(lambda inner: preprocess_input(inner, data_format, mode))(x)
    if mode == "tf":
        return _floating(x) / 127.5 - 1.0
    axis = -3 if data_format == "channels_first" else -1
    if x.shape[axis] != 3:
        raise ArgumentError(f"x must have 3 channels; received shape {tuple(x.shape)}.")
    x = _floating(x)
    if mode == "caffe":
        return _flipped(x, axis) - _along(CAFFE_MEAN, x, axis)
    return (x / 255.0 - _along(_TORCH_MEAN, x, axis)) / _along(_TORCH_STD, x, axis)


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


def _floating(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x if x.dtype.kind == "f" else x.astype("float32")
    return x if x.is_floating_point() else x.float()


def _flipped(x: Any, axis: int) -> Any:
    return np.flip(x, axis) if isinstance(x, np.ndarray) else x.flip(axis)


def _along(values: tuple[float, ...], x: Any, axis: int) -> Any:
    column = np.array(values, "float32").reshape((-1,) + (1,) * (-axis - 1))
    return column if isinstance(x, np.ndarray) else x.new_tensor(column)


__getattr__ = absent.reporter(__name__)
