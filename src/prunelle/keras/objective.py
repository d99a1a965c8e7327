"""What ``compile`` decides: losses and metrics of a model's outputs, the weights that learn, the optimiser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from prunelle.errors import ArgumentError, did_you_mean
from prunelle.keras import graph, losses, metrics, optimizers
from prunelle.keras.feeding import Batch
from prunelle.keras.layout import inward, outward

_LOGITS = {
    "softmax": (losses.categorical_crossentropy, losses.sparse_categorical_crossentropy),
    "sigmoid": (losses.binary_crossentropy,),
}


class Objective:
    """A compiled model: gives losses, keeps figures.

    The softmax or sigmoid at the end of a model is left out of the network wherever its crossentropy can take
    the logits instead: the same function, without probabilities that round to 0. Metrics see probabilities.

    Args:
        model: built.
        loss, loss_weights, metric, weighted: as ``compile`` takes them.
    """

    def __init__(self, model: Any, loss: Any, loss_weights: Any, metric: Any, weighted: Any) -> None:
        names = model.output_names
        self.names = names
        self.losses = [
            None if each is None else losses.as_loss(each) for each in _by_output(loss, names, "loss")
        ]
        if loss is not None and all(each is None for each in self.losses):
            raise ArgumentError("compile(loss=…) names no loss for any output.")
        self.loss_weights = _by_output(loss_weights, names, "loss_weights")
        self._asked = _lists(metric, names, "metrics"), _lists(weighted, names, "weighted_metrics")
        self._figures: list[tuple[str, int, metrics.Metric, bool]] | None = None
        fuse = all(each is None or self._takes_logits(each) for each in self.losses)
        self.network, self._left_out = graph.build(model.inputs, model.outputs, logits=fuse)
        for each, ending in zip(self.losses, self._left_out, strict=True):
            if ending is not None and getattr(each, "function", None) not in _LOGITS[ending]:
                self.network, self._left_out = graph.build(model.inputs, model.outputs)
                break
        self._penalised = [weight for weight in model.trainable_weights if weight.regularizer is not None]
        self._penalties = [m for m in self.network.modules() if isinstance(m, graph.ActivityPenalty)]
        self.reset()

    @staticmethod
    def _takes_logits(loss: losses.Loss) -> bool:
        return isinstance(loss, losses.FunctionLoss) and not loss.arguments.get("from_logits", False)

    def reset(self) -> None:
        """Figures begin again."""
        self._loss = metrics.Mean("loss")
        self._each = [metrics.Mean(f"{name}_loss") for name in self.names]
        for _, _, metric, _ in self._figures or ():
            metric.reset_state()

    def losses_and_outputs(self, batch: Batch, device: torch.device) -> list[torch.Tensor]:
        """The total loss, penalties included, and that of each output that has one; then the outputs.

        Outputs are in Keras's order, logits where the ending was left out.
        """
        result = self.network(*(inward(as_input(x, device)) for x in batch.x))
        outputs = [outward(tensor) for tensor in (result if isinstance(result, tuple) else (result,))]
        return [*self._losses(batch, outputs), *outputs]

    def _losses(self, batch: Batch, outputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        if len(batch.y) != len(outputs):
            raise ArgumentError(
                f"the model has {len(outputs)} outputs ({', '.join(self.names)}); the data has {len(batch.y)} arrays "
                f"of labels."
            )
        total = None
        each = []
        for i, (output, labels, loss) in enumerate(zip(outputs, batch.y, self.losses, strict=True)):
            if loss is None:
                continue
            labels = labels.to(output.device)
            weights = None
            if batch.weights is not None:
                weights = batch.weights[i if i < len(batch.weights) else 0].to(output.device)
            if self._left_out[i] is None:
                value = loss(labels, output, weights)
            else:
                assert isinstance(loss, losses.FunctionLoss)
                values = loss.function(labels, output, **(loss.arguments | {"from_logits": True}))
                value = losses.reduced(values, weights, loss.reduction)
            if value.ndim:
                value = value.mean()
            each.append(value)
            share = self.loss_weights[i]
            value = value if share is None else value * float(share)
            total = value if total is None else total + value
        for weight in self._penalised:
            total = _plus(total, weight.regularizer(weight.in_keras_order))
        for part in self._penalties:
            if part.penalty is not None:
                total = _plus(total, part.penalty)
        if total is None:
            raise ArgumentError("the model was compiled without a loss: compile(optimizer, loss=…).")
        return [total, *each]

    def keep(self, found: Sequence[torch.Tensor], examples: int) -> list[torch.Tensor]:
        """Keeps the figures of losses, of what ``losses_and_outputs`` gives; the outputs."""
        figures = [
            self._loss,
            *(each for each, loss in zip(self._each, self.losses, strict=True) if loss is not None),
        ]
        for figure, value in zip(figures, found, strict=False):
            figure.update_state(value.detach(), examples)
        return list(found[len(figures) :])

    @property
    def calls_a_users_code(self) -> bool:
        """Whether losses or penalties are not all Keras's own."""
        kinds = [type(each) for each in self.losses if each is not None]
        kinds += [type(weight.regularizer) for weight in self._penalised]
        functions = [each.function for each in self.losses if isinstance(each, losses.FunctionLoss)]
        return any(not kind.__module__.startswith("prunelle.keras.") for kind in kinds) or any(
            function not in losses.BY_NAME.values() for function in functions
        )

    def settings(self) -> tuple[object, ...]:
        """The numbers that losses and penalties take; a program may change them while it trains."""
        shares = [None if share is None else float(share) for share in self.loss_weights]
        penalties = [weight.regularizer for weight in self._penalised]
        arguments = [each.arguments for each in self.losses if isinstance(each, losses.FunctionLoss)]
        return (*shares, *(tuple(vars(each).items()) for each in penalties), *map(repr, arguments))

    @torch.no_grad()
    def measure(self, batch: Batch, outputs: Sequence[torch.Tensor]) -> None:
        """Keeps the figures of ``metrics``."""
        if not any(any(each) for asked in self._asked for each in asked):
            return
        predictions = self.predictions(outputs)
        if self._figures is None:
            self._figures = self._make_figures(batch, predictions)
        for _, i, metric, weighted in self._figures:
            weights = None
            if weighted and batch.weights is not None:
                weights = batch.weights[i if i < len(batch.weights) else 0]
            metric.update_state(batch.y[i].to(predictions[i].device), predictions[i], weights)

    def predictions(self, outputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The outputs with the ending that was left out."""
        return [_ended(output, ending) for output, ending in zip(outputs, self._left_out, strict=True)]

    def _make_figures(
        self, batch: Batch, predictions: Sequence[torch.Tensor]
    ) -> list[tuple[str, int, metrics.Metric, bool]]:
        made = []
        for weighted, asked in enumerate(self._asked):
            for i, identifiers in enumerate(asked):
                for identifier in identifiers:
                    metric = metrics.as_metric(identifier, batch.y[i], predictions[i])
                    name = metric.name if len(self.names) == 1 else f"{self.names[i]}_{metric.name}"
                    made.append((name, i, metric, bool(weighted)))
        return made

    def figures(self) -> dict[str, float]:
        """Every figure so far, by name: the loss first, then that of each output, then the metrics."""
        found = {"loss": float(self._loss.result())}
        if len(self.names) > 1:
            found |= {each.name: float(each.result()) for each in self._each}
        for name, _, metric, _ in self._figures or ():
            value = torch.as_tensor(metric.result())
            found[name] = float(value) if value.ndim == 0 else value.numpy()  # type: ignore[assignment]
        return found


class Compiled:
    """The answers to ``compile``, ready for the first data.

    Attributes:
        optimizer: of ``keras.optimizers``.
        trained: the weights that learn, as ``trainable`` was when ``compile`` was called.
    """

    def __init__(
        self, model: Any, optimizer: Any, loss: Any, loss_weights: Any, metric: Any, weighted: Any
    ) -> None:
        self.optimizer = optimizers.get(optimizer)
        self.arguments = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metric,
            "weighted_metrics": weighted,
        }
        self._model = model
        self._asked = (loss, loss_weights, metric, weighted)
        self._objective: Objective | None = None
        self.trained: list[Any] = []
        # A wrong name is wrong now, not at the first batch.
        for each in _flat(loss):
            losses.get(each)
        for each in (*_flat(metric), *_flat(weighted)):
            if isinstance(each, str) and each not in ("accuracy", "acc", "crossentropy", "ce"):
                metrics.get(each)
        if model.built:
            self._freeze()

    @property
    def objective(self) -> Objective:
        """Made when the model is built, at the latest."""
        if self._objective is None:
            self._freeze()
        assert self._objective is not None
        return self._objective

    def _freeze(self) -> None:
        model = self._model
        self.trained = model.trainable_weights
        self.frozen = [
            (layer, not layer.trainable) for layer in model.all_layers() if hasattr(layer, "freeze")
        ]
        self._objective = Objective(model, *self._asked)

    def apply(self) -> nn.Module:
        """Makes the network one in which exactly the trained weights learn."""
        network = self.objective.network
        learn = {id(weight.tensor) for weight in self.trained}
        for parameter in self._model.module.parameters():
            parameter.requires_grad_(id(parameter) in learn)
        for layer, frozen in self.frozen:
            layer.freeze(frozen)
        self.optimizer.bind([weight.tensor for weight in self.trained])
        return network

    def constrain(self) -> None:
        """Brings weights back to their constraints."""
        for weight in self.trained:
            if weight.constraint is not None:
                weight.constrain()


def _ended(output: torch.Tensor, ending: str | None) -> torch.Tensor:
    if ending == "softmax":
        return output.softmax(-1)
    return output.sigmoid() if ending == "sigmoid" else output


def as_input(x: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Float32 on the device."""
    return x.to(device, torch.float32, non_blocking=True)


def _plus(total: torch.Tensor | None, more: torch.Tensor) -> torch.Tensor:
    return more if total is None else total + more


def _by_output(given: Any, names: Sequence[str], what: str) -> list[Any]:
    """One for each output; a single one is for all."""
    if given is None:
        return [None] * len(names)
    if isinstance(given, Mapping):
        for key in given:
            if key not in names:
                raise ArgumentError(f"{what} names {key!r}, which is no output.{did_you_mean(key, names)}")
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple):
        if len(given) != len(names):
            raise ArgumentError(
                f"{what} must be one for each output ({', '.join(names)}); received {len(given)}."
            )
        return list(given)
    return [given] * len(names)


def _lists(given: Any, names: Sequence[str], what: str) -> list[list[Any]]:
    """A list of metrics for each output."""
    if given is None:
        return [[] for _ in names]
    if isinstance(given, Mapping):
        return [_listed(each) for each in _by_output(given, names, what)]
    if not isinstance(given, list | tuple):
        given = [given]
    if len(names) > 1 and len(given) == len(names) and any(isinstance(each, list | tuple) for each in given):
        return [_listed(each) for each in given]
    return [list(given) for _ in names]


def _listed(each: Any) -> list[Any]:
    if each is None:
        return []
    return list(each) if isinstance(each, list | tuple) else [each]


def _flat(given: Any) -> list[Any]:
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, list | tuple):
        return [each for inner in given for each in _flat(inner)]
    return [] if given is None else [given]
