"""The callback ``TensorBoard``, its files read back by TensorBoard; tags and steps are those of tf.keras 2.21.

Measured with a program of the same model: two epochs of two batches, a ``LearningRateScheduler``, an ``evaluate``.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prunelle.errors import ArgumentError
from prunelle.keras import compat
from prunelle.keras.tensorboard import as_pictures

X = np.random.default_rng(0).normal(size=(40, 6, 6, 1)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, 40)


@pytest.fixture(autouse=True)
def _with_tensorboard(request: pytest.FixtureRequest) -> None:
    if "without_package" not in request.fixturenames:
        pytest.importorskip(
            "tensorboard", reason="reads the files back with the package tensorboard, which is an extra"
        )


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where nobody has installed it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)


def trained(folder: Path, *more: Any, evaluate: bool = False, **options: Any) -> Any:
    """A training of a program, inside ``compat``."""
    from tensorflow import keras

    keras.backend.clear_session()
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Conv2D(2, 3, input_shape=(6, 6, 1)),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    board = keras.callbacks.TensorBoard(str(folder), **options)
    rate = keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    history = model.fit(
        X, Y, epochs=2, batch_size=16, validation_split=0.2, verbose=0, callbacks=[rate, board, *more]
    )
    if evaluate:
        model.evaluate(X, Y, verbose=0, callbacks=[board])
    return history.history


def read(folder: Path) -> dict[str, list[tuple[int, Any]]]:
    """What TensorBoard finds in a folder: by tag, steps and values."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    found = defaultdict(list)
    for path in sorted(folder.glob("events.out.tfevents.*.v2"), key=lambda path: int(path.suffixes[-2][1:])):
        events = EventAccumulator(str(path), size_guidance={"tensors": 0}).Reload()
        for tag in events.Tags()["tensors"]:
            found[tag] += [
                (each.step, tensor_util.make_ndarray(each.tensor_proto)) for each in events.Tensors(tag)
            ]
    return dict(found)


def steps(folder: Path) -> dict[str, list[int]]:
    return {tag: [step for step, _ in values] for tag, values in read(folder).items()}


@pytest.mark.parametrize(
    ("generation", "rate"), [("1", "lr"), ("2.3", "lr"), ("tf2", "lr"), ("3", "learning_rate")]
)
def test_curves_are_where_tf_keras_puts_them(generation: str, rate: str, tmp_path: Path) -> None:
    with compat(generation):
        history = trained(tmp_path, evaluate=True, write_graph=False)
    train, validation = read(tmp_path / "train"), read(tmp_path / "validation")
    assert set(train) == {"epoch_loss", "epoch_accuracy", f"epoch_{rate}"}
    for split, prefix in ((train, ""), (validation, "val_")):
        assert [step for step, _ in split["epoch_loss"]] == [0, 1]
        np.testing.assert_allclose(
            [value for _, value in split["epoch_loss"]], history[f"{prefix}loss"], rtol=1e-6
        )
    assert [float(value) for _, value in train[f"epoch_{rate}"]] == pytest.approx([0.1, 0.05])
    assert steps(tmp_path / "validation") == {
        "evaluation_loss_vs_iterations": [2, 4, 4],
        "evaluation_accuracy_vs_iterations": [2, 4, 4],
        "epoch_loss": [0, 1],
        "epoch_accuracy": [0, 1],
    }


def test_figures_of_batches(tmp_path: Path) -> None:
    with compat("tf2"):
        trained(tmp_path / "two", update_freq=2, write_steps_per_second=True, write_graph=False)
        trained(tmp_path / "all", update_freq="batch", write_graph=False)
    found = steps(tmp_path / "two" / "train")
    assert {tag: found[tag] for tag in found if tag.startswith("batch_")} == {
        "batch_steps_per_second": [2, 4],
        "batch_loss": [2, 4],
        "batch_accuracy": [2, 4],
    }
    assert found["epoch_steps_per_second"] == [0, 1]
    assert steps(tmp_path / "all" / "train")["batch_loss"] == [1, 2, 3, 4]
    # The mean so far in the epoch: that of its last batch is the epoch's.
    values = read(tmp_path / "all" / "train")
    assert float(values["batch_loss"][1][1]) == pytest.approx(float(values["epoch_loss"][0][1]), rel=1e-5)


