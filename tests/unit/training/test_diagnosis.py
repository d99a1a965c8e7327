"""A training that does not learn is told with the right reason, and one that learns is left in peace."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score
from torch import nn

from prunelle.data.batches import Batches
from prunelle.data.pixels import Pixels
from prunelle.training.diagnosis import MINIMUM_STEPS, Watch, contradictory_share, deadest_layer
from prunelle.training.recipe import Recipe
from tests.unit.training.helpers import bars, epochs, noise, preprocess_of, small, training

CPU = torch.device("cpu")


def line(outputs: int = 2, seed: int = 0) -> nn.Sequential:
    """Sixteen averages and one dense layer: too small to learn noise by heart."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, outputs))


def warnings(
    network: nn.Module, pixels: Pixels, recipe: Recipe, num_classes: int = 2
) -> list[dict[str, str]]:
    run = training(network, pixels, recipe, num_classes=num_classes)
    told = [record.warning for record in epochs(run) if record.warning is not None]
    assert [{"en": note.en, "fr": note.fr} for note in told] == run.progress.warnings
    return run.progress.warnings


def test_a_training_that_learns_is_left_in_peace() -> None:
    assert warnings(small(), bars(400), Recipe(epochs=3, batch_size=4), 3) == []


def test_the_same_pictures_under_two_labels_come_first() -> None:
    pixels = noise(200)
    twice = Pixels(np.concatenate([pixels.images] * 2), np.concatenate([pixels.labels, 1 - pixels.labels]))
    # The learning rate is absurd too, but labels are the root of it.
    (warning,) = warnings(line(), twice, Recipe(epochs=1, batch_size=4, learning_rate=1e-9))
    assert (
        "Likely reason: 100\xa0% of the pictures looked at are also there under another label"
        in warning["en"]
    )
    assert "Raison probable : 100\N{NO-BREAK SPACE}% des images examinées se trouvent aussi" in warning["fr"]


def test_dead_units() -> None:
    network = small(2)
    # Before the ReLU: all far below 0, as one wild step leaves them.
    network[1].bias.data.fill_(-100.0)
    (warning,) = warnings(network, bars(400, 2), Recipe(epochs=2, batch_size=4))
    assert "Likely reason: 100\xa0% of the units of 2 are dead (0 for every picture)" in warning["en"]
    assert "--lr 0.0001" in warning["en"]
    assert "sont mortes" in warning["fr"]


def test_a_learning_rate_too_high() -> None:
    recipe = Recipe(epochs=1, batch_size=4, optimizer="sgd", learning_rate=50.0)
    (warning,) = warnings(line(), noise(800), recipe)
    assert "the learning rate is too high (the loss, " in warning["en"]
    assert "is above the 0.69" in warning["en"]
    assert "Try --lr 5, or --clip-norm 1." in warning["en"]
    assert "trop grand" in warning["fr"]


def test_a_learning_rate_too_low() -> None:
    # Weights of 0: exactly at chance, where it stays.
    network = line(3)
    network[2].weight.data.mul_(1e-2)
    recipe = Recipe(epochs=1, batch_size=4, learning_rate=1e-9)
    (warning,) = warnings(network, bars(400), recipe, 3)
    assert "the learning rate is too low" in warning["en"]
    assert "Try --lr 1e-08." in warning["en"]
    assert "trop petit" in warning["fr"]


def test_a_large_loss_that_stays_is_no_learning_rate_too_high() -> None:
    network = line()
    network[2].bias.data.copy_(torch.tensor([5.0, -5.0]))  # a first draw that is far off
    recipe = Recipe(epochs=1, batch_size=4, optimizer="sgd", learning_rate=1e-8)
    (warning,) = warnings(network, noise(400), recipe)
    assert "the learning rate is too low" in warning["en"]


def test_nothing_to_learn_has_no_single_reason() -> None:
    (warning,) = warnings(line(), noise(800), Recipe(epochs=2, batch_size=4))
    assert warning["en"].startswith("This training does not learn: ")
    assert "No single reason stands out" in warning["en"]
    assert "Aucune raison ne se détache" in warning["fr"]
    assert "% de bonnes réponses" in warning["fr"]


def test_nothing_is_told_before_a_hundred_steps_and_nothing_twice() -> None:
    pixels = noise(60)
    recipe = Recipe(epochs=12, batch_size=4, learning_rate=1e-9)  # 15 steps an epoch
    run = training(line(), pixels, recipe, num_classes=2)
    told = [record.epoch for record in epochs(run) if record.warning is not None]
    assert told == [math.ceil(MINIMUM_STEPS / 15)]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("balance", [False, True])
