"""Training on kept features against training the whole network with the same front frozen."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from torch import nn

from prunelle import Augment, Preprocess, Recipe, build
from prunelle.data.pixels import Pixels
from prunelle.data.targets import ONE_CLASS
from prunelle.errors import ArgumentError
from prunelle.networks.classifier import with_classifier
from prunelle.training.objectives import objective_of
from prunelle.transfer import learning
from prunelle.transfer.learning import Learning
from prunelle.transfer.solving import Solving
from prunelle.transfer.strategies import Strategy
from tests.unit.transfer.test_solving import SteadyScaler

PREPROCESS = Preprocess(size=(16, 16), mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
CLASSES = ("a", "b")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))


def splits() -> dict[str, Pixels]:
    rng = np.random.default_rng(0)
    made = {}
    for name, n in (("train", 40), ("validation", 12)):
        labels = np.arange(n) % 2
        images = rng.integers(0, 200, (n, 16, 16, 3), np.uint8)
        images[labels == 1, :, :8] += 50
        made[name] = Pixels(images, labels)
    return made


def begin(network: nn.Module, strategy: Strategy, **fields: Any) -> Learning:
    recipe = Recipe(**({"epochs": 3, "batch_size": 8, "learning_rate": 1e-3} | fields))
    strategy.apply(network)
    objective = objective_of(ONE_CLASS, CLASSES)
    return learning.begin(network, splits(), objective, PREPROCESS, recipe, strategy, memory_budget=1 << 30)


def small(name: str) -> nn.Module:
    torch.manual_seed(1)
    network = build(name, num_classes=2, input_size=(16, 16))
    # Statistics that are not those of a first draw: batch normalisation in the wrong mode would show.
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    return network


@pytest.mark.parametrize(
    ("name", "freeze"), [("resnet20", "layer1"), ("resnet20", 9), ("course-photos", 2)], ids=str
)
def test_kept_features_end_at_the_weights_of_the_whole_network(name: str, freeze: str | int) -> None:
    kept, whole = small(name), small(name)
    start = copy.deepcopy(kept.state_dict())
    for network, views in ((kept, 1), (whole, 0)):
        begun = begin(network, Strategy(name="partial", freeze=freeze, views=views))
        assert begun.views == views
        assert (begun.training.network is network) == (views == 0)
        list(begun.training.run())
    moved = 0
    for weight, tensor in kept.state_dict().items():
        other = whole.state_dict()[weight]
        # The same sums in another order, through Adam's division by small gradients.
        assert torch.allclose(tensor, other, atol=2e-4), weight
        moved += not torch.equal(tensor, start[weight])
    assert moved > 3


def test_the_validation_of_both_is_the_same() -> None:
    rows = []
    for views in (1, 0):
        training = begin(small("resnet20"), Strategy(name="partial", freeze="layer2", views=views)).training
        list(training.run())
        rows.append([row["val_loss"] for row in training.progress.rows])
    assert rows[0] == pytest.approx(rows[1], abs=1e-4)


def test_epochs_take_the_views_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = begin(
        with_classifier(small("resnet20"), 2),
        Strategy(name="features", views=3),
        augment=Augment(shift=0.2, noise=0.1),
        epochs=5,
    )
    assert begun.views == 3
    seen: list[float] = []
    for batches in begun.training._views:
        take = batches.take

        def told(indices: torch.Tensor, batches: Any = batches, take: Any = take) -> Any:
            seen.append(begun.training._views.index(batches))
            return take(indices)

        monkeypatch.setattr(batches, "take", told)
    list(begun.training.run())
    assert [seen[i] for i in range(0, len(seen), 5)] == [0, 1, 2, 0, 1]
    # The first is the pictures as they are, which validation and figures are about.
    plain = begun.training._views[0].take(torch.arange(40))[0]
    assert np.array_equal(plain.numpy(), begun.inputs["train"].images)
    assert not np.array_equal(begun.training._views[1].take(torch.arange(40))[0].numpy(), plain.numpy())


@pytest.mark.parametrize(
    ("views", "fields", "said"),
    [
        (0, {"augment": Augment(flip=True)}, "--views 0"),
        (None, {"augment": Augment(mixup=0.2)}, "mixed pictures"),
    ],
)
def test_why_a_front_runs_in_each_step(views: int | None, fields: dict[str, Any], said: str) -> None:
    begun = begin(small("course-photos"), Strategy(name="partial", freeze=2, views=views), **fields)
    assert begun.views == 0
    assert said in begun.notes[0].en
    list(begun.training.run())


def test_features_beyond_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "FEATURES_BUDGET", 1000)
    begun = begin(small("course-photos"), Strategy(name="partial", freeze=2))
    assert begun.views == 0
    # 40 and 12 pictures, of which 64 maps of 4×4 float32 are left: 52 · 64 · 16 · 4 bytes.
    assert "would take 213.0\xa0kB, more than 1.0\xa0kB" in begun.notes[0].en
    with pytest.raises(ArgumentError, match=r"head svm needs the trunk's features.*Take --head linear"):
        begin(with_classifier(small("course-photos"), 2), Strategy(name="features", head="svm"))


@pytest.mark.parametrize("head", ["logistic", "svm"])
def test_a_solved_classifier_is_one_epoch_and_learns(head: Any) -> None:
    network = with_classifier(small("course-photos"), 2)
    trunk = copy.deepcopy(network.features.state_dict())
    begun = begin(network, Strategy(name="features", head=head), epochs=1, ema_decay=0.9)
    assert isinstance(begun.training, Solving)
    records = list(begun.training.run())
    assert len(records) == 1
    (row,) = begun.training.progress.rows
    assert row["train_accuracy"] > 0.9  # type: ignore[operator]
    assert row["val_accuracy"] > 0.9  # type: ignore[operator]
    assert begun.training.finished
    assert list(begun.training.run()) == []
    assert all(torch.equal(tensor, trunk[name]) for name, tensor in network.features.state_dict().items())
    kept = begun.training.weights()
    assert kept["head.classifier.weight"].abs().sum() > 0


def solvable(recipe: Recipe) -> bool:
    network = with_classifier(small("course-photos"), 2)
    strategy = Strategy(name="features", head="logistic")
    strategy.apply(network)
    return learning.is_solvable(network, splits(), PREPROCESS, recipe, strategy)


def test_a_head_is_solved_where_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    augmented = Recipe(augment=Augment(flip=True))
    assert solvable(Recipe())
    assert solvable(augmented)
    assert not solvable(Recipe(augment=Augment(mixup=0.2)))
    # 40 pictures, of which 64 maps of 2×2 are left for two classes; in four views where they are augmented.
    monkeypatch.setattr(learning, "SOLVABLE", 40 * 2 * 64 * 2 * 2)
    assert solvable(Recipe())
    assert not solvable(augmented)
    monkeypatch.setattr(learning, "FEATURES_BUDGET", 1000)
    assert not solvable(Recipe())


def test_the_solved_head_answers_as_scikit_learns_own_on_the_same_features() -> None:
    """Its strength chosen by the loss in three folds, as ours is; on features of the frozen front, in two views."""
    network = with_classifier(small("course-photos"), 2)
    begun = begin(
        network, Strategy(name="features", head="logistic", views=2), epochs=1, augment=Augment(flip=True)
    )
    list(begun.training.run())
    plain, mirrored = (batches.take(torch.arange(40))[0].numpy() for batches in begun.training._views)
    labels = begun.inputs["train"].labels
    steady = SteadyScaler()
    losses = {}
    for c in (1e-4, 1e-3, 1e-2, 1e-1):
        model = make_pipeline(steady, LogisticRegression(C=c, max_iter=5000, tol=1e-8))
        folds = StratifiedKFold(3, shuffle=True, random_state=0)
        shares = cross_val_predict(model, plain.astype(float), labels, cv=folds, method="predict_proba")
        losses[c] = log_loss(labels, shares)
    best = min(losses, key=losses.__getitem__)
    model = make_pipeline(SteadyScaler(), LogisticRegression(C=best, max_iter=5000, tol=1e-8))
    model.fit(np.concatenate([plain, mirrored]).astype(float), np.concatenate([labels, labels]))
    new = begun.inputs["validation"]
    with torch.no_grad():
        ours = begun.training.network.eval()(torch.from_numpy(np.asarray(new.images))).softmax(1).numpy()
    assert np.allclose(ours, model.predict_proba(new.images.astype(float)), atol=5e-3)
