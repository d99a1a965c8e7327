"""Sizes, statistics and normalisation, against NumPy in float64."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError, UnknownName


@pytest.mark.parametrize("channels", [1, 3])
def test_statistics_are_those_of_float64(channels: int) -> None:
    # More than one chunk of 1,024 pictures, the last one partial, each channel with its own range.
    random = np.random.default_rng(0)
    images = random.integers(0, 100, (2500, 3, 5, channels), dtype=np.uint8)
    images += (np.arange(channels) * 70).astype(np.uint8)
    found = Preprocess(size=(3, 5), channels=channels).with_statistics(images)
    exact = images.astype(np.float64) / 255
    # Six decimals are kept.
    np.testing.assert_allclose(found.mean, exact.mean(axis=(0, 1, 2)), rtol=0, atol=5.1e-7)
    np.testing.assert_allclose(found.std, exact.std(axis=(0, 1, 2)), rtol=0, atol=5.1e-7)


def test_statistics_by_hand() -> None:
    # A quarter white, the rest black: mean 1/4, std √(1/4 · 3/4).
    images = np.array([0, 0, 0, 255], np.uint8).reshape(1, 2, 2, 1)
    found = Preprocess(size=(2, 2), channels=1).with_statistics(images)
    assert found.mean == (0.25,)
    assert found.std == (0.433013,)


def test_statistics_do_not_depend_on_the_order() -> None:
    images = np.random.default_rng(1).integers(0, 256, (3000, 4, 4, 3), dtype=np.uint8)
    preprocess = Preprocess(size=(4, 4))
    assert preprocess.with_statistics(images) == preprocess.with_statistics(images[::-1])


def test_statistics_do_not_overflow() -> None:
    # 2**26 white pixels: their sum, 255 · 2**26, does not fit in 32 bits.
    white = np.broadcast_to(np.uint8(255), (1 << 10, 1 << 8, 1 << 8, 1))
    found = Preprocess(size=(256, 256), channels=1).with_statistics(white)
    assert (found.mean, found.std) == ((1.0,), (1.0,))


def test_a_channel_without_contrast_has_a_std_of_1() -> None:
    images = np.zeros((2, 4, 4, 3), np.uint8)
    images[..., 1] = 77
    images[0, ..., 2] = 255
    found = Preprocess(size=(4, 4)).with_statistics(images)
    assert found.std == (1.0, 1.0, 0.5)
    assert found.mean == (0.0, round(77 / 255, 6), 0.5)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_normalise_is_what_numpy_says(
    channels: int, dtype: torch.dtype, memory_format: torch.memory_format
) -> None:
    mean, std = (0.2, 0.4, 0.6)[:channels], (0.1, 0.25, 0.5)[:channels]
    preprocess = Preprocess(size=(4, 5), channels=channels, mean=mean, std=std)
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (7, channels, 4, 5), dtype=np.uint8))
    images = images.to(dtype).contiguous(memory_format=memory_format)
    before = images.clone()
    answer = preprocess.normalise(images)
    wide = (channels, 1, 1)
    expected = (images.numpy() / 255 - np.array(mean).reshape(wide)) / np.array(std).reshape(wide)
    assert answer.dtype == torch.float32
    assert answer.shape == images.shape
    assert answer.is_contiguous(memory_format=memory_format)
    assert torch.equal(images, before)
    # Values up to 8, one rounding each of scale, shift and sum in float32.
    np.testing.assert_allclose(answer.numpy(), expected, rtol=0, atol=3e-6)


def test_normalised_training_pictures_have_mean_0_and_std_1() -> None:
    images = np.random.default_rng(3).integers(0, 90, (200, 6, 6, 3), dtype=np.uint8)
    preprocess = Preprocess(size=(6, 6)).with_statistics(images)
    answer = preprocess.normalise(torch.from_numpy(images).permute(0, 3, 1, 2)).double()
    # Mean and std were rounded to six decimals.
    assert answer.mean(dim=(0, 2, 3)).abs().max() < 1e-5
    assert (answer.std(dim=(0, 2, 3), correction=0) - 1).abs().max() < 1e-5


def test_normalise_needs_statistics() -> None:
    with pytest.raises(ArgumentError, match=r"mean and std are not known yet; call with_statistics"):
        Preprocess(size=(2, 2)).normalise(torch.zeros(1, 3, 2, 2))


def test_the_input_counts_the_border() -> None:
    preprocess = Preprocess(size=(28, 20), border=2, channels=1)
    assert preprocess.input_size == (32, 24)
    assert preprocess.input_shape == (1, 32, 24)


def test_json_and_back_through_a_file() -> None:
    preprocess = Preprocess(size=(28, 20), fit="pad", border=2, channels=1, mean=(0.130661,), std=(0.308108,))
    values = preprocess.to_json()
    assert values == {
        "size": [28, 20],
        "fit": "pad",
        "crop_fraction": 1.0,
        "border": 2,
        "channels": 1,
        "mean": [0.130661],
        "std": [0.308108],
    }
    assert Preprocess.from_json(json.loads(json.dumps(values))) == preprocess
    assert Preprocess.from_json(Preprocess(size=(4, 4)).to_json()) == Preprocess(size=(4, 4))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": (0, 4)}, r"size must be a height and a width of at least 1 pixel, .* received \(0, 4\)"),
        ({"size": 32}, r"size must be a height and a width .* as \(32, 32\); received 32"),
        ({"size": (4,)}, r"size must be a height and a width .* received \(4,\)"),
        ({"channels": 4}, r"channels must be 1 \(grey\) or 3 \(RGB\); received 4"),
        ({"border": -1}, r"border must be at least 0 pixels; received -1"),
        ({"mean": (0.5,)}, r"mean must have 3 values, one a channel; received \(0\.5,\)"),
        ({"std": (0.5, 0.5)}, r"std must have 3 values"),
        ({"std": (0.5, 0.0, 0.5)}, r"std must be above 0"),
    ],
)
def test_what_breaks_a_rule_is_named(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Preprocess(**({"size": (4, 4)} | fields))  # type: ignore[arg-type]


def test_an_unknown_fit_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown fit 'crops'\. Did you mean 'crop'\?"):
        Preprocess(size=(4, 4), fit="crops")  # type: ignore[arg-type]
