"""``prunelle shots``: draws, figures, going on, and what it refuses."""

from __future__ import annotations

import csv
import importlib
import itertools
import os
from pathlib import Path

import numpy as np
import pytest

import prunelle as pn
from prunelle import tasks
from prunelle.errors import ArgumentError, BadPictures
from prunelle.jobs.few_shots import few
from prunelle.report.shots import Shots
from tests.contract.test_verbs_by_target import other_data
from tests.integration.command import prunelle, weights
from tests.pictures import make_folder


def test_draws_are_nested_balanced_and_differ() -> None:
    images = np.arange(60, dtype=np.uint8).reshape(60, 1, 1, 1).repeat(8, 1).repeat(8, 2)
    data = pn.from_arrays(images, [i % 3 for i in range(60)], validation=0.2, test=0.2)
    small, large, other = few(data, 2, 0), few(data, 5, 0), few(data, 5, 1)

    def rows(chosen: pn.Data) -> set[int]:
        assert chosen.train.array is not None
        return set(chosen.train.array[:, 0, 0, 0].tolist())

    assert np.bincount(small.train.labels).tolist() == [2, 2, 2]
    assert rows(small) < rows(large)
    assert rows(large) != rows(other)
    assert all(row % 3 == label for row, label in zip(sorted(rows(large)), large.train.labels, strict=True))
    assert large.validation is None
    assert large.test is data.test


def test_means_and_intervals_worked_by_hand() -> None:
    rows = (("full", 5, 0, 0.6), ("full", 5, 1, 0.8), ("full", 20, 0, 0.9), ("full", 20, 1, 0.9))
    found = Shots(Path("x"), "d", rows, 200)
    # Student's t with one degree of freedom is 12.706; sd/√2 is 0.1: beyond what an accuracy can be.
    assert found.curve("full")[5].interval == (0, 1)
    # Equal ones are counted in pictures of 200: 12.706 · 0.005/√2 / √2 = 0.0318.
    assert found.markdown().splitlines()[4] == "| full | 70.0 (0.0 to 100.0) | 90.0 (86.8 to 93.2) |"


def test_through_the_command_line_and_on_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    photos = make_folder(tmp_path / "photos", ["u", "v"], 12, size=(16, 16))
    base = tmp_path / "base"
    common = ("--network", "course-look", "--size", 16, "--quiet")
    assert prunelle("train", photos, *common, "--epochs", 1, "--output", base).code == 0
    # Nothing was begun there, so nothing holds to it.
    nothing = prunelle(
        "shots",
        photos,
        *common,
        "--strategies",
        "scratch",
        "--shots",
        1,
        "--augment",
        "nonsense",
        "--output",
        tmp_path / "out",
    )
    assert nothing.code == 2
    arguments = (
        *("shots", photos, *common, "--weights", base, "--shots", "1,4", "--draws", 2, "--epochs", 1),
        *("--strategies", "scratch,features", "--test", 0.4, "--output", tmp_path / "out"),
    )
    done = prunelle(*arguments)
    assert done.code == 0, done.err
    assert "| strategy | 1 a class | 4 a class |" in done.out
    table = list(csv.DictReader((tmp_path / "out" / "shots.csv").open()))
    assert [(row["strategy"], row["pictures"], row["draw"]) for row in table] == [
        (strategy, number, draw)
        for strategy in ("scratch", "features")
        for number in ("1", "4")
        for draw in ("0", "1")
    ]
    assert (tmp_path / "out" / "shots.png").stat().st_size > 5000
    runs = tmp_path / "out" / "runs"
    for row in table:
        run = pn.Run.open(runs / f"{row['strategy']}-{row['pictures']}-{row['draw']}")
        assert run.metrics()["train"]["n"] == 2 * int(row["pictures"])
        assert run.metrics()["test"]["accuracy"] == float(row["accuracy"])

    # What is finished stays; what was cut short goes on; what had not begun begins.
    kept = (runs / "scratch-1-0" / "run.json").stat().st_mtime_ns
    pn.Run.open(runs / "features-4-1").update(status="training")
    (runs / "features-1-0" / "state" / "training.safetensors").unlink()
    again = prunelle(*arguments)
    assert again.out == done.out
    assert (runs / "scratch-1-0" / "run.json").stat().st_mtime_ns == kept
    assert pn.Run.open(runs / "features-4-1").finished

    # What auto recommends is trained like any other.
    auto = prunelle(*("auto" if word == "scratch,features" else word for word in arguments))
    assert auto.code == 0, auto.err
    assert {row["strategy"] for row in csv.DictReader((tmp_path / "out" / "shots.csv").open())} == {"auto"}
    assert pn.Run.open(runs / "auto-4-1").info["transfer"]["advice"]["trials"]

    other = prunelle(*arguments[:-6], "--epochs", 3, *arguments[-6:])
    assert other.code == 2
    assert "is of other settings (epochs)" in other.err


