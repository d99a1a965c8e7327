"""A small report whose every number can be worked out by hand."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from prunelle.data.augment import Augment
from prunelle.data.preprocess import Preprocess
from prunelle.networks.summary import LayerRow
from prunelle.report.content import ReportContent
from prunelle.texts import Note
from prunelle.training.metrics import Evaluation
from prunelle.training.recipe import Recipe

SCRIPT = "<script>alert(1)</script>"
CLASSES = ("chat été", "dog", SCRIPT)
LABELS = [0, 0, 0, 0, 1, 1, 1, 2]
# Right: 0, 1, 4, 6, 7. Wrong, by confidence: 5 (0.95), 3 (0.81), 2 (0.62).
PROBABILITIES = [
    [0.90, 0.06, 0.04],
    [0.81, 0.10, 0.09],
    [0.30, 0.62, 0.08],
    [0.10, 0.09, 0.81],
    [0.20, 0.70, 0.10],
    [0.95, 0.03, 0.02],
    [0.30, 0.50, 0.20],
    [0.26, 0.20, 0.54],
]


@pytest.fixture
def evaluation() -> Evaluation:
    return Evaluation(
        "test",
        CLASSES,
        np.array(LABELS),
        np.array(PROBABILITIES, np.float32),
        0.9123,
        tuple(f"/photos/test/{label}/{index}.png" for index, label in enumerate(LABELS)),
    )


@pytest.fixture
def content(evaluation: Evaluation) -> ReportContent:
    random = np.random.default_rng(0)
    return ReportContent(
        run_name="20261121-lenet5",
        data_name="pets",
        network_name="lenet5",
        command="prunelle train pets --network lenet5 --seed 7",
        reproducibility=Note("The same again.", "La même chose."),
        evaluation=evaluation,
        images=random.integers(0, 256, (8, 8, 8, 1), dtype=np.uint8),
        examples={name: random.integers(0, 256, (2, 8, 8, 1), dtype=np.uint8) for name in CLASSES},
        counts={"train": [600, 401, 233], "validation": [2, 1, 1], "test": [4, 3, 1]},
        results=[
            {"epoch": 1, "train_loss": 1.0, "train_accuracy": 0.5, "val_loss": 0.8, "val_accuracy": 0.6},
            {"epoch": 2, "train_loss": 0.5, "train_accuracy": 0.7, "val_loss": 0.4, "val_accuracy": 0.8},
            {"epoch": 3, "train_loss": 0.3, "train_accuracy": 0.9, "val_loss": 0.6, "val_accuracy": 0.7},
        ],
        best_epoch=2,
        metrics={
            "train": {"accuracy": 0.75, "interval": [0.725, 0.774], "loss": 0.5, "n": 1234},
            "test": evaluation.summary(),
        },
        skipped=(),
        notes=(Note("Read by folder: three classes.", "Lu par dossier : trois classes."),),
        warnings=(),
        layers=[
            LayerRow("features.0", "Conv2d", "5×5", (6, 28, 28), 156),
            LayerRow("head.0", "Linear", "", (3,), 61550),
        ],
        num_parameters=61706,
        recipe=Recipe(epochs=3, seed=7, augment=Augment(flip=True, shift=0.1)),
        preprocess=Preprocess(size=(8, 8), channels=1, mean=(0.5,), std=(0.25,)),
        versions={"torch": "2.13.0"},
        host={"processor": "a good one"},
        started="2026-11-21T14:30:05",
        seconds=187.3,
    )


@pytest.fixture
def with_classes(content: ReportContent) -> Callable[[int], ReportContent]:
    """The same report with another number of classes, all right but one: a picture of class 0 taken for 1."""

    def make(num_classes: int) -> ReportContent:
        labels = np.repeat(np.arange(num_classes), 2)
        probabilities = np.full((len(labels), num_classes), 0.1 / num_classes, np.float32)
        probabilities[np.arange(len(labels)), labels] = 0.9
        probabilities[1] = probabilities[1][[1, 0, *range(2, num_classes)]]
        names = tuple(f"class-{index}" for index in range(num_classes))
        return dataclasses.replace(
            content,
            evaluation=Evaluation("test", names, labels, probabilities, 0.2),
            images=np.zeros((len(labels), 8, 8, 1), np.uint8),
            examples={name: np.zeros((8, 8, 8, 1), np.uint8) for name in names},
            counts={"train": [9] * num_classes, "test": [2] * num_classes},
            metrics={},
        )

    return make
