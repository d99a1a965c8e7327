"""Checks of examples with several labels: wrong ones, label by label, and rare ones."""

from __future__ import annotations

import dataclasses

import numpy as np

import prunelle as pn
from prunelle.data.examples import Data
from prunelle.data.targets import SeveralLabels


def told(planted: dict[int, int]) -> Data:
    """Digits: a label of 0 and 4, one of 4 and 6, so that some have both and most have none; one that five have."""
    digits = pn.load("digits").train.take(np.arange(500))
    number = digits.labels
    labels = np.stack([np.isin(number, [0, 4]), np.isin(number, [4, 6]), np.arange(500) < 5], axis=1)
    for row, label in planted.items():
        labels[row, label] = ~labels[row, label]
    train = dataclasses.replace(digits, labels=labels)
    whole = pn.load("digits")
    return dataclasses.replace(
        whole,
        classes=("first", "second", "rare"),
        target=SeveralLabels(),
        source=None,
        train=train,
        validation=None,
        test=None,
    )


def test_wrong_labels_are_found_label_by_label() -> None:
    planted = {40 + 45 * i: i % 2 for i in range(10)}
    found = pn.check(told(planted), style="quiet").findings
    wrong = [each for each in found if each.kind == "label"]
    rows = {each.rows[0] for each in wrong}
    assert len(rows & planted.keys()) >= 7
    assert len(rows) <= 2 * len(planted)
    for each in wrong:
        label = ("first", "second")[planted[each.rows[0]]] if each.rows[0] in planted else ""
        assert label in each.what.en
        assert each.suggested is None


def test_few_examples_of_a_label_are_told() -> None:
    (small,) = [each for each in pn.check(told({}), style="quiet").findings if each.kind == "small class"]
    assert small.what.en == "1 label has fewer than 10 pictures to learn from: rare (5)."
    assert small.rows == (0, 1, 2, 3, 4)
