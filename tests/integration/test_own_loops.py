"""Loops that a program wrote itself, with ``GradientTape``, are recorded as runs."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.keras.floor import keras
from prunelle.training.checkpoint import load_tensors
from tests.integration.command import Finished, prunelle

DATA = """
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from sklearn.datasets import load_digits
x, y = load_digits(return_X_y=True)
x = (x.reshape(-1, 8, 8, 1) / 16).astype("float32")
"""

# As TensorFlow's quickstart for experts is written.
QUICKSTART = (
    DATA
    + """
train_ds = tf.data.Dataset.from_tensor_slices((x[:640], y[:640])).shuffle(1000).batch(32)
test_ds = tf.data.Dataset.from_tensor_slices((x[640:800], y[640:800])).batch(32)


class MyModel(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv1 = layers.Conv2D(8, 3, activation="relu")
        self.flatten = layers.Flatten()
        self.d1 = layers.Dense(10)

    def call(self, x):
        return self.d1(self.flatten(self.conv1(x)))


model = MyModel()
loss_object = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(0.01)
train_loss = keras.metrics.Mean(name="train_loss")
train_accuracy = keras.metrics.SparseCategoricalAccuracy(name="train_accuracy")
test_loss = keras.metrics.Mean(name="test_loss")
test_accuracy = keras.metrics.SparseCategoricalAccuracy(name="test_accuracy")


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        predictions = model(images, training=True)
        loss = loss_object(labels, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)
    train_accuracy(labels, predictions)


@tf.function
def test_step(images, labels):
    predictions = model(images, training=False)
    test_loss(loss_object(labels, predictions))
    test_accuracy(labels, predictions)


for epoch in range(4):
    for metric in (train_loss, train_accuracy, test_loss, test_accuracy):
        metric.reset_state()
    for images, labels in train_ds:
        train_step(images, labels)
    STOP
    for images, labels in test_ds:
        test_step(images, labels)
    print(f"Epoch {epoch + 1}, Loss: {train_loss.result():.6f}, Accuracy: {train_accuracy.result() * 100:.4f}, "
          f"Test Loss: {test_loss.result():.6f}, Test Accuracy: {test_accuracy.result() * 100:.4f}")
"""
)

# As chapter 2 of a book has it: no metric, a loss that is a function, a figure printed now and then.
BY_HAND = (
    DATA
    + """
x = x.reshape(-1, 64)
inputs = keras.Input((64,))
model = keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Dense(16, activation="relu")(inputs)))
optimizer = keras.optimizers.RMSprop(1e-2)


def one_training_step(images, labels):
    with tf.GradientTape() as tape:
        predictions = model(images)
        losses = keras.losses.sparse_categorical_crossentropy(labels, predictions)
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, model.trainable_weights)
    optimizer.apply_gradients(zip(gradients, model.trainable_weights))
    return loss


losses = []
for epoch in range(2):
    print(f"Epoch {epoch}")
    for step in range(150):
        rows = slice(step * 8, step * 8 + 8)
        loss = one_training_step(x[rows], y[rows])
        losses.append(float(loss))
        if step % 100 == 0:
            print(f"loss at batch {step}: {loss:.2f}")
np.save("losses.npy", losses)
right = np.argmax(model(x[1200:]).numpy(), axis=1) == y[1200:]
print(f"exactitude : {100 * right.mean():.1f} %".replace(".", ","))
"""
)

GAN = (
    DATA
    + """
x = 2 * x - 1
generator = keras.Sequential([
    layers.Dense(64, input_shape=(4,)), layers.LeakyReLU(), layers.Dense(64, activation="tanh"),
    layers.Reshape((8, 8, 1))])
discriminator = keras.Sequential([layers.Flatten(input_shape=(8, 8, 1)), layers.Dense(16), layers.LeakyReLU(),
                                  layers.Dense(1)])
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
optimizers = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(2e-3)
for epoch in range(3):
    for step in range(10):
        noise = tf.random.normal([16, 4])
        with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
            made = generator(noise, training=True)
            real_output = discriminator(x[16 * step:16 * step + 16], training=True)
            fake_output = discriminator(made, training=True)
            gen_loss = cross_entropy(tf.ones_like(fake_output), fake_output)
            disc_loss = (cross_entropy(tf.ones_like(real_output), real_output)
                         + cross_entropy(tf.zeros_like(fake_output), fake_output))
        for model, tape, loss, optimizer in zip((generator, discriminator), (gen_tape, disc_tape),
                                                (gen_loss, disc_loss), optimizers):
            variables = model.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    print("epoch", epoch, "g_loss = %.3f d_loss = %.3f" % (gen_loss, disc_loss))
