"""The course networks in Keras 3, as courses print them: the figures to be held against.

Runs in an environment of its own (``pip install keras tensorflow-cpu pillow``), never in Prunelle's::

    python benchmarks/keras_baseline.py course-mnist --data MNIST-FOLDER --epochs 5 --seeds 0 1 2

Prints one JSON line a seed: test accuracy after the last epoch and after every one, and the seconds.
Keras is used the way its documentation shows: arrays in memory, ``compile`` and ``fit`` with their
defaults (glorot initialisation, Adam 1e-3 unless said), pictures scaled to [0, 1].
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers
from PIL import Image


def read_idx(path: Path) -> np.ndarray:
    with gzip.open(path, "rb") as stream:
        raw = stream.read()
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i], "big") for i in range(raw[3])]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def mnist(folder: Path) -> tuple[np.ndarray, ...]:
    names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
    x, y, tx, ty = (read_idx(folder / f"{name}-ubyte.gz") for name in names)
    return x[..., None], y, tx[..., None], ty


def photos(folder: Path, size: int) -> tuple[np.ndarray, ...]:
    """``train/`` and ``test/``, one folder a class, squashed to size × size as Keras courses do."""

    def split(name: str) -> tuple[np.ndarray, np.ndarray]:
        images, labels = [], []
        for label, sub in enumerate(sorted(p for p in (folder / name).iterdir() if p.is_dir())):
            for path in sorted(sub.iterdir()):
                image = Image.open(path).convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
                images.append(np.asarray(image))
                labels.append(label)
        return np.stack(images), np.array(labels)

    return (*split("train"), *split("test"))


def course_mnist() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def lenet5() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.ZeroPadding2D(2),
            layers.Conv2D(6, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def course_cifar() -> keras.Model:
    def conv() -> layers.Layer:
        return layers.Conv2D(64, 3, padding="same", activation="relu")

    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            conv(),
            conv(),
            layers.MaxPooling2D(2),
            conv(),
            layers.MaxPooling2D(2),
            conv(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def course_photos() -> keras.Model:
    blocks: list[layers.Layer] = []
    for _ in range(3):
        blocks += [
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(0.5),
        ]
    return keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            *blocks,
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


NETWORKS = {
    "course-mnist": course_mnist,
    "lenet5": lenet5,
    "course-cifar": course_cifar,
    "course-photos": course_photos,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args()

    if arguments.network in ("course-mnist", "lenet5"):
        x, y, tx, ty = mnist(arguments.data)
    else:
        x, y, tx, ty = photos(arguments.data, 32 if arguments.network == "course-cifar" else 64)
    x, tx = x.astype(np.float32) / 255, tx.astype(np.float32) / 255
    loss = (
        "binary_crossentropy" if arguments.network == "course-photos" else "sparse_categorical_crossentropy"
    )

    for seed in arguments.seeds:
        keras.utils.set_random_seed(seed)
        model = NETWORKS[arguments.network]()
        model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss, metrics=["accuracy"])
        by_epoch, seconds = [], 0.0
        for _ in range(arguments.epochs):
            begin = time.perf_counter()
            history = model.fit(x, y, batch_size=arguments.batch_size, epochs=1, verbose=0)
            seconds += time.perf_counter() - begin
            by_epoch.append(
                {
                    "train_loss": history.history["loss"][0],
                    "test_accuracy": model.evaluate(tx, ty, batch_size=500, verbose=0)[1],
                    "seconds": seconds,
                }
            )
        print(
            json.dumps(
                {
                    "network": arguments.network,
                    "keras": keras.__version__,
                    "backend": keras.backend.backend(),
                    "seed": seed,
                    "parameters": model.count_params(),
                    "test_accuracy": by_epoch[-1]["test_accuracy"],
                    "seconds": seconds,
                    "epochs": by_epoch,
                }
            ),
            flush=True,
        )


if __name__ == "__main__":
    main()
