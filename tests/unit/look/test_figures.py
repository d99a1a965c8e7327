"""What figures show, and that nothing on them overlaps, with 3 channels, 512, or none to speak of."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

from prunelle.look.attribution import METHODS, Attribution
from prunelle.look.contrast import Telling
from prunelle.look.data_plates import Sample, alone_plate, channel_plates, pair_plate, patches_plate
from prunelle.look.figures import DPI, MOST_TILES, Plate, best_grid, mosaic, pages, shortened, text_width
from prunelle.look.filters import Filters
from prunelle.look.layer_plates import activation_plates, filter_plates, filter_tiles
from prunelle.look.layers import Layer
from prunelle.look.overview_plates import health_plates, space_plate
from prunelle.look.picture_plates import Answer, overlay, where_plate
from prunelle.look.survey import Health
from prunelle.texts import Language

RANDOM = np.random.default_rng(0)
NAMES = ("chat", "chien de traîneau sibérien", "a", "$x$", "ours", *(f"class {i}" for i in range(20)))


def layer(channels: int, side: int = 14, name: str = "features.28") -> Layer:
    shape = (channels, side, side) if side else (channels,)
    return Layer(name, ("Conv2d", "BatchNorm2d", "ReLU"), "3×3, stride 2, padding 1", "x", 0, shape)


def filters(number: int, inputs: int, side: int = 3) -> Filters:
    torch.manual_seed(0)
    return Filters("features.0", torch.randn(number, inputs, side, side))


def sample(count: int, kinds: int, side: int = 8) -> Sample:
    labels = np.arange(count) % kinds
    pixels = RANDOM.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return Sample(pixels, labels, NAMES[:kinds], np.roll(labels, 1) if count < 30 else labels)


def plates(language: Language) -> Iterator[Plate]:
    for number, inputs, side in ((3, 1, 5), (64, 3, 11), (16, 16, 3), (512, 512, 3), (7, 64, 1)):
        yield from filter_plates(filters(number, inputs, side), "features.0 · Conv2d 3×3", language)
    yield from filter_plates(filters(70, 70), "features.0 · Conv2d 3×3", language, channel=69)
    for channels, side in ((3, 28), (512, 14), (1, 224), (10, 0), (1000, 0)):
        output = torch.randn(channels, side, side) if side else torch.randn(channels)
        yield from activation_plates(
            layer(channels, side), output, 1, language, classes=NAMES[:10], pixels=sample(1, 1).pixels[0]
        )
    flat = torch.zeros(5, 4, 4)
    yield from activation_plates(layer(5, 4), flat, 2, language, scale="shared")
    for shape in ((8, 8, 1), (40, 8, 3), (8, 40, 3)):
        pixels = RANDOM.integers(0, 256, shape, dtype=np.uint8)
        probabilities = np.array([0.001, 0.998, 0.001])
        answer = Answer("un nom de fichier bien long" * 9 + ".jpg", pixels, probabilities, NAMES[:3])
        found = {
            target: [Attribution(m, target, torch.randn(shape[:2]) * (m != "grad-cam")) for m in METHODS]
            for target in (1, 0, 2)
        }
        yield where_plate(answer, found, 1, "course-look", "features.3", language)
    for kinds in (2, 10, 23):
        pictures = sample(6 * kinds, kinds)
        maps = RANDOM.random((6 * kinds, 7, 7))
        yield from channel_plates(layer(16), 15, pictures, np.arange(6 * kinds), maps, language)
        tellings = [
            (label, Telling("features.12", 511, 0.987, (0.8, 1.0)), RANDOM.random(6 * kinds))
            for label in range(kinds)
        ]
        yield alone_plate(tellings[:10], pictures, language)
        yield space_plate(RANDOM.normal(size=(6 * kinds, 2)), 0.5, 4096, "pca", pictures, language)
    six = [Telling("features.12", 511, score, (0, 1)) for score in (0.99, 0.01, 0.9, 0.1, 0.7, 0.5)]
    responses = [
        (RANDOM.random(30) * scale, RANDOM.random(40) * scale) for scale in (1, 100, 1e-4, 1, 3, 1e5)
    ]
    with_maps: list[tuple[np.ndarray, np.ndarray] | None] = [
        (RANDOM.random((9, 5)), RANDOM.random((9, 5)))
    ] * 6
    yield pair_plate(six, responses, with_maps, (NAMES[0], NAMES[1]), language)
    yield pair_plate(six[:2], responses[:2], [None] * 2, (NAMES[0], NAMES[1]), language)
    for side in (1, 5, 60):
        patch = np.zeros((side, side, 3), np.uint8)
        rows = [
            (channel, patch if channel else None, [patch] * 10, [1.2345] * 10) for channel in (0, 511, 1023)
        ]
        yield patches_plate(layer(1024), rows, 500, language)
    none = np.zeros(16, bool)
    health = Health(none, 0.123, ~none, none.astype(int))
    many = [layer(16, name=f"layer1.{index}.a_rather_long_name.conv1") for index in range(25)]
    yield from health_plates(many, {one.name: health for one in many}, 500, language)


def _boxes(plate: Plate) -> list[tuple[Text, np.ndarray]]:
    """Every text that is drawn with its box in pixels: left, bottom, right, top."""
    figure = plate.figure
    figure.set_dpi(100)
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts: list[Text] = []
    for axes in figure.axes:
        texts += axes.texts
        if axes.axison:
            for axis in (axes.xaxis, axes.yaxis):
                # Those that will be drawn: others exist, beyond the limits. The label's place depends on them.
                axis.get_tightbbox(renderer)
                texts += [
                    axis.label,
                    *(tick.label1 for tick in axis._update_ticks() if tick.label1.get_visible()),
                ]
    found = []
    for text in texts:
        if text.get_text().strip():
            box = text.get_window_extent(renderer)
            found.append((text, np.array([box.x0, box.y0, box.x1, box.y1])))
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_text_overlaps_another_or_leaves_the_page(language: Language) -> None:
    for plate in plates(language):
        boxes = _boxes(plate)
        assert boxes, plate.name
        width, height = plate.figure.get_size_inches() * 100
        assert height <= 850, plate.name
        for text, (left, bottom, right, top) in boxes:
            where = (plate.name, text.get_text())
            assert left >= -1, where
            assert bottom >= -1, where
            assert right <= width + 1, where
            assert top <= height + 1, where
        for (one, a), (other, b) in itertools.combinations(boxes, 2):
            across = min(a[2], b[2]) - max(a[0], b[0])
            down = min(a[3], b[3]) - max(a[1], b[1])
            if one.get_rotation() == other.get_rotation() not in (0, 90):
                # Side by side and aslant: their boxes overlap, the texts do not while this far apart.
                apart = abs(a[2] - b[2]) * math.sin(math.radians(one.get_rotation()))
                assert apart >= one.get_fontsize() * 100 / 72, (plate.name, one, other)
            else:
                assert across <= 1 or down <= 1, (plate.name, one.get_text(), other.get_text())


def test_512_channels_are_on_pages_of_66_numbered_from_1() -> None:
    found = list(activation_plates(layer(512), torch.randn(512, 14, 14), 3, "en"))
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
    (plate,) = activation_plates(layer(1, 2), output, 1, "en")
    tile = _tile(plate, tmp_path)[20:300, 20:300].mean(axis=2)
    assert tile[5, 5] == 0
    assert tile[5, -5] == 255
    # 1 is half-way between -3 and 5.
    assert abs(tile[-5, 5] - 127.5) <= 1


def test_a_shared_scale_compares_channels(tmp_path: Path) -> None:
    output = torch.stack([torch.zeros(2, 2), torch.full((2, 2), 10.0), torch.full((2, 2), 5.0)])
    levels = []
    for channel in range(3):
        (plate,) = activation_plates(layer(3, 2), output, 1, "en", scale="shared", channel=channel)
        levels.append(_tile(plate, tmp_path)[150, 150, 0])
    assert levels[0] == 0
    assert levels[1] == 255
    assert abs(levels[2] - 127.5) <= 1


def test_colour_filters_share_one_scale_around_grey() -> None:
    weights = torch.zeros(2, 3, 1, 1)
    weights[0, 0] = 2.0
    weights[1] = torch.tensor([-2.0, 1.0, 0.0]).view(3, 1, 1)
    first, second = filter_tiles(Filters("a", weights))
    assert first[0, 0].tolist() == [255, 128, 128]
    assert second[0, 0].tolist() == [0, 191, 128]


def test_what_speaks_for_is_orange_and_against_blue() -> None:
    pixels = np.full((2, 2, 3), 255, np.uint8)
    values = torch.tensor([[1.0, -1.0], [0.0, 0.5]])
    seen = overlay(pixels, Attribution("occlusion", 0, values))
    assert seen[0, 0].tolist() == [0xD5, 0x5E, 0x00]
    assert seen[0, 1].tolist() == [0x00, 0x72, 0xB2]
    assert seen[1, 0].min() >= 253  # a colour map of 256 steps has no middle


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (plate,) = filter_plates(filters(3, 1), "x", "en")
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
