"""The drawing: its sizes are the network's, its texts do not meet, both languages are there."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from matplotlib.text import Text
from PIL import Image

from prunelle.drawing.files import save
from prunelle.networks import build
from prunelle.networks.outline import outline
from prunelle.report import architecture
from prunelle.texts import Language


def drawing(name: str, language: Language = "en") -> Figure:
    with torch.device("meta"):
        network = build(name)
    shape: tuple[int, ...] = network.input_shape  # type: ignore[assignment]
    return architecture.draw(
        name,
        outline(network, shape),
        shape,
        parameters=1234567,
        multiply_adds=15_470_264_320,
        language=language,
    )


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.axes[0].texts if text.get_text()]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("dense", "en"),
        ("lenet5", "fr"),
        ("course-photos", "fr"),
        ("vgg-e", "en"),
        ("alexnet", "fr"),
        ("nin", "en"),
        ("googlenet", "fr"),
        ("inception-v3", "en"),
        ("inception-v4", "en"),
        ("xception", "fr"),
        ("resnet152", "fr"),
        ("squeezenet1.1", "en"),
    ],
)
def test_no_text_meets_another_or_a_volume_or_leaves_the_picture(name: str, language: Language) -> None:
    figure = drawing(name, language)
    renderer = FigureCanvasAgg(figure).get_renderer()
    page = figure.bbox
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]
    for text, box in boxes:
        assert page.x0 <= box.x0, text
        assert box.x1 <= page.x1, text
        assert page.y0 <= box.y0, text
        assert box.y1 <= page.y1, text
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        assert not first.overlaps(second), f"{one} meets {other}"
    for patch in figure.axes[0].patches:
        if isinstance(patch, Polygon):
            face = patch.get_window_extent(renderer)
            assert not [text for text, box in boxes if box.overlaps(face)]


def test_vgg16_carries_the_sizes_of_the_paper() -> None:
    written = [text.get_text() for text in texts(drawing("vgg16"))]
    sizes = [text for text in written if re.fullmatch(r"\d+(×\d+×\d+)?", text)]
    assert sizes == [
        *("224×224×3", "224×224×64", "112×112×64", "112×112×128", "56×56×128", "56×56×256"),
        *("28×28×256", "28×28×512", "14×14×512", "14×14×512", "7×7×512", "4096", "4096", "1000"),
    ]
    assert "1,234,567 parameters · 15.47 G multiply-adds" in written
    assert {"2 × 3×3", "3 × 3×3", "2×2, stride 2", "convolution", "dense layer"} <= set(written)


def test_in_french() -> None:
    written = [text.get_text() for text in texts(drawing("resnet18", "fr"))]
    assert "1\u202f234\u202f567 paramètres · 15,47 G multiplications-additions" in written
    assert {"entrée", "couche dense", "7×7, pas 2", "2 blocs", "sur toute la carte"} <= set(written)
    assert not any("stride" in text or "block" in text for text in written)


def test_larger_maps_are_drawn_higher_and_more_channels_thicker() -> None:
    figure = drawing("vgg16")
    # The front of each volume is a rectangle upright; the legend's squares come after them.
    fronts = []
    for patch in figure.axes[0].patches:
        if isinstance(patch, Polygon) and patch.get_facecolor()[:3] == pytest.approx(
            (0.337, 0.706, 0.914), abs=2e-3
        ):
            corners = patch.get_xy()
            fronts.append(
                (corners[:, 0].max() - corners[:, 0].min(), corners[:, 1].max() - corners[:, 1].min())
            )
    blocks = [fronts[0], fronts[2], fronts[4], fronts[7]]
    assert all(before[1] > after[1] and before[0] < after[0] for before, after in itertools.pairwise(blocks))


def test_saved_as_svg_its_texts_are_text_and_its_bytes_the_same_again(tmp_path: Path) -> None:
    for file in ("a.svg", "b.svg"):
        save(drawing("lenet5"), tmp_path / file)
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert ">28×28×6<" in svg
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_saved_as_png_it_is_a_picture_on_white(tmp_path: Path) -> None:
    save(drawing("lenet5"), tmp_path / "lenet.png")
    with Image.open(tmp_path / "lenet.png") as picture:
        assert picture.format == "PNG"
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        assert len(picture.convert("RGB").getcolors(10**6) or ()) > 20
