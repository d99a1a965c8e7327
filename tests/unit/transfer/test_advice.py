"""Made-up pictures and networks for which the best strategy is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from prunelle import Preprocess, Recipe
from prunelle.data.pixels import Pixels
from prunelle.data.targets import ONE_CLASS
from prunelle.networks.freezing import is_frozen
from prunelle.training.metrics import Evaluation
from prunelle.training.objectives import objective_of
from prunelle.transfer import advice as module
from prunelle.transfer import recommending
from prunelle.transfer.advice import advise, depths
from prunelle.transfer.recommending import Advice, recommended
from prunelle.transfer.strategies import Strategy
from prunelle.transfer.trial import Trial

TWO = objective_of(ONE_CLASS, ("a", "b"))
PREPROCESS = Preprocess(size=(8, 8), mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))


class Small(nn.Module):
    """Keeps the mean colour until ``second``, whose weights decide what comes through."""

    input_shape = (3, 8, 8)

    def __init__(self, kept: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(3, 3, 1)
        self.pool = nn.AvgPool2d(4)
        self.second = nn.Conv2d(3, 3, 1)
        self.flat = nn.Flatten()
        self.last = nn.Linear(12, 2)
        with torch.no_grad():
            for layer in (self.first, self.second):
                layer.weight.copy_(torch.eye(3).view(3, 3, 1, 1))
                layer.bias.zero_()
            if kept == "lost early":
                self.first.weight[0] = 0
            elif kept == "lost late":
                self.second.weight[0] = 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.last(self.flat(self.second(self.pool(self.first(images)))))  # type: ignore[no-any-return]


def answers(right: np.ndarray) -> Evaluation:
    """To pictures of two classes, by turns, of which these are right."""
    labels = np.arange(len(right)) % 2
    said = np.where(right, labels, 1 - labels)
    return Evaluation("train", ("a", "b"), labels, np.eye(2, dtype=np.float32)[said], 0.5)


def red_or_not(n: int) -> Pixels:
    """Classes differ in their red alone."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    images = rng.integers(80, 176, (n, 8, 8, 3)).astype(np.uint8)
    images[..., 0] = np.where(labels == 1, 150, 100)[:, None, None] + rng.integers(-9, 10, (n, 8, 8))
    return Pixels(images, labels)


def advised(kept: str, n: int, affordable: float, monkeypatch: pytest.MonkeyPatch, many: int = 500) -> Advice:
    monkeypatch.setattr(module, "AFFORDABLE", affordable)
    for each in (module, recommending):
        monkeypatch.setattr(each, "MANY", many)

    def recipe_of(strategy: Strategy) -> Recipe:
        return Recipe(epochs=5, batch_size=8, optimizer="adam", learning_rate=0.02)

    network = Small(kept)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    found = advise(network, Small(kept), red_or_not(n), TWO, PREPROCESS, recipe_of, memory_budget=1 << 30)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert not any(is_frozen(inner) for inner in network.modules())
    assert all(weight.requires_grad for weight in network.parameters())
    return found


def test_few_and_similar_keep_the_last_features(monkeypatch: pytest.MonkeyPatch) -> None:
    found = advised("all", 80, 0, monkeypatch)
    assert (found.strategy.name, found.strategy.stage, found.similar) == ("features", "flat", True)
    assert found.notes[0].en.startswith("Few pictures (40 of the rarest class), similar to")
    assert "Trop long à essayer ici : partial, full." in [note.fr for note in found.notes]


def test_few_and_different_take_an_earlier_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    found = advised("lost late", 80, 0, monkeypatch)
    assert (found.strategy.name, found.strategy.stage, found.similar) == ("features", "pool", False)
    by_stage = {trial.strategy.stage: trial.value for trial in found.trials}
    assert by_stage["pool"] > 0.9
    assert by_stage["flat"] < 0.8


def test_many_pictures_that_could_not_be_tried_follow_the_textbook(monkeypatch: pytest.MonkeyPatch) -> None:
    similar = advised("all", 80, 0, monkeypatch, many=40)
    assert similar.strategy.name == "partial"
    different = advised("lost late", 80, 0, monkeypatch, many=40)
    assert different.strategy.name == "full"
    assert "though it was not tried" in different.notes[1].en


