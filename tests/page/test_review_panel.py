"""The panel "review", as the browser speaks to it: which examples come first, and that no decision is ever lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle import tasks
from prunelle.data.decisions import Decisions
from prunelle.errors import ArgumentError, DataError
from prunelle.jobs.reviewing import Review
from prunelle.look.edits import Edits
from prunelle.page.house import House, key_of
from prunelle.page.panel import Opening
from prunelle.page.review import ReviewPanel
from prunelle.page.trainings import Trainings
from prunelle.page.wire import Frame, Message, decode, encode
from tests.integration.command import prunelle
from tests.pictures import make_folder
from tests.series import waves, write_ts

CLASSES = ("cat", "dog", "owl")
FLIPPED = 12
Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A folder of pictures that are easily told apart, and the names of those that lie in a wrong class."""
    root = make_folder(tmp_path_factory.mktemp("data") / "pets", CLASSES, 60)
    random = np.random.default_rng(3)
    wrong = set()
    for number, name in enumerate(CLASSES):
        for file in random.choice(sorted((root / name).iterdir()), FLIPPED // 3, replace=False).tolist():
            other = CLASSES[(number + 1) % 3]
            moved = Path(file).rename(root / other / f"moved-{name}-{Path(file).name}")
            wrong.add(moved.relative_to(root).as_posix())
    return root, wrong


@pytest.fixture(scope="module")
def run(planted: tuple[Path, set[str]], tmp_path_factory: pytest.TempPathFactory) -> pn.Run:
    """It has learned long enough to know wrong labels by heart."""
    folder = tmp_path_factory.mktemp("runs") / "pets"
    recipe = pn.Recipe(epochs=12, learning_rate=3e-3)
    return pn.train("course-mnist", planted[0], recipe, size=24, output=folder, style="quiet")


@pytest.fixture(scope="module")
def reviewed(run: pn.Run) -> Review:
    review = Review(tasks.explore(run, style="quiet"))
    review.wait()
    assert review.failed is None
    return review


@pytest.fixture
def house(run: pn.Run, tmp_path: Path) -> House:
    made = House(subject=run, runs_folder=run.path.parent)
    made.decisions = tmp_path / "decided.csv"
    return made


@pytest.fixture
def opened(house: House, until: Callable[..., None]) -> Iterator[Callable[..., tuple[Ask, list[Message]]]]:
    """``opened()``: a window on the run, once all is judged: how to ask, and what it was told."""
    panels = []

    def make(house: House = house, **options: Any) -> tuple[Ask, list[Message]]:
        pushed: list[Message] = []
        panel = ReviewPanel(Opening(house=house, push=pushed.append, language="en", options=options))
        panels.append(panel)
        state = panel.opened()
        json.dumps(state.content, allow_nan=False)
        if panel._review is not None:
            panel._review.wait()
        pushed.insert(0, state)

        def ask(**content: Any) -> dict[str, Any]:
            question = decode(encode(Frame("review", 1, Message(content)))).message
            carried = decode(encode(Frame("review", 1, panel.receive(question)))).message
            arrays = carried.arrays
            return {
                key: arrays[value["array"]] if isinstance(value, dict) and "array" in value else value
                for key, value in carried.content.items()
            }

        return ask, pushed

    yield make
    for panel in panels:
        panel.close()


# ---- What comes first


def test_the_test_split_is_judged_by_what_the_run_answered(run: pn.Run, reviewed: Review) -> None:
    part, judged = reviewed.part("test"), run.judged()
    assert part.how == "network"
    np.testing.assert_array_equal(part.answers, judged.probabilities.argmax(axis=1))
    score = part.suspicion.score
    assert np.all(np.diff(score[part.order]) <= 0)
    assert sorted(part.order) == list(range(len(judged.labels)))
    others = part.scores.copy()
    for row, label in enumerate(part.labels):
        others[row, label] = -1
    np.testing.assert_array_equal(part.others, others.argmax(axis=1))


def test_without_what_was_written_the_network_is_asked(run: pn.Run, reviewed: Review) -> None:
    asked = reviewed._answers("validation", reviewed.part("validation").pixels)
    expected = run.evaluate(reviewed.data.validation).probabilities
    np.testing.assert_allclose(asked, expected, rtol=1e-4, atol=1e-5)


def test_labels_learned_by_heart_do_not_look_right(
    planted: tuple[Path, set[str]], run: pn.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = Review(tasks.explore(run, style="quiet"))
    truth = review.data.train.labels

    def by_heart(edits: Edits, examples: np.ndarray, *, waiting: bool) -> np.ndarray:
        """A network that knows every label that it has learned, the wrong ones too."""
        return np.eye(len(CLASSES))[truth[: len(examples)]]

    monkeypatch.setattr(review.explorer.shared, "probabilities", by_heart)
    review.wait()
    part = review.part("train")
    assert part.how == "crossed"
    wrong = np.array([name in planted[1] for name in part.names])
    n = int(wrong.sum())
    assert n >= FLIPPED // 2
    assert wrong[part.order[: 2 * n]].sum() >= 0.8 * n
    assert part.suspect[wrong].mean() > 0.5


def test_an_example_large_where_it_looked_and_what_is_like_it(
    planted: tuple[Path, set[str]], reviewed: Review
) -> None:
    part = reviewed.part("test")
    seen = reviewed.see("test", 3)
    # Decoded again at the file's own 32 pixels, not the network's 24; the same part of the picture.
    assert seen.picture.shape == (32, 32, 3)
    with Image.open(planted[0] / part.names[3]) as picture:
        np.testing.assert_array_equal(seen.picture, np.asarray(picture.convert("RGB")))
    assert seen.scores.argmax() == part.answers[3]
    assert seen.scores.max() == pytest.approx(part.sure[3], abs=1e-4)
    where = reviewed.where("test", 3, int(part.answers[3]))
    assert where.heat.shape == (24, 24)
    assert where.heat.max() <= 1
    near = {each.kin.output: each.rows for each in reviewed.nearest("train", 5)}
    train = reviewed.part("train")
    assert list(near) == [train.labels[5], train.others[5]]
    labels, features = reviewed.part("train").labels, reviewed._features["train"]
    for label, rows in near.items():
        distances = [float(((one - features[5]) ** 2).sum()) for one in features]
        of_class = [row for row in range(len(labels)) if labels[row] == label and row != 5]
        assert rows == sorted(of_class, key=lambda row: distances[row])[:3]


def test_the_table_and_thumbnails(reviewed: Review, opened: Callable[..., tuple[Ask, list[Message]]]) -> None:
    ask, (state, *_) = opened()
    assert state.content["classes"] == list(CLASSES)
    table = ask(type="table", split="train")
    part = reviewed.part("train")
    np.testing.assert_array_equal(table["order"], part.order)
    np.testing.assert_array_equal(table["labels"], part.labels)
    assert "cross-validation" in table["note"]
    small = ask(type="small", split="train", rows=[4, 0])
    assert small["pictures"].shape == (2, 24, 24, 3)
    np.testing.assert_array_equal(small["pictures"][1], part.pixels.images[0])


def test_looks_come_by_themselves(
    opened: Callable[..., tuple[Ask, list[Message]]], until: Callable[..., None]
) -> None:
    ask, pushed = opened()
    ask(
        type="look",
        wanted=[{"what": "seen", "split": "test", "row": 2}, {"what": "where", "split": "test", "row": 2}],
    )
    kinds = lambda: {message.content["type"] for message in pushed if message.content.get("row") == 2}  # noqa: E731
    until(lambda: kinds() == {"seen", "where"})
    ask(type="look", wanted=[{"what": "seen", "split": "test", "row": 10_000}])
    until(lambda: any("row must be" in str(message.content.get("failed")) for message in pushed))


def test_what_the_checks_find_are_lists_of_examples(
    planted: tuple[Path, set[str]],
    reviewed: Review,
    opened: Callable[..., tuple[Ask, list[Message]]],
    until: Callable[..., None],
) -> None:
    ask, pushed = opened()
    assert ask(type="check")["kinds"] is None
    until(lambda: pushed[-1].content.get("odd"))
    kinds = {each["kind"]: each["findings"] for each in ask(type="check")["kinds"]}
    names = {split: part.names for split, part in reviewed.parts.items()}
    # Those of all splits, each at its own place.
    found = [names[split][row] for finding in kinds["label"] for split, row in finding["places"]]
    assert len(set(found) & planted[1]) >= 0.6 * FLIPPED
    assert len(set(found) & planted[1]) >= 0.6 * len(found)
    assert {split for finding in kinds["label"] for split, _ in finding["places"]} >= {"train"}
    for finding in kinds["label"]:
        ((split, row),) = finding["places"]
        assert names[split][row] in finding["said"]


# ---- Decisions


def test_each_decision_is_on_the_disk_before_it_is_answered(
    house: House, reviewed: Review, opened: Callable[..., tuple[Ask, list[Message]]]
) -> None:
    ask, _ = opened()
    names = reviewed.part("train").names
    given = [CLASSES[label] for label in reviewed.part("train").labels]
    assert house.decisions is not None
    wanted = {}
    for row, (action, label) in enumerate(
        [("keep", None), ("relabel", 2), ("leave out", None), ("not sure", None), ("relabel", 0)]
    ):
        told = ask(
            type="decide",
            split="train",
            row=row,
            action=action,
            **({} if label is None else {"label": label}),
        )
        wanted[names[row]] = (
            action,
            {"keep": given[row], "not sure": given[row]}.get(action) if label is None else CLASSES[label],
        )
        there = Decisions.read(house.decisions)
        assert {name: (one.action, one.label) for name, one in there.items()} == wanted
        assert there[names[row]].was == given[row]
        assert told["decision"]["place"] == ["train", row]
    assert all((Path(house.subject.info["data"]["source"]["data"]) / name).is_file() for name in wanted)  # type: ignore[union-attr]


def test_undo_takes_back_the_last_and_any(
    house: House, opened: Callable[..., tuple[Ask, list[Message]]]
) -> None:
    ask, _ = opened()
    assert ask(type="undo")["file"] is None
    first = ask(type="decide", split="test", row=0, action="keep")["file"]
    ask(type="decide", split="test", row=0, action="leave out")
    second = ask(type="decide", split="test", row=1, action="not sure")["file"]
    read = lambda: {name: one.action for name, one in Decisions.read(house.decisions).items()}  # type: ignore[arg-type]  # noqa: E731
    assert ask(type="undo")["file"] == second
    assert read() == {first: "leave out"}
    # What was decided before comes back.
    assert ask(type="undo")["decision"]["action"] == "keep"
    assert read() == {first: "keep"}
    assert ask(type="forget", file=first)["decision"] is None
    assert read() == {}
    ask(type="undo")
    assert read() == {first: "keep"}
    with pytest.raises(ArgumentError, match="nothing is decided about that"):
        ask(type="forget", file="../../etc/passwd")


def test_two_windows_lose_nothing_and_see_each_other(
    house: House, opened: Callable[..., tuple[Ask, list[Message]]], until: Callable[..., None]
) -> None:
    (one, told_one), (other, told_other) = opened(), opened()
    for row in range(6):
        (one if row % 2 else other)(type="decide", split="test", row=row, action="keep")
    there = Decisions.read(house.decisions)  # type: ignore[arg-type]
    assert len(there) == 6
    for told in (told_one, told_other):
        until(
            lambda told=told: any(
                message.content.get("type") == "decisions" and len(message.content["decisions"]) == 6
                for message in told
            )
        )
    # Another has decided anew since: it is not taken back unseen.
    one(type="decide", split="test", row=5, action="not sure")
    other(type="decide", split="test", row=5, action="leave out")
    with pytest.raises(ArgumentError, match="decided anew elsewhere"):
        one(type="undo")
    assert there.keys() == Decisions.read(house.decisions).keys()  # type: ignore[arg-type]


def test_a_damaged_file_is_named_and_stays(
    house: House, opened: Callable[..., tuple[Ask, list[Message]]]
) -> None:
    ask, _ = opened()
    ask(type="decide", split="test", row=0, action="keep")
    assert house.decisions is not None
    damaged = house.decisions.read_text() + "cat/1.jpg,cat,perhaps,cat,,\n"
    house.decisions.write_text(damaged)
    with pytest.raises(DataError, match=r"decided.csv"):
        ask(type="decide", split="test", row=1, action="keep")
    assert house.decisions.read_text() == damaged


_DECIDING = """
import sys
from pathlib import Path
from prunelle.page.review_decisions import DecisionsFile
file = DecisionsFile(Path(sys.argv[1]))
for row in range(100_000):
    file.decide(f"cat/{row}.jpg", "relabel", was="cat", label="dog")
    print(row, flush=True)
"""


def test_a_kill_loses_no_decision_that_was_answered(tmp_path: Path) -> None:
    file = tmp_path / "decided.csv"
    for after in (1, 7, 20):
        file.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-c", _DECIDING, str(file)], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= after:
                process.send_signal(signal.SIGKILL)
                break
        answered = [int(line) for line in process.stdout.read().split()]
        process.wait(timeout=30)
        last = max([after, *answered])
        there = Decisions.read(file)
        # The one that was being written may be there, too.
        assert list(there) in ([f"cat/{row}.jpg" for row in range(last + more)] for more in (1, 2))


def test_the_run_is_trained_again_and_what_that_changed_is_shown(
    planted: tuple[Path, set[str]],
    house: House,
    reviewed: Review,
    opened: Callable[..., tuple[Ask, list[Message]]],
    until: Callable[..., None],
    tmp_path: Path,
) -> None:
    house.trainings = Trainings(tmp_path / "new")
    house.runs_folder = tmp_path / "new"
    ask, pushed = opened()
    with pytest.raises(ArgumentError, match="nothing is decided yet"):
        ask(type="retrain")
    # The truth is in the names.
    for split, part in reviewed.parts.items():
        for row, name in enumerate(part.names):
            if name in planted[1]:
                ask(
                    type="decide",
                    split=split,
                    row=row,
                    action="relabel",
                    label=CLASSES.index(name.split("-")[1]),
                )
    ask(type="retrain")
    with pytest.raises(ArgumentError, match="trained again already"):
        ask(type="retrain")
    last = lambda: next((m for m in reversed(pushed) if m.content.get("type") == "again"), None)  # noqa: E731
    until(lambda: (told := last()) is not None and not told.content["again"]["going"], 120)
    told = last()
    assert told is not None
    again = told.content["again"]
    assert (again["state"], again["message"]) == ("finished", None)
    (made,) = (path for path in (tmp_path / "new").iterdir() if (path / "run.json").is_file())
    assert again["key"] == key_of(made)
    change = again["change"]
    assert change["new_labels"]["n"] == change["old_labels"]["n"] == len(reviewed.part("test").labels)
    assert change["relabelled"] == sum(name in planted[1] for name in reviewed.part("test").names)
    after = pn.Run.open(made).judged()
    assert change["new_labels"]["after"] == pytest.approx((after.predicted == after.labels).mean())
    # Another window, and a server that is started anew, find it.
    house.trainings = Trainings(tmp_path / "new")
    _, (state, *_) = opened()
    assert state.content["again"]["change"] == change
    house.trainings.close()


# ---- What there is, and what is refused


def test_where_there_is_no_run_the_panel_says_so(tmp_path: Path) -> None:
    house = House(subject="lenet5", runs_folder=tmp_path / "none")
    panel = ReviewPanel(Opening(house=house, push=lambda _: None, language="fr", options={}))
    assert panel.opened().content == {"run": None, "runs": []}
    with pytest.raises(ArgumentError, match="no run to review"):
        panel.receive(Message({"type": "table", "split": "test"}))
    panel.close()
    with pytest.raises(ArgumentError, match="no such run"):
        ReviewPanel(
            Opening(house=house, push=lambda _: None, language="fr", options={"subject": "../../etc"})
        )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"type": "nonsense"}, "has no 'nonsense'"),
        ({"type": ["list"]}, "has no"),
        ({"type": "table", "split": "../secret"}, "is not there"),
        ({"type": "small", "split": "test", "rows": "all"}, "rows must be a list"),
        ({"type": "small", "split": "test", "rows": [-1]}, "rows must be those of examples"),
        ({"type": "small", "split": "test", "rows": [True]}, "rows must be those of examples"),
        ({"type": "look", "wanted": {}}, "wanted must be a list"),
        ({"type": "look", "wanted": [{"what": "file", "split": "test", "row": 1}]}, "of 'seen' and 'where'"),
        (
            {"type": "decide", "split": "test", "row": 10_000, "action": "keep"},
            "row must be that of an example",
        ),
        ({"type": "decide", "split": "test", "row": 0, "action": "delete"}, "action must be one of"),
        ({"type": "decide", "split": "test", "row": 0, "action": "relabel", "label": 3}, "index of a class"),
        ({"type": "decide", "split": "test", "row": 0, "action": "relabel"}, "label must be a whole number"),
    ],
)
def test_questions_are_read_with_care(
    house: House, opened: Callable[..., tuple[Ask, list[Message]]], content: dict[str, Any], words: str
) -> None:
    ask, _ = opened()
    with pytest.raises(ArgumentError, match=words):
        ask(**content)
    assert house.decisions is not None
    assert not house.decisions.exists()


