"""``fit`` and what goes around it: sources of data, lines on the screen, callbacks, run folders."""

from __future__ import annotations

import csv
import json
import re
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prunelle.errors import CannotWrite, UnknownName
from prunelle.keras import feeding, own_files, recording
from prunelle.keras.floor import keras
from prunelle.keras.names import backend as K
from prunelle.keras.names.callbacks import ModelCheckpoint
from prunelle.keras.names.models import load_model
from prunelle.keras.pipeline.dataset import Dataset
from tests.unit.keras.oracle import numbers

callbacks, layers, Sequential = keras.callbacks, keras.layers, keras.Sequential
pytestmark = pytest.mark.usefixtures("keras_2")

X = np.random.default_rng(0).random((40, 6, 6, 1))
Y = np.arange(40) % 3


def network(named: str | None = None, **compiled: Any) -> Sequential:
    K.clear_session()
    np.random.seed(3)
    model = Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(6, 6, 1)),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name=named),
        ]
    )
    arguments = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    model.compile(**(arguments | compiled))
    return model


class Batches:
    """A ``Sequence``: remembers what it was asked for."""

    prefetchable = True

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.epochs = 0
        self.threads: set[int] = set()

    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append(index)
        self.threads.add(threading.get_ident())
        return X[index * 8 : index * 8 + 8], Y[index * 8 : index * 8 + 8]

    def on_epoch_end(self) -> None:
        self.epochs += 1


def forever() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    while True:
        for start in range(0, 40, 8):
            yield X[start : start + 8], Y[start : start + 8]


def losses(model: Sequential, *data: Any, **arguments: Any) -> list[float]:
    history = model.fit(*data, **({"verbose": 0, "epochs": 2, "shuffle": False} | arguments)).history
    return list(history["loss"])


def test_all_sources_of_the_same_batches_train_alike() -> None:
    expected = losses(network(), X, Y, batch_size=8)
    batches = Batches()
    assert losses(network(), batches) == expected
    assert batches.asked == [*range(5), *range(5)]
    assert batches.epochs == 2
    assert losses(network(), forever(), steps_per_epoch=5) == expected
    assert losses(network(), [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 40, 8)]) == expected
    assert losses(network(), torch.from_numpy(X), torch.from_numpy(Y), batch_size=8) == expected
    assert losses(network(), X.astype(np.float32), Y[:, None], batch_size=8) == pytest.approx(
        expected, rel=1e-5
    )
    model = network()
    old = model.fit_generator(
        forever(), steps_per_epoch=5.0, epochs=2, verbose=0, workers=4, max_queue_size=3
    )
    assert old.history["loss"] == expected
    assert model.evaluate_generator(forever(), steps=5) == pytest.approx(model.evaluate(X, Y, verbose=0))
    np.testing.assert_allclose(model.predict_generator(forever(), steps=5), model.predict(X), rtol=1e-5)


def test_bytes_train_as_floats_do() -> None:
    pictures = (X * 255).astype(np.uint8)
    assert losses(network(), pictures, Y) == losses(network(), pictures.astype(np.float32), Y)


def test_the_next_batch_is_made_meanwhile_but_a_generator_is_asked_in_its_own_thread() -> None:
    batches = Batches()
    losses(network(), batches)
    assert threading.get_ident() not in batches.threads

    def here() -> Iterator[Any]:
        seen.add(threading.get_ident())
        yield from forever()

    seen: set[int] = set()
    losses(network(), here(), steps_per_epoch=2)
    assert seen == {threading.get_ident()}


def test_a_callback_may_make_what_the_generator_needs(tmp_path: Path) -> None:
    """``on_train_begin`` comes before the first batch is asked for, once; as Keras's image_ocr has it."""

    class Source(keras.callbacks.Callback):  # type: ignore[misc]
        began = 0

        def on_train_begin(self, logs: Any = None) -> None:
            self.began += 1
            self.batches = forever()
            assert self.params["steps"] == 2
            assert self.params["epochs"] == 3

        def batches_of_its_own(self) -> Iterator[Any]:
            while True:
                yield next(self.batches)

    source = Source()
    with recording.recorded_program(lambda: tmp_path, "program.py"):
        history = network().fit_generator(
            source.batches_of_its_own(), 2, epochs=3, verbose=0, callbacks=[source]
        )
    assert (source.began, len(history.epoch)) == (1, 3)
    (lines,) = tmp_path.rglob("results.csv")
    assert len(list(csv.DictReader(lines.open()))) == 3


