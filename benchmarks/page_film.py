"""The moving picture of the README: a run's page, drawn on, pointed at and changed in a real browser.

    python benchmarks/page_film.py RUN docs/images/page.webp

Needs the extras ``page`` and ``test``, and Chromium. The run should be of handwritten digits, 28×28.
"""

from __future__ import annotations

import io
import itertools
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

import prunelle

SIZE = (1330, 800)
SHOWN = (931, 560)
FRAME_MS = 110
HOLD_MS = 1400

SEVEN = ((0.28, 0.22), (0.72, 0.22), (0.66, 0.4), (0.56, 0.6), (0.46, 0.86))


class Film:
    """Frames of a page, each with how long it stays."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._stay: list[int] = []

    def frame(self, stay_ms: int = FRAME_MS) -> None:
        """The page as it is now."""
        shot = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        self._frames.append(shot.resize(SHOWN, Image.Resampling.LANCZOS))
        self._stay.append(stay_ms)

    def save(self, file: Path) -> None:
        """As an animation that repeats."""
        first, *others = self._frames
        first.save(
            file, save_all=True, append_images=others, duration=self._stay, loop=0, quality=62, method=6
        )


def main(run: str, file: str) -> None:
    """Draws, points, follows back, switches a channel off."""
    server = prunelle.open(run, browser=False, port=0)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-GB")
        page.goto(server.address())
        drawing = page.locator("canvas.look-drawing")
        drawing.wait_for()
        page.wait_for_timeout(800)
        film, mouse = Film(page), page.mouse
        film.frame(700)

        box = drawing.bounding_box()
        assert box is not None
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
        mouse.move(*points[0])
        mouse.down()
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            for part in range(1, 4):
                mouse.move(x0 + (x1 - x0) * part / 3, y0 + (y1 - y0) * part / 3)
                page.wait_for_timeout(60)
                film.frame()
        mouse.up()
        page.wait_for_timeout(300)
        film.frame(HOLD_MS)

        tile = page.locator(".look-layer").nth(1).locator(".look-map").nth(2)
        place = tile.bounding_box()
        assert place is not None
        for part in range(6):
            mouse.move(
                place["x"] + place["width"] * (0.76 - 0.04 * part),
                place["y"] + place["height"] * (0.26 + 0.07 * part),
            )
            page.wait_for_timeout(250)
            film.frame(300)
        mouse.down()
        mouse.up()
        page.wait_for_timeout(300)
        film.frame(HOLD_MS)
        page.get_by_role("button", name="Follow it back").click()
        page.wait_for_timeout(500)
        film.frame(HOLD_MS)
        page.get_by_role("button", name="Open the channel").click()
        page.wait_for_timeout(600)
        film.frame(HOLD_MS)
        page.get_by_role("button", name="Switch off").click()
        page.wait_for_timeout(2500)
        film.frame(2 * HOLD_MS)
        film.save(Path(file))
        browser.close()
    server.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
