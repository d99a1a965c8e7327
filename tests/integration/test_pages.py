"""Every HTML page that is written carries a policy that holds: nothing but its own runs, nothing from outside loads."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import prunelle as pn
from prunelle.report import gallery
from prunelle.texts import Language, Note
from tests.unit.report.test_comparison import BAD, GOOD, comparison

pytestmark = pytest.mark.painted

SCRIPT = "document.title = 'ran'; console.log('ran')"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Tags(HTMLParser):
    """Tags with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> pn.Run:
    rows = np.random.default_rng(0)
    images = rows.integers(0, 256, (60, 12, 12, 1), dtype=np.uint8)
    data = pn.from_arrays(images, [i % 3 for i in range(60)], name="noise", test=0.3, seed=0)
    folder = tmp_path_factory.mktemp("pages")
    return pn.train("course-look", data, pn.Recipe(epochs=1), output=folder / "run", style="quiet")


def report(folder: Path, trained: pn.Run, language: Language) -> list[Path]:
    return [trained.path / "report.html"]


def compared(folder: Path, trained: pn.Run, language: Language) -> list[Path]:
    from prunelle.report import comparison_page

    page = folder / "comparison.html"
    page.write_text(comparison_page.render(comparison(GOOD, BAD), language), encoding="utf-8")
    return [page]


def looked(folder: Path, trained: pn.Run, language: Language) -> list[Path]:
    return [pn.look_into(trained, output=folder, views=["filters"], language=language, style="quiet").page]


def convolved(folder: Path, trained: pn.Run, language: Language) -> list[Path]:
    pn.convolve("1,2,3,4;5,6,7,8;9,1,2,3", "1,0;0,1").save(folder, language=language)
    return sorted(folder.glob("*.html"))


PAGES = (report, compared, looked, convolved)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("write", PAGES)
def test_every_page_has_a_policy_and_needs_no_more(
    tmp_path: Path, trained: pn.Run, write: Callable[[Path, pn.Run, Language], list[Path]], language: Language
) -> None:
    pages = write(tmp_path, trained, language)
    assert pages
    for file in pages:
        page = file.read_text(encoding="utf-8")
        found = Tags(page)
        (policy,) = [
            attributes["content"]
            for tag, attributes in found.tags
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy is not None
        assert policy.startswith("default-src 'none'; ")
        rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
        assert rules["base-uri"] == rules["form-action"] == "'none'"
        assert "unsafe" not in rules.get("script-src", "")
        hashes = [
            "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"
            for script in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
        ]
        assert rules.get("script-src", "").split() == hashes
        # Before anything that it rules.
        before = page[: page.index("Content-Security-Policy")]
        assert not re.search(r"<(script|style|img|link|svg|body)", before)
        for tag, attributes in found.tags:
            assert not any(name.startswith("on") for name in attributes), (tag, attributes)
            for name in ("src", "href"):
                place = attributes.get(name) or ""
                assert not re.match(r"(https?:)?//|javascript:", place), place
                if tag == "img" and name == "src" and not place.startswith("data:") and place:
                    assert "'self'" in rules["img-src"]
                    assert (file.parent / place).is_file()


def test_whoever_writes_a_page_gives_it_a_policy() -> None:
    """In the page itself, or as the header that it is served with (``tests/serve/test_page.py``)."""
    source = Path(gallery.__file__).parents[1]
    for file in [*source.rglob("*.py"), *source.rglob("*.html")]:
        if "<!doctype html>\n" in file.read_text(encoding="utf-8").lower():
            policy = "Content-Security-Policy" in file.read_text(encoding="utf-8")
            assert policy != (file.relative_to(source).as_posix() == "serve/static/try.html"), file


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here to open pages with")
def test_a_browser_finds_nothing_to_refuse_and_refuses_what_was_slipped_in(
    tmp_path: Path, trained: pn.Run
) -> None:
    files: list[Path] = []
    for write in PAGES:
        (folder := tmp_path / write.__name__).mkdir()
        files += write(folder, trained, "en")
    for number, file in enumerate(files):
        assert refused(console(file, tmp_path / "profile")) == []
        page = file.read_text(encoding="utf-8")
        end = page.rindex("</html>")
        bad = file.with_name(f"slipped-{number}.html")
        bad.write_text(
            f'{page[:end]}<script>{SCRIPT}</script><img src=x onerror="{SCRIPT}">', encoding="utf-8"
        )
        told = console(bad, tmp_path / "profile")
        assert refused(told)
        assert not [line for line in told if '"ran"' in line]


def console(file: Path, profile: Path) -> list[str]:
    """What the browser's console says of a page."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"),
            *(f"--user-data-dir={profile}", "--virtual-time-budget=1000", file.as_uri()),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "</html>" in done.stdout
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def refused(lines: list[str]) -> list[str]:
    return [line for line in lines if "Content Security Policy" in line]


def test_notes_in_a_gallery_stay_text(tmp_path: Path) -> None:
    note = Note("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>")
    section = gallery.Section("filters", note.fr, note.fr, [], note)
    page = gallery.render("x", [section], [note], "fr")
    assert "<img" not in page
