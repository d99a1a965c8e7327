"""The loop against a plain PyTorch loop written here, and what it promises around it."""

from __future__ import annotations

import copy
import dataclasses
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.data.augment import Augment
from prunelle.data.batches import Batches, derive_seed, epoch_order
from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError, Diverged
from prunelle.training import engine
from prunelle.training.inference import evaluate
from prunelle.training.metrics import Evaluation
from prunelle.training.recipe import Recipe
from prunelle.training.records import RESULT_FIELDS, EpochRecord, StepRecord
from prunelle.training.schedule import learning_rate
from tests.unit.training.helpers import bars, epochs, finish, preprocess_of, small, training

N, BATCH = 22, 8  # three steps an epoch, the last one of six


def plain_loop(network: nn.Module, pixels: Pixels, recipe: Recipe) -> list[tuple[float, float]]:
    """The same training, spelt out; ``(loss, accuracy)`` of each epoch."""
    preprocess, batches = preprocess_of(pixels), Batches(pixels, torch.device("cpu"))
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim == 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors}]
    options: dict[str, Any] = {"lr": 1.0, "weight_decay": 0.0, "foreach": False}
    optimizer = {
        "adam": lambda: torch.optim.Adam(groups, **options),
        "adamw": lambda: torch.optim.AdamW(groups, **options),
        "sgd": lambda: torch.optim.SGD(groups, momentum=recipe.momentum, nesterov=recipe.nesterov, **options),
        "rmsprop": lambda: torch.optim.RMSprop(
            groups, alpha=0.9, eps=1e-7, momentum=recipe.momentum, **options
        ),
    }[recipe.optimizer]()
    counts = np.bincount(pixels.labels)
    weights = torch.from_numpy(N / (len(counts) * counts)) if recipe.balance else torch.ones(len(counts))
    steps = math.ceil(N / BATCH)
    table = []
    for epoch in range(recipe.epochs):
        order = epoch_order(N, recipe.seed, epoch)
        loss_sum = right = 0.0
        network.train()
        for step in range(steps):
            images, labels = batches.training_batch(
                order[step * BATCH : (step + 1) * BATCH], step, recipe.augment, recipe.seed, epoch
            )
            shares = F.one_hot(labels, len(counts)).double()
            if recipe.augment.mixup or recipe.augment.cutmix:
                generator = torch.Generator().manual_seed(derive_seed(recipe.seed, "mix", epoch, step))
                images, mixed = recipe.augment.mix(images, labels, len(counts), generator)
                shares, labels = mixed.double(), mixed.argmax(dim=1)
            outputs = network(preprocess.normalise(images))
            logits, *others = outputs if isinstance(outputs, tuple) else (outputs,)

            def smoothed(logits: torch.Tensor, shares: torch.Tensor = shares) -> torch.Tensor:
                wanted = shares * (1 - recipe.label_smoothing) + recipe.label_smoothing / len(counts)
                each = -(wanted * logits.log_softmax(dim=1)).sum(dim=1)
                heavy = shares @ weights.double()
                return ((heavy * each).sum() / heavy.sum()).float()

            loss = smoothed(logits)
            total = loss + sum(0.3 * smoothed(other) for other in others)
            optimizer.zero_grad()
            total.backward()
            if recipe.clip_norm is not None:
                gradients = [p.grad for p in network.parameters() if p.grad is not None]
                norm = math.sqrt(sum(float((g.double() ** 2).sum()) for g in gradients))
                for gradient in gradients:
                    gradient.mul_(min(1.0, recipe.clip_norm / norm))
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, epoch * steps + step, steps)
            optimizer.step()
            loss_sum += loss.item() * len(labels)
            right += (logits.argmax(dim=1) == labels).sum().item()
        table.append((loss_sum / N, right / N))
    return table


