"""Classes that can be told without looking, and many that cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures import encoded, photo
from tests.unit.checks.made import found, of_folder, of_pictures, of_series, waves


def make(folder: Path, per_class: int, **of_b: object) -> Path:
    """Photos in two classes; those of b are saved with other options."""
    rng = np.random.default_rng(3)
    for number in range(2 * per_class):
        name = "ab"[number % 2]
        options: dict[str, object] = {
            "quality": 85,
            "size": (96, 64 + int(rng.integers(0, 30))),
            "kind": "JPEG",
        }
        if name == "b":
            options |= of_b
        size, kind = options.pop("size"), str(options.pop("kind"))
        image = photo(*size, seed=number)
        if "bar" in options:
            image.paste((0, 0, 0), (0, 0, options["bar"], image.height))
            image.paste((0, 0, 0), (image.width - options.pop("bar"), 0, image.width, image.height))
        (folder / name).mkdir(exist_ok=True, parents=True)
        (folder / name / f"{number}.jpg").write_bytes(encoded(image, kind, **options))
    return folder


def camera(name: str) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Canon", name, "2024:05:06 07:08:09"
    return exif


@pytest.mark.parametrize(
    ("of_b", "told"),
    [
        ({"quality": 30}, {"the size of the file", "how much the file is compressed"}),
        (
            {"kind": "PNG"},
            {"the format of the file", "the size of the file", "how much the file is compressed"},
        ),
        ({"size": (64, 96)}, {"its width over its height"}),
        ({"exif": camera("EOS")}, {"the camera", "the date"}),
        ({"bar": 14}, {"a plain border"}),
    ],
    ids=["quality", "format", "shape", "camera", "bars"],
)
def test_what_was_planted_is_named(tmp_path: Path, of_b: dict[str, object], told: set[str]) -> None:
    findings = found(of_folder(make(tmp_path, 40, **of_b)), "tell-tale")
    sentences = [one.what.en for one in findings]
    for name in told:
        assert any(f"sees only {name} is right" in sentence for sentence in sentences), (name, sentences)
    assert all(one.confidence > 0.99 for one in findings)
    unplanted = {"whether it has colours"} | ({"the camera", "the date"} - told)
    assert not any(f"only {name} is" in sentence for name in unplanted for sentence in sentences)


def test_the_sentence_has_the_figures_and_what_each_class_has(tmp_path: Path) -> None:
    (one,) = [
        each
        for each in found(of_folder(make(tmp_path, 40, exif=camera("EOS"))), "tell-tale")
        if "camera" in each.what.en
    ]
    assert "is right about 100 % of 80 (always the same answer: 50 %)." in one.what.en.replace("\xa0", " ")
    assert "a: none (100 %); b: Canon EOS (100 %)." in one.what.en.replace("\xa0", " ")
    assert "a : aucun (100 %) ; b : Canon EOS (100 %)." in one.what.fr.replace("\xa0", " ")


def test_files_that_are_alike_give_nothing_whatever_the_number(tmp_path: Path) -> None:
    for per_class in (4, 12, 60):
        assert found(of_folder(make(tmp_path / str(per_class), per_class)), "tell-tale") == []


def test_chance_is_not_told() -> None:
    # Lengths of no meaning, of few examples and many: 40 draws, none may be told.
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = (16, 24, 60, 200)[seed % 4]
        series = [rng.normal(size=(int(rng.integers(20, 60)), 1)).astype(np.float32) for _ in range(n)]
        labels = rng.permutation([i % 2 for i in range(n)]).tolist()
        assert found(of_series(series, labels), "tell-tale") == []


def test_the_length_of_series_may_tell_the_class() -> None:
    rng = np.random.default_rng(0)
    series = [
        rng.normal(size=(30 + 10 * (i % 2) + int(rng.integers(0, 8)), 1)).astype(np.float32)
        for i in range(60)
    ]
    (one,) = found(of_series(series, [i % 2 for i in range(60)]), "tell-tale")
    assert "only its length is right about 100 % of 60" in one.what.en.replace("\xa0", " ")
    assert found(of_series(*waves(60)), "tell-tale") == []


def test_an_unbalanced_set_is_held_against_its_larger_class() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (200, 64, 64, 3)).astype(np.uint8)
    labels = [int(i >= 180) for i in range(200)]
    assert found(of_pictures(images, labels), "tell-tale") == []
    images[180:, 0] = images[180:, -1] = 255
    (one,) = found(of_pictures(images, labels), "tell-tale")
    assert "always the same answer: 90 %" in one.what.en.replace("\xa0", " ")


def test_one_class_of_many_may_be_given_away(tmp_path: Path) -> None:
    for number in range(120):
        name = "abcde"[number % 5]
        options = {"exif": camera("EOS")} if name == "d" else {}
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / f"{number}.jpg").write_bytes(
            encoded(photo(60, 50, seed=number), "JPEG", **options)
        )
    findings = found(of_folder(tmp_path), "tell-tale")
    cameras = [one.what for one in findings if "camera" in one.what.en]
    (what,) = cameras
    assert "only the camera and tells d from all others is right about 100 % of 120" in what.en.replace(
        "\xa0", " "
    )
    assert "d : Canon EOS (100 %) ; les autres : aucun (100 %)." in what.fr.replace("\xa0", " ")
