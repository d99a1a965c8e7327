"""From a recipe to an optimiser of PyTorch."""

from __future__ import annotations

import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.training.layers import Layers
from prunelle.training.recipe import Recipe


def make_optimizer(network: nn.Module, recipe: Recipe, layers: Layers) -> torch.optim.Optimizer:
    """The recipe's optimiser over the parameters that want a gradient; decay on matrices and kernels only.

    Each group has its ``share`` of the learning rate.

    Raises:
        ArgumentError: there is nothing to learn.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if not parameters:
        raise ArgumentError("every weight of the network is frozen: nothing is left to learn.")
    groups = []
    for share in sorted(set(layers.rates.values())):
        for matrices in (True, False):
            chosen = [p for p in parameters if layers.rates[id(p)] == share and (p.ndim >= 2) == matrices]
            decay = recipe.weight_decay if matrices else 0.0
            if chosen:
                groups.append({"params": chosen, "weight_decay": decay, "share": share})
    rate = recipe.learning_rate
    # One fused kernel a step where torch has one (not on mps, and there is none for rmsprop).
    fused = all(parameter.device.type in ("cpu", "cuda") for parameter in parameters)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=rate, fused=fused)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=rate, fused=fused)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(
            groups, lr=rate, momentum=recipe.momentum, nesterov=recipe.nesterov, fused=fused
        )
    # Keras's decay of the squares, 0.9, which courses rely on; PyTorch's own default is 0.99.
    return torch.optim.RMSprop(groups, lr=rate, alpha=0.9, eps=1e-7, momentum=recipe.momentum)
