"""Runs of a folder as a table; results as a frame; a picture as a run's network takes it."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import TensorDataset

import prunelle as pn
from prunelle.errors import ArgumentError, RunError
from tests.pictures import make_folder, photo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, one of them inside another folder; something that is no run; a run.json that is damaged."""
    folder = tmp_path_factory.mktemp("table")
    photos = make_folder(folder / "photos", ("a", "b"), 24, (40, 48))
    pn.train("course-cifar", photos, epochs=1, size=32, output=folder / "runs" / "one", style="quiet")
    pn.train("lenet5", "digits", epochs=2, output=folder / "runs" / "inside" / "two", style="quiet")
    (folder / "runs" / "heap").mkdir()
    (folder / "runs" / "broken").mkdir()
    (folder / "runs" / "broken" / "run.json").write_text('{"format": 2}')
    return folder


def test_all_runs_oldest_first(folder: Path) -> None:
    table = pn.runs(folder / "runs")
    assert [run.path.name for run in table] == ["one", "two"]
    assert len(table) == 2
    assert table[-1].info["network"]["name"] == "lenet5"
    assert [run.path.name for run in table[1:]] == ["two"]
    rows = table.rows()
    assert rows[1]["epochs"] == 2
    assert rows[1]["test_accuracy"] == table[1].metrics()["test"]["accuracy"]
    assert rows[0]["seed"] == 0
    ((broken, why),) = table.refused.items()
    assert broken.name == "broken"
    assert "run.json" in why


def test_it_shows_itself(folder: Path) -> None:
    lines = repr(pn.runs(folder / "runs")).splitlines()
    assert lines[0].split() == [
        *("run", "network", "data", "status", "epochs", "test_accuracy", "validation_accuracy", "seconds")
    ]
    assert "course-cifar" in lines[1]
    assert "finished" in lines[2]
    assert "broken cannot be opened: " in lines[3]
    assert len(lines) == 4


def test_no_folder_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nowhere is no folder\. Runs are made by prunelle train"):
        pn.runs(tmp_path / "nowhere")
    assert list(pn.runs(tmp_path)) == []
    assert repr(pn.runs(tmp_path)).startswith("run  network")


def test_the_package_is_still_one() -> None:
    import prunelle.runs.run

    assert prunelle.runs.run.Run is pn.Run
    assert callable(pn.runs)


def test_frames(folder: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="an extra of its own: tables")
    table = pn.runs(folder / "runs")
    frame = table[1].results(frame=True)
    assert isinstance(frame, pandas.DataFrame)
    assert frame["epoch"].tolist() == [1, 2]
    assert frame["epoch"].dtype == "int64"
    oracle = pandas.read_csv(table[1].path / "results.csv")
    pandas.testing.assert_frame_equal(frame, oracle, check_dtype=False)
    all_of_them = table.frame()
    assert all_of_them["network"].tolist() == ["course-cifar", "lenet5"]
    assert all_of_them["test_accuracy"].between(0, 1).all()
    assert list(pn.runs(folder / "photos").frame().columns) == list(all_of_them.columns)


def test_without_pandas_it_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    run = pn.runs(folder / "runs")[0]
    assert [row["epoch"] for row in run.results()] == [1.0]
    with pytest.raises(ArgumentError, match=r"a frame needs pandas: pip install 'prunelle\[tables\]'"):
        run.results(frame=True)


def test_a_picture_is_prepared_as_its_file_is(folder: Path, tmp_path: Path) -> None:
    """PNG has no shortcut: the network's answer to the opened picture is the one to the file, to the bit."""
    run = pn.runs(folder / "runs")[0]
    photo(90, 70, seed=3).save(tmp_path / "photo.png")
    with Image.open(tmp_path / "photo.png") as image:
        tensor = run.prepare(image)
    assert tensor.shape == (1, 3, 32, 32)
    assert tensor.dtype == torch.float32
    with torch.no_grad():
        probabilities = run.network(tensor).softmax(dim=1)[0]
    (prediction,) = run.predict([tmp_path / "photo.png"])
    assert dict(prediction.top)["a"] == pytest.approx(float(probabilities[0]), abs=1e-6)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "I;16", "I", "F"]
)
def test_any_mode(folder: Path, mode: str) -> None:
    whole = photo(50, 40)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(whole.convert("L")).astype(np.uint16) * 257)
    else:
        image = whole.convert("L").convert(mode) if mode in ("I", "F", "1", "LA") else whole.convert(mode)
    for run in pn.runs(folder / "runs"):
        tensor = run.prepare(image)
        assert tuple(tensor.shape) == (1, *run.preprocess.input_shape)
        assert bool(tensor.isfinite().all())


def test_it_is_turned_upright(folder: Path) -> None:
    run = pn.runs(folder / "runs")[0]
    image = photo(48, 40)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    stream = io.BytesIO()
    image.save(stream, "PNG", exif=exif)
    turned = image.transpose(Image.Transpose.ROTATE_270)
    with Image.open(stream) as stored:
        torch.testing.assert_close(run.prepare(stored), run.prepare(turned), rtol=0, atol=0.05)


def test_what_is_no_picture(folder: Path) -> None:
    run = pn.runs(folder / "runs")[0]
    with pytest.raises(ArgumentError, match=r"image must be a picture of Pillow's.*received an ndarray"):
        run.prepare(np.zeros((32, 32, 3), np.uint8))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="received a str"):
        run.prepare("photo.jpg")  # type: ignore[arg-type]


def test_a_copied_run_is_there_twice(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "runs" / "one", tmp_path / "copy")
    assert [run.path.name for run in pn.runs(tmp_path)] == ["copy"]


def test_a_run_on_series_takes_no_picture(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(40, 24, 1)).astype(np.float32)
    data = pn.from_series(values, np.arange(40) % 2)
    run = pn.train("fcn", data, epochs=1, output=tmp_path / "run", style="quiet")
    with pytest.raises(ArgumentError, match="a picture was given, where examples are series"):
        run.prepare(photo(8, 8))
    with pytest.raises(ArgumentError, match="holds pictures, and the run is on series"):
        pn.predict(run, TensorDataset(torch.zeros(2, 3, 8, 8)), style="quiet")