@pytest.mark.parametrize(("generation", "end"), [("tf2", "_0"), ("3", "")])
def test_weights(generation: str, end: str, tmp_path: Path) -> None:
    with compat(generation):
        trained(tmp_path, histogram_freq=1, write_images=True, write_graph=False)
    found = read(tmp_path / "train")
    sizes = {"conv2d/kernel": 18, "conv2d/bias": 2, "dense/kernel": 96, "dense/bias": 3}
    pictures = {"conv2d/kernel": 2, "conv2d/bias": 1, "dense/kernel": 1, "dense/bias": 1}
    for name, size in sizes.items():
        histograms = found[f"{name}{end}/histogram"]
        assert [(step, values.shape, values[:, 2].sum()) for step, values in histograms] == [
            (0, (30, 3), size),
            (1, (30, 3), size),
        ]
        # Width, height, and a picture each; (32, 3) lies down.
        (_, packed), _ = found[f"{name}{end}/image"]
        assert len(packed) == 2 + pictures[name]
        assert Image.open(io.BytesIO(packed[2])).size == (int(packed[0]), int(packed[1]))
    assert [int(each) for each in found[f"dense/kernel{end}/image"][0][1][:2]] == [32, 3]


def test_the_model_is_drawn_by_tensorboard(tmp_path: Path) -> None:
    from tensorboard.plugins.graph import keras_util

    with compat("tf2"):
        trained(tmp_path)
    import json

    ((step, described),) = read(tmp_path / "train")["keras"]
    assert step == 0
    graph = keras_util.keras_model_to_graph_def(json.loads(described.item()))
    drawn = {node.name.partition("/")[2]: list(node.input) for node in graph.node}
    assert {"conv2d", "flatten", "dense"} <= set(drawn)
    assert [each.rpartition("/")[2] for each in drawn["dense"]] == ["flatten"]


