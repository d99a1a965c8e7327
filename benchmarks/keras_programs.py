"""The three course networks as one program text each, under Prunelle and under Keras: images a second of ``fit``.

    python benchmarks/keras_programs.py --keras PYTHON [--backends tensorflow torch] [--rounds 3]

``PYTHON`` is the interpreter of an environment with Keras and its backend (``pip install keras tensorflow-cpu``).
Each round runs every side once, in turn, in a process of its own; within a run the first epoch (tracing,
allocation) is left out and the others count. The examples are random numbers of the data sets' shapes: what
a step costs does not depend on them. Pictures are float32 arrays in memory, batches are of 32, the optimiser is
Adam, dropout is on: the programs' own text.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

COMMON = """
import json, sys, time
import numpy as np
from keras import Sequential
from keras.callbacks import Callback
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D


class Clock(Callback):
    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.begin)


def measure(model, shape, classes, loss, count, epochs=4):
    random = np.random.default_rng(0)
    x = random.random((count, *shape), dtype=np.float32)
    y = random.integers(0, classes, count)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    clock = Clock()
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0, callbacks=[clock])
    print(json.dumps([count / seconds for seconds in clock.seconds[1:]]))
"""

PROGRAMS = {
    "course-mnist": """
measure(
    Sequential([
        Input((28, 28, 1)),
        Conv2D(32, 3, padding="same", activation="relu"),
        Conv2D(16, 3, padding="same", activation="relu"),
        Flatten(),
        Dense(10, activation="softmax"),
    ]),
    (28, 28, 1), 10, "sparse_categorical_crossentropy", 3200,
)
""",
    "course-cifar": """
measure(
    Sequential([
        Input((32, 32, 3)),
        Conv2D(64, 3, padding="same", activation="relu"),
        Conv2D(64, 3, padding="same", activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, padding="same", activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, padding="same", activation="relu"),
        Flatten(),
        Dense(10, activation="softmax"),
    ]),
    (32, 32, 3), 10, "sparse_categorical_crossentropy", 1600,
)
""",
    "course-photos": """
blocks = []
for _ in range(3):
    blocks += [Conv2D(64, 3, padding="same", activation="relu"), MaxPooling2D(2), Dropout(0.5)]
measure(
    Sequential([
        Input((64, 64, 3)), *blocks, Flatten(), Dense(32, activation="relu"), Dense(1, activation="sigmoid"),
    ]),
    (64, 64, 3), 2, "binary_crossentropy", 960,
)
""",
}


def run(command: list[str], backend: str | None) -> list[float]:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if backend is not None:
        environment["KERAS_BACKEND"] = backend
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
    if done.returncode or not lines:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return [float(value) for value in json.loads(lines[-1])]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keras", required=True, help="python of the environment with Keras")
    parser.add_argument("--backends", nargs="+", default=["tensorflow"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--networks", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        for network in arguments.networks:
            program = Path(folder) / f"{network}.py"
            program.write_text(COMMON + PROGRAMS[network])
            # Of the other side's generation: the same program means the same on both.
            run_as = [sys.executable, "-m", "prunelle", "run", "--keras", "3"]
            ours = [*run_as, "--runs", f"{folder}/runs", str(program)]
            sides = {"prunelle": (ours, None)} | {
                backend: ([arguments.keras, str(program)], backend) for backend in arguments.backends
            }
            figures: dict[str, list[float]] = {side: [] for side in sides}
            for _ in range(arguments.rounds):
                for side, (command, backend) in sides.items():
                    figures[side] += run(command, backend)
            medians = {side: statistics.median(values) for side, values in figures.items()}
            best = max((side for side in sides if side != "prunelle"), key=lambda side: medians[side])
            for side, values in figures.items():
                spread = f"{min(values):,.0f} to {max(values):,.0f}, n={len(values)}"
                print(f"{network:14} {side:12} {medians[side]:8,.0f} images/s ({spread})")
            print(f"{network:14} {medians['prunelle'] / medians[best]:.2f} × {best}", flush=True)


if __name__ == "__main__":
    main()
