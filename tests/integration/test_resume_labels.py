"""A training on several labels that is killed goes on to the same end: weights, figures, answers, thresholds."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.integration.trainings import kill_at_write, result, small_labels_training, spawn


def everything(run: Path) -> dict[str, object]:
    return {**result(run), "thresholds": (run / "thresholds.json").read_text()}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("labels") / "run"
    process = spawn(small_labels_training, str(run))
    process.join()
    assert process.exitcode == 0
    return run


def test_killed_in_its_writes_it_ends_the_same(reference: Path, tmp_path: Path) -> None:
    """In the middle of the first epoch, of the second, and while the end is written; the last two in one run."""
    expected = everything(reference)
    assert json.loads((reference / "thresholds.json").read_text())["chosen_on"]["n"] == 60
    for kills in ((8,), (17, 6)):
        run = tmp_path / f"run{kills[0]}"
        for number in kills:
            resume = (run / "run.json").exists()
            process = spawn(kill_at_write, str(run), resume, number, bool(number % 2), small_labels_training)
            process.join()
            assert process.exitcode == -signal.SIGKILL
        process = spawn(small_labels_training, str(run), True)
        process.join()
        assert process.exitcode == 0
        assert everything(run) == expected, kills
