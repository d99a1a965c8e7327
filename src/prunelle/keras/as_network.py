"""A model as a run's network: a module of ``(N, C, …)`` that gives logits.

A Keras model takes ``(N, …, C)`` and mostly ends with a softmax or a sigmoid: its last activation is left out where it
can be, and undone where it cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from prunelle.keras import graph

if TYPE_CHECKING:
    from prunelle.keras.models import Model

_SMALLEST = 1e-7


class Unflattened(nn.Module):
    """``(N, 1, T)``, a series of one channel, as the ``(N, T)`` that a model of vectors takes."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1)


class LogOdds(nn.Module):
    """Probabilities → logits: their logarithms, of a single one its log-odds."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.logit(_SMALLEST) if x.shape[1] == 1 else x.clamp_min(_SMALLEST).log()


def as_network(model: Model, gives_logits: bool) -> nn.Module:
    """A module of ``(N, C, …)`` that gives logits, sharing the model's weights, in evaluation mode."""
    module, (ending,) = graph.build(model.inputs, model.outputs, logits=not gives_logits)
    parts: list[tuple[str, nn.Module]] = []
    if len(model.input_shape) == 2:
        parts.append(("vector", Unflattened()))
    names = _names(model)
    of_module = graph.chain(module)
    for number, part in enumerate(of_module):
        parts.append((names.get(id(part), f"part_{number}" if len(of_module) > 1 else "graph"), part))
    if ending == "sigmoid" and model.output_shape[-1] > 1:
        parts.append(("log_sigmoid", nn.LogSigmoid()))
    elif ending is None and not gives_logits:
        parts.append(("logits", LogOdds()))
    network = nn.Sequential()
    for name, part in parts:
        taken = sum(other == name or other.startswith(f"{name}+") for other, _ in network.named_children())
        network.add_module(f"{name}+{taken}" if taken else name, part)
    return network.eval()


def _names(model: Model) -> dict[int, str]:
    """What the modules of layers are called: by their layer."""
    return {id(part): layer.name.replace(".", "_") for layer in model.all_layers() for part in layer.parts}
