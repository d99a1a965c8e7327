"""What figures show, and that nothing on them overlaps, with 3 channels, 512, or none to speak of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.text import Text
from PIL import Image

from prunelle.drawing.fonts import shortened, text_width
from prunelle.drawing.pixels import DPI, best_grid, mosaic, pages
from prunelle.drawing.plate import Plate
from prunelle.drawing.sheet import MOST_TILES
from prunelle.look.attribution import METHODS
from prunelle.look.contrast import ChannelScore
from prunelle.look.layers import Layer
from prunelle.look.survey import Health
from prunelle.texts import Language
from prunelle.views import (
    activations,
    channel,
    classes,
    classes_charts,
    filters,
    health,
    patches,
    space,
    where,
)
from tests.looks import assert_readable

RANDOM = np.random.default_rng(0)
NAMES = ("chat", "chien de traîneau sibérien", "a", "$x$", "ours", *(f"class {i}" for i in range(20)))


def layer(channels: int, side: int = 14, name: str = "features.28") -> Layer:
    shape = (channels, side, side) if side else (channels,)
    return Layer(name, ("Conv2d", "BatchNorm2d", "ReLU"), "3×3, stride 2, padding 1", "x", 0, shape)


def kernels(number: int, inputs: int, side: int = 3, only: int | None = None) -> filters.Filters:
    torch.manual_seed(0)
    weights = torch.randn(number, inputs, side, side).numpy()
    return filters.Filters("features.0", "features.0 · Conv2d 3×3", weights, only)


def maps(output: torch.Tensor, picture: int = 1, **options: Any) -> activations.Activations:
    name = layer(len(output), output.shape[1] if output.ndim > 1 else 0)
    return activations.Activations(name.name, name.label, output.numpy(), picture, **options)


def sample(count: int, kinds: int, side: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Pictures, and their labels."""
    labels = np.arange(count) % kinds
    return RANDOM.integers(0, 256, (count, side, side, 3), dtype=np.uint8), labels


def plates(language: Language) -> Iterator[Plate]:
    for number, inputs, side in ((3, 1, 5), (64, 3, 11), (16, 16, 3), (512, 512, 3), (7, 64, 1)):
        yield from filters.draw(kernels(number, inputs, side), language)
    yield from filters.draw(kernels(70, 70, only=69), language)
    for channels, side in ((3, 28), (512, 14), (1, 224), (10, 0), (1000, 0)):
        output = torch.randn(channels, side, side) if side else torch.randn(channels)
        pixels = sample(1, 1)[0][0]
        yield from activations.draw(maps(output, classes=NAMES[:10], pixels=pixels), language)
    yield from activations.draw(maps(torch.zeros(5, 4, 4), 2, scale="shared"), language)
    for shape in ((8, 8, 1), (40, 8, 3), (8, 40, 3)):
        pixels = RANDOM.integers(0, 256, shape, dtype=np.uint8)
        looked = RANDOM.normal(size=(len(METHODS), *shape[:2]))
        looked[METHODS.index("grad-cam")] = 0
        yield from where.draw(
            where.Where(
                network="course-look",
                file="un nom de fichier bien long" * 9 + ".jpg",
                picture=1,
                pixels=pixels,
                said=((NAMES[1], 0.998),),
                layer="features.3",
                methods=METHODS,
                classes=tuple(where.ForClass(NAMES[target], 0.001, looked) for target in (1, 0, 2)),
            ),
            language,
        )
    for kinds in (2, 10, 23):
        pixels, labels = sample(6 * kinds, kinds)
        one = layer(16)
        found = channel.ChannelMaps(
            one.name, one.label, 15, pixels, labels, NAMES[:kinds], RANDOM.random((6 * kinds, 7, 7))
        )
        yield from channel.draw(found, language)
        told = ChannelScore("features.12", 511, 0.987, (0.8, 1.0))
        alone = tuple(classes_charts.Alone(label, told, RANDOM.random(6 * kinds)) for label in range(kinds))
        yield from classes.draw(classes.Classes(PAIRS[0], alone[:10], labels, NAMES[:kinds]), language)
        yield from space.draw(
            space.Space(
                how="pca",
                points=RANDOM.normal(size=(6 * kinds, 2)),
                share=0.5,
                dimensions=4096,
                thumbnails=np.repeat(np.repeat(pixels, 7, axis=1), 7, axis=2),
                labels=labels,
                wrong=np.full(len(labels), len(labels) < 30),
                classes=NAMES[:kinds],
            ),
            language,
        )
    for pair in PAIRS:
        yield classes_charts.pair_plate(pair, classes_charts.Words(language))
    for side in (1, 5, 60):
        patch = np.zeros((side, side, 3), np.uint8)
        sought = tuple(
            patches.ChannelPatches(index, patch if index else None, (patch,) * 10, (1.2345,) * 10)
            for index in (0, 511, 1023)
        )
        one = layer(1024)
        yield from patches.draw(patches.Patches(one.name, one.label, sought, 500), language)
    none = np.zeros(16, bool)
    state = Health(none, 0.123, ~none, none.astype(int))
    many = [layer(16, name=f"layer1.{index}.a_rather_long_name.conv1") for index in range(25)]
    layers = tuple(health.LayerHealth(one.name, one.label, 16, state) for one in many)
    yield from health.draw(health.NetworkHealth(layers, 500), language)


