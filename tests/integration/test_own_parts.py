"""Parts of a training that are the caller's own: what they do; a run goes on with the same ones, or not at all."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import prunelle as pn
from prunelle.errors import ArgumentError, RunError
from prunelle.runs.listener import Finished, Quiet
from prunelle.texts import Note
from prunelle.training.records import EpochRecord
from tests import oracles
from tests.integration.command import weights

RECIPE = {"epochs": 4, "batch_size": 256}


def data(n: int = 600) -> pn.Data:
    """Digits 0 to 4 of noise, each brighter than the one before: learned at once, never quite."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 5, n)
    images = generator.integers(0, 90, (n, 8, 8, 1)) + 30 * labels[:, None, None, None]
    return pn.from_arrays(images.astype(np.uint8), labels, validation=0.2, test=0.2)


def train(output: Path, **given: Any) -> pn.Run:
    recipe = given.pop("recipe", pn.Recipe(**RECIPE))
    return pn.train("dense", data(), recipe, output=output, **{"style": "quiet", **given})


def focal(logits: torch.Tensor, targets: torch.Tensor, gamma: float = 2.0) -> torch.Tensor:
    """Lin et al. 2017."""
    losses = F.cross_entropy(logits, targets, reduction="none")
    return ((1 - torch.exp(-losses)) ** gamma * losses).mean()


def half_cosine(step: int, steps: int) -> float:
    return float(np.cos(step / steps * np.pi / 2))


class Right:
    """A metric without any package: the share of right answers, counted."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.right = self.seen = 0

    def update(self, preds: torch.Tensor, target: torch.Tensor) -> None:
        self.right += int((preds.argmax(1) == target).sum())
        self.seen += len(target)

    def compute(self) -> torch.Tensor:
        return torch.tensor(self.right / self.seen, dtype=torch.float64)


class Counting(torch.optim.Optimizer):
    """Signs of gradients, by a rate that falls with numbers that are no tensors: of a parameter, and of a group."""

    def __init__(self, parameters: Any, lr: float = 0.01) -> None:
        super().__init__(parameters, {"lr": lr, "taken": 0})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            group["taken"] += 1
            for parameter in group["params"]:
                seen = self.state[parameter]["seen"] = self.state[parameter].get("seen", 0) + 1
                parameter.sub_(parameter.grad.sign(), alpha=group["lr"] / (seen + group["taken"]))


class Remembering(Counting):
    """Keeps a list."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        super().step()
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter].setdefault("before", []).append(0.5)


class StopsAt(Quiet):
    """Raises after an epoch, as a mistake of one's own would; the state of before is there."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def on_epoch(self, record: EpochRecord) -> None:
        if record.epoch == self._epoch:
            raise ZeroDivisionError("a mistake of one's own")


def test_a_loop_by_hand_comes_to_the_same(tmp_path: Path) -> None:
    """Loss, optimiser and schedule in plain PyTorch, all examples in one batch."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 5))
    start = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    run = pn.train(
        network,
        data(),
        pn.Recipe(epochs=4, batch_size=1000),
        output=tmp_path / "run",
        loss=focal,
        optimizer=functools.partial(torch.optim.SGD, lr=0.2, momentum=0.5),
        schedule=half_cosine,
        size=8,
        style="quiet",
    )
    by_hand = nn.Sequential(nn.Flatten(), nn.Linear(64, 5))
    by_hand.load_state_dict(start)
    split = data().train
    assert split.array is not None
    mean, std = (np.array(each, np.float32) for each in (run.preprocess.mean, run.preprocess.std))
    images = torch.from_numpy((np.asarray(split.array, np.float32).reshape(-1, 1, 8, 8) / 255 - mean) / std)
    labels = torch.from_numpy(np.array(split.labels))
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.2, momentum=0.5)
    for step in range(4):
        optimizer.param_groups[0]["lr"] = 0.2 * half_cosine(step, 4)
        optimizer.zero_grad()
        focal(by_hand(images), labels).backward()
        optimizer.step()
    last = weights(run.path, "last")
    for name, tensor in by_hand.state_dict().items():
        found = np.frombuffer(last[name], np.float32).reshape(tensor.shape)
        # Sums in another order.
        assert found == pytest.approx(tensor.numpy(), abs=1e-5), name
    rates = [row["learning_rate"] for row in run.results()]
    assert rates == pytest.approx([0.2 * half_cosine(step, 4) for step in range(4)])


def test_cross_entropy_of_ones_own_is_the_recipes(tmp_path: Path) -> None:
    own = train(tmp_path / "own", loss=F.cross_entropy)
    assert weights(own.path, "last") == weights(train(tmp_path / "recipe").path, "last")


