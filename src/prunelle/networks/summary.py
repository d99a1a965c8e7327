"""A network's table: each layer with what comes out of it, what it weighs, what it costs and what it sees."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from prunelle.networks.receptive_field import ReceptiveFields


@dataclasses.dataclass(frozen=True)
class LayerRow:
    """One leaf module, in the order it ran.

    Attributes:
        name: as in ``named_modules`` (``features.0``).
        kind: the class's name (``Conv2d``).
        detail: kernel, stride, padding and the like, in a few words; empty where there is nothing to say.
        output_shape: without the batch dimension.
        parameters: weights of the layer, biases included.
        multiply_adds: for one picture, one multiplication with its addition counting 1: each kernel's
            weights times the places it is applied at. Convolutions and dense layers count; biases,
            normalisations, activations and poolings do not.
        activation_bytes: memory of the output for one picture; 0 where it is written over the input.
        receptive_field: pixels of the picture that an output depends on, along each of its axes; None where
            it is not known. See ``receptive_field.py``.
        jump: pixels of the picture between neighbouring outputs; None where outputs have no place any more.
    """

    name: str
    kind: str
    detail: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int = 0
    activation_bytes: int = 0
    receptive_field: tuple[int, ...] | None = None
    jump: tuple[int, ...] | None = None


def count_parameters(module: nn.Module) -> int:
    """Number of weights, biases included; shared ones count once. Buffers do not count."""
    return sum(parameter.numel() for parameter in module.parameters())


def summarise(network: nn.Module, input_shape: tuple[int, ...]) -> list[LayerRow]:
    """Runs ``network`` once on zeros of ``(1, *input_shape)``, on its own device, and lists its leaf modules.

    On the meta device that takes neither memory nor time. The network's modes, gradients and the global
    random numbers are as before. A module that runs twice is listed twice, its weights counted the first
    time only. What acts in training mode alone (auxiliary classifiers) is not listed.
    """
    rows: list[LayerRow] = []
    seen: set[int] = set()
    images = blank(network, input_shape)
    fields = ReceptiveFields(images)

    def listen(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[object, ...], output: object) -> None:
            tensor = output[0] if isinstance(output, (tuple, list)) else output
            new = [p for p in module.parameters() if id(p) not in seen]
            seen.update(id(p) for p in new)
            row = LayerRow(name, type(module).__name__, detail(module), (), sum(p.numel() for p in new))
            if isinstance(tensor, torch.Tensor):
                field = fields.of(tensor)
                row = dataclasses.replace(
                    row,
                    output_shape=tuple(tensor.shape[1:]),
                    multiply_adds=_multiply_adds(module, tensor),
                    activation_bytes=0 if _overwrites(tensor, inputs) else tensor.nbytes,
                    receptive_field=None if field is None else field.size,
                    jump=None if field is None else field.jump,
                )
            rows.append(row)

        return hook

    leaves = [(name, module) for name, module in network.named_modules() if not any(module.children())]
    handles = [module.register_forward_hook(listen(name)) for name, module in leaves]
    try:
        with evaluating(network), fields:
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    return rows


def blank(network: nn.Module, input_shape: tuple[int, ...]) -> torch.Tensor:
    """Zeros of ``(1, *input_shape)`` on the network's device."""
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    return torch.zeros(1, *input_shape, device=device)


@contextlib.contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; each module's own mode is put back at the end."""
    modes = {module: module.training for module in network.modules()}
    try:
        network.eval()
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def _multiply_adds(module: nn.Module, output: torch.Tensor) -> int:
    """Of layers that apply a kernel: those with a ``kernel_size`` and a ``weight``, and dense ones."""
    weight = getattr(module, "weight", None)
    if isinstance(module, nn.Linear):
        # (N, …, features): the matrix is applied at each of the places in between.
        return module.weight.numel() * math.prod(output.shape[1:-1])
    if not hasattr(module, "kernel_size") or not isinstance(weight, torch.Tensor):
        return 0
    return weight.numel() * math.prod(output.shape[2:])


def _overwrites(output: torch.Tensor, inputs: tuple[object, ...]) -> bool:
    """Whether the output lies in the memory of an input: activations in place, and views as ``Flatten``."""
    storage = output.untyped_storage()
    return any(isinstance(given, torch.Tensor) and given.untyped_storage() is storage for given in inputs)


def detail(module: nn.Module) -> str:
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
