"""A model as a run's network: a module of ``(N, C, …)`` that gives logits.

A Keras model takes ``(N, …, C)`` and mostly ends with a softmax or a sigmoid: its last activation is left out where it
can be, and undone where it cannot.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from prunelle.keras.chains import chain
from prunelle.keras.floor import keras
from prunelle.keras.lowering import CalledAsItIs, NotLowered, lower

_SMALLEST = 1e-7


class Unflattened(nn.Module):
    """``(N, 1, T)``, a series of one channel, as the ``(N, T)`` that a model of vectors takes."""

    rearranges = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1)


class LogOdds(nn.Module):
    """Probabilities → logits: their logarithms, of a single one its log-odds."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.logit(_SMALLEST) if x.shape[1] == 1 else x.clamp_min(_SMALLEST).log()


def as_network(model: Any, gives_logits: bool, of_vectors: bool | None = None) -> nn.Module:
    """A module of ``(N, C, …)`` that gives logits, sharing the model's weights, in evaluation mode.

    Args:
        of_vectors: the model takes ``(N, T)``; None asks the model, which must be a graph of layers.
    """
    if of_vectors is None:
        of_vectors = len(keras.tree.flatten(model.inputs)[0].shape) == 2
    try:
        lowered = lower(model, logits=not gives_logits)
    except NotLowered:
        module: nn.Module = CalledAsItIs(model, lambda *tensors: (tensors, {}))
        names, ending = {id(module): str(model.name)}, None
    else:
        module, names, (ending,) = lowered.network, lowered.names, lowered.endings
    parts: list[tuple[str, nn.Module]] = []
    if of_vectors:
        parts.append(("vector", Unflattened()))
    of_module = chain(module)
    for number, part in enumerate(of_module):
        parts.append((names.get(id(part), f"part_{number}" if len(of_module) > 1 else "graph"), part))
    if ending == "sigmoid" and keras.tree.flatten(model.outputs)[0].shape[-1] > 1:
        parts.append(("log_sigmoid", nn.LogSigmoid()))
    elif ending is None and not gives_logits:
        parts.append(("logits", LogOdds()))
    network = nn.Sequential()
    for name, part in parts:
        taken = sum(other == name or other.startswith(f"{name}+") for other, _ in network.named_children())
        network.add_module(f"{name}+{taken}" if taken else name, part)
    return network.eval()
