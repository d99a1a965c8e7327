"""What callbacks are told, by the names that programs of every generation ask for."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from prunelle.console.cell import in_notebook
from prunelle.errors import did_you_mean
from prunelle.keras import differences
from prunelle.keras.floor import keras, private
from prunelle.keras.generations import Generation
from prunelle.keras.overlay import Overlay
from prunelle.keras.progress import Paced, Progress
from prunelle.keras.tensorboard import TensorBoard

_SAME = (
    *(
        ("acc", "accuracy"),
        ("lr", "learning_rate"),
        ("mse", "mean_squared_error"),
        ("mae", "mean_absolute_error"),
    ),
    *(("mape", "mean_absolute_percentage_error"), ("msle", "mean_squared_logarithmic_error")),
)
"""Names of one figure: Keras 2.0 to 2.2 called what ``metrics=["mse"]`` asks for by the function's name."""


def other_name(name: Any, there: Mapping[str, Any]) -> str | None:
    """The name under which a figure is there: ``acc`` for ``accuracy``, with ``val_`` or an output's name before it."""
    if not isinstance(name, str):
        return None
    for pair in _SAME:
        for asked, given in (pair, pair[::-1]):
            if name == asked or name.endswith(f"_{asked}"):
                other = name[: len(name) - len(asked)] + given
                if dict.__contains__(there, other):
                    return other
    return None


class Figures(dict[str, Any]):
    """Figures by name, which also answer to their older and newer names."""

    def __missing__(self, name: str) -> Any:
        other = other_name(name, self)
        if other is None:
            raise KeyError(f"{name!r}.{did_you_mean(str(name), self)} There are: {', '.join(self) or 'none'}")
        return self[other]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or other_name(name, self) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """As ``[]``, or ``default``."""
        try:
            return self[name]
        except KeyError:
            return default


class _OldFigures(Figures):
    """As callbacks had them until Keras 3, which renamed the rate that a scheduler tells, in tables too."""

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__("lr" if name == "learning_rate" else name, value)


class Later(dict[str, Any]):
    """A step's figures, which are worked out only where something asks for them."""

    def __init__(self, model: Any) -> None:
        names = model.__dict__.get(_NAMES)
        if names is None or names[0] is not model.__dict__.get("_compile_metrics"):
            names = model.__dict__[_NAMES] = (
                model.__dict__.get("_compile_metrics"),
                tuple(model.get_metrics_result()),
            )
        super().__init__(dict.fromkeys(names[1]))
        self._model = model

    def now(self) -> dict[str, Any]:
        """The figures of the epoch so far."""
        found: dict[str, Any] = self._model.get_metrics_result()
        return found


_NAMES = "_prunelle_names"
"""The attribute of a model with the names of its figures, and the metrics that they are of."""


class Begun(keras.callbacks.CallbackList):  # type: ignore[misc]
    """Callbacks of a training that begins with this: before a batch is asked for, as until Keras 2.

    A generator may need what a callback makes in ``on_train_begin``; Keras 3 looks at a batch before it.

    Args:
        model: compiled.
        given: the arguments of ``fit``.
        steps: batches an epoch, where they are known.
    """

    def __init__(self, model: Any, given: Mapping[str, Any], steps: int | None) -> None:
        verbose = given.get("verbose", "auto")
        super().__init__(
            given.get("callbacks"),
            add_history=True,
            add_progbar=verbose != 0,
            verbose=verbose,
            epochs=given["epochs"],
            steps=steps,
            model=model,
        )
        model.stop_training = False
        super().on_train_begin()
        self._stop = model.stop_training

    def on_train_begin(self, logs: Any = None) -> None:
        """It has begun; what a callback said then holds."""
        self.model.stop_training = self._stop


