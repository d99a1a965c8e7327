"""``prunelle report``: the page again, from the run alone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import prunelle as pn
from tests.course_sets import write_photos
from tests.integration.command import prunelle

pytestmark = pytest.mark.painted

RECIPE = pn.Recipe(epochs=2, batch_size=16)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    write_photos(folder)
    return folder


@pytest.fixture(scope="module")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = next(path.parent for path in sorted(photos.rglob("*")) if path.suffix == ".jpg").parent
    (folder / "broken.txt").write_text("no picture")
    output = tmp_path_factory.mktemp("runs") / "photos"
    pn.train("lenet5", folder, RECIPE, size=(32, 32), output=output, language="en", style="quiet")
    return output


def test_a_run_on_pictures_has_the_same_page_again(trained: Path) -> None:
    before = text_of(trained / "report.html")
    (trained / "report.html").unlink()
    done = prunelle("report", trained, "--language", "en")
    assert done.code == 0, done.err
    assert done.out == f"Report: {trained / 'report.html'}\n"
    assert text_of(trained / "report.html") == before


def test_in_another_language(trained: Path) -> None:
    before = text_of(trained / "report.html")
    page = pn.write_report(trained, language="fr", style="quiet")
    assert '<html lang="fr"' in text_of(page)
    assert len(re.findall("data:image", text_of(page))) == len(re.findall("data:image", before))
    pn.write_report(trained, language="en", style="quiet")
    assert text_of(page) == before


def test_where_the_pictures_are_gone_the_page_says_so(photos: Path, trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "run")
    before = text_of(trained / "report.html")
    moved = photos.rename(photos.with_name("elsewhere"))
    try:
        done = prunelle("report", tmp_path / "run", "--language", "en")
    finally:
        moved.rename(photos)
    assert done.code == 0
    assert "The page shows no examples:" in done.err
    page = text_of(tmp_path / "run" / "report.html")
    assert "this page shows none of them" in page
    assert "data:image" not in page
    # What does not need them is as it was.
    headline = re.compile("<h1>.*</h1>")
    assert headline.findall(page) == headline.findall(before)
    assert re.findall("<svg.*?</svg>", page, re.DOTALL) == re.findall("<svg.*?</svg>", before, re.DOTALL)


def test_a_run_on_series(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    labels = np.arange(60) % 3
    steps = np.linspace(0, 2 * np.pi, 40)
    values = np.sin(steps * (labels[:, None] + 1)) + 0.3 * random.standard_normal((60, 40))
    table = "".join(
        f"{','.join(f'{value:.4f}' for value in row)},{label}\n"
        for row, label in zip(values, labels, strict=True)
    )
    header = ",".join([*(f"t{i}" for i in range(40)), "label"])
    (tmp_path / "series.csv").write_text(f"{header}\n{table}")
    run = pn.train(
        "fcn", tmp_path / "series.csv", RECIPE, output=tmp_path / "run", language="en", style="quiet"
    )
    before = text_of(run.path / "report.html")
    pn.write_report(run.path, language="en", style="quiet")
    assert text_of(run.path / "report.html") == before


def test_what_cannot_be_reported(tmp_path: Path) -> None:
    done = prunelle("report", tmp_path)
    assert done.code != 0
    assert "is no run" in done.err
