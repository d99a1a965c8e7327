"""The list of runs: what it says of each, two side by side, kept up to date; in Python and in a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prunelle as pn
from prunelle.disk import held
from prunelle.errors import ArgumentError
from prunelle.page.house import House, key_of
from prunelle.page.panel import Opening
from prunelle.page.run_rows import curve
from prunelle.page.runs import RunsPanel
from prunelle.page.server import Server
from prunelle.page.wire import Message
from prunelle.runs.run import Run
from prunelle.training.intervals import wilson_interval

NOISE = "<img src=x onerror=alert(1)>"
"""The name of a run's folder."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs on the same digits, one on others, and one that was stopped."""
    folder = tmp_path_factory.mktemp("made") / "runs"
    recipe = pn.Recipe(epochs=2, seed=1)
    for name in ("one", "other"):
        network = "dense" if name == "one" else "course-look"
        pn.train(network, "digits", recipe, output=folder / name, style="quiet")
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 1), dtype=np.uint8)
    noise = pn.from_arrays(images, [0, 1, 2] * 20, name="noise", test=0.3, seed=0)
    pn.train("dense", noise, recipe, output=folder / NOISE, style="quiet")

    class Stops:
        def on_epoch(self, record: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(pn.PrunelleError):
        pn.train("dense", "digits", recipe, output=folder / "stopped", style="quiet", listeners=[Stops()])
    return folder


@pytest.fixture
def runs_folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "runs")
    return tmp_path / "runs"


@pytest.fixture
def open_panel(runs_folder: Path) -> Iterator[Callable[..., tuple[RunsPanel, list[Message]]]]:
    opened = []

    def open_it(**given: Any) -> tuple[RunsPanel, list[Message]]:
        pushed: list[Message] = []
        house = House(runs_folder=runs_folder, **given)
        opened.append(RunsPanel(Opening(house=house, push=pushed.append, language="en", options={})))
        return opened[-1], pushed

    yield open_it
    for panel in opened:
        panel.close()


def rows_of(panel: RunsPanel) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in panel.opened().content["runs"]}


def test_what_it_says_of_each(open_panel: Callable[..., Any], runs_folder: Path) -> None:
    panel, _ = open_panel()
    rows = rows_of(panel)
    assert rows.keys() == {"one", "other", NOISE, "stopped"}
    row = rows["one"]
    # From the answers themselves, not from metrics.json.
    answers = (runs_folder / "one" / "predictions.csv").read_text().splitlines()
    header = answers[0].split(",")
    cells = [dict(zip(header, line.split(","), strict=True)) for line in answers[1:]]
    right = sum(cell["class"] == cell["predicted"] for cell in cells)
    assert row["accuracy"] == pytest.approx(right / len(cells))
    assert (row["low"], row["high"]) == pytest.approx(wilson_interval(right, len(cells)))
    assert (row["n"], row["split"]) == (180, "test")
    assert (row["network"], row["data"], row["state"]) == ("dense", "digits", "finished")
    assert (row["epochs"], row["of"], row["seed"]) == (2, 2, 1)
    assert row["curve"] == [
        round(line["val_accuracy"] or 0, 4) for line in Run.open(runs_folder / "one").results()
    ]
    assert row["report"] is True
    assert rows[NOISE]["data"] == "noise"
    assert rows["stopped"]["state"] == "unfinished"
    assert rows["stopped"]["accuracy"] is None
    json.dumps(list(rows.values()), allow_nan=False)
    assert str(runs_folder) not in json.dumps([row["key"] for row in rows.values()])


def test_one_that_another_process_trains(open_panel: Callable[..., Any], runs_folder: Path) -> None:
    panel, _ = open_panel()
    with held(runs_folder / "stopped" / "state" / "lock", "busy"):
        assert rows_of(panel)["stopped"]["state"] == "going"
    # Looking has not kept who wants it from having it.
    with held(runs_folder / "stopped" / "state" / "lock", "busy"):
        pass


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("run.json", "{", "cannot be read"),
        ("run.json", '{"status": 3}', "must be text"),
        ("metrics.json", "[]", "must be an object"),
        ("results.csv", "epoch\n1,2\n", "results.csv"),
        ("classes.json", '["<script>"]', "is not what was written"),
    ],
)
def test_damage_is_said(
    open_panel: Callable[..., Any], runs_folder: Path, file: str, content: str, says: str
) -> None:
    (runs_folder / "one" / file).write_text(content)
    panel, _ = open_panel()
    rows = rows_of(panel)
    assert len(rows) == 4
    assert rows["one"]["state"] == "refused"
    assert says in rows["one"]["refused"]


