"""A network's table: each layer with what comes out of it and what it weighs."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import nn


@dataclasses.dataclass(frozen=True)
class LayerRow:
    """One leaf module, in the order it ran.

    Attributes:
        name: as in ``named_modules`` (``features.0``).
        kind: the class's name (``Conv2d``).
        detail: kernel, stride, padding and the like, in a few words; empty where there is nothing to say.
        output_shape: without the batch dimension.
        parameters: weights of the layer, biases included.
    """

    name: str
    kind: str
    detail: str
    output_shape: tuple[int, ...]
    parameters: int


def count_parameters(module: nn.Module) -> int:
    """Number of weights, biases included; shared ones count once. Buffers do not count."""
    return sum(parameter.numel() for parameter in module.parameters())


def summarise(network: nn.Module, input_shape: tuple[int, ...]) -> list[LayerRow]:
    """Runs ``network`` once on zeros of ``(1, *input_shape)``, on its own device, and lists its leaf modules.

    The network's modes, gradients and the global random numbers are as before. A module that runs twice is
    listed twice, its weights counted the first time only.
    """
    rows: list[LayerRow] = []
    seen: set[int] = set()

    def listen(name: str) -> Any:
        def hook(module: nn.Module, _inputs: object, output: object) -> None:
            tensor = output[0] if isinstance(output, (tuple, list)) else output
            shape = tuple(tensor.shape[1:]) if isinstance(tensor, torch.Tensor) else ()
            new = [p for p in module.parameters() if id(p) not in seen]
            seen.update(id(p) for p in new)
            rows.append(
                LayerRow(name, type(module).__name__, _detail(module), shape, sum(p.numel() for p in new))
            )

        return hook

    leaves = [(name, module) for name, module in network.named_modules() if not any(module.children())]
    handles = [module.register_forward_hook(listen(name)) for name, module in leaves]
    modes = {module: module.training for module in network.modules()}
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    try:
        network.eval()
        with torch.no_grad():
            network(torch.zeros(1, *input_shape, device=device))
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return rows


def _detail(module: nn.Module) -> str:
    """``3×3, stride 2, padding 1``; the standard terms, only where they say something."""

    def sides(value: Any) -> str:
        return "×".join(map(str, value if isinstance(value, tuple) else (value, value)))

    def step(value: Any) -> str:
        sizes = set(value) if isinstance(value, tuple) else {value}
        return str(sizes.pop()) if len(sizes) == 1 else sides(value)

    if isinstance(module, nn.Dropout):
        return f"p = {module.p:g}"
    parts = []
    kernel = getattr(module, "kernel_size", None)
    if kernel is not None:
        parts.append(sides(kernel))
        stride = getattr(module, "stride", kernel)
        if step(stride) != "1":
            parts.append(f"stride {step(stride)}")
        padding = getattr(module, "padding", 0)
        if step(padding) != "0":
            parts.append(f"padding {step(padding)}")
        if getattr(module, "groups", 1) not in (1, None):
            parts.append(f"groups {module.groups}")
    return ", ".join(parts)
