"""Programs of ``torch.export``: opened by PyTorch alone, in a process that cannot import Prunelle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle import networks
from prunelle.data.series.container import Series
from prunelle.data.series.prepare import prepare
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ExportError
from prunelle.exports.format import Settings
from prunelle.exports.pt2_format import Pt2
from prunelle.jobs import exporting
from tests.exports.test_formats import PREPROCESS, small

ELSEWHERE = """
import json, sys
import numpy as np, torch
sys.modules["prunelle"] = None  # an import of it fails
said = {"classes": "", "preprocess": ""}
raw = torch.export.load(sys.argv[1] + "/small.pt2", extra_files=said).module()
batch = torch.export.load(sys.argv[1] + "/small.batch.pt2").module()
picture, prepared = (torch.from_numpy(np.load(f"{sys.argv[1]}/{name}.npy")) for name in ("picture", "prepared"))
print(json.dumps({
    "classes": json.loads(said["classes"]), "size": json.loads(said["preprocess"])["size"],
    "raw": raw(picture).tolist(), "batch": batch(prepared).tolist(), "one": batch(prepared[:1]).tolist(),
}))
"""


def test_pytorch_alone_answers_as_the_network_does(tmp_path: Path) -> None:
    network = small()
    made = pn.export(
        network,
        format="pt2",
        output=tmp_path / "small.pt2",
        preprocess=PREPROCESS,
        classes="abc",
        style="quiet",
    )
    assert [file.name for file in made.files][:2] == ["small.pt2", "small.batch.pt2"]
    draw = np.random.default_rng(5)
    picture = draw.integers(0, 256, (20, 20, 3), dtype=np.uint8)
    prepared = draw.normal(size=(7, 3, 20, 20)).astype(np.float32)
    np.save(tmp_path / "picture.npy", picture)
    np.save(tmp_path / "prepared.npy", prepared)
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    assert told["classes"] == ["a", "b", "c"]
    assert told["size"] == [20, 20]
    mean, std = np.float32(PREPROCESS.mean), np.float32(PREPROCESS.std)
    by_hand = torch.from_numpy((picture / np.float32(255) - mean) / std).permute(2, 0, 1)[None]
    network.eval()
    with torch.no_grad():
        assert np.allclose(told["raw"], network(by_hand).softmax(1)[0], atol=1e-6)
        wanted = network(torch.from_numpy(prepared)).softmax(1)
    assert np.allclose(told["batch"], wanted, atol=1e-6)
    assert np.allclose(told["one"], wanted[:1], atol=1e-6)


@pytest.mark.parametrize("fit", ["resample", "pad"])
def test_series_of_any_length_answer_as_prepared_ones_do(fit: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    lengths = (24, 40, 9, 55)
    settings = SeriesPreprocess(length=40, fit=fit, channels=2, mean=(0.1, -0.2), std=(1.5, 0.7))
    torch.manual_seed(0)
    network = networks.build(
        "fcn", num_classes=3, in_channels=2, input_size=40, **settings.network_options
    ).eval()
    subject = exporting.subject_of(exporting.Module(network=network, preprocess=settings, classes=None), None)
    written = Pt2().write(subject, tmp_path / "series.pt2", Settings())
    runtime = Pt2().open(written[0], subject)
    series = [draw.normal(size=(length, 2)).astype(np.float32) for length in lengths]
    prepared = prepare(Series.of(series), settings)
    batch = settings.normalise(torch.from_numpy(prepared).movedim(-1, 1))
    with torch.no_grad():
        wanted = network(batch).softmax(1).numpy()
    assert np.allclose(runtime.batch(batch.numpy()), wanted, atol=1e-6)
    for values, answers in zip(series, wanted, strict=True):
        assert np.allclose(runtime.raw(values), answers, atol=1e-6)


class Asks(nn.Module):
    """Its way depends on the values: no program can say it."""

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        means = batch.mean(dim=(2, 3))
        return means if means.sum() > 0 else -means


def test_a_way_that_depends_on_values_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"cannot be written as a program of PyTorch: .*data-dependent"):
        pn.export(Asks(), format="pt2", output=tmp_path / "asks.pt2", preprocess=PREPROCESS, style="quiet")
    assert list(tmp_path.iterdir()) == []
