"""A command that is killed, or refused anything, at any moment goes on, or starts anew, by the line it prints."""

from __future__ import annotations

import errno
import json
import random
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.integration.breaking import Break, changes_of, run
from tests.integration.command import figures, weights

NETWORK = ("--hidden", "4", "--epochs", "2", "--batch-size", "16")
TRAIN = ("train", "--network", "dense", *NETWORK, "--augment", "none", "--quiet", "--language", "en")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dark and bright pictures, 24 of each, and 12 without labels."""
    folder = tmp_path_factory.mktemp("data")
    draw = random.Random(3)
    for name, base in (("bright", 150), ("dark", 40)):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(24):
            colour = tuple(base + draw.randrange(60) for _ in range(3))
            Image.new("RGB", (8, 8), colour).save(folder / "photos" / name / f"{number}.png")
    (folder / "heap").mkdir()
    for number in range(12):
        colour = tuple((40, 150)[number % 2] + draw.randrange(60) for _ in range(3))
        Image.new("RGB", (8, 8), colour).save(folder / "heap" / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def start(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose weights others start from."""
    folder = tmp_path_factory.mktemp("start") / "run"
    assert run([*TRAIN, str(photos / "photos"), "--output", str(folder)], folder.with_name("said")) == 0
    return folder


def arguments_of(verb: str, photos: Path, start: Path, output: Path) -> list[str]:
    data, where = str(photos / "photos"), ("--output", str(output))
    return {
        "train": [*TRAIN, data, *where],
        "weights": [*TRAIN, data, "--weights", str(start), *where],
        "unlabelled": [*TRAIN, data, "--unlabelled", str(photos / "heap"), "--validation", "0.25", *where],
        "compare": [
            *("compare", "dense", "course-look", "--data", data, "--seeds", "1", *NETWORK, "--quiet"),
            *where,
        ],
        "shots": [
            *("shots", data, "--network", "dense", "--weights", str(start), "--shots", "2", "--draws", "1"),
            *("--epochs", "2", "--strategies", "scratch,full", "--quiet", *where),
        ],
    }[verb]


def outcome(folder: Path) -> dict[str, object]:
    """All that may not differ: weights and figures of every run in it."""
    found: dict[str, object] = {}
    for file in sorted(folder.rglob("run.json")):
        assert json.loads(file.read_text())["status"] == "finished"
        found[str(file.parent.relative_to(folder))] = (
            figures(file.parent),
            {which: weights(file.parent, which) for which in ("best", "last")},
        )
    return found


Verb = tuple[Callable[[Path], list[str]], int, dict[str, object]]
VERBS = ("train", "weights", "unlabelled", "compare", "shots")


@pytest.fixture(scope="module", params=VERBS)
def verb(
    request: pytest.FixtureRequest, photos: Path, start: Path, tmp_path_factory: pytest.TempPathFactory
) -> Verb:
    """How it is called, how many changes it makes on the disk, and what it comes to."""
    folder = tmp_path_factory.mktemp(request.param)

    def call(output: Path) -> list[str]:
        return arguments_of(request.param, photos, start, output)

    number = changes_of(call(folder / "out"), folder / "said", folder / "out")
    return call, number, outcome(folder / "out")


def moments(number: int, how_many: int, seed: int) -> Iterator[int]:
    """The first ones, when there is little to go on with, and some of the others."""
    yield from range(1, min(how_many // 2, number) + 1)
    yield from sorted(
        random.Random(seed).sample(range(how_many // 2 + 1, number + 1), how_many - how_many // 2)
    )


def printed(said: str) -> list[str]:
    """The line to type: the last, with two spaces before it."""
    line = said.rstrip("\n").splitlines()[-1]
    assert line.startswith("  prunelle "), said
    return shlex.split(line)[1:]


def finish(arguments: list[str], written: Path) -> None:
    """Types the command; where it says that there is something to go on with, types that."""
    status = run(arguments, written)
    if status == 1 and "or go on with it:" in written.read_text():
        arguments = printed(written.read_text())
        status = run([*arguments, "--quiet"], written)
    assert status == 0, written.read_text()


def test_killed_at_any_change(verb: Verb, tmp_path: Path) -> None:
    call, number, expected = verb
    for moment in moments(number, 6, 1):
        output, written = tmp_path / f"out{moment}", tmp_path / f"said{moment}"
        assert run(call(output), written, Break("kill", str(output), moment)) == -signal.SIGKILL
        finish(call(output), written)
        assert outcome(output) == expected, f"killed at change {moment} of {number}"
        assert not list(output.rglob("*.tmp")), moment


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EMFILE])
def test_refused_at_any_change(verb: Verb, tmp_path: Path, error: int) -> None:
    call, number, expected = verb
    for moment in moments(number, 3, error):
        output, written = tmp_path / f"out{moment}", tmp_path / f"said{moment}"
        status = run(call(output), written, Break("full", str(output), moment, error))
        said = written.read_text()
        assert "Traceback" not in said, said
        assert status == 1, said
        assert said.startswith("Error: ")
        assert run(printed(said), written) == 0, f"{said}\nthen\n{written.read_text()}"
        assert outcome(output) == expected, f"refused at change {moment} of {number}"


def test_interrupted_at_any_change(verb: Verb, tmp_path: Path) -> None:
    call, number, expected = verb
    for moment in moments(number, 3, 4):
        output, written = tmp_path / f"out{moment}", tmp_path / f"said{moment}"
        assert run(call(output), written, Break("interrupt", str(output), moment)) == 130
        said = written.read_text()
        assert "Traceback" not in said, said
        assert run(printed(said), written) == 0, f"{said}\nthen\n{written.read_text()}"
        assert outcome(output) == expected, f"interrupted at change {moment} of {number}"


def test_an_extension_that_was_refused_is_asked_for_again(start: Path, tmp_path: Path) -> None:
    written = tmp_path / "said"
    extend = ["train", "--resume", "", "--epochs", "3", "--quiet"]
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(start, undisturbed)
    number = changes_of(["train", "--resume", str(undisturbed), *extend[3:]], written, undisturbed)
    expected = outcome(undisturbed)
    for moment in (2, 3, 5, 8, number):
        run_folder = tmp_path / f"run{moment}"
        shutil.copytree(start, run_folder)
        extend[2] = str(run_folder)
        assert run(extend, written, Break("full", str(run_folder), moment, errno.ENOSPC)) == 1
        said = written.read_text()
        assert run(printed(said), written) == 0, f"{said}\nthen\n{written.read_text()}"
        assert outcome(run_folder) == expected, said
