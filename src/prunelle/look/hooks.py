"""Reading what passes through a network, and leaving it as it was.

Inside ``undisturbed`` a network is in evaluation mode; afterwards its modes, its hooks and the random numbers of
everyone are as before. Weights, their gradients and buffers are never written to.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import nn

from prunelle.errors import ArgumentError, did_you_mean
from prunelle.texts import shown


@contextlib.contextmanager
def undisturbed(network: nn.Module, *, in_place: bool = True) -> Iterator[None]:
    """Evaluation mode inside; modes and random numbers as before afterwards, whatever happens.

    Args:
        network: any module.
        in_place: False makes activations like ``ReLU(inplace=True)`` write to memory of their own inside, which
            hooks on the backward pass need.
    """
    modules = list(network.modules())
    modes = [module.training for module in modules]
    written_over = [] if in_place else [m for m in modules if getattr(m, "inplace", False) is True]
    devices = {p.device for p in network.parameters() if p.device.type == "cuda"}
    with torch.random.fork_rng(devices=[device.index or 0 for device in devices]):
        try:
            network.eval()
            for module in written_over:
                module.inplace = False  # type: ignore[assignment]
            yield
        finally:
            for module, mode in zip(modules, modes, strict=True):
                module.training = mode
            for module in written_over:
                module.inplace = True  # type: ignore[assignment]


@contextlib.contextmanager
def listening(
    network: nn.Module, places: Iterable[tuple[str, int]], receive: Callable[[str, int, torch.Tensor], None]
) -> Iterator[None]:
    """Inside, ``receive(name, call, output)`` gets the output of each place while the network runs.

    Args:
        network: any module.
        places: ``(module's name, which of its calls in a forward, from 0)``.
        receive: must not change the output, and copies what it keeps: the next module may write over it.
    """
    wanted: dict[str, set[int]] = {}
    for name, call in places:
        wanted.setdefault(name, set()).add(call)
    counts: Counter[str] = Counter()

    def listen(name: str) -> Any:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            call = counts[name]
            counts[name] += 1
            tensor = first_tensor(output)
            if call in wanted[name] and tensor is not None:
                receive(name, call, tensor)

        return hook

    modules = dict(network.named_modules())
    # At the start of each forward, as one that ended in an error leaves its counts behind.
    handles = [network.register_forward_pre_hook(lambda *_: counts.clear())]
    for name in wanted:
        module = network if name == "network" and name not in modules else modules[name]
        handles.append(module.register_forward_hook(listen(name)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def activations(
    network: nn.Module, images: torch.Tensor, names: Iterable[str] | None = None
) -> dict[str, torch.Tensor]:
    """What comes out of a network's modules for a batch, each as it came out.

    Copies, so that an activation in place (``ReLU(inplace=True)``) has not written over what came before it.
    All of them are held at once; for many pictures, ``survey`` keeps only what its views need.

    Args:
        network: any module, in any mode; it runs in evaluation mode.
        images: ``(N, C, H, W)`` float32, normalised, on the network's device.
        names: of modules, as in ``named_modules``; None for all that contain no other.

    Returns:
        By name, in the order they ran; the second call of a module is ``name:2``.

    Raises:
        ArgumentError: a name that the network does not have.

    Example:
        >>> activations(prunelle.build("lenet5"), torch.zeros(1, 1, 32, 32))["features.0"].shape
        torch.Size([1, 6, 28, 28])
    """
    modules = dict(network.named_modules())
    if names is None:
        chosen = [name for name, module in modules.items() if not any(module.children())]
    else:
        chosen = list(names)
        for name in chosen:
            if name not in modules:
                raise ArgumentError(
                    f"unknown module {name!r}.{did_you_mean(name, modules)} "
                    f"Known: {shown(list(filter(None, modules)))}."
                )
    outputs: dict[str, torch.Tensor] = {}

    def keep(name: str) -> Any:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            tensor = first_tensor(output)
            if tensor is not None:
                calls[name] += 1
                outputs[name if calls[name] == 1 else f"{name}:{calls[name]}"] = tensor.detach().clone()

        return hook

    calls: Counter[str] = Counter()
    handles = [modules[name].register_forward_hook(keep(name)) for name in chosen]
    try:
        with undisturbed(network), torch.no_grad():
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    return outputs


def first_tensor(value: object) -> torch.Tensor | None:
    """``value`` if it is a tensor, or the first of a tuple or list."""
    if isinstance(value, (tuple, list)) and value:
        value = value[0]
    return value if isinstance(value, torch.Tensor) else None