"""
)

REGRESSION = """
import tensorflow as tf
x = tf.random.normal([50])
y = 3 * x + 2
w, b = tf.Variable(5.0), tf.Variable(0.0)
optimizer = tf.keras.optimizers.SGD(0.1)
for epoch in range(20):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(y - (w * x + b)))
    dw, db = tape.gradient(loss, [w, b])
    if epoch % 2:
        optimizer.apply_gradients([(dw, w), (db, b)])
    else:
        w.assign_sub(0.1 * dw)
        b.assign_sub(0.1 * db)
    print("loss:", float(loss))
"""

VAE = (
    DATA
    + """
class VAE(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = keras.Sequential([layers.Flatten(input_shape=(8, 8, 1)), layers.Dense(4)])
        self.decoder = keras.Sequential([
            layers.Dense(64, activation="sigmoid", input_shape=(2,)), layers.Reshape((8, 8, 1))])
        self.kl_loss = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.kl_loss]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            mean, log_var = tf.split(self.encoder(data), 2, axis=1)
            made = self.decoder(mean + tf.exp(0.5 * log_var) * tf.random.normal(tf.shape(mean)))
            rebuilt = tf.reduce_mean(tf.square(data - made))
            kl = -0.5 * tf.reduce_mean(1 + log_var - tf.square(mean) - tf.exp(log_var))
            loss = rebuilt + 0.01 * kl
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights))
        self.kl_loss.update_state(kl)
        return {"rebuilt": rebuilt, "kl_loss": self.kl_loss.result()}


vae = VAE()
vae.compile(optimizer="adam")
vae.fit(x[:320], epochs=3, batch_size=32, verbose=0)
"""
)


def ran(folder: Path, name: str, program: str, code: int = 0) -> tuple[Finished, list[Path]]:
    """The program's end, and the folders that it left."""
    (folder / f"{name}.py").write_text(program)
    keras.backend.clear_session()
    done = prunelle("run", folder / f"{name}.py")
    keras.backend.clear_session()
    assert done.code == code, done.err
    assert "not complete" not in done.err
    return done, sorted(folder.glob(f"runs/*-{name}/fit-*"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def lines(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def column(folder: Path, name: str) -> list[float]:
    return [float(line[name]) if line[name] else float("nan") for line in lines(folder)]


def info_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "run.json").read_text()))


def notes_of(folder: Path) -> str:
    return " ".join(note["en"] for note in info_of(folder)["data"]["notes"])


def test_a_loop_with_metrics(tmp_path: Path) -> None:
    """A line is an epoch; its figures are those of the metrics, which the program printed too."""
    done, folders = ran(tmp_path, "quick", QUICKSTART.replace("STOP", "pass"))
    (folder,) = folders
    printed = np.array(
        [re.findall(r"[\d.]+", line)[1:] for line in done.out.splitlines() if line.startswith("Epoch")], float
    )
    assert len(printed) == 4
    for place, name in enumerate(("train_loss", "train_accuracy", "val_loss", "val_accuracy")):
        scale = 100 if "accuracy" in name else 1
        assert column(folder, name) == pytest.approx(printed[:, place] / scale, abs=2e-6), name
    assert list(lines(folder)[0]) == [
        *("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"),
        *("images_per_second", "data_wait"),
    ]
    assert column(folder, "learning_rate") == [0.01] * 4
    run = pn.Run.open(folder)
    assert run.info["status"] == "finished"
    # What it answered to the test set, as the program counted it, and to what it learned.
    figures = run.metrics()
    assert figures["validation"]["n"] == 160
    assert figures["validation"]["accuracy"] == pytest.approx(printed[-1, 3] / 100, abs=1e-6)
    assert figures["train"]["n"] == 640
    assert figures["train"]["accuracy"] == pytest.approx(printed[-1, 1] / 100, abs=1e-6)
    kept = run.kept()
    assert kept is not None
    assert kept.validation is not None
    assert kept.validation.array.shape == (160, 8, 8, 1)
    notes = notes_of(folder)
    assert "until it reset its metrics" in notes
    assert "Counted by the program’s metrics: accuracy, loss, val_accuracy, val_loss." in notes
    page = (folder / "report.html").read_text()
    assert "Counted by the program’s metrics" in page
    assert "data:image" in page
    assert (folder / "figures" / "confusion.png").is_file()
    tensors, _ = load_tensors(folder / "weights" / "last.safetensors")
    assert sorted(tuple(tensor.shape) for tensor in tensors.values()) == [
        (3, 3, 1, 8),
        (8,),
        (10,),
        (288, 10),
    ]


