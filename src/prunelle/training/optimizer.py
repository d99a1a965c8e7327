"""From a recipe to an optimiser of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from prunelle.errors import ArgumentError, RunError
from prunelle.training.layers import Layers
from prunelle.training.own import Own
from prunelle.training.recipe import Recipe
from prunelle.training.speed import drop_traces

_ONE = torch.tensor(1.0)


def make_optimizer(network: nn.Module, recipe: Recipe, layers: Layers) -> torch.optim.Optimizer:
    """The recipe's optimiser over the parameters that want a gradient; decay on matrices and kernels only.

    Each group has its ``share`` of the learning rate.

    Raises:
        ArgumentError: there is nothing to learn.
    """
    parameters = _learning(network)
    # As few groups as can be: each is a call of the fused kernel.
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for p in parameters:
        decay = recipe.weight_decay if p.ndim >= 2 else 0.0
        groups.setdefault((layers.rates[id(p)], decay), []).append(p)
    settings = [
        {"params": chosen, "weight_decay": decay, "share": share}
        for (share, decay), chosen in sorted(groups.items(), key=lambda item: item[0])
    ]
    rate = recipe.learning_rate
    # One fused kernel a step where torch has one (not on mps, and there is none for rmsprop).
    fused = all(parameter.device.type in ("cpu", "cuda") for parameter in parameters)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(settings, lr=rate, fused=fused)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(settings, lr=rate, fused=fused)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(
            settings, lr=rate, momentum=recipe.momentum, nesterov=recipe.nesterov, fused=fused
        )
    # Keras's decay of the squares, 0.9, which courses rely on; PyTorch's own default is 0.99.
    return torch.optim.RMSprop(settings, lr=rate, alpha=0.9, eps=1e-7, momentum=recipe.momentum)


def make_own_optimizer(network: nn.Module, layers: Layers, own: Own) -> torch.optim.Optimizer:
    """The caller's own, of the same parameters in groups by their ``share`` of the rate; it decays as it likes.

    Raises:
        ArgumentError: there is nothing to learn, or it cannot train here.
    """
    shares: dict[float, list[nn.Parameter]] = {}
    for parameter in _learning(network):
        shares.setdefault(layers.rates[id(parameter)], []).append(parameter)
    return own.optimizer_of([{"params": chosen, "share": share} for share, chosen in sorted(shares.items())])


def _learning(network: nn.Module) -> list[nn.Parameter]:
    """The parameters that want a gradient; an ``ArgumentError`` where none does."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if not parameters:
        raise ArgumentError("every weight of the network is frozen: nothing is left to learn.")
    return parameters


def step(optimizer: torch.optim.Optimizer, number: int) -> None:
    """``optimizer.step()``, the ``number``-th; for Adam, where it is fused, without most of its bookkeeping.

    That is more than half of its time on a small network, as much as a tenth of a whole training step.
    """
    _update(optimizer)
    kept = (value for state in optimizer.state.values() for value in state.values())
    drop_traces((value for value in kept if isinstance(value, torch.Tensor)), number)


def _update(optimizer: torch.optim.Optimizer) -> None:
    if type(optimizer) is not torch.optim.Adam or not optimizer.defaults["fused"] or not optimizer.state:
        optimizer.step()
        return
    # Each with its parameters that have a gradient, and what the optimiser keeps of them; some may not learn yet.
    groups: list[tuple[dict[str, Any], list[tuple[torch.Tensor, torch.Tensor, dict[str, torch.Tensor]]]]] = []
    for group in optimizer.param_groups:
        learning = [(p, p.grad, optimizer.state[p]) for p in group["params"] if p.grad is not None]
        if not all(state for _, _, state in learning):
            optimizer.step()
            return
        if learning:
            groups.append((group, learning))
    for group, learning in groups:
        counts = [state["step"] for _, _, state in learning]
        # On a CPU, a number would be made a tensor for each of them.
        torch._foreach_add_(counts, [_ONE] * len(counts) if counts[0].device.type == "cpu" else 1)
        torch._fused_adam_(
            [parameter for parameter, _, _ in learning],
            [gradient for _, gradient, _ in learning],
            [state["exp_avg"] for _, _, state in learning],
            [state["exp_avg_sq"] for _, _, state in learning],
            [],
            counts,
            lr=group["lr"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )


def numbers_of(optimizer: torch.optim.Optimizer, names: Mapping[int, str]) -> dict[str, Any]:
    """What an optimiser of the caller's own knows beside tensors: numbers of parameters and groups, as JSON.

    Args:
        names: of parameters, by ``id``.

    Returns:
        ``state`` by parameter and key, ``groups`` by key, and what of it is no number in ``lost``.
    """
    found: dict[str, Any] = {"state": {}, "groups": [], "lost": []}
    for parameter, state in optimizer.state.items():
        name = names[id(parameter)]
        for key, value in state.items():
            if isinstance(value, int | float):
                found["state"].setdefault(name, {})[key] = value
            elif value is not None and not isinstance(value, torch.Tensor):
                found["lost"].append(key)
    for group in optimizer.param_groups:
        kept = {key: value for key, value in group.items() if isinstance(value, int | float)}
        found["groups"].append({key: value for key, value in kept.items() if key not in ("lr", "share")})
        # What a step changes is seen beside what it began with.
        found["lost"] += [
            key for key, value in group.items() if key != "params" and isinstance(value, torch.Tensor)
        ]
    found["lost"] = sorted(set(found["lost"]))
    return found


def put_numbers(
    optimizer: torch.optim.Optimizer, numbers: Mapping[str, Any], parameters: Mapping[str, nn.Parameter]
) -> None:
    """The inverse of ``numbers_of``.

    Raises:
        RunError: not all could be kept.
    """
    if numbers["lost"]:
        raise RunError(
            f"the optimiser of this training ({type(optimizer).__name__}) keeps what is not saved "
            f"({', '.join(numbers['lost'])}), so it cannot go on; start a new one."
        )
    for name, state in numbers["state"].items():
        optimizer.state[parameters[name]].update(state)
    for group, kept in zip(optimizer.param_groups, numbers["groups"], strict=True):
        group.update(kept)
