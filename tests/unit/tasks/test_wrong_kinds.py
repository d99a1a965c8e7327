"""What people have in place of a network or of data is told what to do, in every verb, and never by a TypeError."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import prunelle as pn
from prunelle.errors import ArgumentError


def network() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))


DATASET = TensorDataset(torch.zeros(40, 1, 8, 8), torch.arange(40) % 4)


def batches() -> Iterator[torch.Tensor]:
    yield torch.zeros(1, 1, 8, 8)


# An expected word of the sentence, beside the kind of thing that was received.
DATA: list[tuple[Any, str, str]] = [
    (batches(), "a generator", "from_arrays"),
    (map(str, ()), "a map", "from_arrays"),
    ((np.zeros((40, 8, 8)), np.zeros(40)), "a tuple", "from_arrays"),
    ({"x": np.zeros((40, 8, 8))}, "a dict", "from_arrays"),
    (np.zeros((40, 8, 8)), "an ndarray", "from_arrays"),
    (torch.zeros(40, 1, 8, 8), "a Tensor", "from_arrays"),
    (network(), "a Sequential", "the network comes first"),
    (["cats", "dogs"], "a list", "a folder"),
    (b"digits", "a bytes", "a folder"),
    (5, "an int", "a folder"),
]


@pytest.mark.parametrize(("data", "kind", "how"), DATA, ids=[kind for _, kind, _ in DATA])
@pytest.mark.parametrize("verb", ["load", "train", "compare", "advise", "shots", "train_with_unlabelled"])
def test_data(verb: str, data: Any, kind: str, how: str, tmp_path: Any) -> None:
    verbs: dict[str, Callable[[], object]] = {
        "load": lambda: pn.load(data),
        "train": lambda: pn.train(network(), data, output=tmp_path / "run", style="quiet"),
        "compare": lambda: pn.compare(
            ["lenet5", "dense"], data, output=tmp_path / "comparison", style="quiet"
        ),
        "advise": lambda: pn.advise("squeezenet1.0", data, weights=tmp_path / "w.pth", style="quiet"),
        "shots": lambda: pn.shots(data, strategies=["scratch"], output=tmp_path / "shots", style="quiet"),
        "train_with_unlabelled": lambda: pn.train_with_unlabelled(
            "lenet5", data, unlabelled=tmp_path, output=tmp_path / "rounds", style="quiet"
        ),
    }
    with pytest.raises(ArgumentError, match=how) as caught:
        verbs[verb]()
    assert kind in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [DATASET, DataLoader(DATASET)], ids=["Dataset", "DataLoader"])
def test_datasets_are_no_files(data: Any) -> None:
    """``load`` is for what lies on the disk; the verbs take them."""
    with pytest.raises(ArgumentError, match=rf"{type(data).__name__}.*from_dataset"):
        pn.load(data)


def test_a_split_of_data() -> None:
    with pytest.raises(ArgumentError, match="give the whole Data"):
        pn.train(network(), pn.load("digits").train, style="quiet")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (nn.Linear, r"the class Linear: make one of it, Linear\(…\)"),
        (network, r"a function \(network\).* what it makes, network\(\)"),
        (network().state_dict(), "holds weights and no network"),
        (12, "received an int"),
        (["lenet5"], "received a list"),
    ],
    ids=["class", "function", "state_dict", "int", "list"],
)
@pytest.mark.parametrize("verb", ["train", "look_into", "build"])
def test_networks(verb: str, given: Any, says: str, tmp_path: Any) -> None:
    verbs: dict[str, Callable[[], object]] = {
        "train": lambda: pn.train(given, "digits", output=tmp_path / "run", style="quiet"),
        "look_into": lambda: pn.look_into(given, output=tmp_path / "page", style="quiet"),
        "build": lambda: pn.build(given),
    }
    with pytest.raises(ArgumentError, match=says):
        verbs[verb]()


def test_modules_are_not_compared() -> None:
    with pytest.raises(ArgumentError, match=r"a dict of functions that make them.*a Sequential"):
        pn.compare([network(), network()], "digits", style="quiet")  # type: ignore[list-item]
    with pytest.raises(ArgumentError, match="at least two networks to compare; received lenet5"):
        pn.compare("lenet5", "digits", style="quiet")


def test_a_run_judges_splits(tmp_path: Any) -> None:
    run = pn.train("dense", "digits", pn.Recipe(epochs=1), output=tmp_path / "run", style="quiet")
    for given, kind in ((DataLoader(DATASET), "DataLoader"), ("digits", "str"), (pn.load("digits"), "Data")):
        with pytest.raises(ArgumentError, match=rf"received a {kind}\..*prunelle.evaluate\(run, data\)"):
            run.evaluate(given)  # type: ignore[arg-type]
    assert pn.evaluate(run, DataLoader(DATASET), style="quiet").labels.shape == (40,)
