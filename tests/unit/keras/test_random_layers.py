"""Layers that draw, constraints and backend functions. Where both bounds are one value, what is drawn is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from prunelle import keras as ours
from prunelle.keras import backend as k
from prunelle.keras import layers
from tests.unit.keras.oracle import numbers, real_keras

# A smooth picture: bilinear samples of it differ little with where exactly a sample is taken.
ROWS, COLUMNS = np.mgrid[0:12, 0:16].astype(np.float32)
PICTURES = np.stack([np.sin(ROWS / 5 + COLUMNS / 7), ROWS / 12, COLUMNS / 16], -1)[None].repeat(2, 0)


@pytest.mark.parametrize("fill", ["constant", "nearest", "reflect"])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("RandomTranslation", {"height_factor": (0.25, 0.25), "width_factor": (-0.125, -0.125)}),
        ("RandomZoom", {"height_factor": (0.3, 0.3)}),
        ("RandomZoom", {"height_factor": (-0.4, -0.4), "width_factor": (-0.2, -0.2)}),
        ("RandomRotation", {"factor": (0.25, 0.25)}),
        ("RandomRotation", {"factor": (0.06, 0.06)}),
    ],
    ids=str,
)
def test_moved_pictures(name: str, arguments: dict[str, Any], fill: str) -> None:
    keras = real_keras()
    theirs = getattr(keras.layers, name)(**arguments, fill_mode=fill)
    expected = np.asarray(theirs(PICTURES, training=True))
    found = getattr(layers, name)(**arguments, fill_mode=fill)(PICTURES, training=True).numpy()
    # Keras counts a picture's middle from pixel centres, PyTorch from corners; at the border the two ways to
    # fill half a pixel beyond differ, so the inside is compared.
    np.testing.assert_allclose(found[:, 3:-3, 3:-3], expected[:, 3:-3, 3:-3], atol=0.06)
    assert np.abs(found - PICTURES).max() > 0.1
    np.testing.assert_array_equal(getattr(layers, name)(**arguments)(PICTURES).numpy(), PICTURES)


def test_brightness_and_contrast() -> None:
    bright = layers.RandomBrightness((0.3, 0.3), value_range=(0.0, 1.0))(PICTURES, training=True).numpy()
    np.testing.assert_allclose(bright, (PICTURES + 0.3).clip(0, 1), atol=1e-6)
    layer = layers.RandomContrast((0.2, 0.6), value_range=(-9.0, 9.0))
    torch.manual_seed(0)
    shares = []
    for _ in range(40):
        found = layer(PICTURES, training=True).numpy()
        centred = PICTURES - PICTURES.mean((1, 2), keepdims=True)
        moved = found - PICTURES.mean((1, 2), keepdims=True)
        for picture, before in zip(moved, centred, strict=True):
            share = (picture * before).sum() / (before * before).sum()
            np.testing.assert_allclose(picture, share * before, atol=1e-5)
            shares.append(share)
    assert 0.8 <= min(shares) < 0.85
    assert 1.55 < max(shares) <= 1.6
    assert layers.RandomContrast(0.5)(300 + PICTURES, training=True).max() == 255


@pytest.mark.parametrize(("mode", "axis"), [("horizontal", 2), ("vertical", 1)])
def test_flips(mode: str, axis: int) -> None:
    torch.manual_seed(0)
    x = numbers(64, 4, 5, 3)
    found = layers.RandomFlip(mode)(x, training=True).numpy()
    flipped = [np.array_equal(a, np.flip(b, axis - 1)) for a, b in zip(found, x, strict=True)]
    kept = [np.array_equal(a, b) for a, b in zip(found, x, strict=True)]
    assert all(a != b for a, b in zip(flipped, kept, strict=True))
    assert 16 < sum(flipped) < 48


def test_crops() -> None:
    x = np.arange(8 * 9, dtype=np.float32).reshape(1, 8, 9, 1)
    crop = layers.RandomCrop(5, 6)
    torch.manual_seed(0)
    corners = {float(crop(x, training=True)[0, 0, 0, 0]) for _ in range(60)}
    assert len(corners) > 8
    assert {divmod(int(corner), 9)[0] for corner in corners} == {0, 1, 2, 3}
    assert float(crop(x)[0, 0, 0, 0]) == 1 * 9 + 1


def test_normalization_measures_as_keras_does() -> None:
    keras = real_keras()
    data = numbers(30, 4, 3) * 5 + 2
    mine, theirs = layers.Normalization(), keras.layers.Normalization()
    for layer in (mine, theirs):
        layer.adapt(data)
    np.testing.assert_allclose(mine(data).numpy(), np.asarray(theirs(data)), rtol=1e-4, atol=1e-5)


def test_dropout_of_whole_maps_and_noise() -> None:
    torch.manual_seed(0)
    x = np.ones((8, 5, 6, 10), np.float32)
    maps = layers.SpatialDropout2D(0.4)(x, training=True).numpy()
    assert all(len(np.unique(one[..., c])) == 1 for one in maps for c in range(10))
    assert 0.2 < (maps[:, 0, 0] == 0).mean() < 0.6
    np.testing.assert_allclose(maps[maps > 0], 1 / 0.6)
    shared = layers.Dropout(0.5, noise_shape=(None, 1, 1, 10))(x, training=True).numpy()
    assert all(len(np.unique(one[..., c])) == 1 for one in shared for c in range(10))
    noise = layers.GaussianNoise(0.5)(x, training=True).numpy()
    assert noise.std() == pytest.approx(0.5, rel=0.1)
    np.testing.assert_array_equal(layers.GaussianNoise(0.5)(x).numpy(), x)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MaxNorm", {"max_value": 0.7}),
        ("MaxNorm", {"max_value": 1.0, "axis": [0, 1]}),
        ("NonNeg", {}),
        ("UnitNorm", {}),
    ],
    ids=str,
)
def test_constraints(name: str, arguments: dict[str, Any]) -> None:
    keras = real_keras()
    weight = numbers(3, 4, 5)
    found = getattr(ours.constraints, name)(**arguments)(torch.from_numpy(weight))
    expected = getattr(keras.constraints, name)(**arguments)(weight)
    np.testing.assert_allclose(found.numpy(), np.asarray(expected), rtol=1e-5, atol=1e-6)


def test_a_constraint_holds_after_each_step() -> None:
    model = ours.Sequential(
        [layers.Dense(6, kernel_constraint=ours.constraints.MaxNorm(0.3), input_shape=(4,))]
    )
    model.compile(ours.optimizers.SGD(1.0), "mse")
    model.fit(numbers(16, 4), numbers(16, 6), verbose=0)
    norms = np.linalg.norm(model.get_weights()[0], axis=0)
    assert norms.max() <= 0.3 + 1e-5
    assert norms.max() > 0.29


def test_backend_functions_are_numpys() -> None:
    x = numbers(3, 4, 5)
    for name in ("mean", "sum", "max", "min", "std", "var"):
        for axis, keepdims in ((None, False), (1, True), ((0, 2), False)):
            found = getattr(k, name)(x, axis=axis, keepdims=keepdims).numpy()
            np.testing.assert_allclose(
                found, getattr(np, name)(x, axis=axis, keepdims=keepdims), rtol=1e-4, atol=1e-5
            )
    for name in ("abs", "square", "exp", "sign", "tanh", "round"):
        np.testing.assert_allclose(getattr(k, name)(x).numpy(), getattr(np, name)(x), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(k.argmax(x).numpy(), x.argmax(-1))
    np.testing.assert_allclose(k.clip(x, -1, 1).numpy(), x.clip(-1, 1))
    assert k.int_shape(x) == (3, 4, 5)
    assert k.batch_flatten(x).shape == (3, 20)
    assert (k.image_data_format(), k.floatx(), k.epsilon()) == ("channels_last", "float32", 1e-7)


def test_names_begin_again() -> None:
    k.clear_session()
    assert [layers.Conv2D(1, 1).name for _ in range(3)] == ["conv2d", "conv2d_1", "conv2d_2"]
    assert layers.MaxPooling2D().name == "max_pooling2d"
    k.clear_session()
    assert layers.Conv2D(1, 1).name == "conv2d"