def lay(overlay: Overlay, generation: Generation) -> None:
    """``logs['acc']``, ``history['lr']``, ``on_batch_end`` with a batch's size, ``params`` of Keras 2."""
    calls = keras.callbacks.CallbackList
    pythonify = private("utils.python_utils").pythonify_logs

    kind = _OldFigures if differences.RATE_CALLED_LR.of(generation) else Figures

    def told(logs: Any, **more: Any) -> Figures:
        logs = logs.now() if isinstance(logs, Later) else logs
        return kind(pythonify({**(logs or {})}) | more) if logs else kind(more)

    def of_batch(when: str, edge: str) -> Any:
        moment = f"on_{when}_batch_{edge}"

        def call(self: Any, batch: int, logs: Any = None) -> None:
            if not self.callbacks or not any(_listens(each, when, edge) for each in self.callbacks):
                return
            found = told(logs, batch=batch, size=getattr(self.model, "_batch_size", 0))
            if not differences.SIZE_OF_BATCH.of(generation):
                found = told(logs)
            for callback in self.callbacks:
                getattr(callback, moment)(batch, found)

        return call

    for when in ("train", "test", "predict"):
        for edge in ("begin", "end"):
            overlay.put(calls, f"on_{when}_batch_{edge}", of_batch(when, edge))

    def on_epoch_end(self: Any, epoch: int, logs: Any = None) -> None:
        found = told(logs)
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, found)

    overlay.put(calls, "on_epoch_end", on_epoch_end)
    if differences.OLD_LINES.of(generation):
        overlay.put(private("callbacks.callback_list"), "ProgbarLogger", Console)
    else:
        _one_line_an_epoch(overlay)
    overlay.put(keras.callbacks.Callback, "model", property(_model, _set_model))
    overlay.put(keras.callbacks.Callback, "validation_data", None)
    monitor = private("callbacks.monitor_callback").MonitorCallback
    if differences.MONITOR_BY_NAME.of(generation):
        overlay.put(monitor, "_set_monitor_op", _set_monitor_op)
    if differences.EARLY_STOPPING.of(generation):
        _early_stopping(overlay, generation)
    history = keras.callbacks.History

    def on_train_begin(self: Any, logs: Any = None) -> None:
        self.epoch = []
        if not isinstance(self.history, Figures):
            self.history = Figures(self.history)

    overlay.put(history, "on_train_begin", on_train_begin)

    def remember(self: Any, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in dict(logs or {}).items():
            if name not in self.history:
                self.history[name] = []
            self.history[name].append(value)
        self.model.history = self

    overlay.put(history, "on_epoch_end", remember)


def _early_stopping(overlay: Overlay, generation: Generation) -> None:
    stopping = keras.callbacks.EarlyStopping
    begin, watch = stopping.on_train_begin, stopping.on_epoch_end

    def on_train_begin(self: Any, logs: Any = None) -> None:
        begin(self, logs)
        if self.baseline is not None and differences.BASELINE.of(generation):
            self.best = self.baseline

    def on_epoch_end(self: Any, epoch: int, logs: Any = None) -> None:
        watch(self, epoch, logs)
        if (
            epoch
            and self.stopped_epoch == epoch
            and self.restore_best_weights
            and self.best_weights is not None
        ):
            if self.verbose > 0:
                print("Restoring model weights from the end of the best epoch")
            self.model.set_weights(self.best_weights)

    def on_train_end(self: Any, logs: Any = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1:05d}: early stopping")

    for function in (on_train_begin, on_epoch_end, on_train_end):
        overlay.put(stopping, function.__name__, function)


def _one_line_an_epoch(overlay: Overlay) -> None:
    """In a notebook, Keras 3's own bar leaves its last line: it goes back by backspaces, or draws a line a step."""
    logger = keras.callbacks.ProgbarLogger
    begin = logger._maybe_init_progbar

    def _maybe_init_progbar(self: Any) -> None:
        begin(self)
        if in_notebook() and not sys.stdout.isatty():
            self.progbar.interval = math.inf
            self.progbar._dynamic_display = True  # no empty line before it

    overlay.put(logger, "_maybe_init_progbar", _maybe_init_progbar)


def _model(self: Any) -> Any:
    return self.__dict__.get("_model")


def _set_model(self: Any, model: Any) -> None:
    self._model = model


def _set_monitor_op(self: Any) -> None:
    """More is better of what is called an accuracy, less of everything else, unless ``mode`` says."""
    upward = self.mode == "max" or (
        self.mode != "min"
        and ("acc" in self.monitor or "auc" in self.monitor or self.monitor.startswith("fmeasure"))
    )
    self.monitor_op = keras.ops.greater if upward else keras.ops.less
    if not upward:
        self.min_delta *= -1


def _listens(callback: Any, when: str, edge: str) -> bool:
    """Whether it has something to do at a batch: figures need not be worked out for those that have not."""
    base = keras.callbacks.Callback
    moment = f"on_{when}_batch_{edge}"
    names = (moment, f"on_batch_{edge}") if when == "train" else (moment,)
    if isinstance(callback, TensorBoard) and not callback.of_batches:
        base = TensorBoard  # what it does at batches is nothing; a program's own class may do something
    listens = any(
        name in vars(callback) or getattr(type(callback), name) is not getattr(base, name) for name in names
    )
    return listens and (not isinstance(callback, Paced) or callback.due())


class Console(keras.callbacks.ProgbarLogger, Paced):  # type: ignore[misc]
    """Prints the lines of Keras 2."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Progress | None = None
        self._steps = 0
        self._training = False

    def set_params(self, params: Any) -> None:
        """``verbose``, ``epochs`` and ``steps``."""
        self.params = params
        verbose = params.get("verbose", 1)
        self._verbose = 1 if verbose == "auto" else int(verbose)

    def due(self) -> bool:
        """Whether the bar wants to move."""
        self._steps += 1
        return self._bar is not None and self._bar.due()

    def on_train_begin(self, logs: Any = None) -> None:
        """A ``fit``: its evaluations are silent."""
        self._training = True

    def on_train_end(self, logs: Any = None) -> None:
        """The next evaluation speaks again."""
        self._training = False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """``Epoch 1/5``, and a new bar."""
        if self._verbose and (self.params["epochs"] > 1 or self._verbose == 1):
            print(f"Epoch {epoch + 1}/{self.params['epochs']}", flush=True)
        self._begin()

    def _begin(self) -> None:
        elsewhere = self._training and in_notebook()
        self._bar = (
            Progress(self.params.get("steps"), self._verbose, shown_elsewhere=elsewhere)
            if self._verbose
            else None
        )
        self._steps = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Moves the bar."""
        if self._bar is not None:
            self._bar.show(
                batch + 1, _loss_first({n: v for n, v in (logs or {}).items() if n not in _OF_A_BATCH})
            )

    on_test_batch_end = on_train_batch_end

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Moves the bar."""
        if self._bar is not None:
            self._bar.show(batch + 1, {})

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """The last line of the epoch."""
        if self._bar is not None:
            self._bar.end(self.params.get("steps") or self._steps, _loss_first(logs))

    def on_test_begin(self, logs: Any = None) -> None:
        """A bar of an evaluation that is no part of a training."""
        if not self._training:
            self._begin()

    def on_test_end(self, logs: Any = None) -> None:
        """Its last line."""
        if not self._training and self._bar is not None:
            self._bar.end(self.params.get("steps") or self._steps, _loss_first(logs))

    on_predict_begin = on_test_begin

    def on_predict_end(self, logs: Any = None) -> None:
        """Its last line."""
        if not self._training and self._bar is not None:
            self._bar.end(self.params.get("steps") or self._steps, {})


_OF_A_BATCH = ("batch", "size")
"""What Keras 1 and 2 tell callbacks beside figures; their bar did not show it."""


def _loss_first(logs: Any) -> dict[str, float]:
    """In the order of Keras 2: the losses, then the metrics; those of the validation after those."""
    logs = {name: value for name, value in (logs or {}).items() if isinstance(value, (int, float))}

    def place(name: str) -> tuple[bool, bool, bool]:
        plain = name.removeprefix("val_")
        return name.startswith("val_"), plain != "loss", not plain.endswith("_loss")

    return {name: logs[name] for name in sorted(logs, key=place)}
