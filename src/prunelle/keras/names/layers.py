"""Layers that Keras 3 has no more, and old names of those it has."""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.lookup import IntegerLookup, StringLookup
from prunelle.keras.old_layers import (
    Highway,
    LocallyConnected1D,
    LocallyConnected2D,
    MaxoutDense,
    Merge,
    ThresholdedReLU,
    merge,
)
from prunelle.keras.text_vectorization import TextVectorization

OLD_NAMES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "SeparableConvolution1D": "SeparableConv1D",
    "DepthwiseConvolution2D": "DepthwiseConv2D",
    **{f"{a}Pool{n}D": f"{b}Pooling{n}D" for n in (1, 2, 3) for a, b in (("Max", "Max"), ("Avg", "Average"))},
    **{
        f"Global{a}Pool{n}D": f"Global{b}Pooling{n}D"
        for n in (1, 2, 3)
        for a, b in (("Max", "Max"), ("Avg", "Average"))
    },
    "CuDNNLSTM": "LSTM",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
}

__all__ = [
    *OLD_NAMES,
    "CuDNNGRU",
    "Highway",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "MaxoutDense",
    "Merge",
    "ThresholdedReLU",
    "merge",
    "IntegerLookup",
    "StringLookup",
    "TextVectorization",
    "InputSpec",
    "Sequential",
    "Model",
    "Network",
]

InputSpec = keras.layers.InputSpec
Sequential, Model, Network = keras.Sequential, keras.Model, keras.Model


def CuDNNGRU(units: int, **given: Any) -> Any:  # noqa: N802 (Keras called it so)
    """A ``GRU`` as NVIDIA's library computes it: the reset gate comes after the product."""
    return keras.layers.GRU(units, **{"reset_after": True} | given)


def __getattr__(name: str) -> Any:
    if name in OLD_NAMES:
        return getattr(keras.layers, OLD_NAMES[name])
    if name == "Node":
        return keras.src.ops.node.Node
    raise AttributeError(name)
