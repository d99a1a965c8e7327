"""Keras's callbacks: what a program has done at the beginning and end of trainings, epochs and batches."""

from __future__ import annotations

import csv
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from prunelle.errors import ArgumentError, PrunelleError, did_you_mean
from prunelle.keras import absent
from prunelle.keras.progress import Progress

Logs = Mapping[str, float] | None


class Callback:
    """Base of all, and of one's own: write the methods that are wanted.

    Attributes:
        model: the model in training.
        params: ``epochs``, ``steps``, ``verbose``.
    """

    def __init__(self) -> None:
        self.model: Any = None
        self.params: dict[str, Any] = {}
        self.validation_data: Any = None

    def set_model(self, model: Any) -> None:
        """Called once, before the rest."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called once, before the rest."""
        self.params = params

    def on_train_begin(self, logs: Logs = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before an epoch, counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """After an epoch and its validation; ``logs`` has both."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of training."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of training; ``logs`` has the figures of the epoch so far."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of training."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of training."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Before an evaluation, that of an epoch too."""

    def on_test_end(self, logs: Logs = None) -> None:
        """After an evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """After a prediction."""


class CallbackList:
    """Several as one."""

    def __init__(self, callbacks: Sequence[Callback], model: Any, params: dict[str, Any]) -> None:
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                raise ArgumentError(
                    f"callbacks must be objects of keras.callbacks; received {type(callback).__name__}."
                )
            callback.set_model(model)
            callback.set_params(params)
        base = (Callback.on_batch_end, Callback.on_train_batch_end)
        self.wants_batches = any(
            (type(c).on_batch_end, type(c).on_train_batch_end) != base or isinstance(c, LambdaCallback)
            for c in self.callbacks
        )
        """Someone looks at the figures after each batch; else they need not be worked out."""

    def __call__(self, moment: str, *arguments: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, moment)(*arguments)


class Figures(dict[str, list[float]]):
    """``History.history``: figures by name, a list with a value an epoch.

    Programs of 2018 and before ask for ``acc`` where the figure has since been called ``accuracy``.
    """

    def __missing__(self, name: str) -> list[float]:
        for old, new in (("acc", "accuracy"), ("val_acc", "val_accuracy")):
            for asked, there in ((old, new), (new, old)):
                if name == asked and there in self:
                    return self[there]
        raise KeyError(f"{name!r}.{did_you_mean(name, self)} There are: {', '.join(self) or 'none'}")


class History(Callback):
    """What ``fit`` returns: the figures of each epoch.

    Attributes:
        epoch: the numbers of the epochs, from 0.
        history: figures by name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: Figures = Figures()

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epoch = []
        self.history = Figures()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class BaseLogger(Callback):
    """Kept for old programs: figures are means over the epoch already."""


class ProgbarLogger(Callback):
    """Kept for old programs: ``fit(verbose=1)`` shows a bar already."""

    def __init__(self, *ignored: Any, **also_ignored: Any) -> None:
        super().__init__()


class LambdaCallback(Callback):
    """A callback of functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: …)``."""

    def __init__(self, **functions: Callable[..., Any] | None) -> None:
        super().__init__()
        for moment, function in functions.items():
            if not moment.startswith("on_") or not hasattr(Callback, moment):
                known = [name for name in dir(Callback) if name.startswith("on_")]
                raise ArgumentError(f"LambdaCallback does not take {moment!r}.{did_you_mean(moment, known)}")
            if function is not None:
                setattr(self, moment, function)


class TerminateOnNaN(Callback):
    """Stops when the loss is no longer a number."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        if not np.isfinite((logs or {}).get("loss", 0.0)):
            _say(f"Batch {batch}: Invalid loss, terminating training")
            self.model.stop_training = True


class _Watching(Callback):
    """Watches one figure of the epochs."""

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warnings.warn(f"mode {mode!r} is unknown; auto is taken.", stacklevel=3)
            mode = "auto"
        self.monitor = monitor
        growing = monitor.removeprefix("val_")
        upwards = ("acc", "auc", "precision", "recall", "top_k", "true_pos", "true_neg", "iou", "f1")
        self._up = mode == "max" or (mode == "auto" and any(part in growing.lower() for part in upwards))
        self.min_delta = abs(min_delta)
        self.best: float | None = None

    def value(self, logs: Logs) -> float | None:
        """The figure of this epoch, by its old or new name; a warning where there is none."""
        logs = logs or {}
        for name in (self.monitor, self.monitor.replace("accuracy", "acc"), _with_accuracy(self.monitor)):
            if name in logs:
                return float(logs[name])
        warnings.warn(
            f"{type(self).__name__} watches {self.monitor!r}, which is not there.{did_you_mean(self.monitor, logs)} "
            f"There are: {', '.join(logs)}.",
            stacklevel=4,
        )
        return None

    def better(self, value: float, than: float | None) -> bool:
        """Whether ``value`` is better by more than ``min_delta``."""
        if than is None:
            return True
        return value - self.min_delta > than if self._up else value + self.min_delta < than


def _with_accuracy(name: str) -> str:
    return name if "accuracy" in name else name.replace("acc", "accuracy")


class EarlyStopping(_Watching):
    """Stops when the figure has not become better for ``patience`` epochs."""

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch

    def on_train_begin(self, logs: Logs = None) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = None
        self.best_weights: list[np.ndarray] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        current = self.value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.better(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.better(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self.stopped_epoch > 0 and self.verbose:
            _say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose:
                _say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(_Watching):
    """Saves the model (or its weights) after epochs; ``filepath`` may hold ``{epoch:02d}`` and figures."""

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        period: int = 1,
        initial_value_threshold: float | None = None,
        options: Any = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.filepath, self.verbose, self.period = os.fspath(filepath), verbose, period
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ArgumentError(f"save_freq must be 'epoch' or a number of batches; received {save_freq!r}.")
        self.save_freq = save_freq
        self.best = initial_value_threshold
        self._batches, self._epoch = 0, 0

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        if isinstance(self.save_freq, int):
            self._batches += 1
            if self._batches >= self.save_freq:
                self._batches = 0
                self._save(self._epoch, logs, batch=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch" and (epoch + 1) % self.period == 0:
            self._save(epoch, logs)

    def _save(self, epoch: int, logs: Logs, **more: int) -> None:
        logs = logs or {}
        figures = {**logs, **{old: logs[new] for old, new in _OLD if new in logs}, **more}
        try:
            path = self.filepath.format(epoch=epoch + 1, **figures)
        except KeyError as error:
            name = str(error.args[0])
            raise ArgumentError(
                f"ModelCheckpoint: filepath asks for {name!r}, which is not there.{did_you_mean(name, figures)} "
                f"There are: epoch, {', '.join(figures)}."
            ) from None
        start = f"\nEpoch {epoch + 1}: "
        if self.save_best_only:
            current = self.value(logs)
            if current is not None:
                before = (
                    "inf"
                    if self.best is None and not self._up
                    else "-inf"
                    if self.best is None
                    else (f"{self.best:.5f}")
                )
                if not self.better(current, self.best):
                    if self.verbose:
                        _say(f"{start}{self.monitor} did not improve from {before}")
                    return
                if self.verbose:
                    _say(
                        f"{start}{self.monitor} improved from {before} to {current:.5f}, saving model to {path}"
                    )
                self.best = current
        elif self.verbose:
            _say(f"{start}saving model to {path}")
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PrunelleError(f"ModelCheckpoint cannot write to {path}: {error.strerror}.") from error
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)


_OLD = (("acc", "accuracy"), ("val_acc", "val_accuracy"))


class ReduceLROnPlateau(_Watching):
    """Multiplies the learning rate by ``factor`` when the figure has not become better for ``patience`` epochs."""

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        epsilon: float | None = None,
        **ignored: Any,
    ) -> None:
        super().__init__(monitor, mode, min_delta if epsilon is None else epsilon)
        if factor >= 1:
            raise ArgumentError(f"factor must be below 1; received {factor!r}.")
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr

    def on_train_begin(self, logs: Logs = None) -> None:
        self.wait = self.cooldown_counter = 0
        self.best = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        current = self.value(logs)
        if current is None:
            return
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.better(current, self.best):
            self.best, self.wait = current, 0
        elif self.cooldown_counter <= 0:
            self.wait += 1
            rate = float(self.model.optimizer.learning_rate)
            if self.wait >= self.patience and rate > self.min_lr:
                rate = max(rate * self.factor, self.min_lr)
                self.model.optimizer.learning_rate = rate
                if self.verbose:
                    _say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {rate}.")
                self.cooldown_counter, self.wait = self.cooldown, 0


class LearningRateScheduler(Callback):
    """The learning rate of an epoch as a function of its number, and of the rate before it."""

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        rate = float(self.model.optimizer.learning_rate)
        try:
            rate = float(self.schedule(epoch, rate))
        except TypeError:
            rate = float(self.schedule(epoch))
        self.model.optimizer.learning_rate = rate
        if self.verbose:
            _say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if isinstance(logs, dict):
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class CSVLogger(Callback):
    """A line an epoch: its number from 0, and its figures by name."""

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.separator, self.append = os.fspath(filename), separator, append
        self._stream: TextIO | None = None
        self._names: list[str] | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        path = Path(self.filename)
        self._names = None
        self._header = not (self.append and path.is_file() and path.stat().st_size)
        try:
            self._stream = path.open("a" if self.append else "w", newline="", encoding="utf-8")
        except OSError as error:
            raise PrunelleError(f"CSVLogger cannot write to {path}: {error.strerror}.") from error

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        assert self._stream is not None
        self._names = self._names or sorted(logs)
        writer = csv.DictWriter(
            self._stream,
            ["epoch", *self._names],
            delimiter=self.separator,
            extrasaction="ignore",
            restval="NA",
        )
        if self._header:
            writer.writeheader()
            self._header = False
        writer.writerow({"epoch": epoch, **logs})
        self._stream.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class TensorBoard(Callback):
    """The figures of each epoch as TensorBoard's event files, in ``log_dir/train`` and ``log_dir/validation``.

    Needs the package tensorboard. Histograms, graphs and pictures are not written.
    """

    def __init__(self, log_dir: str | os.PathLike[str] = "logs", *ignored: Any, **also_ignored: Any) -> None:
        super().__init__()
        self.log_dir = Path(log_dir)
        self._writers: dict[str, Any] = {}

    def on_train_begin(self, logs: Logs = None) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise PrunelleError(
                "the TensorBoard callback needs the package tensorboard: pip install tensorboard"
            ) from None
        self._writers = {kind: SummaryWriter(str(self.log_dir / kind)) for kind in ("train", "validation")}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        for name, value in (logs or {}).items():
            kind = "validation" if name.startswith("val_") else "train"
            self._writers[kind].add_scalar(f"epoch_{name.removeprefix('val_')}", value, epoch)

    def on_train_end(self, logs: Logs = None) -> None:
        for writer in self._writers.values():
            writer.close()


class Console:
    """Prints the lines of a training."""

    def __init__(self, verbose: int, epochs: int) -> None:
        self.verbose, self.epochs = verbose, epochs
        self._bar: Progress | None = None

    def epoch_begins(self, epoch: int, steps: int | None) -> None:
        """``Epoch 1/5``, and a new bar."""
        if self.verbose:
            if self.epochs > 1 or self.verbose == 1:
                sys.stdout.write(f"Epoch {epoch + 1}/{self.epochs}\n")
                sys.stdout.flush()
            self._bar = Progress(steps, self.verbose)

    def due(self) -> bool:
        """Whether the bar wants to move."""
        return self._bar is not None and self._bar.due()

    def step(self, step: int, logs: Mapping[str, float]) -> None:
        """Moves the bar."""
        if self._bar is not None:
            self._bar.show(step, logs)

    def epoch_ends(self, steps: int, logs: Mapping[str, float]) -> None:
        """The last line of the epoch."""
        if self._bar is not None:
            self._bar.end(steps, logs)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


__all__ = [
    *("BaseLogger", "CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback"),
    *("LearningRateScheduler", "ModelCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "TensorBoard"),
    "TerminateOnNaN",
]

__getattr__ = absent.reporter(__name__)
