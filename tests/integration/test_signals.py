"""Signals: the step is finished, all is saved, and the command that is printed goes on to the same bits."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.command import figures, weights
from tests.integration.trainings import spawn
from tests.pictures import make_folder

COMMON = ("--network", "dense", "--hidden", "16", "--augment", "shift", "--language", "en", "--quiet")


def command(arguments: list[str], written: str, at: str = "", signals: tuple[int, ...] = ()) -> None:
    """``prunelle <arguments>``, its streams in the file ``written``, with ``signals`` sent to itself.

    They come in the middle of the 60th step (``at="step"``), of the fifth picture (``"decoding"``) or of the
    report (``"report"``).
    """
    import torch

    from prunelle.cli.main import main
    from prunelle.data import decode
    from prunelle.report import html
    from prunelle.training.engine import Training

    torch.set_num_threads(1)
    # A suite that was started in the background ignores SIGINT, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    owner, name, number = {
        "": (None, "", 0),
        "step": (Training, "_loss", 60),
        "decoding": (decode, "read_file", 5),
        "report": (html, "render", 1),
    }[at]
    if owner is not None:
        original = getattr(owner, name)
        calls = 0

        def interrupted(*values: object) -> object:
            nonlocal calls
            calls += 1
            if calls == number:
                for received in signals:
                    os.kill(os.getpid(), received)
                    time.sleep(0.1)  # two signals that wait together are one
            return original(*values)

        setattr(owner, name, interrupted)
    sys.argv = ["prunelle", *arguments]
    main()


def run_command(arguments: list[str], written: Path, at: str = "", *signals: int) -> int:
    process = spawn(command, arguments, str(written), at, signals)
    process.join()
    return int(process.exitcode)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The training that nothing stopped: 3 epochs of 45 steps."""
    run = tmp_path_factory.mktemp("whole") / "run"
    assert run_command(["train", *COMMON, "--epochs", "3", "--output", str(run)], run.with_name("out")) == 0
    return run


def printed_command(written: Path) -> list[str]:
    """The line after "go on with:"."""
    before, _, after = written.read_text().partition("go on with:\n")
    assert before, written.read_text()
    return shlex.split(after)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_the_printed_command_goes_on(
    whole: Path, tmp_path: Path, number: signal.Signals
) -> None:
    run, written = tmp_path / "my run", tmp_path / "out"
    arguments = ["train", *COMMON, "--epochs", "3", "--output", str(run)]
    assert run_command(arguments, written, "step", number) == 128 + number
    said = written.read_text()
    # The 60th step is the 15th of the second epoch, and it was finished.
    assert said.startswith(f"Stopped by {number.name} in epoch 2, after step 15 of 45. All is saved")
    assert "Traceback" not in said
    assert not (run / "metrics.json").exists()
    resume = printed_command(written)
    assert resume == ["prunelle", "train", "--resume", str(run)]
    if number == signal.SIGTERM:
        # As typed: a fresh interpreter.
        done = subprocess.run(
            [sys.executable, "-m", *resume, "--progress", "lines"],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        assert f"Going on with {run}: 1 of 3 epochs done, step 15 of 45 in the next." in done.stderr
        assert "Test accuracy: " in done.stdout
    else:
        assert run_command([*resume[1:], "-q"], written) == 0
    for which in ("best", "last"):
        assert weights(run, which) == weights(whole, which)
    assert figures(run) == figures(whole)


def test_a_second_one_ends_at_once(whole: Path, tmp_path: Path) -> None:
    run, written = tmp_path / "run", tmp_path / "out"
    arguments = ["train", *COMMON, "--epochs", "3", "--output", str(run)]
    assert run_command(arguments, written, "step", signal.SIGINT, signal.SIGINT) == 130
    assert "Traceback" not in written.read_text()
    resume = printed_command(written)
    # The step was not finished: it goes on from the end of the first epoch.
    assert run_command([*resume[1:], "--progress", "lines"], written) == 0
    assert "1 of 3 epochs done, step 0 of 45" in written.read_text()
    assert weights(run) == weights(whole)


def test_while_the_report_is_made(whole: Path, tmp_path: Path) -> None:
    run, written = tmp_path / "run", tmp_path / "out"
    arguments = ["train", *COMMON, "--epochs", "3", "--output", str(run)]
    assert run_command(arguments, written, "report", signal.SIGINT) == 130
    assert "Traceback" not in written.read_text()
    assert json.loads((run / "run.json").read_text())["status"] == "training"
    assert run_command([*printed_command(written)[1:], "-q"], written) == 0
    assert weights(run) == weights(whole)
    assert figures(run) == figures(whole)


def test_while_pictures_are_decoded(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "pets", ("cat", "dog"), 40, (16, 16))
    arguments = ["train", str(folder), *COMMON, "--epochs", "1", "--output", str(tmp_path / "run")]
    written = tmp_path / "out"
    assert run_command(arguments, written, "decoding", signal.SIGINT) == 130
    assert written.read_text().startswith(
        "Interrupted. Nothing was begun; start again with:\n  prunelle train "
    )
    assert not (tmp_path / "run").exists()
    again = shlex.split(written.read_text().splitlines()[-1])
    assert again == ["prunelle", *arguments]
