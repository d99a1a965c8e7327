"""The middle of a picture, as published ImageNet figures were measured."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from prunelle.data.decode import read_picture
from prunelle.data.examples import Split
from prunelle.data.preprocess import Preprocess
from prunelle.data.resizing import fit_array
from prunelle.errors import ArgumentError

RNG = np.random.default_rng(0)


def encoded(picture: np.ndarray, form: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, form, **({"quality": 95} if form == "JPEG" else {}))
    return stream.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("shape", [(64, 80), (64, 64), (56, 56)])
def test_resize_then_keep_the_middle(form: str, shape: tuple[int, int]) -> None:
    content = encoded(RNG.integers(0, 256, (*shape, 3), np.uint8), form)
    found = read_picture(content, "x", Preprocess(size=(56, 56), crop_fraction=56 / 64))
    image = Image.open(io.BytesIO(content))
    shorter = min(shape)
    resized = image.resize((image.width * 64 // shorter, 64), Image.Resampling.BILINEAR)
    left = (resized.width - 56) // 2
    expected = np.asarray(resized)[4:60, left : left + 56]
    # Two decoders of JPEG, and rounding at another moment.
    assert np.abs(found.astype(int) - expected).max() <= 2


def test_arrays_are_cut_too_and_one_is_all_of_it() -> None:
    array = RNG.integers(0, 256, (2, 64, 64, 3), np.uint8)
    cut = fit_array(array, Preprocess(size=(56, 56), crop_fraction=56 / 64))
    np.testing.assert_array_equal(cut, array[:, 4:60, 4:60])
    # The right size already, and still to be cut.
    assert not np.array_equal(fit_array(array, Preprocess(size=(64, 64), crop_fraction=0.5)), array)
    assert fit_array(array, Preprocess(size=(64, 64))) is array


def test_the_cache_tells_them_apart(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path))
    split = Split("test", np.zeros(2, np.int64), None, RNG.integers(0, 256, (2, 64, 64, 3), np.uint8))
    whole = split.decode(Preprocess(size=(32, 32)), in_memory=False)
    middle = split.decode(Preprocess(size=(32, 32), crop_fraction=0.5), in_memory=False)
    assert not np.array_equal(whole.images, middle.images)


def test_values_that_make_no_sense() -> None:
    for value in (0, -1, 1.01):
        with pytest.raises(ArgumentError, match="crop_fraction must be above 0, at most 1"):
            Preprocess(size=(4, 4), crop_fraction=value)
    with pytest.raises(ArgumentError, match="goes with fit='crop'"):
        Preprocess(size=(4, 4), crop_fraction=0.5, fit="pad")
    kept = Preprocess(size=(4, 4), crop_fraction=0.875)
    assert Preprocess.from_json(kept.to_json()) == kept