class TwoHeads(nn.Module):
    """A second classifier while it trains, as GoogLeNet has."""

    auxiliary_weights = (0.3,)

    def __init__(self) -> None:
        super().__init__()
        self.main, self.other = small(3, seed=2), small(3, seed=3)

    def forward(self, images: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        if self.training:
            return self.main(images), self.other(images)
        return self.main(images)  # type: ignore[no-any-return]


RECIPES = {
    "adam": Recipe(),
    "adam, L2": Recipe(weight_decay=0.1),
    "adamw": Recipe(optimizer="adamw", weight_decay=5.0),
    "sgd": Recipe(optimizer="sgd", learning_rate=0.05),
    "momentum": Recipe(optimizer="sgd", learning_rate=0.05, momentum=0.9),
    "nesterov": Recipe(optimizer="sgd", learning_rate=0.05, momentum=0.9, nesterov=True, weight_decay=0.1),
    "rmsprop": Recipe(optimizer="rmsprop"),
    "rmsprop, momentum": Recipe(optimizer="rmsprop", momentum=0.5, weight_decay=0.1),
    "smoothing": Recipe(label_smoothing=0.3),
    "balance": Recipe(balance=True),
    "balance and smoothing": Recipe(balance=True, label_smoothing=0.2),
    "clipping": Recipe(optimizer="sgd", learning_rate=0.5, clip_norm=0.1),
    "clipping that does nothing": Recipe(optimizer="sgd", learning_rate=0.05, clip_norm=1e6),
    "cosine": Recipe(schedule="cosine", learning_rate=1e-2),
    "one-cycle": Recipe(schedule="one-cycle", learning_rate=1e-2),
    "warm-up": Recipe(warmup_epochs=1, learning_rate=1e-2),
    "augmentation": Recipe(augment=Augment(flip=True, shift=0.2)),
    "mixup": Recipe(augment=Augment(flip=True, mixup=0.4)),
    "cutmix": Recipe(augment=Augment(cutmix=1.0)),
    "mixup, balance and smoothing": Recipe(augment=Augment(mixup=0.4), balance=True, label_smoothing=0.2),
    "another seed": Recipe(seed=7),
}


@pytest.mark.parametrize("name", [*RECIPES, "two heads"])
def test_the_loop_is_a_plain_pytorch_loop(name: str) -> None:
    recipe = dataclasses.replace(RECIPES.get(name, Recipe()), epochs=3, batch_size=BATCH, device="cpu")
    pixels = bars(N, shares=(0.6, 0.3, 0.1))
    network = TwoHeads() if name == "two heads" else small()
    reference = copy.deepcopy(network)
    table = plain_loop(reference, pixels, recipe)
    records = epochs(training(network, pixels, recipe))
    for record, (loss, accuracy) in zip(records, table, strict=True):
        assert record.train_loss == pytest.approx(loss, rel=1e-5)
        assert record.train_accuracy == pytest.approx(accuracy)
    # Other kernels (channels-last, fused): the same sums in another order, carried through nine steps.
    for key, value in network.state_dict().items():
        torch.testing.assert_close(value, reference.state_dict()[key], rtol=1e-4, atol=5e-6)


def test_recipes_that_differ_end_in_different_weights() -> None:
    # Without this, options that do nothing could pass above.
    pixels = bars(N, shares=(0.6, 0.3, 0.1))
    ends = {}
    for name, recipe in RECIPES.items():
        network = small()
        finish(training(network, pixels, dataclasses.replace(recipe, epochs=2, batch_size=BATCH)))
        ends[name] = network[0].weight.detach().numpy().tobytes()
    assert ends.pop("clipping that does nothing") == ends.pop("sgd")
    assert len(set(ends.values())) == len(ends)


def test_the_average_is_the_one_written_by_hand() -> None:
    recipe = Recipe(epochs=3, batch_size=BATCH, ema_decay=0.5, learning_rate=1e-2)
    pixels = bars(N)
    network, run = (n := small()), training(n, pixels, recipe, bars(12, seed=1))
    names = [key for key, value in network.state_dict().items() if value.is_floating_point()]
    average = {key: network.state_dict()[key].double().clone() for key in names}
    step = 0
    for record in run.run():
        if isinstance(record, StepRecord):
            # (1 + t)/(10 + t) exceeds one half from t = 8 on: both sides of the minimum are used.
            decay = min(0.5, (1 + step) / (10 + step))
            for key in names:
                average[key] = decay * average[key] + (1 - decay) * network.state_dict()[key].double()
            step += 1
    assert step == 9
    kept = run.weights()
    for key in names:
        torch.testing.assert_close(kept[key].double(), average[key], rtol=1e-5, atol=1e-6)
        assert not torch.equal(kept[key], network.state_dict()[key])
    assert torch.equal(kept["1.num_batches_tracked"], torch.tensor(9))


def test_validation_sees_the_average_and_training_does_not() -> None:
    pixels, validation = bars(N), bars(12, seed=1)
    recipe = Recipe(epochs=2, batch_size=BATCH, ema_decay=0.9, learning_rate=1e-2)
    network, without = small(), small()
    run = training(network, pixels, recipe, validation)
    last = epochs(run)[-1]
    finish(training(without, pixels, dataclasses.replace(recipe, ema_decay=None)))
    for key, value in network.state_dict().items():
        assert torch.equal(value, without.state_dict()[key])
    fresh = small()
    fresh.load_state_dict(run.weights())
    found = evaluate(fresh, validation, ("a", "b", "c"), preprocess_of(pixels), "validation")
    assert last.val_loss == pytest.approx(found.loss, rel=1e-6)
    mine = evaluate(network, validation, ("a", "b", "c"), preprocess_of(pixels), "validation")
    assert abs(mine.loss - found.loss) > 1e-3


def test_weights_are_a_copy() -> None:
    network = small()
    run = training(network, bars(N), Recipe(epochs=1, batch_size=BATCH))
    kept = run.weights()
    before = {key: value.clone() for key, value in kept.items()}
    finish(run)
    assert all(torch.equal(kept[key], before[key]) for key in kept)
    assert not torch.equal(network.state_dict()["0.weight"], before["0.weight"])


def test_one_output_for_two_classes_trains_as_binary_cross_entropy() -> None:
    pixels = bars(N, num_classes=2)
    recipe = Recipe(epochs=2, batch_size=BATCH, optimizer="sgd", learning_rate=0.1)
    network, reference = small(1), small(1)
    finish(training(network, pixels, recipe, num_classes=2))
    batches, preprocess = Batches(pixels, torch.device("cpu")), preprocess_of(pixels)
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.1)
    for epoch in range(2):
        order = epoch_order(N, 0, epoch)
        for step in range(3):
            images, labels = batches.take(order[step * BATCH : (step + 1) * BATCH])
            logits = reference(preprocess.normalise(images))[:, 0]
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(logits, labels.float()).backward()
            optimizer.step()
    torch.testing.assert_close(network.state_dict(), reference.state_dict(), rtol=1e-4, atol=5e-6)


