"""Labels that people have corrected: trained on, resumed, judged by, and what a retraining changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prunelle as pn
from prunelle.data.decisions import Decision, Decisions
from prunelle.errors import ArgumentError, DataError
from prunelle.runs.run import Run
from prunelle.runs.splits import Placed
from tests.integration.command import prunelle, weights
from tests.pictures import make_folder

STEADILY = {"recipe": pn.Recipe(schedule="constant"), "style": "quiet"}
"""Of two epochs the first is then that of a training of one."""

pytestmark = pytest.mark.usefixtures("unpainted")


def decide(file: str, answer: str | None) -> Decision:
    return Decision(file=file, label=answer, action="leave out" if answer is None else "relabel")


def digest(run: Run) -> str:
    return str(run.info["data"]["digest"])


def placed(run: Run) -> Placed:
    found = run.placed()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of stripes, 20 each; of the second, five are in the first's folder."""
    folder = make_folder(tmp_path_factory.mktemp("photos") / "stripes", ("across", "down"), 20)
    for number in range(5):
        (folder / "down" / f"{number:04}.jpg").rename(folder / "across" / f"wrong{number}.jpg")
    return folder


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    decisions = Decisions(
        [
            decide("across/wrong0.jpg", "down"),
            decide("across/wrong1.jpg", None),
            decide("across/gone.jpg", "down"),
        ]
    )
    decisions.write(tmp_path / "decisions.csv")
    return tmp_path / "decisions.csv"


def test_a_training_by_corrected_labels(photos: Path, corrected: Path, tmp_path: Path) -> None:
    arguments = ("--epochs", 1, "--network", "lenet5", "--seed", 0)
    plain = prunelle("train", photos, *arguments, "--output", tmp_path / "plain", "-q")
    decided = prunelle(
        "train",
        photos,
        *arguments,
        "--output",
        tmp_path / "decided",
        "--decisions",
        corrected,
        "--progress",
        "lines",
    )
    assert plain.code == decided.code == 0, decided.err
    assert (
        "1 relabelled, 1 left out. 1 more is of examples that are not there (across/gone.jpg)"
        in decided.err + decided.out
    )
    before, after = Run.open(tmp_path / "plain"), Run.open(tmp_path / "decided")
    info = after.info["decisions"]
    assert info["file"] == str(corrected)
    assert info["digest"] == Decisions.read(corrected).digest()
    assert info["counts"] == {"relabelled": 1, "left out": 1, "not sure": 0, "kept": 0, "gone": 1}
    assert "decisions" not in before.info

    def rows(run: Run) -> dict[str, tuple[str, int]]:
        at = placed(run)
        return {
            Path(file).name if "wrong" in file else "/".join(Path(file).parts[-2:]): (str(split), int(label))
            for file, split, label in zip(at.files or (), at.splits, at.labels, strict=True)
        }

    # The splits are those of a training without decisions; the labels are not.
    expected = rows(before)
    split, label = expected["wrong0.jpg"]
    assert label == 0
    expected["wrong0.jpg"] = (split, 1)
    del expected["wrong1.jpg"]
    assert rows(after) == expected


def test_going_on_is_exact_whatever_became_of_the_file(photos: Path, corrected: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"network": "lenet5", "data": photos, "decisions": corrected, **STEADILY}
    whole = pn.train(**given, epochs=2, output=tmp_path / "whole")
    begun = pn.train(**given, epochs=1, output=tmp_path / "begun")
    corrected.unlink()
    pn.train(resume=begun.path, epochs=2, style="quiet")
    assert digest(Run.open(begun.path)) == digest(whole)
    assert weights(begun.path, "last") == weights(whole.path, "last")
    with pytest.raises(ArgumentError, match="decisions is of a new run"):
        pn.train(resume=begun.path, epochs=3, style="quiet", decisions=corrected)


