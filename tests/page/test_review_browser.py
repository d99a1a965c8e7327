"""The panel "review" in a real browser: by keys alone, at once on the disk, and in French."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

import prunelle as pn
from prunelle.data.decisions import Decisions
from prunelle.page.house import House
from prunelle.page.review_decisions import DecisionsFile
from prunelle.page.server import Server
from tests.pictures import make_folder

Serve = Callable[..., Server]
CLASSES = [f"class {letter}" for letter in "abcdefghijklmn"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pn.Run:
    """More classes than a matrix has room for, or a keyboard digits; and it knows few of them."""
    root = make_folder(tmp_path_factory.mktemp("data") / "many", CLASSES, 14)
    # What is in a name is never markup.
    (root / CLASSES[0]).rename(root / "<b>class a")
    folder = tmp_path_factory.mktemp("runs") / "many"
    return pn.train("dense", root, epochs=1, size=16, output=folder, style="quiet")


@pytest.fixture
def house(run: pn.Run, tmp_path: Path) -> House:
    made = House(subject=run, runs_folder=run.path.parent)
    made.panel, made.decisions = "review", tmp_path / "decided.csv"
    return made


def test_ten_decisions_by_keys_an_undo_and_a_reload(house: House, serve: Serve, visit, axe, until) -> None:
    page = visit(serve(house))
    page.locator(".review-list [aria-current]").wait_for()
    page.locator(".review-bars li").first.wait_for()
    listed = page.locator(".review-list > li").count()
    assert listed > 12
    read = lambda: list(Decisions.read(house.decisions).values()) if house.decisions.exists() else []  # noqa: E731
    looked = page.locator(".review-main [role=status]").last
    # What was decided is said of whom it was decided about, under the next one, and no longer once one looks around.
    first = page.locator(".review-judging .review-bar > *").last.inner_text()
    page.keyboard.press("k")
    said = page.get_by_text(f"{first} · ")
    said.wait_for()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("z")
    said.wait_for(state="detached")
    until(lambda: not read())
    for key in "kxuakkxu":
        page.keyboard.press(key)
    until(lambda: len(read()) == 8)
    assert [one.action for one in read()] == [
        *("keep", "leave out", "not sure", "relabel", "keep", "keep", "leave out", "not sure")
    ]
    # Of many classes one types the beginning of the name.
    page.keyboard.press("r")
    page.keyboard.type("class k")
    page.keyboard.press("Enter")
    until(lambda: len(read()) == 9)
    assert read()[-1].label == "class k" or read()[-1].was == "class k"
    # Or takes one of the likeliest by its number.
    page.locator(".review-bars:not(.stale) li").first.wait_for()
    second = page.locator(".review-classes button").nth(1).locator("span").inner_text()
    page.keyboard.press("2")
    until(lambda: len(read()) == 10)
    assert second in (read()[-1].label, read()[-1].was)
    until(lambda: looked.inner_text().startswith("10 of "))
    assert page.locator(".review-list .done").count() == 10

    last = read()[-1].file
    page.keyboard.press("z")
    until(lambda: len(read()) == 9)
    page.get_by_text(f"Taken back: {last}").wait_for()
    page.keyboard.press("Control+z")
    until(lambda: len(read()) == 8)
    axe(page)

    page.reload()
    page.locator(".review-list .done").nth(7).wait_for()
    assert page.locator(".review-list .done").count() == 8
    assert page.get_by_role("heading", name="Decisions (8)").count() == 1
    # Any of them is taken back from the list; what was decided in another window is in it, too.
    page.get_by_role("button", name=f"Take back the decision about {read()[0].file}").click()
    until(lambda: len(read()) == 7)
    page.get_by_role("heading", name="Decisions (7)").wait_for()


def test_what_is_pressed_while_one_is_taken_back_is_of_the_one_that_comes_back(
    house: House, serve: Serve, visit, until, monkeypatch: pytest.MonkeyPatch
) -> None:
    undo = DecisionsFile.undo
    monkeypatch.setattr(DecisionsFile, "undo", lambda file: (time.sleep(1), undo(file))[1])
    page = visit(serve(house))
    page.locator(".review-list [aria-current]").wait_for()
    page.locator(".review-bars li").first.wait_for()
    read = lambda: list(Decisions.read(house.decisions).values()) if house.decisions.exists() else []  # noqa: E731
    page.keyboard.press("k")
    until(lambda: len(read()) == 1)
    first = read()[0].file
    for key in "zxku":
        page.keyboard.press(key)
    until(lambda: len(read()) == 3)
    assert [one.action for one in read()] == ["leave out", "keep", "not sure"]
    assert read()[0].file == first


def test_confusions_lead_to_their_pictures_in_french(
    run: pn.Run, house: House, serve: Serve, visit, axe
) -> None:
    page = visit(serve(house), language="fr", dark=True, width=390)
    pair = page.locator(".review-pairs button").first
    pair.wait_for()
    judged = run.judged()
    wrong = [
        (judged.classes[given], judged.classes[answered])
        for given, answered in zip(judged.labels.tolist(), judged.predicted.tolist(), strict=True)
        if given != answered
    ]
    most = max(wrong.count(each) for each in wrong)
    assert pair.locator("b").inner_text() == str(most)
    given, answered = pair.locator("span").inner_text().split(" → ")
    assert wrong.count((given, answered)) == most
    pair.press("Enter")
    page.get_by_role("heading", name=f"{given}, réponse {answered}").wait_for()
    assert page.locator(".review-list > li").count() == most
    page.locator(".review-list button").last.click()
    assert page.locator(".review-given").inner_text() == f"Étiquette donnée\u00a0: {given}"
    page.get_by_role("button", name="Écarter").click()
    page.locator(".review-list .done").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    axe(page)


def test_where_it_looked_is_shown_for_the_answer_then_the_given_class(
    house: House, serve: Serve, visit
) -> None:
    page = visit(serve(house))
    page.locator(".review-heat:not([hidden])").wait_for()
    pressed = lambda: page.locator(".review-looked [aria-pressed=true]").get_attribute("data-heat")  # noqa: E731
    assert pressed() == "answer"
    page.keyboard.press("w")
    assert pressed() == "given"
    page.keyboard.press("w")
    assert pressed() == "off"
    page.locator(".review-heat").wait_for(state="hidden")
    # Letters are letters where one types, and nothing where keys are switched off.
    page.get_by_label("Keys").uncheck()
    page.keyboard.press("k")
    page.wait_for_timeout(300)
    assert not house.decisions.exists()


def test_a_list_that_is_decided_says_so_and_the_next_one_does_not(house: House, serve: Serve, visit) -> None:
    page = visit(serve(house))
    page.locator(".review-pairs button").last.click()
    page.locator(".review-bars:not(.stale) li").first.wait_for()
    for _ in range(page.locator(".review-list > li").count()):
        page.keyboard.press("k")
    decided = page.get_by_text("All of this list is decided.")
    decided.wait_for()
    page.get_by_role("button", name="All examples").click()
    page.get_by_role("heading", name="All examples", exact=True).wait_for()
    assert decided.count() == 0
