"""Models of course programs taken away: branches that Keras's own layers join; the oracle is what Keras answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import prunelle as pn
from prunelle.exports.formats import FORMATS
from prunelle.jobs import exporting
from prunelle.keras.as_network import as_network
from prunelle.keras.floor import keras
from prunelle.runs.listener import Quiet


@pytest.fixture(scope="module")
def model():
    """Residual and parallel branches, padded and cut, as in programs of Inception and ResNet."""
    layers = keras.layers
    keras.utils.set_random_seed(0)
    given = keras.Input((12, 12, 3))
    first = layers.Conv2D(4, 3, padding="same", activation="relu")(given)
    second = layers.Conv2D(4, 3, activation="relu")(layers.ZeroPadding2D(1)(first))
    joined = layers.Concatenate()([layers.Add()([first, second]), layers.Maximum()([first, second])])
    mixed = layers.Multiply()([joined, layers.Average()([joined, joined])])
    pooled = layers.MaxPooling2D()(layers.Cropping2D(2)(mixed))
    flat = layers.Flatten()(layers.Reshape((2, 8, 8))(pooled))
    return keras.Model(given, layers.Dense(3, activation="softmax")(flat))


@pytest.mark.parametrize("name", FORMATS)
def test_branches_that_are_joined_are_taken_away(model, name: str, tmp_path: Path) -> None:
    form = FORMATS[name]
    for needed in form.needs:
        pytest.importorskip(needed)
    preprocess = pn.Preprocess(size=(12, 12), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    network = as_network(model, gives_logits=False)
    made = pn.export(
        network,
        format=name,
        output=tmp_path / f"program{form.suffix}",
        preprocess=preprocess,
        classes="abc",
        style="quiet",
    )
    assert all(row.otherwise == () for row in made.check.rows[:2])
    pictures = np.random.default_rng(0).random((5, 12, 12, 3), dtype=np.float32)
    subject = exporting.subject_of(exporting.given_of(network, None, preprocess, "abc"), Quiet())
    given = form.open(made.path, subject).batch(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
    assert np.abs(given - model.predict(pictures, verbose=0)).max() < form.close(made.path)
