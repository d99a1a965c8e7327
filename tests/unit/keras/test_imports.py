"""``import keras`` and ``import tensorflow`` in a program: old paths lead to Keras's own objects, or to Prunelle's."""

from __future__ import annotations

import functools
import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from prunelle.errors import PrunelleError
from prunelle.keras import compat, imports
from prunelle.keras.floor import keras

LAYERS = keras.layers


@pytest.mark.usefixtures("keras_2")
@pytest.mark.parametrize(
    ("path", "name", "home"),
    [
        ("keras", "Sequential", "keras"),
        ("keras.layers.core", "Dense", "keras.layers"),
        ("keras.layers.convolutional", "MaxPooling2D", "keras.layers"),
        ("keras.layers.normalization", "BatchNormalization", "keras.layers"),
        ("keras.layers.advanced_activations", "LeakyReLU", "keras.layers"),
        ("keras.layers.experimental.preprocessing", "RandomFlip", "keras.layers"),
        ("keras.engine.topology", "Layer", "keras.layers"),
        ("keras.engine.training", "Model", "keras"),
        ("keras.utils.np_utils", "to_categorical", "prunelle.keras.names.utils"),
        ("keras.utils.vis_utils", "plot_model", "prunelle.keras.names.utils"),
        ("keras.preprocessing.image", "ImageDataGenerator", "prunelle.keras.preprocessing.image"),
        ("keras_preprocessing.image", "ImageDataGenerator", "prunelle.keras.preprocessing.image"),
        ("keras.applications.vgg16", "preprocess_input", "keras.applications.vgg16"),
        ("keras.applications", "VGG16", "prunelle.keras.names.applications"),
        ("keras.optimizers.legacy", "SGD", "keras.optimizers"),
        ("tensorflow.keras.layers", "Conv2D", "keras.layers"),
        ("tensorflow.keras.applications.xception", "Xception", "prunelle.keras.names.applications"),
        ("tensorflow.python.keras.models", "load_model", "prunelle.keras.names.models"),
        ("keras.datasets.mnist", "load_data", "prunelle.keras.names.datasets.mnist"),
    ],
)
def test_a_name_is_the_same_object_wherever_it_is_imported_from(path: str, name: str, home: str) -> None:
    real = (
        functools.reduce(getattr, home.split(".")[1:], keras)
        if home.startswith("keras")
        else importlib.import_module(home)
    )
    expected = getattr(real, name)
    assert getattr(importlib.import_module(path), name) is expected
    within: dict[str, object] = {}
    exec(f"from {path} import {name}", within)
    assert within[name] is expected


@pytest.mark.usefixtures("keras_2")
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
    assert within["a"] is within["b"] is within["c"] is within["Dense"] is LAYERS.Dense
    assert within["pooling"] is LAYERS.MaxPooling2D
    assert callable(within["K"].image_data_format)  # type: ignore[attr-defined]
    assert callable(within["mnist"].load_data)  # type: ignore[attr-defined]
    assert within["keras"].__version__ == "2.3.1"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("keras_2")
def test_every_old_path_leads_somewhere() -> None:
    for path in imports.MOVED:
        module = importlib.import_module(f"keras.{path}")
        assert module.__all__, path


@pytest.mark.usefixtures("keras_2")
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "from keras.layers import Densee",
            "neither Keras 3.15 nor Prunelle has keras.layers.Densee. Did you mean 'Dense'?",
        ),
        (
            "import keras.layer",
            "neither Keras 3.15 nor Prunelle has keras.layer. Did you mean 'Layer' or 'layers'",
        ),
        (
            "from keras import laiers",
            "neither Keras 3.15 nor Prunelle has keras.laiers. Did you mean 'layers'",
        ),
        (
            "from tensorflow.keras.layers import CuDNNLSTM5",
            "neither Keras 3.15 nor Prunelle has tensorflow.keras.layers.CuDNNLSTM5.",
        ),
    ],
)
def test_what_is_absent_is_an_import_error_that_says_so(statement: str, said: str) -> None:
    with pytest.raises(ImportError) as caught:
        exec(statement, {})
    assert isinstance(caught.value, PrunelleError)
    assert str(caught.value).startswith(said)
    assert str(caught.value).endswith(
        "What there is: docs/keras-coverage.md, or the command: prunelle run --covered."
    )


@pytest.mark.usefixtures("keras_2")
def test_an_absent_attribute_says_so_too_and_hasattr_says_no() -> None:
    keras = importlib.import_module("keras")
    with pytest.raises(
        AttributeError,
        match=r"neither Keras 3\.15 nor Prunelle has keras\.layers\.Con2D\. Did you mean 'Conv2D'",
    ) as error:
        _ = keras.layers.Con2D
    assert isinstance(error.value, imports.NotThere)
    assert not hasattr(keras.layers, "LSTMN")
    tensorflow = importlib.import_module("tensorflow")
    with pytest.raises(AttributeError, match=r"Prunelle has no tf\.SparsestTensor\."):
        _ = tensorflow.SparsestTensor


@pytest.mark.usefixtures("keras_2")
def test_a_program_may_try_and_do_without() -> None:
    within: dict[str, object] = {}
    exec("try:\n    from keras.layers import GRUX\nexcept ImportError:\n    GRUX = None\n", within)
    assert within["GRUX"] is None


def test_nothing_is_left_and_another_keras_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    other, part = ModuleType("keras"), ModuleType("keras.layers")
    monkeypatch.setitem(sys.modules, "keras", other)
    monkeypatch.setitem(sys.modules, "keras.layers", part)
    finders = list(sys.meta_path)
    with compat():
        module = importlib.import_module("keras.layers")
        assert module.Dense is LAYERS.Dense
        importlib.import_module("tensorflow.keras")
    assert sys.modules["keras"] is other
    assert sys.modules["keras.layers"] is part
    assert "tensorflow" not in sys.modules
    assert not vars(other).keys() & {"layers", "Sequential"}
    assert sys.meta_path == finders


def test_other_packages_are_none_of_its_business() -> None:
    finder = imports.Finder(lambda: None)
    assert finder.find_spec("numpy", None) is None
    assert finder.find_spec("keras_tuner", None) is None


def test_tensorboard_is_told_that_there_is_no_tensorflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As ``tensorboard.compat`` asks: it would write its files through our alias otherwise."""
    inside = tmp_path / "tensorboard" / "compat"
    inside.mkdir(parents=True)
    (tmp_path / "tensorboard" / "__init__.py").touch()
    (inside / "__init__.py").write_text(
        "try:\n    from tensorboard.compat import notf\n    found = 'stub'\n"
        "except ImportError:\n    import tensorflow as found\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    try:
        with compat():
            importlib.import_module("tensorflow")
            assert importlib.import_module("tensorboard.compat").found == "stub"
        assert "tensorboard.compat.notf" not in sys.modules
    finally:  # by hand: what monkeypatch takes out, it puts back
        for name in ("tensorboard", "tensorboard.compat"):
            sys.modules.pop(name, None)
