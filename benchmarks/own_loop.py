"""A loop of a program's own over the courses' MNIST network: `GradientTape` here, and TensorFlow's with `tf.function`.

    python benchmarks/own_loop.py --tensorflow PYTHON [--rounds 7] [--batches 100]

``PYTHON`` is the interpreter of an environment with TensorFlow and Keras (``make bench`` sets one up:
``.venv-bench/bin/python``). Both sides run the same text, below, each in a process of its own, and take turns: 100
batches of 32, then 100 of 128. Loss, gradients, Adam's step, a mean and an accuracy are in the step; examples are
random numbers of the data set's shape. The first 200 batches of each side, with TensorFlow's tracing, do not count.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

from alternating import Contestant, ratio, serve

PROGRAM = """
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


def sequential():
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Conv2D(32, 3, padding="same", activation="relu")
        self.second = layers.Conv2D(16, 3, padding="same", activation="relu")
        self.flatten, self.last = layers.Flatten(), layers.Dense(10, activation="softmax")

    def call(self, x):
        return self.last(self.flatten(self.second(self.first(x))))


def loop(model, batch_size, batches):
    random = np.random.default_rng(0)
    x = random.random((batch_size * batches, 28, 28, 1), dtype=np.float32)
    y = random.integers(0, 10, len(x))
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)
    losses, optimizer = keras.losses.SparseCategoricalCrossentropy(), keras.optimizers.Adam()
    mean, accuracy = keras.metrics.Mean(), keras.metrics.SparseCategoricalAccuracy()

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            predictions = model(images, training=True)
            loss = losses(labels, predictions)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        mean.update_state(loss)
        accuracy.update_state(labels, predictions)

    def run():
        for images, labels in data:
            step(images, labels)
        return float(mean.result())

    return run
"""
SIZES = (32, 128)
_in_force = ExitStack()


def contestant(side: str, batches: int) -> None:
    """Answers each line, which names a model and a size of batches, with the batches a second."""

    def prepare() -> Callable[[str], float]:
        names: dict[str, object] = {}
        if side == "prunelle":
            from prunelle.keras import compat

            _in_force.enter_context(compat("tf2"))
        exec(PROGRAM, names)
        models = {"Sequential": names["sequential"], "subclass": names["Own"]}
        loops = {
            f"{kind} {size}": names["loop"](make(), size, batches)  # type: ignore[operator]
            for kind, make in models.items()
            for size in SIZES
        }
        for run in loops.values():
            run()
            run()

        def answer(line: str) -> float:
            begin = time.perf_counter()
            loops[line]()
            return batches / (time.perf_counter() - begin)

        return answer

    serve(prepare)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tensorflow", metavar="PYTHON", help="an interpreter that has TensorFlow")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--side", choices=("prunelle", "tensorflow"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        contestant(arguments.side, arguments.batches)
        return
    if not arguments.tensorflow:
        parser.error("--tensorflow PYTHON is needed")
    about = [__file__, "--batches", str(arguments.batches), "--side"]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    ours = Contestant(sys.executable, *about, "prunelle", environment=quiet)
    theirs = Contestant(arguments.tensorflow, *about, "tensorflow", environment=quiet)
    print(
        "| model, batches of | Prunelle, ms a step | TensorFlow, ms a step | speed, Prunelle / TensorFlow |"
    )
    print("| --- | --- | --- | --- |")
    for kind in ("Sequential", "subclass"):
        for size in SIZES:
            rates = [
                (ours.ask(f"{kind} {size}"), theirs.ask(f"{kind} {size}")) for _ in range(arguments.rounds)
            ]
            mine, other = ([rate[side] for rate in rates] for side in (0, 1))
            ms = [f"{1000 / statistics.median(each):.1f}" for each in (mine, other)]
            print(f"| `{kind}`, {size} | {ms[0]} | {ms[1]} | {ratio(mine, other)} |", flush=True)


if __name__ == "__main__":
    main()
