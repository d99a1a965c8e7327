"""ResNet-50 and VGG-16 at 224×224, random weights: Prunelle against Keras on TensorFlow, in turns.

    python benchmarks/prediction.py --keras-python KERAS/bin/python --network resnet50

Same batch, an array in memory; Keras as ``model.predict`` and as a ``tf.function``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable

from alternating import Contestant, ratio, serve

BATCH = 32
NAMES = ("Prunelle", "Prunelle, not compiled", "Keras, predict", "Keras, tf.function", "Keras, XLA")


def prepare(name: str, network: str) -> Callable[[str], float]:
    run = prunelle_run(name, network) if name.startswith("Prunelle") else keras_run(name, network)

    def measure(_: str) -> float:
        begin = time.perf_counter()
        run()
        return BATCH / (time.perf_counter() - begin)

    return measure


def prunelle_run(name: str, network: str) -> Callable[[], object]:
    import torch

    import prunelle
    from prunelle.training.speed import prepare

    module = prunelle.build(network, num_classes=1000)
    prepare(module, torch.device("cpu"))
    images = torch.rand(BATCH, 3, 224, 224).to(memory_format=torch.channels_last)
    answer = prunelle.predictor(module, compile="always" if name == "Prunelle" else "never")
    return lambda: answer(images)


def keras_run(name: str, network: str) -> Callable[[], object]:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import numpy as np
    import tensorflow as tf

    build = {"resnet50": keras.applications.ResNet50, "vgg16": keras.applications.VGG16}[network]
    model = build(weights=None)
    images = np.random.default_rng(0).random((BATCH, 224, 224, 3), np.float32)
    if name == "Keras, predict":
        return lambda: model.predict(images, batch_size=BATCH, verbose=0)
    tensor = tf.constant(images)
    call = tf.function(lambda x: model(x, training=False), jit_compile=name == "Keras, XLA")
    return lambda: call(tensor).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras-python", default=sys.executable)
    parser.add_argument("--network", choices=("resnet50", "vgg16"), default="resnet50")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--answer", choices=NAMES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        serve(lambda: prepare(given.answer, given.network))
        return
    contestants = {
        name: Contestant(
            sys.executable if name.startswith("Prunelle") else given.keras_python,
            *(__file__, "--network", given.network, "--answer", name),
        )
        for name in NAMES
    }
    figures: dict[str, list[float]] = {name: [] for name in NAMES}
    for turn in range(-2, given.turns):
        for name, contestant in contestants.items():
            figure = contestant.ask("batch")
            if turn >= 0:
                figures[name].append(figure)
    print("| | images/s (least to most) | Prunelle's ratio to it (least to most) |\n| --- | --- | --- |")
    for name, found in figures.items():
        print(
            f"| {name} | {statistics.median(found):.1f} ({min(found):.1f} to {max(found):.1f}) | "
            f"{ratio(figures['Prunelle'], found)} |"
        )


if __name__ == "__main__":
    main()
