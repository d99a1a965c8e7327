"""From photo files in the system's cache to batches of 64×64: Prunelle, Keras on TensorFlow, ImageDataGenerator.

    python benchmarks/input_pipeline.py PHOTOS --keras-python KERAS/bin/python

``PHOTOS`` has a folder a class. ``KERAS`` is an environment with ``pip install keras tensorflow-cpu pillow
scipy``. Every pass decodes all files anew and goes through all batches of 32; the listing of the folder is not
counted for anyone. Passes alternate. Three passes each before the first that counts let TensorFlow tune its
parallelism and trace its functions.

Keras's ``image_dataset_from_directory`` gives float32 in 0..255, as its documentation has it; its automatic tuning
mostly stays with one thread, so it is also measured with tuning off, which uses all of them. The generator
rescales to 0..1, as courses print it, and its batches are made by as many threads as there are cores where that
is faster. Prunelle's include measuring mean and standard deviation, and normalising.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from alternating import Contestant, ratio, serve

BATCH = 32
SIZE = (64, 64)
WARM_UP = 3


def prunelle_pass(photos: str) -> Callable[[], int]:
    import torch

    import prunelle
    from prunelle.data.batches import Batches, epoch_order
    from prunelle.data.preprocess import Preprocess
    from prunelle.training.speed import keep_large_blocks

    keep_large_blocks()  # as tasks.train does
    data = prunelle.load(photos, validation=0, test=0)

    def run() -> int:
        preprocess = Preprocess(size=SIZE)
        pixels = data.train.decode(preprocess)
        preprocess = preprocess.with_statistics(pixels.images)
        batches, order = Batches(pixels, torch.device("cpu")), epoch_order(len(pixels), 0, 0)
        seen = 0
        for start in range(0, len(order), BATCH):
            images, labels = batches.take(order[start : start + BATCH])
            preprocess.normalise(images)
            seen += len(labels)
        return seen

    return run


def keras_pass(photos: str, *, autotune: bool) -> Callable[[], int]:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras
    import tensorflow as tf

    dataset = keras.utils.image_dataset_from_directory(photos, image_size=SIZE, batch_size=BATCH)
    if not autotune:
        options = tf.data.Options()
        options.autotune.enabled = False
        dataset = dataset.with_options(options)
    return lambda: sum(len(labels) for _, labels in dataset)


def generator_pass(photos: str, threads: int) -> Callable[[], int]:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    from concurrent.futures import ThreadPoolExecutor

    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    flow = ImageDataGenerator(rescale=1 / 255).flow_from_directory(
        photos, target_size=SIZE, batch_size=BATCH, class_mode="binary"
    )

    def run() -> int:
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(lambda i: len(flow[i][1]), range(len(flow))))

    return run


PASSES: dict[str, Callable[[str], Callable[[], int]]] = {
    "Prunelle": prunelle_pass,
    "image_dataset_from_directory": lambda photos: keras_pass(photos, autotune=True),
    "image_dataset_from_directory, all cores": lambda photos: keras_pass(photos, autotune=False),
    "ImageDataGenerator": lambda photos: generator_pass(photos, 1),
    "ImageDataGenerator, a thread a core": lambda photos: generator_pass(photos, os.cpu_count() or 1),
}


def prepare(name: str, photos: str) -> Callable[[str], float]:
    one_pass = PASSES[name](photos)

    def measure(_: str) -> float:
        begin = time.perf_counter()
        seen = one_pass()
        return seen / (time.perf_counter() - begin)

    return measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--keras-python", default=sys.executable)
    parser.add_argument("--passes", type=int, default=7)
    parser.add_argument("--answer", choices=PASSES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.answer:
        serve(lambda: prepare(given.answer, str(given.photos)))
        return
    contestants = {
        name: Contestant(
            sys.executable if name == "Prunelle" else given.keras_python,
            *(__file__, str(given.photos), "--answer", name),
        )
        for name in PASSES
    }
    figures: dict[str, list[float]] = {name: [] for name in PASSES}
    for turn in range(-WARM_UP, given.passes):
        for name, contestant in contestants.items():
            figure = contestant.ask("pass")
            if turn >= 0:
                figures[name].append(figure)
    print("| | photos/s (least to most) | Prunelle's ratio to it (least to most) |\n| --- | --- | --- |")
    for name, found in figures.items():
        print(
            f"| {name} | {statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f}) | "
            f"{ratio(figures['Prunelle'], found)} |"
        )


if __name__ == "__main__":
    main()
