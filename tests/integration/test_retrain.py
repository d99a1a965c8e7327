"""Labels that people have corrected: trained on, resumed, judged by, and what a retraining changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prunelle as pn
from prunelle.data.decisions import Decision, Decisions
from prunelle.errors import ArgumentError, DataError, RunError
from prunelle.runs.run import Run
from prunelle.runs.splits import Placed
from tests.integration.command import prunelle, weights
from tests.pictures import make_folder, photo

STEADILY = {"recipe": pn.Recipe(schedule="constant"), "style": "quiet"}
"""Of two epochs the first is then that of a training of one."""


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


def test_a_training_by_corrected_labels(corrected: Path, tmp_path: Path) -> None:
    # No two alike: near copies go to one side of the splits, and one that is left out keeps no other company.
    photos = tmp_path / "photos"
    for number in range(40):
        name = f"across/{number:04}.jpg" if number < 20 else f"down/{number:04}.jpg"
        name = f"across/wrong{number - 20}.jpg" if 20 <= number < 25 else name
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        photo(32, 32, seed=number).save(photos / name)
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


# Training again


def answers(network_of: Run, files: list[str]) -> np.ndarray:
    """What a run answers on each file: the oracle of all that is counted, through ``predict``."""
    return np.array([network_of.classes.index(each.top[0][0]) for each in network_of.predict(files)])


def of_split(run: Run, split: str) -> tuple[list[str], np.ndarray]:
    at = placed(run)
    assert at.files is not None
    rows = at.rows(split)
    return [at.files[row] for row in rows], at.labels[rows]


def name_of(file: str) -> str:
    return "/".join(Path(file).parts[-2:])


@pytest.fixture(scope="module")
def first(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network that learned from wrong labels."""
    output = tmp_path_factory.mktemp("first") / "run"
    return pn.train("lenet5", photos, pn.Recipe(epochs=2, seed=3), output=output, style="quiet", test=0.3)


def test_what_changed_is_counted_picture_by_picture(first: Run, tmp_path: Path) -> None:
    files, old = of_split(first, "test")
    train, train_labels = of_split(first, "train")
    decisions = Decisions(
        [decide(name_of(file), "down") for file in train if "wrong" in file]
        + [decide(name_of(files[0]), None), decide(name_of(files[1]), first.classes[1 - old[1]])]
        # Enough to make another network of it.
        + [decide(name_of(train[i]), first.classes[1 - train_labels[i]]) for i in range(8)]
    )
    made = pn.retrain(first, decisions=decisions, output=tmp_path / "again", style="quiet")
    new = old.copy()
    new[1] = 1 - new[1]
    # Who reviews what came of it is asked nothing twice.
    settled = {name: one.label for name, one in made.run.decisions().items() if one.action == "keep"}
    assert settled == {name: one.label for name, one in decisions.items() if one.label is not None}
    before, after = answers(first, files), answers(made.run, files)
    by_hand = {
        "old_labels": (np.mean(before == old), np.mean(after == old), len(old)),
        "new_labels": (np.mean((before == new)[1:]), np.mean((after == new)[1:]), len(old) - 1),
    }
    for labels, (was, now, n) in by_hand.items():
        difference = getattr(made.change, labels)
        assert (difference.before, difference.after, difference.n) == pytest.approx((was, now, n))
        assert difference.mean == pytest.approx(now - was)
        assert difference.low < difference.mean < difference.high
    assert (made.change.relabelled, made.change.left_out, made.change.split) == (1, 1, "test")
    assert not np.array_equal(before, after), "the networks must differ, or this shows little"
    # All that the new run keeps of it.
    again = Run.open(made.run.path)
    assert again.change() == made.change
    assert again.info["decisions"]["of"] == str(first.path)
    assert again.recipe == first.recipe
    assert again.preprocess == first.preprocess
    assert of_split(again, "validation")[0] == of_split(first, "validation")[0]
    assert of_split(again, "test")[0] == files[1:]
    page = (again.path / "report.html").read_text(encoding="utf-8")
    assert "What the corrected labels changed" in page


def test_it_is_the_training_that_train_does_with_the_decisions(
    first: Run, photos: Path, tmp_path: Path
) -> None:
    train, _ = of_split(first, "train")
    decisions = Decisions(decide(name_of(file), "down") for file in train if "wrong" in file)
    assert len(decisions)
    made = pn.retrain(first, decisions=decisions, output=tmp_path / "again", style="quiet")
    recipe = pn.Recipe(epochs=2, seed=3)
    given: dict[str, Any] = {"test": 0.3, "decisions": decisions, "style": "quiet"}
    other = pn.train("lenet5", photos, recipe, output=tmp_path / "anew", **given)
    assert weights(made.run.path) == weights(other.path)
    assert weights(made.run.path) != weights(first.path)