def test_a_loss_is_asked_at_every_step(tmp_path: Path) -> None:
    """A pass of the recipe's own is captured after a hundred, and the Python in it left out from then on."""
    asked = 0

    def counted(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        nonlocal asked
        asked += 1
        return F.cross_entropy(logits, targets)

    train(tmp_path / "run", recipe=pn.Recipe(epochs=8, batch_size=16), loss=counted)
    # 600 examples, of which 60 % are learned: 22 batches of 16 and one of 8.
    assert asked == 8 * 23


OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "NAdam": functools.partial(torch.optim.NAdam, lr=2e-3),
    "RAdam": functools.partial(torch.optim.RAdam, lr=2e-3),
    "Adagrad": functools.partial(torch.optim.Adagrad, lr=0.01),
    "Adadelta": torch.optim.Adadelta,
    "Adafactor": functools.partial(torch.optim.Adafactor, lr=0.01),
    "ASGD": functools.partial(torch.optim.ASGD, lr=0.01, t0=1),
    "Rprop": functools.partial(torch.optim.Rprop, lr=1e-3),
    "Adamax": torch.optim.Adamax,
    "AdamW": functools.partial(torch.optim.AdamW, lr=1e-3, amsgrad=True),
    "numbers": Counting,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_goes_on_to_the_bit(tmp_path: Path, name: str) -> None:
    own = {
        "loss": functools.partial(focal, gamma=1.5),
        "optimizer": OPTIMIZERS[name],
        "schedule": half_cosine,
        "metrics": {"right": Right()},
        "better": lambda line, best: line["val_right"] > best["val_right"],
    }
    whole = train(tmp_path / "whole", **own)
    with pytest.raises(ZeroDivisionError):
        train(tmp_path / "run", listeners=[StopsAt(3)], save_every_s=0.0, **own)
    run = pn.train(resume=tmp_path / "run", data=data(), style="quiet", **own)
    assert weights(run.path, "last") == weights(whole.path, "last")
    assert weights(run.path) == weights(whole.path)
    columns = ("train_loss", "val_loss", "val_right", "learning_rate")
    assert [[row[name] for name in columns] for row in run.results()] == [
        [row[name] for name in columns] for row in whole.results()
    ]


def test_what_an_optimiser_keeps_beside_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        train(tmp_path / "run", optimizer=Remembering, listeners=[StopsAt(3)])
    with pytest.raises(
        RunError, match=r"\(Remembering\) keeps what is not saved \(before\), so it cannot go on"
    ):
        pn.train(resume=tmp_path / "run", data=data(), optimizer=Remembering, style="quiet")


def weighted(share: float) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    return lambda logits, targets: share * F.cross_entropy(logits, targets)


@pytest.mark.parametrize(
    ("began", "goes_on", "said"),
    [
        ({"loss": focal}, {}, r"was trained with parts of your own; pass them again: loss=… \(.*focal\)\."),
        ({}, {"loss": focal}, r"was trained without loss of your own, and goes on as it began; leave it out"),
        ({"loss": weighted(0.5)}, {"loss": weighted(0.6)}, r"loss \(.*<lambda>\) is not what .* began with"),
        (
            {"loss": focal},
            {"loss": functools.partial(focal, gamma=3.0)},
            r"loss \(.*focal\(gamma=3\.0\)\) is not what",
        ),
        (
            {"loss": nn.CrossEntropyLoss(torch.arange(1.0, 6.0))},
            {"loss": nn.CrossEntropyLoss(torch.arange(2.0, 7.0))},
            r"loss \(.*CrossEntropyLoss\) is not what",
        ),
        ({"metrics": [Right()]}, {}, r"pass them again: metrics=… \(.*Right\)"),
    ],
    ids=["missing", "more", "another closure", "another argument", "other weights", "a metric"],
)
def test_a_run_goes_on_with_the_same_or_says_why_not(
    tmp_path: Path, began: dict[str, Any], goes_on: dict[str, Any], said: str
) -> None:
    recipe = pn.Recipe(epochs=1, batch_size=256)
    run = train(tmp_path / "run", recipe=recipe, **began)
    with pytest.raises(RunError, match=said):
        pn.train(resume=run, data=data(), epochs=2, style="quiet", **goes_on)
    again = pn.train(resume=run, data=data(), epochs=2, style="quiet", **began)
    assert len(again.results()) == 2


def test_what_is_the_same_made_again_is_the_same(tmp_path: Path) -> None:
    run = train(tmp_path / "run", loss=weighted(0.5), optimizer=functools.partial(torch.optim.NAdam, lr=0.01))
    own = json.loads((run.path / "run.json").read_text())["own"]
    assert own["optimizer"]["name"] == "torch.optim.nadam.NAdam(lr=0.01)"
    again = {"loss": weighted(0.5), "optimizer": functools.partial(torch.optim.NAdam, lr=0.01)}
    assert len(pn.train(resume=run, data=data(), epochs=5, style="quiet", **again).results()) == 5


def test_metrics_are_told_of_the_validation_and_of_every_split(tmp_path: Path) -> None:
    heard: list[EpochRecord] = []

    class Hears:
        def on_epoch(self, record: EpochRecord) -> None:
            heard.append(record)

    run = train(tmp_path / "run", metrics=[Right()], listeners=[Hears()])
    rows = run.results()
    # Right counts what accuracy is.
    assert [row["val_Right"] for row in rows] == [row["val_accuracy"] for row in rows]
    assert [record.metrics for record in heard] == [{"Right": row["val_accuracy"]} for row in rows]
    for split in ("train", "validation", "test"):
        found = run.metrics()[split]
        assert found["metrics"] == {"Right": pytest.approx(found["accuracy"])}


def test_metrics_of_torchmetrics(tmp_path: Path) -> None:
    torchmetrics = oracles.torchmetrics()
    from sklearn.metrics import f1_score

    metrics = torchmetrics.MetricCollection(
        {
            "f1": torchmetrics.F1Score(task="multiclass", num_classes=5, average="macro"),
            "auroc": torchmetrics.AUROC(task="multiclass", num_classes=5),
        }
    )
    run = train(tmp_path / "run", metrics=metrics)
    judged = run.judged()
    expected = f1_score(judged.labels, judged.probabilities.argmax(1), average="macro")
    assert run.metrics()["test"]["metrics"]["f1"] == pytest.approx(expected, abs=1e-6)
    assert all(0 < (row["val_auroc"] or 0) <= 1 for row in run.results())
    with pytest.raises(RunError, match="metrics=…"):
        pn.train(resume=run, data=data(), epochs=5, style="quiet")
    assert len(pn.train(resume=run, data=data(), epochs=5, metrics=metrics, style="quiet").results()) == 5


def test_stopping_the_best_and_what_is_kept(tmp_path: Path) -> None:
    asked = []

    def enough(rows: Sequence[Any]) -> bool:
        assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
        asked.append(len(rows))
        return len(rows) == 3

    run = train(
        tmp_path / "run",
        stop=enough,
        better=lambda line, best: line["epoch"] == 2,
        keep=lambda line: line["epoch"] != 2,
    )
    assert len(run.results()) == 3
    assert asked == [1, 2, 3]
    assert run.finished
    assert run.metrics()["best_epoch"] == 2
    files = sorted(file.stem for file in (run.path / "weights").iterdir())
    assert files == ["best", "epoch-1", "epoch-3", "last"]
    assert weights(run.path, "epoch-3") == weights(run.path, "last") != weights(run.path, "epoch-1")
    assert weights(run.path) not in (weights(run.path, "epoch-1"), weights(run.path, "last"))


def test_listeners_have_the_methods_they_want(tmp_path: Path) -> None:
    told: list[object] = []

    class Late:
        def on_finished(self, finished: Finished) -> None:
            told.append(finished.path)

        def close(self) -> None:
            told.append("closed")

    class Derived(pn.Listener):
        def on_note(self, note: Note) -> None:
            told.append("note")

    run = train(tmp_path / "run", listeners=[Late(), Derived()])
    assert told[-2:] == [run.path, "closed"]


def test_a_mistake_in_a_listener_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="a mistake of one's own"):
        train(tmp_path / "run", listeners=[StopsAt(3)])
    run = pn.train(resume=tmp_path / "run", data=data(), style="quiet")
    assert weights(run.path, "last") == weights(train(tmp_path / "whole").path, "last")