def test_what_features_have_lost_is_learned_again_by_training_all(monkeypatch: pytest.MonkeyPatch) -> None:
    found = advised("lost early", 160, 1e12, monkeypatch)
    by_name = {trial.strategy.name: trial.value for trial in found.trials if not trial.probe}
    assert by_name["full"] > 0.9
    assert by_name["partial"] < 0.8
    assert max(trial.value for trial in found.trials if trial.probe) < 0.8
    assert found.strategy.name == "full"
    assert "points better than a classifier on features" in found.notes[1].en


def test_where_all_do_as_well_the_cheapest_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = advised("all", 160, 1e12, monkeypatch)
    assert {trial.strategy.name for trial in found.trials} == {"features", "partial", "full"}
    assert found.strategy == Strategy(name="features", stage="flat", head="logistic")
    assert "nothing that was tried does clearly better" in found.notes[1].en


def test_a_class_of_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    found = advised("all", 3, 1e12, monkeypatch)
    assert found.strategy.name == "features"
    assert found.trials == ()
    assert "too few training pictures" in found.notes[0].en


def test_depths_are_spread_and_end_with_the_last_features() -> None:
    from prunelle import networks

    names = [stage.name for stage in depths(networks.build("resnet56", num_classes=2), (3, 32, 32))]
    assert names[-1] == "avgpool"
    assert len(names) == 4
    assert [name.split(".")[0] for name in names[:3]] == ["layer1", "layer2", "layer3"]


def test_json() -> None:
    trial = Trial(Strategy(name="full"), answers(np.array([True, True, False, True])))
    found: Any = Advice(Strategy(name="full"), (trial,), 7, True, ()).to_json()
    assert found["trials"][0]["accuracy"] == 0.75
    assert found["trials"][0]["n"] == 4
    # Wilson's interval of 3 of 4, from its formula.
    assert found["trials"][0]["interval"] == pytest.approx([0.3006, 0.9544], abs=1e-4)


@pytest.mark.parametrize(("fewest", "expected"), [(499, "features"), (500, "full")])
def test_of_many_pictures_a_training_needs_no_clear_lead(fewest: int, expected: str) -> None:
    nine, ten = (answers(np.arange(20) < right) for right in (9, 10))
    probe = Trial(Strategy(name="features", stage="flat", head="logistic"), nine, nine)
    trials = [probe, Trial(Strategy(name="partial", freeze="flat"), nine)]
    trials.append(Trial(Strategy(name="full"), ten))
    assert recommended(trials, [], fewest, ONE_CLASS).strategy.name == expected


@pytest.mark.parametrize(
    ("wins", "losses", "expected"),
    # (wins - losses - 1)² against wins + losses.
    [(1, 0, False), (2, 0, False), (3, 0, True), (4, 1, False), (5, 1, True), (0, 9, False), (60, 40, True)],
)
def test_what_beats_what(wins: int, losses: int, expected: bool) -> None:
    both = [True] * 7 + [False] * 4
    one = answers(np.array([True] * wins + [False] * losses + both))
    other = answers(np.array([False] * wins + [True] * losses + both))
    strategy = Strategy(name="full")
    trained, beaten = Trial(strategy, one), Trial(strategy, other)
    assert trained.clearly_beats(beaten) == expected
    # Of two probes all pictures count, of a probe and a training those that both left out.
    few = answers(np.array([True, False]))
    assert Trial(strategy, few, one).clearly_beats(Trial(strategy, few, other)) == expected
    assert Trial(strategy, one, few).clearly_beats(beaten) == expected


@pytest.mark.parametrize(("lead", "luck"), [(4, True), (60, False)])
def test_what_may_be_luck_is_said_to(lead: int, luck: bool) -> None:
    """Of 200 pictures an earlier stage, and a training, are right on so many more: 4 are luck at 95 %, 60 are not."""

    def probe(stage: str, right: int) -> Trial:
        given = answers(np.arange(200) < right)
        return Trial(Strategy(name="features", stage=stage, head="logistic"), given, given)

    early, last = probe("early", 100 + lead), probe("last", 100)
    case = recommended([early, last], [], 40, ONE_CLASS).notes[0]
    assert f"is better than the last, by {lead / 2:.1f} points (95 % interval" in case.en
    assert (" perhaps different" in case.en) == ("it may be luck" in case.en) == luck
    assert ("peut-être différentes" in case.fr) == ("ce peut être un hasard" in case.fr) == luck
    trained = Trial(Strategy(name="full"), answers(np.arange(200) < 100 + lead))
    choice = recommended([last, trained], [], 40, ONE_CLASS).notes[1]
    assert f"{lead / 2:.1f} points better than a classifier on features (95 % interval" in choice.en
    assert ("it may be luck" in choice.en) == luck
