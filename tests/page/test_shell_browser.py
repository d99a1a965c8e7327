"""The page around its panels, in a real browser: its door, language and colours, a server that goes and comes back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prunelle.page import panels, server
from prunelle.page.panel import Opening, PanelKind
from prunelle.page.server import Server
from prunelle.page.wire import Message
from prunelle.texts import Note, Typography

_MODULE = """
import { asker, element } from "./kit.js";
export function render({ model, el }) {
  const ask = asker(model);
  const out = element("output", {}, model.get("hello"));
  const told = element("p", { class: "told" });
  const hear = (content) => { if (content.type === "told") told.textContent = content.text; };
  model.on("msg:custom", hear);
  const question = (name, content, arrays) => element("button", { type: "button", onclick: async () => {
    try {
      const answer = await ask(content, arrays());
      const shown = answer.arrays.map((array) => array.shape.join("x") + "=" + [...array].join());
      out.textContent = answer.content.sum + ":" + shown;
    } catch (error) { out.textContent = "error: " + error.message; }
  } }, name);
  const floats = () => {
    const pair = new Float32Array([1.5, -2.25]);
    pair.shape = [1, 2];
    return [new Uint8Array([7, 8, 9]), pair];
  };
  el.append(element("h1", {}, model.get("words").title), out, told,
    question("double", { type: "double" }, floats), question("fail", { type: "fail" }, () => []),
    question("tell", { type: "tell" }, () => []));
  return () => ask.close();
}
"""


class _Trial:
    """Doubles arrays, fails, and speaks unasked."""

    closed: list[str] = []  # noqa: RUF012

    def __init__(self, opening: Opening) -> None:
        self.opening = opening

    def opened(self) -> Message:
        return Message({"hello": f"<b>{self.opening.options.get('name', '')}</b>"})

    def receive(self, message: Message) -> Message | None:
        kind = message.content["type"]
        if kind == "fail":
            raise RuntimeError("<img src=x>")
        if kind == "tell":
            self.opening.push(Message({"type": "told", "text": self.opening.language}))
            return None
        doubled = [(np.asarray(array) * 2).astype(array.dtype) for array in message.arrays]
        return Message({"sum": float(sum(map(np.sum, doubled)))}, doubled)

    def close(self) -> None:
        self.closed.append(str(self.opening.options.get("name", "")))


class _Words(Typography):
    texts = {"title": Note("Trial", "Essai")}  # noqa: RUF012


class _Others(Typography):
    texts = {"title": Note("Another", "Un autre")}  # noqa: RUF012


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[_Trial]:
    """Two panels for the page, and none of its own."""
    file = tmp_path / "trial.js"
    file.write_text(_MODULE, encoding="utf-8")
    made = {
        name: PanelKind(make=_Trial, module="trial.js", words=words, title="title")
        for name, words in (("trial", _Words), ("another", _Others))
    }
    monkeypatch.setattr(panels, "PANELS", made)
    monkeypatch.setattr("prunelle.page.tab.PANELS", made)
    monkeypatch.setitem(server.STATIC, "trial.js", str(file))
    monkeypatch.setattr(_Trial, "closed", [])
    return _Trial


Serve = Callable[..., Server]


def test_arrays_go_there_and_back(serve: Serve, trial, visit) -> None:
    page = visit(serve())
    page.get_by_role("button", name="double").click()
    page.get_by_text("46.5:3=14,16,18,1x2=3,-4.5").wait_for()
    # The word is no more in the address.
    assert "token" not in page.url


def test_what_fails_is_said_and_stays_text(serve: Serve, trial, visit) -> None:
    page = visit(serve(), "trial?name=<img src=y>")
    page.get_by_role("button", name="fail").click()
    page.get_by_text("error: RuntimeError: <img src=x>").wait_for()
    assert page.locator("output b, output img, main img").count() == 0


def test_the_language_changes_and_is_kept(serve: Serve, trial, visit) -> None:
    page = visit(serve())
    page.get_by_role("heading", name="Trial").wait_for()
    assert page.title() == "Trial · Prunelle"
    page.get_by_label("Language").select_option("fr")
    page.get_by_role("heading", name="Essai").wait_for()
    assert page.locator("html").get_attribute("lang") == "fr"
    page.get_by_role("button", name="tell").click()
    page.locator(".told", has_text="fr").wait_for()
    page.reload()
    page.get_by_role("heading", name="Essai").wait_for()
    page.get_by_label("Langue").wait_for()


def test_a_french_browser_is_met_in_french(serve: Serve, trial, visit) -> None:
    visit(serve(), language="fr").get_by_role("link", name="Un autre").wait_for()


@pytest.mark.parametrize("dark", [False, True])
def test_colours_follow_the_system_or_the_choice(serve: Serve, trial, visit, dark: bool) -> None:
    page = visit(serve(), dark=dark)
    page.get_by_role("heading", name="Trial").wait_for()

    def light() -> float:
        background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        return sum(map(int, re.findall(r"\d+", background)[:3])) / 3

    assert (light() < 60) is dark
    page.get_by_label("Colours").select_option("light" if dark else "dark")
    assert (light() < 60) is not dark
    page.reload()
    page.get_by_role("heading", name="Trial").wait_for()
    assert (light() < 60) is not dark


def test_tabs_are_links_with_a_history_and_close_what_they_leave(serve: Serve, trial, visit) -> None:
    page = visit(serve(), "trial?name=first")
    page.get_by_text("<b>first</b>").wait_for()
    page.get_by_role("link", name="Another").click()
    page.get_by_role("heading", name="Another").wait_for()
    assert page.get_by_role("link", name="Another").get_attribute("aria-current") == "page"
    page.go_back()
    page.get_by_text("<b>first</b>").wait_for()
    page.wait_for_timeout(100)
    assert "first" in trial.closed


def test_a_server_that_comes_back_is_met_again(serve: Serve, trial, visit) -> None:
    first = serve()
    page = visit(first, "trial?name=x")
    page.expected += ["ERR_CONNECTION_REFUSED"]
    page.get_by_role("button", name="double").wait_for()
    first.close()
    page.get_by_text("The server does not answer; trying again").wait_for()
    serve(port=first.port)
    page.get_by_text("The server does not answer").wait_for(state="detached")
    page.get_by_role("button", name="double").click()
    page.get_by_text("46.5:").wait_for()


def test_a_server_that_has_forgotten_says_what_to_do(serve: Serve, trial, visit, state_folder: Path) -> None:
    first = serve()
    page = visit(first)
    page.expected += ["ERR_CONNECTION_REFUSED", "403", "WebSocket"]
    page.get_by_role("button", name="double").wait_for()
    first.close()
    next(state_folder.rglob("page-key")).unlink()
    serve(port=first.port)
    page.get_by_text("In the terminal that runs prunelle open, press Enter").wait_for()


def test_two_tabs_are_apart(serve: Serve, trial, visit) -> None:
    server_ = serve()
    one = visit(server_, "trial?name=one")
    two = visit(server_, "trial?name=two", context=one.context)
    two.get_by_text("<b>two</b>").wait_for()
    one.get_by_text("<b>one</b>").wait_for()
    two.close()
    one.get_by_role("button", name="double").click()
    one.get_by_text("46.5:").wait_for()
    one.wait_for_timeout(100)
    assert "one" not in trial.closed


def test_a_report_of_a_stranger_runs_nothing(serve: Serve, trial, visit, tmp_path: Path) -> None:
    from prunelle.page.house import key_of

    run = tmp_path / "runs" / "theirs"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    (run / "report.html").write_text(
        "<title>kept</title><script>document.title = 'owned'</script><p>the report</p>"
        "<img src=x onerror=\"document.title = 'owned'\">"
    )
    served = serve(runs_folder=tmp_path / "runs")
    page = visit(served)
    page.expected += ["sandboxed", "Content Security Policy", "violates"]
    page.goto(f"{served.address().split('?')[0]}report/{key_of(run)}")
    page.get_by_text("the report").wait_for()
    assert page.title() == "kept"