def test_an_error_in_the_data_comes_out_as_it_is_and_leaves_no_thread() -> None:
    class Broken(Batches):
        def __getitem__(self, index: int) -> Any:
            if index == 3:
                raise OSError("the disk is gone")
            return super().__getitem__(index)

    with pytest.raises(OSError, match="the disk is gone"):
        losses(network(), Broken())
    assert not [t for t in threading.enumerate() if t.name == "prunelle-read-ahead"]


def test_steps_per_epoch_goes_on_where_the_last_epoch_stopped() -> None:
    batches = iter(feeding.Batches(Batches(), 3).get_torch_dataloader())
    starts = [x[0, 0, 0, 0].item() for x, _ in (next(batches) for _ in range(6))]
    assert starts == [X[i, 0, 0, 0] for i in (0, 8, 16, 24, 32, 0)]


def test_validation_is_the_end_and_is_never_trained_on() -> None:
    model = network(optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(X, Y, validation_split=0.3, batch_size=7, verbose=0).history
    kept = model.evaluate(X[28:], Y[28:], verbose=0)
    trained = model.evaluate(X[:28], Y[:28], verbose=0)
    assert [history["val_loss"][0], history["val_accuracy"][0]] == pytest.approx(kept, rel=1e-5)
    assert [history["loss"][0], history["accuracy"][0]] == pytest.approx(trained, rel=1e-5)


def test_class_and_sample_weights_multiply() -> None:
    """By hand: the mean over examples of weight · -log(probability of the truth)."""
    model = network(optimizer=keras.optimizers.SGD(0.0))
    each = np.random.default_rng(1).random(40)
    history = model.fit(
        X, Y, batch_size=40, class_weight={0: 2.0, 1: 1.0, 2: 0.5}, sample_weight=each, verbose=0
    ).history
    probabilities = model.predict(X)[np.arange(40), Y]
    by_class = np.array([2.0, 1.0, 0.5])[Y]
    assert history["loss"][0] == pytest.approx(
        float((-np.log(probabilities) * each * by_class).mean()), rel=1e-5
    )


def test_the_lines_of_keras_2(capsys: pytest.CaptureFixture[str]) -> None:
    model = network()
    model.fit(X, Y, batch_size=8, epochs=2, validation_data=(X, Y))
    figure = r"\d+\.\d{4}(e[+-]\d\d)?"
    epoch = (
        r"5/5 \[={30}\] - \d+s \d+(us|ms|s)/step - "
        rf"loss: {figure} - accuracy: {figure} - val_loss: {figure} - val_accuracy: {figure}\n"
    )
    assert re.fullmatch(rf"Epoch 1/2\n{epoch}Epoch 2/2\n{epoch}", capsys.readouterr().out)
    model.fit(X, Y, batch_size=8, verbose=2)
    line = rf"5/5 - \d+s - loss: {figure} - accuracy: {figure} - \d+s/epoch - \d+(us|ms|s)/step\n"
    assert re.fullmatch(line, capsys.readouterr().out)
    model.evaluate(X, Y)
    assert re.fullmatch(
        rf"2/2 \[={{30}}\] - \d+s \S+/step - loss: {figure} - accuracy: {figure}\n", capsys.readouterr().out
    )
    model.fit(X, Y, verbose=0)
    model.predict(X)
    assert capsys.readouterr().out == ""


def test_a_history_of_2018_is_found_by_its_old_names() -> None:
    history = network().fit(X, Y, validation_split=0.2, verbose=0)
    assert history.history["acc"] == history.history["accuracy"]
    assert history.history["val_acc"] == history.history["val_accuracy"]
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert network(metrics=["acc"]).fit(X, Y, verbose=0).history["accuracy"]
    with pytest.raises(KeyError, match="Did you mean 'val_loss'"):
        history.history["val_los"]
    assert history.epoch == [0]


def test_a_program_with_a_seed_gives_the_same_again() -> None:
    def program() -> list[float]:
        np.random.seed(7)
        model = Sequential([layers.Flatten(), layers.Dropout(0.5), layers.Dense(3, activation="softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        return list(model.fit(X, Y, epochs=2, verbose=0).history["loss"])

    first = program()
    before = torch.get_rng_state()
    assert program() == first
    assert torch.equal(torch.get_rng_state(), before)  # the program's own draws of PyTorch go on
    np.random.seed(8)
    assert program() == first


class Watcher(callbacks.Callback):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.calls.append("begin")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.calls.append((epoch, sorted(logs)))

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self.calls.append((batch, round(logs["loss"], 3) > 0))

    def on_train_end(self, logs: Any = None) -> None:
        self.calls.append("end")


def test_callbacks_are_called_in_keras_order() -> None:
    watcher = Watcher()
    network().fit(
        X, Y, batch_size=20, epochs=4, initial_epoch=3, validation_data=(X, Y), verbose=0, callbacks=[watcher]
    )
    figures = ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert watcher.calls == ["begin", (0, True), (1, True), (3, figures), "end"]
    assert watcher.params["epochs"] == 4


class Given(callbacks.Callback):
    """Puts figures of one's choice in place of the epoch's."""

    def __init__(self, values: list[float]) -> None:
        super().__init__()
        self.values = values

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["val_loss"] = self.values[epoch]
        logs["val_accuracy"] = -self.values[epoch]


def test_early_stopping_counts_as_keras_does() -> None:
    model = network()
    weights: list[np.ndarray] = []
    keep = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()[0]))
    stop = callbacks.EarlyStopping(patience=2, min_delta=0.1, restore_best_weights=True)
    history = model.fit(
        X, Y, epochs=9, verbose=0, callbacks=[Given([3, 2, 1.95, 2.5, 1.0, 1, 1, 1, 1]), keep, stop]
    )
    # 1.95 is no better than 2 by 0.1, nor is 2.5: two epochs of waiting.
    assert history.epoch == [0, 1, 2, 3]
    np.testing.assert_array_equal(model.get_weights()[0], weights[1])


def test_the_learning_rate_falls_on_a_plateau_and_by_a_schedule() -> None:
    model = network()
    fall = callbacks.ReduceLROnPlateau(factor=0.5, patience=2, min_lr=0.003)
    rates: list[float] = []
    see = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.lr)))
    model.fit(X, Y, epochs=8, verbose=0, callbacks=[Given([1, 1, 1, 1, 1, 1, 1, 1]), fall, see])
    assert rates == pytest.approx([0.01, 0.01, 0.005, 0.005, 0.003, 0.003, 0.003, 0.003])
    history = model.fit(
        X,
        Y,
        epochs=3,
        verbose=0,
        callbacks=[callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))],
    )
    assert history.history["learning_rate"] == pytest.approx([0.1, 0.05, 0.1 / 3])