def test_it_is_kept_up_to_date(open_panel: Callable[..., Any], runs_folder: Path, until: Any) -> None:
    panel, pushed = open_panel()
    assert len(rows_of(panel)) == 4
    shutil.copytree(runs_folder / "one", runs_folder / "compared" / "runs" / "a-seed0")
    (runs_folder / "compared" / "comparison.json").write_text("{}")
    until(lambda: pushed)
    rows = {row["name"]: row for row in pushed[-1].content["runs"]}
    assert rows["compared/runs/a-seed0"]["comparison"] == "compared"
    shutil.rmtree(runs_folder / "one")
    until(lambda: "one" not in {row["name"] for row in pushed[-1].content["runs"]})
    panel.close()
    shutil.rmtree(runs_folder / "other")
    before = len(pushed)
    panel._thread.join(timeout=5)
    assert len(pushed) == before


def test_two_side_by_side(open_panel: Callable[..., Any], runs_folder: Path) -> None:
    panel, _ = open_panel()
    rows = rows_of(panel)
    keys = [rows[name]["key"] for name in ("one", "other")]
    content = panel.receive(Message({"type": "compare", "keys": keys})).content
    right = [
        np.array([row["class"] == row["predicted"] for row in table(runs_folder / name / "predictions.csv")])
        for name in ("one", "other")
    ]
    gaps = right[0].astype(float) - right[1]
    found = content["difference"]
    assert found["mean"] == pytest.approx(gaps.mean())
    assert found["only"] == [int((gaps > 0).sum()), int((gaps < 0).sum())]
    # Agresti & Min 2005: half an example more in each of the four cells.
    n = len(gaps) + 2
    mean, square = gaps.sum() / n, ((gaps**2).sum() + 1) / n
    half = 1.959963984540054 * np.sqrt((square - mean**2) / n)
    assert (found["low"], found["high"]) == pytest.approx((mean - half, mean + half))
    assert (found["n"], found["split"]) == (180, "test")
    turned = panel.receive(Message({"type": "compare", "keys": keys[::-1]})).content["difference"]
    assert (turned["mean"], turned["low"], turned["high"]) == pytest.approx(
        (-found["mean"], -found["high"], -found["low"])
    )
    assert [split["split"] for split in content["runs"][0]["splits"]] == ["train", "validation", "test"]
    on_others = panel.receive(Message({"type": "compare", "keys": [keys[0], rows[NOISE]["key"]]})).content
    assert "other pictures" in on_others["why"]
    assert "difference" not in on_others


def table(file: Path) -> list[dict[str, str]]:
    header, *lines = [line.split(",") for line in file.read_text().splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "details", "key": "../../etc"},
        {"type": "details", "key": None},
        {"type": "details", "key": {"a": 1}},
        {"type": "compare", "keys": ["0"]},
        {"type": "compare", "keys": "ab"},
        {"type": "resume", "key": "/etc"},
        {"type": "drop"},
        {},
    ],
)
def test_what_it_does_not_know_is_refused(open_panel: Callable[..., Any], asked: dict[str, Any]) -> None:
    panel, _ = open_panel()
    with pytest.raises(ArgumentError):
        panel.receive(Message(asked))


def test_a_small_curve_has_few_points_and_the_last() -> None:
    rows = [{"val_accuracy": None, "train_accuracy": epoch / 1000} for epoch in range(300)]
    values = curve(rows)
    assert len(values) <= 48
    assert values[-1] == 0.299
    assert curve([]) == []
    assert curve([{"val_accuracy": float("nan"), "train_accuracy": 0.5}]) == []


# ---- In a browser.