@pytest.mark.parametrize(("rare", "learning_rate"), [(0.03, 3e-4), (0.03, 1e-3), (0.1, 3e-4)])
def test_one_class_much_commoner_is_no_reproach(
    smoothing: float, balance: bool, rare: float, learning_rate: float
) -> None:
    # Learned slowly from weights whose first answers are worse than blind: in the first epochs right less
    # often, and with a larger loss, than naming the common class.
    pixels = bars(600, 2, shares=(1 - rare, rare))
    network = small(2)
    network[6].bias.data.copy_(torch.tensor([-1.0, 1.0]))
    recipe = Recipe(
        epochs=4,
        batch_size=4,
        optimizer="sgd",
        learning_rate=learning_rate,
        balance=balance,
        label_smoothing=smoothing,
    )
    run = training(network, pixels, recipe, num_classes=2)
    records = epochs(run)
    assert records[0].train_accuracy < 1 - rare
    assert run.progress.warnings == []
    network.eval()
    batches = Batches(pixels, CPU)
    images, labels = batches.take(torch.arange(600))
    # It does learn: pictures of the rare class are those it takes most for rare ones.
    told = (network(preprocess_of(pixels).normalise(images)) @ torch.tensor([-1.0, 1.0])).detach()
    assert roc_auc_score(labels, told) > 0.9


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("balance", [False, True])
def test_chance_is_the_best_constant_answer(smoothing: float, balance: bool) -> None:
    labels = np.array([0] * 70 + [1] * 20 + [2] * 10)
    pixels = Pixels(np.zeros((100, 8, 8, 1), np.uint8), labels)
    weights = torch.tensor([100 / 210, 100 / 60, 100 / 30]).float() if balance else None
    watch = Watch(
        line(3),
        pixels,
        Batches(pixels, CPU),
        3,
        preprocess_of(pixels),
        Recipe(label_smoothing=smoothing, balance=balance),
        weights,
    )

    def loss(logits: np.ndarray) -> float:
        rows = torch.from_numpy(logits).expand(100, -1)
        each = F.cross_entropy(
            rows, torch.from_numpy(labels), label_smoothing=smoothing, reduction="none"
        ).numpy()
        return float(np.average(each, weights=None if weights is None else weights.numpy()[labels]))

    best = minimize(loss, np.zeros(3), tol=1e-10)
    assert watch.chance == 0.7
    assert watch.chance_loss == pytest.approx(best.fun, rel=1e-6)
    answer = np.exp(best.x) / np.exp(best.x).sum()
    assert watch.blind == pytest.approx(answer, abs=1e-4)


def test_chance_by_hand() -> None:
    pixels = noise(4)
    pixels = dataclasses.replace(pixels, labels=np.array([0, 0, 0, 1]))
    watch = Watch(line(), pixels, Batches(pixels, CPU), 2, preprocess_of(pixels), Recipe(), None)
    assert watch.chance == 0.75
    assert watch.chance_loss == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))


def test_movement_is_relative() -> None:
    network = nn.Linear(2, 1)
    network.weight.data.copy_(torch.tensor([[3.0, 4.0]]))
    network.bias.data.zero_()
    pixels = noise(4)
    watch = Watch(network, pixels, Batches(pixels, CPU), 2, preprocess_of(pixels), Recipe(), None)
    watch.epoch_begins()
    assert watch.movement() == 0
    network.weight.data[0, 0] += 0.3
    network.bias.data += 0.4
    # √(0.3² + 0.4²) of 5.
    assert watch.movement() == pytest.approx(0.1)


def test_contradictory_share_by_hand() -> None:
    images = np.zeros((8, 2, 2, 1), np.uint8)
    images[:, 0, 0, 0] = [0, 0, 1, 1, 1, 2, 3, 4]
    labels = np.array([0, 1, 0, 0, 0, 1, 0, 1])
    # The first two alone; the three alike under one label are no contradiction.
    assert contradictory_share(Pixels(images, labels)) == 2 / 8


def test_contradictions_are_looked_for_in_all_of_a_large_split() -> None:
    images = np.random.default_rng(0).integers(0, 256, (10_000, 3, 3, 1), dtype=np.uint8)
    labels = np.zeros(10_000, np.int64)
    # The second half is black, under both labels.
    images[5000:] = 0
    labels[5000::7] = 1
    assert contradictory_share(Pixels(images, labels)) == pytest.approx(0.5, abs=0.001)


def test_the_deadest_layer_by_hand() -> None:
    network = nn.Sequential(
        nn.Conv2d(1, 4, 1, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(16, 4), nn.ReLU(inplace=True)
    )
    network[0].weight.data = torch.tensor([1.0, -1.0, 2.0, 3.0]).view(4, 1, 1, 1)
    network[3].weight.data.fill_(-1.0)
    network[3].weight.data[0] = 1.0
    network[3].bias.data.zero_()
    # All pictures positive: one channel of four never answers, three dense units of four never do.
    assert deadest_layer(network, torch.rand(5, 1, 2, 2) + 0.1) == ("4", 0.75)
    network[3].weight.data.fill_(1.0)
    assert deadest_layer(network, torch.rand(5, 1, 2, 2) + 0.1) == ("1", 0.25)
    # One pixel of one picture is enough to be alive.
    images = torch.rand(5, 1, 2, 2) + 0.1
    images[3, 0, 1, 1] = -1
    assert deadest_layer(network, images) == ("1", 0.0)
    assert all(len(module._forward_hooks) == 0 for module in network.modules())
    assert network.training


def test_a_relu_used_twice_is_one_layer() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.relu(x) + self.relu(-x)

    assert deadest_layer(Twice(), torch.tensor([[1.0, -1.0, 0.0, 2.0]])) == ("relu", 0.25)


def test_no_relu_no_dead_units() -> None:
    assert deadest_layer(line(), torch.rand(2, 1, 8, 8)) == ("", 0.0)


def test_units_that_answer_to_the_last_class_alone_are_not_dead() -> None:
    # A folder comes class by class: its first 256 pictures are nearly black here, its last 144 nearly white.
    images = np.random.default_rng(1).integers(0, 9, (400, 8, 8, 1), dtype=np.uint8)
    images[256:] += 240
    labels = (np.arange(400) >= 256).astype(np.int64)
    labels = np.random.default_rng(0).permutation(labels)  # nothing to learn
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.ReLU(), nn.Linear(3, 2))
    network[3].weight.data.zero_()
    network[3].bias.data.zero_()
    network[1].weight.data.fill_(1 / 64)
    network[1].bias.data.zero_()
    pixels = Pixels(images, labels)
    # White alone is above 0 once normalised.
    recipe = Recipe(epochs=1, batch_size=4, optimizer="sgd", learning_rate=1e-6)
    (warning,) = warnings(network, pixels, recipe)
    assert "the learning rate is too low" in warning["en"]
