"""What every check keeps by being listed: findings of examples that exist, in both languages, the same twice, and none
of clean data."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.checks import near_copies
from prunelle.checks.check import Check
from prunelle.checks.checkup import checkup
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.list import CHECKS, KINDS
from prunelle.checks.pixel_features import pixel_features
from prunelle.data.kinds import KINDS as KINDS_OF_DATA
from prunelle.texts import FR
from tests.pictures import encoded, photo
from tests.unit.checks.made import of, of_folder, of_pictures, of_series, waves

CHECKED = [pytest.param(check, id=next(iter(check.kinds))) for check in CHECKS]


def with_features(inspected: Inspected) -> Inspected:
    return dataclasses.replace(inspected, features=pixel_features(inspected.pixels))


def make(folder: Path, per_class: int) -> Path:
    """Pictures that are all different; each class has a colour of its own."""
    for number, (name, colour) in enumerate(
        {"a": (220, 40, 40), "b": (40, 200, 60), "c": (50, 60, 210)}.items()
    ):
        (folder / name).mkdir()
        for i in range(per_class):
            mixed = Image.blend(
                photo(64, 64, seed=1000 * number + i), Image.new("RGB", (64, 64), colour), 0.4
            )
            mixed.save(folder / name / f"{i:02}.jpg", quality=90)
    return folder


@pytest.fixture(scope="module")
def dirty_pictures(tmp_path_factory: pytest.TempPathFactory) -> Inspected:
    """One of each oddity, or several, on files."""
    folder = make(tmp_path_factory.mktemp("dirty"), 40)
    for number in range(5):
        (folder / "a" / f"{number:02}.jpg").rename(folder / "b" / f"wrong{number}.jpg")
    (folder / "a" / "broken.jpg").write_bytes(b"no picture")
    Image.new("RGB", (64, 64), (9, 9, 9)).save(folder / "b" / "blank.png")
    fog = np.linspace(100, 112, 64)[:, np.newaxis, np.newaxis] + np.array([30, 0, 0]) + np.zeros((64, 64, 3))
    Image.fromarray(fog.astype(np.uint8)).save(folder / "a" / "fog.png")
    noise = np.random.default_rng(0).integers(0, 2, (64, 64, 3)) * 255
    Image.fromarray(noise.astype(np.uint8)).save(folder / "c" / "noise.png")
    photo(64, 64, seed=1).convert("L").save(folder / "c" / "grey.png")
    photo(14, 14, seed=2).save(folder / "c" / "tiny.png")
    Image.new("1", (6000, 4000)).save(folder / "c" / "huge.png")
    for name in "bc":  # across classes
        photo(64, 64, seed=3).save(folder / name / "copy.png")
    (folder / "d").mkdir()
    for number in range(20):
        exif = Image.Exif()
        exif[0x0110] = "EOS"
        (folder / "d" / f"clip{number // 5}_{number}.jpg").write_bytes(
            encoded(photo(64, 64, seed=5000 + number), "JPEG", exif=exif)
        )
    (folder / "e").mkdir()
    photo(64, 64, seed=4).save(folder / "e" / "alone.jpg")
    return with_features(of_folder(folder))


@pytest.fixture(scope="module")
def dirty_series() -> Inspected:
    series, labels = waves(80)
    series[3][:] = 1.0
    series[8][:40] = np.nan
    series[9][30] = 500
    series[15] = waves(1, seed=4, length=400)[0][0]
    series[20], series[21], series[75] = series[22].copy(), series[22].copy(), series[23].copy()
    return with_features(with_groups(of_series(series, labels, test=10)))


def with_groups(inspected: Inspected) -> Inspected:
    """Each tenth of them is a group, which both splits have."""
    data = inspected.data
    train, test = (
        dataclasses.replace(split, groups=np.array([f"p{row % 10}" for row in range(len(split))]))
        for split in data.splits()
    )
    return dataclasses.replace(inspected, data=dataclasses.replace(data, train=train, test=test, drawn=()))


@pytest.fixture(scope="module")
def dirty(dirty_pictures: Inspected, dirty_series: Inspected) -> dict[str, Inspected]:
    return {"pictures": dirty_pictures, "series": dirty_series}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Inspected]:
    folder = make(tmp_path_factory.mktemp("clean"), 30)
    return {
        "pictures": with_features(of_folder(folder)),
        "series": with_features(of_series(*waves(120), test=20)),
    }


@pytest.fixture(scope="module")
def found(dirty: dict[str, Inspected]) -> dict[str, list[tuple[Inspected, Finding]]]:
    return {next(iter(check.kinds)): asked(check, dirty) for check in CHECKS}


def asked(check: Check, dirty: dict[str, Inspected]) -> list[tuple[Inspected, Finding]]:
    return [(dirty[kind], finding) for kind in check.of for finding in check.find(dirty[kind])]


Found = dict[str, list[tuple[Inspected, Finding]]]


@pytest.mark.parametrize("check", CHECKED)
def test_findings_keep_the_contract(check: Check, found: Found) -> None:
    assert set(check.of) <= {kind.name for kind in KINDS_OF_DATA}
    findings = found[next(iter(check.kinds))]
    assert findings, "the data of this test have nothing that this check finds: plant something"
    for inspected, finding in findings:
        assert finding.kind in check.kinds
        assert all(0 <= row < len(inspected) for row in finding.rows)
        assert len(set(finding.rows)) == len(finding.rows)
        assert 0 <= finding.confidence <= 1
        assert finding.suggested is None or finding.suggested in inspected.data.classes
        for note in (finding.what, finding.advice):
            assert note.en.endswith((".", "?"))
            assert note.fr.endswith((".", "?"))
            assert note.en != note.fr
            assert "nan" not in note.en.lower().split()
            # Typographic, and English numbers where the sentence is English.
            assert "'" not in note.fr
            assert FR.note(note)
    json.dumps([dataclasses.asdict(finding) for _, finding in findings])


@pytest.mark.parametrize("check", CHECKED)
def test_the_same_is_found_twice_and_nothing_is_changed(
    check: Check, dirty: dict[str, Inspected], found: Found
) -> None:
    def digests() -> list[int]:
        return [hash(part.images.tobytes()) for each in dirty.values() for part in each.pixels.values()]

    before = digests()
    assert [one for _, one in asked(check, dirty)] == [one for _, one in found[next(iter(check.kinds))]]
    assert digests() == before


@pytest.mark.parametrize("check", CHECKED)
def test_the_surest_comes_first(check: Check, dirty: dict[str, Inspected], found: Found) -> None:
    for kind in check.kinds:
        for inspected in dirty.values():
            sure = [
                one.confidence
                for where, one in found[next(iter(check.kinds))]
                if one.kind == kind and where is inspected
            ]
            assert sure == sorted(sure, reverse=True)


@pytest.mark.parametrize("check", CHECKED)
def test_clean_data_give_nothing(check: Check, clean: dict[str, Inspected]) -> None:
    for name in check.of:
        assert [finding.what.en for finding in check.find(clean[name])] == []


@pytest.mark.parametrize("check", CHECKED)
def test_few_examples_and_one_of_each_are_no_failure(check: Check) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    if "pictures" in check.of:
        check.find(with_features(of_pictures(images, [0, 1])))
        inspected = with_features(of_pictures(images, [0, 1]))
        none = dataclasses.replace(inspected.pixels["train"], images=images[:0], labels=np.zeros(0, np.int64))
        check.find(
            dataclasses.replace(inspected, pixels={"train": none}, features=np.zeros((0, 3), np.float32))
        )
    if "series" in check.of:
        check.find(with_features(of_series(*waves(2))))


def test_every_kind_has_a_title_and_one_check() -> None:
    assert len(KINDS) == sum(len(check.kinds) for check in CHECKS)
    for title in KINDS.values():
        assert title.en[0].isupper()
        assert title.fr[0].isupper()


def test_what_needs_features_is_not_asked_without() -> None:
    series, labels = waves(30)
    found = checkup(of_series(series, labels))
    assert set(found.not_asked) == {
        kind for check in CHECKS if check.needs_features and "series" in check.of for kind in check.kinds
    }
    assert not any(check.needs_features for check in CHECKS if check.cheap)


def test_real_digits_are_clean() -> None:
    inspected = with_features(of(pn.load("digits")))
    own = [check for check in CHECKS if check is not near_copies.CHECK]  # which has tests of its own
    assert [found.what.en for check in own if "pictures" in check.of for found in check.find(inspected)] == []