def test_in_a_browser(serve: Callable[..., Server], visit: Any, axe: Any, runs_folder: Path) -> None:
    server = serve(runs_folder=runs_folder)
    page = visit(server, "runs")
    lines = page.locator("li.run")
    expect = pytest.importorskip("playwright.sync_api").expect
    expect(lines).to_have_count(4)
    assert page.get_by_role("heading", name=NOISE).count() == 1  # what is in a name stays text
    accuracy = Run.open(runs_folder / "one").metrics()["test"]["accuracy"]
    one = lines.filter(has=page.get_by_role("heading", name="one", exact=True))
    assert f"{100 * accuracy:.1f}\u00a0%" in one.locator(".run-reached").inner_text()

    one.get_by_role("button", name="Curves").click()
    one.locator(".uplot").first.wait_for()
    one.get_by_text("The numbers").click()
    rows = Run.open(runs_folder / "one").results()
    shown = one.locator(".run-curves details tbody tr").nth(1).locator("td").all_inner_texts()
    assert shown[0] == "2"
    assert float(shown[1]) == pytest.approx(rows[1]["train_loss"], rel=1e-3)
    assert shown[4] == f"{100 * (rows[1]['val_accuracy'] or 0):.2f}\u00a0%"

    page.get_by_label("Compare one", exact=True).check()
    page.get_by_label("Compare other", exact=True).check()
    side = page.locator(".side")
    side.locator(".uplot").nth(1).wait_for()
    assert "On the same 180 examples (test)" in side.inner_text()
    axe(page)

    page.get_by_label("Find").fill("noise")
    assert lines.count() == 1
    page.get_by_label("Find").fill("")
    shutil.rmtree(runs_folder / NOISE)
    expect(lines).to_have_count(3)
    assert side.locator(".uplot").count() == 2  # what is open stays so

    with page.context.expect_page() as opened:
        one.get_by_role("link", name="Report").click()
    opened.value.wait_for_load_state()
    assert "dense" in opened.value.inner_text("h1")


def test_curves_are_smoothed_enlarged_and_shown_whole(
    serve: Callable[..., Server], visit: Any, runs_folder: Path
) -> None:
    page = visit(serve(runs_folder=runs_folder), "runs")
    values = [1.0, 0.5, None, 0.25, 0.75, 0.1]
    smooth = page.evaluate(
        "(values) => import('/static/curves.js').then((curves) => curves.smooth(values, 0.6))", values
    )
    # In NumPy: a mean with weights that fall by 0.6 with each step back.
    there = np.array([value for value in values if value is not None])
    expected = []
    for last in range(1, len(there) + 1):
        weights = 0.6 ** np.arange(last)[::-1]
        expected.append(float((weights * there[:last]).sum() / weights.sum()))
    assert smooth[2] is None
    assert [value for value in smooth if value is not None] == pytest.approx(expected)

    one = page.locator("li.run").filter(has=page.get_by_role("heading", name="one", exact=True))
    one.get_by_role("button", name="Curves").click()
    curve = one.locator(".curve").first
    curve.locator("canvas").wait_for()

    def picture() -> str:
        page.mouse.move(2, 2)
        page.wait_for_timeout(200)
        return curve.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")  # type: ignore[no-any-return]

    whole = picture()
    box = curve.locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 40, steps=4)
    page.mouse.up()
    assert picture() != whole
    one.get_by_role("button", name="Whole curve").click()
    assert picture() == whole
    one.get_by_label("loss on a logarithmic scale").check()
    assert picture() != whole
    one.get_by_label("loss on a logarithmic scale").uncheck()
    assert picture() == whole
    # The values, point by point, from the keyboard.
    curve.focus()
    page.keyboard.press("Home")
    row = Run.open(runs_folder / "one").results()[0]
    legend = curve.locator(".u-legend .u-value")
    assert legend.nth(0).inner_text() == "1"
    assert float(legend.nth(1).inner_text()) == pytest.approx(row["train_loss"], rel=1e-3)


@pytest.mark.parametrize(("language", "says"), [("en", "training now"), ("fr", "en cours")])
def test_what_goes_on_elsewhere_in_both_languages(
    serve: Callable[..., Server], visit: Any, axe: Any, runs_folder: Path, language: str, says: str
) -> None:
    with held(runs_folder / "stopped" / "state" / "lock", "busy"):
        page = visit(serve(runs_folder=runs_folder), "runs", language=language, dark=True, width=390)
        page.locator("li.run").get_by_text(says).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        axe(page)


def test_an_empty_folder_says_what_to_do(serve: Callable[..., Server], visit: Any, tmp_path: Path) -> None:
    page = visit(serve(runs_folder=tmp_path / "none"), "runs")
    page.get_by_role("button", name="Start a training").click()
    page.get_by_role("heading", name="New training").wait_for()


def test_keys_are_no_names(runs_folder: Path) -> None:
    assert key_of(runs_folder / "one") != key_of(runs_folder / "other")
