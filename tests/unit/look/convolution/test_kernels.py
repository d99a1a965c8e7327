from __future__ import annotations

import numpy as np
import pytest

from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.convolution import kernels


@pytest.mark.parametrize(
    ("name", "dims", "expected"),
    [
        ("sobel-x", 2, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        ("sobel-y", 2, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
        ("gaussian", 2, np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16),
        ("gaussian:5", 1, np.array([1, 4, 6, 4, 1]) / 16),
        ("box", 2, np.full((3, 3), 1 / 9)),
        ("box:5", 1, np.full(5, 0.2)),
        ("derivative", 1, [-1, 0, 1]),
        ("sharpen", 2, [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    ],
)
def test_by_name(name, dims, expected):
    np.testing.assert_allclose(kernels.named(name, dims), expected, rtol=1e-15)


@pytest.mark.parametrize("dims", [1, 2])
def test_all_have_their_sums(dims):
    """Those that look for changes see nothing where all is the same; the others leave it as it is."""
    for name in kernels.names(dims):
        total = kernels.named(name, dims).sum()
        changes = name in ("sobel-x", "sobel-y", "laplacian", "derivative")
        assert total == pytest.approx(0 if changes else 1, abs=1e-12), name


def test_the_largest_gaussian_is_one():
    kernel = kernels.named("gaussian:101", 1)
    assert kernel.sum() == pytest.approx(1)
    places = np.arange(101) - 50
    # Binomial: the standard deviation is √100 / 2.
    assert np.sqrt((kernel * places**2).sum()) == pytest.approx(5)


def test_redness_sees_red_and_not_white():
    kernel = kernels.named("redness", 2, channels=True)
    assert kernel.shape == (3, 3, 3)
    assert (kernel * [255, 0, 0]).sum() == pytest.approx(255)
    assert (kernel * [255, 255, 255]).sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-1,0,1", [-1, 0, 1]),
        ("3", [3]),
        (" .5 , 1e-1", [0.5, 0.1]),
        ("1/9,-1/3", [1 / 9, -1 / 3]),
        ("1,2;3,4", [[1, 2], [3, 4]]),
        ("1,2;", [[1, 2]]),
        ("1,2;3,4|5,6;7,8", np.moveaxis(np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]), 0, -1)),
    ],
)
def test_numbers_as_text(text, expected):
    np.testing.assert_allclose(kernels.from_text(text), expected)


@pytest.mark.parametrize("text", ["sobel-x", "1.jpg", "2024-photo.png", "nan", ""])
def test_what_is_no_number_is_a_name(text):
    assert kernels.from_text(text) is None


@pytest.mark.parametrize("text", ["1,2;3", "1,,2", "1/0", "1,x", "1,2|3"])
def test_numbers_badly_written(text):
    with pytest.raises(ArgumentError, match="numbers must be written as"):
        kernels.from_text(text)


def test_unknown_and_misused_names():
    with pytest.raises(UnknownName, match=r"Did you mean 'sobel-[xy]'"):
        kernels.named("sobel", 2)
    with pytest.raises(UnknownName, match="kernel for a signal 'sobel-x'"):
        kernels.named("sobel-x", 1)
    with pytest.raises(ArgumentError, match="this input is grey"):
        kernels.named("redness", 2)
    for text in ("gaussian:4", "gaussian:", "box:x", "box:103"):
        with pytest.raises(ArgumentError, match="must be odd and at most 101"):
            kernels.named(text, 2)
    with pytest.raises(ArgumentError, match="only the kernels box and gaussian come in sizes"):
        kernels.named("sobel-x:5", 2)