def test_on_features_of_a_frozen_front(tmp_path: Path) -> None:
    first = train(tmp_path / "first")
    given = {"weights": first.path, "loss": focal, "optimizer": Counting, "style": "quiet"}
    run = pn.train("dense", data(), output=tmp_path / "run", strategy="features", epochs=2, **given)
    assert run.info["own"].keys() == {"loss", "optimizer"}
    strategy = pn.Strategy(name="features", head="logistic")
    with pytest.raises(ArgumentError, match=r"loss, optimizer of your own cannot take part in logistic"):
        pn.train("dense", data(), output=tmp_path / "solved", strategy=strategy, **given)


def test_the_report_says_what_is_not_the_recipes(tmp_path: Path) -> None:
    run = train(tmp_path / "run", loss=focal, optimizer=OPTIMIZERS["NAdam"], language="en")
    page = (run.path / "report.html").read_text(encoding="utf-8")
    assert "torch.optim.nadam.NAdam(lr=0.002)" in page
    assert "The loss of the training is your own (tests.integration.test_own_parts.focal)" in page
    # Adam and its rate had no say.
    recipe = page[page.index('class="recipe"') :]
    recipe = recipe[: recipe.index("</table>")]
    assert "adam<" not in recipe
    assert "learning_rate" not in recipe


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"optimizer": "sgd"},
            r"optimizer must be a function.*received a str\. By name it is the recipe's: Recipe\(",
        ),
        ({"optimizer": torch.optim.LBFGS}, r"LBFGS calls the network itself \(step\(closure\)\)"),
        (
            {"optimizer": lambda _: torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)},
            r"optimizer must be of the parameters that it is given",
        ),
        ({"optimizer": lambda groups: groups}, r"makes a torch.optim.Optimizer; it gave \[\{'params'"),
        (
            {"loss": nn.CrossEntropyLoss(reduction="none")},
            r"tensor of one number.*it gave a tensor of shape \(",
        ),
        ({"loss": lambda logits, targets: 0.5}, r"loss must give a tensor.*it gave 0\.5\."),
        ({"loss": lambda logits, targets: logits.detach().sum()}, r"shape \(\) without a gradient"),
        ({"schedule": lambda step, steps: -1.0}, r"share of the learning rate at step 0 of 8; it gave -1\.0"),
        ({"metrics": [len]}, r"metrics must have update\(preds, target\), compute\(\) and reset\(\)"),
        ({"metrics": {"loss": Right()}}, r"a metric cannot be called 'loss'"),
        ({"metrics": [Right(), Right()]}, r"two metrics are called Right; give them names"),
        ({"listeners": [lambda record: None]}, r"a listener has methods such as on_epoch\(record\)"),
        ({"listeners": [Quiet]}, r"received Quiet, a class: make one of it"),
        ({"listeners": Quiet()}, r"listeners must be a list of them; received a Quiet"),
        ({"stop": 3}, r"stop must be a function, \(lines so far\) → whether to stop; received an int"),
        (
            {"loss": focal, "recipe": pn.Recipe(epochs=1, balance=True)},
            r"balance is of the recipe's own loss",
        ),
        (
            {"optimizer": Counting, "recipe": pn.Recipe(epochs=1, weight_decay=0.1)},
            r"weight_decay is of the recipe's own optimiser, and you give another",
        ),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        train(tmp_path / "run", **given)


