"""``compile``, ``fit``, ``evaluate`` and ``predict``: Keras's semantics on the core's speed path."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.keras import callbacks as callbacks_module
from prunelle.keras import feeding, recording
from prunelle.keras.answers import Answers
from prunelle.keras.feeding import Batch, Source
from prunelle.keras.layout import inward, outward
from prunelle.keras.objective import Compiled, Objective, as_input
from prunelle.keras.progress import Progress
from prunelle.keras.seeds import next_seed
from prunelle.training import speed
from prunelle.training.fast import TrainingPass, training_pass
from prunelle.training.outputs import evaluation_mode

_OLD_ARGUMENTS = (
    *("workers", "use_multiprocessing", "max_queue_size", "max_q_size", "nb_worker", "pickle_safe"),
    *("nb_val_samples", "validation_batch_size"),
)


class Trainer:
    """The part of ``Model`` that trains.

    Attributes:
        optimizer: once compiled.
        stop_training: callbacks set it to end a training after the batch.
        history: of the last ``fit``.
    """

    # What Model has.
    name: str
    built: bool
    module: nn.Module
    input_names: list[str]
    output_names: list[str]

    compiled: Compiled | None = None
    stop_training = False
    history: callbacks_module.History | None = None
    _passes: tuple[object, TrainingPass] | None = None
    _running: ExitStack | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        weighted_metrics: Any = None,
        **ignored: Any,
    ) -> None:
        """Says how to train. Which layers learn is read from ``trainable`` here.

        Args:
            optimizer: a name, or an object of ``keras.optimizers``.
            loss: a name, a function, an object of ``keras.losses``; a list or dictionary for several outputs.
            metrics: names, functions, objects of ``keras.metrics``.
            loss_weights: of each output's loss in the sum.
            weighted_metrics: those in which sample weights count.
        """
        self.compiled = Compiled(
            model=self,
            optimizer=optimizer,
            loss=loss,
            loss_weights=loss_weights,
            metric=metrics,
            weighted=weighted_metrics,
        )

    @property
    def optimizer(self) -> Any:
        """What ``compile`` was given, as an object."""
        return None if self.compiled is None else self.compiled.optimizer

    @property
    def metrics_names(self) -> list[str]:
        """The names of what ``evaluate`` returns, in its order."""
        return list(self._require_compiled("metrics_names").objective.figures())

    def _require_compiled(self, what: str) -> Compiled:
        if self.compiled is None:
            raise ArgumentError(f"call compile() before {what}: model.compile(optimizer='adam', loss=…).")
        return self.compiled

    # Training.

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Sequence[callbacks_module.Callback] | callbacks_module.Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        **old: Any,
    ) -> callbacks_module.History:
        """Trains.

        Args:
            x, y: arrays (lists or dictionaries of them for several inputs or outputs); or in ``x`` alone a
                generator, ``Sequence`` or data set that gives batches.
            batch_size: of arrays; 32 unless said.
            epochs: number of the last epoch; ``initial_epoch`` of them are done already.
            verbose: 0 nothing, 1 a bar, 2 a line an epoch.
            callbacks: of ``keras.callbacks``.
            validation_split: share of the arrays, taken from their end, that is not trained on.
            validation_data: ``(x, y)``, ``(x, y, weights)``, or something that gives batches.
            shuffle: another order of the examples at each epoch.
            class_weight, sample_weight: weights in the loss, by class, by example.
            steps_per_epoch, validation_steps: batches; needed for generators that never end.
            validation_freq: every how many epochs to validate, or in which.

        Returns:
            The figures of each epoch: ``.history``, ``.epoch``.
        """
        epochs = _old_epochs(epochs, old)
        _refuse_unknown(old, "fit")
        if x is None:
            raise ArgumentError("fit needs data: model.fit(x, y).")
        compiled = self._require_compiled("fit()")
        verbose = _verbosity(verbose, 1)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = feeding.validation_split(
                x, y, sample_weight, validation_split
            )
        self._build_for(x)
        source = self._source(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps=steps_per_epoch,
            shuffle=bool(shuffle),
            class_weight=class_weight,
        )
        if source.steps is None and hasattr(x, "__next__"):
            raise ArgumentError(
                "steps_per_epoch must be given with a generator, which never ends: the number of examples "
                "divided by the size of a batch."
            )
        validation = None
        if validation_data is not None:
            validation = self._validation(
                validation_data, validation_batch_size or batch_size, validation_steps
            )
        self.history = history = callbacks_module.History()
        given = [callbacks] if isinstance(callbacks, callbacks_module.Callback) else list(callbacks or ())
        params = {"epochs": epochs, "steps": source.steps, "verbose": verbose, "batch_size": batch_size or 32}
        # The history comes last: what other callbacks add to an epoch's figures is in it.
        calls = callbacks_module.CallbackList([*given, history], self, params)
        console = callbacks_module.Console(verbose, epochs)
        self.stop_training = False
        settings = {"epochs": epochs, "batch_size": batch_size, "steps_per_epoch": source.steps}
        record = recording.recording_of(self, x, validation_data, settings)
        with self._training(compiled):
            calls("on_train_begin", {})
            for epoch in range(initial_epoch, epochs):
                begin = time.perf_counter()
                calls("on_epoch_begin", epoch, {})
                logs = self._train_epoch(compiled, source, epoch, calls=calls, console=console, record=record)
                seconds = time.perf_counter() - begin
                if validation is not None and _due(epoch, validation_freq):
                    answers = record.begin_pass("validation") if record is not None else None
                    found = self._measure(compiled, validation, calls, answers=answers)
                    logs |= {f"val_{name}": value for name, value in found.items()}
                console.epoch_ends(self._steps_done, logs)
                calls("on_epoch_end", epoch, logs)
                if record is not None:
                    record.epoch(logs, float(self.optimizer.learning_rate), seconds, self._examples_done)
                if self.stop_training:
                    break
            calls("on_train_end", {})
        if record is not None:
            record.end()
        return history

    def _train_epoch(
        self,
        compiled: Compiled,
        source: Source,
        epoch: int,
        calls: callbacks_module.CallbackList,
        console: callbacks_module.Console,
        record: recording.Recording | None,
    ) -> dict[str, Any]:
        console.epoch_begins(epoch, source.steps)
        objective = compiled.objective
        objective.reset()
        self._steps_done = self._examples_done = 0
        answers = record.begin_pass("train") if record is not None else None
        batches = source.epoch()
        try:
            for batch in batches:
                if calls.wants_batches:
                    calls("on_train_batch_begin", self._steps_done, {"size": len(batch)})
                self._step(compiled, batch, answers)
                self._steps_done += 1
                self._examples_done += len(batch)
                if calls.wants_batches:
                    logs = objective.figures() | {"size": len(batch), "batch": self._steps_done - 1}
                    calls("on_train_batch_end", self._steps_done - 1, logs)
                if console.due():
                    console.step(self._steps_done, objective.figures())
                if self.stop_training:
                    break
        finally:
            batches.close()  # type: ignore[attr-defined]
        if not self._steps_done:
            raise ArgumentError("the data gave no batch.")
        if source.steps is None:
            source.steps = self._steps_done
        return objective.figures()

    def _step(self, compiled: Compiled, batch: Batch, answers: Answers | None = None) -> None:
        """One batch: forward, backward, update."""
        objective = compiled.objective
        like = (objective, len(batch.x), len(batch.y))
        if self._passes is None or self._passes[0] != like:
            assert self._running is not None
            self._running.close()  # of other batches
            self._passes = like, self._running.enter_context(self._passes_of(objective, batch).running())
        if compiled.trained:
            found = self._passes[1](*batch.x, *batch.y, *(batch.weights or ()))
            compiled.optimizer.step()
            compiled.constrain()
        else:
            found = objective.losses_and_outputs(batch, self._device)
        outputs = objective.keep(found, len(batch))
        objective.measure(batch, outputs)
        if answers is not None:
            answers.add(batch, objective.predictions(outputs))

    def _passes_of(self, objective: Objective, like: Batch) -> TrainingPass:
        """The forward and backward passes of batches ``like`` this one."""
        inputs, labels = len(like.x), len(like.x) + len(like.y)

        def forward(*tensors: torch.Tensor) -> list[torch.Tensor]:
            weights = list(tensors[labels:]) or None
            batch = Batch(list(tensors[:inputs]), list(tensors[inputs:labels]), weights)
            return objective.losses_and_outputs(batch, self._device)

        capturable = self._device.type == "cpu" and not objective.calls_a_users_code
        return training_pass(
            forward,
            objective.network,
            self._device,
            len(like),
            capturable=capturable,
            settings=objective.settings,
        )

    @contextmanager
    def _training(self, compiled: Compiled) -> Iterator[None]:
        """The network in training mode on its device, on the speed path; the caller's random numbers untouched."""
        network = self._placed(compiled)
        network.train()
        around = self._running  # of a fit one of whose callbacks trains too
        try:
            with torch.random.fork_rng(devices=[]), ExitStack() as running:
                self._running = running
                torch.default_generator.manual_seed(next_seed())
                yield
        finally:
            self._passes, self._running = None, around
            network.eval()

    def _placed(self, compiled: Compiled) -> nn.Module:
        self._device = speed.choose_device("auto")
        speed.prepare(self.module, self._device)
        return compiled.apply()

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """One step on one batch.

        Returns:
            The loss and metrics of the batch: a number, or a list in the order of ``metrics_names``.
        """
        compiled = self._require_compiled("train_on_batch()")
        self._build_for(x)
        batch = self._one_batch(x, y, sample_weight, class_weight)
        if reset_metrics:
            compiled.objective.reset()
        with self._training(compiled):
            self._step(compiled, batch)
        return _returned(compiled.objective.figures(), return_dict)

    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """The loss and metrics of one batch, without training."""
        compiled = self._require_compiled("test_on_batch()")
        self._build_for(x)
        batch = self._one_batch(x, y, sample_weight, None)
        if reset_metrics:
            compiled.objective.reset()
        network = self._placed(compiled)
        with evaluation_mode(network):
            objective = compiled.objective
            outputs = objective.keep(objective.losses_and_outputs(batch, self._device), len(batch))
            objective.measure(batch, outputs)
        return _returned(compiled.objective.figures(), return_dict)

    def _one_batch(self, x: Any, y: Any, weights: Any, class_weight: Mapping[int, float] | None) -> Batch:
        size = len(
            next(iter(x.values())) if isinstance(x, Mapping) else x[0] if isinstance(x, list | tuple) else x
        )
        source = self._source(x, y, weights, batch_size=max(size, 1), class_weight=class_weight)
        return next(source.epoch())

    # Evaluation and prediction.

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Sequence[callbacks_module.Callback] | None = None,
        return_dict: bool = False,
        **old: Any,
    ) -> Any:
        """Loss and metrics on data that ``fit`` would take.

        Returns:
            The loss, or a list: the loss, then the metrics, in the order of ``metrics_names``.
        """
        _refuse_unknown(old, "evaluate")
        compiled = self._require_compiled("evaluate()")
        self._build_for(x)
        source = self._source(x, y, sample_weight, batch_size=batch_size, steps=steps)
        verbose = _verbosity(verbose, 1)
        calls = callbacks_module.CallbackList(
            callbacks or (), self, {"steps": source.steps, "verbose": verbose}
        )
        bar = Progress(source.steps, verbose) if verbose else None
        self._placed(compiled)
        record = recording.recorded(self)
        answers = record.begin_pass(record.split_of(x)) if record is not None else None
        found = self._measure(compiled, source, calls, bar, answers)
        if record is not None:
            record.evaluated()
        return _returned(found, return_dict)

    def _measure(
        self,
        compiled: Compiled,
        source: Source,
        calls: callbacks_module.CallbackList,
        bar: Progress | None = None,
        answers: Answers | None = None,
    ) -> dict[str, Any]:
        """The figures of a source; the network is in its own mode again afterwards."""
        objective = compiled.objective
        objective.reset()
        calls("on_test_begin", {})
        done = 0
        with evaluation_mode(objective.network):
            for batch in source.epoch():
                calls("on_test_batch_begin", done, {})
                outputs = objective.keep(objective.losses_and_outputs(batch, self._device), len(batch))
                objective.measure(batch, outputs)
                if answers is not None:
                    answers.add(batch, objective.predictions(outputs))
                done += 1
                calls("on_test_batch_end", done - 1, {})
                if bar is not None and bar.due():
                    bar.show(done, objective.figures())
        figures = objective.figures()
        if bar is not None:
            bar.end(done, figures)
        calls("on_test_end", figures)
        return figures

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = 0,
        steps: int | None = None,
        callbacks: Sequence[callbacks_module.Callback] | None = None,
        **old: Any,
    ) -> Any:
        """The outputs for ``x``: an array in Keras's order, or a list of them for several outputs."""
        _refuse_unknown(old, "predict")
        self._build_for(x)
        source = self._source(x, None, None, batch_size=batch_size, steps=steps)
        if source.steps is None and hasattr(x, "__next__"):
            raise ArgumentError("steps must be given with a generator, which never ends.")
        verbose = _verbosity(verbose, 0)
        bar = Progress(source.steps, verbose) if verbose else None
        calls = callbacks_module.CallbackList(
            callbacks or (), self, {"steps": source.steps, "verbose": verbose}
        )
        device = next((parameter.device for parameter in self.module.parameters()), torch.device("cpu"))
        results: list[list[torch.Tensor]] = []
        module = self.module
        calls("on_predict_begin", {})
        with evaluation_mode(module):
            for batch in source.epoch():
                outputs = module(*(inward(as_input(each, device)) for each in batch.x))
                outputs = outputs if isinstance(outputs, tuple) else (outputs,)
                results.append([outward(output).cpu() for output in outputs])
                if bar is not None and bar.due():
                    bar.show(len(results), {})
        if bar is not None:
            bar.end(len(results), {})
        calls("on_predict_end", {})
        if not results:
            raise ArgumentError("the data gave no batch.")
        arrays = [torch.cat(parts).numpy() for parts in zip(*results, strict=True)]
        return arrays[0] if len(arrays) == 1 else arrays

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        return self.predict(x, batch_size=max(len(x), 1) if hasattr(x, "shape") else None)

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: Any = 0) -> np.ndarray:
        """The number of each example's class: the largest output, or whether the only one is above 0.5."""
        probabilities = self.predict(x, batch_size, verbose)
        if probabilities.shape[-1] > 1:
            return np.asarray(probabilities.argmax(-1))
        return np.asarray((probabilities > 0.5).astype("int32"))

    def predict_proba(self, x: Any, batch_size: int | None = None, verbose: Any = 0) -> Any:
        """``predict``, by its name of Keras 2."""
        return self.predict(x, batch_size, verbose)

    # The names of Keras 2 for generators.

    def fit_generator(
        self,
        generator: Any,
        steps_per_epoch: int | None = None,
        epochs: int = 1,
        verbose: Any = 1,
        callbacks: Any = None,
        validation_data: Any = None,
        validation_steps: int | None = None,
        validation_freq: Any = 1,
        class_weight: Mapping[int, float] | None = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        shuffle: bool = True,
        initial_epoch: int = 0,
        **old: Any,
    ) -> callbacks_module.History:
        """``fit`` on a generator, by its name of Keras 2."""
        return self.fit(
            generator,
            steps_per_epoch=_whole(steps_per_epoch),
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            validation_steps=_whole(validation_steps),
            validation_freq=validation_freq,
            class_weight=class_weight,
            shuffle=shuffle,
            initial_epoch=initial_epoch,
            **old,
        )

    def evaluate_generator(
        self,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: Any = 0,
    ) -> Any:
        """``evaluate`` on a generator, by its name of Keras 2."""
        return self.evaluate(generator, steps=_whole(steps), callbacks=callbacks, verbose=verbose)

    def predict_generator(
        self,
        generator: Any,
        steps: int | None = None,
        callbacks: Any = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: Any = 0,
    ) -> Any:
        """``predict`` on a generator, by its name of Keras 2."""
        return self.predict(generator, steps=_whole(steps), callbacks=callbacks, verbose=verbose)

    # Data.

    def _source(self, x: Any, y: Any, weights: Any, **arguments: Any) -> Source:
        arguments["steps"] = _whole(arguments.get("steps"))
        return feeding.make_source(
            x, y, weights, input_names=self.input_names, output_names=self.output_names, **arguments
        )

    def _validation(self, data: Any, batch_size: int | None, steps: int | None) -> Source:
        x, y, weights = data, None, None
        if isinstance(data, tuple | list) and feeding.is_arrays(data[0]):
            x, y, weights = feeding.split(tuple(data))
        source = self._source(x, y, weights, batch_size=batch_size, steps=steps)
        if source.steps is None and hasattr(x, "__next__"):
            raise ArgumentError("validation_steps must be given with a generator, which never ends.")
        return source

    def _build_for(self, x: Any) -> None:
        """A ``Sequential`` without ``input_shape`` takes that of its first data."""
        if self.built:
            return
        if not feeding.is_arrays(x):
            raise ArgumentError(
                f"{self.name} does not know its input's shape; give its first layer input_shape= to train from a "
                f"generator or a data set."
            )
        self.build((None, *feeding.tensors(x, ["x"], "x")[0].shape[1:]))

    def build(self, input_shape: Any) -> None:
        """Tells a model its input's shape, batch first."""
        raise NotImplementedError


def _old_epochs(epochs: int, old: dict[str, Any]) -> int:
    return int(old.pop("nb_epoch", epochs))


def _refuse_unknown(old: Mapping[str, Any], what: str) -> None:
    for name in old:
        if name not in _OLD_ARGUMENTS:
            raise ArgumentError(f"{what}() does not take {name!r}.")


def _verbosity(verbose: Any, auto: int) -> int:
    return auto if verbose == "auto" else int(verbose)


def _whole(steps: Any) -> int | None:
    """Programs divide: ``steps_per_epoch=2000 / 32``."""
    return None if steps is None else int(steps)


def _due(epoch: int, frequency: int | Sequence[int]) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in frequency


def _returned(figures: dict[str, Any], return_dict: bool) -> Any:
    if return_dict:
        return figures
    values = list(figures.values())
    return values[0] if len(values) == 1 else values
