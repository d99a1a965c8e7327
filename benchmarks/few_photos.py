"""Heads on frozen features with few photos a class: the usual one, the one that learns in steps, scikit-learn's own.

    python benchmarks/few_photos.py cats-dogs --network squeezenet1.0 --weights squeezenet1.0-imagenet.safetensors
    python benchmarks/few_photos.py cifar10-photos --network resnet56 --weights resnet56-4bfd9763.th --shots 5,10,20

DATA has a test split. Features are computed once, as ``prunelle train --strategy features`` computes them; then each
draw takes so many photos a class (those of ``prunelle shots``), nothing is set aside for validation, and each head
learns from them as it would in a training. It prints the test accuracy of each head by draw, means with Student's 95 %
interval over draws, and the differences to scikit-learn's: standardised features, logistic regression, its strength
among ten from 0.0001 to 10,000 by the loss in three folds.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import warnings
from pathlib import Path

import numpy as np
import torch
from scipy import stats
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from prunelle.data.batches import derive_seed
from prunelle.data.examples import Data, Split
from prunelle.data.pixels import Pixels
from prunelle.jobs.few_shots import few
from prunelle.jobs.preparing import Prepared, build, prepare
from prunelle.planning.choosing import choose_recipe
from prunelle.planning.plan import plan_training
from prunelle.planning.request import DataSource, TrainingRequest
from prunelle.runs.listener import Quiet
from prunelle.training.engine import Training
from prunelle.training.inference import predict_logits
from prunelle.training.objectives import objective_of
from prunelle.transfer.features import NoNormalisation
from prunelle.transfer.solving import Solving
from prunelle.transfer.strategies import Strategy

HEADS = ("logistic", "linear", "scikit-learn")
"""The first is the usual one."""


def prepared(data: str, network: str, weights: str) -> Prepared:
    """All features of the training and test split."""
    request = TrainingRequest(
        source=DataSource(data=data, validation=0.0),
        network=network,
        weights=weights,
        strategy=Strategy(name="features", head="linear"),
    )
    return prepare(build(plan_training(request, Quiet()), Quiet()), Quiet())


def learned(head: str, rest: nn.Module, train: Pixels, data: Data, seed: int) -> nn.Module:
    """``rest`` with a fresh last layer that has learned from the features ``train``, as ``prunelle train`` does it."""
    strategy = Strategy(name="features", head=head)  # type: ignore[arg-type]
    recipe = choose_recipe(data, strategy, seed=seed)
    rest = copy.deepcopy(rest)
    torch.manual_seed(derive_seed(seed, "classifier"))
    for layer in rest.modules():
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    given = {"preprocess": NoNormalisation(), "recipe": recipe}
    training = (
        Solving(rest, [train], None, objective_of(data.target, data.classes), head="logistic", **given)
        if strategy.solved
        else Training(rest, [train], None, classes=data.classes, **given)
    )
    list(training.run())
    return rest.eval()


def accuracy(head: str, rest: nn.Module, train: Pixels, test: Pixels, data: Data, seed: int) -> float:
    """On ``test``, of a head that has learned from ``train``; in %."""
    if head == "scikit-learn":
        model = make_pipeline(
            StandardScaler(),
            LogisticRegressionCV(
                Cs=10, cv=min(3, len(train) // len(data.classes)), scoring="neg_log_loss", max_iter=2000
            ),
        )
        model.fit(train.images.reshape(len(train), -1).astype(float), train.labels)
        answers = model.predict(test.images.reshape(len(test), -1).astype(float))
        return 100 * float((answers == test.labels).mean())
    network = learned(head, rest, train, data, seed)
    logits = predict_logits(network, test, NoNormalisation(), len(data.classes))
    return 100 * float((logits.argmax(1).numpy() == test.labels).mean())


def interval(values: np.ndarray) -> str:
    """The mean, with Student's 95 % interval of it."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():.2f} ± {half:.2f}"


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--network", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--shots", default="20,100,500")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--heads", default=",".join(HEADS))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # scikit-learn's, of features that never vary and of its next versions
    ready = prepared(str(asked.data), asked.network, asked.weights)
    features, rest = ready.learning.inputs, ready.training.network
    train, test = features["train"], features["test"]
    print(
        f"{asked.data.name}, {asked.network}: {train.images[0].size} features, {len(test)} test photos",
        flush=True,
    )
    # The rows of features stand for photos: a draw takes them as it would take those.
    flat = train.images.reshape(len(train), 1, 1, -1)
    all_of_them = dataclasses.replace(ready.data, train=Split("train", train.labels, array=flat))
    heads = asked.heads.split(",")
    for number in map(int, asked.shots.split(",")):
        found = {head: np.empty(asked.draws) for head in heads}
        for draw in range(asked.draws):
            data = few(all_of_them, number, draw)
            assert data.train.array is not None
            some = Pixels(data.train.array.reshape(len(data.train), -1), data.train.labels)
            for head in heads:
                found[head][draw] = accuracy(head, rest, some, test, data, draw)
        for head in heads:
            each = ", ".join(f"{value:.1f}" for value in found[head])
            print(f"{number} a class, {head}: {interval(found[head])} ({each})", flush=True)
            if head != heads[-1] and heads[-1] == "scikit-learn":
                print(
                    f"{number} a class, {head} − scikit-learn: {interval(found[head] - found[heads[-1]])}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