def test_a_metric_by_class_is_no_number(tmp_path: Path) -> None:
    class ByClass(Right):
        def compute(self) -> torch.Tensor:
            return torch.ones(5)

    with pytest.raises(ArgumentError, match=r"metric ByClass must come to one number.*average='macro'"):
        train(tmp_path / "run", metrics=[ByClass()])


def test_metrics_need_a_validation_split(tmp_path: Path) -> None:
    with pytest.raises(
        ArgumentError, match="metrics are measured on the validation split, and there is none"
    ):
        pn.train("dense", "digits", metrics=[Right()], validation=0.0, output=tmp_path / "run", style="quiet")


def test_what_a_person_decides_by_hand_is_not_recorded(tmp_path: Path) -> None:
    """A run that was stopped so, or kept weights so, goes on without them, and with others."""

    class ByHand:
        by_hand = True

        def __init__(self, epoch: int) -> None:
            self._epoch = epoch

    class Stop(ByHand):
        def __call__(self, rows: Sequence[Any]) -> bool:
            return len(rows) >= self._epoch

    class Keep(ByHand):
        def __call__(self, row: Any) -> bool:
            return row["epoch"] == self._epoch

    whole = train(tmp_path / "whole")
    run = train(tmp_path / "run", stop=Stop(2), keep=Keep(2))
    assert "own" not in run.info
    assert (len(run.results()), run.finished, run.recipe.epochs) == (2, True, 4)
    assert weights(run.path, "epoch-2") == weights(run.path, "last")
    interrupted = tmp_path / "interrupted"
    with pytest.raises(ZeroDivisionError):
        train(interrupted, stop=Stop(9), listeners=[StopsAt(3)])
    pn.train(resume=interrupted, data=data(), style="quiet")
    assert weights(interrupted, "last") == weights(whole.path, "last")
    with pytest.raises(RunError, match="goes on as it began"):
        pn.train(resume=run.path, data=data(), epochs=5, stop=lambda rows: False, style="quiet")
    # A classifier that is solved in one go has nothing to stop, and nothing against it.
    strategy = pn.Strategy(name="features", head="logistic")
    solved = pn.train(
        "dense",
        data(),
        output=tmp_path / "solved",
        strategy=strategy,
        weights=whole.path,
        stop=Stop(1),
        style="quiet",
    )
    assert solved.finished
