"""What it costs a program's own loop to be recorded: ``python benchmarks/loop_recording.py [ROUNDS]``.

Course-mnist's layers with `GradientTape`, Adam, a mean and an accuracy in the step, batches of 32; 200 steps with and
without a recording, by turns, after 60 that do not count. Prints each round's medians, and the ratios.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.keras import compat, recording


def steps(tf: Any, number: int, parts: tuple[Any, ...], batches: list[Any]) -> list[float]:
    """The seconds of each."""
    model, optimizer, loss_of, accuracy, mean = parts
    found = []
    for i in range(number):
        begun = time.perf_counter()
        x, y = batches[i % len(batches)]
        with tf.GradientTape() as tape:
            answer = model(x, training=True)
            loss = loss_of(y, answer)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        mean(loss)
        accuracy(y, answer)
        found.append(time.perf_counter() - begun)
    return found


def side(recorded: bool) -> list[float]:
    """The steps of one side."""
    with compat("tf2"), tempfile.TemporaryDirectory() as folder:
        import tensorflow as tf

        keras = tf.keras
        keras.utils.set_random_seed(0)
        layers = keras.layers
        model = keras.Sequential(
            [
                layers.Conv2D(32, 3, activation="relu", input_shape=(28, 28, 1)),
                layers.MaxPooling2D(),
                layers.Conv2D(64, 3, activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(10, activation="softmax"),
            ]
        )
        draws = np.random.default_rng(0)
        batches = [
            (
                tf.constant(draws.random((32, 28, 28, 1), dtype="float32")),
                tf.constant(draws.integers(0, 10, 32)),
            )
            for _ in range(20)
        ]
        loss, accuracy = (
            keras.losses.SparseCategoricalCrossentropy(),
            keras.metrics.SparseCategoricalAccuracy(),
        )
        parts = (model, keras.optimizers.Adam(), loss, accuracy, keras.metrics.Mean())
        place = Path(folder)
        recorder = (
            recording.recorded_program(lambda: place, "loop.py") if recorded else contextlib.nullcontext()
        )
        with recorder:
            steps(tf, 60, parts, batches)
            return steps(tf, 200, parts, batches)


def main() -> None:
    """From the command line."""
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        plain, recorded = side(False), side(True)
        medians = statistics.median(plain), statistics.median(recorded)
        print(
            f"{medians[0] * 1e3:.2f} ms, recorded {medians[1] * 1e3:.2f} ms: "
            f"{medians[1] / medians[0]:.3f} (all steps together {sum(recorded) / sum(plain):.3f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
