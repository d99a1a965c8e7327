"""How far a run can be trusted, and whether it knows what it has not learned: the tables of docs/lab/results.md.

    python benchmarks/trust.py hold-out CIFAR10-PHOTOS HELD-OUT --seed 0
    prunelle train HELD-OUT/known --network course-cifar --validation 0.2 --epochs 6 --seed 0 --output RUN
    python benchmarks/trust.py measure RUN HELD-OUT/others
    python benchmarks/trust.py measure RUN IMAGENET-SAMPLES --leave-out 2085620-2113978 2123045-2124075

``hold-out`` links the first 600 pictures to learn from, and 200 to be tested on, of seven of ten classes, and 200 of
each of the others; ``measure`` prints the area under the curve of each sign, between the run's test pictures and the
others. ``--leave-out`` are numbers of WordNet: folders called n02085620, and so on, are not taken.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from prunelle.console.listeners import make_listener
from prunelle.data.examples import Split
from prunelle.jobs import run_data, trusting
from prunelle.runs.run import Run
from prunelle.trust import abstaining, conformal, novelty
from prunelle.trust.measuring import record
from prunelle.trust.outputs import log_probabilities
from prunelle.trust.trust import chosen


def hold_out(source: Path, target: Path, seed: int) -> None:
    """Folders ``known`` (train, test) and ``others`` of links."""
    names = sorted(folder.name for folder in (source / "train").iterdir())
    out = set(np.random.default_rng(seed).choice(names, 3, replace=False).tolist())
    print(f"seed {seed} leaves out {sorted(out)}")
    for split, most in (("train", 600), ("test", 200)):
        for name in names:
            if name in out and split == "train":
                continue
            folder = target / "others" / name if name in out else target / "known" / split / name
            folder.mkdir(parents=True, exist_ok=True)
            for file in sorted((source / split / name).iterdir())[:most]:
                if not (folder / file.name).exists():
                    os.link(file, folder / file.name)


def measure(run: Run, others: Path, left_out: list[str]) -> None:
    """Prints the figures of a run, and how well others are told from its own test pictures."""
    listener = make_listener("quiet")
    ranges = [tuple(map(int, each.split("-"))) for each in left_out]
    files = [
        file
        for file in sorted(others.rglob("*"))
        if file.is_file() and not any(low <= number(file) <= high for low, high in ranges)
    ]
    splits = {split.name: split for split in run_data.data_of(run, listener).splits()}
    splits["others"] = Split("others", np.zeros(len(files), np.int64), tuple(files))
    pixels = {name: split.decode(run.preprocess) for name, split in splits.items()}
    outputs = trusting.outputs_of(run.network, pixels, run.preprocess, len(run.classes))
    test, other = outputs["test"], outputs["others"]
    trust = chosen(outputs["validation"], outputs["train"])
    said = record(trust, test, run.classes)
    print(f"{run.path.name}: validation {trust.n}, test {test.n}, accuracy {100 * test.right.mean():.1f} %")
    before, after = said["calibration"]["before"], said["calibration"]["after"]
    print(
        f"temperature {trust.temperature:.2f}: error {100 * before['expected_calibration_error']:.1f} -> "
        f"{100 * after['expected_calibration_error']:.1f}, loss {before['loss']:.3f} -> {after['loss']:.3f}"
    )
    for each in said["unsure"]:
        print("unsure", each["share"], each["validation"], each["test"])
    print("least", said["least_unsure"])
    for each in said["sets"]:
        figures = {name: value for name, value in (each["test"] or {}).items() if name != "by_class"}
        print("sets", each["share"], figures)
        print(
            "  least of a class",
            min((c["held"] / max(1, c["n"]) for c in each["test"]["by_class"]), default=None),
        )
    adaptive(outputs["validation"], test, trust.temperature)
    print("unlike", said["unlike"])
    truth = np.repeat([0, 1], [test.n, other.n])
    signs = {
        "energy": novelty.energy,
        "distance": None,
        "both": None,
        "sureness": lambda logits: -abstaining.sureness(logits, trust.temperature),
    }
    for name, sign in signs.items():
        scores = [
            trust.novelty.distance(each.features)
            if name == "distance"
            else trust.novelty.of(each.logits, each.features)
            if sign is None
            else sign(each.logits)
            for each in (test, other)
        ]
        print(f"area {name}: {roc_auc_score(truth, np.concatenate(scores)):.3f} ({other.n} others)")
    for rate in (0.01, 0.05):
        bound = novelty.level(trust.unlikeness, rate)
        caught = trust.novelty.of(other.logits, other.features) > bound
        print(f"rate {rate}: {100 * caught.mean():.1f} % of the others are said to be none of these")


def adaptive(validation, test, temperature: float) -> None:
    """Adaptive sets (Romano et al. 2020) without chance, beside those that are used: coverage and mean size at 10 %."""

    def mass(outputs):
        shares = np.exp(log_probabilities(outputs.logits, temperature))
        order = np.argsort(-shares, axis=1)
        sums = np.take_along_axis(shares, order, axis=1).cumsum(axis=1)
        return np.take_along_axis(sums, np.argsort(order, axis=1), axis=1)

    scores = mass(validation)[np.arange(validation.n), validation.labels]
    sets = mass(test) <= conformal.limit(scores, 0.1)
    held = sets[np.arange(test.n), test.labels].mean()
    print(f"adaptive sets at 0.1: {100 * held:.1f} % hold the truth, {sets.sum(axis=1).mean():.2f} classes")


def number(file: Path) -> int:
    """Of WordNet, of the folder that a picture is in; -1 where it has none."""
    digits = file.parent.name.removeprefix("n")
    return int(digits) if digits.isdigit() else -1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    holding = verbs.add_parser("hold-out")
    holding.add_argument("source", type=Path)
    holding.add_argument("target", type=Path)
    holding.add_argument("--seed", type=int, default=0)
    measuring = verbs.add_parser("measure")
    measuring.add_argument("run")
    measuring.add_argument("others", type=Path)
    measuring.add_argument("--leave-out", nargs="*", default=[])
    given = parser.parse_args()
    if given.verb == "hold-out":
        hold_out(given.source, given.target, given.seed)
    else:
        measure(Run.open(given.run), given.others, given.leave_out)
