"""What is chosen when nothing is named, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from prunelle.data.augment import Augment
from prunelle.data.examples import Data, Split
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks import build, names, natural_shape
from prunelle.planning.choosing import (
    choose_network,
    choose_preprocess,
    choose_recipe,
    fast_recipe,
    named_recipe,
)
from prunelle.planning.request import Preparation


def data(size: tuple[int, int], channels: int, n: int = 20) -> Data:
    images = np.zeros((n, 2, 2, channels), np.uint8)
    train = Split("train", np.arange(n, dtype=np.int64) % 2, array=images)
    return Data("x", ("a", "b"), train, None, None, Preprocess(size=size, channels=channels))


@pytest.mark.parametrize(
    ("native", "channels", "size", "expected"),
    [
        ((28, 28), 1, None, "course-mnist"),
        ((8, 8), 1, None, "course-mnist"),
        ((32, 32), 3, None, "course-cifar"),
        ((40, 40), 3, None, "course-cifar"),
        ((41, 20), 3, None, "course-photos"),
        ((64, 64), 3, None, "course-photos"),
        ((64, 64), 1, None, "course-photos"),
        ((64, 64), 3, 32, "course-cifar"),
        ((64, 64), 1, (20, 30), "course-mnist"),
        ((28, 28), 1, 96, "course-photos"),
    ],
)
def test_a_network_that_suits(native: tuple[int, int], channels: int, size: Any, expected: str) -> None:
    assert choose_network(data(native, channels), Preparation(size=size)) == expected


@pytest.mark.parametrize(
    ("native", "network", "size", "expected"),
    [
        # (size of the picture, border)
        ((28, 28), "course-mnist", None, ((28, 28), 0)),
        ((28, 28), "lenet5", None, ((28, 28), 2)),  # the paper's own padding
        ((8, 8), "course-mnist", None, ((8, 8), 0)),
        ((32, 32), "course-cifar", None, ((32, 32), 0)),
        ((8, 8), "dense", None, ((8, 8), 0)),
        ((32, 32), "course-mnist", None, ((32, 32), 0)),
        ((40, 40), "course-photos", None, ((40, 40), 0)),
        # LeNet-5 cannot be built below 16 pixels: these are enlarged.
        ((8, 8), "lenet5", None, ((32, 32), 0)),
        ((64, 64), "course-photos", None, ((64, 64), 0)),
        ((200, 300), "course-photos", None, ((64, 64), 0)),
        ((200, 300), "lenet5", None, ((32, 32), 0)),
        ((28, 28), "lenet5", 20, ((20, 20), 0)),
        ((200, 300), "course-photos", (48, 96), ((48, 96), 0)),
    ],
)
def test_pictures_for_a_network_by_name(
    native: tuple[int, int], network: str, size: Any, expected: tuple[tuple[int, int], int]
) -> None:
    chosen = choose_preprocess(data(native, 3), network, Preparation(size=size))
    assert (chosen.size, chosen.border) == expected
    assert chosen.channels == 3
    assert (chosen.mean, chosen.std) == ((), ())


@pytest.mark.parametrize("name", [name for name in names() if len(natural_shape(name)) == 3])
@pytest.mark.parametrize("native", [(4, 4), (8, 8), (28, 28), (32, 32), (200, 300)])
def test_every_network_takes_what_is_chosen_for_it(name: str, native: tuple[int, int]) -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    chosen = choose_preprocess(data(native, 1), name, Preparation())
    assert torch.equal(torch.get_rng_state(), state)
    # On the meta device shapes are checked and nothing is computed.
    with torch.device("meta"):
        network = build(name, num_classes=3, in_channels=1, input_size=chosen.input_size)
        assert network.eval()(torch.zeros(2, *chosen.input_shape)).shape == (2, 3)


def test_a_module_of_ones_own_decides_when_it_tells_its_input() -> None:
    lenet = build("lenet5", num_classes=2)
    on_digits = choose_preprocess(data((28, 28), 1), lenet, Preparation())
    assert on_digits.input_shape == (1, 32, 32)
    assert on_digits.border == 2
    # 29 and an even border make 31 or 33, never 32.
    assert choose_preprocess(data((29, 29), 1), lenet, Preparation()).input_shape == (
        1,
        32,
        32,
    )
    on_photos = choose_preprocess(data((200, 300), 3), lenet, Preparation())
    assert (on_photos.input_shape, on_photos.border) == ((1, 32, 32), 0)
    assert choose_preprocess(data((8, 8), 1), lenet, Preparation(size=32)).size == (32, 32)
    with pytest.raises(
        ArgumentError, match="size must be the network's own input size, 32×32; received 64×64"
    ):
        choose_preprocess(data((200, 300), 3), lenet, Preparation(size=64))


def test_a_module_that_does_not_takes_the_pictures_as_they_are() -> None:
    plain = nn.Flatten()
    assert choose_preprocess(data((20, 30), 3), plain, Preparation()).input_shape == (
        3,
        20,
        30,
    )
    assert choose_preprocess(data((20, 30), 3), plain, Preparation(size=64)).input_shape == (
        3,
        64,
        64,
    )


def test_the_fit_is_the_datas_unless_one_is_given() -> None:
    photos = data((200, 300), 3)
    assert choose_preprocess(photos, "course-photos", Preparation()).fit == "crop"
    assert choose_preprocess(photos, "course-photos", Preparation(fit="pad")).fit == "pad"


def test_a_wrong_name_is_told() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'lenet5'"):
        choose_preprocess(data((8, 8), 1), "lenet-5", Preparation())


@pytest.mark.parametrize(
    ("n", "channels", "epochs"),
    [
        *[(100, 3, 40), (2500, 3, 40), (5000, 3, 20), (7000, 3, 14), (10_000, 3, 10), (60_000, 3, 10)],
        *[(100, 1, 40), (1500, 1, 20), (3000, 1, 10), (60_000, 1, 10)],
    ],
)
def test_few_pictures_are_seen_more_often_and_photos_more_than_grey_ones(
    n: int, channels: int, epochs: int
) -> None:
    assert choose_recipe(data((28, 28), channels, n)).epochs == epochs


def test_the_recipe_by_hand_and_what_is_given_wins() -> None:
    grey, colour = choose_recipe(data((28, 28), 1)), choose_recipe(data((64, 64), 3))
    assert (grey.optimizer, grey.learning_rate, grey.schedule) == ("adam", 1e-3, "cosine")
    # One epoch of warm-up, less in a short training: it must end before the training does.
    assert grey.warmup_epochs == 1
    assert choose_recipe(data((28, 28), 1), epochs=2).warmup_epochs == 0.2
    assert choose_recipe(data((28, 28), 1), epochs=1).warmup_epochs == 0.1
    assert choose_recipe(data((28, 28), 1), epochs=3, warmup_epochs=0).warmup_epochs == 0
    # A mirrored digit is no digit; a mirrored cat is a cat.
    assert grey.augment == Augment(rotation=10, zoom=0.1, shift=0.1)
    assert colour.augment == Augment(flip=True)
    given = choose_recipe(data((64, 64), 3), epochs=2, schedule="constant", augment=Augment(), seed=4)
    assert (given.epochs, given.schedule, given.augment, given.seed) == (2, "constant", Augment(), 4)


@pytest.mark.parametrize(
    ("channels", "n", "epochs", "batch_size"), [(1, 60_000, 3, 64), (3, 50_000, 3, 64), (3, 2_000, 16, 32)]
)
def test_the_fast_recipe_is_short_and_batches_are_larger_where_pictures_are_many(
    channels: int, n: int, epochs: int, batch_size: int
) -> None:
    pictures = data((32, 32), channels, n)
    recipe = fast_recipe(pictures)
    assert (recipe.epochs, recipe.batch_size) == (epochs, batch_size)
    assert recipe.epochs < choose_recipe(pictures).epochs
    assert recipe.augment == (Augment(flip=True) if channels == 3 else Augment(shift=0.05))
    one = fast_recipe(pictures, epochs=1, batch_size=7, seed=3)
    assert (one.epochs, one.batch_size, one.seed) == (1, 7, 3)
    assert one.warmup_epochs < 1


def test_an_unknown_recipe_is_told_with_the_nearest() -> None:
    assert named_recipe("fast") is fast_recipe
    with pytest.raises(UnknownName, match=r"(?s)recipe.*'fsat'.*fast"):
        named_recipe("fsat")
