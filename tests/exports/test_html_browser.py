"""A page that was exported, in a real browser, from the file system: a phone's size, both languages, the dark."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle.data.decode import read_picture
from tests.page.conftest import axe, chromium  # noqa: F401 (fixtures)

pytest.importorskip("py_mini_racer")

GREY = pn.Preprocess(size=(16, 16), border=2, channels=1, mean=(0.2,), std=(0.3,))
COLOUR = pn.Preprocess(size=(18, 24), mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))


_COLOURS = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
"""How many a map has; a blank one has one."""


def small(channels: int, inner: int) -> nn.Module:
    torch.manual_seed(0)
    conv = nn.Sequential(nn.Conv2d(channels, 20, 3), nn.BatchNorm2d(20), nn.ReLU(), nn.MaxPool2d(2))
    return nn.Sequential(conv, nn.Flatten(), nn.Linear(inner, 7)).eval()


def written(folder: Path, network: nn.Module, preprocess: pn.Preprocess, classes: list[str]) -> Path:
    made = pn.export(
        network,
        format="html",
        output=folder / "net.html",
        preprocess=preprocess,
        classes=classes,
        style="quiet",
    )
    return made.path


@pytest.fixture(scope="module")
def grey_page(tmp_path_factory) -> Path:
    return written(tmp_path_factory.mktemp("grey"), small(1, 20 * 81), GREY, list("0123456"))


@pytest.fixture(scope="module")
def colour_page(tmp_path_factory) -> Path:
    names = ["cat", "</script><b>dog", "été", "d", "e", "f", "g"]
    return written(tmp_path_factory.mktemp("colour"), small(3, 20 * 88), COLOUR, names)


@pytest.fixture
def visit(chromium):  # noqa: F811
    """``visit(file, language="fr", dark=True)``: nothing but the file is asked for, and no script complains."""
    contexts, asked, complaints = [], [], []

    def go(file: Path, *, language="en", dark=False, phone=True):
        context = chromium.new_context(
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            color_scheme="dark" if dark else "light",
            viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 900},
            has_touch=phone,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(file.resolve().as_uri())
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


def stroke(page) -> None:
    box = page.locator(".drawing").bounding_box()
    at = [
        (box["x"] + x * box["width"], box["y"] + y * box["height"])
        for x, y in ((0.3, 0.3), (0.7, 0.3), (0.4, 0.8))
    ]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=5)
    page.mouse.up()


def bars(page) -> dict[str, float]:
    page.locator(".bars li").first.wait_for()
    page.locator(".answers button.plain").click()
    names, shares = page.locator(".bars bdi").all_inner_texts(), page.locator(".bars b").all_inner_texts()
    numbers = [float(re.sub(r"[^\d.]", "", share.replace(",", "."))) / 100 for share in shares]
    return dict(zip(names, numbers, strict=True))


def test_a_digit_is_drawn_on_a_phone(grey_page: Path, visit, axe) -> None:  # noqa: F811
    page = visit(grey_page)
    assert page.locator(".layers").is_hidden()
    stroke(page)
    assert sum(bars(page).values()) == pytest.approx(1, abs=0.01)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".layer canvas").first.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.layer canvas').width === 18")
    assert page.locator(".layer canvas").first.evaluate(_COLOURS) > 1
    # Of twenty maps sixteen are shown, then all; one is enlarged, and arrows go on.
    assert page.locator(".layer").first.locator("button.map").count() == 16
    page.get_by_role("button", name="All 20").first.click()
    assert page.locator(".layer").first.locator("button.map").count() == 20
    page.get_by_role("button", name="map 2 of 0.0").click()
    assert page.get_by_role("dialog").get_by_role("heading").inner_text() == "map 2 of 0.0"
    axe(page)
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("dialog").get_by_role("heading").inner_text() == "map 3 of 0.0"
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    axe(page)


def test_french_and_dark(grey_page: Path, visit, axe) -> None:  # noqa: F811
    page = visit(grey_page, language="fr", dark=True)
    stroke(page)
    page.locator(".bars li").first.wait_for()
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.get_by_role("heading", name="Ce qu’en font ses couches").is_visible()
    assert page.locator(".bars b").first.inner_text().count(",") == 1
    axe(page)
    page.get_by_label("Langue").select_option("en")  # what was drawn stays
    assert page.get_by_role("heading", name="What its layers make of it").is_visible()
    assert page.locator(".bars li").count() == 5


def test_a_photo_is_answered_as_by_the_network(colour_page: Path, visit, tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    coarse = Image.fromarray(draw.integers(0, 256, (40, 60, 3), dtype=np.uint8))
    photo = coarse.resize((900, 700), Image.Resampling.BICUBIC)
    turned = tmp_path / "photo.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side, by the camera's word
    photo.save(turned, exif=exif)
    page = visit(colour_page, phone=False)
    page.locator("input[type=file]").first.set_input_files(turned)
    given = bars(page)
    with torch.no_grad():
        levels = read_picture(turned.read_bytes(), "photo.png", COLOUR)
        scores = small(3, 20 * 88)(COLOUR.normalise(torch.from_numpy(levels).permute(2, 0, 1)[None])).softmax(
            1
        )[0]
    names = ["cat", "</script><b>dog", "été", "d", "e", "f", "g"]
    for name, score in zip(names, scores.tolist(), strict=True):
        assert given[name] == pytest.approx(score, abs=0.025)
    assert page.locator(".bars bdi").first.inner_text() == names[int(scores.argmax())]
    (tmp_path / "text.png").write_text("no picture")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "text.png")
    page.get_by_text("text.png is no picture that this browser reads").wait_for()


def test_the_page_is_small_and_has_no_address_in_it(colour_page: Path) -> None:
    text = colour_page.read_text(encoding="utf-8")
    weights = re.search(r'id="weights"[^>]*>([^<]*)<', text)
    assert weights is not None
    assert len(text) - len(weights[1]) < 60_000
    assert re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text) == []
