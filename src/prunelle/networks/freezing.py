"""Layers that stay as they are while the others learn.

A frozen module's weights want no gradient and get no optimiser state, and the module stays in evaluation mode: its
batch normalisation keeps its statistics, its dropout drops nothing. It carries the mark itself (``module.frozen``), so
whoever trains the network sees it.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import fx, nn

from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks.graph import owners, trace, weights_of
from prunelle.scalars import plain_arguments


@plain_arguments
def freeze(network: nn.Module, until: str | int) -> None:
    """Freezes the front of a network, from its input on, in place.

    Args:
        network: any module. Layers are counted in the order of its forward pass where that can be traced
            (``torch.fx``), else in the order in which it holds them.
        until: the name of the last stage or module to freeze (``layer3``, ``features.16``), or a number of layers
            with weights (convolutions and dense layers; the normalisation after one goes with it).

    Raises:
        UnknownName: no such module.
        ArgumentError: nothing would be left to learn.

    Example:
        >>> freeze(network, "layer3")
    """
    steps = list(_steps(network))
    if isinstance(until, str):
        inside = [i for i, step in enumerate(steps) if until in step.names]
        if not inside:
            raise UnknownName("stage", until, [name for name, _ in network.named_modules() if name])
        end = inside[-1] + 1
    else:
        layers = [i for i, step in enumerate(steps) if step.is_layer]
        if not 1 <= until < len(layers):
            raise ArgumentError(
                f"freeze must leave a layer to learn: from 1 to {len(layers) - 1} of this network's {len(layers)}; "
                f"received {until}."
            )
        # Where the next layer starts, so that a normalisation in between is frozen, too.
        end = layers[until]
    kept = {id(weight) for step in steps[end:] for weight in step.weights if weight.requires_grad}
    # A weight that the front shares is frozen with it.
    if not kept - {id(weight) for step in steps[:end] for weight in step.weights}:
        raise ArgumentError(f"freeze must leave a layer to learn; nothing comes after {until}.")
    for step in steps[:end]:
        for weight in step.weights:
            weight.requires_grad_(False)
        if step.module is not None:
            _mark(step.module)
    for module in network.modules():
        leaves = [inner for inner in module.modules() if not any(inner.children())]
        if any(module.children()) and all(is_frozen(leaf) for leaf in leaves):
            _mark(module)


def unfreeze(network: nn.Module) -> None:
    """Lets every layer learn again, in place."""
    for module in network.modules():
        if is_frozen(module):
            del module.frozen
    network.requires_grad_(True)


def is_frozen(module: nn.Module) -> bool:
    """Whether ``freeze`` has marked it."""
    return getattr(module, "frozen", False) is True


def training_mode(network: nn.Module) -> None:
    """``network.train()``, frozen modules left in evaluation mode."""
    network.train()
    for module in network.modules():
        if is_frozen(module):
            module.training = False


def count_frozen(network: nn.Module) -> int:
    """Number of weights that want no gradient."""
    return sum(weight.numel() for weight in network.parameters() if not weight.requires_grad)


def _mark(module: nn.Module) -> None:
    module.frozen = True  # type: ignore[assignment]
    module.training = False


class _Step:
    """Something that runs: a leaf module, or an operation; in which modules, with which weights."""

    def __init__(self, names: list[str], module: nn.Module | None, weights: list[nn.Parameter]) -> None:
        self.names, self.module, self.weights = names, module, weights

    @property
    def is_layer(self) -> bool:
        """It has a kernel or a matrix."""
        return any(weight.ndim >= 2 for weight in self.weights)


def _steps(network: nn.Module) -> Iterator[_Step]:
    """In the order of the forward pass where it can be traced, else in the order the network holds them."""
    try:
        traced: fx.GraphModule | None = trace(network)
    except ArgumentError:
        traced = None
    if traced is None:
        for name, module in network.named_modules():
            weights = list(module.parameters(recurse=False))
            if weights or not any(module.children()):
                parts = name.split(".")
                names = [".".join(parts[: i + 1]) for i in range(len(parts))]
                yield _Step(names, None if any(module.children()) else module, weights)
        return
    for node in traced.graph.nodes:
        if node.op in ("placeholder", "get_attr", "output"):
            continue
        module = network.get_submodule(str(node.target)) if node.op == "call_module" else None
        yield _Step(owners(node), module, weights_of(node, network))
