"""The run folder, without a training: what is written, what is read back, what is refused."""

from __future__ import annotations

import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError, Damaged, RunError
from prunelle.runs.folder import new_run_path
from prunelle.runs.predictions import Prediction
from prunelle.runs.run import Run, build_network
from prunelle.runs.run_info import FORMAT
from prunelle.texts import Note
from prunelle.training.metrics import Evaluation
from prunelle.training.recipe import Recipe

CLASSES = ("chat", "dog", "été")
PREPROCESS = Preprocess(size=(2, 2), channels=1, mean=(0.5,), std=(0.25,))


def network() -> nn.Module:
    """Logits of the mean brightness: class 2 for bright pictures, class 0 for dark ones."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    with torch.no_grad():
        module[1].weight.copy_(torch.tensor([-1.0, 0.0, 1.0])[:, None].expand(3, 4) / 4)
        module[1].bias.zero_()
    return module


def info() -> dict[str, object]:
    return {
        "status": "training",
        "network": {"name": "Own", "num_classes": 3, "input_shape": [1, 2, 2], "options": {}},
        "recipe": Recipe(epochs=4).to_json(),
        "data": {"name": "own", "source": None, "notes": []},
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = Run.create(tmp_path / "run", info(), CLASSES, PREPROCESS, network())
    made.save_weights("best", network().state_dict())
    return made


def test_what_is_written_comes_back(run: Run) -> None:
    assert json.loads((run.path / "classes.json").read_text(encoding="utf-8")) == ["chat", "dog", "été"]
    assert json.loads((run.path / "preprocess.json").read_text())["mean"] == [0.5]
    opened = Run.open(run.path)
    assert opened.classes == CLASSES
    assert opened.preprocess == PREPROCESS
    assert opened.recipe == Recipe(epochs=4)
    assert not opened.finished
    run.update(status="finished", recipe=Recipe(epochs=9).to_json())
    assert run.recipe.epochs == 9
    assert Run.open(run.path).finished


def test_the_format_of_a_run(run: Run) -> None:
    file = run.path / "run.json"
    written = json.loads(file.read_text())
    assert written["format"] == FORMAT
    del written["format"]  # as runs of before
    file.write_text(json.dumps(written))
    assert Run.open(run.path).recipe == Recipe(epochs=4)
    # Whatever else a newer one may hold is not said to be damage.
    file.write_text(json.dumps({"format": FORMAT + 1, "recipe": "in another form"}))
    with pytest.raises(
        RunError, match=rf"run\.json has format {FORMAT + 1}, .* Update Prunelle to open it\."
    ):
        Run.open(run.path)


def test_a_run_without_a_recipe(tmp_path: Path) -> None:
    without = {name: value for name, value in info().items() if name != "recipe"}
    Run.create(
        tmp_path / "run", without | {"command": "prunelle run lenet.py"}, CLASSES, PREPROCESS, network()
    )
    run = Run.open(tmp_path / "run")
    assert not run.has_recipe
    with pytest.raises(RunError, match=r"has no recipe to go by.* run it: prunelle run lenet\.py"):
        _ = run.recipe


def test_lines_of_results(run: Run) -> None:
    row = dict.fromkeys(
        ("train_loss", "train_accuracy", "learning_rate", "seconds", "images_per_second", "data_wait"), 0.1
    )
    rows = [{"epoch": epoch, **row, "val_loss": None, "val_accuracy": 1 / 3} for epoch in (1, 2)]
    run.write_results(rows)
    assert run.results() == rows
    run.write_results(rows[:1])
    assert run.results() == rows[:1]


def test_predictions_of_a_split(run: Run) -> None:
    probabilities = np.array([[0.2, 0.7, 0.1], [0.1, 0.1, 0.8]], np.float32)
    files = (os.fsdecode(b"\xe9t\xe9.jpg"), 'with "quotes", and commas.jpg')
    run.write_predictions(Evaluation("test", CLASSES, np.array([0, 2]), probabilities, 0.5, files))
    with (run.path / "predictions.csv").open("rb") as stream:
        content = stream.read()
    assert b"\xe9t\xe9.jpg,test,chat,dog,0.7,0.2,2\n" in content
    rows = list(csv.reader(content.decode(errors="surrogateescape").splitlines()))
    assert rows == [
        ["file", "split", "class", "predicted", "probability", "probability_of_class", "rank_of_class"],
        [files[0], "test", "chat", "dog", "0.7", "0.2", "2"],
        [files[1], "test", "été", "été", "0.8", "0.8", "1"],
    ]


@pytest.mark.parametrize("lacking", [0, 1, 2])
def test_predictions_read_again(run: Run, lacking: int) -> None:
    """Runs of before lack the rank of the truth; earlier ones its probability, too."""
    random = np.random.default_rng(0)
    probabilities = random.dirichlet((0.3, 0.3, 0.3), 50).astype(np.float32)
    labels = random.integers(0, 3, 50)
    before = Evaluation("test", CLASSES, labels, probabilities, 0.5)
    run.write_predictions(before)
    figures = {"accuracy": 0.9, "interval": [0.8, 1.0], "n": 50}
    about = {"epochs": 1, "best_epoch": 1, "seconds": 1.5, "parameters": 10}
    run.write_metrics({"train": {**figures, "loss": 0.1}, "test": {**figures, "loss": 0.5}, **about})
    file = run.path / "predictions.csv"
    lines = [line.rsplit(",", lacking)[0] for line in file.read_text().splitlines()] if lacking else []
    if lacking:
        file.write_text("".join(f"{line}\n" for line in lines))
    after = run.judged()
    assert (after.split, after.files, after.loss) == ("test", None, 0.5)
    np.testing.assert_array_equal(after.labels, labels)
    np.testing.assert_array_equal(after.predicted, before.predicted)
    np.testing.assert_array_equal(after.confidence, before.confidence)
    np.testing.assert_array_equal(after.ranks, 0 if lacking else before.ranks)
    if lacking < 2:
        np.testing.assert_array_equal(
            after.probabilities[np.arange(50), labels], probabilities[np.arange(50), labels]
        )
        np.testing.assert_allclose(after.probabilities.sum(axis=1), 1, atol=1e-3)


def test_info_with_names_that_are_no_text(run: Run) -> None:
    name = os.fsdecode(b"/photos/\xe9t\xe9 \xc3\xa9.jpg")
    run.update(skipped=[{"file": name}])
    content = (run.path / "run.json").read_bytes().decode("utf-8")
    assert "\\udce9t\\udce9 é.jpg" in content
    assert Run.open(run.path).info["skipped"] == [{"file": name}]


@pytest.mark.parametrize("kind", ["run", "other", "file"])
def test_nothing_is_written_over(tmp_path: Path, run: Run, kind: str) -> None:
    path = {"run": run.path, "other": tmp_path / "other", "file": tmp_path / "file"}[kind]
    if kind == "other":
        path.mkdir()
        (path / "x").write_text("x")
    if kind == "file":
        path.write_text("x")
    with pytest.raises(RunError, match="is there already, and a run is never written over") as error:
        Run.create(path, info(), CLASSES, PREPROCESS, network())
    assert ("--resume" in str(error.value)) == (kind == "run")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(
        RunError,
        match=r"file/run cannot be written: Not a directory\. Make that place writable",
    ):
        Run.create(tmp_path / "file" / "run", info(), CLASSES, PREPROCESS, network())


def test_no_run_there(tmp_path: Path, run: Run) -> None:
    with pytest.raises(RunError, match=r"it has no run\.json\. Did you mean 'run'\?"):
        Run.open(tmp_path / "rnu")
    (run.path / "classes.json").unlink()
    with pytest.raises(RunError, match=r"classes\.json is not there"):
        Run.open(run.path)
    (run.path / "classes.json").write_text("[")
    with pytest.raises(Damaged, match=r"classes\.json is not what was written when the training began"):
        Run.open(run.path)
    run.update(sha256={})  # of before there were digests
    with pytest.raises(RunError, match=r"classes\.json cannot be read"):
        Run.open(run.path)


def test_a_recipe_of_another_version(run: Run) -> None:
    content = json.loads((run.path / "run.json").read_text())
    content["recipe"]["from_the_future"] = 1
    (run.path / "run.json").write_text(json.dumps(content))
    with pytest.raises(RunError, match=r"run\.json is not as prunelle train writes it.*from_the_future"):
        Run.open(run.path)


def test_answers_to_files(run: Run, tmp_path: Path) -> None:
    """White: (1 - 0.5) / 0.25 = 2 at each pixel, so logits (-2, 0, 2)."""
    Image.new("L", (2, 2), 255).save(tmp_path / "white.png")
    Image.new("L", (2, 2), 0).save(tmp_path / "black.png")
    (tmp_path / "empty.png").write_bytes(b"")
    files = [tmp_path / name for name in ("white.png", "empty.png", "black.png", "white.png")]
    told: list[tuple[str, int, int]] = []
    answers = run.predict(files, top=2, progress=lambda *now: told.append(now))
    assert [answer.file for answer in answers] == [str(file) for file in files]
    top = 1 / (1 + np.exp(-2) + np.exp(-4))
    assert [name for name, _ in answers[0].top] == ["été", "dog"]
    assert [p for _, p in answers[0].top] == pytest.approx([top, top * np.exp(-2)], abs=1e-6)
    assert [name for name, _ in answers[2].top] == ["chat", "dog"]
    assert answers[3] == answers[0]
    assert answers[1] == Prediction(str(files[1]), error="empty file")
    assert told[-1] == (Note("predicting", "prédiction"), 4, 4)
    with pytest.raises(ArgumentError, match="top must be at least 1; received 0"):
        run.predict(files, top=0)
    assert len(run.predict(files[:1], top=99)[0].top) == 3


def test_as_json() -> None:
    assert Prediction("a.jpg", (("cat", 0.75), ("dog", 0.25))).to_json() == {
        "file": "a.jpg",
        "predictions": [{"class": "cat", "probability": 0.75}, {"class": "dog", "probability": 0.25}],
    }
    assert Prediction("a.jpg", error="empty file").to_json() == {
        "file": "a.jpg",
        "predictions": [],
        "error": "empty file",
    }


def test_the_network_of_a_run(run: Run) -> None:
    opened = Run.open(run.path)
    with pytest.raises(RunError, match=r"a network of your own \(Own\)"):
        _ = opened.network
    fresh = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    opened = Run.open(run.path, fresh)
    assert opened.network is fresh
    assert not fresh.training
    assert torch.equal(fresh[1].weight, network()[1].weight)
    with pytest.raises(RunError, match="do not fit this network"):
        Run.open(run.path, nn.Linear(2, 2))
    (run.path / "weights" / "best.safetensors").unlink()
    with pytest.raises(RunError, match="no epoch of its training was finished"):
        Run.open(run.path, fresh)


def test_a_network_is_built_as_described() -> None:
    description = {"name": "dense", "num_classes": 4, "input_shape": [3, 5, 6], "options": {"hidden": [7]}}
    built = build_network(description)
    assert {name: tuple(tensor.shape) for name, tensor in built.state_dict().items()} == {
        "features.1.weight": (7, 90),
        "features.1.bias": (7,),
        "head.weight": (4, 7),
        "head.bias": (4,),
    }


def test_new_folders_have_new_names(tmp_path: Path) -> None:
    now = datetime(2026, 11, 21, 14, 30, 0)
    first = new_run_path(tmp_path, "lenet5-my photos/../x", now)
    assert first == tmp_path / "20261121-143000-lenet5-my-photos-..-x"
    second = new_run_path(tmp_path, "lenet5-my photos/../x", now)
    assert second.name == f"{first.name}-2"
    assert new_run_path(tmp_path, "lenet5-my photos/../x", now).name == f"{first.name}-3"
    assert first.is_dir()
    assert second.is_dir()


def test_folders_asked_for_in_the_same_second_are_never_the_same(tmp_path: Path) -> None:
    now = datetime(2026, 11, 21, 14, 30, 0)
    with ThreadPoolExecutor(16) as pool:
        paths = list(pool.map(lambda _: new_run_path(tmp_path / "runs", "x", now), range(200)))
    assert len(set(paths)) == 200


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunError, match=r"cannot make the run folder .*: File exists"):
        new_run_path(tmp_path / "runs", "x", datetime(2026, 11, 21))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": None}, "data must be an object; received null"),
        ({"data": {"name": "x", "source": None, "notes": 3}}, "data.notes must be a list; received 3"),
        ({"data": {"name": "x", "source": None, "notes": [3]}}, r"data.notes\[0\] must be an object"),
        ({"network": {"name": "dense"}}, "network.num_classes is missing"),
        ({"recipe": {"epochs": "many"}}, "is not as prunelle train writes it"),
        ({"skipped": [["a", "b"]]}, r"skipped\[0\] must be an object"),
    ],
)
def test_a_run_json_of_anything(run: Run, change: dict[str, object], said: str) -> None:
    (run.path / "run.json").write_text(json.dumps(run.info | change))
    with pytest.raises(RunError, match=rf"run\.json .*{said}"):
        Run.open(run.path)
