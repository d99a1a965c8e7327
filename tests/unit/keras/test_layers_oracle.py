"""Every layer against the real Keras: same configuration and weights, so same shapes, outputs and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from prunelle.keras import layers
from prunelle.keras.layers.base import Layer
from tests.unit.keras.oracle import numbers, real_keras, with_gradients

# Both sides compute in float32, in other orders: sums of a few hundred products differ in the last digits.
TOLERANCE = {"rtol": 2e-4, "atol": 2e-5}

SIZES = [(8, 8), (9, 7)]
CASES: list[tuple[str, dict[str, Any], list[tuple[int, ...]]]] = []


def case(name: str, *shapes: tuple[int, ...], **arguments: Any) -> None:
    CASES.append((name, arguments, list(shapes)))


for height, width in SIZES:
    picture = (2, height, width, 3)
    for padding in ("valid", "same"):
        for kernel in (1, 2, 3, (4, 3), 5):
            for strides in (1, 2, 3):
                # oneDNN's own overrun (training/speed.py) would strike in Keras.
                channels = 8 if kernel == 1 and strides > 1 else 3
                shape = (2, height, width, channels)
                case("Conv2D", shape, filters=4, kernel_size=kernel, strides=strides, padding=padding)
        for kernel, strides in ((2, 1), (2, 2), (3, 2), (3, 3), (5, 3)):
            case("DepthwiseConv2D", picture, kernel_size=kernel, strides=strides, padding=padding)
            case("SeparableConv2D", picture, filters=4, kernel_size=kernel, strides=strides, padding=padding)
            case("MaxPooling2D", picture, pool_size=kernel, strides=strides, padding=padding)
            if (
                padding == "valid"
            ):  # "same" on Keras's torch backend counts its border: test_mean_of_the_inside
                case("AveragePooling2D", picture, pool_size=kernel, strides=strides)
        for kernel, strides in ((1, 1), (2, 2), (3, 1), (3, 2), (4, 2), (2, 3), (5, 3), (5, 2)):
            case("Conv2DTranspose", picture, filters=4, kernel_size=kernel, strides=strides, padding=padding)
    case("Conv2D", picture, filters=4, kernel_size=3, padding="same", dilation_rate=2)
    case("Conv2D", picture, filters=4, kernel_size=(2, 3), padding="same", dilation_rate=(3, 2))
    case("DepthwiseConv2D", picture, kernel_size=3, padding="same", depth_multiplier=3, activation="relu")
    case(
        "SeparableConv2D",
        picture,
        filters=5,
        kernel_size=3,
        padding="same",
        depth_multiplier=2,
        use_bias=False,
    )
    case("GlobalAveragePooling2D", picture)
    case("GlobalMaxPooling2D", picture)
    case("GlobalAveragePooling2D", picture, keepdims=True)
    case("ZeroPadding2D", picture, padding=((1, 2), (0, 3)))
    case("Cropping2D", picture, cropping=((1, 2), (0, 3)))
    case("UpSampling2D", picture, size=(2, 3))
    case("UpSampling2D", picture, size=2, interpolation="bilinear")
    case("Flatten", picture)
    case("Permute", picture, dims=(3, 1, 2))
    case("BatchNormalization", picture)

case("Conv2D", (2, 6, 6, 4), filters=6, kernel_size=3, groups=2, activation="relu")
case("Conv2D", (2, 6, 6, 3), filters=4, kernel_size=3, activation="softmax")
case("Conv2D", (2, 6, 6, 3), filters=4, kernel_size=3, activation="tanh", use_bias=False)
for length in (10, 11):
    signal = (2, length, 3)
    for padding in ("valid", "same", "causal"):
        for kernel, strides in ((1, 1), (2, 1), (3, 2), (4, 3)):
            case("Conv1D", signal, filters=4, kernel_size=kernel, strides=strides, padding=padding)
    for padding in ("valid", "same"):
        for size, strides in ((2, None), (3, 2), (3, 1)):
            case("MaxPooling1D", signal, pool_size=size, strides=strides, padding=padding)
            if padding == "valid":
                case("AveragePooling1D", signal, pool_size=size, strides=strides)
    case("Conv1D", signal, filters=4, kernel_size=3, dilation_rate=2, padding="causal")
    case("GlobalAveragePooling1D", signal)
    case("GlobalMaxPooling1D", signal)
    case("UpSampling1D", signal, size=3)
    case("ZeroPadding1D", signal, padding=(1, 2))
    case("BatchNormalization", signal)
    case("Flatten", signal)
for shape in ((3, 5), (3, 4, 5), (3, 2, 4, 5)):
    case("Dense", shape, units=7)
    case("Dense", shape, units=7, activation="softmax")
    case("Dense", shape, units=7, activation="relu", use_bias=False)
    case("Activation", shape, activation="softmax")
    case("Softmax", shape)
    case("Softmax", shape, axis=1)
    case("LayerNormalization", shape)
    case("LeakyReLU", shape)
    case("LeakyReLU", shape, negative_slope=0.1)
    case("PReLU", shape, alpha_initializer="random_normal")
    case("ReLU", shape, max_value=1.0, negative_slope=0.2, threshold=0.3)
    case("ELU", shape, alpha=0.5)
    case("Rescaling", shape, scale=1 / 255, offset=-1.0)
    case("Dropout", shape, rate=0.5)
    for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
        case(kind, shape, shape)
    for kind in ("Add", "Average", "Concatenate"):
        case(kind, shape, shape, shape)
case("PReLU", (2, 3, 4, 5), shared_axes=[1, 2], alpha_initializer="random_normal")
case("Concatenate", (2, 3, 4, 5), (2, 6, 4, 5), axis=1)
case("Concatenate", (2, 3, 4, 5), (2, 3, 1, 5), axis=-2)
case("Add", (2, 4, 4, 3), (2, 1, 1, 3))
case("Multiply", (2, 4, 4, 3), (2, 4, 4, 1))
case("Dot", (3, 5), (3, 5), axes=1)
case("Dot", (3, 5), (3, 5), axes=1, normalize=True)
case("Dot", (3, 4, 5), (3, 6, 5), axes=2)
case("BatchNormalization", (6, 5), scale=False)
case("BatchNormalization", (6, 5), center=False, epsilon=1e-5)
case("Reshape", (2, 4, 6, 3), target_shape=(8, 9))
case("Reshape", (2, 24), target_shape=(2, 3, 4))
case("Reshape", (2, 4, 6, 3), target_shape=(-1, 2))
case("Reshape", (2, 12, 2), target_shape=(2, 2, 6))
case("RepeatVector", (3, 5), n=4)
case("Resizing", (2, 9, 7, 3), height=5, width=8)
case("Resizing", (2, 9, 7, 3), height=18, width=14, interpolation="nearest")
case("CenterCrop", (2, 9, 7, 3), height=5, width=4)
for activation in (
    *("relu", "relu6", "elu", "selu", "gelu", "silu", "swish", "sigmoid", "hard_sigmoid", "tanh", "softplus"),
    *("softsign", "exponential", "linear", "leaky_relu", "mish", "log_softmax"),
):
    case("Activation", (3, 4, 5), activation=activation)


def _label(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={each}" for key, each in value.items())
    return str(value)


def _ours(name: str, arguments: dict[str, Any], arrays: list[np.ndarray], weights: list[np.ndarray]) -> Layer:
    layer: Layer = getattr(layers, name)(**arguments)
    shapes = [(None, *array.shape[1:]) for array in arrays]
    layer.ensure_built(shapes if len(shapes) > 1 else shapes[0])
    assert [weight.shape for weight in layer.weights] == [array.shape for array in weights]
    layer.set_weights(weights)
    return layer


@pytest.mark.parametrize(("name", "arguments", "shapes"), CASES, ids=_label)
def test_layer(name: str, arguments: dict[str, Any], shapes: list[tuple[int, ...]]) -> None:
    keras = real_keras()
    arrays = [numbers(*shape, seed=i) for i, shape in enumerate(shapes)]
    theirs = getattr(keras.layers, name)(**arguments)
    theirs(arrays if len(arrays) > 1 else arrays[0])
    theirs.set_weights(
        [
            numbers(*w.shape, seed=20 + i) ** (2 if "var" in w.name else 1)
            for i, w in enumerate(theirs.weights)
        ]
    )
    ours = _ours(name, arguments, arrays, theirs.get_weights())

    trained = [weight.value for weight in theirs.trainable_weights]
    expected, by_theirs = with_gradients(theirs, theirs, arrays, trained)
    mine = [weight.tensor for weight in ours.trainable_weights]
    found, by_ours = with_gradients(ours, ours, arrays, mine)

    np.testing.assert_allclose(found, expected, **TOLERANCE)
    for i in range(len(arrays)):
        np.testing.assert_allclose(by_ours[i], by_theirs[i], **TOLERANCE)
    for weight, gradient, other in zip(
        ours.trainable_weights, by_ours[len(arrays) :], by_theirs[len(arrays) :], strict=True
    ):
        turned = weight._to_keras(torch.from_numpy(gradient)).numpy()
        np.testing.assert_allclose(turned, other, **TOLERANCE)
    given = [(None, *shape[1:]) for shape in shapes]
    shape = ours.compute_output_shape(given if len(given) > 1 else given[0])
    assert tuple(shape) == (None, *expected.shape[1:])
    assert ours.count_params() == theirs.count_params()


@pytest.mark.parametrize("height", [8, 9])
@pytest.mark.parametrize(("size", "strides"), [(2, 1), (2, 2), (3, 1), (3, 2), (3, 3), (5, 3)])
def test_mean_of_the_inside(height: int, size: int, strides: int) -> None:
    """Average pooling with ``same`` padding means what of a window is inside, as TensorFlow does."""
    x = numbers(2, height, 7, 3)
    rows, columns = -(-height // strides), -(-7 // strides)
    expected = np.empty((2, rows, columns, 3), np.float32)
    top = max((rows - 1) * strides + size - height, 0) // 2
    left = max((columns - 1) * strides + size - 7, 0) // 2
    for i in range(rows):
        for j in range(columns):
            y0, x0 = i * strides - top, j * strides - left
            window = x[:, max(y0, 0) : y0 + size, max(x0, 0) : x0 + size]
            expected[:, i, j] = window.mean((1, 2))
    found = layers.AveragePooling2D(size, strides, "same")(x).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    line = layers.AveragePooling1D(size, strides, "same")(x[:, :, 0]).numpy()
    for i in range(rows):
        y0 = i * strides - top
        np.testing.assert_allclose(line[:, i], x[:, max(y0, 0) : y0 + size, 0].mean(1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(6, 5), (4, 7, 5), (4, 3, 7, 5)], ids=str)
@pytest.mark.parametrize("trainable", [True, False])
def test_batch_normalization_in_training(shape: tuple[int, ...], trainable: bool) -> None:
    keras = real_keras()
    theirs = keras.layers.BatchNormalization(momentum=0.8)
    theirs.build(shape)
    theirs.set_weights([numbers(5, seed=i) ** 2 + 0.1 for i in range(4)])
    theirs.trainable = trainable
    x = numbers(*shape) * 2 + 1
    ours = _ours("BatchNormalization", {"momentum": 0.8}, [x], theirs.get_weights())
    assert isinstance(ours, layers.BatchNormalization)
    ours.freeze(not trainable)
    for _ in range(3):
        expected = theirs(x, training=True).detach().numpy()
        np.testing.assert_allclose(ours(x, training=True).detach().numpy(), expected, rtol=1e-4, atol=1e-5)
    # The moving averages are of the biased variance, with Keras's momentum.
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-6)


def test_every_layer_is_compared_or_random() -> None:
    """A layer that is added without a case here is seen."""
    elsewhere = {
        *("InputLayer", "Layer", "Lambda", "ActivityRegularization", "Normalization"),
        *("GaussianNoise", "SpatialDropout1D", "SpatialDropout2D", "RandomBrightness", "RandomContrast"),
        *("RandomCrop", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"),
    }
    classes = {getattr(layers, n) for n in layers.__all__ if isinstance(getattr(layers, n), type)}
    compared = {getattr(layers, name) for name, _, _ in CASES}
    assert {c.__name__ for c in classes - compared} == elsewhere