def test_embeddings_are_tables_that_the_projector_reads(tmp_path: Path) -> None:
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    with compat("2.3"):
        import keras

        model = keras.models.Sequential(
            [
                keras.layers.Embedding(5, 2, input_length=3, name="mots"),
                keras.layers.Flatten(),
                keras.layers.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        board = keras.callbacks.TensorBoard(
            str(tmp_path), embeddings_freq=1, embeddings_metadata={"mots": "mots.tsv"}
        )
        model.fit(np.arange(12).reshape(4, 3) % 5, np.zeros(4), epochs=1, verbose=0, callbacks=[board])
        weights = model.get_weights()[0]
        wrong = keras.callbacks.TensorBoard(
            str(tmp_path), embeddings_freq=1, embeddings_metadata={"mos": "mots.tsv"}
        )
        with pytest.raises(
            ArgumentError, match=r"unknown embedding layer in embeddings_metadata 'mos'\. Did you mean"
        ):
            model.fit(np.zeros((4, 3)), np.zeros(4), verbose=0, callbacks=[wrong])
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (only,) = config.embeddings
    assert (only.tensor_name, only.metadata_path) == ("mots", "mots.tsv")
    np.testing.assert_allclose(np.loadtxt(tmp_path / only.tensor_path), weights, rtol=1e-6)


def test_arguments_by_their_place_are_those_of_each_keras(tmp_path: Path) -> None:
    places = {
        "1": (2, False, True),
        "2.3": (2, 32, False, False, True),
        "tf2": (2, False, True),
        "3": (2, False, True),
    }
    for generation, given in places.items():
        with compat(generation):
            from keras.callbacks import TensorBoard

            board = TensorBoard(str(tmp_path), *given)
            assert (board.histogram_freq, board.write_graph, board.write_images) == (2, False, True)
    with compat("tf2"):
        from tensorflow.keras.callbacks import TensorBoard

        with pytest.raises(
            ArgumentError, match=r"unknown argument of TensorBoard 'histogram_frq'\. Did you mean"
        ):
            TensorBoard(histogram_frq=1)
        with pytest.raises(ArgumentError, match="takes 9 values by place; received 13"):
            TensorBoard(*range(13))


def test_what_is_without_effect_is_told_once(tmp_path: Path) -> None:
    for generation in ("tf2", "2.3"):  # once in each program
        with compat(generation), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            from tensorflow.keras.callbacks import TensorBoard

            for _ in range(2):
                TensorBoard(
                    str(tmp_path),
                    profile_batch="10,20",
                    write_grads=True,
                    batch_size=32,
                    embeddings_data=None,
                )
            TensorBoard(str(tmp_path), profile_batch=0, write_grads=False)
        assert [str(each.message) for each in told] == [
            f"TensorBoard's {name} is without effect: it was for TensorFlow's own computation."
            for name in ("write_grads", "profile_batch")
        ]


def test_a_program_s_own_class(tmp_path: Path) -> None:
    """As programs have it: the learning rate beside the figures, and a method of its own at batches."""
    with compat("tf2"):
        from tensorflow.keras import backend as K
        from tensorflow.keras.callbacks import TensorBoard

        class WithRate(TensorBoard):  # type: ignore[misc, valid-type]
            batches = 0

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                self.batches += 1

            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                logs = logs or {}
                logs.update({"taux": K.eval(self.model.optimizer.lr)})
                super().on_epoch_end(epoch, logs)

        board = WithRate(log_dir=str(tmp_path / "own"))
        trained(tmp_path / "plain", board)
    assert board.batches == 4
    assert [float(value) for _, value in read(tmp_path / "own" / "train")["epoch_taux"]] == pytest.approx(
        [0.1, 0.05]
    )


def test_batches_are_left_alone_where_it_has_nothing_to_do_there(tmp_path: Path) -> None:
    from prunelle.keras.callbacks import _listens

    with compat("tf2"):
        from tensorflow.keras.callbacks import TensorBoard

        assert not _listens(TensorBoard(str(tmp_path)), "train", "end")
        assert _listens(TensorBoard(str(tmp_path), update_freq=10), "train", "end")


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with (
        compat("tf2"),
        pytest.warns(UserWarning, match=r"files are not written in .*logs/train: .*The program goes on"),
    ):
        assert len(trained(tmp_path / "logs", histogram_freq=1)["loss"]) == 2


def test_values_that_are_not_finite_stop_nothing(tmp_path: Path) -> None:
    with compat("tf2"):
        from tensorflow import keras

        model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
        model.compile("sgd", "mse")
        board = keras.callbacks.TensorBoard(str(tmp_path), histogram_freq=1, write_images=True)
        model.fit(np.full((4, 2), np.nan), np.zeros(4), verbose=0, callbacks=[board])
    assert np.isnan(read(tmp_path / "train")["epoch_loss"][0][1])


def test_pictures_of_weights() -> None:
    assert [None if (found := as_pictures(np.zeros(shape))) is None else found.shape for shape in SHAPES] == [
        *((1, 7, 1, 1), (1, 2, 5, 1), (1, 2, 5, 1), (8, 3, 4, 1), (3, 3, 5, 3), None, None),
    ]


SHAPES = [(7,), (2, 5), (5, 2), (3, 4, 1, 8), (3, 3, 5, 3), (3, 3, 5, 6), (2, 2, 2, 2, 2)]


@pytest.mark.usefixtures("without_package")
@pytest.mark.parametrize("generation", ["2.3", "tf2"])
def test_without_the_package_it_is_told_once_and_the_training_goes_on(
    generation: str, tmp_path: Path
) -> None:
    with compat(generation), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for name in ("one", "two"):
            history = trained(
                tmp_path / name, evaluate=True, histogram_freq=1, write_images=True, update_freq="batch"
            )
            assert len(history["loss"]) == 2
    said = [str(each.message) for each in told if "TensorBoard" in str(each.message)]
    assert said == [
        "TensorBoard's files are not written: they need the package tensorboard. pip install 'prunelle[tensorboard]'"
    ]
    assert not any(tmp_path.rglob("events.out*"))
    # At the program's own line, not at one within Keras or Prunelle.
    assert {each.filename for each in told if "TensorBoard" in str(each.message)} == {__file__}