def test_a_loop_that_prints(tmp_path: Path) -> None:
    """A line is what is trained until a figure is printed; the loss is the mean of all batches, not that printed."""
    done, folders = ran(tmp_path, "by_hand", BY_HAND)
    (folder,) = folders
    losses = np.load(tmp_path / "losses.npy")
    ends = [1, 101, 151, 251, 300]
    expected = [part.mean() for part in np.split(losses, ends[:-1])]
    assert column(folder, "train_loss") == pytest.approx(expected, rel=1e-5)
    # The last figure follows answers given outside any tape.
    told = float(done.out.split("exactitude : ")[1].split(" ")[0].replace(",", "."))
    assert column(folder, "val_accuracy")[-1] == pytest.approx(told / 100)
    assert np.isnan(column(folder, "val_accuracy")[:-1]).all()
    run = pn.Run.open(folder)
    assert run.metrics()["train"]["n"] == 49 * 8  # its last line
    assert "Read from what the program printed: val_accuracy." in notes_of(folder)
    assert "is the one whose gradients the program asked for" in notes_of(folder)
    done = prunelle("evaluate", folder, "--json")
    assert done.code == 0, done.err


def test_two_tapes(tmp_path: Path) -> None:
    """Each model has a folder: the judge is a classifier, and of the generator there are curves and pictures."""
    _, folders = ran(tmp_path, "gan", GAN)
    generator, judge = folders
    for folder in folders:
        assert len(lines(folder)) == 3
        assert len(set(column(folder, "g_loss"))) == len(set(column(folder, "d_loss"))) == 3
        assert info_of(folder)["status"] == "finished"
    assert column(generator, "learning_rate") == [0.001] * 3
    assert column(judge, "learning_rate") == [0.002] * 3
    assert pn.Run.open(judge).metrics()["train"]["n"] == 320
    assert "tells no classes apart" in info_of(generator)["refused"]
    with Image.open(generator / "figures" / "made.png") as sheet:
        assert sheet.size == (8 * 10 * 16, 2 * 10 * 16)
    page = (generator / "report.html").read_text()
    assert "Pictures that it made last" in page
    assert page.count("data:image/png") == 16
    for name in ("Loss, by epoch", "g_loss, by epoch", "d_loss, by epoch"):
        assert name in page
    assert "g_loss, by epoch" in (judge / "report.html").read_text()
    done = prunelle("report", generator)
    assert done.code != 0
    assert "tells no classes apart" in done.err


def test_variables_of_no_model(tmp_path: Path) -> None:
    done, folders = ran(tmp_path, "regression", REGRESSION)
    assert folders == []
    assert done.out.count("loss:") == 20


def test_a_fit_with_a_step_of_its_own(tmp_path: Path) -> None:
    """Whatever figures its step returns are curves; what its decoder made is shown."""
    _, folders = ran(tmp_path, "vae", VAE)
    (folder,) = folders
    assert len(lines(folder)) == 3
    assert np.isfinite(column(folder, "rebuilt")).all()
    assert np.isfinite(column(folder, "kl_loss")).all()
    page = (folder / "report.html").read_text()
    assert "rebuilt, by epoch" in page
    assert "kl_loss, by epoch" in page
    assert page.count("data:image/png") == 16
    assert "model.load_weights reads them" in info_of(folder)["refused"]
    assert (folder / "weights" / "last.safetensors").is_file()


@pytest.mark.parametrize(
    ("stop", "code"), [("if epoch == 2: raise KeyboardInterrupt", 130), ("if epoch == 2: 1 / 0", 1)]
)
def test_a_loop_that_is_interrupted(tmp_path: Path, stop: str, code: int) -> None:
    """What there is is written, and it is said that there is no more."""
    (tmp_path / "quick.py").write_text(QUICKSTART.replace("STOP", stop))
    keras.backend.clear_session()
    done = prunelle("run", tmp_path / "quick.py")
    keras.backend.clear_session()
    assert done.code == code, done.err
    (folder,) = tmp_path.glob("runs/*-quick/fit-*")
    assert info_of(folder)["status"] == "interrupted"
    assert "did not come to its end" in notes_of(folder)
    assert len(lines(folder)) == 3
    assert np.isnan(column(folder, "val_loss")[2])
    assert (folder / "weights" / "last.safetensors").is_file()
    assert "did not come to its end" in (folder / "report.html").read_text()
