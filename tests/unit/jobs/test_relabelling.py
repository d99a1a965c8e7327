"""Labels of data in the order of a run's classes, of every kind of target."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prunelle.data.targets import ONE_CLASS, Number, SeveralLabels, Target
from prunelle.errors import DataError
from prunelle.jobs.relabelling import relabelled


def of(target: Target, *classes: str) -> Any:
    return SimpleNamespace(target=target, classes=classes)


def test_classes_in_another_order() -> None:
    labels = relabelled(np.array([0, 1, 1]), of(ONE_CLASS, "fox", "cat"), of(ONE_CLASS, "cat", "dog", "fox"))
    assert labels.tolist() == [2, 0, 0]
    with pytest.raises(DataError, match=r"class 'fix'\. Did you mean 'fox'\? It knows: cat, fox\."):
        relabelled(np.array([0]), of(ONE_CLASS, "fix"), of(ONE_CLASS, "cat", "fox"))


def test_several_labels_in_another_order() -> None:
    """The run's thresholds make no other target of it; a label that the data do not have is nobody's."""
    ours = of(SeveralLabels(thresholds=(0.1, 0.2, 0.3)), "cat", "dog", "fox")
    theirs = of(SeveralLabels(), "fox", "cat")
    labels = relabelled(np.array([[1, 0], [1, 1], [0, 0]], bool), theirs, ours)
    assert labels.astype(int).tolist() == [[0, 0, 1], [1, 0, 1], [0, 0, 0]]


def test_a_number_stays_one() -> None:
    numbers = np.array([1.5, 2.5])
    assert relabelled(numbers, of(Number(), "age"), of(Number(mean=3.0), "years")) is numbers


def test_another_task_is_refused() -> None:
    with pytest.raises(DataError, match="its task is multilabel, and theirs is classification"):
        relabelled(np.array([0]), of(ONE_CLASS, "a", "b"), of(SeveralLabels(), "a", "b"))
