"""When weights are taken by themselves, when they are proposed, and when nothing is said; told in both languages."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from prunelle.data.examples import Data, Split
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.container import Series
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.targets import Number
from prunelle.files import sha256
from prunelle.networks import build, published
from prunelle.networks.published import Published
from prunelle.planning import for_pictures
from prunelle.planning.choosing import asks_for_steps, choose_recipe, fast_recipe
from prunelle.planning.few_pictures import Reuse, at_hand, reuse_for_few
from prunelle.planning.request import DataSource, Preparation, TrainingRequest
from prunelle.training.own import Own
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy


def data(n: int = 40, size: tuple[int, int] = (80, 60), channels: int = 3) -> Data:
    images = np.zeros((n, 2, 2, channels), np.uint8)
    train = Split("train", np.arange(n, dtype=np.int64) % 2, array=images)
    return Data("x", ("a", "b"), train, None, None, Preprocess(size=size, channels=channels))


@pytest.fixture
def nothing_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No weights are on this machine; gives the folder where ``torch.hub`` would have them."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_, **__: None)
    (tmp_path / "checkpoints").mkdir()
    return tmp_path


def put(monkeypatch: pytest.MonkeyPatch, *names: str) -> dict[str, Published]:
    """Files of weights where they are looked for, of these networks alone."""
    found = {}
    for name in names:
        known = dataclasses.replace(
            published.find(name, "imagenet"), url=f"https://weights.example/{name}.pth", repository=None
        )
        torch.save(build(name, num_classes=1000).state_dict(), known.by_hand)
        found[name] = dataclasses.replace(known, sha256=sha256(known.by_hand))
    others = [each for each in published.published() if each.network not in names]
    sets = (*others, *found.values())
    for module in ("prunelle.networks.published", "prunelle.planning.few_pictures"):
        monkeypatch.setattr(f"{module}.published", lambda: sets)
    return found


@pytest.fixture
def here(nothing_here: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Published]:
    return put(monkeypatch, "squeezenet1.1")


def asked(of: Data | None = None, **given: Any) -> Reuse:
    return reuse_for_few(TrainingRequest(**given), data() if of is None else of)


def test_taken_where_weights_are_here_and_pictures_are_few(here: dict[str, Published]) -> None:
    found = asked()
    assert found.taken
    assert (found.request.network, found.request.weights) == ("squeezenet1.1", "imagenet")
    assert found.request.strategy == Strategy(name="features")
    assert found.note is not None
    for words in ("20 pictures a class are few", "squeezenet1.1", "ImageNet", "on this machine"):
        assert words in found.note.en
    for words in ("20 images par classe, c’est peu", "squeezenet1.1", "ImageNet", "sur cette machine"):
        assert words in found.note.fr
    for text in (found.note.en, found.note.fr):
        assert "--network squeezenet1.1 --weights imagenet --strategy features" in text
        assert "--strategy scratch" in text
        assert "course-photos" in text


@pytest.mark.parametrize(
    "given",
    [
        {"recipe": functools.partial(choose_recipe, seed=4, device="cpu")},
        {"recipe": functools.partial(choose_recipe, augment="flip,rotation=10", balance=True)},
        {"preparation": Preparation(fit="pad")},
        {"own": Own(keep=type("ByHand", (), {"by_hand": True, "__call__": lambda *_: False})())},
    ],
    ids=["seed", "augment", "fit", "by hand"],
)
def test_what_any_head_heeds_is_no_objection(here: dict[str, Published], given: dict[str, Any]) -> None:
    assert asked(**given).taken


@pytest.mark.parametrize(
    "given",
    [
        {"epochs": 5},
        {"recipe": functools.partial(choose_recipe, learning_rate=1e-2)},
        {"recipe": fast_recipe},
        {"recipe": Recipe(epochs=3)},
        {"own": Own(stop=lambda rows: False)},
        {"preparation": Preparation(size=64)},
        {"network": "course-photos"},
        {"network": "squeezenet1.1"},
        {"options": {"ensemble": 3}},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_was_named_stays_and_weights_are_proposed(
    here: dict[str, Published], given: dict[str, Any]
) -> None:
    request = TrainingRequest(**given)
    found = reuse_for_few(request, data())
    assert not found.taken
    assert found.request is request
    assert found.note is not None
    assert "Its weights are on this machine: " in found.note.en
    assert "Ses poids sont sur cette machine : " in found.note.fr


@pytest.mark.parametrize(
    "given",
    [
        {"strategy": Strategy(name="scratch")},
        {"weights": "some.pth"},
        {"weights": "imagenet", "network": "resnet18", "strategy": Strategy(name="full")},
        {"network": nn.Linear(3, 2)},
        {"network": "resnet18", "recipe": Recipe()},
    ],
    ids=["scratch", "weights", "strategy", "module", "network and recipe"],
)
def test_who_has_said_it_hears_nothing(here: dict[str, Published], given: dict[str, Any]) -> None:
    request = TrainingRequest(**given)
    assert reuse_for_few(request, data()) == Reuse(request) or reuse_for_few(request, data()).note is None
    assert reuse_for_few(request, data()).request is request


@pytest.mark.parametrize(
    "of",
    [
        data(channels=1),
        data(size=(32, 32)),
        data(n=2 * for_pictures.FEW),
        dataclasses.replace(data(), preprocess=Preprocess(size=(80, 60), mean=(0.5,) * 3, std=(0.2,) * 3)),
        dataclasses.replace(data(), target=Number()),
    ],
    ids=["grey", "small", "many", "tensors", "numbers"],
)
def test_other_pictures_stay_as_they_were(here: dict[str, Published], of: Data) -> None:
    found = asked(of)
    assert (found.note, found.taken, found.request.network) == (None, False, None)


def test_one_picture_fewer_than_many_is_few(here: dict[str, Published]) -> None:
    assert asked(data(n=2 * for_pictures.FEW - 1)).taken


def test_series_have_no_such_weights(here: dict[str, Published]) -> None:
    series = Series.of([np.zeros((5, 1), np.float32)] * 4)
    split = Split("train", np.array([0, 1, 0, 1]), array=series)
    of = Data("x", ("a", "b"), split, None, None, SeriesPreprocess(length=5, channels=1))
    assert asked(of).note is None


def test_proposed_before_anything_is_fetched(nothing_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetched(*_: object) -> None:
        raise AssertionError("nothing may be fetched that nobody asked for")

    monkeypatch.setattr("prunelle.planning.few_pictures.fetch", fetched)
    found = asked(command="prunelle train my-photos --seed 3")
    assert not found.taken
    assert found.request.network is None
    line = "prunelle train my-photos --seed 3 --network resnet18 --weights imagenet --strategy features"
    assert found.note is not None
    assert found.note.en.endswith(f"Its weights are fetched once: {line}")
    assert found.note.fr.endswith(f"Ses poids sont téléchargés une fois : {line}")

    # Of the network that was named where there are some for it; with their size where it is known.
    own = asked(network="vgg16", command="prunelle train my-photos --network vgg16").note
    assert own is not None
    assert own.en.endswith(
        "(528 MiB): prunelle train my-photos --network vgg16 --weights imagenet --strategy features"
    )
    assert "(528 Mio) : " in own.fr
    other = asked(network="lenet5", command="prunelle train my-photos --network lenet5").note
    assert other is not None
    assert other.en.endswith(
        ": --network resnet18 --weights imagenet --strategy features, in place of lenet5"
    )
    assert other.fr.endswith(", à la place de lenet5")
    # Weights of CIFAR-10 know little of the world.
    small = asked(network="resnet56").note
    assert small is not None
    assert "resnet18" in small.en


def test_which_of_those_that_are_here(nothing_here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = put(monkeypatch, "squeezenet1.1", "squeezenet1.0", "resnet18")
    assert at_hand(None, "resnet18") == found["resnet18"]
    assert at_hand("squeezenet1.0", "resnet18") == found["squeezenet1.0"]
    assert at_hand("course-photos", "resnet18") == found["resnet18"]
    # What is not what was published is not there; the smallest of the others is taken.
    found["resnet18"].by_hand.write_bytes(b"something else")
    smallest = at_hand(None, "resnet18")
    assert smallest is not None
    assert smallest.network == "squeezenet1.1"
    for each in found.values():
        each.by_hand.unlink()
    assert at_hand(None, "resnet18") is None


def test_steps_are_asked_for_by_what_only_they_heed() -> None:
    few = data()
    assert not asks_for_steps(TrainingRequest(), few)
    assert not asks_for_steps(TrainingRequest(recipe=choose_recipe, source=DataSource(data=few)), few)
    assert asks_for_steps(TrainingRequest(recipe=functools.partial(choose_recipe, weight_decay=1e-4)), few)
    assert asks_for_steps(TrainingRequest(recipe=functools.partial(choose_recipe, patience=2)), few)
