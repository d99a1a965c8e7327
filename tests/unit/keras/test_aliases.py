"""``import keras`` means ``prunelle.keras`` while it is asked for, old paths included, and says what it has not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import prunelle.keras
from prunelle.errors import PrunelleError
from prunelle.keras import absent, aliases, layers


@pytest.fixture
def installed() -> Iterator[None]:
    with aliases.installed():
        yield


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("path", "name", "home"),
    [
        ("keras", "Sequential", "models"),
        ("keras.layers", "Dense", "layers"),
        ("keras.layers.core", "Dense", "layers"),
        ("keras.layers.convolutional", "MaxPooling2D", "layers"),
        ("keras.layers.normalization", "BatchNormalization", "layers"),
        ("keras.layers.advanced_activations", "LeakyReLU", "layers"),
        ("keras.layers.experimental.preprocessing", "RandomFlip", "layers"),
        ("keras.engine.topology", "Layer", "layers"),
        ("keras.engine.training", "Model", "models"),
        ("keras.utils.np_utils", "to_categorical", "utils"),
        ("keras.utils.vis_utils", "plot_model", "utils"),
        ("keras.preprocessing.image", "ImageDataGenerator", "preprocessing.image"),
        ("keras.applications.vgg16", "preprocess_input", "applications.vgg16"),
        ("keras.applications", "VGG16", "applications.vgg16"),
        ("keras.optimizers.legacy", "SGD", "optimizers"),
        ("tensorflow.keras.layers", "Conv2D", "layers"),
        ("tensorflow.keras.applications.inception_v3", "InceptionV3", "applications.inception_v3"),
        ("tensorflow.python.keras.models", "load_model", "models"),
        ("keras.datasets.mnist", "load_data", "datasets.mnist"),
    ],
)
def test_a_name_is_the_same_object_wherever_it_is_imported_from(path: str, name: str, home: str) -> None:
    expected = getattr(importlib.import_module(f"prunelle.keras.{home}"), name)
    assert getattr(importlib.import_module(path), name) is expected
    within: dict[str, object] = {}
    exec(f"from {path} import {name}", within)
    assert within[name] is expected


@pytest.mark.usefixtures("installed")
def test_usual_ways_of_importing() -> None:
    within: dict[str, object] = {}
    exec(
        "import keras, keras.backend as K\n"
        "from keras import layers, applications\n"
        "from keras.layers import *\n"
        "import tensorflow as tf\n"
        "from tensorflow import keras as tfk\n"
        "from tensorflow.keras import datasets, models\n"
        "a, b, c = keras.layers.Dense, tf.keras.layers.Dense, tfk.layers.Dense\n"
        "pooling = keras.layers.pooling.MaxPooling2D\n"
        "mnist = keras.datasets.mnist\n",
        within,
    )
    assert within["a"] is within["b"] is within["c"] is within["Dense"] is layers.Dense
    assert within["pooling"] is layers.MaxPooling2D
    assert callable(within["K"].image_data_format)  # type: ignore[attr-defined]
    assert callable(within["mnist"].load_data)  # type: ignore[attr-defined]
    assert within["keras"].__version__.startswith("2.")  # type: ignore[attr-defined]


def test_every_alias_leads_somewhere() -> None:
    with aliases.installed():
        for path in aliases.ALIASES:
            module = importlib.import_module(f"keras.{path}".rstrip("."))
            assert all(getattr(module, name) is not None for name in module.__all__), path


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "from keras.layers import Densee",
            "Prunelle does not have keras.layers.Densee. Did you mean 'Dense'?",
        ),
        ("import keras.layer", "Prunelle does not have keras.layer. Did you mean 'layers'"),
        ("from keras import laiers", "Prunelle does not have keras.laiers. Did you mean 'layers'"),
        ("from tensorflow.keras.layers import LSTM", "Prunelle does not have tensorflow.keras.layers.LSTM."),
        ("import keras.wrappers.scikit_learn", "Prunelle does not have keras.wrappers."),
    ],
)
def test_what_is_absent_is_an_import_error_that_says_so(statement: str, said: str) -> None:
    with pytest.raises(ImportError) as caught:
        exec(statement, {})
    assert isinstance(caught.value, PrunelleError)
    assert str(caught.value).startswith(said)
    assert str(caught.value).endswith(
        "What it has of Keras: docs/keras-coverage.md, or the command: prunelle run --covered."
    )


@pytest.mark.usefixtures("installed")
def test_an_absent_attribute_says_so_too_and_hasattr_says_no() -> None:
    keras = importlib.import_module("keras")
    with pytest.raises(
        AttributeError, match=r"Prunelle does not have keras\.layers\.Con2D\. Did you mean 'Conv2D'"
    ) as error:
        _ = keras.layers.Con2D
    assert isinstance(error.value, absent.NotCovered)
    assert not hasattr(keras.layers, "LSTM")
    tensorflow = importlib.import_module("tensorflow")
    with pytest.raises(AttributeError, match=r"Prunelle does not have tensorflow\.SparseTensor"):
        _ = tensorflow.SparseTensor


@pytest.mark.usefixtures("installed")
def test_a_program_may_try_and_do_without() -> None:
    within: dict[str, object] = {}
    exec("try:\n    from keras.layers import GRU\nexcept ImportError:\n    GRU = None\n", within)
    assert within["GRU"] is None


def test_the_same_without_the_finder() -> None:
    with pytest.raises(
        AttributeError, match=r"Prunelle does not have keras\.layers\.Densee\. Did you mean 'Dense'"
    ):
        _ = prunelle.keras.layers.Densee


def test_nothing_is_left_and_another_keras_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    other, part = ModuleType("keras"), ModuleType("keras.layers")
    monkeypatch.setitem(sys.modules, "keras", other)
    monkeypatch.setitem(sys.modules, "keras.layers", part)
    finders = list(sys.meta_path)
    with aliases.installed():
        module = importlib.import_module("keras.layers")
        assert module.Dense is layers.Dense
        importlib.import_module("tensorflow.keras")
    assert sys.modules["keras"] is other
    assert sys.modules["keras.layers"] is part
    assert "tensorflow" not in sys.modules
    assert not vars(other).keys() & {"layers", "Sequential"}
    assert sys.meta_path == finders


def test_other_packages_are_none_of_its_business() -> None:
    finder = aliases.AliasFinder()
    assert finder.find_spec("numpy", None) is None
    assert finder.find_spec("keras_tuner", None) is None


def test_tensorboard_is_told_that_there_is_no_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``tensorboard.compat`` asks: it would write its files through our alias otherwise."""
    compat = tmp_path / "tensorboard" / "compat"
    compat.mkdir(parents=True)
    (tmp_path / "tensorboard" / "__init__.py").touch()
    (compat / "__init__.py").write_text(
        "try:\n    from tensorboard.compat import notf\n    found = 'stub'\n"
        "except ImportError:\n    import tensorflow as found\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    with aliases.installed():
        importlib.import_module("tensorflow")
        assert importlib.import_module("tensorboard.compat").found == "stub"
    assert "tensorboard.compat.notf" not in sys.modules
    for name in ("tensorboard", "tensorboard.compat"):
        monkeypatch.delitem(sys.modules, name)
