"""What the panel "look" says of several labels and of numbers, in a real browser, held to the network's own outputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

import prunelle as pn
from prunelle.page.house import House
from prunelle.page.server import Server
from tests.contract.test_verbs_by_target import other_data

Serve = Callable[..., Server]


@pytest.fixture
def opened(serve: Serve, tmp_path: Path):
    """``opened(kind)``: a run that tells such things, its server, and the first example's outputs and label."""

    def of(kind: str) -> tuple[pn.Run, Server, np.ndarray, str]:
        data = other_data(kind)
        run = pn.train(
            "course-look", data, pn.Recipe(epochs=1), output=tmp_path / "runs" / kind, style="quiet"
        )
        at_hand = pn.explore(run, data=data).at_hand
        assert at_hand is not None
        first = torch.from_numpy(np.array(at_hand.pixels.images[:1])).movedim(-1, 1)
        with torch.inference_mode():
            outputs = run.network(run.preprocess.normalise(first))[0].double().numpy()
        house = House(subject=run, runs_folder=run.path.parent, options={"data": data})
        house.panel = "look"
        return run, serve(house), outputs, at_hand.names[0]

    return of


def test_a_number_is_told_in_its_unit_and_followed_back(opened, visit, axe) -> None:
    run, server, outputs, label = opened("number")
    page = visit(server)
    number = float(outputs[0]) * run.target.std + run.target.mean  # type: ignore[attr-defined]
    bar = page.locator(".look-class")
    bar.wait_for()
    assert bar.count() == 1
    assert float(bar.locator("b").inner_text().replace("−", "-").replace(",", "")) == pytest.approx(
        number, rel=1e-3
    )
    off = float(page.locator(".look-truth").inner_text().rpartition(" ")[2].rstrip("."))
    assert off == pytest.approx(abs(number - float(label)), rel=1e-2)
    bar.click()
    page.get_by_role("heading", name="In its own unit").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Follow it back").click()
    page.get_by_role("heading", name="Dense layer").wait_for()
    # Nothing says how many numbers are right, and no picture is one "of a class" to learn.
    assert page.get_by_role("button", name="Learn", exact=False).count() == 0
    axe(page)


def test_several_labels_are_answered_from_their_thresholds(opened, visit) -> None:
    run, server, outputs, label = opened("labels")
    page = visit(server, language="fr")
    page.locator(".look-class").first.wait_for()
    names = page.locator(".look-class bdi").all_inner_texts()
    bold = page.locator(".look-class.first bdi").all_inner_texts()
    probabilities = 1 / (1 + np.exp(-outputs))
    at = run.target.answered_from(len(names))  # type: ignore[attr-defined]
    assert names == list(run.classes)
    assert bold == [
        name for name, share, least in zip(names, probabilities, at, strict=True) if share >= least
    ]
    truth = page.locator(".look-truth").inner_text()
    # "juste" or "faux" of an example without labels, "tout n’est pas juste" of one with some.
    assert truth.endswith("\u00a0: juste.") == (set(bold) == set(filter(None, label.split(";"))))
    assert truth.startswith("Elle a " if label else "Elle n’a aucune étiquette")
