"""A frozen trunk run once against a frozen trunk run in every epoch, as course programs do it.

    python benchmarks/feature_cache.py PHOTOS --network vgg16 --size 150 --epochs 30 [--weights imagenet]

The first is measured whole: an empty cache, decoding, features of all splits, all epochs, evaluation, report. The
second is measured on a part (so many steps of training, so many batches of validation, the trunk frozen, its features
not kept) and extrapolated to all steps of all epochs; it says so. ``--check`` runs both whole, with the same seed, for
as many epochs as one has patience for, and prints their figures.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
import time
from pathlib import Path

import torch

import prunelle as pn
from prunelle.data.batches import Batches
from prunelle.networks.freezing import freeze
from prunelle.networks.weights import load_weights
from prunelle.training.engine import Training
from prunelle.training.inference import EVALUATION_BATCH
from prunelle.training.outputs import evaluation_mode


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos")
    parser.add_argument("--network", default="vgg16")
    parser.add_argument("--size", type=int, default=150)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--weights", help="random ones, from a file made here, when left out")
    parser.add_argument("--steps", type=int, default=10, help="steps of training measured")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PRUNELLE_CACHE"] = str(Path(folder, "cache"))
        weights = given.weights or random_weights(given.network, given.size, Path(folder))
        print(
            f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {given.network} at {given.size}"
        )
        runs = {}
        for views in (1, 0) if given.check else (1,):
            begin = time.perf_counter()
            runs[views] = pn.train(
                given.network,
                given.photos,
                pn.Recipe(epochs=given.epochs, batch_size=32),
                weights=weights,
                size=given.size,
                strategy=pn.Strategy(name="features", head="hidden", views=views),
                runs=Path(folder, "runs"),
                style="quiet",
            )
            seconds = time.perf_counter() - begin
            print(f"views={views}: {seconds:.1f} s, {json.dumps(runs[views].metrics())}")
        if not given.check:
            each = every_epoch(given, weights)
            print(f"trunk in every epoch: {each:.1f} s, from {given.steps} steps; ratio {each / seconds:.1f}")


def random_weights(name: str, size: int, folder: Path) -> Path:
    """A file of weights of the right shapes, for timing where published ones cannot be had."""
    torch.manual_seed(0)
    torch.save(pn.build(name, input_size=(size, size)).state_dict(), folder / "weights.pth")
    return folder / "weights.pth"


def every_epoch(given: argparse.Namespace, weights: str | Path) -> float:
    """Seconds of all epochs with the trunk run in each, from a part."""
    data = pn.load(given.photos)
    preprocess = pn.Preprocess(
        size=(given.size, given.size), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
    )
    train, validation = data.train.decode(preprocess), data.validation.decode(preprocess)
    base = pn.build(given.network, input_size=(given.size, given.size))
    load_weights(base, weights)
    network = pn.with_classifier(base, len(data.classes), classifier="hidden")
    freeze(network, "features")
    training = Training(network, train, None, data.classes, preprocess, pn.Recipe(epochs=2, batch_size=32))
    records = training.run()
    next(records)  # the first step makes the optimiser's state
    begin = time.perf_counter()
    for _ in itertools.islice(records, given.steps):
        pass
    step = (time.perf_counter() - begin) / given.steps
    part = torch.arange(min(EVALUATION_BATCH, len(validation)))
    images, _ = Batches(validation, training.device).take(part)
    with evaluation_mode(network):
        begin = time.perf_counter()
        network(preprocess.normalise(images))
        picture = (time.perf_counter() - begin) / len(part)
    return float(given.epochs * (training.steps_per_epoch * step + len(validation) * picture))


if __name__ == "__main__":
    main()
