"""VGG: Simonyan and Zisserman, arXiv:1409.1556, columns D and E."""

from __future__ import annotations

from typing import Any

from prunelle.keras.applications.building import Made, Options, make
from prunelle.keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from prunelle.keras.models import Model

_FILTERS = (64, 128, 256, 512, 512)


def vgg(function: str, network: str, name: str, depths: tuple[int, ...], options: Options) -> Model:
    """The model with ``depths`` convolutions in its five blocks."""

    def maps(put: Made, x: Any) -> Any:
        for block, (depth, filters) in enumerate(zip(depths, _FILTERS, strict=True), 1):
            for number in range(1, depth + 1):
                layer = Conv2D(
                    filters, (3, 3), activation="relu", padding="same", name=f"block{block}_conv{number}"
                )
                x = put(layer)(x)
            x = MaxPooling2D((2, 2), strides=(2, 2), name=f"block{block}_pool")(x)
        return x

    return make(function, network, size=224, smallest=32, maps=maps, top=_top, options=options, name=name)


def _top(put: Made, x: Any, options: Options) -> Any:
    x = Flatten(name="flatten")(x)
    x = put(Dense(4096, activation="relu", name="fc1"))(x)
    x = put(Dense(4096, activation="relu", name="fc2"))(x)
    return put(Dense(options.classes, activation=options.classifier_activation, name="predictions"))(x)
