"""What a training keeps of what was learned before: which weights, which classifier, which layers."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import nn

from prunelle.data.batches import derive_seed
from prunelle.networks.classifier import Reclassified, last_features, with_classifier
from prunelle.networks.freezing import count_frozen
from prunelle.networks.summary import count_parameters
from prunelle.networks.trunk import split, stages
from prunelle.networks.weights import Weights, load_weights
from prunelle.runs.listener import Listener
from prunelle.texts import Note
from prunelle.transfer.learning import Learning
from prunelle.transfer.recommending import Advice
from prunelle.transfer.strategies import Strategy


def reuse(
    network: nn.Module,
    weights: Weights | None,
    strategy: Strategy | None,
    *,
    num_classes: int,
    seed: int,
    listener: Listener,
) -> nn.Module:
    """``network`` with the weights and the classifier that the strategy wants, its front frozen.

    Args:
        network: with its first weights; taken apart where it gets another classifier.
        weights: to start from, or None.
        strategy: None loads the weights, and nothing more.
        num_classes: of a new classifier.
        seed: of a new classifier.
        listener: told what is replaced.
    """
    classifier = None if strategy is None else strategy.classifier
    if weights is not None and (strategy is None or strategy.name != "scratch"):
        wanted = weights if classifier is None else _of_trunk(weights, network, strategy)
        for note in load_weights(network, wanted):
            listener.on_note(note)
    if strategy is None:
        return network
    if classifier is not None:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(derive_seed(seed, "classifier"))
            network = with_classifier(network, num_classes, stage=strategy.stage, classifier=classifier)
    strategy.apply(network)
    return network


def _of_trunk(weights: Weights, network: nn.Module, strategy: Strategy | None) -> Weights:
    """The weights of what is kept; the classifier, which is not, may be of any shape."""
    own = network.state_dict()
    weights = weights.aligned(own)
    if isinstance(network, Reclassified):
        kept = {name for name in own if name.startswith("features.")}
    else:
        stage = strategy.stage if strategy is not None else None
        shape = getattr(network, "input_shape", None)
        if shape is None:
            return weights
        trunk, _ = split(network, stage or last_features(network, stages(network, shape)).name)
        kept = set(trunk.state_dict())
    tensors = {name: tensor for name, tensor in own.items() if name not in kept}
    tensors |= {name: tensor for name, tensor in weights.tensors.items() if name in kept}
    return dataclasses.replace(weights, tensors=tensors)


def followed(advised: Strategy, requested: Strategy) -> Strategy:
    """What was recommended, with the views that were requested where it has a frozen trunk."""
    if (
        requested.views is None
        or advised.name not in ("features", "partial")
        or (advised.solved and not requested.views)
    ):
        return advised
    return dataclasses.replace(advised, views=requested.views)


def transfer_info(
    strategy: Strategy | None,
    network: nn.Module,
    learning: Learning,
    *,
    advice: Advice | None = None,
    why: Note | None = None,
) -> dict[str, Any] | None:
    """The ``transfer`` entry of ``run.json``; None where nothing is kept or asked for.

    Args:
        strategy: that was followed.
        network, learning: prepared by it.
        advice: that led to it.
        why: nobody asked for it, and it was followed all the same.
    """
    if strategy is None:
        return None
    frozen = count_frozen(network)
    return {
        "strategy": strategy.to_json(),
        "frozen_parameters": frozen,
        "learned_parameters": count_parameters(network) - frozen,
        "views": learning.views,
        "notes": [dataclasses.asdict(note) for note in ((why,) if why else ()) + learning.notes],
        "advice": None if advice is None else advice.to_json(),
    }
