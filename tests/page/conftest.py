"""A server with a house of its own, and a real browser that is let in."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prunelle.page.house import House
from prunelle.page.server import Server
from tests.painting import _unpainted

__all__ = ["_unpainted"]

_WAIT_MS = 40_000
"""For what will come, on a machine that does much else."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_NEEDED = os.environ.get("PRUNELLE_NEEDS_BROWSER")
"""Where it is set, as in CI, a test that cannot have a browser fails."""


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server keeps the key of its cookies: not the user's own."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Callable[..., Server]]:
    """``serve(house)`` or ``serve(subject=…, …)`` starts a server at a free port; all are closed at the end."""
    started: list[Server] = []

    def start(house: House | None = None, *, port: int = 0, **given: object) -> Server:
        if house is None:
            house = House(**({"runs_folder": folder / "runs"} | given))  # type: ignore[arg-type]
        started.append(Server(house, host="127.0.0.1", port=port, exposed=False))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """As ``serving`` says, for one test."""
    with serving(tmp_path) as start:
        yield start


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium, without a window."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        why = f"no browser: none of {', '.join(BROWSERS)} is installed"
        if _NEEDED:
            pytest.fail(why)
        pytest.skip(why)
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect.set_options(timeout=_WAIT_MS)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def visiting(chromium):
    """``visit(server, "look?subject=…", language="fr", dark=True, width=390)``: a page in a browser of its own.

    What the browser's console calls an error, and a script's own, is a failure at the end, but for those in
    ``page.expected``: parts of their texts.
    """
    contexts, complaints = [], []

    def go(
        server: Server, place: str = "", *, language="en", dark=False, width=1280, height=900, context=None
    ):
        if context is None:
            context = chromium.new_context(
                locale={"en": "en-GB", "fr": "fr-FR"}[language],
                color_scheme="dark" if dark else "light",
                viewport={"width": width, "height": height},
                reduced_motion="reduce",
            )
            contexts.append(context)
        page = context.new_page()
        page.expected = []
        page.on(
            "console", lambda said: complaints.append((page, said.text)) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append((page, str(error))))
        page.set_default_timeout(_WAIT_MS)
        page.goto(server.address())
        if place:
            page.goto(server.address().split("?")[0] + "#" + place)
        return page

    yield go
    for context in contexts:
        context.close()
    left = [text for page, text in complaints if not any(part in text for part in page.expected)]
    assert left == []


@pytest.fixture
def visit(chromium):
    """As ``visiting`` says, for one test."""
    with visiting(chromium) as go:
        yield go


_STILL = """() => new Promise((resolve) => {
  const over = () => { watcher.disconnect(); resolve(); };
  let quiet = setTimeout(over, 250);
  const watcher = new MutationObserver(() => { clearTimeout(quiet); quiet = setTimeout(over, 250); });
  watcher.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  setTimeout(over, 5000);
})"""


def still(page) -> None:
    """Waits until nothing has changed on the page for a quarter of a second; where something always does, 5 s."""
    page.evaluate(_STILL)


@pytest.fixture
def axe():
    """``axe(page)``: nothing on it that axe calls serious."""
    sync_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")

    def check(page):
        found = sync_playwright.Axe().run(page).response["violations"]
        assert [
            (each["id"], [node["html"] for node in each["nodes"]][:3])
            for each in found
            if each["impact"] in ("serious", "critical")
        ] == []

    return check


@pytest.fixture
def until():
    """``until(holds)`` waits until it does."""

    def wait(holds: Callable[[], object], seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it never came to that"
            time.sleep(0.05)

    return wait