def test_decisions_on_the_test_alone_give_the_same_network(first: Run, tmp_path: Path) -> None:
    """Bit for bit: weights, splits, preprocessing and seed are the run's own."""
    files, old = of_split(first, "test")
    answered = answers(first, files)
    wrong = [i for i in range(len(files)) if answered[i] != old[i]]
    assert wrong
    first.decide(*(decide(name_of(files[i]), first.classes[answered[i]]) for i in wrong))
    try:
        made = pn.retrain(first.path, name="again", style="quiet")
    finally:
        first.decisions_file.unlink()
    assert weights(made.run.path) == weights(first.path)
    assert made.run.path.parent == first.path.parent
    change = made.change
    assert (change.old_labels.mean, change.new_labels.mean) == (0, 0)
    assert change.new_labels.after == 1.0
    assert not change.old_labels.told_apart


def test_data_without_files_again(tmp_path: Path) -> None:
    before = pn.train("dense", "digits", epochs=1, style="quiet", output=tmp_path / "run")
    labels = placed(before).labels[placed(before).rows("test")]
    decisions = Decisions([decide("test[0]", str((labels[0] + 1) % 10)), decide("test[7]", None)])
    made = pn.retrain(before, decisions=decisions, output=tmp_path / "again", style="quiet")
    assert weights(made.run.path) == weights(before.path)
    assert (made.change.relabelled, made.change.left_out) == (1, 1)
    assert made.change.old_labels.mean == 0
    # And once more, of what it has become.
    then = pn.retrain(
        made.run, decisions=Decisions([decide("train[3]", None)]), output=tmp_path / "more", style="quiet"
    )
    assert then.run.info["data"]["counts"] == {
        **made.run.info["data"]["counts"],
        "train": made.run.info["data"]["counts"]["train"] - 1,
    }
    assert then.change.left_out == 0


def test_weights_and_strategy_are_those_of_the_run(first: Run, photos: Path, tmp_path: Path) -> None:
    before = pn.train(
        None,
        photos,
        weights=first.path,
        strategy="features",
        epochs=1,
        style="quiet",
        test=0.3,
        output=tmp_path / "run",
    )
    files, old = of_split(before, "test")
    decisions = Decisions([decide(name_of(files[0]), before.classes[1 - old[0]])])
    made = pn.retrain(before, decisions=decisions, output=tmp_path / "again", style="quiet")
    assert weights(made.run.path) == weights(before.path)
    assert made.run.info["transfer"]["strategy"] == before.info["transfer"]["strategy"]
    assert made.run.info["network"] == before.info["network"]


def test_a_network_of_one_s_own(photos: Path, tmp_path: Path) -> None:
    import torch
    from torch import nn

    def fresh() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 2))

    before = pn.train(fresh(), photos, epochs=1, style="quiet", output=tmp_path / "run")
    files, old = of_split(before, "test")
    decisions = Decisions([decide(name_of(files[0]), before.classes[1 - old[0]])])
    with pytest.raises(RunError, match="a network of your own"):
        pn.retrain(before, decisions=decisions, style="quiet")
    made = pn.retrain(before, network=fresh(), decisions=decisions, output=tmp_path / "again", style="quiet")
    assert weights(made.run.path) == weights(before.path)


class Stop(Exception):
    """What ends a training in a test."""


def test_one_that_was_stopped_still_says_what_changed(first: Run, tmp_path: Path) -> None:
    train, _ = of_split(first, "train")
    decisions = Decisions(
        [decide(name_of(train[0]), None), decide(name_of(of_split(first, "test")[0][0]), None)]
    )

    class Ends(pn.Listener):
        def on_epoch(self, epoch: Any) -> None:
            raise Stop

    with pytest.raises(Stop):
        pn.retrain(first, decisions=decisions, output=tmp_path / "stopped", style=Ends())
    assert Run.open(tmp_path / "stopped").change() is None
    pn.train(resume=tmp_path / "stopped", style="quiet")
    whole = pn.retrain(first, decisions=decisions, output=tmp_path / "whole", style="quiet")
    assert Run.open(tmp_path / "stopped").change() == whole.change
    assert not whole.run.decisions()  # all that was decided of was left out
    assert weights(tmp_path / "stopped") == weights(tmp_path / "whole")


