"""From a recipe to an optimiser of PyTorch."""

from __future__ import annotations

import torch
from torch import nn

from prunelle.training.recipe import Recipe


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimiser over the parameters that want a gradient; decay on matrices and kernels only."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": recipe.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
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
