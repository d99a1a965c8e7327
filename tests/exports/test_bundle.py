"""The folder for a colleague: with onnxruntime and Pillow alone, its script answers as Prunelle does."""

from __future__ import annotations

import ast
import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.targets import Number, OneClass, SeveralLabels, Target
from prunelle.errors import ArgumentError
from prunelle.exports import bundle
from prunelle.exports.format import Settings
from prunelle.exports.onnx_format import Onnx
from prunelle.exports.sample_photos import sample_photos
from prunelle.exports.subject import Facts, Subject
from tests.exports.test_formats import PREPROCESS, small

CLASSES = ("oak", "birch", "élan")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment of its own."""
    pytest.importorskip("onnxruntime", reason="the extra export is not installed: make test-export")
    place = tmp_path_factory.mktemp("colleague") / "venv"
    subprocess.run([sys.executable, "-m", "venv", place], check=True, timeout=300)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*install, "onnxruntime", "pillow"], capture_output=True, text=True, timeout=500)
    if done.returncode:
        pytest.skip(f"pip cannot install onnxruntime and pillow here: {done.stderr.strip()[-200:]}")
    return python


def answered(python: Path, folder: Path, *given: Path) -> tuple[list[list[str]], str]:
    """The lines of ``predict.py``, cell by cell, and what it complains of."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [python, "-X", "utf8", folder / "predict.py", *given],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        cwd=folder,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()], done.stderr


def test_photos_are_answered_as_prunelle_answers(python: Path, tmp_path: Path) -> None:
    network = small()
    made = pn.export(
        network,
        bundle=True,
        output=tmp_path / "given",
        preprocess=PREPROCESS,
        classes=CLASSES,
        style="quiet",
    )
    folder = made.path
    assert folder == tmp_path / "given"
    assert sorted(each.name for each in folder.iterdir()) == sorted(file.name for file in made.files)
    assert {each.name for each in folder.iterdir()} == {
        *("model.onnx", "model.batch.onnx", "README.md", "classes.txt", "check.json"),
        *("requirements.txt", "predict.py"),
    }
    assert (folder / "requirements.txt").read_text().split() == ["numpy", "onnxruntime", "pillow"]

    photos = tmp_path / "photos"
    (photos / "more").mkdir(parents=True)
    (photos / "notes.txt").write_text("no picture")
    wanted = []
    subject = subject_of(network)
    for k, pixels in enumerate(sample_photos(12)):
        file = photos / ("more" if k % 2 else ".") / f"{k:02}.png"
        exif = Image.Exif()
        turned = Image.fromarray(pixels)
        if k % 3 == 0:  # the camera was held upright: a quarter turn to the right shows it so
            exif[0x0112] = 6
            turned = turned.transpose(Image.Transpose.ROTATE_90)
        turned.save(file, exif=exif)
        with torch.inference_mode():
            wanted.append((file, subject.of_raw()(torch.from_numpy(pixels)).numpy()))
    lines, complaints = answered(python, folder, photos, photos / "00.png")
    assert [Path(line[0]).name for line in lines] == [
        *(f"{k:02}.png" for k in range(0, 12, 2)),
        *(f"{k:02}.png" for k in range(1, 12, 2)),
        "00.png",
    ]
    assert "notes.txt: " in complaints
    told = {Path(line[0]): line[1:] for line in lines}
    for file, scores in wanted:
        order = np.argsort(-scores)
        assert told[file] == [f"{CLASSES[k]} {scores[k]:.1%}" for k in order]


def subject_of(
    network: nn.Module, target: Target | None = None, classes: tuple[str, ...] = CLASSES
) -> Subject:
    return Subject(
        name="given",
        network=network.eval(),
        preprocess=PREPROCESS,
        classes=classes,
        target=target or OneClass(),
        facts=Facts(network="small", parameters=1),
    )


def written(subject: Subject, folder: Path) -> Path:
    folder.mkdir()
    Onnx().write(subject, folder / "model.onnx", Settings())
    bundle.add(folder, subject)
    return folder


def test_several_labels_by_their_thresholds(python: Path, tmp_path: Path) -> None:
    photos = sample_photos(8)
    subject = subject_of(small())
    labels = SeveralLabels((0.5, 0.5, 0.5))
    with torch.inference_mode():
        scores = np.stack(
            [
                dataclasses.replace(subject, target=labels).of_raw()(torch.from_numpy(each)).numpy()
                for each in photos
            ]
        )
    # Between the answers, so that some have a label and some have not.
    thresholds = tuple(float(each) for each in np.round(np.median(scores, axis=0), 6))
    folder = written(subject_of(small(), SeveralLabels(thresholds)), tmp_path / "labels")
    files = [tmp_path / f"{k}.png" for k in range(8)]
    for file, pixels in zip(files, photos, strict=True):
        Image.fromarray(pixels).save(file)
    lines, _ = answered(python, folder, *files)
    for line, row in zip(lines, scores, strict=True):
        names = [CLASSES[k] for k in np.argsort(-row) if row[k] >= thresholds[k]]
        assert [cell.rpartition(" ")[0] or cell for cell in line[1:]] == (names or ["-"])


