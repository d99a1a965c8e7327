from __future__ import annotations

import numpy as np
import torch
from torch import nn

from prunelle.data.preprocess import Preprocess
from prunelle.look.layers import examine
from prunelle.look.patches import Place, best_places, cut, peaks_of, synthesise
from prunelle.look.survey import survey
from tests.unit.look.networks import set_weights

PREPROCESS = Preprocess(size=(16, 16), channels=1, mean=(0.5,), std=(0.25,))


def _detector() -> nn.Module:
    """One channel that answers to a bright 3×3 plus on dark, at stride 2; another to the opposite."""
    convolution = nn.Conv2d(1, 2, 3, stride=2)
    plus = [[-1, 1, -1], [1, 1, 1], [-1, 1, -1]]
    set_weights(convolution, [plus, [[-w for w in row] for row in plus]], [0.0, 0.0])
    return nn.Sequential(convolution, nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(98, 2))


def test_the_patch_is_where_the_picture_has_what_the_channel_looks_for() -> None:
    """A plus put at a known place of a dark picture is found and cut out whole."""
    network = _detector()
    pictures = np.zeros((3, 16, 16, 1), np.uint8)
    plus = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    pictures[1, 6:9, 10:13, 0] = 250 * plus
    pictures[2, 0:3, 4:7, 0] = 200 * plus
    batch = PREPROCESS.normalise(torch.from_numpy(pictures).permute(0, 3, 1, 2))
    anatomy = examine(network, (1, 16, 16))
    found = survey(network, [batch], anatomy)
    layer = anatomy.layers[0]
    peaks, where = found.peaks[layer.name], found.places[layer.name]
    for surveyed, alone in zip((peaks, where), peaks_of(network, batch, layer), strict=True):
        np.testing.assert_array_equal(surveyed, alone)
    places = best_places(peaks[:, 0], where[:, 0], layer, (16, 16), most=2)
    assert [(p.picture, p.top, p.left, p.height, p.width) for p in places] == [
        (1, 6, 10, 3, 3),
        (2, 0, 4, 3, 3),
    ]
    np.testing.assert_array_equal(cut(pictures[1], places[0])[..., 0], 250 * plus)
    values = (torch.tensor([250.0, 200.0]) / 255 - 0.5) / 0.25
    background = -2.0
    # Five bright places counted once, four dark ones subtracted.
    expected = (5 * values - 4 * background).tolist()
    np.testing.assert_allclose([p.value for p in places], expected, rtol=1e-5)


def test_a_patch_that_reaches_beyond_the_picture_is_grey_there() -> None:
    picture = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    patch = cut(picture, Place(0, 1.0, -1, 2, 3, 3))[..., 0]
    np.testing.assert_array_equal(patch, [[128, 128, 128], [2, 3, 128], [6, 7, 128]])
    assert cut(picture, Place(0, 1.0, -9, -9, 30, 30)) is picture


def test_the_synthesised_picture_excites_the_channel_as_no_picture_does_more() -> None:
    """The best there can be is known here: white where the kernel is above 0, black below."""
    network = _detector()
    layer = examine(network, (1, 16, 16)).layers[0]
    made = synthesise(network, layer, [0, 1], PREPROCESS)
    plus = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    for picture, bright in zip(made, (plus, ~plus), strict=True):
        assert picture.shape == (3, 3, 1)
        assert picture.dtype == np.uint8
        assert picture[..., 0][bright].min() > 220
        assert picture[..., 0][~bright].max() < 35
    again = synthesise(network, layer, [0, 1], PREPROCESS)
    np.testing.assert_array_equal(made[0], again[0])


def test_a_channel_that_starts_below_its_relu_is_still_excited() -> None:
    """Its gradient after the ReLU is 0; it is followed before the ReLU."""
    network = _detector()
    with torch.no_grad():
        network[0].bias.fill_(-5.0)
    layer = examine(network, (1, 16, 16)).layers[0]
    (made,) = synthesise(network, layer, [0], PREPROCESS)
    plus = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    assert made[..., 0][plus].min() > 220


def test_a_dense_unit_gets_a_whole_picture() -> None:
    """One that adds up the right half and subtracts the left wants the one bright and the other dark."""
    halves = torch.ones(16, 16)
    halves[:, :8] = -1
    network = nn.Sequential(nn.Flatten(), nn.Linear(256, 2))
    set_weights(network[1], [[0.0] * 256, halves.flatten().tolist()], [0.0, 0.0])
    (made,) = synthesise(network, examine(network, (1, 16, 16)).layer("1"), [1], PREPROCESS)
    assert made.shape == (16, 16, 1)
    # Contrast decays, and the picture moves a little at each step: soft, with soft edges.
    assert made[:, 10:14].min() > 165
    assert made[:, 2:6].max() < 90
