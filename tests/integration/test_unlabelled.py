"""Learning with pictures that nobody has labelled."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import prunelle as pn
from prunelle import tasks
from prunelle.jobs import unlabelled
from prunelle.runs.predictions import Prediction
from tests.integration.command import prunelle
from tests.pictures import make_folder

COMMON = ("--network", "course-look", "--size", 32, "--epochs", 6, "--validation", 0.25, "--test", 0.25)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few labelled pictures of u and v, and in ``heap`` many, of both, whose names say nothing."""
    folder = tmp_path_factory.mktemp("photos")
    make_folder(folder / "known", ["u", "v"], 40, seed=3)
    make_folder(folder / "more", ["u", "v"], 30, seed=4)
    (folder / "heap").mkdir()
    for kind in ("u", "v"):
        for number, file in enumerate(sorted((folder / "more" / kind).iterdir())):
            shutil.copy(file, folder / "heap" / f"{number}{'a' if kind == 'u' else 'b'}{file.suffix}")
    (folder / "heap" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    return folder


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_what_it_is_sure_of_is_learned_from(photos: Path, tmp_path: Path) -> None:
    output = tmp_path / "run"
    arguments = (
        *("train", photos / "known", *COMMON, "--unlabelled", photos / "heap", "--rounds", 2),
        *("--output", output, "--language", "en"),
    )
    done = prunelle(*arguments)
    assert done.code == 0, done.err
    assert "of 61 unlabelled pictures taken" in done.err
    tried = rows(output / "rounds.csv")
    assert [row["round"] for row in tried][:2] == ["0", "1"]
    assert sum(row["kept"] == "1" for row in tried) == 1
    kept = next(row for row in tried if row["kept"] == "1")
    assert float(kept["validation_accuracy"]) == max(float(row["validation_accuracy"]) for row in tried)
    info = json.loads((output / "run.json").read_text())
    assert info["unlabelled"] == {"round": int(kept["round"]), "taken": int(kept["taken"]), "unlabelled": 61}

    # The folder is that round's run; its splits name the pictures taken, the broken one not among them.
    taken = rows(output / "unlabelled.csv")
    assert len(taken) == int(kept["taken"]) > 20
    truth = [("u" if Path(row["file"]).stem.endswith("a") else "v") == row["class"] for row in taken]
    assert np.mean(truth) > 0.9
    assert min(float(row["confidence"]) for row in taken) >= float(kept["threshold"]) - 1e-4
    run = pn.Run.open(output)
    assert tasks.evaluate(run, style="quiet").accuracy == run.metrics()["test"]["accuracy"]
    learned = {row["file"] for row in rows(output / "splits.csv") if row["split"] == "train"}
    assert {row["file"] for row in taken} < learned
    assert run.metrics()["train"]["n"] == len(learned)
    # Some labelled ones may have gone to the split of their near copies.
    labelled = learned - {row["file"] for row in taken}
    assert 30 <= len(labelled) <= 40
    assert all(Path(file).is_relative_to(photos / "known") for file in labelled)
    assert f"{len(taken)} of 61 unlabelled pictures were learned from" in (output / "report.html").read_text()

    # Killed after its rounds: the same command goes on, and trains nothing twice.
    (output / "run.json").unlink()
    before = (output / "rounds" / "1" / "run.json").stat().st_mtime_ns
    again = prunelle(*arguments)
    assert again.code == 0, again.err
    assert (output / "rounds" / "1" / "run.json").stat().st_mtime_ns == before
    assert json.loads((output / "run.json").read_text()) == info
    other = prunelle(*("3" if word == 2 else word for word in arguments))
    assert "is of other settings (rounds)" in other.err


def test_a_round_that_validation_finds_worse_is_not_kept(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(_run: object, files: list[Path], **_: object) -> object:
        return [Prediction(str(f), (("v" if f.stem.endswith("a") else "u", 1.0),)) for f in files]

    monkeypatch.setattr(unlabelled, "predict_files", wrong)
    (tmp_path / "heap").mkdir()
    for file in (photos / "heap").glob("*[ab].*"):
        shutil.copy(file, tmp_path / "heap")
    run = tasks.train_with_unlabelled(
        "course-look", photos / "known", lambda data, strategy=None: tasks.choose_recipe(data, epochs=6),
        unlabelled=tmp_path / "heap", size=32, validation=0.25, test=0.25, output=tmp_path / "run", style="quiet",
    )  # fmt: skip
    tried = rows(run.path / "rounds.csv")
    assert [row["kept"] for row in tried] == ["1", "0"]
    assert float(tried[1]["validation_accuracy"]) < float(tried[0]["validation_accuracy"])
    assert run.metrics() == pn.Run.open(run.path / "rounds" / "0").metrics()
    assert rows(run.path / "unlabelled.csv") == []
    assert 30 <= run.metrics()["train"]["n"] <= 40  # near copies may have gone to another split


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--validation", 0), "there is no validation split: give --validation 0.1"),
        (("--rounds", 0), "rounds must be at least 1; received 0"),
    ],
)
def test_what_it_refuses(photos: Path, tmp_path: Path, arguments: tuple[object, ...], message: str) -> None:
    done = prunelle(
        "train", photos / "known", "--unlabelled", photos / "heap", "--output", tmp_path / "run", *arguments
    )
    assert done.code == 2
    assert message in done.err
    assert not (tmp_path / "run").exists()


def test_named_sets_and_the_labelled_pictures_themselves_are_refused(photos: Path, tmp_path: Path) -> None:
    done = prunelle("train", "digits", "--unlabelled", photos / "heap", "--output", tmp_path / "run")
    assert "unlabelled pictures go with a folder of labelled photos" in done.err
    done = prunelle("train", photos / "known", "--unlabelled", photos / "known", "--output", tmp_path / "run")
    assert "holds no picture that is not among the labelled ones" in done.err
