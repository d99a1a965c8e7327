"""What people have in place of numbers: accepted where it can mean one thing only, stored plain, else refused."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import prunelle as pn
from prunelle.errors import ArgumentError
from prunelle.scalars import _WORDS, plain, plain_arguments

ONE = np.random.default_rng(0)


@pytest.mark.parametrize(
    "given", [3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3), torch.tensor(3, dtype=torch.int16)]
)
def test_whole_numbers(given: Any) -> None:
    recipe = pn.Recipe(epochs=given, batch_size=given, seed=given, patience=given)
    assert recipe == pn.Recipe(epochs=3, batch_size=3, seed=3, patience=3)
    assert [type(value) for value in (recipe.epochs, recipe.seed, recipe.patience)] == [int] * 3
    assert pn.Preprocess(size=(given, given), channels=given) == pn.Preprocess(size=(3, 3), channels=3)
    assert pn.Strategy(name="partial", freeze=given, views=given).freeze == 3


@pytest.mark.parametrize(
    "given", [0.5, np.float32(0.5), np.float64(0.5), np.array(0.5), torch.tensor(0.5), Fraction(1, 2)]
)
def test_numbers(given: Any) -> None:
    recipe = pn.Recipe(
        learning_rate=given, label_smoothing=given, ema_decay=given, augment=pn.Augment(shift=given)
    )
    assert recipe == pn.Recipe(
        learning_rate=0.5, label_smoothing=0.5, ema_decay=0.5, augment=pn.Augment(shift=0.5)
    )
    # json knows nothing but Python's own.
    assert json.loads(json.dumps(recipe.to_json()))["learning_rate"] == 0.5
    assert pn.SeriesAugment(jitter=given).jitter == 0.5


@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, torch.tensor], ids=["list", "tuple", "array", "tensor"]
)
def test_pairs_and_triples(kind: Callable[[Any], Any]) -> None:
    found = pn.Preprocess(size=kind([8, 12]), mean=kind([0.5, 0.25, 0.5]), std=kind([0.5, 0.5, 1]))
    assert found == pn.Preprocess(size=(8, 12), mean=(0.5, 0.25, 0.5), std=(0.5, 0.5, 1))
    assert json.dumps(found.to_json())
    network = pn.build(
        "dense", num_classes=np.int64(3), in_channels=1, input_size=kind([8, 8]), hidden=kind([5, 4])
    )
    assert network.built_as == (
        "dense",
        {"hidden": (5, 4)},
    )  # a list would be another description of the same
    result = pn.convolve(np.ones((6, 6)), np.ones((3, 3)), stride=kind([1, 2]), padding=kind([1, 1]))
    assert result.output.shape == (6, 3)


def test_where_it_means_nothing_it_is_refused() -> None:
    for value in (
        True,
        np.bool_(True),
        torch.tensor(True),
        "3",
        b"3",
        [3],
        np.array([3]),
        None,
        2.5,
        np.float32(2.5),
        3j,
    ):
        with pytest.raises(ArgumentError, match="epochs must be a whole number; received"):
            pn.Recipe(epochs=value)  # type: ignore[arg-type]
    for value in (
        True,
        np.bool_(True),
        "0.1",
        [0.1],
        None,
        np.array([0.1, 0.2]),
        1j,
        np.datetime64("2020-01-01"),
    ):
        with pytest.raises(ArgumentError, match="learning_rate must be a number; received"):
            pn.Recipe(learning_rate=value)  # type: ignore[arg-type]
    for value in (3, (3,), (3, 4, 5), "34", [True, 3], np.ones((2, 2)), (2.5, 3)):
        with pytest.raises(ArgumentError, match="size must be a height and a width"):
            pn.Preprocess(size=value)  # type: ignore[arg-type]
    for value in (2, "yes", None, [True]):
        with pytest.raises(ArgumentError, match="balance must be True or False; received"):
            pn.Recipe(balance=value)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="numbers must be whole numbers; received 5"):
        pn.shots("digits", numbers=5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="size must be a whole number or a height and a width"):
        pn.train("lenet5", size=True)
    with pytest.raises(ArgumentError, match="validation must be a number"):
        pn.load("digits", validation="0.1")  # type: ignore[arg-type]


def test_data_and_splits_take_them_and_keep_them_plain() -> None:
    images, labels = ONE.integers(0, 255, (40, 8, 8), dtype=np.uint8), np.arange(40) % 2
    one = pn.from_arrays(images, labels, validation=np.float32(0.25), test=np.float64(0.25), seed=np.int64(1))
    other = pn.from_arrays(images, labels, validation=0.25, test=0.25, seed=1)
    assert [len(split) for split in one.splits()] == [20, 10, 10]
    assert np.array_equal(one.train.array, other.train.array)
    series = pn.from_series(
        ONE.random((40, 9)), labels, validation=torch.tensor(0.25), test=np.float32(0.0), seed=np.int32(1)
    )
    assert [len(split) for split in series.splits()] == [30, 10]
    source = pn.load("digits", validation=np.float32(0.5), seed=np.int64(2)).source
    assert json.loads(json.dumps(source))["validation"] == 0.5


def test_a_run_of_numpys_numbers_is_the_run_of_plain_ones(tmp_path: Path) -> None:
    data = pn.from_arrays(ONE.integers(0, 255, (24, 8, 8, 1), dtype=np.uint8), np.arange(24) % 2, test=0.25)
    recipe = pn.Recipe(epochs=1, learning_rate=np.float32(0.01), seed=np.int64(3), batch_size=torch.tensor(8))
    run = pn.train(
        "dense", data, recipe, size=np.array([8, 8]), mean=np.array([0.5]), std=[torch.tensor(0.25)],
        options={"hidden": np.array([4])}, epochs=np.int64(2), output=tmp_path / "run", style="quiet",
    )  # fmt: skip
    written = json.loads((run.path / "run.json").read_text())
    assert written["recipe"]["epochs"] == 2
    assert written["recipe"]["learning_rate"] == float(np.float32(0.01))
    assert written["network"]["options"] == {"hidden": [4]}
    assert pn.Run.open(run.path).preprocess == pn.Preprocess(
        size=(8, 8), channels=1, mean=(0.5,), std=(0.25,)
    )


PUBLIC = [name for name in pn.__all__ if inspect.isfunction(getattr(pn, name))]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_function_takes_numbers_so(name: str) -> None:
    """Of a function with an argument that is a number, each: the next one too."""
    function = getattr(pn, name)
    annotations = [str(each.annotation) for each in inspect.signature(function).parameters.values()]
    if any(part in _WORDS for annotation in annotations for part in annotation.split(" | ")):
        assert function.__code__ is plain_arguments(lambda: None).__code__, f"{name} is not decorated"


def test_plain() -> None:
    assert plain(np.array([1, 2])) == (1, 2)
    assert plain([np.float32(0.5)]) == (0.5,)
    assert plain(True) is True
    assert plain("4") == "4"
    assert plain(["a"]) == ["a"]
    assert plain({"a": 1}) == {"a": 1}
