"""Damaged states and weights: named, never used; what can be made again is, to the same bits."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import errno
import itertools
import json
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from markupsafe import Markup
from torch import nn

import prunelle as pn
from prunelle import tasks
from prunelle.errors import Damaged, Interrupted, PrunelleError, RunError, WeightsError
from prunelle.jobs import training
from prunelle.json_files import read_json
from prunelle.networks.weights import load_weights, read_weights
from prunelle.report import comparison_figures, run_report
from prunelle.runs.listener import Listener, Quiet
from prunelle.texts import Note
from tests.integration.command import figures, prunelle, weights

EPOCHS = 4


class Told(Quiet):
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def on_note(self, note: Note) -> None:
        self.notes.append(note.en)


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_report.html, "render", lambda *_: "a report")
    monkeypatch.setattr(run_report, "save_figures", lambda *_: None)
    monkeypatch.setattr(run_report, "_inside", lambda *_: None)


def data() -> pn.Data:
    draw = np.random.default_rng(5)
    labels = np.arange(60) % 3
    images = (draw.integers(0, 90, (60, 6, 6)) + 70 * labels[:, None, None]).astype(np.uint8)
    return pn.from_arrays(images, labels.tolist(), name="bright", validation=0.2, test=0.2, seed=0)


def recipe(epochs: int) -> pn.Recipe:
    # With a cosine, another number of epochs is another training from its first step.
    return pn.Recipe(epochs=epochs, batch_size=8, schedule="cosine", learning_rate=1e-2, seed=1)


def begin(run: Path, epochs: int = EPOCHS, network: str | nn.Module = "dense") -> None:
    options = {"hidden": (5,)} if isinstance(network, str) else None
    tasks.train(network, data(), recipe(epochs), output=run, options=options, save_every_s=0, style="quiet")


def go_on(run: Path, epochs: int | None = None, network: nn.Module | None = None) -> list[str]:
    told = Told()
    listener: Listener = told
    tasks.train(network, data(), resume=run, epochs=epochs, save_every_s=0, style=listener)
    return told.notes


def stopped(run: Path, monkeypatch: pytest.MonkeyPatch, at: int = 3) -> None:
    """A training that ended when the weights of epoch ``at`` were to be saved: its states are of before."""

    class Stop(Exception):
        pass

    save, count = pn.Run.save_weights, 0

    def saving(self: pn.Run, which: str, tensors: dict[str, torch.Tensor]) -> None:
        nonlocal count
        count += which == "last"
        if count == at:
            raise Stop
        save(self, which, tensors)

    with monkeypatch.context() as patched:
        patched.setattr(pn.Run, "save_weights", saving)
        with pytest.raises(Stop):
            begin(run)


def flip(file: Path, seed: int = 0) -> None:
    content = bytearray(file.read_bytes())
    bit = random.Random(seed).randrange(8 * (len(content) - 200), 8 * len(content))
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)


def outcome(run: Path) -> tuple[object, ...]:
    return figures(run), weights(run, "best"), weights(run, "last")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run_report.html, "render", lambda *_: "a report")
        patched.setattr(run_report, "save_figures", lambda *_: None)
        patched.setattr(run_report, "_inside", lambda *_: None)
        run = tmp_path_factory.mktemp("whole") / "run"
        begin(run)
    return run


DAMAGE: dict[str, Callable[[Path], None]] = {
    "one bit": flip,
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-50]),
    "empty": lambda file: file.write_bytes(b""),
    "a folder": lambda file: (file.unlink(), file.mkdir())[1],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_state_before_is_gone_on_from(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    run = tmp_path / "run"
    stopped(run, monkeypatch)
    state = run / "state" / "training.safetensors"
    assert state.is_file()
    assert (run / "state" / "previous.safetensors").is_file()
    DAMAGE[damage](state)
    notes = go_on(run)
    said = [note for note in notes if str(state) in note]
    assert len(said) == 1
    assert said[0].endswith("Going on from the state before it, to the same end.")
    assert outcome(run) == outcome(whole)


def test_a_kill_between_the_renames_leaves_the_state_before(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    stopped(run, monkeypatch)
    (run / "state" / "training.safetensors").replace(run / "state" / "previous.safetensors")
    assert not any("damaged" in note for note in go_on(run))
    assert outcome(run) == outcome(whole)


def test_a_damaged_state_never_becomes_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    stopped(run, monkeypatch)
    flip(run / "state" / "training.safetensors")
    opened = pn.Run.open(run)
    found = opened.states.load()
    assert found.tensors is not None
    opened.states.save(found.tensors, found.progress)
    for name in ("training", "previous"):
        with (run / "state" / f"{name}.safetensors").open("rb"):
            assert opened.states.load().damaged == ()


def test_both_damaged_it_begins_again(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    stopped(run, monkeypatch)
    for name in ("training", "previous"):
        flip(run / "state" / f"{name}.safetensors")
    (said,) = (note for note in go_on(run) if "begins again" in note)
    assert "previous.safetensors" in said
    assert outcome(run) == outcome(whole)


def test_extended_from_an_older_state_it_is_extended_where_it_was(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed, before, after = (tmp_path / name for name in ("undisturbed", "before", "after"))
    for run in (undisturbed, before, after):
        shutil.copytree(whole, run)
    go_on(undisturbed, epochs=6)
    # The cosine of six epochs is another one: what is done again is done by that of four.
    flip(before / "state" / "training.safetensors")
    go_on(before, epochs=6)
    assert outcome(before) == outcome(undisturbed)
    # Stopped as soon as it was extended, and the newest state damaged then.
    with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt, Interrupted):
        patched.setattr(training, "fit", interrupt)
        go_on(after, epochs=6)
    assert pn.Run.open(after).recipe.epochs == 6
    flip(after / "state" / "training.safetensors")
    go_on(after)
    assert outcome(after) == outcome(undisturbed)


def interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_weights_of_a_finished_run_are_made_again(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    flip(run / "weights" / "best.safetensors")
    line = f"prunelle train --resume {run}"
    with pytest.raises(Damaged, match="its content is not what was written") as raised:
        tasks.evaluate(run, data(), style="quiet")
    assert raised.value.next_line == line
    with pytest.raises(WeightsError, match="its content is not what was written") as given:
        load_weights(pn.Run.open(whole).network, run)
    assert given.value.next_line == line
    with pytest.raises(WeightsError, match="its content is not what was written"):
        load_weights(pn.Run.open(whole).network, run / "weights" / "best.safetensors")
    (said,) = (note for note in go_on(run) if "begins again" in note)
    assert "best.safetensors" in said
    assert outcome(run) == outcome(whole)


def test_first_weights_that_are_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(36, 3))

    run = tmp_path / "run"
    begin(run, network=make())
    flip(run / "weights" / "best.safetensors")
    with pytest.raises(RunError, match=r"best\.safetensors is damaged.* It can only be trained anew"):
        go_on(run, network=make())


def test_weights_that_are_damaged_say_so_on_the_command_line(whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    flip(run / "weights" / "best.safetensors")
    (tmp_path / "x.png").write_bytes(b"")
    done = prunelle("predict", run, tmp_path / "x.png")
    assert done.code == 1
    assert done.err.rstrip().endswith(f"Make them again with:\n  prunelle train --resume {run}")


@pytest.mark.parametrize("name", ["classes.json", "preprocess.json"])
def test_small_files_that_never_change(whole: Path, tmp_path: Path, name: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(whole, run)
    text = (run / name).read_text()
    (run / name).write_text(text.replace('"1"', '"2"').replace("[\n    6,", "[\n    7,"))
    assert (run / name).read_text() != text
    with pytest.raises(Damaged, match=f"{name} is not what was written when the training began"):
        pn.Run.open(run)
    info = json.loads((run / "run.json").read_text())
    del info["sha256"]  # as of before
    (run / "run.json").write_text(json.dumps(info))
    pn.Run.open(run)


def misspelt(values: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """``values`` of JSON with one key spelt otherwise, for each key in it."""
    if isinstance(values, dict):
        for key in values:
            # Digests by file, versions by package: what is not known of there is passed over, as it should be.
            if place not in (".sha256", ".versions", ".host"):
                yield f"{place}.{key}", {("\x7f" + k[1:] if k == key else k): v for k, v in values.items()}
            for inside, changed in misspelt(values[key], f"{place}.{key}"):
                yield inside, {**values, key: changed}
    elif isinstance(values, list):
        for index, each in enumerate(values[:2]):
            for inside, changed in misspelt(each, f"{place}[{index}]"):
                yield inside, [*values[:index], changed, *values[index + 1 :]]


def retyped(values: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """``values`` of JSON with one value in it, of whatever depth, gone or of another type."""
    inside = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in list(inside):
        where = f"{place}.{key}"
        for other in (None, [[]] if isinstance(value, str) else "x"):
            changed = copy.copy(values)
            changed[key] = other
            yield where, changed
        if isinstance(value, dict | list):
            for deeper, other in retyped(value, where):
                changed = copy.copy(values)
                changed[key] = other
                yield deeper, changed


@pytest.fixture(scope="module")
def reused(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose ``run.json`` has all there is: augmentation, weights that it began with, a strategy."""
    run = tmp_path_factory.mktemp("reused") / "run"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run_report.html, "render", lambda *_: "a report")
        patched.setattr(run_report, "save_figures", lambda *_: None)
        patched.setattr(run_report, "_inside", lambda *_: None)
        pn.train(
            "dense",
            data(),
            dataclasses.replace(recipe(2), augment=pn.Augment(flip=True)),
            options={"hidden": (5,)},
            weights=str(whole),
            strategy="full",
            output=run,
            style="quiet",
        )
    return run


