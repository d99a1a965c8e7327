"""Every view of a convolution shows one output, that of PyTorch: read back from what was drawn, over many settings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from prunelle import tasks
from prunelle.look.convolution import pooling, steps
from prunelle.look.convolution.arithmetic import Convolution
from prunelle.look.convolution.journey import journey
from prunelle.look.convolution.piece import MOST_CELLS, small_piece
from prunelle.look.convolution.result import convolve

PAD_MODES = {"zeros": "constant", "replicate": "replicate", "reflect": "reflect", "circular": "circular"}


def by_torch(values, kernel, *, padding, stride, dilation, border="zeros", flip=False) -> np.ndarray:
    """PyTorch's convolution of a signal or a grey picture; the padding is added by PyTorch as well."""
    dims = values.ndim
    weights = torch.from_numpy(np.flip(kernel).copy() if flip else kernel)[None, None]
    amounts = []
    for size, length in zip(reversed(values.shape), reversed(kernel.shape), strict=True):
        span = dilation * (length - 1) + 1
        if padding == "same":
            total = max((-(-size // stride) - 1) * stride + span - size, 0)
            amounts += [total // 2, total - total // 2]
        else:
            amounts += [{"valid": 0, "full": span - 1}.get(padding, padding)] * 2
    inputs = torch.nn.functional.pad(torch.from_numpy(values)[None, None], amounts, mode=PAD_MODES[border])
    apply = torch.nn.functional.conv1d if dims == 1 else torch.nn.functional.conv2d
    return apply(inputs, weights, stride=stride, dilation=dilation)[0, 0].numpy()


def settings() -> Iterator[dict]:
    """A seeded sweep: sizes, kernels, paddings, strides, dilations, borders; only what fits."""
    random = np.random.default_rng(17)
    for dims, padding, stride, dilation in itertools.product(
        (1, 2), ("valid", "same", "full", 1, 2), (1, 2, 3), (1, 2)
    ):
        shape = tuple(int(n) for n in random.integers(5, 12, dims))
        size = tuple(int(n) for n in random.integers(1, 4, dims))
        border = str(random.choice(["zeros", "replicate", "reflect", "circular"]))
        yield {
            "values": np.round(random.normal(0, 9, shape)),
            "kernel": np.round(random.normal(0, 3, size)),
            "padding": padding,
            "stride": stride,
            "dilation": dilation,
            "border": border,
            "flip": bool(random.integers(2)),
        }


SWEEP = list(settings())


def name(chosen: dict) -> str:
    return "-".join(f"{key}={value}" for key, value in chosen.items() if key not in ("values", "kernel"))


def grids(figure: Figure) -> list[np.ndarray]:
    """Every grid of numbers of a figure, as its numbers are written."""
    found = []
    for axes in figure.axes:
        if not axes.texts or not axes.images:
            continue
        _, wide, tall, _ = axes.images[0].get_extent()
        if len(axes.texts) == round(wide * tall):
            numbers = [float(text.get_text().replace("\N{MINUS SIGN}", "-")) for text in axes.texts]
            found.append(np.reshape(numbers, (round(tall), round(wide))))
    return found


def filmed(result: Convolution, monkeypatch: pytest.MonkeyPatch) -> tuple[list[np.ndarray], list[str]]:
    """The grids that the film of the steps ends with, the output's last; and what is written."""
    seen: list = []

    def still(figure, frames, frame_s):
        for frame in frames:
            _, going = frame()
            for artist in going:
                artist.remove()
        seen.append(figure)

    monkeypatch.setattr(steps, "film", still)
    steps.steps(result, "en")
    texts = [text.get_text() for text in seen[0].texts]
    return grids(seen[0]), texts


@pytest.mark.parametrize("chosen", SWEEP, ids=name)
def test_python_and_the_piece_of_the_steps_are_pytorchs(chosen):
    expected = by_torch(**chosen)
    result = convolve(**chosen)
    np.testing.assert_allclose(result.output, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        result.turned_over().output, by_torch(**chosen | {"flip": not chosen["flip"]}), rtol=0, atol=1e-12
    )
    piece = small_piece(result)
    places = tuple(slice(a, a + n) for a, n in zip(piece.start, piece.shape, strict=True))
    np.testing.assert_allclose(piece.output, expected[places], rtol=0, atol=1e-12)
    if max(result.padded.shape) <= MOST_CELLS:
        np.testing.assert_array_equal(piece.padded, result.padded)
        assert piece.output.shape == expected.shape
    # Each window, read where the film frames it, gives its output.
    gaps = tuple(slice(0, span, chosen["dilation"]) for span in result.extent)
    for at in np.ndindex(piece.shape):
        corner = piece.corner(at)
        window = piece.padded[tuple(slice(a, a + n) for a, n in zip(corner, result.extent, strict=True))]
        assert (window[gaps] * result.weights).sum() == pytest.approx(piece.output[at], abs=1e-12)


@pytest.mark.parametrize("chosen", [c for c in SWEEP if c["values"].ndim == 2][::4], ids=name)
def test_what_is_drawn_is_pytorchs(chosen, monkeypatch):
    expected = by_torch(**chosen)
    other = by_torch(**chosen | {"flip": not chosen["flip"]})
    result = convolve(**chosen)
    if max(expected.shape) <= MOST_CELLS:
        np.testing.assert_array_equal(grids(result.figure("operation", "en"))[1], expected)
    if max(expected.shape) <= 8 and expected.size > 1:
        on_input = [
            grid for grid in grids(result.figure("conventions", "en")) if grid.shape == expected.shape
        ]
        wanted = (other, expected) if chosen["flip"] else (expected, other)
        assert any(np.array_equal(grid, wanted[0]) for grid in on_input)
        assert any(np.array_equal(grid, wanted[1]) for grid in on_input)
    piece = small_piece(result)
    shown, texts = filmed(result, monkeypatch)
    np.testing.assert_array_equal(shown[0], piece.padded)
    whole = " × ".join(map(str, expected.shape))
    assert any(text == whole or text.endswith(f" of {whole}") for text in texts)
    if min(expected.shape) >= 2 and max(expected.shape) <= 8:
        grid, maximum, mean = grids(result.figure("pooling", "en"))
        np.testing.assert_array_equal(grid, expected)
        inputs = torch.from_numpy(expected)[None, None]
        np.testing.assert_array_equal(maximum, torch.nn.functional.max_pool2d(inputs, 2)[0, 0].numpy())
        # Four digits are written.
        np.testing.assert_allclose(
            mean, torch.nn.functional.avg_pool2d(inputs, 2)[0, 0].numpy(), rtol=1e-3, atol=1e-9
        )


def test_the_example_of_the_documentation(monkeypatch):
    from sklearn import datasets

    digits = datasets.load_digits()
    four = digits.images[np.flatnonzero(digits.target == 4)[0]]
    sobel = np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]])
    expected = by_torch(four, sobel, padding=1, stride=2, dilation=1)
    result = tasks.convolve("digit:4", "sobel-y", padding=1, stride=2)
    piece = small_piece(result)
    trip = journey(result)
    np.testing.assert_array_equal(result.output, expected)
    np.testing.assert_array_equal(piece.output, expected)
    np.testing.assert_array_equal(piece.padded, np.pad(four, 1))
    np.testing.assert_array_equal(grids(result.figure("operation", "en"))[1], expected)
    np.testing.assert_array_equal(grids(result.figure("conventions", "en"))[2], expected)
    np.testing.assert_array_equal(grids(result.figure("pooling", "en"))[0], expected)
    np.testing.assert_array_equal(pooling.pooled_map(result), expected)
    # On a ground of zeros, as the padding holds, the map of what moves has the output in it.
    windows = np.lib.stride_tricks.sliding_window_view(trip.maps[0], expected.shape)
    assert (windows == expected).all(axis=(2, 3)).sum() == 1


@pytest.mark.parametrize(
    ("padding", "stride", "border"),
    [("same", 2, "zeros"), (0, 1, "zeros"), (2, 3, "reflect"), (8, 5, "zeros")],
)
def test_a_piece_of_a_large_picture_is_a_piece_of_its_output(padding, stride, border):
    photo = np.round(np.random.default_rng(2).uniform(0, 255, (60, 90)))
    kernel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    result = convolve(photo, kernel, padding=padding, stride=stride, border=border)
    expected = by_torch(photo, kernel, padding=padding, stride=stride, dilation=1, border=border)
    piece = small_piece(result)
    assert max(piece.padded.shape) <= MOST_CELLS
    (i, j), (tall, wide) = piece.start, piece.shape
    np.testing.assert_allclose(piece.output, expected[i : i + tall, j : j + wide])
    # Grey is what is not in the picture; a piece holds some of it where there is padding, and never only that.
    inside = piece.padded[piece.inside]
    assert inside.size
    assert (inside.size < piece.padded.size) == (padding != 0)
    windows = np.lib.stride_tricks.sliding_window_view(photo, inside.shape)
    assert (windows == inside).all(axis=(2, 3)).any()


def test_no_steps_of_a_kernel_that_cannot_be_read():
    photo = np.ones((60, 90))
    assert small_piece(convolve(photo, np.ones((7, 7)))) is None
    assert small_piece(convolve(photo, np.ones((3, 3)), dilation=7)) is None
    assert small_piece(convolve(np.ones(90), np.ones(26))) is None


def test_channels_kept_apart_are_not_drawn_as_summed():
    colour = np.random.default_rng(3).uniform(0, 255, (8, 8, 3))
    each = convolve(colour, np.ones((3, 3)), channels="each")
    np.testing.assert_array_equal(small_piece(each).output, each.output[..., 0])
    from prunelle.errors import ArgumentError

    with pytest.raises(ArgumentError, match="whose channels are summed"):
        each.figure("channels")
    assert each.turned_over().output.shape == each.output.shape
