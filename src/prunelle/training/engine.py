"""The training loop: one generator that yields a record a step and a record an epoch.

Whoever consumes the records (tasks, a test, a notebook) shows, writes and saves; the loop itself touches no
disk and no terminal. Every random draw is a function of (seed, epoch, step), so ``state()`` after any record
is all it takes to go on exactly.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import math
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import nn

from prunelle.data.batches import Batches, derive_seed
from prunelle.data.pixels import Pixels
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.errors import ArgumentError, Diverged, RunError, refuse_given
from prunelle.texts import Note
from prunelle.training import batch_of_one, diagnosis, speed
from prunelle.training.diagnosis_of_numbers import NumbersWatch
from prunelle.training.fast import TrainingPass, training_pass
from prunelle.training.inference import Normaliser, predict_logits
from prunelle.training.layers import Layers
from prunelle.training.objectives import objective_of
from prunelle.training.optimizer import make_optimizer, make_own_optimizer, numbers_of, put_numbers, step
from prunelle.training.own import NOTHING, Own, described
from prunelle.training.recipe import Recipe
from prunelle.training.records import EpochRecord, Progress, StepRecord
from prunelle.training.schedule import learning_rate


class Training:
    """A network being trained.

    Args:
        network: any module that takes ``(N, C, H, W)`` float32 and gives ``(N, num_classes)`` logits, or
            ``(N, 1)`` for two classes; in training mode a tuple, the logits first, with
            ``network.auxiliary_weights`` for the others. It is moved to the recipe's device and trained in
            place.
        train, validation: decoded splits; validation may be None. ``train`` may be several views of the same
            pictures, which epochs take in turn.
        classes: names in index order.
        preprocess: with mean and std; or what else turns batches into the network's input.
        recipe: how.
        target: what is told of an example, of which ``classes`` are the outputs' names: its class unless given.

    Raises:
        ArgumentError: ``patience`` without a validation split; batches of one, and a network whose batch
            normalisation can't learn from one; a recipe that means nothing for such a target.

    Attributes:
        notes: what a person should know of it.
    """

    def __init__(
        self,
        network: nn.Module,
        train: Pixels | Sequence[Pixels],
        validation: Pixels | None,
        classes: tuple[str, ...],
        preprocess: Normaliser,
        recipe: Recipe,
        *,
        target: Target = ONE_CLASS,
    ) -> None:
        self.device = speed.choose_device(recipe.device)
        speed.prepare(network, self.device)
        self.network = network
        self.classes = classes
        self.objective = objective_of(target, classes)
        self.objective.check(recipe)
        self.preprocess = preprocess
        self.recipe = recipe
        self.own = NOTHING
        # After how many epochs ``own.stop`` spoke, and what it said.
        self._asked: tuple[int, bool] | None = None
        self.progress = Progress()
        if recipe.patience is not None and validation is None:
            raise ArgumentError(
                f"patience waits for a better validation, and there is no validation split; received "
                f"patience={recipe.patience}. Leave it out, or set pictures aside (validation=0.1)."
            )
        views = [train] if isinstance(train, Pixels) else list(train)
        train = views[0]
        self._validation = validation
        self._views = [Batches(view, self.device) for view in views]
        self._parameters = list(network.parameters())
        self.notes: tuple[Note, ...] = ()
        self.steps_per_epoch = self._count_steps()
        self._layers = Layers(network, recipe)
        self._optimizer = make_optimizer(network, recipe, self._layers)
        self._peak = recipe.learning_rate
        self._average = _averageable(network) if recipe.ema_decay is not None else {}
        # The live tensors; looking them up by name at every step would take longer than averaging them.
        self._averaged_tensors = list(_averageable(network, copy=False).values()) if self._average else []
        self._class_weights = (
            self.objective.class_weights(train.labels).to(self.device) if recipe.balance else None
        )
        self._passes = self._training_pass(capturable=True)
        self._watch = self._watched(train)

    def _watched(self, train: Pixels) -> diagnosis.Watch | None:
        """What tells that nothing is learned, where a blind guess is known."""
        watches: dict[str, Callable[..., diagnosis.Watch]] = {
            "class": diagnosis.Watch,
            "number": functools.partial(NumbersWatch, self.objective),
        }
        watch = watches.get(self.objective.target.kind)
        return watch and watch(
            network=self.network,
            train=train,
            batches=self._views[0],
            num_classes=len(self.classes),
            preprocess=self.preprocess,
            recipe=self.recipe,
            class_weights=self._class_weights,
        )

    def use(self, own: Own) -> None:
        """Puts parts of the caller's own in the place of the recipe's, before the first step and before ``load_state``.

        Raises:
            ArgumentError: something of the recipe would be without effect, or metrics have nothing to measure.
        """
        _check(own, self.recipe, self._validation)
        self.own = own
        if own.optimizer is not None:
            self._optimizer = make_own_optimizer(self.network, self._layers, own)
            self._peak = max(group["lr"] / group["share"] for group in self._optimizer.param_groups)
        if own.loss is not None:
            if isinstance(own.loss, nn.Module):
                own.loss.to(self.device)  # weights of classes, say
            # It may do in Python, at each step, what a capture would leave out.
            self._passes = self._training_pass(capturable=False)
            name = described(own.loss)["name"]
            self.notes += (
                Note(
                    f"The loss of the training is your own ({name}); that of the validation stays cross-entropy.",
                    f"La perte de l’entraînement est la vôtre ({name}) ; celle de la validation reste l’entropie "
                    f"croisée.",
                ),
            )

    def _training_pass(self, *, capturable: bool) -> TrainingPass:
        # Weakly: what a circle holds waits for Python's collector, which does not know how large weights are.
        forward = functools.partial(type(self)._forward, weakref.proxy(self))
        return training_pass(
            forward, self.network, self.device, self.recipe.batch_size, capturable=capturable
        )

    def _count_steps(self) -> int:
        """Of an epoch. The last batch may be smaller; none is dropped, but a single example may join the one before."""
        view, size = self._views[0], self.recipe.batch_size
        steps = math.ceil(view.per_epoch / size)
        alone = view.per_epoch - (steps - 1) * size == 1
        if not alone or not batch_of_one.refuses_one(self.network, view, self.preprocess):
            return steps
        if size == 1 or steps == 1:
            what, received = ("batch_size", size) if size == 1 else ("the number of training examples", 1)
            raise ArgumentError(
                f"{what} must be at least 2 for this network: its batch normalisation has one value a channel of a "
                f"single example, and takes a variance of them; received {received}. Or choose a network without "
                f"batch normalisation (prunelle networks), or larger examples."
            )
        self.notes += (batch_of_one.joined(size),)
        return steps - 1

    @property
    def finished(self) -> bool:
        """All epochs are done, or early stopping has spoken."""
        at = self.progress
        return at.epoch >= self.recipe.epochs or self._out_of_patience() or self._stopped()

    def _stopped(self) -> bool:
        """Whether the caller's own ``stop`` says so, which is asked once an epoch: it may count, or draw."""
        at = self.progress
        if self.own.stop is None or not at.rows:
            return False
        if self._asked is None or self._asked[0] != len(at.rows):
            self._asked = len(at.rows), bool(self.own.stop(_lines(at.rows)))
        return self._asked[1]

    def run(self) -> Iterator[StepRecord | EpochRecord]:
        """Trains from where it is to the end.

        Raises:
            ArgumentError: the network gives outputs that there is no loss for.
            Diverged: the loss or a weight is NaN or infinite; the weights are then worth nothing, the best
                ones were in an earlier record.
        """
        at, recipe = self.progress, self.recipe
        with (
            _preserved_rng_state(self.device),
            self._passes.running(),
            self._layers.learning(),
        ):
            while not self.finished:
                begin, seconds_before = time.perf_counter(), at.seconds
                view = self._views[at.epoch % len(self._views)]
                batches = view.training_batches(
                    self._batch_sizes(view), at.step, recipe.augment, recipe.seed, at.epoch
                )
                self._layers.begin(at.epoch)
                if at.step == 0 and self._watch is not None:
                    self._watch.epoch_begins()
                while at.step < self.steps_per_epoch:
                    self._step(batches)
                    at.seconds = seconds_before + time.perf_counter() - begin
                    yield self._step_record()
                # An offset to the clock, since the epoch's seconds go on through its validation.
                yield self._end_epoch(seconds_before - begin)

    def _rate(self, step: int) -> float:
        """The learning rate of a step of the current epoch."""
        done = self.progress.epoch * self.steps_per_epoch
        if self.own.schedule is not None:
            return self._peak * self.own.share(done + step, self.recipe.epochs * self.steps_per_epoch)
        rate = learning_rate(self.recipe, done + step, self.steps_per_epoch)
        return rate if self.own.optimizer is None else self._peak * (rate / self.recipe.learning_rate)

    def _batch_sizes(self, view: Batches) -> list[int]:
        whole = self.steps_per_epoch - 1
        return [self.recipe.batch_size] * whole + [view.per_epoch - whole * self.recipe.batch_size]

    def _step(self, batches: Iterator[tuple[torch.Tensor, torch.Tensor]]) -> None:
        """One batch: forward, backward, update."""
        at, recipe = self.progress, self.recipe
        number = at.epoch * self.steps_per_epoch + at.step
        start = time.perf_counter()
        images, labels = next(batches)
        targets = self.objective.targets(labels)
        if recipe.augment.mixes:
            generator = torch.Generator().manual_seed(derive_seed(recipe.seed, "mix", at.epoch, at.step))
            images, targets = recipe.augment.mix(images, labels, len(self.classes), generator)
        # Some changes give another format on a GPU.
        images = self.preprocess.normalise(speed.channels_last(images))
        waited = time.perf_counter() - start

        for group in self._optimizer.param_groups:
            group["lr"] = self._rate(at.step) * group["share"]
        _, loss, hits = self._passes(
            images, targets, seed=derive_seed(recipe.seed, "step", at.epoch, at.step)
        )
        if recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self._parameters, recipe.clip_norm)
        # Read before the update: so a GPU is waited for once, and a NaN spoils no weights.
        value, right = loss.item(), hits.item()
        if not math.isfinite(value):
            raise self._diverged(f"the loss became {value} in epoch {at.epoch + 1}, step {at.step + 1}")
        with torch.no_grad():
            step(self._optimizer, number)
        if self._average:
            self._update_average(number)

        at.loss_sum += value * len(images)
        at.correct += right
        at.seen += len(images)
        at.step += 1
        at.wait_seconds += waited
        at.train_seconds += time.perf_counter() - start

    def _forward(
        self, images: torch.Tensor, targets: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of a batch: what is to be minimised, the loss of the main output, and its ``hits``."""
        network = self.network
        with self._autocast():
            outputs = network(images)
        main, *auxiliary = outputs if isinstance(outputs, tuple) else (outputs,)
        main = self.objective.outputs(main).float()
        loss = total = self._loss(main, targets)
        weights = tuple(getattr(network, "auxiliary_weights", ()))
        if len(weights) != len(auxiliary):
            raise ArgumentError(
                f"network.auxiliary_weights must hold a weight for each of the {len(auxiliary)} outputs that the "
                f"network gives besides its logits while training; received {weights}. Set it, (0.3,) say, or give "
                f"the logits alone."
            )
        for weight, output in zip(weights, auxiliary, strict=True):
            total = total + weight * self._loss(self.objective.outputs(output).float(), targets)
        return total, loss, self.objective.hits(main.detach(), targets)

    def _loss(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        if self.own.loss is not None:
            return self.own.loss_of(logits, targets)
        return self.objective.loss(logits, targets, self._class_weights, self.recipe.label_smoothing)

    def _diverged(self, what: str) -> Diverged:
        return Diverged(
            f"{what}. Try a learning rate ten times smaller (--lr {self.recipe.learning_rate / 10:g}), a warm-up "
            f"(--warmup 1) or gradient clipping (--clip-norm 1)."
        )

    def _end_epoch(self, seconds_offset: float) -> EpochRecord:
        """Validates, decides whether these weights are the best, and turns the page."""
        at = self.progress
        # The last step may have spoilt them, and no later loss would tell.
        if not all(bool(parameter.isfinite().all()) for parameter in self.network.parameters()):
            raise self._diverged(f"weights became NaN or infinite in epoch {at.epoch + 1}")
        val_loss = None
        metrics: dict[str, float] = {}
        if self._validation is not None:
            evaluation = self._validated(self._validation)
            val_loss = evaluation.loss
            metrics = {**self.objective.figures(evaluation)}
            metrics |= self.own.measured(evaluation.scores, evaluation.labels)
            if not math.isfinite(val_loss):
                raise self._diverged(f"the validation loss became {val_loss} in epoch {at.epoch + 1}")
            # Few pictures give few accuracies: of epochs with the same one, the lower loss decides.
            standing = self.objective.standing(evaluation)
            improved = (standing, -val_loss) > (at.best_standing, -at.best_loss)
            if improved:
                at.best_standing, at.best_loss = standing, val_loss
        else:
            improved = True
        train_loss, figures = at.loss_sum / at.seen, self._figures()
        train_accuracy = figures.pop("accuracy", None)
        steps_done = (at.epoch + 1) * self.steps_per_epoch
        warning = None
        # A loss of the caller's own is not to be compared with a blind guess's.
        if not at.warnings and self.own.loss is None and self._watch is not None:
            warning = self._watch.warning(train_loss, train_accuracy or 0.0, steps_done)
        if warning is not None:
            at.warnings.append({"en": warning.en, "fr": warning.fr})
        record = EpochRecord(
            epoch=at.epoch + 1,
            epochs=self.recipe.epochs,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            val_loss=val_loss,
            val_accuracy=metrics.pop("accuracy", None),
            learning_rate=self._rate(at.step - 1),
            seconds=time.perf_counter() + seconds_offset,
            images_per_second=at.seen / max(at.train_seconds, 1e-9),
            data_wait=at.wait_seconds / max(at.train_seconds, 1e-9),
            improved=improved,
            warning=warning,
            metrics=metrics,
            train_figures=figures,
        )
        if self.own.better is not None:
            line, best = record.row(), at.rows[at.best_epoch - 1] if at.best_epoch else None
            improved = best is None or bool(self.own.better(line, dict(best)))
            record = dataclasses.replace(record, improved=improved)
        if improved:
            at.best_epoch = at.epoch + 1
        at.rows.append(record.row())
        at.epoch += 1
        at.step = at.seen = at.correct = 0
        at.loss_sum = at.seconds = at.train_seconds = at.wait_seconds = 0.0
        return record

    def _validated(self, validation: Pixels) -> Any:
        """What the network, its weights averaged where the recipe says so, is worth on the validation split."""
        with self.averaged():
            outputs = predict_logits(self.network, validation, self.preprocess, len(self.classes))
        return self.objective.evaluation(outputs, validation.labels, "validation", files=validation.files)

    def _figures(self) -> dict[str, float]:
        """What is told besides the loss: a mean over the epoch so far, by its name."""
        return {self.objective.measure: self.progress.correct / self.progress.seen}

    def _step_record(self) -> StepRecord:
        at, figures = self.progress, self._figures()
        done = at.epoch * self.steps_per_epoch + at.step
        # With the validations of those epochs, as the ones to come will have theirs.
        earlier = sum(row["seconds"] or 0.0 for row in at.rows)
        pace = (earlier + at.seconds) / done
        return StepRecord(
            epoch=at.epoch + 1,
            epochs=self.recipe.epochs,
            step=at.step,
            steps=self.steps_per_epoch,
            loss=at.loss_sum / at.seen,
            accuracy=figures.pop("accuracy", None),
            figures=figures,
            images_per_second=at.seen / max(at.train_seconds, 1e-9),
            data_wait=at.wait_seconds / max(at.train_seconds, 1e-9),
            seconds_left=pace * (self.recipe.epochs * self.steps_per_epoch - done),
        )

    def _out_of_patience(self) -> bool:
        patience = self.recipe.patience
        if patience is None:
            return False
        return self.progress.epoch - self.progress.best_epoch >= patience

    def _autocast(self) -> Any:
        if self.recipe.precision == "bfloat16":
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return nullcontext()

    def _update_average(self, step: int) -> None:
        """w̄ ← d·w̄ + (1-d)·w, with d rising to its value over the first steps so that the start is forgotten."""
        assert self.recipe.ema_decay is not None
        decay = min(self.recipe.ema_decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self._average.values()), self._averaged_tensors, 1 - decay)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The network with its averaged weights inside, its own after; no change without ``ema_decay``."""
        current = _averageable(self.network, copy=False) if self._average else {}
        kept = {name: tensor.clone() for name, tensor in current.items()}
        for name, tensor in current.items():
            tensor.copy_(self._average[name])
        try:
            yield
        finally:
            for name, tensor in current.items():
                tensor.copy_(kept[name])

    def weights(self) -> dict[str, torch.Tensor]:
        """A copy of the weights to keep: averaged ones if the recipe asks for them."""
        with self.averaged():
            return {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}

    def state(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """All that ``load_state`` needs, as named tensors and JSON values.

        The tensors are the live ones, not copies: write them before the next step.
        """
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"average.{name}": tensor for name, tensor in self._average.items()}
        for name, parameter in self.network.named_parameters():
            for key, value in self._optimizer.state.get(parameter, {}).items():
                if isinstance(value, torch.Tensor):
                    tensors[f"optimizer.{name}.{key}"] = value
        # Between epochs there is nothing to keep: the next one takes its own sample.
        if self.progress.step and self._watch is not None:
            tensors |= {f"watch.{i}": tensor for i, tensor in enumerate(self._watch.before)}
        if self.own.optimizer is not None:
            names = {id(parameter): name for name, parameter in self.network.named_parameters()}
            self.progress.optimizer = numbers_of(self._optimizer, names)
        progress = dataclasses.asdict(self.progress)
        if not progress["optimizer"]:
            del progress["optimizer"]
        return tensors, progress

    def load_state(self, tensors: dict[str, torch.Tensor], progress: dict[str, Any]) -> None:
        """Goes back to where ``state`` was taken, bit for bit.

        Raises:
            RunError: the state belongs to another network or recipe.
        """

        def part(prefix: str) -> dict[str, torch.Tensor]:
            return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}

        try:
            self.network.load_state_dict(part("network."))
        except RuntimeError as error:
            raise RunError(f"the saved state is of another network: {error}") from error
        average = part("average.")
        if average.keys() != self._average.keys():
            raise RunError("the saved state and the recipe disagree on ema_decay.")
        for name, tensor in average.items():
            self._average[name].copy_(tensor)
        for name, parameter in self.network.named_parameters():
            restored: dict[str, Any] = {}
            for key, value in part(f"optimizer.{name}.").items():
                if value.shape == parameter.shape:
                    # In the parameter's own memory format, as the optimiser made it.
                    restored[key] = torch.empty_like(parameter, requires_grad=False).copy_(value)
                else:
                    # Adam's count of steps: fused kernels read it where the parameter is, others on the CPU.
                    settings = self._optimizer.defaults
                    there = key != "step" or settings.get("fused") or settings.get("capturable")
                    restored[key] = value.clone().to(parameter.device if there else "cpu")
            if restored:
                self._optimizer.state[parameter] = restored
        watched = part("watch.")
        if self._watch is not None:
            self._watch.before = [watched[str(i)].to(self.device) for i in range(len(watched))]
        progress = copy.deepcopy(progress)
        if "best_accuracy" in progress:  # a state of an earlier version
            progress["best_standing"] = progress.pop("best_accuracy")
        self.progress = Progress(**progress)
        self._asked = None
        if self.progress.optimizer:
            put_numbers(self._optimizer, self.progress.optimizer, dict(self.network.named_parameters()))


