"""Prunelle's own files of models: what they hold, and that older ones are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from prunelle.errors import PrunelleError, WeightsError
from prunelle.keras import compat, own_files
from prunelle.keras.floor import keras
from prunelle.keras.generations import Generation
from prunelle.training.checkpoint import save_tensors


def test_a_model_comes_back_with_its_moments(tmp_path: Path) -> None:
    x, y = np.random.RandomState(0).rand(12, 5), np.arange(12) % 3
    with compat("2.3"):
        model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, verbose=0)
        own_files.write_model(model, tmp_path / "a.h5", Generation.KERAS_2)
        from keras.models import load_model

        read = load_model(tmp_path / "a.h5")
        np.testing.assert_array_equal(read.predict(x), model.predict(x))
        # The next step is the same only with the same moments.
        for each in (model, read):
            each.fit(x, y, batch_size=12, shuffle=False, verbose=0)
        for ours, theirs in zip(read.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-7)
    assert own_files.generation_of(tmp_path / "a.h5") == Generation.KERAS_2


def test_a_file_of_prunelle_before_it_stood_on_keras_3(tmp_path: Path) -> None:
    """Written by hand in the form of then: a configuration with ``calls``, weights by a number and a path."""
    kernel, bias = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([0.5, -0.5])
    config = {
        "name": "model",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 2], "dtype": "float32", "name": "input_1"},
                "name": "input_1",
                "calls": [],
            },
            {
                "class_name": "Dense",
                "config": {"name": "dense_1", "units": 2, "activation": "linear", "use_bias": True},
                "name": "dense_1",
                "calls": [{"inputs": [["input_1", 0, 0]], "list": False}],
            },
        ],
        "input_layers": [["input_1", 0, 0]],
        "output_layers": [["dense_1", 0, 0]],
    }
    names = ["0000.dense_1/kernel", "0001.dense_1/bias"]
    about = {
        "kind": "prunelle.keras",
        "model": {"class_name": "Functional", "config": config},
        "weights": names,
    }
    save_tensors(tmp_path / "old.h5", dict(zip(names, (kernel, bias), strict=True)), about)
    with compat("2.3"):
        from keras.models import load_model

        model = load_model(str(tmp_path / "old.h5"))
        # [1, 1] · kernel + bias
        assert model.predict(np.array([[1.0, 1.0]])).tolist() == [[4.5, 5.5]]


def test_what_is_none_of_them_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"nothing at all")
    with pytest.raises(WeightsError, match="neither safetensors nor HDF5"):
        own_files.read_model(tmp_path / "a.h5")
    save_tensors(tmp_path / "b.safetensors", {"a": torch.zeros(1)}, {"kind": "something else"})
    with pytest.raises(WeightsError, match="none that a Keras model wrote"):
        own_files.read_model(tmp_path / "b.safetensors")


def test_functions_of_another_program_are_not_read(tmp_path: Path) -> None:
    with compat("2.3"):
        model = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda t: t * 2)])
        own_files.write_model(model, tmp_path / "a.safetensors", Generation.KERAS_2)
        again = own_files.read_model(tmp_path / "a.safetensors")  # the program that wrote it has the function
        assert again.predict(np.ones((1, 2))).tolist() == [[2.0, 2.0]]
    with compat("2.3"), pytest.raises((PrunelleError, ValueError), match=r"Lambda|lambda"):
        own_files.read_model(tmp_path / "a.safetensors")