def test_checkpoints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = network()
    best = ModelCheckpoint(tmp_path / "best.h5", monitor="val_acc", save_best_only=True, verbose=1)
    each = ModelCheckpoint(
        str(tmp_path / "each" / "w.{epoch:02d}-{val_loss:.2f}.hdf5"), save_weights_only=True
    )
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[Given([2, 1, 3]), best, each])
    assert sorted(p.name for p in (tmp_path / "each").iterdir()) == [
        "w.01-2.00.hdf5",
        "w.02-1.00.hdf5",
        "w.03-3.00.hdf5",
    ]
    said = capsys.readouterr().out
    assert "Epoch 1: val_acc improved from None to -2.00000, saving model to" in said
    assert "Epoch 3: val_acc did not improve from -1.00000" in said
    again = network()
    again.load_weights(tmp_path / "each" / "w.02-1.00.hdf5")
    np.testing.assert_array_equal(load_model(tmp_path / "best.h5").get_weights()[0], again.get_weights()[0])
    with pytest.raises(KeyError, match=r"los:\.2f}\.keras.*Reason"):
        model.fit(X, Y, verbose=0, callbacks=[ModelCheckpoint("{los:.2f}.keras")])


def test_lines_of_csv(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    model = network()
    for append in (False, True):
        model.fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.CSVLogger(file, append=append)])
    lines = list(csv.DictReader(file.open()))
    assert [line["epoch"] for line in lines] == ["0", "1", "0", "1"]
    assert all(float(line["loss"]) > 0 for line in lines)
    callbacks.CSVLogger(file, separator=";")


