"""Where one number came from: the values of earlier layers that it was made of, whatever lies between.

Each layer's output is cut off from what made it (a leaf of PyTorch's graph), so the gradient of one number reaches the
values that it was made of directly and no further: one weight of 1 through flattening, padding or a concatenation,
several through a sum, each with what it counts for.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from typing import Any

import torch
from torch import nn

from prunelle.look.hooks import first_tensor, undisturbed
from prunelle.look.layers import Layer
from prunelle.look.recording import Call, Recorder, as_maps

INPUT = "input"
"""In place of a layer's name: the picture itself, as the network takes it, normalised."""

MOST_SOURCES = 64

_TOLERANCE = 1e-5


@dataclasses.dataclass(frozen=True)
class Source:
    """One value that a number was made of.

    Attributes:
        layer: its name, or ``INPUT``.
        channel, y, x: its place, as in ``as_maps``.
        weight: what it was multiplied with; of what is no weighted sum, the derivative.
        value: of it.
    """

    layer: str
    channel: int
    y: int
    x: int
    weight: float
    value: float

    @property
    def share(self) -> float:
        """What it adds."""
        return self.weight * self.value


@dataclasses.dataclass(frozen=True)
class Sources:
    """Everything that a number was made of.

    Attributes:
        value: the number.
        found: those that counted most, at most ``MOST_SOURCES``, by weight times value.
        count: how many there are.
        total: weight times value, over all of them.
        linear: the number is that total, up to rounding.
    """

    value: float
    found: tuple[Source, ...]
    count: int
    total: float
    linear: bool


class Tracer:
    """One passage of a picture that remembers what was made of what.

    Args:
        network: any module; it is left as it was.
        layers: of ``examine``.
        recorder: of the same, which knows what is written over.
        image: ``(1, C, …)`` float32, normalised.
    """

    def __init__(
        self, network: nn.Module, layers: tuple[Layer, ...], recorder: Recorder, image: torch.Tensor
    ) -> None:
        self._leaves: dict[str, torch.Tensor] = {INPUT: image.detach().clone().requires_grad_()}
        self._given: dict[Call, torch.Tensor] = {}
        self._made: dict[Call, torch.Tensor] = {}
        self._ended: dict[str, torch.Tensor] = {}
        ends = {(layer.last, layer.call): layer.name for layer in layers}
        begins = {layer.calls[0] for layer in layers}
        counts: Counter[str] = Counter()

        def taking(name: str) -> Any:
            def hook(module: nn.Module, inputs: tuple[object, ...]) -> None:
                call, tensor = (name, counts[name]), first_tensor(inputs)
                if call in begins and tensor is not None:
                    self._given[call] = tensor.clone() if recorder.is_overwritten(call, "given") else tensor

            return hook

        def giving(name: str) -> Any:
            def hook(module: nn.Module, inputs: object, output: object) -> object:
                call, tensor = (name, counts[name]), first_tensor(output)
                counts[name] += 1
                if tensor is None:
                    return None
                if call in begins:
                    self._made[call] = tensor.clone() if recorder.is_overwritten(call, "made") else tensor
                if call not in ends:
                    return None
                leaf = tensor.detach().clone().requires_grad_()
                self._leaves[ends[call]], self._ended[ends[call]] = leaf, tensor
                cut = leaf.clone()
                return type(output)((cut, *output[1:])) if isinstance(output, tuple | list) else cut

            return hook

        modules = dict(network.named_modules())
        names = {name for name, _ in (*ends, *begins)}
        handles: list[Any] = []
        try:
            for name in names:
                module = modules.get(name, network)
                handles += [
                    module.register_forward_pre_hook(taking(name)),
                    module.register_forward_hook(giving(name)),
                ]
            with undisturbed(network), torch.enable_grad():
                network(self._leaves[INPUT].clone())
        finally:
            for handle in handles:
                handle.remove()

    def of_input(self, call: Call, index: tuple[int, ...]) -> Sources:
        """Of one number that a layer's first module was given: ``index`` without the batch dimension."""
        return self._sources(self._given[call], index)

    def of_output(self, call: Call, index: tuple[int, ...]) -> Sources:
        """Of one number that a layer's first module gave, through that module."""
        return self._sources(self._made[call], index)

    def of_layer(self, layer: Layer, index: tuple[int, ...]) -> Sources:
        """Of one number that comes out of a layer, through all its modules."""
        return self._sources(self._ended[layer.name], index)

    def _sources(self, tensor: torch.Tensor, index: tuple[int, ...]) -> Sources:
        with torch.enable_grad():
            number = tensor[(0, *index)]
        value = float(number.detach())
        if math.isnan(value):
            return Sources(value, (), 0, 0.0, linear=True)  # beyond the end of a series
        # What is one of them already has no history of its own.
        gradients = (
            torch.autograd.grad(number, list(self._leaves.values()), retain_graph=True, allow_unused=True)
            if number.requires_grad
            else [None] * len(self._leaves)
        )
        found: list[Source] = []
        total, count = 0.0, 0
        for (name, leaf), gradient in zip(self._leaves.items(), gradients, strict=True):
            if gradient is None:
                continue
            weights, values = as_maps(gradient.detach()), as_maps(leaf.detach())
            places = weights.nonzero()
            if not len(places):
                continue
            at = tuple(places.T)
            weighed = weights[at].double() * values[at].double()
            total += float(weighed.sum())
            count += len(places)
            for i in torch.topk(weighed.abs().nan_to_num(), min(MOST_SOURCES, len(places))).indices.tolist():
                channel, y, x = places[i].tolist()
                weight, held = float(weights[channel, y, x]), float(values[channel, y, x])
                found.append(Source(name, channel, y, x, weight=weight, value=held))
        found.sort(key=lambda source: -abs(source.share))
        linear = abs(total - value) <= _TOLERANCE * max(1.0, abs(value), sum(abs(s.share) for s in found))
        return Sources(value, tuple(found[:MOST_SOURCES]), count, total, linear)
