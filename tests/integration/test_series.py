"""Series through the same verbs as pictures: trained, killed, resumed, evaluated, predicted, from files and arrays."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle import tasks
from prunelle.errors import ArgumentError, DataError
from prunelle.runs.listener import Quiet
from prunelle.runs.run import Run
from prunelle.training.checkpoint import load_tensors
from prunelle.training.records import EpochRecord
from tests.integration.command import figures, prunelle
from tests.looks import by_view
from tests.series import wave_data, waves, write_ts

VIEWS = ("filters", "activations", "where", "patches", "equivariance")
"""Whose figures are known here; there may be others."""


def _of_these(names: Iterable[str]) -> set[str]:
    return {name for view, made in by_view("series", names).items() if view in VIEWS for name in made}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``Waves_TRAIN.ts`` and ``Waves_TEST.ts``: two channels, unequal lengths, a missing value."""
    folder = tmp_path_factory.mktemp("series")
    for name, n, seed in (("Waves_TRAIN.ts", 40, 0), ("Waves_TEST.ts", 30, 1)):
        series, labels = waves(n, channels=2, seed=seed, unequal=True)
        series[1][3, 0] = np.nan
        write_ts(folder / name, series, labels)
    return folder


@pytest.fixture(scope="module")
def run(files: Path) -> Run:
    return tasks.train(
        "fcn",
        files / "Waves_TRAIN.ts",
        lambda data: tasks.choose_recipe(data, epochs=8, augment="jitter,warping"),
        output=files / "run",
        style="quiet",
        language="en",
    )


def test_it_learns_and_says_how_the_series_were_read(run: Run, files: Path) -> None:
    assert run.metrics()["test"]["n"] == 30
    assert run.metrics()["test"]["accuracy"] > 0.9
    notes = " ".join(note["en"] for note in run.info["data"]["notes"])
    assert "Waves_TEST.ts" in notes
    assert "12 to 24 steps" in notes
    assert "2 missing values in 2 series were interpolated" in notes
    preprocess = json.loads((run.path / "preprocess.json").read_text())
    assert {key: preprocess[key] for key in ("length", "fit", "channels", "normalisation")} == {
        "length": 24,
        "fit": "pad",
        "channels": 2,
        "normalisation": "train",
    }
    assert run.info["network"]["options"] == {"masked": True}
    assert run.info["recipe"]["augment"]["warping"] == 0.2


def test_evaluated_again_it_gives_the_same(run: Run, files: Path) -> None:
    opened = Run.open(run.path)
    for data in (None, files / "Waves_TEST.ts", files / "Waves_TRAIN.ts"):
        found = tasks.evaluate(opened, data, style="quiet")
        assert (found.n, found.accuracy) == (30, run.metrics()["test"]["accuracy"])


def test_look_shows_what_it_sees(run: Run, files: Path, tmp_path: Path) -> None:
    whole, _ = waves(3, channels=2, seed=5)
    write_ts(tmp_path / "new.ts", whole, None)
    (tmp_path / "bad.ts").write_text("@data\n1,2:3,4\n1,x:3,4\n")
    done = prunelle(
        *("look", run.path, tmp_path / "new.ts", tmp_path / "bad.ts", "-o", tmp_path / "look", "-q"),
        *("--layer", "features.5", "--channel", 3, "--language", "en"),
    )
    assert done.code == 1  # one file could not be read
    names = {path.stem for path in (tmp_path / "look" / "figures").iterdir()}
    assert _of_these(names) == {
        *("filters", "activations-1", "activations-2", "activations-3", "where", "patches-1")
    }
    page = (tmp_path / "look" / "index.html").read_text(encoding="utf-8")
    assert "What fcn (waves) sees" in page
    assert "coloured along itself" in page
    assert "bad.ts cannot be read: line 1: no line above says" in page
    # Padded series have no shifts that could be compared.
    assert "It wants series of one length" in page
    windows = (tmp_path / "look" / "figures" / "patches-1.svg").read_text(encoding="utf-8")
    assert "channel 3" in windows
    where = (tmp_path / "look" / "figures" / "where.svg").read_text(encoding="utf-8")
    answers = tasks.predict(run, [tmp_path / "new.ts"], style="quiet")
    for answer in answers:
        name, confidence = answer.top[0]
        assert f"{Path(answer.file).name} → {name} ({100 * confidence:.0f}\N{NO-BREAK SPACE}%)" in where