def test_what_cannot_be_trained_again(first: Run, photos: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nobody has decided anything"):
        pn.retrain(first, style="quiet")
    file, label = of_split(first, "train")[0][0], of_split(first, "train")[1][0]
    kept = Decisions([Decision(file=name_of(file), label=first.classes[label], action="keep")])
    with pytest.raises(RunError, match="keep every label"):
        pn.retrain(first, decisions=kept, style="quiet")
    torn = Decisions([decide(name_of(file), None)])
    with pytest.raises(ArgumentError, match="network is for a run that trained one of your own"):
        pn.retrain(first, network=first.network, decisions=torn, style="quiet")
    own = pn.train(
        "lenet5", photos, epochs=1, style="quiet", metrics={"half": Half()}, output=tmp_path / "own"
    )
    with pytest.raises(RunError, match=r"with parts of your own \(metrics\.half\)"):
        pn.retrain(own, decisions=torn, style="quiet")
    (tmp_path / "own" / "metrics.json").unlink()
    own = Run.open(tmp_path / "own")
    own.info.pop("own")
    with pytest.raises(RunError, match="is not finished"):
        pn.retrain(own, decisions=torn, style="quiet")


class Half:
    """A metric."""

    def update(self, *_: object) -> None: ...

    def reset(self) -> None: ...

    def compute(self) -> float:
        return 0.5


@pytest.mark.parametrize(
    ("language", "says"),
    [
        (
            "en",
            (
                "the labels as they were",
                "the interval holds 0, so these",
                "another label now: 1; left out: 1",
            ),
        ),
        ("fr", ("les étiquettes d’avant", "l’intervalle contient 0", "écartés : 1")),
    ],
)
def test_the_command_tells_it(first: Run, tmp_path: Path, language: str, says: tuple[str, ...]) -> None:
    files, old = of_split(first, "test")
    Decisions([decide(name_of(files[0]), None), decide(name_of(files[1]), first.classes[1 - old[1]])]).write(
        tmp_path / "d.csv"
    )
    given = (first.path, "--decisions", tmp_path / "d.csv", "--epochs", 1, "--output", tmp_path / "again")
    told = prunelle("retrain", *given, "--language", language, "--progress", "lines")
    assert told.code == 0, told.err
    for part in says:
        assert part in told.out.replace("\N{NO-BREAK SPACE}", " ")
    as_json = prunelle("retrain", *given[:-1], tmp_path / "more", "--json")
    values = json.loads(as_json.out)
    assert values["run"] == str(tmp_path / "more")
    assert values["new_labels"]["n"] == len(files) - 1
    assert values == {"run": values["run"], **Run.open(tmp_path / "more").change().to_json()}  # type: ignore[union-attr]


def test_a_damaged_change_is_named(first: Run, tmp_path: Path) -> None:
    files, _ = of_split(first, "test")
    decisions = Decisions([decide(name_of(files[0]), None)])
    made = pn.retrain(first, decisions=decisions, epochs=1, output=tmp_path / "again", style="quiet")
    file = made.run.path / "change.json"
    file.write_text(file.read_text().replace('"left_out": 1', '"left_out": 0'))
    with pytest.raises(RunError, match=r"change\.json"):
        made.run.change()


# Several people's files


def test_merging_on_the_command_line(tmp_path: Path) -> None:
    ana, ben, out = (tmp_path / name for name in ("ana.csv", "ben.csv", "both.csv"))
    Decisions([decide("1.jpg", "cat"), decide("2.jpg", None), decide("3\x1b[2J.jpg", "cat")]).write(ana)
    Decisions([decide("1.jpg", "cat"), decide("3\x1b[2J.jpg", "dog"), decide("4.jpg", "dog")]).write(ben)
    told = prunelle("decisions", ana, ben)
    assert told.code == 1
    assert "One picture was decided in several ways" in told.out
    assert "3\\x1b[2J.jpg" in told.out
    assert "cat, dog" in told.out
    told = prunelle("decisions", ana, ben, "--output", out)
    assert told.code == 0
    assert list(Decisions.read(out)) == ["1.jpg", "2.jpg", "4.jpg"]
    values = json.loads(prunelle("decisions", ana, ben, "--json").out)
    assert values["merged"] == {"keep": 0, "relabel": 2, "leave out": 1, "not sure": 0}
    assert [one["label"] for one in values["conflicts"][0]["decisions"]] == ["cat", "dog"]
    assert prunelle("decisions", ana).code == 0
    missing = prunelle("decisions", tmp_path / "none.csv")
    assert missing.code == 1
    assert "there is no" in missing.err