def test_a_loss_that_is_no_number_stops_where_asked() -> None:
    x = X.copy()
    x[12] = np.nan
    history = network().fit(x, Y, batch_size=4, epochs=5, verbose=0, callbacks=[callbacks.TerminateOnNaN()])
    assert len(history.epoch) == 1


def test_learning_rates_are_changed_from_outside() -> None:
    model = network(optimizer=keras.optimizers.SGD(lr=0.5))
    K.set_value(model.optimizer.lr, 0.125)
    assert K.get_value(model.optimizer.learning_rate) == 0.125
    model.optimizer.learning_rate.assign(0.25)
    assert float(model.optimizer.lr) * 2 == 0.5
    assert model.optimizer.lr * 2 == 0.5


def test_one_batch() -> None:
    model = network()
    before = model.get_weights()[0]
    loss, accuracy = model.test_on_batch(X[:8], Y[:8])
    np.testing.assert_array_equal(model.get_weights()[0], before)
    assert model.train_on_batch(X[:8], Y[:8]) == pytest.approx([loss, accuracy])
    assert (model.get_weights()[0] != before).any()
    assert model.predict_on_batch(X[:3]).shape == (3, 3)
    assert model.metrics_names == ["loss", "accuracy"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": X, "y": Y[:-1]}, "'x' sizes: 40\n'y' sizes: 39"),
        ({"x": forever()}, "steps_per_epoch must be given with a generator"),
        ({"x": forever(), "y": Y, "steps_per_epoch": 2}, "y must be left out when x is a generator"),
        ({"x": X, "y": Y, "validation_split": 1.5}, "validation_split must be between 0 and 1"),
        ({"x": X.astype(str), "y": Y}, "arrays must hold numbers"),
        ({"x": X[:0], "y": Y[:0]}, "hold no example"),
        ({"x": X, "y": np.eye(3)[Y]}, "One-hot labels go with categorical_crossentropy"),
        ({"x": X, "y": Y + 1}, "labels must be from 0 to 2"),
        ({"x": X, "y": Y, "callbacks": [print]}, "callbacks must be objects of keras.callbacks"),
    ],
)
def test_what_fit_cannot_use_is_explained(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network().fit(verbose=0, **arguments)


def test_wrong_names_are_wrong_at_compile() -> None:
    with pytest.raises(UnknownName, match=r"unknown metric 'acuracy'. Did you mean 'accuracy'"):
        network(metrics=["acuracy"])
    with pytest.raises(UnknownName, match="unknown loss"):
        network(loss="crossentropy")


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Path]:
    recording.start(
        lambda: tmp_path / "runs",
        "program.py",
        versions={"prunelle": "1"},
        host={"device": "cpu"},
        language="fr",
    )
    yield tmp_path / "runs"
    recording.stop()


