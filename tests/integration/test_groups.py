"""Groups in a training: written down, found again, resumed to the bit; copies take whole groups with them."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import prunelle as pn
from prunelle.data import leakage
from prunelle.data.examples import Data
from prunelle.errors import ArgumentError
from prunelle.jobs import run_data
from prunelle.runs.listener import Quiet
from prunelle.runs.run import Run
from tests.integration.command import prunelle, weights
from tests.pictures import encoded, scene

SMALL = (
    *("--network", "dense", "--hidden", "8", "--size", 32, "--language", "en"),
    *("--schedule", "constant", "--warmup", 0),  # with these, more epochs are a longer training
)


def save(picture: Image.Image, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encoded(picture, "JPEG", quality=90))


@pytest.fixture(scope="module")
def bursts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pictures in twenty bursts of three, that are no copies of one another: ``cat/IMG_0004_b.jpg``."""
    folder = tmp_path_factory.mktemp("groups") / "bursts"
    for number in range(60):
        name = ("cat", "dog")[number // 3 % 2]
        save(scene(60, 50, number), folder / name / f"IMG_{number // 3:04}_{'abc'[number % 3]}.jpg")
    return folder


@pytest.fixture(scope="module")
def run(bursts: Path) -> Path:
    path = bursts.parent / "run"
    done = prunelle("train", bursts, "--groups", "name", *SMALL, "--epochs", 2, "--output", path)
    assert done.code == 0, done
    assert "20 groups" in done.err
    return path


def rows_of(run: Path) -> list[dict[str, str]]:
    with (run / "splits.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def splits_of_groups(run: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows_of(run):
        found.setdefault(row["group"], set()).add(row["split"])
    return found


def test_a_run_writes_its_groups_down_and_divides_none(run: Path, bursts: Path) -> None:
    groups = splits_of_groups(run)
    assert len(groups) == 20
    assert all(len(splits) == 1 for splits in groups.values())
    info = json.loads((run / "run.json").read_text())
    assert info["data"]["source"]["groups"] == "name"
    data = pn.load(**info["data"]["source"])
    opened = run_data.data_of(Run.open(run), Quiet())
    for split, again in zip(data.splits(), opened.splits(), strict=True):
        assert split.files == again.files
        assert np.array_equal(split.groups, again.groups)


def test_without_groups_nothing_is_written_of_them(bursts: Path, tmp_path: Path) -> None:
    done = prunelle("train", bursts, *SMALL, "--epochs", 1, "--output", tmp_path / "run")
    assert done.code == 0, done
    assert "group" not in rows_of(tmp_path / "run")[0]
    # And names that suggest groups are told, once, with what keeps them together.
    assert done.err.count('--groups name (or "name:PATTERN"') == 1


def test_a_run_goes_on_to_the_bit(run: Path, bursts: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    assert prunelle("train", "--resume", tmp_path / "run", "--epochs", 3).code == 0
    whole = tmp_path / "whole"
    done = prunelle("train", bursts, "--groups", "name", *SMALL, "--epochs", 3, "--output", whole)
    assert done.code == 0, done
    assert weights(tmp_path / "run", "last") == weights(whole, "last")
    assert rows_of(tmp_path / "run") == rows_of(whole)


def test_moved_pictures_keep_their_groups(run: Path, bursts: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(bursts, tmp_path / "elsewhere")
    for number, file in enumerate(sorted(moved.rglob("*.jpg"))):
        file.rename(file.with_name(f"{number}.jpg"))  # nothing in the names tells any more
    shutil.copytree(run, tmp_path / "run")
    data = run_data.data_of(Run.open(tmp_path / "run"), Quiet(), data_root=moved)
    assert data.train.groups is not None
    assert sorted(data.train.groups) == sorted(
        row["group"] for row in rows_of(run) if row["split"] == "train"
    )


def test_a_copy_takes_its_whole_group_along(tmp_path: Path) -> None:
    """Each burst has a mirror image of a picture of another burst: unions of both are on one side."""
    folder = tmp_path / "copies"
    for number in range(60):
        burst, name = number // 3, ("cat", "dog")[number // 3 % 2]
        letter = "abc"[number % 3]
        picture = scene(120, 100, number)
        if letter == "c" and burst % 4 > 1:  # bursts 2 and 3 of each four hold one of bursts 0 and 1
            picture = ImageOps.mirror(scene(120, 100, 3 * (burst - 2)))
        save(picture, folder / name / f"IMG_{burst:04}_{letter}.jpg")
    done = prunelle("train", folder, "--groups", "name", *SMALL, "--epochs", 1, "--output", tmp_path / "run")
    assert done.code == 0, done
    groups = splits_of_groups(tmp_path / "run")
    assert all(len(splits) == 1 for splits in groups.values())
    for burst in range(20):
        if burst % 4 > 1:
            assert groups[f"IMG_{burst:04}"] == groups[f"IMG_{burst - 2:04}"]
    assert "with all of their groups" in done.err
    assert done.code == 0


def test_learned_groups_are_told_of_other_pictures(run: Path, bursts: Path, tmp_path: Path) -> None:
    """New pictures, some of bursts that the run has learned: counted, and the others judged apart."""
    learned = sorted(group for group, splits in splits_of_groups(run).items() if splits == {"train"})
    names = [(group, ("cat", "dog")[int(group[4:]) % 2]) for group in learned[:6]]
    names += [(f"IMG_{900 + i}", ("cat", "dog")[i % 2]) for i in range(8)]
    for seed, (group, label) in enumerate(names):
        save(scene(60, 50, 7000 + seed), tmp_path / "new" / label / f"{group}_x.jpg")
        save(scene(60, 50, 8000 + seed), tmp_path / "new" / label / f"{group}_y.jpg")
    evaluation = pn.evaluate(run, tmp_path / "new", groups="name", style="quiet")
    assert evaluation.judged is not None
    assert evaluation.judged.siblings == 12
    assert len(evaluation.labels) == 28
    done = prunelle("evaluate", run, tmp_path / "new", "--groups", "name")
    assert "12 of them are of groups (bursts, patients…) that the network learned from" in done.out
    assert "of the 16 of other groups" in done.out
    assert pn.evaluate(run, tmp_path / "new", style="quiet").judged.siblings == 0
    done = prunelle("evaluate", run, bursts, "--groups", "name")
    assert done.code == 2
    assert "are the run's own" in done.err


def test_a_run_without_groups_has_learned_none(bursts: Path, tmp_path: Path) -> None:
    pn.train("dense", bursts, pn.Recipe(epochs=1), size=32, output=tmp_path / "run", style="quiet")
    shutil.copytree(bursts, tmp_path / "others")
    with pytest.raises(ArgumentError, match="was trained without groups"):
        pn.evaluate(tmp_path / "run", tmp_path / "others", groups="name", style="quiet")


def test_given_splits_that_divide_groups_are_told_and_judged_apart(bursts: Path, tmp_path: Path) -> None:
    for file in sorted(bursts.rglob("*.jpg")):
        burst, letter = int(file.name[4:8]), file.stem[-1]
        split = "test" if burst > 15 or (burst < 4 and letter == "c") else "train"
        (tmp_path / "data" / split / file.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tmp_path / "data" / split / file.parent.name)
    done = prunelle(
        *("train", tmp_path / "data", "--groups", "name", "--validation", 0, *SMALL),
        *("--epochs", 1, "--output", tmp_path / "run"),
    )
    assert done.code == 0, done
    assert "4 of the 16 test pictures are of 4 groups that train has too" in done.err
    assert "4 of them are of groups (bursts, patients…) that the network learned from" in done.out
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test"]["siblings"]["n"] == 4
    assert "bursts, patients" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    found = pn.check(tmp_path / "data", groups="name", output=tmp_path / "check", style="quiet")
    (finding,) = found.of_kind("groups across splits")
    assert len(finding.rows) == 8


def test_shots_and_comparisons_keep_groups(bursts: Path, tmp_path: Path) -> None:
    pn.shots(
        bursts,
        "dense",
        groups="name",
        numbers=(4,),
        strategies=("scratch",),
        draws=1,
        epochs=1,
        test=0.3,
        output=tmp_path / "shots",
        style="quiet",
    )
    pn.compare(
        ["dense", "lenet5"],
        bursts,
        groups="name",
        seeds=1,
        epochs=1,
        size=32,
        output=tmp_path / "compared",
        style="quiet",
    )
    runs = [*(tmp_path / "shots" / "runs").iterdir(), *(tmp_path / "compared" / "runs").iterdir()]
    assert len(runs) == 3
    for run in runs:
        assert all(len(splits) == 1 for splits in splits_of_groups(run).values())


def test_decisions_leave_groups_whole(bursts: Path, tmp_path: Path) -> None:
    (tmp_path / "decisions.csv").write_text("file,label\ncat/IMG_0000_a.jpg,dog\n", encoding="utf-8")
    pn.train(
        "dense",
        bursts,
        pn.Recipe(epochs=1),
        groups="name",
        decisions=tmp_path / "decisions.csv",
        size=32,
        output=tmp_path / "run",
        style="quiet",
    )
    assert all(len(splits) == 1 for splits in splits_of_groups(tmp_path / "run").values())
    again = run_data.data_of(Run.open(tmp_path / "run"), Quiet())
    assert undivided(again)


def test_arrays_that_a_program_gives(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 12, 12, 1), np.uint8), np.arange(60) % 2
    data = pn.from_arrays(images, labels, groups=np.arange(60) // 4)
    pn.train("dense", data, pn.Recipe(epochs=1), output=tmp_path / "run", style="quiet")
    assert all(len(splits) == 1 for splits in splits_of_groups(tmp_path / "run").values())
    pn.train("dense", data, resume=tmp_path / "run", epochs=2, style="quiet")
    digits = {"groups": np.arange(1797) // 30, "epochs": 1, "style": "quiet"}
    pn.train("dense", "digits", output=tmp_path / "digits", **digits)
    assert all(len(splits) == 1 for splits in splits_of_groups(tmp_path / "digits").values())


def undivided(data: Data) -> bool:
    pixels = {split.name: split.decode(data.preprocess) for split in data.splits()}
    groups = leakage.groups_of(data, pixels)
    assert groups is not None
    split = np.concatenate([np.full(len(part), name) for name, part in pixels.items()])
    return all(len(set(split[groups == group])) == 1 for group in set(groups))


def test_unions_of_copies_and_groups(tmp_path: Path) -> None:
    """Random groups and random copies: what is connected by either is on one side, and every class is learned."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        images = rng.integers(0, 256, (80, 8, 8, 1), np.uint8)
        copied = rng.permutation(80)[:16]
        images[copied[:8]] = images[copied[8:]]
        data = pn.from_arrays(images, rng.permutation(np.arange(80) % 2), groups=rng.integers(0, 30, 80))
        pixels = {split.name: split.decode(data.preprocess) for split in data.splits()}
        copies = leakage.find_copies(data, pixels)
        moved = leakage.moved(data, pixels, copies)
        assert undivided(moved)
        parts = {split.name: {array.tobytes() for array in split.array} for split in moved.splits()}  # type: ignore[union-attr]
        for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
            assert not parts.get(one, set()) & parts.get(other, set())
        assert set(moved.train.labels) == {0, 1}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train digits --groups name", "digits does not tell"),
        ("train DATA --groups patient", "can be read where labels are a CSV"),
        ("train DATA --groups folder", "one folder below the class's"),
        ("evaluate RUN --groups name", "are the run's own"),
    ],
)
def test_groups_without_effect_are_an_error(run: Path, bursts: Path, line: str, said: str) -> None:
    places = {"DATA": bursts, "RUN": run}
    done = prunelle(*(places.get(word, word) for word in line.split()))
    assert done.code == 2, done
    assert said in done.err