def test_what_it_refuses(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    data = pn.from_arrays(images, [i % 2 for i in range(40)], test=0.2)
    with pytest.raises(ArgumentError, match=r"shots must be at most 14, .* received 20"):
        tasks.shots(
            data, "course-look", numbers=(1, 20), strategies=["scratch"], output=tmp_path / "a", style="quiet"
        )
    with pytest.raises(ArgumentError, match="strategy features starts from weights"):
        tasks.shots(data, "course-look", output=tmp_path / "a", style="quiet")
    with pytest.raises(ArgumentError, match=r"draws must be at least 1; received shots=.*, draws=0"):
        tasks.shots(
            data, "course-look", strategies=["scratch"], draws=0, output=tmp_path / "a", style="quiet"
        )


def test_pictures_that_cannot_be_read_are_left_out_before_any_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    photos = make_folder(tmp_path / "photos", ["u", "v"], 6, size=(16, 16))
    test = make_folder(tmp_path / "photos" / "test", ["u", "v"], 4, size=(16, 16), seed=1)
    (photos / "train").mkdir()
    for name in "uv":
        (photos / name).rename(photos / "train" / name)
    data = pn.load(photos)
    assert data.train.files is not None
    first = few(data, 1, 0).train.files
    assert first is not None
    first[0].write_bytes(b"no picture")
    common = {
        "numbers": (1, 2), "strategies": ["scratch"], "draws": 2, "epochs": 1, "size": (16, 16), "style": "quiet"
    }  # fmt: skip
    means = {"mean": (0.25, 0.5, 0.75), "std": (0.5, 0.25, 0.5)}
    found = pn.shots(photos, "course-look", output=tmp_path / "out", fit="pad", **common, **means)
    assert len(found.rows) == 4
    for run in (pn.Run.open(path) for path in sorted((tmp_path / "out" / "runs").iterdir())):
        assert run.metrics()["train"]["n"] == 2 * int(run.path.name.split("-")[1])
        assert str(first[0]) not in (run.path / "splits.csv").read_text()
        assert (run.preprocess.mean, run.preprocess.std, run.preprocess.fit) == (*means.values(), "pad")
    with pytest.raises(ArgumentError, match=r"is of other settings \(mean, std\)"):
        pn.shots(
            photos, "course-look", output=tmp_path / "out", fit="pad", **common, mean=(0, 0, 0), std=(1, 1, 1)
        )
    (test / "u" / "0000.jpg").write_bytes(b"")
    with pytest.raises(BadPictures, match=r"2 of \d+ pictures cannot be read.*\n.*\n.*0000.jpg: empty file"):
        pn.shots(photos, "course-look", output=tmp_path / "other", **common)


def test_the_command_lines_of_those_that_train_take_what_prepares_examples() -> None:
    """Of train's options, those that say how examples become input make sense wherever something is trained."""
    for verb in ("train", "shots", "compare", "advise"):
        command = getattr(importlib.import_module(f"prunelle.cli.{verb}"), verb)
        given = {parameter.name for parameter in command.params}
        assert given >= {
            "size",
            "fit",
            "normalisation",
            "mean",
            "std",
            "labels",
            "data_dir",
            "test",
            "device",
        }, verb


def test_compare_prepares_pictures_as_it_is_told(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (24, 8, 8, 1), dtype=np.uint8)
    data = pn.from_arrays(images, [i % 2 for i in range(24)], test=0.25)
    found = pn.compare(
        ["course-look", "dense"], data, pn.Recipe(epochs=1), seeds=1, mean=[0.25], std=np.array([0.5]), size=12,
        output=tmp_path / "c", style="quiet",
    )  # fmt: skip
    for run in (pn.Run.open(path.parent) for path in found.path.glob("runs/*/run.json")):
        assert (run.preprocess.mean, run.preprocess.std) == ((0.25,), (0.5,))


def test_a_draw_has_one_of_each_group() -> None:
    images = np.arange(60, dtype=np.uint8).reshape(60, 1, 1, 1).repeat(8, 1).repeat(8, 2)
    bursts = [f"burst {i // 3}" for i in range(60)]
    data = pn.from_arrays(images, [i // 3 % 2 for i in range(60)], groups=bursts, test=0.2)
    assert data.train.groups is not None
    most = min(np.unique(data.train.groups[data.train.labels == k]).size for k in range(2))
    draws = [few(data, number, draw) for number in (2, most) for draw in range(3)]
    for chosen in draws:
        assert chosen.train.groups is not None
        assert len(set(chosen.train.groups)) == len(chosen.train)
    assert [len(chosen.train) for chosen in draws] == [4] * 3 + [2 * most] * 3
    with pytest.raises(ArgumentError, match=rf"at most {most}, .*, one of each group; received {most + 1}"):
        pn.shots(
            data, "course-look", numbers=[most + 1], strategies=["scratch"], output="unused", style="quiet"
        )


@pytest.mark.parametrize("kind", ["labels", "number"])
def test_other_targets_are_drawn_measured_and_gone_on_with(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = other_data(kind)
    figure = {"labels": "mean_average_precision", "number": "mean_absolute_error"}[kind]
    recipe = {"numbers": (4, 12), "strategies": ["scratch"], "draws": 1, "epochs": 2, "style": "quiet"}
    whole = pn.shots(data, "lenet5", output=tmp_path / "whole", **recipe)
    with (tmp_path / "whole" / "shots.csv").open() as stream:
        table = list(csv.DictReader(stream))
    for row in table:
        run = pn.Run.open(tmp_path / "whole" / "runs" / f"scratch-{row['pictures']}-{row['draw']}")
        assert run.metrics()["test"][figure] == float(row[figure])
        drawn = few(data, int(row["pictures"]), int(row["draw"])).train
        assert run.metrics()["train"]["n"] == len(drawn)
        if kind == "labels":
            assert drawn.labels.sum(axis=0).min() >= int(row["pictures"])
            assert (~drawn.labels.any(axis=1)).sum() == min(
                int(row["pictures"]), (~data.train.labels.any(1)).sum()
            )
        else:
            assert len(drawn) == int(row["pictures"])
            # Its own examples say what always the same answer would be, and in what units it learned.
            assert run.target.median == pytest.approx(np.median(drawn.labels))
            assert run.metrics()["test"]["blind"]["answer"] == pytest.approx(np.median(drawn.labels))
    heads = {
        "labels": ("Mean average precision, %", "4 a label"),
        "number": ("Mean absolute error", "4 in all"),
    }
    assert whole.markdown().splitlines()[0] == heads[kind][0]
    assert heads[kind][1] in whole.markdown()
    assert (tmp_path / "whole" / "shots.png").stat().st_size > 5000

    # Stopped dead in its second training, as it writes its second epoch.
    replace, writes = os.replace, itertools.count(1)

    def deadly(source: str, target: str) -> None:
        if "scratch-12-0" in str(target) and Path(target).name == "results.csv" and next(writes) == 2:
            raise Dead
        replace(source, target)

    with monkeypatch.context() as dying:
        dying.setattr(os, "replace", deadly)
        with pytest.raises(Dead):
            pn.shots(data, "lenet5", output=tmp_path / "cut", **recipe)
    assert not pn.Run.open(tmp_path / "cut" / "runs" / "scratch-12-0").finished
    again = pn.shots(data, "lenet5", output=tmp_path / "cut", **recipe)
    assert again.rows == whole.rows
    one, other = (tmp_path / name / "runs" / "scratch-12-0" for name in ("whole", "cut"))
    assert weights(one) == weights(other)


class Dead(BaseException):
    """Nothing catches it."""