def test_the_same_twice_is_the_same_whatever_the_callers_random_numbers() -> None:
    pixels = bars(N)
    recipe = Recipe(epochs=2, batch_size=BATCH, augment=Augment(crop=0.5))
    networks = [small(dropout=0.5) for _ in range(3)]
    for number, network in enumerate(networks):
        torch.manual_seed(number)
        seed = 1 if number == 2 else 0
        finish(training(network, pixels, dataclasses.replace(recipe, seed=seed)))
    first, second, other = (network.state_dict() for network in networks)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["0.weight"], other["0.weight"])


def test_dropout_draws_anew_at_each_step() -> None:
    masks = []
    network = small(dropout=0.5)
    network[4].register_forward_hook(lambda _m, _i, output: masks.append((output != 0).numpy().tobytes()))
    network[2] = nn.Identity()  # nothing is 0 but for dropout
    finish(training(network, bars(16), Recipe(epochs=2, batch_size=8, learning_rate=1e-6)))
    assert len(masks) == 4
    assert len(set(masks)) == 4


@pytest.mark.parametrize("whole", [True, False])
def test_the_callers_random_numbers_are_left_alone(whole: bool) -> None:
    torch.manual_seed(3)
    np.random.seed(3)
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index]
    run = training(small(dropout=0.5), bars(N), Recipe(epochs=2, augment=Augment(flip=True)))
    records = run.run()
    next(records)
    if whole:
        list(records)
    records.close()  # type: ignore[attr-defined]
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # type: ignore[index]


