"""Every part of the page by keyboard alone, for a screen reader, in both languages, light and dark, on a telephone."""

from __future__ import annotations

import itertools
import re

import pytest

import prunelle as pn
from prunelle.page.panels import PANELS
from tests.page.conftest import serving, still, visiting

PLACES = [
    *PANELS,
    "convolution?input=china&kernel=redness&pooling=max&padding=same",
    "convolution?input=noise&kernel=gaussian:5&padding=full",
    "convolution?dilation=8",
]

TABBABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0
    && !(one.type === "radio" && !one.checked))
  .map((one, index) => { one.dataset.tab ??= String(index); return one.dataset.tab; })"""

FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return { tab: one.dataset.tab ?? null, body: one === document.body, html: one.outerHTML.slice(0, 120),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 };
}"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits"
    return pn.train("course-look", pn.load("digits"), pn.Recipe(epochs=1), output=folder, style="quiet")


@pytest.fixture(scope="module")
def server(run, tmp_path_factory):
    """Of all tests that only look."""
    home = tmp_path_factory.mktemp("house")
    with pytest.MonkeyPatch.context() as patch, serving(home) as serve:
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        yield serve(subject=run, runs_folder=run.path.parent)


def arrived(page, place):
    """``page``, once there is something on it."""
    page.locator(".panel").wait_for()
    kind = place.split("?")[0]
    settled = {"look": ".look-class.first", "convolution": ".sum strong", "runs": ".run"}.get(
        kind, "form, button"
    )
    page.locator(settled).first.wait_for()
    still(page)
    return page


@pytest.fixture(scope="module")
def opened(request, server, chromium):
    """A part of the page in a language: the tests that only look at it come one after the other."""
    place, language = request.param
    with visiting(chromium) as visit:
        page = arrived(visit(server, place, language=language), place)
        page.language = language
        yield page


@pytest.fixture
def page(opened):
    """``opened``, light and wide again."""
    opened.emulate_media(color_scheme="light")
    opened.set_viewport_size({"width": 1280, "height": 900})
    still(opened)
    return opened


@pytest.fixture
def fresh(server, visit):
    """``fresh("look")``: a part of the page on which nothing was pressed."""
    return lambda place: arrived(visit(server, place), place)


def at(places, languages=("en", "fr")):
    """For tests of ``page``: at each of ``places``, in each language."""
    chosen = [(place, language) for place in places for language in languages]
    return pytest.mark.parametrize("opened", chosen, indirect=True, ids="-".join)


@at(PLACES)
def test_axe_finds_nothing_serious(page, axe):
    for theme in ("light", "dark"):
        for width in (1280, 390):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 900})
            still(page)
            axe(page)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, f"{width} px"


@at(PANELS, ["fr"])
def test_a_page_has_one_title_and_its_language(page):
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert page.locator("h1").count() == 1
    levels = page.locator("h1, h2, h3, h4, h5").evaluate_all(
        "all => all.map(one => Number(one.ariaLevel ?? one.tagName[1]))"
    )
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    # The part that is shown is said, and in the window's title.
    current = page.get_by_role("link", name=re.compile(".")).and_(page.locator("[aria-current=page]"))
    assert current.count() == 1
    assert page.title().startswith(current.inner_text())


@at(PLACES)
def test_nothing_is_left_to_fill_in(page):
    """A word that a panel has not, or a place in a sentence that stayed empty."""
    said = page.evaluate(
        """() => {
          const names = ["aria-label", "title", "placeholder"];
          const said = [...document.querySelectorAll(names.map((name) => `[${name}]`).join())]
            .flatMap((one) => names.map((name) => one.getAttribute(name) ?? ""));
          return [document.body.innerText, ...said].join("\\n");
        }"""
    )
    # The sentences of errors are the verbs' own, in English.
    for error in page.get_by_role("alert").all_inner_texts():
        said = said.replace(error, "") if error else said
    assert not re.search(r"undefined|\\bnull\\b|NaN|\{\w*\}|\[object", said)
    if page.language == "fr":
        # A sign of two parts stands after a space that does not break, and never after another.
        assert not re.search(r"[^\W\d_][:;!?](?:\s|$)", said)
        assert not re.search(r" [:;!?](?:\s|$)", said)


@pytest.mark.parametrize("place", PANELS)
def test_by_keyboard_alone(fresh, place):
    """The tab key comes to everything there is to press, shows where it is, and gets out again."""
    page = fresh(place)
    wanted = set(page.evaluate(TABBABLE))
    assert wanted
    page.evaluate("document.activeElement.blur()")
    found, unseen = [], []
    for _ in range(len(wanted) + 40):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now["body"] and found:
            break
        if now["tab"] in found and now["tab"] == found[0]:
            break
        assert not found or now["tab"] is None or now["tab"] != found[-1], (
            f"the tab key stays at {now['html']}"
        )
        found.append(now["tab"])
        if not now["seen"]:
            unseen.append(now["html"])
    else:
        pytest.fail(f"the tab key does not get out; it went to {found[-10:]}")
    there = set(page.evaluate(TABBABLE))
    missed = (wanted & there) - set(found)
    assert not missed, page.evaluate(
        "tabs => tabs.map(tab => document.querySelector(`[data-tab='${tab}']`).outerHTML.slice(0, 120))",
        sorted(missed),
    )
    assert unseen == []


def test_the_first_tab_leads_past_the_parts(fresh):
    page = fresh("convolution")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    still(page)
    # Still the same part, and the next tab is inside it.
    assert page.locator("h1").inner_text() == "Convolution"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@at(PANELS, ["en"])
def test_nothing_moves_where_motion_is_unwanted(page):
    """The fixture's browsers ask for reduced motion."""
    assert page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches")
    assert page.evaluate("document.getAnimations().filter(one => one.playState === 'running').length") == 0


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "there is no run: start a training"), ("fr", "il n’y a aucun entraînement fait")],
)
def test_where_there_is_nothing_to_look_at_the_next_step_is_said(serve, visit, axe, tmp_path, language, says):
    page = visit(serve(runs_folder=tmp_path / "none"), "look", language=language)
    page.get_by_text(says).wait_for()
    axe(page)
