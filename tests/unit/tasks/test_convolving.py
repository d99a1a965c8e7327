"""Inputs by name, by path and as numbers, through ``prunelle.convolve``."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy import signal
from sklearn.datasets import load_digits, load_sample_image

import prunelle as pn
from prunelle.errors import ArgumentError, BadPicture, MissingData, UnknownName
from prunelle.jobs.convolving import INPUTS
from prunelle.tasks.convolving import save_convolution


def test_photos_are_scikit_learns():
    result = pn.convolve("china")
    np.testing.assert_array_equal(result.input, load_sample_image("china.jpg"))
    assert (result.input_name, result.kernel_name) == ("china", "sobel-x")
    assert result.output.shape == (425, 638)


def test_digits_are_scikit_learns():
    digits = load_digits()
    for wanted in range(10):
        found = pn.convolve(f"digit:{wanted}").input
        first = next(i for i in range(1797) if digits.target[i] == wanted)
        np.testing.assert_array_equal(found, digits.images[first])


@pytest.mark.parametrize("name", ["step", "bump", "noise"])
def test_signals(name):
    result = pn.convolve(name)
    assert result.input.ndim == 1
    assert result.kernel_name == "derivative"
    np.testing.assert_allclose(result.output, signal.correlate(result.input, [-1, 0, 1], mode="valid"))
    np.testing.assert_array_equal(result.input, pn.convolve(name).input)


def test_numbers_as_text_and_as_arrays():
    np.testing.assert_array_equal(pn.convolve("0,0,1,1,1", "-1,0,1").output, [1, 1, 0])
    assert pn.convolve("1,2;3,4", "1;1").output.tolist() == [[4, 6]]
    assert pn.convolve([[1, 2], [3, 4]], [[1], [1]]).output.tolist() == [[4, 6]]
    np.testing.assert_allclose(pn.convolve(np.ones((4, 4), np.uint8), "box").output, np.ones((2, 2)))


def test_grey_is_the_luminance():
    photo = load_sample_image("flower.jpg").astype(float)
    result = pn.convolve("flower", "identity", padding="same", channels="grey")
    # Whole levels of ITU-R BT.601.
    expected = np.rint(0.299 * photo[..., 0] + 0.587 * photo[..., 1] + 0.114 * photo[..., 2])
    np.testing.assert_array_equal(result.output, expected)


def test_a_path_is_read_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 31, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "grey.png")
    result = pn.convolve(tmp_path / "a.png", "redness")
    np.testing.assert_array_equal(result.input, pixels)
    assert result.input_name == "a.png"
    np.testing.assert_array_equal(pn.convolve(str(tmp_path / "grey.png")).input, pixels[..., 0])


def test_a_large_photo_is_reduced_and_turned_upright(tmp_path):
    image = Image.new("RGB", (1600, 900))
    image.paste("red", (0, 0, 800, 900))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right to be upright
    image.save(tmp_path / "phone.jpg", exif=exif)
    found = pn.convolve(tmp_path / "phone.jpg").input
    assert found.shape == (640, 360, 3)
    # What was on the left is on top.
    assert found[100, 180, 0] > 240
    assert found[540, 180, 0] < 15


def test_what_is_no_input(tmp_path):
    with pytest.raises(UnknownName, match=r"'chima'.*Did you mean 'china'") as caught:
        pn.convolve("chima")
    assert all(name in str(caught.value) for name in INPUTS)
    with pytest.raises(MissingData, match=r"no picture 'no/such.jpg'. Inputs by name: china"):
        pn.convolve("no/such.jpg")
    (tmp_path / "text.jpg").write_text("no picture at all")
    with pytest.raises(BadPicture, match=r"text.jpg: not a picture"):
        pn.convolve(tmp_path / "text.jpg")
    (tmp_path / "empty.png").touch()
    with pytest.raises(BadPicture, match=r"empty.png: empty file"):
        pn.convolve(str(tmp_path / "empty.png"))
    Image.new("RGB", (300, 300), "red").save(tmp_path / "cut.png")
    content = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(BadPicture, match=r"cut.png: truncated or damaged"):
        pn.convolve(tmp_path / "cut.png")
    with pytest.raises(ArgumentError, match="source must be numbers in rows of one length"):
        pn.convolve([[1], [2, 3]])
    with pytest.raises(UnknownName, match="kernel for a signal 'sobel-x'"):
        pn.convolve("step", "sobel-x")


def test_what_is_left_out_is_said(tmp_path, capsys):
    result = pn.convolve("1,2,3,4", "1,1")
    files = save_convolution(result, tmp_path, language="en", style="lines")
    said = capsys.readouterr().err
    assert "Left out: channels needs a colour picture (or 2 to 4 channels) whose channels are summed." in said
    assert not any(path.name.startswith("channels") for path in files)
    with pytest.raises(ArgumentError, match="channels needs a colour picture"):
        save_convolution(result, tmp_path, only=["channels"], style="quiet")
