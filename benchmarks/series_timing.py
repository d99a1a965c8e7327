"""Seconds an epoch of a network for series, here and in aeon, on the same data, batches and optimiser.

    python benchmarks/series_timing.py prunelle --network fcn GunPoint_TRAIN.ts
    python benchmarks/series_timing.py aeon --network fcn GunPoint_TRAIN.ts     # needs aeon and tensorflow

Each trains for 5 epochs, then for 25 with fresh weights; the difference over 20 leaves out what happens once (building,
tracing, the first batch). Adam 1e-3, batches of 16, no validation, nothing written to disk. On a machine with other
work, compare one thread each by ``--cpu-time`` (OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1
TF_NUM_INTEROP_THREADS=1).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

SHORT, LONG = 5, 25
clock = time.perf_counter


def prunelle(path: str, network: str, epochs: int) -> float:
    """Seconds of a whole training."""
    import prunelle as pn
    from prunelle.networks import build
    from prunelle.training.engine import Training

    data = pn.load(path, validation=0)
    pixels = data.train.decode(data.preprocess)
    preprocess = data.preprocess.with_statistics(pixels.images)
    channels, length = preprocess.input_shape
    module = build(network, num_classes=len(data.classes), in_channels=channels, input_size=length)
    recipe = pn.Recipe(epochs=epochs, batch_size=16)
    start = clock()
    for _ in Training(module, pixels, None, data.classes, preprocess, recipe).run():
        pass
    return clock() - start


def aeon(path: str, network: str, epochs: int) -> float:
    """Seconds of ``fit``."""
    from aeon.classification.deep_learning import (
        FCNClassifier,
        IndividualInceptionClassifier,
        ResNetClassifier,
    )
    from aeon.datasets import load_from_ts_file

    kinds = {
        "fcn": FCNClassifier,
        "resnet1d": ResNetClassifier,
        "inceptiontime": IndividualInceptionClassifier,
    }
    series, labels = load_from_ts_file(path)
    classifier = kinds[network](n_epochs=epochs, batch_size=16, verbose=False)
    start = clock()
    classifier.fit(series, labels)
    return clock() - start


def main() -> None:
    """Prints a JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", choices=("prunelle", "aeon"))
    parser.add_argument("data", help="a .ts file")
    parser.add_argument("--network", default="fcn", choices=("fcn", "resnet1d", "inceptiontime"))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cpu-time", action="store_true", help="of all threads, in place of elapsed time")
    given = parser.parse_args()
    if given.cpu_time:
        globals()["clock"] = time.process_time
    train = {"prunelle": prunelle, "aeon": aeon}[given.library]
    train(given.data, given.network, 2)  # imports, allocations
    each = [
        (train(given.data, given.network, LONG) - train(given.data, given.network, SHORT)) / (LONG - SHORT)
        for _ in range(given.repeat)
    ]
    print(
        json.dumps(
            {
                "library": given.library,
                "network": given.network,
                "seconds_per_epoch": round(statistics.median(each), 4),
                "each": [round(one, 4) for one in each],
            }
        )
    )


if __name__ == "__main__":
    main()
