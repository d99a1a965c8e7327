"""The panel "review" of several labels and of numbers, as the browser speaks to it and as a person uses it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.data.decisions import Decisions
from prunelle.errors import ArgumentError
from prunelle.page.house import House
from prunelle.page.panel import Opening
from prunelle.page.review import ReviewPanel
from prunelle.page.server import Server
from prunelle.page.wire import Frame, Message, decode, encode

Ask = Callable[..., dict[str, Any]]
LABELS = ("blue", "green", "red")
TASKS = {"labels": "multilabel", "number": "regression:light"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of stripes, each in colours of its own, and tables of which, and of how light they are."""
    root = tmp_path_factory.mktemp("stripes")
    draw = np.random.default_rng(0)
    labels, lights = [("file", "labels")], [("file", "light")]
    for number in range(90):
        has = draw.random(3) < 0.5
        picture = np.zeros((16, 16, 3))
        for k in np.flatnonzero(has):
            picture[5 * k : 5 * k + 5, :, 2 - k] = draw.uniform(120, 250)
        noisy = np.clip(picture + draw.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)
        name = f"{number:03}.png"
        Image.fromarray(noisy).save(root / name)
        labels.append((name, ";".join(label for label, there in zip(LABELS, has, strict=True) if there)))
        lights.append((name, f"{noisy.mean():.2f}"))
    for name, rows in (("labels.csv", labels), ("lights.csv", lights)):
        with (root / name).open("w", newline="") as table:
            csv.writer(table).writerows(rows)
    return root


