"""The numbers of a convolution against SciPy and PyTorch, and against sums written by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from scipy import ndimage, signal

from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.convolution.result import convolve

RNG = np.random.default_rng(3)
SIGNAL = RNG.normal(size=23)
PICTURE = RNG.normal(size=(11, 14))
COLOUR = RNG.normal(size=(9, 12, 3))


def spread(kernel: np.ndarray, dilation: tuple[int, ...]) -> np.ndarray:
    """The kernel with its gaps filled by zeros: what SciPy, which knows no dilation, is given."""
    wide = np.zeros([gap * (size - 1) + 1 for gap, size in zip(dilation, kernel.shape, strict=True)])
    wide[tuple(slice(None, None, gap) for gap in dilation)] = kernel
    return wide


@pytest.mark.parametrize("padding", ["valid", "same", "full"])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(
    ("values", "size"), [(SIGNAL, (5,)), (SIGNAL, (1,)), (PICTURE, (3, 5)), (PICTURE, (1, 3))]
)
def test_equals_scipy(values, size, flip, padding):
    kernel = RNG.normal(size=size)
    oracle = signal.convolve if flip else signal.correlate
    expected = oracle(values, kernel, mode=padding, method="direct")
    result = convolve(values, kernel, padding=padding, flip=flip)
    # Sums of at most 15 products, in another order.
    np.testing.assert_allclose(result.output, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("padding", ["valid", "full"])
@pytest.mark.parametrize("size", [(2, 4), (4, 3)])
def test_even_kernels_equal_scipy(size, padding):
    kernel = RNG.normal(size=size)
    expected = signal.correlate(PICTURE, kernel, mode=padding, method="direct")
    np.testing.assert_allclose(convolve(PICTURE, kernel, padding=padding).output, expected, atol=1e-13)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_stride_and_dilation_equal_scipy(stride, dilation):
    kernel = RNG.normal(size=(3, 2))
    wide = spread(kernel, (dilation, dilation))
    full = signal.correlate(PICTURE, wide, mode="valid", method="direct")
    result = convolve(PICTURE, kernel, stride=stride, dilation=dilation)
    np.testing.assert_allclose(result.output, full[::stride, ::stride], atol=1e-13)
    each = convolve(PICTURE, kernel, stride=(stride, 1), dilation=(1, dilation)).output
    expected = signal.correlate(PICTURE, spread(kernel, (1, dilation)), mode="valid", method="direct")
    np.testing.assert_allclose(each, expected[::stride], atol=1e-13)


@pytest.mark.parametrize(
    ("border", "mode"),
    [("zeros", "constant"), ("replicate", "nearest"), ("reflect", "mirror"), ("circular", "wrap")],
)
def test_borders_equal_scipy(border, mode):
    kernel = RNG.normal(size=(5, 3))
    expected = ndimage.correlate(PICTURE, kernel, mode=mode)
    result = convolve(PICTURE, kernel, padding="same", border=border)
    np.testing.assert_allclose(result.output, expected, atol=1e-13)


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [(1, (0, 0), 1, 1), (2, (1, 2), 1, 1), (3, (2, 0), 2, 1), (1, (1, 1), 1, 3), (2, (0, 1), 2, 3)],
)
def test_channels_equal_torch(stride, padding, dilation, groups):
    kernel = RNG.normal(size=(3, 3, 3))
    inputs = torch.from_numpy(COLOUR).permute(2, 0, 1)[None]
    weights = torch.from_numpy(kernel).permute(2, 0, 1)
    weights = weights[None] if groups == 1 else weights[:, None]
    expected = torch.nn.functional.conv2d(
        inputs, weights, stride=stride, padding=padding, dilation=dilation, groups=groups
    )[0]
    result = convolve(
        COLOUR,
        kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        channels="sum" if groups == 1 else "each",
    )
    expected = expected[0] if groups == 1 else expected.permute(1, 2, 0)
    np.testing.assert_allclose(result.output, expected.numpy(), atol=1e-12)
    assert result.parts.shape == (*result.output.shape[:2], 3)


@pytest.mark.parametrize(("kernel", "dilation"), [((4, 2), 1), ((3, 4), 2), ((2, 2), 1)])
def test_same_with_even_kernels_is_pytorchs(kernel, dilation):
    weights = RNG.normal(size=kernel)
    expected = torch.nn.functional.conv2d(
        torch.from_numpy(PICTURE)[None, None],
        torch.from_numpy(weights)[None, None],
        padding="same",
        dilation=dilation,
    )[0, 0]
    result = convolve(PICTURE, weights, padding="same", dilation=dilation)
    np.testing.assert_allclose(result.output, expected.numpy(), atol=1e-12)


@pytest.mark.parametrize(
    ("size", "kernel", "stride"), itertools.product([5, 6, 7, 8], [1, 2, 3, 5], [1, 2, 3])
)
def test_same_has_a_value_for_each_stride(size, kernel, stride):
    result = convolve(np.ones(size), np.ones(kernel), padding="same", stride=stride)
    assert len(result.output) == -(-size // stride)


def test_a_kernel_without_channels_is_laid_on_each():
    kernel = RNG.normal(size=(3, 3))
    result = convolve(COLOUR, kernel)
    expected = sum(signal.correlate(COLOUR[..., c], kernel, mode="valid") for c in range(3))
    np.testing.assert_allclose(result.output, expected, atol=1e-12)
    assert result.kernel.shape == (3, 3, 3)


def test_worked_by_hand():
    # 1·1 + 2·2 + 3·4 + 4·5 = 37, and so on; convolution proper: 4·1 + 3·2 + 2·4 + 1·5 = 23.
    values, kernel = [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]]
    np.testing.assert_array_equal(convolve(values, kernel).output, [[37, 47], [67, 77]])
    proper = convolve(values, kernel, flip=True)
    np.testing.assert_array_equal(proper.output, [[23, 33], [53, 63]])
    assert proper.terms(0, 0) == [(4, 1), (3, 2), (2, 4), (1, 5)]
    np.testing.assert_array_equal(proper.kernel, kernel)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("channels", ["sum", "each"])
def test_terms_sum_to_the_output(flip, channels):
    result = convolve(
        COLOUR, RNG.normal(size=(3, 2, 3)), padding="same", stride=2, dilation=2, flip=flip, channels=channels
    )
    for place in np.ndindex(result.output.shape):
        assert sum(w * v for w, v in result.terms(*place)) == pytest.approx(result.output[place], abs=1e-12)


def test_formula_says_what_was_done():
    result = convolve(PICTURE, np.ones((3, 5)), padding=(1, 0), stride=2, dilation=(1, 2))
    assert result.formula() == "y[i, j] = Σ(u=0..2) Σ(v=0..4) k[u, v] · x[2i + u − 1, 2j + 2v]"
    assert result.size_formulas() == ("⌊(11 + 2 − 3) / 2⌋ + 1 = 6", "⌊(14 + 0 − 9) / 2⌋ + 1 = 3")
    assert result.output.shape == (6, 3)
    colour = convolve(COLOUR, np.ones((3, 3)), flip=True)
    assert (
        colour.formula() == "y[i, j] = Σ(u=0..2) Σ(v=0..2) Σ(c=0..2) k[2 − u, 2 − v, c] · x[i + u, j + v, c]"
    )
    each = convolve(COLOUR, np.ones((3, 3)), channels="each")
    assert each.formula() == "y[i, j, c] = Σ(u=0..2) Σ(v=0..2) k[u, v, c] · x[i + u, j + v, c]"
    assert convolve(SIGNAL, [1, 2]).formula() == "y[i] = Σ(u=0..1) k[u] · x[i + u]"


def test_the_formula_holds():
    """The printed formula, evaluated as it reads."""
    result = convolve(PICTURE, RNG.normal(size=(3, 5)), padding=(1, 0), stride=2, dilation=(1, 2), flip=True)
    assert "k[2 − u, 4 − v] · x[2i + u − 1, 2j + 2v]" in result.formula()
    padded = np.pad(PICTURE, ((1, 1), (0, 0)))
    for i, j in np.ndindex(result.output.shape):
        total = sum(
            result.kernel[2 - u, 4 - v] * padded[2 * i + u, 2 * j + 2 * v] for u in range(3) for v in range(5)
        )
        assert total == pytest.approx(result.output[i, j], abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"values": [1, 2], "kernel": [1, 2, 3]},
            "kernel must fit into the padded input; it spans 3 values where",
        ),
        (
            {"values": [1, 2], "kernel": [[1]]},
            "kernel must have 1 axis for an input of shape 2; received shape 1×1",
        ),
        ({"values": np.ones((4, 4)), "kernel": [1]}, "kernel must have 2 axes for an input of shape 4×4"),
        (
            {"values": np.ones((4, 4, 3)), "kernel": np.ones((2, 2, 2))},
            "as many channels as the input, 3; received 2",
        ),
        ({"values": np.ones((1, 4, 4, 3)), "kernel": [[1]]}, "one picture at a time; received 1×4×4×3"),
        ({"values": [], "kernel": [1]}, "input must hold at least one number"),
        ({"values": 3, "kernel": [1]}, "input must hold at least one number"),
        ({"values": [1, np.nan], "kernel": [1]}, "input must be finite"),
        ({"values": [1, 2], "kernel": [np.inf]}, "kernel must be finite"),
        ({"values": [[1], [2, 3]], "kernel": [1]}, "input must be numbers, in rows of one length"),
        ({"values": ["a"], "kernel": [1]}, "input must be numbers"),
        ({"values": [1, 2], "kernel": [1], "stride": 0}, "stride must be a whole number of at least 1"),
        ({"values": [1, 2], "kernel": [1], "stride": (1, 1)}, "or 1 of them; received (1, 1)"),
        ({"values": [1, 2], "kernel": [1], "dilation": (1.5,)}, "dilation must be a whole number"),
        ({"values": [1, 2], "kernel": [1], "padding": -1}, "padding must be a whole number of at least 0"),
    ],
)
def test_what_breaks_a_rule(arguments, words):
    with pytest.raises(ArgumentError) as caught:
        convolve(**arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "close"), [("padding", "sames"), ("border", "zeroes"), ("channels", "summ")]
)
def test_unknown_names_suggest(name, close):
    with pytest.raises(UnknownName, match="Did you mean"):
        convolve([1, 2, 3], [1], **{name: close})


def test_nothing_given_is_changed():
    values, kernel = PICTURE.copy(), np.ones((3, 3))
    convolve(values, kernel, flip=True, padding="same")
    np.testing.assert_array_equal(values, PICTURE)
    np.testing.assert_array_equal(kernel, np.ones((3, 3)))
