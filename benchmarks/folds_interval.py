"""How often the interval of ``--folds`` holds what it is of, on photos: logistic regression on frozen features.

    python benchmarks/folds_interval.py PHOTOS WEIGHTS.safetensors --draws 400

From a large folder of photos, one folder a class, ``--draws`` times: as few a class as asked, divided into five folds
as ``prunelle train --folds 5`` does, and the accuracy out of fold with its Wilson interval. What it should hold is
known to within a point from the photos that are left: the accuracy there of the five networks, one by one (what the
figure is an estimate of), of the five together, and of one that learned all. Beside it the interval of one test of a
tenth.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import prunelle as pn
from prunelle.data.examples import Split
from prunelle.data.folds import folds
from prunelle.training.intervals import wilson_interval


def features_of(photos: Path, weights: Path, cache: Path) -> tuple[np.ndarray, np.ndarray]:
    """``(N, F)`` of the frozen trunk of squeezenet1.0, averaged over places, and ``(N,)`` labels."""
    if cache.is_file():
        kept = np.load(cache)
        return kept["features"], kept["labels"]
    start = pn.pretrained("squeezenet1.0", weights)
    split = Split.joined("all", list(pn.load(photos).splits()))
    pixels = split.decode(start.preprocess)
    parts = []
    with torch.inference_mode():
        for first in range(0, len(pixels), 32):
            images = torch.tensor(pixels.images[first : first + 32]).movedim(-1, 1)
            parts.append(start.network.features(start.preprocess.normalise(images)).mean(dim=(2, 3)).numpy())
    features = np.concatenate(parts)
    np.savez(cache, features=features, labels=pixels.labels)
    return features, np.asarray(pixels.labels)


def learned(features: np.ndarray, labels: np.ndarray) -> LogisticRegression:
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500)).fit(features, labels)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("folds-features.npz"))
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--per-class", type=int, nargs="+", default=[20, 60])
    parser.add_argument("--folds", type=int, default=5)
    given = parser.parse_args()
    features, labels = features_of(given.photos, given.weights, given.cache)
    classes = [str(k) for k in range(labels.max() + 1)]
    for per_class in given.per_class:
        rows = np.array(
            [one_draw(features, labels, classes, per_class, given.folds, seed) for seed in range(given.draws)]
        )
        low, high, out_of_fold, each, together, whole, test_low, test_high = rows.T
        print(f"{per_class} photos a class, {given.draws} draws: out of fold {out_of_fold.mean():.4f}")
        widths = 100 * (high - low).mean(), 100 * (test_high - test_low).mean()
        print(f"  width of the interval {widths[0]:.1f} points, of one test's {widths[1]:.1f}")
        for name, truth in (
            ("the five, one by one", each),
            ("the five together", together),
            ("one of all", whole),
        ):
            held = (low <= truth) & (truth <= high)
            print(
                f"  {name}: {truth.mean():.4f}, bias {100 * (out_of_fold - truth).mean():+.2f} points, held by "
                f"{held.mean():.3f} of the intervals"
            )


def one_draw(
    features: np.ndarray, labels: np.ndarray, classes: list[str], per_class: int, k: int, seed: int
) -> list[float]:
    random = np.random.default_rng(seed)
    drawn = np.concatenate(
        [random.permutation(np.flatnonzero(labels == label))[:per_class] for label in range(len(classes))]
    )
    rest = np.setdiff1d(np.arange(len(labels)), drawn)
    x, y = features[drawn], labels[drawn]
    fold = folds(y, np.arange(len(y)), k, seed, classes=classes)
    right, truths, shares = np.zeros(len(y), bool), [], []
    for number in range(k):
        network = learned(x[fold != number], y[fold != number])
        right[fold == number] = network.predict(x[fold == number]) == y[fold == number]
        probabilities = network.predict_proba(features[rest])
        shares.append(probabilities)
        truths.append((probabilities.argmax(axis=1) == labels[rest]).mean())
    together = (np.mean(shares, axis=0).argmax(axis=1) == labels[rest]).mean()
    whole = (learned(x, y).predict(features[rest]) == labels[rest]).mean()
    n = round(len(y) / 10)
    one = random.permutation(len(y))
    test = learned(x[one[n:]], y[one[n:]]).predict(x[one[:n]]) == y[one[:n]]
    return [
        *wilson_interval(int(right.sum()), len(y)),
        right.mean(),
        float(np.mean(truths)),
        together,
        whole,
        *wilson_interval(int(test.sum()), n),
    ]


if __name__ == "__main__":
    main()
