"""A cross-validation taken away: its networks answer together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import prunelle as pn


def test_a_file_answers_with_the_mean_of_all_networks(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    data = pn.load("digits")
    folds = pn.cross_validate("dense", data, folds=2, epochs=1, output=tmp_path / "folds", style="quiet")
    made = pn.export(folds, output=tmp_path / "both.onnx", check=data, style="quiet")
    assert [len(row.otherwise) for row in made.check.rows] == [0, 0, 0]
    picture = np.repeat(np.asarray(data.test.array[0]).reshape(8, 8, 1), 3, axis=2)
    session = onnxruntime.InferenceSession(made.path)
    (given,) = session.run(None, {"picture": picture})
    alone = [
        pn.export(run, output=tmp_path / f"{k}.onnx", check=data, style="quiet").path
        for k, run in enumerate(folds.runs)
    ]
    each = [onnxruntime.InferenceSession(file).run(None, {"picture": picture})[0] for file in alone]
    assert np.abs(given - np.mean(each, axis=0)).max() < 1e-5