def test_records_tell_where_the_training_is() -> None:
    records = finish(
        training(small(), bars(N), Recipe(epochs=2, batch_size=BATCH, schedule="cosine"), bars(9, seed=1))
    )
    assert [
        (r.epoch, r.step, r.steps) if isinstance(r, StepRecord) else (r.epoch, "end") for r in records
    ] == [(1, 1, 3), (1, 2, 3), (1, 3, 3), (1, "end"), (2, 1, 3), (2, 2, 3), (2, 3, 3), (2, "end")]
    assert all(record.epochs == 2 for record in records)
    for record in records:
        assert record.images_per_second > 0
        assert 0 <= record.data_wait <= 1
    steps = [r for r in records if isinstance(r, StepRecord)]
    assert all(a.seconds_left > 0 for a in steps[:-1])
    assert steps[-1].seconds_left == 0
    ends = [r for r in records if isinstance(r, EpochRecord)]
    # The mean at the last step of an epoch is the epoch's.
    assert (steps[2].loss, steps[2].accuracy) == (ends[0].train_loss, ends[0].train_accuracy)
    # The rate of the epoch's last step: ½(1 + cos(π·2/6)) of the peak.
    assert ends[0].learning_rate == pytest.approx(0.75e-3)
    assert tuple(ends[0].row()) == RESULT_FIELDS
    assert ends[0].row()["val_loss"] == ends[0].val_loss


def test_rows_are_kept_in_order() -> None:
    run = training(small(), bars(N), Recipe(epochs=3, batch_size=BATCH))
    ends = epochs(run)
    assert run.progress.rows == [record.row() for record in ends]
    assert [row["epoch"] for row in run.progress.rows] == [1, 2, 3]
    assert run.finished
    assert finish(run) == []


def scripted(monkeypatch: pytest.MonkeyPatch, answers: list[tuple[float, float]]) -> None:
    """Validation says these accuracies and losses, epoch by epoch."""
    script = iter(answers)

    def say(self: engine.Training, _p: Pixels) -> Evaluation:
        accuracy, loss = next(script)
        right = round(accuracy * 10)
        told = np.eye(2, dtype=np.float32)[[0] * right + [1] * (10 - right)]
        return Evaluation("validation", self.classes, np.zeros(10, np.int64), told, loss)

    monkeypatch.setattr(engine.Training, "_validated", say)


def test_the_best_epoch_is_by_accuracy_then_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, [(0.5, 1.0), (0.6, 2.0), (0.6, 1.5), (0.6, 1.5), (0.5, 0.1), (0.7, 9.0)])
    run = training(small(2), bars(16, 2), Recipe(epochs=6, batch_size=16), bars(10, 2), num_classes=2)
    assert [record.improved for record in epochs(run)] == [True, True, True, False, False, True]
    assert (run.progress.best_epoch, run.progress.best_standing, run.progress.best_loss) == (6, 0.7, 9.0)


@pytest.mark.parametrize(("patience", "stops"), [(1, 4), (2, 5), (3, 6), (4, 10), (None, 10)])
def test_patience_runs_out_at_the_epoch_worked_by_hand(
    monkeypatch: pytest.MonkeyPatch, patience: int | None, stops: int
) -> None:
    # Best in epochs 1, 2, 3; then nothing better until 7, then never again.
    accuracy = [0.5, 0.6, 0.7, 0.7, 0.6, 0.5, 0.8, 0.1, 0.1, 0.1]
    scripted(monkeypatch, [(a, 1.0) for a in accuracy])
    recipe = Recipe(epochs=10, batch_size=16, patience=patience)
    run = training(small(2), bars(16, 2), recipe, bars(10, 2), num_classes=2)
    assert epochs(run)[-1].epoch == stops
    assert run.finished
    assert run.progress.best_epoch == (7 if stops == 10 else 3)


def test_without_validation_the_last_weights_are_the_best() -> None:
    run = training(small(), bars(N), Recipe(epochs=4, batch_size=BATCH))
    ends = epochs(run)
    assert [record.improved for record in ends] == [True] * 4
    assert all(record.val_loss is None and record.val_accuracy is None for record in ends)
    assert run.progress.best_epoch == 4


def test_patience_without_validation_is_refused() -> None:
    with pytest.raises(
        ArgumentError, match=r"there is no validation split; received patience=1\. Leave it out"
    ):
        training(small(), bars(N), Recipe(epochs=4, patience=1))


@pytest.mark.parametrize("weights", [(), (0.3, 0.3)])
def test_outputs_without_a_weight_each_are_refused(weights: tuple[float, ...]) -> None:
    network = TwoHeads()
    network.auxiliary_weights = weights  # type: ignore[assignment]
    message = rf"auxiliary_weights must hold a weight for each of the 1 outputs .* received {re.escape(str(weights))}"
    with pytest.raises(ArgumentError, match=message):
        finish(training(network, bars(N), Recipe(epochs=1)))


