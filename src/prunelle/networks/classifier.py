"""Another classifier on what a network has learned to see."""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import nn

from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks.blocks import Network
from prunelle.networks.layers_1d import MaskedMean
from prunelle.networks.summary import evaluating
from prunelle.networks.trunk import Stage, split, stages
from prunelle.scalars import plain_arguments

Classifier = Literal["linear", "hidden"]

HIDDEN = 256
"""Units of the hidden layer, as in the courses."""
MOST_FEATURES, MOST_EARLY_FEATURES = 32_768, 4096
"""More are averaged into fewer places before the classifier; 512 maps of 7×7, VGG's last, are 25,088. Earlier stages
have large maps of simple features, whose exact place says little."""


_POOLS = (nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool1d, MaskedMean)


class Reclassified(Network):
    """The front of a network, up to a stage, and a new classifier after it.

    Args:
        features: ``(N, C, H, W)`` images → maps or features.
        head: those → ``(N, num_classes)`` logits.
        input_shape: ``(C, H, W)``.
    """

    def __init__(self, features: nn.Module, head: nn.Sequential, input_shape: Sequence[int]) -> None:
        super().__init__()
        self.input_shape = tuple(input_shape)
        self.features = features
        self.head = head

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)`` → ``(N, num_classes)`` logits."""
        logits: torch.Tensor = self.head(self.features(images))
        return logits


@plain_arguments
def with_classifier(
    network: nn.Module,
    num_classes: int,
    *,
    stage: str | None = None,
    classifier: Classifier = "linear",
    average: bool | None = None,
    input_shape: Sequence[int] | None = None,
) -> Reclassified:
    """``network`` up to ``stage``, its own modules and weights, with a new classifier.

    Args:
        network: left as it is; what comes after ``stage`` is not taken along.
        num_classes: K.
        stage: see ``stages``; None for the last features.
        classifier: ``linear``, or ``hidden``: a layer of 256 units with ReLU and half of them dropped.
        average: maps over all places before the classifier. None for what the network does itself after its last
            features (SqueezeNet), where few pictures teach a classifier of each place less; elsewhere no.
        input_shape: ``(C, H, W)``; None for ``network.input_shape``.

    Raises:
        UnknownName, ArgumentError: no such stage or classifier.
    """
    if classifier not in get_args(Classifier):
        raise UnknownName("classifier", classifier, get_args(Classifier))
    if isinstance(network, Reclassified):
        return _with_another(network, num_classes, stage, classifier)
    shape = getattr(network, "input_shape", None) if input_shape is None else input_shape
    if shape is None:
        raise ArgumentError(
            "input_shape must be given, as (3, 64, 64), for a network that does not tell its own."
        )
    cuts = stages(network, shape)
    last = last_features(network, cuts).name
    stage = last if stage is None else stage
    trunk, _ = split(network, stage)
    at = next((each.shape for each in cuts if each.name == stage), None) or _shape_of(trunk, network, shape)
    if average is None:
        average = stage == last and len(at) == 3 and _averages(network, stage)
    most = MOST_FEATURES if stage == last else MOST_EARLY_FEATURES
    pool = _pool(network, at, at[0] if average else most)
    made = Reclassified(trunk, _head(at, num_classes, classifier, pool), shape)
    if hasattr(network, "built_as"):
        name, options = network.built_as  # type: ignore[misc]
        # Runs of before do not say it, and are built without.
        averaged = {"average": True} if average else {}
        changed = {"stage": stage, "classifier": classifier, **averaged}
        made.built_as = (name, {**options, **changed})  # type: ignore[assignment]
    return made


def _averages(network: nn.Module, stage: str) -> bool:
    """Whether the network itself averages over all places somewhere after ``stage``."""
    return any(
        isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1))
        for module in split(network, stage)[1].modules()
    )


def _with_another(
    network: Reclassified, num_classes: int, stage: str | None, classifier: Classifier
) -> Reclassified:
    """The same features, another classifier."""
    built_as = getattr(network, "built_as", None)
    own = None if built_as is None else built_as[1].get("stage")
    if stage is not None and stage != own:
        raise ArgumentError(f"this network was cut at {own or 'a stage'} before; received stage {stage}.")
    shape = _shape_of(network.features, network, network.input_shape)
    pool = next((layer for layer in network.head if isinstance(layer, _POOLS)), None)
    head = _head(shape, num_classes, classifier, pool)
    made = Reclassified(network.features, head, network.input_shape)
    if built_as is not None:
        made.built_as = (built_as[0], {**built_as[1], "classifier": classifier})  # type: ignore[assignment]
    return made


def last_features(network: nn.Module, cuts: Sequence[Stage]) -> Stage:
    """``features`` where the network has such a stage, else the last that has weights after it."""
    named = [stage for stage in cuts if stage.name == "features"]
    total = sum(weight.numel() for weight in network.parameters())
    before = named or [stage for stage in cuts if stage.parameters < total]
    if not before:
        raise ArgumentError(f"{type(network).__name__} has no stage before its classifier.")
    return before[-1]


def _shape_of(trunk: nn.Module, network: nn.Module, shape: Sequence[int]) -> tuple[int, ...]:
    device = next((weight.device for weight in network.parameters()), torch.device("cpu"))
    with evaluating(trunk):
        return tuple(trunk(torch.zeros(1, *shape, device=device)).shape[1:])


def _pool(network: nn.Module, shape: tuple[int, ...], most: int) -> nn.Module | None:
    """What comes between maps of ``shape`` and the classifier: of series, what the network has there itself (the mean
    over time, which leaves padding out); else an average into as few places as keep ``most`` features.
    """
    if len(shape) == 2:
        own = next(iter(getattr(network, "head", None) or [None]))
        if isinstance(own, _POOLS):
            return copy.deepcopy(own)
        steps = max(1, most // shape[0])
        return nn.AdaptiveAvgPool1d(steps) if steps < shape[1] else None
    if len(shape) == 3:
        channels, height, width = shape
        side = max(1, math.isqrt(most // channels))
        if side < max(height, width):
            return nn.AdaptiveAvgPool2d((min(side, height), min(side, width)))
    return None


def _head(
    shape: tuple[int, ...], num_classes: int, classifier: Classifier, pool: nn.Module | None
) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if pool is not None:
        layers["pool"] = pool
        shape = tuple(pool(torch.zeros(1, *shape)).shape[1:])
    features = math.prod(shape)
    layers["flatten"] = nn.Flatten()
    if classifier == "hidden":
        layers["hidden"] = nn.Linear(features, HIDDEN)
        layers["relu"] = nn.ReLU()
        layers["dropout"] = nn.Dropout(0.5)
        features = HIDDEN
    layers["classifier"] = nn.Linear(features, num_classes)
    return nn.Sequential(layers)