def test_each_training_leaves_a_run(recorded: Path) -> None:
    model = network()
    assert not recorded.exists()
    model.fit(X, Y, epochs=2, validation_split=0.25, verbose=0)
    assert [each.name for each in recorded.iterdir()] == ["fit-1"]
    model.fit(X, Y, epochs=1, verbose=0)  # goes on
    held_out = numbers(10, 6, 6, 1)
    model.evaluate(held_out, np.arange(10) % 3, verbose=0)
    expected = model.evaluate(held_out, np.arange(10) % 3, verbose=0)
    recording.stop()
    folder = recorded / "fit-1"
    rows = list(csv.DictReader((folder / "results.csv").open()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert rows[1]["val_accuracy"]
    assert not rows[2]["val_accuracy"]
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["test"]["accuracy"] == pytest.approx(expected[1])
    assert metrics["test"]["loss"] == pytest.approx(expected[0], rel=1e-4)
    assert metrics["test"]["n"] == 10
    info = json.loads((folder / "run.json").read_text())
    assert (info["status"], info["command"]) == ("finished", "prunelle run program.py")
    assert info["compile"]["optimizer"]["class_name"] == "SGD"
    np.testing.assert_array_equal(
        load_model(folder / "weights" / "last.safetensors").predict(X), model.predict(X)
    )
    report = (folder / "report.html").read_text()
    assert "10 images" in report
    assert "jamais vues" in report or "test" in report


def test_data_that_was_trained_on_is_not_called_a_test(recorded: Path) -> None:
    model = network()
    model.fit(X[:30], Y[:30], validation_data=(X[30:], Y[30:]), verbose=0)
    model.evaluate(X[10:20], Y[10:20], verbose=0)
    recording.stop()
    metrics = json.loads((recorded / "fit-1" / "metrics.json").read_text())
    assert {"train", "validation"} <= metrics.keys()
    assert "test" not in metrics
    assert metrics["train"]["n"] == 10


def test_what_has_no_classes_has_a_run_with_a_page_of_curves(recorded: Path) -> None:
    model = Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    model.fit(numbers(8, 3), numbers(8), verbose=0)
    another = network()
    another.fit(X, Y, verbose=0)
    alive = weakref.ref(another)
    recording.stop()
    assert (recorded / "fit-1" / "report.html").exists()
    assert json.loads((recorded / "fit-1" / "metrics.json").read_text())["last"]["train_loss"] > 0
    assert (recorded / "fit-2" / "report.html").exists()
    assert alive() is another


def test_a_folder_that_cannot_be_written_stops_no_program(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    recording.start(lambda: tmp_path / "runs", "program.py")
    try:
        with pytest.warns(UserWarning, match="run folder is not complete"):
            network().fit(X, Y, verbose=0)
    finally:
        recording.stop()


def test_weights_that_cannot_be_written_are_a_warning(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no weights of another form in their place, as where a model has functions of the program's own."""

    def refuse(*_: Any, **__: Any) -> None:
        raise CannotWrite("weights/last.safetensors cannot be written: too many open files")

    model = network()
    monkeypatch.setattr(own_files, "write_model", refuse)
    with pytest.warns(UserWarning, match="run folder is not complete: .* too many open files"):
        model.fit(X, Y, verbose=0)
    recording.stop()
    assert not (recorded / "fit-1" / "weights" / "last.safetensors").exists()


def test_a_class_with_two_outputs_takes_a_list_of_two() -> None:
    """Nobody knows before how many outputs a ``call`` has: a list is one array an output, as in Keras."""

    class Two(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.one, self.other = keras.layers.Dense(1), keras.layers.Dense(3, activation="softmax")

        def call(self, inputs: Any) -> Any:
            return self.one(inputs["a"]), self.other(inputs["a"])

    model, x = Two(), {"a": numbers(8, 5)}
    model.compile("sgd", loss=["mse", "categorical_crossentropy"])
    model.fit(x, [numbers(8, 1), np.eye(3)[np.arange(8) % 3]], verbose=0)
    assert [found.shape for found in model.predict(x, verbose=0)] == [(8, 1), (8, 3)]


def test_what_has_no_input_is_left_out() -> None:
    """A mapping may bring more than the model's inputs, of any type, as Keras's image_ocr does."""
    words = np.array(["a"] * len(X))
    named = {"words": words, "pixels": X}
    K.clear_session()
    pixels = keras.Input((6, 6, 1), name="pixels")
    model = keras.Model(pixels, layers.Dense(3, activation="softmax")(layers.Flatten()(pixels)))
    model.compile("sgd", "sparse_categorical_crossentropy")
    alone = model.predict(X, verbose=0)
    # Not to the last bit: how a sum is rounded depends on where its numbers lie in memory.
    np.testing.assert_allclose(model.predict(named), alone, rtol=1e-5)
    np.testing.assert_allclose(model.predict(iter([named]), steps=1), alone, rtol=1e-5)
    assert model.evaluate(named, Y, verbose=0) == pytest.approx(model.evaluate(X, Y, verbose=0), rel=1e-5)
    model.fit(named, Y, validation_data=(named, Y), verbose=0)
    model.fit(iter([(named, Y)] * 2), steps_per_epoch=2, verbose=0)
    model.train_on_batch(named, Y)


def test_labels_of_the_only_output_may_have_its_name() -> None:
    def steps(labels: Any) -> list[float]:
        model = network(loss={"answer": "sparse_categorical_crossentropy"}, named="answer")
        model.fit(X, labels, batch_size=40, validation_data=(X, labels), verbose=0)
        model.fit(
            iter([(X, labels)] * 2), steps_per_epoch=2, class_weight={0: 2.0, 1: 1.0, 2: 1.0}, verbose=0
        )
        model.train_on_batch(X, labels)
        return [model.evaluate(X, labels, verbose=0)[0], model.evaluate(iter([(X, labels)]), steps=1)[0]]

    by_name = steps({"answer": Y})
    assert by_name == steps(Y)
    assert by_name[0] == pytest.approx(by_name[1])


@pytest.mark.parametrize("form", ["arrays", "generator", "data set", "loader", "keys of its own"])
def test_inputs_by_name_are_in_the_order_of_the_model(form: str) -> None:
    """Whatever the order of the alphabet: of two inputs of one shape, nothing else would say that they were swapped."""
    z, a = (np.random.default_rng(i).normal(size=(40, 3)).astype(np.float32) for i in range(2))

    def answers(given: Any, steps: int | None = None, keyed: bool = False) -> list[Any]:
        K.clear_session()
        keras.utils.set_random_seed(1)
        first, second = keras.Input((3,), name="z"), keras.Input((3,), name="a")
        both = layers.Concatenate()([layers.Dense(4)(first), layers.Dense(4)(second)])
        inputs = {"first": first, "again": second} if keyed else [first, second]
        model = keras.Model(inputs, layers.Dense(3, activation="softmax")(both))
        model.compile("sgd", "sparse_categorical_crossentropy")
        whole = {"batch_size": 40} if len(given()) == 2 else {}
        model.fit(*given(), steps_per_epoch=steps, shuffle=False, verbose=0, **whole)
        found = [model.evaluate(*given(), steps=steps, verbose=0)]
        found.append(model.predict(given()[0], steps=steps, verbose=0))
        return [*found, *model.get_weights()]

    named = {"z": z, "a": a}
    expected = answers(lambda: ([z, a], Y))
    if form == "arrays":
        found = answers(lambda: (named, Y))
    elif form == "generator":
        found = answers(lambda: (iter([(named, Y)]),), 1)
    elif form == "data set":
        found = answers(lambda: (Dataset.from_tensor_slices((named, Y)).batch(40),))
    elif form == "loader":
        pairs = [({"z": z[i], "a": a[i]}, Y[i]) for i in range(40)]
        found = answers(lambda: (torch.utils.data.DataLoader(pairs, batch_size=40),))
    else:
        keyed = {"first": z, "again": a}
        found = answers(lambda: (keyed, Y), keyed=True)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("given", ["int64", "uint8", "float32"])
def test_numbers_of_words_stay_whole(given: str) -> None:
    """An input of whole numbers is given as such to what the program does with it; a layer with weights takes it."""
    K.clear_session()
    words = keras.Input((4,), dtype=given)
    types: list[Any] = []

    def looked_up(x: Any) -> Any:
        types.append(x.dtype)
        return keras.ops.one_hot(keras.ops.cast(x, "int64"), 300)

    rows = layers.Flatten()(layers.Lambda(looked_up, output_shape=(4, 300))(words))
    model = keras.Model(words, layers.Dense(2)(layers.Concatenate()([rows, layers.Dense(3)(words)])))
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).integers(0, 255, (12, 4)).astype(given)
    model.fit(x, np.zeros((12, 2)), verbose=0)
    types.clear()
    model.predict(x, verbose=0)
    assert {str(each).removeprefix("torch.") for each in types} == {given}


def test_a_step_of_its_own_gets_what_the_data_set_gives() -> None:
    """Pictures alone are no tuple, a tuple of one stays one: as tf.keras 2.21 gave them."""

    class Own(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

        def train_step(self, data: Any) -> dict[str, Any]:
            seen.append(type(data) if isinstance(data, tuple) else tuple(data.shape))
            return {"loss": keras.ops.mean(keras.tree.flatten(data)[0])}

    pictures = X[:8].astype(np.float32)
    for data, expected in (
        (Dataset.from_tensor_slices(pictures).batch(4), (4, 6, 6, 1)),
        (Dataset.from_tensor_slices((pictures,)).batch(4), tuple),
        (Batches(), tuple),
        (iter([pictures]), (8, 6, 6, 1)),
        (pictures, (8, 6, 6, 1)),
    ):
        seen: list[Any] = []
        model = Own()
        model.compile(optimizer="sgd")
        model.fit(data, verbose=0, steps_per_epoch=None if data is pictures else 1)
        assert seen[0] == expected, data
