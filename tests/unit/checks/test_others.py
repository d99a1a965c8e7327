"""Small and unbalanced classes, examples unlike all others, features of pixels alone, and files' facts."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cdist

from prunelle.checks.labels import cross_validated
from prunelle.checks.outliers import distances
from prunelle.checks.pixel_features import pixel_features
from prunelle.data.file_facts import file_facts
from prunelle.data.pixels import Pixels
from tests.pictures import encoded, make_bad_pictures, make_folder, photo
from tests.unit.checks.made import found, of, of_folder, of_pictures, of_series, waves


def of_counts(*counts: int, test: int = 0):
    labels = [label for label, count in enumerate(counts) for _ in range(count)] + [0] * test
    return of_pictures(np.zeros((len(labels), 4, 4, 1), np.uint8), labels, test=test)


def test_small_classes_are_one_finding() -> None:
    (one,) = found(of_counts(20, 9, 3, test=30), "small class")
    assert "2 classes have fewer than 10 pictures to learn from: class 2 (3), class 1 (9)." in one.what.en
    assert len(one.rows) == 12
    assert found(of_counts(10, 12), "small class") == []


def test_unbalanced_says_what_always_the_same_answer_is_worth() -> None:
    (one,) = found(of_counts(90, 30), "unbalanced")
    assert "class 0 has 90 pictures to learn from, class 1 30 pictures." in one.what.en
    assert "would be right about 75 % of them" in one.what.en.replace("\xa0", " ")
    assert "--balance" in one.advice.fr
    assert found(of_counts(89, 30, test=60), "unbalanced") == []


def test_distances_are_those_to_the_fifth_nearest_direction() -> None:
    rng = np.random.default_rng(0)
    features = rng.uniform(size=(80, 6))
    features[40] = features[41]  # copies: no neighbours of each other, and one to others
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    brute = cdist(units, units)
    brute[brute < 1e-6] = np.inf
    expected = np.sort(np.delete(brute, 41, axis=1), axis=1)[:, 4]
    assert distances(features) == pytest.approx(expected, abs=1e-5)


def test_planted_outliers_are_told_one_by_one_and_none_of_clean_data() -> None:
    rng = np.random.default_rng(0)
    features = np.abs(rng.normal(size=(300, 40)))
    features[:, :20] *= 4
    assert found(of_pictures(*blank(300), features=features), "outlier") == []
    features[[17, 200]] = np.abs(rng.normal(size=(2, 40))) * np.r_[np.ones(20), 8 * np.ones(20)]
    features[200] *= np.arange(40) % 2
    outliers = found(of_pictures(*blank(300), features=features), "outlier")
    assert sorted(one.rows for one in outliers) == [(17,), (200,)]
    assert all(0.5 < one.confidence <= 1 for one in outliers)


def blank(n: int) -> tuple[np.ndarray, list[int]]:
    return np.zeros((n, 4, 4, 1), np.uint8), [i % 2 for i in range(n)]


def test_of_few_examples_none_is_called_unlike_the_others() -> None:
    features = np.eye(40)
    assert found(of_pictures(*blank(40), features=features), "outlier") == []


def test_pixels_alone_tell_stripes_and_colours(tmp_path: Path) -> None:
    inspected = of_folder(make_folder(tmp_path, ["a", "b", "c"], 20))
    features = pixel_features(inspected.pixels)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    right = cross_validated(features, inspected.labels, 3).argmax(axis=1) == inspected.labels
    assert right.mean() > 0.9


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 3), (8, 8, 1), (100, 61, 3)])
def test_pixels_of_any_shape_have_features(shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, *shape)).astype(np.uint8)
    features = pixel_features({"train": Pixels(images, np.zeros(3, np.int64))})
    assert features.shape[0] == 3
    assert np.isfinite(features).all()
    images[:] = 9
    assert np.isfinite(pixel_features({"train": Pixels(images, np.zeros(3, np.int64))})).all()


def test_values_of_series_tell_their_frequency() -> None:
    series, labels = waves(60)
    features = pixel_features(of_series(series, labels).pixels)
    right = cross_validated(features, np.array(labels), 2).argmax(axis=1) == labels
    assert right.mean() > 0.95


def test_facts_are_what_was_saved(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Acme", "One\0", 6
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    file = tmp_path / "photo.jpg"
    file.write_bytes(encoded(photo(40, 30), "JPEG", exif=exif))
    facts = file_facts(file)
    assert facts is not None
    assert (facts.width, facts.height) == (30, 40)  # upright
    assert (facts.format, facts.grey, facts.camera) == ("JPEG", False, "Acme One")
    assert facts.size_bytes == file.stat().st_size
    assert facts.taken == datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.UTC).timestamp()
    photo(12, 9).convert("L").save(tmp_path / "grey.png")
    grey = file_facts(tmp_path / "grey.png")
    assert grey is not None
    assert (grey.format, grey.grey, grey.camera, grey.taken) == ("PNG", True, "", None)


def test_bad_files_have_no_facts_and_broken_exif_says_nothing(tmp_path: Path) -> None:
    for name in make_bad_pictures(tmp_path / "bad"):
        file_facts(tmp_path / "bad" / name)  # none raises
    assert file_facts(tmp_path / "bad" / "empty.jpg") is None
    assert file_facts(tmp_path / "nowhere.jpg") is None
    for exif in (b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x32\x01" * 20):
        (tmp_path / "x.jpg").write_bytes(encoded(photo(20, 20), "JPEG", exif=exif))
        facts = file_facts(tmp_path / "x.jpg")
        assert facts is not None
        assert facts.taken is None


def test_only_some_files_are_asked_where_that_is_wished(tmp_path: Path) -> None:
    import dataclasses

    inspected = of_folder(make_folder(tmp_path, ["a", "b"], 10))
    few = dataclasses.replace(inspected, files_asked=5)
    assert sum(one is not None for one in few.facts or ()) == 5
    assert sum(one is not None for one in inspected.facts or ()) == 20
    assert of(inspected.data).facts is not None