def test_look_without_files_shows_the_runs_own_series(run: Run, files: Path, tmp_path: Path) -> None:
    made = pn.look_into(run, output=tmp_path / "look", views=["activations", "patches"], style="quiet")
    assert made.figures == ("activations-1", "activations-2", "activations-3", "activations-4", "patches-1")


def test_look_at_a_run_whose_series_are_gone_shows_what_needs_none(
    run: Run, files: Path, tmp_path: Path
) -> None:
    files.rename(tmp_path / "moved")
    try:
        # The run itself lies in that folder.
        moved = tmp_path / "moved" / "run"
        made = pn.look_into(moved, output=tmp_path / "look", style="quiet")
        with pytest.raises(DataError, match="moved"):
            pn.look_into(moved, data=tmp_path / "moved" / "none.ts", output=tmp_path / "other", style="quiet")
    finally:
        (tmp_path / "moved").rename(files)
    assert _of_these(made.figures) == {"filters"}
    assert {*VIEWS} & set(made.left_out) == {"activations", "where", "patches", "equivariance"}
    assert all("Waves_TRAIN.ts" in note.en for note in made.left_out.values())
    assert made.page.is_file()
    assert made.unmet == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--layer", "features.7"], r"unknown layer 'features.7'.*features.2 \(128\), features.5 \(256\)"),
        (["--channel", "129"], "between 1 and 128, which features.8 has; received 129"),
        (
            ["--view", "space"],
            r"unknown view 'space'.*Known: activations, equivariance, filters, patches, where",
        ),
        (["--class", "odd"], "classes is for pictures, and the run is on series"),
    ],
)
def test_what_look_refuses_of_series(run: Run, tmp_path: Path, options: list[str], message: str) -> None:
    done = prunelle("look", run.path, "-o", tmp_path / "look", *options)
    assert done.code == 2
    assert re.search(message, done.err), done.err
    assert not (tmp_path / "look").exists()


def test_predictions_do_not_depend_on_the_series_beside(run: Run, files: Path, tmp_path: Path) -> None:
    series, labels = waves(30, channels=2, seed=1, unequal=True)
    whole = write_ts(tmp_path / "a_whole.ts", series, None)
    short = write_ts(tmp_path / "b_short.ts", [min(series, key=len)], None)
    (tmp_path / "c_bad.ts").write_text("@classLabel false\n@data\n1,2:3,x\n")
    answers = tasks.predict(run, [tmp_path], style="quiet")
    assert [answer.file for answer in answers[:2]] == [f"{whole}:1", f"{whole}:2"]
    assert sum(answer.top[0][0] == label for answer, label in zip(answers, labels, strict=False)) >= 27
    assert answers[31].error == "line 3: channel 2: value 2 is no number: 'x'." or "no number" in str(
        answers[31].error
    )
    alone = tasks.predict(run, [short], style="quiet")[0]
    beside = answers[int(np.argmin([len(one) for one in series]))]
    np.testing.assert_allclose(alone.top[0][1], beside.top[0][1], rtol=1e-4)


def state_of(path: Path) -> dict[str, Any]:
    weights = load_tensors(path / "weights" / "best.safetensors")[0]
    return {"weights": {k: v.numpy().tobytes() for k, v in weights.items()}, "metrics": figures(path)}