def test_a_number_by_its_name(python: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 20 * 20, 1))
    subject = subject_of(network, Number(mean=40.0, std=12.0, median=39.0), ("age",))
    folder = written(subject, tmp_path / "number")
    Image.fromarray(sample_photos(1)[0]).save(tmp_path / "a.png")
    with torch.inference_mode():
        number = subject.of_raw()(torch.from_numpy(sample_photos(1)[0])).item()
    lines, _ = answered(python, folder, tmp_path / "a.png")
    assert lines == [[str(tmp_path / "a.png"), f"age {number:.4g}"]]


@pytest.mark.parametrize("channels", [1, 2])
def test_series_of_a_csv(python: Path, tmp_path: Path, channels: int) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16 * channels, 3)).eval()
    settings = SeriesPreprocess(length=16, channels=channels, mean=(0.0,) * channels, std=(1.0,) * channels)
    subject = dataclasses.replace(subject_of(network), preprocess=settings)
    folder = written(subject, tmp_path / "series")
    draw = np.random.default_rng(0)
    series = [draw.normal(size=(length, channels)).astype(np.float32) for length in (16, 9, 30)]
    with torch.inference_mode():
        scores = [subject.of_raw()(torch.from_numpy(each)).numpy() for each in series]
    texts = [",".join(map(repr, map(float, each[:, 0]))) for each in series]
    files = [tmp_path / "all.csv"]
    if channels == 1:
        files[0].write_text("\n".join(texts) + "\n")
    else:
        files = [tmp_path / f"{k}.csv" for k in range(3)]
        for file, each in zip(files, series, strict=True):
            np.savetxt(file, each, delimiter=",")
    lines, _ = answered(python, folder, *files)
    assert [line[1:] for line in lines] == [
        [f"{CLASSES[k]} {row[k]:.1%}" for k in np.argsort(-row)] for row in scores
    ]


@pytest.mark.parametrize("target", [OneClass(), SeveralLabels(), Number()], ids=lambda target: target.kind)
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_a_script_is_short_and_python(target: Target, channels: int | None) -> None:
    subject = subject_of(small(), target)
    if channels is not None:
        settings = SeriesPreprocess(
            length=16, channels=channels, mean=(0.0,) * channels, std=(1.0,) * channels
        )
        subject = dataclasses.replace(subject, preprocess=settings)
    script = bundle.script(subject)
    tree = ast.parse(script)
    assert len([line for line in script.splitlines() if line.strip()]) <= 22
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)]
        )
    }
    assert imported <= {"sys", "csv", "pathlib", "numpy", "onnxruntime", "PIL"}
    assert max(map(len, script.splitlines())) <= 120


def test_a_bundle_is_onnx(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"bundle \(--bundle\) .* its format is onnx; received pt2"):
        pn.export(small(), format="pt2", bundle=True, output=tmp_path / "given", preprocess=PREPROCESS)


def test_what_is_there_is_somebodys(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "given").mkdir()
    with pytest.raises(ArgumentError, match="is there already; name another file"):
        pn.export(small(), bundle=True, output=tmp_path / "given", preprocess=PREPROCESS, style="quiet")
    (tmp_path / "small.batch.onnx").write_text("mine")
    with pytest.raises(ArgumentError, match=r"small\.batch\.onnx is there already"):
        pn.export(small(), output=tmp_path / "small.onnx", preprocess=PREPROCESS, style="quiet")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["given", "small.batch.onnx"]
    assert (tmp_path / "small.batch.onnx").read_text() == "mine"


def test_who_stops_it_is_left_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle of moving the files, the last moment there is."""
    pytest.importorskip("onnxruntime")
    replace, moved = Path.replace, []

    def stopped(self: Path, target: Path) -> Path:
        if len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", stopped)
    output = tmp_path / "new" / "folder" / "small.onnx"
    with pytest.raises(KeyboardInterrupt):
        pn.export(small(), output=output, preprocess=PREPROCESS, style="quiet")
    assert len(moved) == 2
    assert list(tmp_path.iterdir()) == []
