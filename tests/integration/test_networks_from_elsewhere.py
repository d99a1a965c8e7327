"""Networks of timm and of one's own code go where ours go: trained, opened, gone on with, looked at, transferred."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import prunelle as pn
from prunelle.errors import RunError
from prunelle.networks.elsewhere import of_code
from tests import oracles
from tests.integration.command import prunelle, weights
from tests.pictures import make_folder

OWN = """
from torch import nn

def small(num_classes, in_channels=3, input_size=(32, 32)):
    return nn.Sequential(
        nn.Conv2d(in_channels, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, num_classes)
    )
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that one is in, with photos and a module of one's own."""
    make_folder(tmp_path / "photos", ("a", "b", "c"), 20)
    (tmp_path / "ournets.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(of_code, "_named", set())
    yield tmp_path
    sys.modules.pop("ournets", None)


def forget() -> None:
    """As in another process."""
    of_code._named.clear()
    sys.modules.pop("ournets", None)


def test_one_of_timm_from_training_to_transfer(here: Path) -> None:
    oracles.timm()
    options = ("--network", "timm:mobilenetv3_small_050", "--epochs", "1", "--size", "32")
    done = prunelle("train", "photos", *options, "--output", "run", "--batch-size", "16")
    assert done.code == 0, done.err
    info = json.loads((here / "run" / "run.json").read_text())
    assert info["network"]["name"] == "timm:mobilenetv3_small_050"
    assert "timm" in info["versions"]
    first = prunelle("evaluate", "run", "photos")
    assert first.code == 0, first.err
    run = pn.Run.open("run")
    assert type(run.network).__module__.startswith("timm.")
    # A longer training in one go and in two comes to the same weights.
    longer = prunelle("train", "photos", *options, "--epochs", "2", "--output", "whole", "--batch-size", "16")
    assert longer.code == 0, longer.err
    again = prunelle("train", "photos", *options, "--epochs", "2", "--output", "half", "--batch-size", "16")
    assert again.code == 0, again.err
    assert weights(here / "half", "last") == weights(here / "whole", "last")
    assert prunelle("train", "--resume", "half", "--epochs", "3", "--quiet").code == 0
    assert pn.Run.open("half").metrics()["epochs"] == 3
    picture = next((here / "photos" / "a").iterdir())
    looked = prunelle("look", "run", picture, "--output", "look", "--view", "where")
    assert looked.code == 0, looked.err
    moved = prunelle("train", "photos", "--weights", "run", "--strategy", "features", "--output", "moved")
    assert moved.code == 0, moved.err
    assert pn.Run.open("moved").info["network"]["name"] == "timm:mobilenetv3_small_050"
    assert pn.Run.open("moved").predict([picture])[0].error is None


def test_grey_pictures_are_given_to_one_that_takes_colours(here: Path) -> None:
    oracles.torchvision_models()
    run = pn.train("torchvision:squeezenet1_1", "digits", epochs=1, size=32, output="run", style="quiet")
    assert run.preprocess.channels == 3
    assert pn.Run.open("run").evaluate(pn.load("digits").test).n > 0


def test_code_of_ones_own(here: Path) -> None:
    done = prunelle("train", "photos", "--network", "ournets:small", "--epochs", "1", "--output", "run")
    assert done.code == 0, done.err
    forget()
    assert prunelle("evaluate", "run", "photos").code == 0
    forget()
    assert prunelle("train", "--resume", "run", "--epochs", "2", "--quiet").code == 0
    assert prunelle("networks", "ournets:small").out.startswith("ournets:small\nInput: 32×32×3\n")
    compared = prunelle(
        "compare",
        "ournets:small",
        "dense",
        "--data",
        "photos",
        "--epochs",
        "1",
        "--seeds",
        "1",
        "--output",
        "both",
    )
    assert compared.code == 0, compared.err
    assert "ournets:small" in compared.out + compared.err


def test_a_run_from_elsewhere_runs_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run names is executed only where it was named by its user; opening it says so."""
    pn.train("ournets:small", "photos", epochs=1, output="run", style="quiet")
    forget()
    monkeypatch.setenv("XDG_STATE_HOME", str(here / "another user"))
    (here / "ournets.py").write_text("raise SystemExit('executed')")
    said = (
        r"made by code, ournets:small, which opening the run would execute.*prunelle networks ournets:small"
    )
    with pytest.raises(RunError, match=said):
        _ = pn.Run.open("run").network
    assert "ournets" not in sys.modules
    for command in (("evaluate", "run", "photos"), ("train", "--resume", "run", "--epochs", "2")):
        done = prunelle(*command)
        assert done.code == 1, done
        assert "was never named here" in done.err
    # Named in Python, with the module in one's hands, as any of one's own.
    (here / "ournets.py").write_text(OWN)
    module = pn.build("ournets:small", num_classes=3)
    assert pn.Run.open("run", module).evaluate(pn.load("photos").test).n > 0


def test_a_run_whose_code_is_gone(here: Path) -> None:
    pn.train("ournets:small", "photos", epochs=1, output="run", style="quiet")
    forget()
    (here / "ournets.py").rename(here / "elsewhere.py")
    shutil.rmtree(here / "__pycache__", ignore_errors=True)
    with pytest.raises(RunError, match="never named here"):
        _ = pn.Run.open("run").network
