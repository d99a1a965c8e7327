"""Near copies: in one split, in several, under two labels; what is said of each, and what is not."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ImageOps

from prunelle.checks import labels
from prunelle.checks.checkup import checkup
from prunelle.checks.inspected import Inspected
from prunelle.data.examples import Data, Split
from prunelle.data.preprocess import Preprocess
from tests.pictures import encoded, scene

SIZE = Preprocess(size=(64, 64))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Sixteen scenes; 16 is a mirror image of 2, 17 a small copy of 3, 18 the bytes of 4."""
    folder = tmp_path_factory.mktemp("near-copies")
    pictures = [scene(160, 120, seed) for seed in range(16)]
    pictures += [ImageOps.mirror(pictures[2]), pictures[3].resize((80, 60)), pictures[4]]
    files = [folder / f"{number}.jpg" for number in range(len(pictures))]
    for file, picture in zip(files, pictures, strict=True):
        file.write_bytes(encoded(picture, "JPEG", quality=90))
    return files


def inspected(
    files: list[Path], labels: list[int] | None = None, *, num_test: int = 0, drawn: tuple[str, ...] = ()
) -> Inspected:
    """The last ``num_test`` files are the test split."""
    of = np.array(labels or [0] * len(files), np.int64)
    at = len(files) - num_test
    data = Data(
        name="scenes",
        classes=("cat", "dog"),
        train=Split("train", of[:at], tuple(files[:at])),
        validation=None,
        test=Split("test", of[at:], tuple(files[at:])) if num_test else None,
        preprocess=SIZE,
        drawn=drawn,
    )
    return Inspected(data=data, pixels={split.name: split.decode(SIZE) for split in data.splits()})


def found(of: Inspected) -> list[tuple[str, tuple[int, ...]]]:
    return [(finding.kind, finding.rows) for finding in checkup(of).findings if "copies" in finding.kind]


def test_copies_in_one_split(files: list[Path]) -> None:
    assert sorted(found(inspected(files))) == [
        ("near copies", (2, 16)),
        ("near copies", (3, 17)),
        ("near copies", (4, 18)),
    ]


def test_copies_across_splits_name_the_one_that_is_judged_first(files: list[Path]) -> None:
    of = inspected(files, num_test=3)
    assert sorted(found(of)) == [
        ("near copies across splits", (16, 2)),
        ("near copies across splits", (17, 3)),
        ("near copies across splits", (18, 4)),
    ]
    said = {finding.rows: finding for finding in checkup(of).findings}
    assert said[16, 2].what.en == "16.jpg is nearly 2.jpg (mirrored)."
    assert said[16, 2].what.fr == "16.jpg est presque 2.jpg (en miroir)."
    assert said[18, 4].what.en == "18.jpg is the same picture as 4.jpg."
    assert said[18, 4].confidence == 1
    assert 0.5 < said[17, 3].confidence <= 1


def test_a_split_that_was_drawn_does_not_leak(files: list[Path]) -> None:
    assert {kind for kind, _ in found(inspected(files, num_test=3, drawn=("test",)))} == {"near copies"}


def test_copies_under_two_labels(files: list[Path]) -> None:
    of = inspected(files, [0] * 16 + [1, 0, 0], num_test=2)
    kinds = sorted(found(of))
    assert ("near copies under two labels", (2, 16)) in kinds
    assert ("near copies", (2, 16)) not in kinds
    (torn,) = (each for each in checkup(of).findings if "labels" in each.kind)
    assert torn.what.en == "2.jpg (cat) is nearly 16.jpg (dog) (mirrored)."


def test_a_group_is_told_once(files: list[Path]) -> None:
    """Three of one picture are one finding, not three."""
    of = inspected([*files, files[2]], num_test=4)
    (group,) = (rows for _, rows in found(of) if 2 in rows)
    assert group[0] in (16, 19)
    assert sorted(group) == [2, 16, 19]


def test_a_picture_that_leaks_and_is_in_two_classes_is_both(files: list[Path]) -> None:
    of = inspected(files, [0] * 16 + [1, 0, 0], num_test=3)
    assert {kind for kind, rows in found(of) if 16 in rows} == {
        "near copies across splits",
        "near copies under two labels",
    }


def test_a_label_is_not_judged_by_a_copy_of_its_own_picture(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very same share a fold. Near copies do not: one of another label is what contradicts a wrong one best."""
    folds = []

    def noted(features: np.ndarray, labels: np.ndarray, k: int, **given: Any) -> np.ndarray:
        folds.append(given["groups"])
        return np.full((len(labels), k), 1 / k)

    monkeypatch.setattr("prunelle.checks.labels.cross_validated", noted)
    seen = dataclasses.replace(inspected(files, [0, 1] * 9 + [0]), features=np.zeros((19, 4), np.float32))
    labels.CHECK.find(seen)
    groups = folds[0]
    assert groups[18] == groups[4]
    assert len(set(groups.tolist())) == 18
