"""How to train: one frozen, keyword-only dataclass, and everything that can be wrong with it said at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

from prunelle.data.augment import Augment
from prunelle.data.kinds import AnyAugment, augment_from_json
from prunelle.errors import ArgumentError, UnknownName
from prunelle.scalars import plain_fields

Optimizer = Literal["adam", "adamw", "sgd", "rmsprop"]
Schedule = Literal["constant", "cosine", "one-cycle"]
Precision = Literal["float32", "bfloat16"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training, described.

    The defaults are those of course programs (Keras's ``compile(optimizer="adam")``): Adam at a constant
    1e-3, batches of 32, nothing else.

    Args:
        epochs: passes over the training pictures.
        batch_size: pictures a step.
        optimizer: ``adam``, ``adamw`` (weight decay apart from the gradient), ``sgd``, ``rmsprop``.
        learning_rate: its peak, reached after the warm-up.
        momentum, nesterov: of ``sgd`` (momentum of ``rmsprop`` too).
        weight_decay: on weights of convolutions and dense layers; never on biases or normalisation.
        schedule: of the learning rate, by step. ``constant``; ``cosine`` down to 0 (Loshchilov & Hutter
            2016, no restart); ``one-cycle`` (Smith 2018: up from 1/25, then down to 1/10,000 of the peak).
        warmup_epochs: linear rise from 0 before ``constant`` and ``cosine``; the rising part of
            ``one-cycle`` (30 % of the epochs when 0).
        first_layer_rate: share of the learning rate that the first layer with weights gets, above 0 and at most 1;
            those between the first and the last, geometrically by their place (Howard & Ruder 2018 §3.2).
        unfreeze_epochs: layers join the learning one after the other over so many epochs, from the last, which
            begins alone, to the first (gradual unfreezing, Howard & Ruder 2018 §3.3); 0 for all from the start.
        label_smoothing: in [0, 1), Szegedy 2015 §7.
        balance: weigh classes by the inverse of their frequency in the training split.
        clip_norm: largest L2 norm of the whole gradient; None for no limit.
        ema_decay: keep an exponential moving average of the weights with this decay a step, evaluate and
            save that; None for none.
        patience: stop after so many epochs without a better validation (needs a validation split).
        augment: random changes of the training pictures; ``SeriesAugment`` for series.
        seed: of everything random in the training: initial weights, order, dropout, augmentation.
        device: ``auto`` takes cuda, then mps, then cpu.
        precision: ``bfloat16`` computes the forward pass in bfloat16 (autocast), weights stay float32.

    Raises:
        ArgumentError: naming the field, the rule and what was received.
    """

    epochs: int = 10
    batch_size: int = 32
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    schedule: Schedule = "constant"
    warmup_epochs: float = 0.0
    first_layer_rate: float = 1.0
    unfreeze_epochs: int = 0
    label_smoothing: float = 0.0
    balance: bool = False
    clip_norm: float | None = None
    ema_decay: float | None = None
    patience: int | None = None
    augment: AnyAugment = dataclasses.field(default_factory=Augment)
    seed: int = 0
    device: str = "auto"
    precision: Precision = "float32"

    def __post_init__(self) -> None:
        plain_fields(self)

        def rule(holds: bool, field: str, text: str) -> None:
            if not holds:
                raise ArgumentError(f"{field} must be {text}; received {getattr(self, field)!r}.")

        rule(self.epochs >= 1, "epochs", "at least 1")
        rule(self.batch_size >= 1, "batch_size", "at least 1")
        for field, choices in (("optimizer", Optimizer), ("schedule", Schedule), ("precision", Precision)):
            if getattr(self, field) not in get_args(choices):
                raise UnknownName(field, getattr(self, field), get_args(choices))
        rule(self.learning_rate > 0, "learning_rate", "above 0")
        rule(0 <= self.momentum < 1, "momentum", "at least 0 and below 1")
        rule(self.weight_decay >= 0, "weight_decay", "at least 0")
        rule(
            0 <= self.warmup_epochs < self.epochs,
            "warmup_epochs",
            f"at least 0 and below epochs ({self.epochs})",
        )
        rule(0 < self.first_layer_rate <= 1, "first_layer_rate", "above 0 and at most 1")
        rule(
            0 <= self.unfreeze_epochs < self.epochs,
            "unfreeze_epochs",
            f"at least 0 and below epochs ({self.epochs})",
        )
        rule(0 <= self.label_smoothing < 1, "label_smoothing", "at least 0 and below 1")
        rule(self.clip_norm is None or self.clip_norm > 0, "clip_norm", "above 0")
        rule(self.ema_decay is None or 0 < self.ema_decay < 1, "ema_decay", "between 0 and 1")
        rule(self.patience is None or self.patience >= 1, "patience", "at least 1 epoch")
        rule(0 <= self.seed < 2**63, "seed", "from 0 to 2**63 - 1")
        if self.momentum and self.optimizer not in ("sgd", "rmsprop"):
            raise ArgumentError(
                f"momentum goes with sgd and rmsprop; {self.optimizer} has moments of its own."
            )
        if self.nesterov and not (self.optimizer == "sgd" and self.momentum > 0):
            raise ArgumentError("nesterov goes with optimizer='sgd' and a momentum above 0.")

    def lasting(self, epochs: int) -> Recipe:
        """The same in so many epochs; a warm-up, or an unfreezing, that no longer fits takes a tenth of them."""
        return dataclasses.replace(
            self,
            epochs=epochs,
            warmup_epochs=self.warmup_epochs if self.warmup_epochs < epochs else epochs / 10,
            unfreeze_epochs=self.unfreeze_epochs if self.unfreeze_epochs < epochs else epochs // 10,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, for ``run.json``."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Recipe:
        """The inverse of ``to_json``."""
        return cls(**{**values, "augment": augment_from_json(values["augment"])})
