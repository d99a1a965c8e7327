"""``prunelle check``: what is odd about data, in a page, JSON and CSV; nothing of the data is changed."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

import prunelle as pn
from prunelle.csv_files import read_table
from prunelle.errors import ArgumentError, BadPictures, RunError
from tests.integration.command import prunelle
from tests.pictures import make_bad_pictures, make_folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_folder(tmp_path_factory.mktemp("data") / "photos", ["cat", "dog"], 12)
    (folder / "cat" / "<b>.jpg").write_bytes(b"no picture")
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_page_json_and_csv_say_the_same_and_the_data_are_left_alone(photos: Path, tmp_path: Path) -> None:
    before = digests(photos)
    done = prunelle("check", photos, "--output", tmp_path / "out", "--language", "en")
    assert done.code == 0, done.err
    assert "1 × Files that cannot be read" in done.out
    assert str(tmp_path / "out" / "check.html") in done.out
    assert digests(photos) == before
    found = json.loads((tmp_path / "out" / "findings.json").read_text())
    unreadable = [each for each in found if each["kind"] == "unreadable"]
    assert [each["files"] for each in unreadable] == [[str(photos / "cat" / "<b>.jpg")]]
    assert {"kind", "files", "confidence", "advice"} <= unreadable[0].keys()
    rows = read_table(tmp_path / "out" / "findings.csv", ("finding", "kind", "confidence", "file"))
    assert [row["file"] for row in rows if row["kind"] == "unreadable"] == [str(photos / "cat" / "<b>.jpg")]
    assert {int(row["finding"]) for row in rows} == set(range(1, len(found) + 1))
    page = (tmp_path / "out" / "check.html").read_text()
    assert "&lt;b&gt;.jpg" in page
    assert "<b>.jpg" not in page
    assert not re.search(r"https?://(?!www\.w3\.org)", page)


def test_splits_that_are_given_stay_and_none_is_drawn(photos: Path, tmp_path: Path) -> None:
    for split, seed in (("train", 0), ("test", 1)):
        make_folder(tmp_path / "data" / split, ["cat", "dog"], 6, seed=seed)
    found = pn.check(tmp_path / "data", output=tmp_path / "out", style="quiet")
    assert {name: len(part) for name, part in found.inspected.pixels.items()} == {"train": 12, "test": 12}
    whole = pn.check(photos, output=tmp_path / "whole", style="quiet")
    assert {name: len(part) for name, part in whole.inspected.pixels.items()} == {"train": 24}


def test_decisions_are_made_already(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "decided.csv").write_text("file,label\ncat/0000.jpg,dog\n")
    found = pn.check(photos, decisions=tmp_path / "decided.csv", output=tmp_path / "out", style="quiet")
    labels = dict(
        zip(found.inspected.names, map(found.inspected.label, range(len(found.inspected))), strict=True)
    )
    assert (labels["cat/0000.jpg"], labels["cat/0001.jpg"]) == ("dog", "cat")


def test_french(photos: Path, tmp_path: Path) -> None:
    done = prunelle("check", photos, "--output", tmp_path / "out", "--language", "fr")
    assert "1 × Fichiers illisibles" in done.out
    assert '<html lang="fr">' in (tmp_path / "out" / "check.html").read_text()


def test_json_on_standard_output(photos: Path, tmp_path: Path) -> None:
    done = prunelle("check", photos, "--json", "--runs", tmp_path / "runs")
    assert done.code == 0, done.err
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads(done.out) == json.loads((folder / "findings.json").read_text())


def test_a_run_compares_its_own_data(tmp_path: Path) -> None:
    run = pn.train("dense", "digits", epochs=1, output=tmp_path / "run", style="quiet")
    found = pn.check(run=run, output=tmp_path / "out", style="quiet")
    assert len(found.inspected) == sum(run.info["data"]["counts"].values())
    assert found.inspected.features is not None
    assert len(found.inspected.features) == len(found.inspected)
    assert "dense" in found.inspected.features_of.en
    assert found.page == tmp_path / "out" / "check.html"
    assert len(pn.runs(tmp_path)) == 1  # the folder of a check is no run


def test_what_is_cheap_is_said_before_a_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from prunelle.checks.check import Check
    from prunelle.checks.finding import Finding
    from prunelle.texts import Note

    odd = Finding(
        kind="odd",
        rows=(0,),
        confidence=1.0,
        what=Note("It is odd.", "C’est étrange."),
        advice=Note("Look.", "Voyez."),
    )
    kinds = {"odd": Note("Odd ones", "Étranges")}
    check = Check(kinds=kinds, of=("pictures",), cheap=True, find=lambda inspected: [odd])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prunelle.checks.checkup.CHECKS", (check,))
        run = pn.train("dense", "digits", epochs=1, output=tmp_path / "run", style="lines")
    assert "It is odd. Look." in capsys.readouterr().err
    assert {"en": "It is odd. Look.", "fr": "C’est étrange. Voyez."} in run.info["data"]["notes"]


def test_a_folder_that_is_there_is_not_written_into(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="is there already"):
        pn.check(photos, output=tmp_path, style="quiet")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"network": "resnet18"}, "give weights for resnet18"),
        ({"network": pn.build("lenet5")}, "pass run="),
    ],
)
def test_what_cannot_compare(given: dict[str, object], message: str, photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=message):
        pn.check(photos, output=tmp_path / "out", style="quiet", **given)
    assert not (tmp_path / "out").exists()


def test_a_run_on_pictures_does_not_compare_series(tmp_path: Path) -> None:
    run = pn.train("dense", "digits", epochs=1, output=tmp_path / "run", style="quiet")
    (tmp_path / "waves.ts").write_text(
        "@classLabel true a b\n@data\n1,2,3,4:a\n2,3,4,1:b\n2,2,3,4:a\n2,3,1,1:b\n"
    )
    with pytest.raises(ArgumentError, match="is on pictures; the data are series"):
        pn.check(tmp_path / "waves.ts", run=run, output=tmp_path / "out", style="quiet")


def test_no_readable_picture_at_all(tmp_path: Path) -> None:
    make_bad_pictures(tmp_path / "photos" / "a")
    make_bad_pictures(tmp_path / "photos" / "b")
    with pytest.raises(BadPictures, match="can be read"):
        pn.check(tmp_path / "photos", output=tmp_path / "out", style="quiet")
