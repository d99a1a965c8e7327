"""The page to try it, in a browser: alone, at a phone's size, in both languages, and for both kinds of doubt."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from prunelle.serve.server import Server
from prunelle.serve.try_page import page
from tests.serve.conftest import answerer, ask, picture

KEY = "a-key-that-nobody-guesses"
HOSTILE = "</script><script>alert(1)</script>"


def files(*contents: bytes) -> list[dict[str, Any]]:
    return [{"name": f"{i}.png", "mimeType": "image/png", "buffer": each} for i, each in enumerate(contents)]


@pytest.fixture
def visit(chromium):
    """``visit(server, locale)``: the page, whose errors are failures."""
    contexts, complaints = [], []

    def go(server: Server, locale: str = "en-GB", width: int = 390, colours: str = "light"):
        context = chromium.new_context(
            locale=locale,
            viewport={"width": width, "height": 800},
            color_scheme=colours,
            reduced_motion="reduce",
        )
        contexts.append(context)
        opened = context.new_page()
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto(server.address)
        return opened

    yield go
    for context in contexts:
        context.close()
    assert [each for each in complaints if "401" not in each and "422" not in each] == []


def test_pictures_are_answered_on_a_phone(visit, server: Server) -> None:
    opened = visit(server)
    opened.set_input_files("#files", files(picture(200, 40, 0), picture(0, 0, 255), b"no picture"))
    opened.wait_for_selector("#answers li:nth-child(3)")
    assert opened.locator(".said").all_inner_texts() == ["red", "blue"]
    assert "not a picture" in opened.locator("#answers .error").inner_text()
    assert opened.locator(".bars b").first.inner_text() == "88.9%"
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.fill("#top", "1")
    opened.dispatch_event("#top", "change")
    opened.locator(".bars b").nth(2).wait_for(state="detached")
    assert opened.locator(".bars b").count() == 2


def test_french_is_spoken_and_the_other_language_is_a_button_away(visit, server: Server) -> None:
    opened = visit(server, "fr-FR", 1200)
    assert opened.title() == "Essayer colours"
    opened.set_input_files("#files", files(picture(200, 40, 0)))
    opened.wait_for_selector("#answers li")
    assert (
        opened.locator(".bars b").first.inner_text().replace("\u202f", " ").replace("\xa0", " ") == "88,9 %"
    )
    opened.click("#language")
    assert opened.title() == "Try colours"
    assert opened.locator(".bars b").first.inner_text() == "88.9%"


def test_a_key_is_asked_for(visit, serve: Callable[..., Server]) -> None:
    opened = visit(serve(key=KEY))
    opened.set_input_files("#files", files(picture(200, 40, 0)))
    opened.wait_for_selector("#state.error")
    assert "a key is asked for" in opened.locator("#state").inner_text()
    opened.fill("#key", KEY)
    opened.press("#key", "Enter")
    opened.wait_for_selector("#answers li")


def test_names_of_classes_are_texts(visit, serve: Callable[..., Server]) -> None:
    server = serve(answerer(classes=(HOSTILE, "b", "c")))
    opened = visit(server)
    opened.set_input_files("#files", files(picture(255, 0, 0)))
    opened.wait_for_selector("#answers li")
    assert opened.locator(".said").inner_text() == HOSTILE


def test_nothing_is_fetched_from_elsewhere_and_only_its_own_script_runs(server: Server) -> None:
    told = ask(server, "GET", "/")
    text = told.body.decode()
    assert not re.search(r"(src|href)=\"?(https?:)?//", text)
    assert "@import" not in text
    policy = told.headers["content-security-policy"]
    for tag in ("script", "style"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    french = ask(server, "GET", "/", Accept_Language="fr-FR,fr;q=0.9").body.decode()
    assert '<html lang="fr">' in french
    assert '<html lang="en">' in text


@pytest.mark.parametrize("accepted", ["", "de", "*", "fr" * 5000, "\n"])
def test_any_language_is_answered(accepted: str) -> None:
    assert page(answerer(), key=True, accepted=accepted).text.startswith("<!doctype html>")