def _lines(rows: Sequence[dict[str, float | None]]) -> list[dict[str, float | None]]:
    """Copies, for whoever may write into them."""
    return [dict(row) for row in rows]


def _check(own: Own, recipe: Recipe, validation: Pixels | None) -> None:
    """Raises an ``ArgumentError`` where what is the caller's own would leave something without effect."""
    if own.metrics and validation is None:
        raise ArgumentError(
            "metrics are measured on the validation split, and there is none. Leave them out, or set pictures aside "
            "(validation=0.1)."
        )
    refuse_given(
        "is of the recipe's own loss, and you give another",
        **(
            {}
            if own.loss is None
            else {"label_smoothing": recipe.label_smoothing or None, "balance": recipe.balance}
        ),
    )
    decided = {
        "momentum": recipe.momentum or None,
        "nesterov": recipe.nesterov,
        "weight_decay": recipe.weight_decay or None,
    }
    refuse_given(
        "is of the recipe's own optimiser, and you give another", **({} if own.optimizer is None else decided)
    )


def _averageable(network: nn.Module, *, copy: bool = True) -> dict[str, torch.Tensor]:
    """Floating-point weights and buffers by name; counters (of batch norm) are no averages."""
    tensors = {n: t.detach() for n, t in network.state_dict().items() if t.is_floating_point()}
    return {name: tensor.clone() for name, tensor in tensors.items()} if copy else tensors


@contextmanager
def _preserved_rng_state(device: torch.device) -> Iterator[None]:
    """The caller's random numbers go on after the training as if it had drawn none."""
    cpu = torch.get_rng_state()
    cuda = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    try:
        yield
    finally:
        torch.set_rng_state(cpu)
        if cuda is not None:
            torch.cuda.set_rng_state(cuda, device)
