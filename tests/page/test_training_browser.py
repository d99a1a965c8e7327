"""A training in a real browser, from its start to its end: pause, slider, reload, two tabs, a server that dies."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.page.events import EventReader
from prunelle.page.house import House
from prunelle.page.record import Record
from prunelle.page.server import Server
from prunelle.runs.epochs import epoch_weights
from prunelle.runs.run import Run

expect = pytest.importorskip("playwright.sync_api").expect
PATIENCE = 120_000
"""Milliseconds for a process to start and to read its data, on a machine that does much else."""
EPOCHS = 30
"""More than a fast machine does before it is told to pause."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(runs_folder=tmp_path / "runs")
    yield made
    for training in made.trainings.all():
        print(training.state, training.message)  # shown where a test failed
        if training.going and (pid := pid_of(made, training.id)) is not None:
            os.kill(pid, signal.SIGKILL)
    made.trainings.close()


def pid_of(house: House, training_id: str) -> int | None:
    file = Record(house.runs_folder / ".trainings" / training_id).file("events.jsonl")
    return next((event["pid"] for event in reversed(list(EventReader(file).new())) if "pid" in event), None)


def begin(page: Any, **fields: str) -> None:
    """Fills the form in and starts."""
    expect(page.locator(".why li").first).to_be_visible(timeout=PATIENCE)
    for label, text in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(text)
    page.get_by_role("button", name="Start", exact=True).click()


def state(page: Any) -> Any:
    return page.locator(".shown .head .state")


