"""Small data sets on disk, in the forms that course programs read."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from tests.pictures import make_folder


def digits(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """28×28 pictures of ten classes that two convolutions learn: a bright bar at a place and angle of each class."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 10).astype(np.uint8)
    rows, columns = np.mgrid[:28, :28] - 13.5
    images = np.empty((count, 28, 28), np.uint8)
    for i, label in enumerate(labels):
        angle = np.pi * label / 10
        across = rows * np.cos(angle) - columns * np.sin(angle) + rng.normal(0, 0.7)
        images[i] = np.clip(230 * np.exp(-(across**2) / 6) + rng.integers(0, 40, (28, 28)), 0, 255)
    return images, labels


def write_mnist(folder: Path, train: int = 320, test: int = 100) -> None:
    """MNIST's four IDX files, of ``digits``."""
    folder.mkdir(parents=True)
    for name, seed, count in (("train", 1, train), ("t10k", 2, test)):
        images, labels = digits(seed, count)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(
            struct.pack(">BBBB3I", 0, 0, 8, 3, count, 28, 28) + images.tobytes()
        )
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">BBBBI", 0, 0, 8, 1, count) + labels.tobytes()
        )


def write_cifar10(folder: Path, per_file: int = 40) -> None:
    """The six files of CIFAR-10's binary version, of random colours."""
    (folder / "cifar-10-batches-bin").mkdir(parents=True)
    rng = np.random.default_rng(5)
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        records = rng.integers(0, 256, (per_file, 1 + 3072), dtype=np.uint8)
        records[:, 0] = np.arange(per_file) % 10
        (folder / "cifar-10-batches-bin" / f"{name}.bin").write_bytes(records.tobytes())


def write_photos(folder: Path) -> None:
    """``data/train`` and ``data/validation``, cats and dogs with French names, of stripes."""
    make_folder(folder / "data" / "train", ("chats", "chiens"), 16, (70, 90), seed=1)
    make_folder(folder / "data" / "validation", ("chats", "chiens"), 8, (90, 70), seed=2)