@pytest.mark.parametrize("stop", [3, 11, 17])
def test_stopped_and_resumed_it_ends_in_the_same_bits(
    run: Run, files: Path, tmp_path: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped as by Ctrl-C after some steps, in the middle of an epoch or at its end (3 steps each)."""
    import os
    import signal

    from prunelle.training.engine import Training

    original, done = Training._step, []

    def step(self: Training, *arguments: Any) -> None:
        original(self, *arguments)
        done.append(0)
        if len(done) == stop:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Training, "_step", step)
    with pytest.raises(pn.PrunelleError, match="Stopped by SIGINT"):
        tasks.train(
            "fcn",
            files / "Waves_TRAIN.ts",
            lambda data: tasks.choose_recipe(data, epochs=8, augment="jitter,warping"),
            output=tmp_path / "run",
            style="quiet",
        )
    tasks.train(resume=tmp_path / "run", style="quiet", language="en")
    assert state_of(tmp_path / "run") == state_of(run.path)


def test_many_epochs_are_saved_now_and_then_and_resume_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saving takes at most a tenth of the time; killed between two saves, the last epochs are done again."""
    import prunelle.runs.states as module
    from prunelle.jobs import fitting

    now = 0.0

    class Seconds(Quiet):
        """An epoch takes a second, a save a quarter of one: every third epoch may end with one."""

        def on_epoch(self, record: EpochRecord) -> None:
            nonlocal now
            now += 1

    monkeypatch.setattr(fitting, "time", SimpleNamespace(monotonic=lambda: now))

    data = wave_data(8, length=8)
    recipe = pn.Recipe(epochs=250, seed=1, augment=pn.SeriesAugment(jitter=0.1))
    saves: list[int] = []
    original = module.save_tensors

    class Killed(BaseException):
        pass

    def save(path: Path, tensors: Any, meta: Any, **options: Any) -> None:
        nonlocal now
        now += 0.25
        original(path, tensors, meta, **options)
        if path.name == "training.safetensors":
            saves.append(meta["epoch"])

    monkeypatch.setattr(module, "save_tensors", save)
    whole = tasks.train("course-series", data, recipe, output=tmp_path / "whole", style=Seconds())
    assert saves == [0, *range(1, 251, 3)]
    assert len(whole.results()) == 250

    def kill(path: Path, tensors: Any, meta: Any, **options: Any) -> None:
        save(path, tensors, meta, **options)
        if path.name == "training.safetensors" and meta["epoch"] == 121:
            raise Killed

    monkeypatch.setattr(module, "save_tensors", kill)
    with pytest.raises(Killed):
        tasks.train("course-series", data, recipe, output=tmp_path / "killed", style=Seconds())
    monkeypatch.setattr(module, "save_tensors", original)
    tasks.train(resume=tmp_path / "killed", data=data, style="quiet")
    assert state_of(tmp_path / "killed") == state_of(tmp_path / "whole")
    losses = [
        [row["train_loss"] for row in Run.open(tmp_path / name).results()] for name in ("killed", "whole")
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize("name", ["t-lenet", "resnet1d", "inceptiontime", "course-series"])
def test_every_network_trains_on_unequal_lengths(files: Path, tmp_path: Path, name: str) -> None:
    run = tasks.train(name, files / "Waves_TRAIN.ts", output=tmp_path / "run", epochs=2, style="quiet")
    # Dense layers cannot leave padding out: there the series are resampled, and preprocess.json says so.
    fit = "resample" if name in ("t-lenet", "course-series") else "pad"
    assert run.preprocess.to_json()["fit"] == fit
    assert tasks.evaluate(Run.open(run.path), style="quiet").accuracy == run.metrics()["test"]["accuracy"]


def test_an_ensemble_answers_with_the_mean_of_its_members(tmp_path: Path) -> None:
    data = wave_data(40)
    run = tasks.train(
        "fcn", data, pn.Recipe(epochs=2), options={"ensemble": 3}, output=tmp_path / "run", style="quiet"
    )
    assert run.info["network"]["options"] == {"ensemble": 3}
    opened = Run.open(run.path)
    assert data.test is not None
    pixels = data.test.decode(opened.preprocess)
    series = opened.preprocess.normalise(torch.from_numpy(pixels.images).movedim(-1, 1))
    with torch.no_grad():
        members = [member(series).softmax(1) for member in opened.network.members]  # type: ignore[union-attr]
    expected = torch.stack(members).mean(dim=0).numpy()
    np.testing.assert_allclose(opened.evaluate(data.test).probabilities, expected, atol=1e-5)
    assert not np.allclose(members[0], members[1], atol=1e-3)
    assert len({float(member.features[0].weight[0, 0, 0]) for member in opened.network.members}) == 3  # type: ignore[union-attr, index]


def test_a_module_of_ones_own(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv1d(1, 8, 5), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, 2)
    )
    data = wave_data(30, unequal=True)
    run = tasks.train(
        network, data, pn.Recipe(epochs=80, learning_rate=0.02), output=tmp_path / "run", style="quiet"
    )
    assert run.metrics()["test"]["accuracy"] > 0.8
    with pytest.raises(ArgumentError, match=r"must take series of \(channels, length\) \(1, 24\)"):
        tasks.train(nn.Conv2d(1, 2, 3), wave_data(10), output=tmp_path / "other", style="quiet")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"network": "lenet5"},
            "network lenet5 is for pictures; the data are series. Networks for series: t-lenet, fcn",
        ),
        (
            {"network": "t-lenet", "fit": "pad"},
            "fit=pad needs a network that leaves the padding out; the dense",
        ),
        ({"network": "fcn", "fit": "crop"}, "unknown fit of series 'crop'"),
        (
            {"network": "fcn", "fit": "pad", "size": 30},
            "size resamples series to that many steps; fit=pad keeps",
        ),
        ({"network": "fcn", "size": (8, 16)}, "size of series is one number, of steps; received 8×16"),
        ({"network": "fcn", "normalisation": "mean"}, "unknown normalisation 'mean'"),
        ({"network": "t-lenet", "size": 6}, "t-lenet needs series of at least 8 steps; received 6"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        tasks.train(data=wave_data(10), output=tmp_path / "run", style="quiet", **options)
    assert not (tmp_path / "run").exists()


def test_pictures_do_not_take_what_series_take(tmp_path: Path) -> None:
    images = pn.from_arrays(np.zeros((10, 8, 8), np.uint8), [0, 1] * 5)
    with pytest.raises(
        ArgumentError, match=r"network fcn is for series; the data are pictures. Networks for pictures"
    ):
        tasks.train("fcn", images, output=tmp_path / "run", style="quiet")
    shifted = pn.Recipe(augment=pn.SeriesAugment(shift=0.1))
    with pytest.raises(
        ArgumentError, match="augment must be of Augment for such data; received SeriesAugment"
    ):
        tasks.train("course-mnist", images, shifted, output=tmp_path / "run", style="quiet")
    flipped = pn.Recipe(augment=pn.Augment(flip=True))
    with pytest.raises(
        ArgumentError, match="augment must be of SeriesAugment for such data; received Augment"
    ):
        tasks.train("fcn", wave_data(10), flipped, output=tmp_path / "run", style="quiet")
    with pytest.raises(ArgumentError, match="normalisation is for series"):
        tasks.train("course-mnist", images, normalisation="series", output=tmp_path / "run", style="quiet")


def test_resampled_and_normalised_as_asked(tmp_path: Path) -> None:
    run = tasks.train(
        "fcn",
        wave_data(10),
        pn.Recipe(epochs=1),
        size=40,
        normalisation="series",
        output=tmp_path / "r",
        style="quiet",
    )
    assert run.preprocess.input_shape == (1, 40)
    assert run.preprocess.mean == (0.0,)
    data = wave_data(10)
    assert data.test is not None
    values = data.test.decode(run.preprocess).images
    assert values.shape == (20, 40, 1)
    np.testing.assert_allclose(values.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(values.std(axis=1), 1, atol=1e-5)


def test_the_default_recipe_takes_about_a_thousand_steps() -> None:
    data = wave_data(40)
    recipe = tasks.choose_recipe(data)
    assert (recipe.batch_size, recipe.epochs, recipe.schedule) == (16, 300, "cosine")
    many = dataclasses.replace(data, train=wave_data(480).train)
    assert tasks.choose_recipe(many).epochs == round(1000 / 30)


class TestCommandLine:
    def test_train_evaluate_predict(self, files: Path, tmp_path: Path) -> None:
        run = tmp_path / "run"
        done = prunelle(
            *("train", str(files / "Waves_TRAIN.ts"), "--network", "fcn", "--epochs", "8", "--ensemble", "2"),
            *("--augment", "shift=0.05", "--output", str(run)),
        )
        assert done.code == 0, done.err
        assert "on 30 examples" in done.out
        assert "40 series of 12 to 24 steps and 2 channels" in done.err
        done = prunelle("evaluate", str(run), "--json")
        assert json.loads(done.out)["n"] == 30
        done = prunelle("predict", str(run), str(files / "Waves_TEST.ts"), "--format", "json")
        answers = json.loads(done.out)
        assert len(answers) == 30
        assert answers[0]["file"].endswith("Waves_TEST.ts:1")

    def test_networks_by_their_number_of_steps(self) -> None:
        done = prunelle("networks", "fcn", "--input", "150", "--classes", "2")
        assert done.code == 0, done.err
        assert "150×128" in done.out
        assert "264,962" in done.out

    def test_errors_are_sentences(self, files: Path, tmp_path: Path) -> None:
        bad = tmp_path / "bad.ts"
        bad.write_text("@classLabel true a b\n@data\n1,2:a\n1,?2:b\n")
        for arguments, status, message in (
            (["train", str(bad)], 1, f"Error: {bad}, line 4: value 2 is no number"),
            (["train", str(files / "Waves_TRIAN.ts")], 1, "Did you mean 'Waves_TRAIN.ts'"),
            (
                ["train", str(files / "Waves_TRAIN.ts"), "--augment", "flip"],
                2,
                "unknown augmentation of series 'flip'",
            ),
            (
                ["train", str(files / "Waves_TRAIN.ts"), "--network", "vgg16"],
                2,
                "network vgg-d is for pictures",
            ),
        ):
            done = prunelle(*arguments, "--output", str(tmp_path / "run"))
            assert done.code == status, done.err
            assert message in done.err
            assert "Traceback" not in done.err


def test_a_class_that_the_run_does_not_know(run: Run, tmp_path: Path) -> None:
    series, _ = waves(4, channels=2)
    path = write_ts(tmp_path / "odd.ts", series, ["odd", "late", "odd", "late"])
    with pytest.raises(DataError, match="the run does not know the class 'odd'"):
        tasks.evaluate(run, path, style="quiet")


@pytest.mark.parametrize("unequal", [False, True])
def test_a_trunk_serves_other_series(unequal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Learned on four classes of series, ``features`` on two: the trunk's weights are the first run's."""
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    series, labels = waves(48, channels=2, unequal=unequal)
    kinds = [f"{label}-{'high' if i % 4 < 2 else 'low'}" for i, label in enumerate(labels)]
    signed = [one if i % 4 < 2 else -one for i, one in enumerate(series)]
    first = pn.from_series(signed, kinds, test_series=signed, test_labels=kinds, name="first")
    recipe = pn.Recipe(epochs=6, batch_size=8)
    base = tasks.train("fcn", first, recipe, output=tmp_path / "base", style="quiet")
    data = wave_data(12, channels=2, unequal=unequal)
    run = tasks.train(
        "fcn", data, lambda data, strategy: tasks.choose_recipe(data, strategy, epochs=20),
        weights=base.path, strategy="features", output=tmp_path / "run", style="quiet",
    )  # fmt: skip
    theirs = load_tensors(base.path / "weights" / "best.safetensors")[0]
    ours = load_tensors(run.path / "weights" / "best.safetensors")[0]
    kept = [name for name in theirs if name.startswith("features.")]
    assert kept
    assert all(torch.equal(theirs[name], ours[f"features.{name}"]) for name in kept)
    assert run.info["transfer"]["frozen_parameters"] > 100_000
    assert run.metrics()["test"]["accuracy"] >= 0.8
    assert (
        tasks.evaluate(pn.Run.open(run.path), data, style="quiet").accuracy
        == run.metrics()["test"]["accuracy"]
    )

    found = tasks.shots(
        data, "fcn", base.path, numbers=(2,), strategies=["features", "full"], draws=1, epochs=3,
        augment="jitter", output=tmp_path / "shots", style="quiet",
    )  # fmt: skip
    assert [row[:3] for row in found.rows] == [("features", 2, 0), ("full", 2, 0)]
    recipe_of = pn.Run.open(tmp_path / "shots" / "runs" / "full-2-0").info["recipe"]
    assert recipe_of["augment"]["jitter"] > 0


class TestTables:
    """A table without a header, its label last: what a run of it makes of other tables."""

    @pytest.fixture(scope="class")
    def table(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("tables")
        for name, n, seed in (("w_train.csv", 40, 0), ("w_test.csv", 20, 1)):
            series, labels = waves(n, seed=seed)
            rows = [
                [*map(repr, one[:, 0].tolist()), f"{label == 'late':d}.0"]
                for one, label in zip(series, labels, strict=True)
            ]
            (folder / name).write_text("\n".join(map(",".join, rows)) + "\n")
            (folder / f"bare_{name}").write_text("\n".join(",".join(row[:-1]) for row in rows) + "\n")
            (folder / f"words_{name}").write_text(
                "\n".join(["label;" + ";".join(f"t{i}" for i in range(24))])
                + "\n"
                + "\n".join(";".join([row[-1][0], *row[:-1]]).replace(".", ",") for row in rows)
                + "\n"
            )
        return folder

    @pytest.fixture(scope="class")
    def run(self, table: Path) -> Run:
        return tasks.train(
            "course-series",
            table / "w_train.csv",
            epochs=8,
            output=table / "run",
            style="quiet",
            language="en",
        )

    def test_it_learns_two_classes(self, run: Run) -> None:
        assert run.classes == ("0", "1")
        assert run.metrics()["test"]["n"] == 20
        assert run.metrics()["test"]["accuracy"] > 0.9
        assert "40 series of 24 steps; the label is column 25 of 25" in run.info["data"]["notes"][1]["en"]

    def test_labelled_or_not_the_answers_are_the_same(self, run: Run, table: Path) -> None:
        answers = [
            [one.top for one in tasks.predict(run, [table / name], style="quiet")]
            for name in ("w_test.csv", "bare_w_test.csv", "words_w_test.csv")
        ]
        assert len(answers[0]) == 20
        assert answers[0] == answers[1] == answers[2]
        done = prunelle("predict", run.path, table / "bare_w_test.csv", "--progress", "lines")
        assert "bare_w_test.csv: 20 series of 24 steps; 24 columns, no label" in done.err

    @pytest.mark.parametrize("name", ["w_test.csv", "words_w_test.csv"])
    def test_judged_on_other_tables(self, run: Run, table: Path, name: str, tmp_path: Path) -> None:
        (tmp_path / "other.csv").write_text((table / name).read_text())
        found = tasks.evaluate(run, tmp_path / "other.csv", style="quiet")
        assert (found.n, found.accuracy) == (20, run.metrics()["test"]["accuracy"])

    def test_a_table_without_labels_judges_nothing(self, run: Run, table: Path) -> None:
        with pytest.raises(DataError, match=r"has no labels.*20 series of 24 steps; 24 columns, no label"):
            tasks.evaluate(run, table / "bare_w_test.csv", style="quiet")

    def test_a_run_of_an_earlier_version(self, run: Run, table: Path, tmp_path: Path) -> None:
        """Its classes are called as its file writes them, and it knows neither steps nor label."""
        import shutil

        old = tmp_path / "old"
        shutil.copytree(run.path, old)
        (old / "classes.json").write_text(json.dumps(["0.0", "1.0"]))
        preprocess = json.loads((old / "preprocess.json").read_text())
        del preprocess["steps"], preprocess["label"]
        (old / "preprocess.json").write_text(json.dumps(preprocess))
        # Nor did it say what its examples hold, or what its files held.
        (old / "splits.csv").unlink()
        info = json.loads((old / "run.json").read_text())
        del info["sha256"]
        (old / "run.json").write_text(json.dumps(info))
        opened = Run.open(old)
        assert tasks.evaluate(opened, style="quiet").accuracy == run.metrics()["test"]["accuracy"]
        (tmp_path / "other.csv").write_text((table / "w_test.csv").read_text())
        found = tasks.evaluate(opened, tmp_path / "other.csv", style="quiet")
        assert found.accuracy == run.metrics()["test"]["accuracy"]