def test_start_pause_go_on_and_slide_back(
    serve: Callable[..., Server], visit: Any, axe: Any, house: House
) -> None:
    page = visit(serve(house), "training")
    begin(page, Epochs=str(EPOCHS), Batch_size="8", Seed="3", Name="of the page")
    expect(state(page)).to_have_text("training", timeout=PATIENCE)
    expect(page.locator(".by-epoch .tiles canvas").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(state(page)).to_have_text("paused", timeout=PATIENCE)
    (training,) = house.trainings.all()
    assert training.path is not None
    done = len(training.rows)
    assert 1 <= done < EPOCHS
    expect(page.locator(".where")).to_contain_text(f"{done} of {EPOCHS} epochs done")
    axe(page)

    # The page is loaded anew in the middle of it all: it shows the same training.
    page.reload()
    expect(state(page)).to_have_text("paused")
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(state(page)).to_have_text("finished", timeout=PATIENCE)
    run = Run.open(training.path)
    assert run.info["recipe"]["seed"] == 3
    accuracy = run.metrics()["test"]["accuracy"]
    expect(page.locator(".shown")).to_contain_text(f"Accuracy: {100 * accuracy:.1f}\u00a0% (95")
    page.get_by_text("The numbers").click()
    cells = page.locator(".shown details table tbody tr").nth(EPOCHS - 1).locator("td").all_inner_texts()
    row = run.results()[EPOCHS - 1]
    assert cells[0] == str(EPOCHS)
    assert float(cells[1]) == pytest.approx(row["train_loss"], rel=2e-3)
    assert cells[4] == f"{100 * (row['val_accuracy'] or 0):.2f}\u00a0%"

    # Back through the epochs: the kernels are those of the file, the answer is the network's own.
    slider = page.locator(".slide input")
    expect(page.locator(".slide output")).to_have_text(f"After epoch {EPOCHS} (the latest)")
    slider.focus()
    for _ in range(EPOCHS - 1):
        slider.press("ArrowLeft")
    expect(page.locator(".slide output")).to_have_text("After epoch 1")
    weights = epoch_weights(run.path, 1)
    kernels = next(tensor for tensor in weights.values() if tensor.ndim == 4).numpy()
    limit = np.abs(kernels).max()
    expected = np.clip(np.rint(127.5 + 127.5 * kernels[3, 0] / limit), 0, 255)
    expect(page.locator(".by-epoch figcaption").first).to_be_visible()
    page.wait_for_timeout(1_000)
    shown = page.evaluate(
        "() => { const c = document.querySelectorAll('.tiles canvas')[3];"
        " return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, i) => i % 4 === 0); }"
    )
    assert np.abs(np.array(shown) - expected.ravel()).max() <= 1
    page.locator(".samples button").nth(4).click()
    expect(page.locator(".samples button").nth(4)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("It is: 4")).to_be_visible()
    likeliest = page.locator(".bars tr").first
    expect(likeliest).to_contain_text("%")
    at_first = likeliest.inner_text()
    slider.press("End")
    expect(likeliest.locator("th")).to_have_text("4")
    assert likeliest.inner_text() != at_first

    # A drawing: something is answered at every epoch.
    pad = page.locator(".pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 70, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 70, box["y"] + 120, steps=5)
    page.mouse.up()
    expect(page.locator(".samples button[aria-pressed=true]")).to_have_count(0)
    expect(likeliest.locator("th")).to_have_text("1")
    axe(page)


def test_two_tabs_and_a_server_that_dies(serve: Callable[..., Server], visit: Any, house: House) -> None:
    server = serve(house)
    page = visit(server, "training")
    begin(page, Epochs="400", Batch_size="8")
    expect(state(page)).to_have_text("training", timeout=PATIENCE)
    other = visit(server, "training", language="fr", dark=True, context=page.context)
    expect(state(other)).to_have_text("training", timeout=PATIENCE)
    (training,) = house.trainings.all()
    pid = pid_of(house, training.id)
    assert pid is not None

    # The server dies, and another one takes its place: the training has not noticed.
    for each in (page, other):
        each.expected += ["WebSocket", "ERR_CONNECTION_REFUSED"]
    server.close()
    house.trainings.close()
    expect(page.locator("#state")).to_contain_text("Trainings that it started go on")
    again = House(runs_folder=house.runs_folder)
    serve(again, port=server.port)
    expect(page.locator("#state")).to_be_empty(timeout=PATIENCE)
    expect(state(page)).to_have_text("training", timeout=PATIENCE)
    assert pid_of(house, training.id) == pid
    os.kill(pid, 0)

    # What one tab asks for, the other sees.
    other.get_by_role("button", name="Stop after this epoch").click()
    expect(state(page)).to_have_text("finished", timeout=PATIENCE)
    expect(state(other)).to_have_text("finished", timeout=PATIENCE)
    page.get_by_role("button", name="Take off the list").click()
    expect(page.get_by_text("Choose a training, or start one.")).to_be_visible()
    again.trainings.close()


def test_a_killed_one_goes_on_from_the_page(serve: Callable[..., Server], visit: Any, house: House) -> None:
    page = visit(serve(house), "training", width=390)
    begin(page, Epochs="400", Batch_size="8")
    expect(state(page)).to_have_text("training", timeout=PATIENCE)
    # A fast machine is beyond the second epoch before it is seen there.
    second = re.compile(r"epoch (?:[2-9]|\d\d+) of")
    expect(page.locator(".where")).to_contain_text(second, timeout=PATIENCE)
    (training,) = house.trainings.all()
    pid = pid_of(house, training.id)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    expect(state(page)).to_have_text("its process ended without a word")
    expect(page.get_by_text("What it saved last is kept")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="End here, and judge").click()
    expect(state(page)).to_have_text("finished", timeout=PATIENCE)
    assert training.path is not None
    assert Run.open(training.path).finished


def test_the_form_says_why_and_what_is_wrong(
    serve: Callable[..., Server], visit: Any, axe: Any, tmp_path: Path
) -> None:
    named = tmp_path / "named"
    (named / "photos" / "cats").mkdir(parents=True)
    server = serve(runs_folder=tmp_path / "runs", folders=(named,))
    page = visit(server, "training", language="fr")
    why = page.locator(".why")
    expect(why).to_contain_text("1 437".replace(" ", "\u202f"), timeout=PATIENCE)
    expect(why).to_contain_text("945 en 21 époques")  # 30,000 pictures' worth of 1,437
    page.get_by_label("Époques", exact=True).fill("2")
    expect(why).to_contain_text("90 en 2 époques")  # 45 steps of 32, twice
    page.get_by_label("Taux d’apprentissage", exact=True).fill("0,01")
    expect(why).to_contain_text("0,01")
    page.get_by_label("Époques", exact=True).fill("-1")
    wrong = page.locator("form .error")
    expect(wrong).to_contain_text("epochs must be at least 1; received -1")
    page.get_by_label("Époques", exact=True).fill("vingt")
    expect(wrong).to_contain_text("vingt")
    page.get_by_label("Époques", exact=True).fill("")
    page.get_by_role("combobox", name="Données").select_option("folder-0/photos")
    expect(wrong).to_contain_text("photos")
    page.get_by_role("combobox", name="Données").select_option("?")
    page.get_by_label("Chemin dans ces dossiers").fill("/etc")
    page.get_by_label("Chemin dans ces dossiers").press("Tab")
    expect(wrong).to_contain_text("inside a folder that prunelle open was given")
    axe(page)
    assert not (tmp_path / "runs").exists()  # nothing was begun