def test_a_key_of_a_run_that_changed_is_a_sentence(reused: Path, tmp_path: Path) -> None:
    """Of ``run.json``: whatever is asked of such a run, no error is Python's own."""
    run = tmp_path / "run"
    shutil.copytree(reused, run)
    told = json.loads((run / "run.json").read_text())
    assert "strategy" in told["transfer"]
    assert "flip" in told["recipe"]["augment"]
    refused = set()
    for place, changed in itertools.chain(misspelt(told), retyped(told)):
        (run / "run.json").write_text(json.dumps(changed))
        for ask in (
            lambda: pn.train(resume=run, data=data(), style="quiet"),
            lambda: pn.evaluate(run, data(), style="quiet"),
            lambda: pn.write_report(run, style="quiet"),
        ):
            try:
                ask()
            except PrunelleError:
                refused.add(place)
    assert {".recipe", ".recipe.augment.flip", ".transfer.strategy", ".transfer.strategy.name"} <= refused
    # What only the page shows, which is not made here.
    assert {
        ".created",
        ".versions.torch",
        ".host.device",
        ".data.counts.train",
        ".data.notes.0.fr",
    } <= refused


def test_a_key_of_the_figures_that_changed_is_a_sentence(
    reused: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ``metrics.json``: where a figure is read, one that is gone or of another type is told."""
    # Charts are composed, 69 times, and not painted: that is nine tenths of the time, and reads no figure.
    monkeypatch.setattr(comparison_figures, "save", lambda *_: None)
    monkeypatch.setattr(comparison_figures, "svg_element", lambda *_: Markup())
    run = tmp_path / "run"
    shutil.copytree(reused, run)
    file = run / "metrics.json"
    told: dict[str, str] = {}
    figures = read_json(file)
    for place, changed in itertools.chain(misspelt(figures), retyped(figures)):
        file.write_text(json.dumps(changed))
        for ask in (
            lambda: pn.compare([run, whole], output=tmp_path / "comparison", style="quiet"),
            lambda: pn.write_report(run, style="quiet"),
        ):
            shutil.rmtree(tmp_path / "comparison", ignore_errors=True)
            try:
                ask()
            except PrunelleError as error:
                told[place] = str(error)
    assert {".epochs", ".seconds", ".test.accuracy", ".test.loss", ".train.accuracy"} <= set(told)
    assert all("metrics.json" in each or "is not finished" in each for each in told.values()), told


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES, errno.EIO])
def test_weights_are_made_again_only_where_the_disk_lost_them(
    whole: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    opened = Path.open

    def refuse(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path.name == "best.safetensors":
            raise OSError(number, os.strerror(number), str(path))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(WeightsError) as caught:
        read_weights(str(whole))
    assert os.strerror(number) in str(caught.value)
    assert ("--resume" in str(caught.value)) == (number == errno.EIO)


def test_a_figure_that_changed_is_a_sentence(reused: Path, tmp_path: Path) -> None:
    """Whatever byte of ``metrics.json`` it is; without its seal it is the user's own."""
    run = tmp_path / "run"
    shutil.copytree(reused, run)
    file = run / "metrics.json"
    before = file.read_text()
    after = re.sub(r'("loss": \d\.\d+?)(\d)(\d+)', lambda m: f"{m[1]}{9 - int(m[2])}{m[3]}", before, count=1)
    assert after != before
    file.write_text(after.replace("content_sha256", "content_sha257"))
    with pytest.raises(RunError, match=r"metrics.json is not as .* nothing is known of content_sha257"):
        pn.write_report(run, style="quiet")
    file.write_text(after)
    with pytest.raises(
        RunError, match=r"metrics.json is not what was written .* take out its entry content_sha256"
    ):
        pn.write_report(run, style="quiet")
    file.write_text(re.sub(r',\s*"content_sha256": "\w+"', "", after))
    pn.write_report(run, style="quiet")
