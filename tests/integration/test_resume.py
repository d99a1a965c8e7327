"""Whatever stops a training, going on ends in the very same bits."""

from __future__ import annotations

import json
import random
import resource
import signal
import time
from pathlib import Path

import pytest

from prunelle import tasks
from prunelle.errors import RunError
from prunelle.runs.run import Run
from tests.integration.trainings import kill_at_write, result, small_training, spawn


def measured(output: str) -> None:
    """``small_training``, and beside it how many seconds of processor it took."""
    begin = time.process_time()
    small_training(output)
    Path(output).with_name("seconds").write_text(str(time.process_time() - begin))


def killed_after(output: str, seconds: float) -> None:
    """``small_training``, ended by the system after ``seconds`` of processor, wherever it is, on any machine."""
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 1e-3))
    small_training(output)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The uninterrupted training, and how many seconds of processor it takes."""
    run = tmp_path_factory.mktemp("reference") / "run"
    process = spawn(measured, str(run))
    process.join()
    assert process.exitcode == 0
    return run, float(run.with_name("seconds").read_text())


def finish(run: Path) -> None:
    """Goes on, or begins again, there, if the kill came before there was a run."""
    process = spawn(small_training, str(run), (run / "run.json").exists())
    process.join()
    assert process.exitcode == 0


def test_the_reference_uses_dropout_and_augmentation_and_learns(reference: tuple[Path, float]) -> None:
    info = json.loads((reference[0] / "run.json").read_text())
    assert info["network"]["name"] == "course-photos"
    assert info["recipe"]["augment"]["rotation"] == 10
    rows = result(reference[0])["rows"]
    assert float(rows[-1]["train_loss"]) < float(rows[0]["train_loss"])


def test_thirty_kills_at_random_moments(reference: tuple[Path, float], tmp_path: Path) -> None:
    expected, seconds = result(reference[0]), reference[1]
    draw = random.Random(20261121)
    resumed = 0
    for number in range(30):
        run = tmp_path / f"run{number}"
        process = spawn(killed_after, str(run), draw.uniform(0, seconds))
        process.join()
        started = (run / "state" / "training.safetensors").exists()
        if run.exists() and not (run / "run.json").exists():
            # Killed while the folder was being made: nothing to go on with, and it says so.
            with pytest.raises(RunError, match="no run"):
                tasks.train(resume=run, style="quiet")
            continue
        resumed += started
        finish(run)
        assert result(run) == expected, f"kill {number}"
        assert not list(run.rglob("*.tmp"))
    # Most kills must have hit a training under way, or this test shows little.
    assert resumed >= 10


@pytest.mark.parametrize("after", [False, True], ids=["before-rename", "after-rename"])
def test_kills_while_saving(reference: tuple[Path, float], tmp_path: Path, after: bool) -> None:
    expected = result(reference[0])
    # Writes 1 to 4 make the folder (run.json is the fourth); then come states, results, weights, and the end.
    for number in (3, 4, 5, 9, 12, 13, 14, 15, 16, 30, 47, 48, 49, 50):
        run = tmp_path / f"run{number}"
        process = spawn(kill_at_write, str(run), False, number, after)
        process.join()
        assert process.exitcode in (-signal.SIGKILL, 0), number
        finish(run)
        assert result(run) == expected, f"killed in write {number}"


def test_killed_again_and_again(reference: tuple[Path, float], tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = spawn(kill_at_write, str(run), False, 6, False)
    process.join()
    for number in (1, 2, 3, 5, 8, 4, 7):
        process = spawn(kill_at_write, str(run), True, number, bool(number % 2))
        process.join()
        assert process.exitcode == -signal.SIGKILL
    finish(run)
    assert result(run) == result(reference[0])


def test_extending_a_finished_run_equals_a_longer_one(tmp_path: Path) -> None:
    short, long = tmp_path / "short", tmp_path / "long"
    for arguments in ((str(long), False, 4), (str(short), False, 2), (str(short), True, 4)):
        process = spawn(small_training, *arguments)
        process.join()
        assert process.exitcode == 0
    assert result(short) == result(long)
    assert len(result(long)["rows"]) == 4


def limited(output: str, resume: bool, size: int) -> None:
    """``small_training`` on a disk on which no file can grow beyond ``size`` bytes."""
    from prunelle.errors import DiskFull

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        small_training(output, resume)
    except DiskFull as error:
        # Of arrays, which the caller has, the line that goes on is Python's.
        goes_on = f"prunelle.train(data=…, resume={output!r})"
        said_so = "no room on the disk" in str(error) and goes_on in str(error)
        raise SystemExit(77 if said_so else 1) from None


def test_a_full_disk_loses_nothing_saved(reference: tuple[Path, float], tmp_path: Path) -> None:
    run = tmp_path / "run"
    # Killed after its first saves, then resumed on a full disk, then with room again.
    process = spawn(kill_at_write, str(run), False, 11, True)
    process.join()
    before = (run / "state" / "training.safetensors").read_bytes()
    process = spawn(limited, str(run), True, len(before) // 2)
    process.join()
    assert process.exitcode == 77
    assert (run / "state" / "training.safetensors").read_bytes() == before
    assert not list(run.rglob("*.tmp"))
    finish(run)
    assert result(run) == result(reference[0])


def test_a_run_is_trained_by_one_process_at_a_time(tmp_path: Path, reference: tuple[Path, float]) -> None:
    run = tmp_path / "run"
    process = spawn(kill_at_write, str(run), False, 8, True)
    process.join()
    opened = Run.open(run)
    with opened.locked(), pytest.raises(RunError, match="another process"), opened.locked():
        pass


def test_changed_pictures_are_not_the_same_training(tmp_path: Path) -> None:
    run = tmp_path / "run"
    spawn(kill_at_write, str(run), False, 8, True).join()
    info = json.loads((run / "run.json").read_text())
    info["data"]["digest"] = "0" * 32
    (run / "run.json").write_text(json.dumps(info))
    with pytest.raises(RunError, match="have changed"):
        small_training(str(run), resume=True)
