"""The loop of docs/review.md: wrong labels, a list of suspects, decisions, and what retraining makes of them.

    python benchmarks/review_loop.py --photos FOLDER --weights FILE

FOLDER has ``train`` and ``test`` with a folder a class. A seed draws the validation pictures and the labels that are
flipped to another class, in training and validation alike. A network learns from the flipped labels; the pictures are
listed by ``checks.labels.suspicion`` (out-of-fold probabilities of the features of the weights); whoever decides knows
the true label, and answers for the first so many of the list; the run is trained again with these decisions
(``retrain``). A third training has the clean labels. All three are judged on the same test pictures, whose labels are
never touched.

Prints a line a seed, then the paired differences with Student's 95 % interval over seeds.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import time
from pathlib import Path

import numpy as np

import prunelle as pn
from prunelle.checks.labels import cross_validated, suspicion
from prunelle.csv_files import table_text
from prunelle.data.decisions import Decision, Decisions
from prunelle.data.examples import Data
from prunelle.jobs import decoding, finishing
from prunelle.planning.choosing import named_recipe
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.runs.listener import Quiet
from prunelle.training.paired import over_seeds
from prunelle.transfer.example_features import example_features

VALIDATION = 0.1
ON_DISK = 1
"""Bytes of memory for pixels: they are decoded once, into the cache."""


class Photos:
    """The pictures with their true classes, and a vector each."""

    def __init__(self, folder: Path, network: str, weights: str) -> None:
        self.folder = folder
        self.network, self.weights = network, weights
        data = pn.load(folder, validation=0.0)
        assert data.train.files is not None
        assert data.test is not None
        assert data.test.files is not None
        self.classes = data.classes
        self.train = [file.relative_to(folder).as_posix() for file in data.train.files]
        self.test = [file.relative_to(folder).as_posix() for file in data.test.files]
        self.truth, self.test_truth = data.train.labels, data.test.labels
        self.features = self._features(data)

    def _features(self, data: Data) -> np.ndarray:
        """``(N, F)`` of the pictures of train."""
        pretrained = pn.pretrained(self.network, self.weights, style="quiet")
        pixels = decoding.decode_all(data, pretrained.preprocess, ON_DISK, Quiet())
        assert len(pixels["train"]) == len(self.train), "every picture must be readable"
        found = example_features(
            pretrained.network, pretrained.preprocess, {"train": pixels["train"]}, memory_budget=MEMORY_BUDGET
        )
        return np.asarray(found)

    def table(self, path: Path, labels: np.ndarray, validation: np.ndarray) -> Path:
        """A CSV that says each picture's label and split."""
        rows = [
            (file, self.classes[label], "validation" if kept else "train")
            for file, label, kept in zip(self.train, labels, validation, strict=True)
        ]
        rows += [
            (file, self.classes[label], "test")
            for file, label in zip(self.test, self.test_truth, strict=True)
        ]
        path.write_text(table_text(("file", "label", "split"), rows), encoding="utf-8")
        return path

    def trained(self, table: Path, given: argparse.Namespace, output: Path, seed: int) -> pn.Run:
        """A network that has learned those labels."""
        return pn.train(
            self.network,
            self.folder,
            functools.partial(named_recipe("usual"), epochs=given.epochs, seed=seed),
            labels=str(table),
            weights=self.weights,
            strategy=pn.Strategy(name="features", head=given.head),
            output=output,
            memory_budget=ON_DISK,
            style="quiet",
        )


def one_seed(photos: Photos, seed: int, given: argparse.Namespace, place: Path) -> tuple[float, float, float]:
    """Test accuracies after flipped, corrected and clean labels; says what was found on the way."""
    begin = time.perf_counter()
    rng = np.random.default_rng(seed)
    n, k = len(photos.truth), len(photos.classes)
    validation = np.zeros(n, bool)
    validation[rng.permutation(n)[: round(VALIDATION * n)]] = True
    wrong = rng.permutation(n)[: given.flips]
    labels = photos.truth.copy()
    labels[wrong] = (labels[wrong] + rng.integers(1, k, len(wrong))) % k

    flipped = photos.trained(
        photos.table(place / "flipped.csv", labels, validation), given, place / "flipped", seed
    )
    score = suspicion(cross_validated(photos.features, labels, k, seed=seed), labels).score
    asked = np.argsort(-score, kind="stable")[: given.decisions]
    decisions = Decisions(
        Decision.made(
            photos.train[row],
            "keep" if labels[row] == photos.truth[row] else "relabel",
            was=photos.classes[labels[row]],
            label=photos.classes[photos.truth[row]],
            by="script",
        )
        for row in asked.tolist()
    )
    decisions.write(place / "decisions.csv")
    again = pn.retrain(
        flipped,
        decisions=place / "decisions.csv",
        output=place / "corrected",
        memory_budget=ON_DISK,
        style="quiet",
    )
    clean = photos.trained(
        photos.table(place / "clean.csv", photos.truth, validation), given, place / "clean", seed
    )
    accuracies = tuple(run.metrics()["test"]["accuracy"] for run in (flipped, again.run, clean))
    found = len(set(asked.tolist()) & set(wrong.tolist()))
    change = again.change.new_labels
    print(
        f"seed {seed}: {found} of {given.flips} wrong labels among {given.decisions} decisions; test accuracy "
        f"{accuracies[0]:.2%} flipped, {accuracies[1]:.2%} corrected, {accuracies[2]:.2%} clean; change "
        f"{100 * change.mean:+.2f} points ({100 * change.low:+.2f} to {100 * change.high:+.2f}); "
        f"{time.perf_counter() - begin:.0f} s",
        flush=True,
    )
    return accuracies


def main() -> None:
    """Prints it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--network", default="squeezenet1.0")
    parser.add_argument("--head", default="linear")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--flips", type=int, default=100)
    parser.add_argument("--decisions", type=int, default=150)
    given = parser.parse_args()
    finishing.write_page = lambda *_: None  # type: ignore[assignment]  # of thirty runs nobody reads the reports
    photos = Photos(given.photos.absolute(), given.network, given.weights)
    print(f"{len(photos.train)} pictures to learn from, {len(photos.test)} to judge on", flush=True)
    results = []
    for seed in range(given.seeds):
        with tempfile.TemporaryDirectory() as place:
            results.append(one_seed(photos, seed, given, Path(place)))
    flipped, corrected, clean = np.array(results).T
    step = 1 / len(photos.test)
    for name, gaps in (
        ("corrected - clean", corrected - clean),
        ("flipped - clean", flipped - clean),
        ("corrected - flipped", corrected - flipped),
    ):
        estimate = over_seeds(gaps.tolist(), step=step)
        interval = (
            ""
            if estimate.interval is None
            else " ({:+.2f} to {:+.2f})".format(*(100 * bound for bound in estimate.interval))
        )
        print(f"{name}: {100 * estimate.mean:+.2f} points{interval}, {given.seeds} seeds")
    for name, values in (("flipped", flipped), ("corrected", corrected), ("clean", clean)):
        print(f"{name}: {values.mean():.2%}")


if __name__ == "__main__":
    main()