SIX = tuple(ChannelScore("features.12", 511, score, (0, 1)) for score in (0.99, 0.01, 0.9, 0.1, 0.7, 0.5))
RESPONSES = tuple(
    (RANDOM.random(30) * scale, RANDOM.random(40) * scale) for scale in (1, 100, 1e-4, 1, 3, 1e5)
)
PAIRS = (
    classes_charts.Pair(
        (NAMES[0], NAMES[1]), SIX, RESPONSES, ((RANDOM.random((9, 5)), RANDOM.random((9, 5))),) * 6
    ),
    classes_charts.Pair((NAMES[0], NAMES[1]), SIX[:2], RESPONSES[:2], None),
)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_text_overlaps_another_or_leaves_the_page(language: Language) -> None:
    assert_readable(plates(language))


def test_512_channels_are_on_pages_of_66_numbered_from_1() -> None:
    found = list(activations.draw(maps(torch.randn(512, 14, 14), 3), "en"))
    assert [plate.name for plate in found] == [
        "activations-3-features.28",
        *(f"activations-3-features.28-p{page}" for page in range(2, 9)),
    ]
    numbers = [
        int(text.get_text())
        for plate in found
        for text in plate.figure.findobj(Text)
        if text.get_text().isdigit()
    ]
    assert numbers == list(range(1, 513))
    assert MOST_TILES == 66


def _tile(plate: Plate, tmp_path: Path) -> np.ndarray:
    """The PNG of a plate with a single tile of 224×224, from where its map is drawn."""
    png, _ = plate.save(tmp_path)
    pixels = np.asarray(Image.open(png).convert("RGB")).astype(int)
    return pixels[int(1.3 * DPI) : -int(0.4 * DPI), int(0.4 * DPI) :]


def test_high_is_white_and_low_is_black(tmp_path: Path) -> None:
    output = torch.tensor([[[-3.0, 5.0], [1.0, 1.0]]])
    (plate,) = activations.draw(maps(output), "en")
    tile = _tile(plate, tmp_path)[20:300, 20:300].mean(axis=2)
    assert tile[5, 5] == 0
    assert tile[5, -5] == 255
    # 1 is half-way between -3 and 5.
    assert abs(tile[-5, 5] - 127.5) <= 1


def test_a_shared_scale_compares_channels(tmp_path: Path) -> None:
    output = torch.stack([torch.zeros(2, 2), torch.full((2, 2), 10.0), torch.full((2, 2), 5.0)])
    levels = []
    for index in range(3):
        (plate,) = activations.draw(maps(output, scale="shared", channel=index), "en")
        levels.append(_tile(plate, tmp_path)[150, 150, 0])
    assert levels[0] == 0
    assert levels[1] == 255
    assert abs(levels[2] - 127.5) <= 1


def test_colour_filters_share_one_scale_around_grey() -> None:
    weights = torch.zeros(2, 3, 1, 1)
    weights[0, 0] = 2.0
    weights[1] = torch.tensor([-2.0, 1.0, 0.0]).view(3, 1, 1)
    first, second = filters.filter_tiles(weights.numpy())
    assert first[0, 0].tolist() == [255, 128, 128]
    assert second[0, 0].tolist() == [0, 191, 128]


def test_what_speaks_for_is_orange_and_against_blue() -> None:
    pixels = np.full((2, 2, 3), 255, np.uint8)
    values = np.array([[1.0, -1.0], [0.0, 0.5]])
    seen = where.overlay(pixels, values, "occlusion")
    assert seen[0, 0].tolist() == [0xD5, 0x5E, 0x00]
    assert seen[0, 1].tolist() == [0x00, 0x72, 0xB2]
    assert seen[1, 0].min() >= 253  # a colour map of 256 steps has no middle


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (plate,) = filters.draw(kernels(3, 1), "en")
        plate.save(tmp_path / name)
    for file in ("filters-features.0.png", "filters-features.0.svg"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_mosaic_puts_tiles_in_rows() -> None:
    tiles = [np.full((1, 1, 3), level, np.uint8) for level in (10, 20, 30)]
    whole = mosaic(tiles, 2, (0.1, 0.2), (0.1, 0.1))
    assert whole.shape == (round(0.5 * DPI), round(0.3 * DPI), 3)
    assert [int(whole[5, 5, 0]), int(whole[5, -5, 0]), int(whole[-5, 5, 0])] == [10, 20, 30]
    assert int(whole[-5, -5, 0]) == 255


def test_grids_pages_and_cuts() -> None:
    assert pages(130, 64) == [(0, 64), (64, 128), (128, 130)]
    columns, side = best_grid(64, 1.0, 12.6, 6.1, 0.2, 0.1)
    rows = -(-64 // columns)
    assert columns * side + (columns - 1) * 0.1 <= 12.6
    assert rows * (side + 0.2) + (rows - 1) * 0.1 <= 6.1 + 1e-9
    cut = shortened("a" * 300, 12, 2.0)
    assert cut.endswith("…")
    assert 1.8 < text_width(cut, 12) <= 2.0
    assert shortened("short", 12, 2.0) == "short"