@pytest.fixture(scope="module", params=["labels", "number"])
def run(request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> pn.Run:
    kind = request.param
    output = tmp_path_factory.mktemp("runs") / kind
    table = {"labels": "labels.csv", "number": "lights.csv"}[kind]
    return pn.train(
        "course-mnist",
        folder,
        pn.Recipe(epochs=2),
        labels=table,
        task=TASKS[kind],
        size=16,
        output=output,
        style="quiet",
    )


@pytest.fixture
def house(run: pn.Run, tmp_path: Path) -> House:
    made = House(subject=run, runs_folder=run.path.parent)
    made.panel, made.decisions = "review", tmp_path / "decided.csv"
    return made


@pytest.fixture
def opened(house: House) -> Iterator[tuple[Ask, ReviewPanel, list[Message]]]:
    pushed: list[Message] = []
    panel = ReviewPanel(Opening(house=house, push=pushed.append, language="fr", options={}))
    pushed.append(panel.opened())
    assert panel._review is not None
    panel._review.wait()
    assert panel._review.failed is None

    def ask(**content: Any) -> dict[str, Any]:
        question = decode(encode(Frame("review", 1, Message(content)))).message
        carried = decode(encode(Frame("review", 1, panel.receive(question)))).message
        return {
            key: carried.arrays[value["array"]] if isinstance(value, dict) and "array" in value else value
            for key, value in carried.content.items()
        }

    yield ask, panel, pushed
    panel.close()


def new_label(kind: str, given: np.ndarray) -> tuple[dict[str, Any], str]:
    """Another label as the browser says it, and as the file has it."""
    if kind == "number":
        return {"number": 12}, "12.0"
    turned = [k for k in range(3) if bool(given[k]) != (k == 1)]
    return {"labels": turned}, ";".join(LABELS[k] for k in turned)


def test_decisions_are_written_as_the_target_writes_labels(
    house: House, opened: tuple[Ask, ReviewPanel, list[Message]], until: Callable[..., None]
) -> None:
    ask, panel, pushed = opened
    review, kind = panel._shown, panel._shown.run.target.kind
    state = next(each for each in pushed if "target" in each.content)
    assert state.content["target"] == kind
    part = review.part("train")
    table = ask(type="table", split="train")
    np.testing.assert_array_equal(table["order"], part.order)
    np.testing.assert_allclose(np.asarray(table["labels"], float), part.labels, rtol=1e-6)
    assert part.how == "crossed"
    wanted, text = new_label(kind, part.labels[0])
    ask(type="decide", split="train", row=0, action="relabel", **wanted)
    ask(type="decide", split="train", row=1, action="keep")
    there = list(Decisions.read(house.decisions).values())  # type: ignore[arg-type]
    given = [part.target.written(label, review.run.classes) for label in part.labels[:2]]
    assert [(one.action, one.label, one.was) for one in there] == [
        ("relabel", text, given[0] or None),
        ("keep", given[1], given[1] or None),
    ]
    # Taken back it is as it was, of an example without any label, too.
    if kind == "labels":
        none = int(np.flatnonzero(~part.labels.any(axis=1))[0])
        ask(type="decide", split="train", row=none, action="keep")
        assert Decisions.read(house.decisions)[part.names[none]].label == ""  # type: ignore[arg-type]
        ask(type="undo")
    ask(type="undo")
    assert len(Decisions.read(house.decisions)) == 1  # type: ignore[arg-type]
    ask(type="look", wanted=[{"what": what, "split": "test", "row": 0} for what in ("seen", "where")])
    until(lambda: len([each for each in pushed if each.content.get("type") in ("seen", "where")]) == 2)
    seen = next(each.content for each in pushed if each.content.get("type") == "seen")
    assert "failed" not in seen
    judged = review.run.judged()
    if kind == "labels":
        np.testing.assert_allclose(seen["scores"], judged.probabilities[0], atol=1e-4)
    else:
        assert seen["answer"] == pytest.approx(judged.predicted[0], rel=1e-3)
    assert len(seen["nearest"][0]["given"]) == len(seen["nearest"][0]["rows"])


def test_new_labels_are_read_with_care(house: House, opened: tuple[Ask, ReviewPanel, list[Message]]) -> None:
    ask = opened[0]
    for wrong in (
        {},
        {"labels": [3], "number": "1"},
        {"labels": ["red"], "number": 1e400},
        {"labels": [True]},
    ):
        with pytest.raises((ArgumentError, ValueError)):
            ask(type="decide", split="train", row=0, action="relabel", **wrong)
    assert house.decisions is not None
    assert not house.decisions.exists()


def put_on(page: Any) -> list[bool]:
    """By label, whether it is on."""
    return [each.get_attribute("aria-pressed") == "true" for each in page.locator("[data-label]").all()]


def test_a_person_decides_by_keys(
    run: pn.Run, house: House, serve: Callable[..., Server], visit: Any, axe: Any, until: Callable[..., None]
) -> None:
    page = visit(serve(house))
    page.locator(".review-list [aria-current]").wait_for()
    read = lambda: list(Decisions.read(house.decisions).values()) if house.decisions.exists() else []  # type: ignore[union-attr,arg-type]  # noqa: E731
    page.get_by_role("button", name="All examples").click()
    name = page.locator(".review-judging .review-name").inner_text
    until(name)
    if run.target.kind == "labels":
        page.locator(".review-labels:not(.stale) li").first.wait_for()
        before = put_on(page)
        page.keyboard.press("2")
        # Nothing is decided before S.
        assert page.locator("[data-label='1']").get_attribute("aria-pressed") == str(not before[1]).lower()
        assert not read()
        page.keyboard.press("s")
        until(lambda: len(read()) == 1)
        wanted = [not has if k == 1 else has for k, has in enumerate(before)]
        assert read()[0].label == ";".join(label for label, has in zip(LABELS, wanted, strict=True) if has)
        assert read()[0].action == "relabel"
        page.locator(".review-facts .stale").wait_for(state="detached")
        axe(page)
        # What was decided is what is on, once one comes back to it.
        page.keyboard.press("ArrowLeft")
        until(lambda: put_on(page) == wanted)
        # A list that a cell leads to; N goes on to the next.
        page.locator(".by-label [data-cell]").first.click()
        first = page.locator("#review-queue").inner_text()
        page.keyboard.press("n")
        until(lambda: page.locator("#review-queue").inner_text() != first)
    else:
        page.locator(".review-scatter").wait_for()
        page.keyboard.press("r")
        page.keyboard.type("17,5")
        page.keyboard.press("Enter")
        until(lambda: len(read()) == 1)
        assert (read()[0].label, read()[0].action) == ("17.5", "relabel")
        page.keyboard.press("r")
        page.keyboard.type("much")
        page.keyboard.press("Enter")
        page.get_by_text("That is no number.").wait_for()
        page.keyboard.press("Escape")
        page.locator(".review-facts .stale").wait_for(state="detached")
        axe(page)
        page.locator("[data-cell]").first.click()
        page.get_by_role("heading", name="Given from").wait_for()
    page.keyboard.press("k")
    until(lambda: len(read()) == 2)
    assert (read()[1].action, read()[1].label) == ("keep", read()[1].was or "")
    page.keyboard.press("z")
    until(lambda: len(read()) == 1)
    page.reload()
    page.get_by_role("heading", name="Decisions (1)").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