def test_going_on_with_data_without_files_is_exact(tmp_path: Path) -> None:
    decisions = Decisions([decide("train[0]", "7"), decide("train[5]", None), decide("test[2]", "1")])
    given: dict[str, Any] = {"network": "dense", "data": "digits", "decisions": decisions, **STEADILY}
    whole = pn.train(**given, epochs=2, output=tmp_path / "whole")
    begun = pn.train(**given, epochs=1, output=tmp_path / "begun")
    assert placed(whole).labels[0] == 7
    pn.train(resume=begun.path, epochs=2, style="quiet")
    assert weights(begun.path, "last") == weights(whole.path, "last")
    # Judged by its own labels, also when its data are read again.
    told = pn.evaluate(whole.path, style="quiet")
    assert told.accuracy == whole.metrics()["test"]["accuracy"]


def test_going_on_with_arrays_is_exact(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.round(digits.images[:300] * 255 / 16).astype(np.uint8)
    data = pn.from_arrays(images, digits.target[:300], test=0.2)
    decisions = Decisions([decide("train[0]", "7"), decide("train[5]", None)])
    given: dict[str, Any] = {"network": "dense", "data": data, "decisions": decisions, **STEADILY}
    whole = pn.train(**given, epochs=2, output=tmp_path / "whole")
    begun = pn.train(**given, epochs=1, output=tmp_path / "begun")
    pn.train(data=data, resume=begun.path, epochs=2, style="quiet")
    assert weights(begun.path, "last") == weights(whole.path, "last")


def test_judged_by_corrected_labels(photos: Path, tmp_path: Path) -> None:
    run = pn.train("lenet5", photos, epochs=1, style="quiet", output=tmp_path / "run")
    answers = run.judged()
    assert answers.files is not None
    names = ["/".join(Path(file).parts[-2:]) for file in answers.files]
    # By hand: everything that it got wrong is called what it said, and one is left out.
    decisions = Decisions(
        decide(name, run.classes[said]) for name, said in zip(names[1:], answers.predicted[1:], strict=True)
    ).with_one(decide(names[0], None))
    told = pn.evaluate(run, decisions=decisions, style="quiet")
    assert (told.n, told.accuracy) == (len(names) - 1, 1.0)
    decisions.write(tmp_path / "d.csv")
    shown = prunelle("evaluate", run.path, photos, "--decisions", tmp_path / "d.csv", "--json")
    assert json.loads(shown.out)["accuracy"] == 1.0
    # Of other data, all of a folder is judged, each picture once.
    other = make_folder(tmp_path / "other", run.classes, 3, seed=1)
    out = Decisions([decide("across/0000.jpg", None), decide("down/0001.jpg", "across")])
    assert pn.evaluate(run, other, decisions=out, style="quiet").confusion.sum(axis=1).tolist() == [3, 2]


def test_what_cannot_be_applied_is_said_before_anything_is_made(photos: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    Decisions([decide("nothing.jpg", "down")]).write(wrong)
    said = prunelle("train", photos, "--decisions", wrong, "--output", tmp_path / "run")
    assert said.code == 1
    assert "none of its 1 decisions" in said.err
    assert not (tmp_path / "run").exists()
    with pytest.raises(DataError, match="there is no"):
        pn.train("lenet5", photos, decisions=tmp_path / "none.csv", style="quiet", output=tmp_path / "run")


def test_decisions_beside_a_run(photos: Path, tmp_path: Path) -> None:
    run = pn.train("lenet5", photos, epochs=1, style="quiet", output=tmp_path / "run")
    assert run.decisions() == Decisions()
    run.decide(decide("across/0000.jpg", "down"), decide("across/0001.jpg", None))
    run.decide(decide("across/0000.jpg", "across"))
    assert list(Run.open(run.path).decisions()) == ["across/0001.jpg", "across/0000.jpg"]
    assert list(run.undecide("across/0000.jpg")) == ["across/0001.jpg"]
    assert run.decisions_file == tmp_path / "run" / "decisions.csv"
    run.decisions_file.write_text("file,label,decision\nacross/0001.jpg,,leave ou\n")
    with pytest.raises(DataError, match=r"decisions\.csv, line 2: decision must be"):
        run.decide(decide("across/0002.jpg", "down"))
    assert "leave ou\n" in run.decisions_file.read_text()
