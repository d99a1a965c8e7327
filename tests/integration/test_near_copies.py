"""Near copies in a training: never on both sides of a split that is drawn; in given splits they are told, counted and
left out of the figure."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

import prunelle as pn
from prunelle.errors import RunError
from prunelle.runs import judging
from tests.integration.command import Finished, prunelle
from tests.pictures import encoded, scene

SMALL = ("--network", "dense", "--hidden", "8", "--size", 32, "--epochs", 1, "--language", "en")


def save(picture: Image.Image, file: Path, quality: int = 90) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encoded(picture, "JPEG", quality=quality))


def changed(picture: Image.Image, number: int) -> Image.Image:
    """A near copy: a mirror image, a smaller one, a grey one, by turns."""
    smaller = picture.resize((picture.width * 2 // 3, picture.height * 2 // 3))
    return (ImageOps.mirror(picture), smaller, picture.convert("L"))[number % 3]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty scenes, each with a near copy: ``cat/03.jpg`` and ``cat/03-again.jpg``."""
    folder = tmp_path_factory.mktemp("near") / "scenes"
    for number in range(30):
        picture, name = scene(120, 100, number), ("cat", "dog")[number % 2]
        save(picture, folder / name / f"{number:02}.jpg")
        save(changed(picture, number), folder / name / f"{number:02}-again.jpg")
    return folder


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Given splits of 24, 4 and 12; four of the test pictures are near copies of training pictures, one is a copy."""
    folder = tmp_path_factory.mktemp("near") / "given"
    for number in range(35):
        split = "train" if number < 24 else "test" if number < 31 else "val"
        save(scene(120, 100, number), folder / split / ("cat", "dog")[number % 2] / f"{number:02}.jpg")
    for number in range(4):
        save(
            changed(scene(120, 100, number), number),
            folder / "test" / ("cat", "dog")[number % 2] / f"leak{number}.jpg",
        )
    shutil.copy(folder / "train" / "cat" / "08.jpg", folder / "test" / "cat" / "copy.jpg")
    return folder


def trained(data: Path, output: Path, *arguments: object) -> Finished:
    done = prunelle("train", data, *SMALL, "--output", output, *arguments)
    assert done.code == 0, done.err
    return done


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "splits.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def content(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def test_near_copies_are_on_one_side_of_every_draw(twice: Path, tmp_path: Path) -> None:
    done = trained(twice, tmp_path / "run")
    splits: dict[str, set[str]] = {}
    groups: dict[str, set[str]] = {}
    for row in rows(tmp_path / "run"):
        name = Path(row["file"]).stem.removesuffix("-again")
        splits.setdefault(name, set()).add(row["split"])
        groups.setdefault(name, set()).add(row["copies"])
    assert len(splits) == 30
    assert all(len(each) == 1 for each in splits.values())
    # One number a picture and its near copy, another for each.
    assert all(len(each) == 1 for each in groups.values())
    assert len(set.union(*groups.values())) == 30
    info = content(tmp_path / "run" / "run.json")
    assert info["data"]["moved"] > 0
    assert set(info["data"]["counts"]) == {"train", "validation", "test"}
    assert "there more than once, or nearly (mirrored, rescaled, cropped…). So that none is both" in done.err
    assert "learned" not in content(tmp_path / "run" / "metrics.json")["test"]


def test_a_run_goes_on_with_the_splits_that_it_had(twice: Path, tmp_path: Path) -> None:
    constant = ("--schedule", "constant", "--warmup", 0)
    trained(twice, tmp_path / "run", *constant)
    trained(twice, tmp_path / "long", *constant, "--epochs", 3)
    before = (tmp_path / "run" / "splits.csv").read_bytes()
    assert prunelle("train", "--resume", tmp_path / "run", "--epochs", 3).code == 0
    assert (tmp_path / "run" / "splits.csv").read_bytes() == before
    longer = (content(tmp_path / name / "metrics.json") for name in ("run", "long"))
    first, second = ({**each, "seconds": 0, "content_sha256": ""} for each in longer)
    assert first == second


def test_data_that_moved_keep_what_is_known_of_their_copies(leaking: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(leaking, data)
    trained(data, tmp_path / "run")
    before = [(row["split"], row["copies"]) for row in rows(tmp_path / "run")]
    data.rename(tmp_path / "elsewhere")
    done = prunelle(
        "train", "--resume", tmp_path / "run", "--epochs", 2, "--data-root", tmp_path / "elsewhere"
    )
    assert done.code == 0, done.err
    assert [(row["split"], row["copies"]) for row in rows(tmp_path / "run")] == before
    assert all("elsewhere" in row["file"] for row in rows(tmp_path / "run"))


def test_given_splits_that_leak_are_reported_without_what_leaks(leaking: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = trained(leaking, run)
    assert "5 of the 12 test pictures are in the train split too, or nearly (mirrored, rescaled" in done.err
    metrics = content(run / "metrics.json")["test"]
    assert (metrics["n"], metrics["learned"]["n"], metrics["learned"]["near"]) == (12, 5, 4)
    right = round(12 * metrics["accuracy"]) - metrics["learned"]["right"]
    said = (
        f"The network learned from 5 of them (of 4, from a near copy), which flatters this figure: it is right on "
        f"{100 * right / 7:.2f}\xa0% of the 7 that do not leak (95\xa0% interval "
    )
    assert said in done.out
    assert said in (run / "report.html").read_text(encoding="utf-8")
    # By predictions.csv, without the program.
    with (run / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        answers = list(csv.DictReader(stream))
    leaks = {"leak0", "leak1", "leak2", "leak3", "copy"}
    assert right == sum(
        row["predicted"] == row["class"] for row in answers if Path(row["file"]).stem not in leaks
    )
    judged = prunelle("evaluate", run, "--json", "--quiet")
    found = json.loads(judged.out)
    assert (found["n"], found["judged"]["learned"], found["judged"]["learned_near"]) == (7, 5, 4)
    assert found["accuracy"] == pytest.approx(right / 7)
    (left_out,) = (note for note in judging.notes_of(pn.evaluate(run)) if "left out" in note.en)
    assert "5 of the 12 were left out: the network learned from them (of 4, from a near copy)" in left_out.en
    assert "5 sur 12 ont été laissés de côté" in left_out.fr
    assert "a appris dessus (pour 4, sur une quasi-copie)" in left_out.fr


def rewritten(run: Path, table: list[dict[str, str]], fields: tuple[str, ...]) -> None:
    """``splits.csv`` as a run of before has it, without a digest."""
    with (run / "splits.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fields, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)
    info = content(run / "run.json")
    del info["sha256"]["splits.csv"]
    (run / "run.json").write_text(json.dumps(info))


def test_a_run_of_before_knows_of_exact_copies_alone(leaking: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    trained(leaking, run)
    rewritten(run, rows(run), ("file", "split", "class", "content"))
    found = json.loads(prunelle("evaluate", run, "--json", "--quiet").out)
    assert (found["n"], found["judged"]["learned"], found["judged"]["learned_near"]) == (11, 1, 0)


@pytest.mark.parametrize("group", ["x", "-3", "1.5", "9" * 12])
def test_a_damaged_group_is_said(leaking: Path, tmp_path: Path, group: str) -> None:
    run = tmp_path / "run"
    trained(leaking, run)
    table = rows(run)
    table[0]["copies"] = group
    rewritten(run, table, tuple(table[0]))
    with pytest.raises(RunError, match=r"splits\.csv is damaged: .* is no number of a group of copies"):
        pn.evaluate(run)


def test_what_a_check_has_found_is_known_to_the_next_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoded so small that a training does not compare them itself."""
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    data, small = tmp_path / "data", ("--size", 16)
    for number in range(30):
        picture = scene(120, 100, number)
        save(picture, data / ("cat", "dog")[number % 2] / f"{number:02}.jpg")
        if number < 10:
            save(ImageOps.mirror(picture), data / ("cat", "dog")[number % 2] / f"{number:02}-again.jpg")
    trained(data, tmp_path / "before", *small)
    assert "copies" not in rows(tmp_path / "before")[0]
    assert prunelle("check", data, "--output", tmp_path / "checked").code == 0
    done = trained(data, tmp_path / "after", *small)
    splits: dict[str, set[str]] = {}
    for row in rows(tmp_path / "after"):
        splits.setdefault(Path(row["file"]).stem.removesuffix("-again"), set()).add(row["split"])
    assert all(len(each) == 1 for each in splits.values())
    assert "or nearly" in done.err