class Spoilt(nn.Module):
    """Learns, but for what its ``spoil`` does."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))
        self.scale = nn.Parameter(torch.zeros(1))
        self.calls = 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.spoil(self.line(images))

    def spoil(self, logits: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


class NaNInThirdStep(Spoilt):
    def spoil(self, logits: torch.Tensor) -> torch.Tensor:
        return logits * math.nan if self.calls == 3 else logits


class InfiniteGradient(Spoilt):
    def spoil(self, logits: torch.Tensor) -> torch.Tensor:
        return logits + self.scale.sqrt()


class NaNInEvaluation(Spoilt):
    def spoil(self, logits: torch.Tensor) -> torch.Tensor:
        return logits if self.training else logits * math.nan


def test_a_loss_that_becomes_nan_stops_before_it_spoils_the_weights() -> None:
    network = NaNInThirdStep()
    run = training(network, bars(16), Recipe(epochs=3, batch_size=8, learning_rate=0.02))
    records = run.run()
    assert [type(next(records)) for _ in range(3)] == [StepRecord, StepRecord, EpochRecord]
    with pytest.raises(
        Diverged,
        match=r"the loss became nan in epoch 2, step 1\. Try a learning rate ten times "
        r"smaller \(--lr 0\.002\), a warm-up \(--warmup 1\) or gradient clipping",
    ):
        next(records)
    assert all(bool(p.isfinite().all()) for p in network.parameters())
    assert run.progress.best_epoch == 1


def test_a_learning_rate_of_1e8_is_told() -> None:
    random_state = torch.get_rng_state()
    recipe = Recipe(epochs=50, batch_size=4, optimizer="sgd", learning_rate=1e38)
    with pytest.raises(Diverged, match=r"--lr 1e\+37"):
        finish(training(small(), bars(N), recipe))
    assert torch.equal(torch.get_rng_state(), random_state)


@pytest.mark.parametrize("validation", [None, bars(9, seed=1)], ids=["alone", "validated"])
def test_weights_spoilt_by_the_last_step_are_never_called_the_best(validation: Pixels | None) -> None:
    run = training(InfiniteGradient(), bars(8), Recipe(epochs=1, batch_size=8), validation)
    records = run.run()
    assert isinstance(next(records), StepRecord)
    with pytest.raises(Diverged, match="weights became NaN or infinite in epoch 1"):
        next(records)
    assert run.progress.best_epoch == 0


def test_a_validation_loss_of_nan_stops_the_training() -> None:
    run = training(NaNInEvaluation(), bars(8), Recipe(epochs=2, batch_size=8), bars(9, seed=1))
    with pytest.raises(Diverged, match="the validation loss became nan in epoch 1"):
        finish(run)
    assert run.progress.best_epoch == 0


def test_frozen_weights_stay() -> None:
    network = small()
    network[0].weight.requires_grad_(False)  # type: ignore[union-attr]
    before = network[0].weight.clone()  # type: ignore[operator]
    finish(training(network, bars(N), Recipe(epochs=1, batch_size=BATCH, weight_decay=0.1)))
    assert torch.equal(network[0].weight, before)  # type: ignore[arg-type]


def test_the_wrong_number_of_outputs_is_told() -> None:
    with pytest.raises(ArgumentError, match=r"must give \(N, 3\) logits for 3 classes; it gave \(8, 5\)"):
        finish(training(small(5), bars(N), Recipe(epochs=1, batch_size=BATCH)))


def test_bfloat16_learns_with_float32_weights() -> None:
    network = small()
    seen = []
    network[6].register_forward_hook(lambda _m, _i, output: seen.append((network.training, output.dtype)))
    recipe = Recipe(epochs=8, batch_size=8, learning_rate=1e-2, precision="bfloat16")
    ends = epochs(training(network, bars(48), recipe, bars(9, seed=1)))
    assert (True, torch.bfloat16) in seen
    assert {dtype for training_now, dtype in seen if not training_now} == {torch.float32}
    assert all(p.dtype == torch.float32 for p in network.parameters())
    assert ends[-1].train_accuracy > 0.9
