"""Labels that were made wrong on purpose: how many of them a list of suspects holds, seed after seed.

Photos in a folder a class get some of their labels flipped to another class; ``checks.labels`` lists what it suspects,
by the features of a network and by pixels alone, beside cleanlab's list where that is installed. Run it as::

    python benchmarks/label_noise.py photos/ --network squeezenet1.0 --weights squeezenet.safetensors
    python benchmarks/label_noise.py photos/ --weights squeezenet.safetensors --strangers others/
    python benchmarks/label_noise.py digits --flipped 90 --first 135

It prints a line a way and seed, then means and ranges. With ``--strangers``, twenty pictures of another folder are put
among the photos instead, and what ``checks.outliers`` tells is counted.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import prunelle as pn
from prunelle.checks.labels import FEW, cross_validated, suspicion
from prunelle.checks.outliers import FAR, distances, scores
from prunelle.checks.pixel_features import pixel_features
from prunelle.data.examples import Split
from prunelle.data.pixels import Pixels
from prunelle.transfer.example_features import example_features


def features_of(
    folder: Path, network: str, weights: str | None
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, features ``(N, F)`` and labels ``(N,)``, by each way."""
    data = pn.load(folder, validation=0, test=0)

    def decoded(preprocess: object) -> tuple[dict[str, Pixels], np.ndarray]:
        pixels = {split.name: split.decode(preprocess) for split in data.splits()}  # type: ignore[arg-type]
        return pixels, np.concatenate([part.labels for part in pixels.values()])

    if weights is not None:
        pretrained = pn.pretrained(network, weights, style="quiet")
        pixels, labels = decoded(pretrained.preprocess)
        features = example_features(pretrained.network, pretrained.preprocess, pixels, memory_budget=10**9)
        yield network, features, labels
    pixels, labels = decoded(data.preprocess)
    yield "pixels", pixel_features(pixels), labels


def cleanlabs(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
    """Rows of cleanlab's list, the surest first; None where it is not installed."""
    try:
        from cleanlab.filter import find_label_issues
    except ImportError:
        return None
    return np.asarray(
        find_label_issues(labels, probabilities, return_indices_ranked_by="normalized_margin", n_jobs=1)
    )


STRANGERS = 20


def strangers_among(asked: argparse.Namespace) -> None:
    """How many of twenty pictures of another kind are told as unlike all others, and how many others."""
    files = tuple(
        sorted(file for file in asked.strangers.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg"))
    )
    pretrained = pn.pretrained(asked.network, asked.weights, style="quiet")
    _, features, _ = next(features_of(asked.folder, asked.network, asked.weights))
    others = Split("strangers", np.zeros(len(files), np.int64), files).decode(pretrained.preprocess)
    strange = example_features(
        pretrained.network, pretrained.preprocess, {"strangers": others}, memory_budget=10**9
    )
    hits, told = [], []
    for seed in range(asked.seeds):
        chosen = np.random.default_rng(seed).choice(len(strange), STRANGERS, replace=False)
        score = scores(distances(np.concatenate([features, strange[chosen]])))
        rows = np.flatnonzero(score > FAR)
        told.append(len(rows))
        hits.append(int((rows >= len(features)).sum()))
        first = np.argsort(-score, kind="stable")[:STRANGERS]
        print(
            f"seed {seed}: {told[-1]} told, {hits[-1]} of them among {STRANGERS} strangers; of the first "
            f"{STRANGERS}, {int((first >= len(features)).sum())}"
        )
    print(
        f"told {statistics.mean(told):.1f}, of them strangers {statistics.mean(hits):.1f}; without strangers "
        f"{int((scores(distances(features)) > FAR).sum())} told"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", help="of photos, a folder a class; or a set by its name")
    parser.add_argument("--network", default="squeezenet1.0")
    parser.add_argument("--weights", help="of the network; none: pixels alone")
    parser.add_argument("--flipped", type=int, default=100)
    parser.add_argument("--first", type=int, default=150, help="of the list that are looked at")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--of", type=int, help="so many photos, drawn anew with each seed; none: all")
    parser.add_argument("--one-way", action="store_true", help="flip labels of the last class only")
    parser.add_argument("--strangers", type=Path, help="a folder of other pictures, of any depth")
    asked = parser.parse_args()
    if asked.strangers is not None:
        strangers_among(asked)
        return
    for way, features, labels in features_of(asked.folder, asked.network, asked.weights):
        k = int(labels.max()) + 1
        found, lengths, right, theirs, clean = [], [], [], [], []
        for seed in range(asked.seeds):
            rng = np.random.default_rng(seed)
            rows = np.arange(len(labels))
            if asked.of is not None:
                rows = np.random.default_rng(1000 + seed).choice(len(labels), asked.of, replace=False)
            given, seen = labels[rows], features[rows]
            folds = 10 if len(rows) < FEW else 5
            if asked.of is not None or seed == 0:
                told = suspicion(cross_validated(seen, given, k, folds=folds), given).told(given)
                clean.append(len(told))
            pool = np.flatnonzero(given == k - 1) if asked.one_way else np.arange(len(given))
            flipped = rng.choice(pool, asked.flipped, replace=False)
            noisy = given.copy()
            noisy[flipped] = (given[flipped] + rng.integers(1, k, asked.flipped)) % k
            probabilities = cross_validated(seen, noisy, k, folds=folds)
            told = suspicion(probabilities, noisy).told(noisy)
            found.append(int(np.isin(told[: asked.first], flipped).sum()))
            lengths.append(len(told))
            right.append(int(np.isin(told, flipped).sum()))
            other = cleanlabs(probabilities, noisy)
            if other is not None:
                theirs.append((len(other), int(np.isin(other[: asked.first], flipped).sum())))
            print(
                f"{way} seed {seed}: {found[-1]} of {asked.flipped} flipped among the first {asked.first} listed; "
                f"{len(told)} listed, {right[-1]} of them flipped; as they are {clean[-1]} listed"
                + (f"; cleanlab {theirs[-1]}" if theirs else "")
            )
        print(
            f"{way}: found {statistics.mean(found):.1f} ({min(found)} to {max(found)}), listed "
            f"{statistics.mean(lengths):.1f}, of them flipped {statistics.mean(right):.1f}; "
            f"as they are {max(clean)} at most"
        )
        if theirs:
            print(
                f"{way}: cleanlab lists {statistics.mean(n for n, _ in theirs):.1f}, found "
                f"{statistics.mean(n for _, n in theirs):.1f}"
            )


if __name__ == "__main__":
    main()
