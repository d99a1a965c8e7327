"""How much of what was learned before is kept: everything, the first layers, a starting point, nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

from torch import nn

from prunelle.data.kinds import AnyAugment
from prunelle.errors import ArgumentError, RunError, UnknownName
from prunelle.networks.classifier import Classifier, Reclassified
from prunelle.networks.freezing import freeze
from prunelle.scalars import plain_fields

StrategyName = Literal["auto", "scratch", "features", "partial", "full"]
Head = Literal["linear", "hidden", "logistic", "svm", "ridge"]

VIEWS = 4
"""Of each picture, with augmentation, when no other number is given."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Strategy:
    """What is kept of a network's weights, and what learns.

    Args:
        name: ``features``: the trunk stays, a new classifier learns. ``partial``: the front stays, the rest learns.
            ``full``: everything learns, lower layers more slowly. ``scratch``: the weights are not used. ``auto``:
            the one of these that a few quick trials recommend.
        stage: of ``features``: where the trunk ends (``layer3``); None for the last features.
        freeze: of ``partial``: the last stage that stays, or how many layers with weights do.
        head: the new classifier: ``linear``; ``hidden``, with a layer of 256 units; ``logistic`` regression or a
            linear ``svm``, or of numbers ``ridge`` regression, solved by scikit-learn at once. None for the network's
            own, and with ``features`` for ``logistic``, of numbers ``ridge``, or for ``linear`` where something is said
            of steps (epochs, a rate, a loss of one's own), where features cannot be kept, or where there are so many
            that solving takes minutes.
        views: how many views of each training picture the frozen trunk sees, the first the picture as it is, the
            others augmented; epochs take them in turn. 0 augments anew in each step and runs the trunk each time.
            None for 1 without augmentation and 4 with it.

    Raises:
        ArgumentError: settings that do not go together.
    """

    name: StrategyName
    stage: str | None = None
    freeze: str | int | None = None
    head: Head | None = None
    views: int | None = None

    def __post_init__(self) -> None:
        plain_fields(self)
        if self.name not in get_args(StrategyName):
            raise UnknownName("strategy", self.name, get_args(StrategyName))
        if self.head is not None and self.head not in get_args(Head):
            raise UnknownName("head", self.head, get_args(Head))
        if (self.freeze is not None) != (self.name == "partial"):
            what = "says how far the network stays as it is: a stage, or a number of layers"
            raise ArgumentError(
                f"strategy partial needs freeze, which {what} (--freeze layer3, --freeze 5)."
                if self.freeze is None
                else f"freeze {what}, and goes with strategy partial; received strategy {self.name}."
            )
        if self.stage is not None and self.name != "features":
            raise ArgumentError(f"stage goes with strategy features; received strategy {self.name}.")
        if self.solved and self.name != "features":
            raise ArgumentError(
                f"head {self.head} is solved on features that stay as they are, and goes with strategy features; "
                f"received strategy {self.name}."
            )
        if self.views is not None and self.name not in ("features", "partial", "auto"):
            raise ArgumentError(
                f"views are of a frozen trunk, and go with strategies features and partial; received strategy "
                f"{self.name}."
            )
        if self.views is not None and self.views < (1 if self.solved else 0):
            raise ArgumentError(f"views must be at least {int(self.solved)}; received {self.views}.")
        if self.name == "auto" and self.head is not None:
            raise ArgumentError("strategy auto chooses the head too; leave it out, or name a strategy.")

    @classmethod
    def parse(cls, text: str) -> Strategy:
        """``full``, ``features:layer3`` (its stage), ``partial:layer2`` or ``partial:5`` (what stays as it is)."""
        name, _, where = text.strip().partition(":")
        if not where:
            return cls(name=name)  # type: ignore[arg-type]
        if name == "partial":
            return cls(name="partial", freeze=int(where) if where.isdigit() else where)
        return cls(name=name, stage=where)  # type: ignore[arg-type]

    @property
    def solved(self) -> bool:
        """The classifier is scikit-learn's: solved, not learned step by step."""
        return self.head in ("logistic", "svm", "ridge")

    @property
    def classifier(self) -> Classifier | None:
        """The module that replaces the network's own; None for none."""
        if self.head == "hidden":
            return "hidden"
        return "linear" if self.name == "features" or self.head is not None else None

    def num_views(self, augment: AnyAugment) -> int:
        """Of each training picture; 0 for a new one in each epoch."""
        if self.views is not None:
            return self.views if augment else min(self.views, 1)
        return VIEWS if augment else 1

    def apply(self, network: nn.Module) -> None:
        """Freezes what stays, in place."""
        if self.name == "features":
            freeze(network, "features")
        elif self.freeze is not None:
            inside = isinstance(network, Reclassified) and isinstance(self.freeze, str)
            freeze(network, f"features.{self.freeze}" if inside else self.freeze)

    def recipe_fields(self) -> dict[str, Any]:
        """What ``choose_recipe`` takes where nobody says otherwise.

        A frozen trunk's features are computed once, so pictures are augmented only when that is asked for. What
        starts from learned weights takes smaller steps, and the smallest in the first layers, which are the most
        general (Yosinski 2014).
        """
        if self.name == "features":
            return {"augment": "none"} | ({"epochs": 1, "warmup_epochs": 0.0} if self.solved else {})
        if self.name == "partial":
            return {"augment": "none", "learning_rate": 3e-4}
        if self.name == "full":
            return {"learning_rate": 3e-4, "first_layer_rate": 0.1}
        return {}

    def options(self) -> str:
        """As on the command line: ``--strategy features --stage layer3 --head logistic``."""
        given = {key: value for key, value in self.to_json().items() if value is not None}
        return " ".join(f"--{'strategy' if key == 'name' else key} {value}" for key, value in given.items())

    def to_json(self) -> dict[str, Any]:
        """Plain values, for ``run.json``."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Strategy:
        """The inverse of ``to_json``.

        Raises:
            RunError: it is not as it was written.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise RunError(
                f"the strategy in run.json is not as prunelle train writes it ({error!r})."
            ) from None
