"""The campaign's short form, and that it finds what it is there to find."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.torture import campaign, flipping, hostile_pictures, hostile_tables, judging
from tests.torture.shim import compile_shim
from tests.torture.victim import Outcome

SEED = 17
INTERRUPTIONS = (
    "kill:train-folder:0",
    "kill:train-csv:0",
    "kill:train-digits:0",
    "kill:convolve:0",
    "fail:train-csv:0",
    "fail:train-digits:0",
    "signal:train-csv:0",
)
FLIPS = ("splits", "pixels", "weights-predicting", "described")
FILES = {
    "predict": 2,
    "evaluate": 1,
    "labels": 2,
    "ts": 1,
    "csv": 1,
    "safetensors": 2,
    "pth": 1,
    "run-predict": 2,
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    work = tmp_path_factory.mktemp("torture")
    _, why_not = compile_shim(work)
    if why_not:
        pytest.skip(why_not)
    trials = [*INTERRUPTIONS, *(f"flip:{name}:0" for name in FLIPS)]
    trials += [f"file:{name}:{i}" for name, count in FILES.items() for i in range(count)]
    found: list[dict[str, Any]] = []
    campaign.run(trials, work, seed=SEED, jobs=1, thorough=False, told=found.append)
    assert len(found) == len(trials)
    return found


def test_nothing_is_wrong(answers: list[dict[str, Any]]) -> None:
    wrong = [
        f"{answer['trial']}: {answer['what']}: {fault}" for answer in answers for fault in answer["faults"]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_kills_strike(answers: list[dict[str, Any]]) -> None:
    kills = [answer for answer in answers if answer["trial"].startswith("kill")]
    assert kills
    assert all(answer["outcomes"][0]["code"] == -signal.SIGKILL for answer in kills)
    # Each is followed by what a user would type.
    assert all(len(answer["outcomes"]) > 1 for answer in kills)


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        ((1, "", "Traceback (most recent call last):\n  File\nKeyError: 3\n"), "traceback: KeyError: 3"),
        ((1, "", "something\n"), "without a sentence"),
        ((-11, "", ""), "ends with status -11"),
        ((130, "", "Interrupted.\n"), "ends with status 130"),
        ((0, "a\x1b[31mb\n", ""), "control character"),
        ((0, "fine\n", ""), None),
        ((2, "", "Error: data must be there.\n"), None),
    ],
)
def test_what_is_wrong_with_a_command(outcome: tuple[int, str, str], word: str | None) -> None:
    code, out, err = outcome
    found = judging.wrong_with(Outcome(("train",), code, out, err, 0.1, 100.0))
    assert found == [] if word is None else any(word in fault for fault in found)


def test_other_weights_and_other_figures_are_seen(tmp_path: Path) -> None:
    for name, loss, seconds in (("a", 0.5, 1.0), ("b", 0.5, 2.0), ("c", 0.25, 1.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.csv").write_text(f"epoch,loss,seconds\n1,{loss},{seconds}\n")
    a, b, c = (judging.results_of(tmp_path / name) for name in "abc")
    assert judging.differences(a, b) == []
    assert judging.differences(a, c) == ["results.csv differs in 0 loss: '0.25' instead of '0.5'"]
    assert judging.differences(a, {}) == ["results.csv is missing"]


def test_printed_commands_are_found() -> None:
    err = "Error: stopped; go on with:\n  prunelle train --resume 'my run'\nor anew: prunelle train A --output B.\n"
    found = judging.printed_commands(Outcome(("train",), 1, "", err, 0.1, 100.0))
    assert found == [["train", "--resume", "my run"], ["train", "A", "--output", "B"]]


def test_the_same_seed_makes_the_same_files() -> None:
    assert hostile_pictures.samples(random.Random(1), 20) == hostile_pictures.samples(random.Random(1), 20)
    assert hostile_pictures.samples(random.Random(1), 20) != hostile_pictures.samples(random.Random(2), 20)
    assert hostile_tables.table("ts", random.Random(1)) == hostile_tables.table("ts", random.Random(1))


def test_the_short_form_is_part_of_the_long_one() -> None:
    names = {trial.split(":")[1] for trial in campaign.planned_files(10_000, None)}
    assert set(FILES) <= names
    for kind in ("kill", "fail", "signal"):
        planned = campaign.planned(kind, 500, None)
        assert {trial for trial in INTERRUPTIONS if trial.startswith(kind)} <= set(planned)
    flips = {trial.split(":")[1] for trial in campaign.planned_flips(100)}
    assert flips == set(flipping.SUBJECTS) >= set(FLIPS)
    assert "train-folder" not in {trial.split(":")[1] for trial in campaign.planned("kill", 500, ["compare"])}


if sys.platform != "linux":
    pytestmark = pytest.mark.skip("faults at system calls need Linux")
