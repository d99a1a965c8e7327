"""Examples to inspect, made of arrays or files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.list import CHECKS
from prunelle.data.examples import Data, Split
from prunelle.data.folder import load_folder
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.container import Series
from prunelle.data.series.preprocess import SeriesPreprocess


def of(data: Data, features: np.ndarray | None = None) -> Inspected:
    pixels = {split.name: split.decode(data.preprocess) for split in data.splits()}
    return Inspected(data=data, pixels=pixels, features=features)


def of_folder(folder: Path) -> Inspected:
    return of(load_folder(folder, validation=0, test=0))


def of_pictures(
    images: np.ndarray, labels: Sequence[int], *, test: int = 0, features: np.ndarray | None = None
) -> Inspected:
    """``(N, H, W, C)`` uint8, the last ``test`` of them to be judged on."""
    names = tuple(f"class {i}" for i in range(int(max(labels)) + 1))
    cut = len(images) - test
    train = Split("train", np.array(labels[:cut], np.int64), array=images[:cut])
    tested = Split("test", np.array(labels[cut:], np.int64), array=images[cut:]) if test else None
    preprocess = Preprocess(size=images.shape[1:3], channels=images.shape[3])
    return of(Data("made", names, train, None, tested, preprocess), features)


def of_series(
    series: Sequence[np.ndarray],
    labels: Sequence[int],
    *,
    test: int = 0,
    features: np.ndarray | None = None,
) -> Inspected:
    """``(T, C)`` each, the last ``test`` of them to be judged on."""
    names = tuple(f"class {i}" for i in range(int(max(labels)) + 1))
    cut = len(series) - test
    train = Split("train", np.array(labels[:cut], np.int64), array=Series.of(series[:cut]))
    tested = Split("test", np.array(labels[cut:], np.int64), array=Series.of(series[cut:])) if test else None
    settings = SeriesPreprocess(length=max(map(len, series)), channels=series[0].shape[1])
    return of(Data("made", names, train, None, tested, settings), features)


def waves(n: int, seed: int = 0, length: int = 60) -> tuple[list[np.ndarray], list[int]]:
    """Noisy sines, of two frequencies in turn."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 2 * np.pi, length)
    labels = [i % 2 for i in range(n)]
    return [
        (np.sin((2 + 3 * label) * t + rng.uniform(0, 6)) + rng.normal(0, 0.1, length))[:, np.newaxis].astype(
            np.float32
        )
        for label in labels
    ], labels


def found(inspected: Inspected, kind: str) -> list[Finding]:
    """What the check that gives such findings gives of them."""
    (check,) = [each for each in CHECKS if kind in each.kinds]
    assert inspected.kind.name in check.of
    return [finding for finding in check.find(inspected) if finding.kind == kind]