def test_other_runs_are_chosen_by_key_and_write_into_their_own_folder(
    run: pn.Run, house: House, opened: Callable[..., tuple[Ask, list[Message]]]
) -> None:
    ask, (state, *_) = opened(House(runs_folder=run.path.parent), subject=key_of(run.path))
    assert state.content["runs"] == [{"key": key_of(run.path), "name": "pets"}]
    ask(type="decide", split="test", row=0, action="keep")
    file = run.path / "decisions.csv"
    assert len(Decisions.read(file)) == 1
    file.unlink()


def test_series_too(
    tmp_path: Path, opened: Callable[..., tuple[Ask, list[Message]]], until: Callable[..., None]
) -> None:
    for name, n, seed in (("TRAIN", 40, 0), ("TEST", 16, 1)):
        write_ts(tmp_path / f"waves_{name}.ts", *waves(n, seed=seed))
    trained = pn.train("fcn", tmp_path / "waves_TRAIN.ts", epochs=2, output=tmp_path / "run", style="quiet")
    house = House(subject=trained, runs_folder=tmp_path)
    ask, pushed = opened(house)
    table = ask(type="table", split="train")
    assert table["how"] == "crossed"
    assert ask(type="small", split="train", rows=[0, 1])["pictures"].shape == (2, 1, 24)
    ask(type="look", wanted=[{"what": what, "split": "test", "row": 0} for what in ("seen", "where")])
    until(lambda: [m for m in pushed if m.content.get("type") == "where"])
    (seen,) = (m for m in pushed if m.content.get("type") == "seen")
    assert seen.arrays[seen.content["picture"]["array"]].shape == (1, 1, 24)
    assert ask(type="decide", split="test", row=0, action="leave out")["file"] == "test[0]"


def test_data_that_are_gone_are_named(
    tmp_path: Path, opened: Callable[..., tuple[Ask, list[Message]]]
) -> None:
    data = pn.from_arrays(np.zeros((12, 8, 8, 1), np.uint8), np.arange(12) % 2)
    trained = pn.train("dense", data, epochs=1, output=tmp_path / "run", style="quiet")
    _, pushed = opened(House(subject=trained, runs_folder=tmp_path))
    assert "arrays" in pushed[-1].content["failed"]


def test_the_command_says_what_is_no_run() -> None:
    done = prunelle("review", "nothing/there")
    assert done.code == 1
    assert "Error: nothing/there is no run" in done.err
