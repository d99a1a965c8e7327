"""The contract of a format: every one writes a small network of pictures, and answers as it does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle.errors import ArgumentError, ExportError
from prunelle.exports.formats import FORMATS
from prunelle.exports.onnx_format import OnnxRuntime

HOUSE = str(Path(pn.__file__).parent).encode()
PREPROCESS = pn.Preprocess(size=(20, 20), mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 81, 3)
    )


@pytest.mark.parametrize("name", FORMATS)
def test_a_module_is_written_and_answers_as_it_does(name: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    for needed in form.needs:
        pytest.importorskip(needed)
    made = pn.export(
        small(),
        format=name,
        output=tmp_path / f"small{form.suffix}",
        preprocess=PREPROCESS,
        classes="abc",
        style="quiet",
    )
    assert made.path == tmp_path / f"small{form.suffix}"
    assert all(file.is_file() for file in made.files)
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(each.name for each in made.files)
    assert [row.entry for row in made.check.rows] == ["batch of 1", "batch", "raw"]
    assert all(row.n >= 100 for row in made.check.rows)
    for file in made.files:  # nothing says where this machine keeps its programs
        assert not any(path in file.read_bytes() for path in (HOUSE, b"site-packages"))
    told = json.loads((tmp_path / f"small{form.suffix}.json").read_text())
    assert told["format"] == name
    assert max(row["apart"] for row in told["rows"][:2]) <= form.close(made.path)
    with pytest.raises(ArgumentError, match="is there already; name another file"):
        pn.export(small(), format=name, output=made.path, preprocess=PREPROCESS, style="quiet")


def test_formats_stand_beside_each_other(tmp_path: Path) -> None:
    for name in ("onnx", "pt2"):
        for needed in FORMATS[name].needs:
            pytest.importorskip(needed)
        pn.export(
            small(), format=name, output=tmp_path / f"small.{name}", preprocess=PREPROCESS, style="quiet"
        )
    names = {each.name for each in tmp_path.iterdir()}
    assert names >= {
        "small.onnx",
        "small.onnx.json",
        "small.onnx.md",
        "small.pt2",
        "small.pt2.json",
        "small.pt2.md",
    }


def test_a_file_that_answers_otherwise_is_an_error_and_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime")
    batch = OnnxRuntime.batch
    monkeypatch.setattr(OnnxRuntime, "batch", lambda self, given: np.roll(batch(self, given), 1, axis=1))
    with pytest.raises(
        ExportError, match=r"does not answer as the network does: from prepared batches .* of 200"
    ):
        pn.export(small(), output=tmp_path / "small.onnx", preprocess=PREPROCESS, style="quiet")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_installed_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FORMATS["onnx"].__class__, "needs", ("a_module_that_nobody_has",))
    with pytest.raises(ArgumentError, match=r"pip install 'prunelle\[export\]'"):
        pn.export(small(), output=tmp_path / "small.onnx", preprocess=PREPROCESS, style="quiet")


def test_a_module_needs_its_preprocessing_said(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="preprocess must say how the examples"):
        pn.export(small(), output=tmp_path / "small.onnx", style="quiet")


def test_another_ending_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(ArgumentError, match=r"must end in .onnx; received"):
        pn.export(small(), output=tmp_path / "small.pb", preprocess=PREPROCESS, style="quiet")
