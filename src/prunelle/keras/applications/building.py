"""What the published architectures have in common: their arguments, their input, their last layers, their weights."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any

from prunelle.errors import ArgumentError
from prunelle.keras import layers
from prunelle.keras.applications import published
from prunelle.keras.layers import Layer
from prunelle.keras.models import Model
from prunelle.keras.tensors import KerasTensor, ordered

_KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """The arguments that every architecture takes.

    Attributes:
        include_top: with the last dense layers, which classify.
        weights: None for random ones, ``"imagenet"``, or a file.
        input_tensor: what the model's input is made of.
        input_shape: ``(height, width, 3)``; the architecture's own with its top, any size without.
        pooling: without the top: None for maps, ``"avg"`` or ``"max"`` for one value a map.
        classes: outputs of the top.
        classifier_activation: of the top; None for logits.
    """

    include_top: bool = True
    weights: Any = "imagenet"
    input_tensor: Any = None
    input_shape: tuple[int | None, ...] | None = None
    pooling: str | None = None
    classes: int = 1000
    classifier_activation: Any = "softmax"


class Made(list[Layer]):
    """Layers in the order in which they are made; ``put(layer)`` is the layer."""

    def __call__(self, layer: Layer) -> Layer:
        self.append(layer)
        return layer


def make(
    function: str,
    network: str,
    size: int,
    smallest: int,
    maps: Callable[[Made, Any], Any],
    top: Callable[[Made, Any, Options], Any],
    options: Options,
    name: str,
    *,
    named_pooling: bool = False,
) -> Model:
    """The model.

    Args:
        function: as the program calls it, for errors.
        network: whose published weights are its.
        size, smallest: of the input, in pixels: with the top, and without.
        maps: from the input to the last maps.
        top: from the last maps to the classes.
        name: of the model.
        named_pooling: the pooling in the place of the top has a name of its own.
    """
    _check(function, options)
    tensor = _input(function, options, _shape(function, size, smallest, options))
    put = Made()
    x = maps(put, tensor)
    if options.include_top:
        x = top(put, x, options)
    elif options.pooling == "avg":
        x = layers.GlobalAveragePooling2D(name="avg_pool" if named_pooling else None)(x)
    elif options.pooling == "max":
        x = layers.GlobalMaxPooling2D(name="max_pool" if named_pooling else None)(x)
    model = Model(tensor if options.input_tensor is None else _sources(tensor), x, name=name)
    if options.weights is not None:
        file = os.fspath(options.weights)
        if file.endswith(_KERAS_SUFFIXES):
            model.load_weights(file)
        else:
            published.load(put, network, file, include_top=options.include_top)
    return model


def pooled_top(put: Made, x: Any, options: Options) -> Any:
    """Global average pooling and one dense layer."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    last = layers.Dense(options.classes, activation=options.classifier_activation, name="predictions")
    return put(last)(x)


def _check(function: str, options: Options) -> None:
    if options.weights == "imagenet" and options.include_top and options.classes != 1000:
        raise ArgumentError(
            f"{function}: weights='imagenet' with include_top=True has 1000 classes; received classes="
            f"{options.classes}. Take include_top=False and add a last layer, or weights=None."
        )
    if options.pooling not in (None, "avg", "max"):
        raise ArgumentError(
            f"{function}: pooling must be None, 'avg' or 'max'; received {options.pooling!r}."
        )


def _shape(function: str, size: int, smallest: int, options: Options) -> tuple[int | None, ...]:
    shape = options.input_shape
    if shape is None:
        return (size, size, 3) if options.include_top else (None, None, 3)
    if len(shape) != 3:
        raise ArgumentError(f"{function}: input_shape must be (height, width, 3); received {shape}.")
    if options.weights == "imagenet":
        if shape[2] != 3:
            raise ArgumentError(
                f"{function}: weights='imagenet' needs 3 channels; received input_shape={shape}."
            )
        if options.include_top and tuple(shape) != (size, size, 3):
            raise ArgumentError(
                f"{function}: weights='imagenet' with include_top=True needs input_shape=({size}, {size}, 3); received "
                f"{tuple(shape)}. Take include_top=False for other sizes."
            )
    if any(side is not None and side < smallest for side in shape[:2]):
        raise ArgumentError(
            f"{function}: input_shape must be at least {smallest}×{smallest} pixels; received {tuple(shape)}."
        )
    return tuple(shape)


def _input(function: str, options: Options, shape: tuple[int | None, ...]) -> Any:
    given = options.input_tensor
    if given is None:
        return layers.Input(shape=shape)
    if not isinstance(given, KerasTensor):
        raise ArgumentError(
            f"{function}: input_tensor must be what Input or a layer gives; received {given!r}."
        )
    return given


def _sources(tensor: KerasTensor) -> list[KerasTensor]:
    """The inputs that a symbolic tensor was computed from."""
    return [each for node in ordered([tensor]) if not node.inputs for each in node.outputs]
