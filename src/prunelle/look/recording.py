"""One passage of one picture through a network, with what every layer took and gave.

Nothing is copied that need not be: what a module gives is kept as it is, with PyTorch's count of how often it was
written over (``Tensor._version``). What was (an activation in place, ``maps += shortcut``) is copied from then on.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import nn

from prunelle.look.hooks import first_tensor, undisturbed
from prunelle.look.layers import Layer

Call = tuple[str, int]
"""A module's name, and which of its calls in one passage, from 0."""

Side = Literal["given", "made"]


@dataclasses.dataclass(frozen=True, eq=False)
class Passed:
    """One module's call: what it took (empty where that was no tensor) and what it gave, ``(1, …)`` each."""

    given: torch.Tensor
    made: torch.Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class Recording:
    """What one passage left.

    Attributes:
        image: ``(1, C, …)`` float32, normalised, as the network took it.
        output: ``(1, K)``, what the network gave.
        passed: by module and call, of every module of the layers.
    """

    image: torch.Tensor
    output: torch.Tensor
    passed: Mapping[Call, Passed]

    def apart(self) -> list[Recording]:
        """Of a passage of several pictures, each picture's own; the same memory.

        Raises:
            ValueError: something that passed is not so many pictures' one after the other.
        """
        count = len(self.image)
        every = [
            self.output,
            *(tensor for each in self.passed.values() for tensor in (each.given, each.made)),
        ]
        if any(len(tensor) != count for tensor in every):
            raise ValueError("what passed is not one picture's after the other's")
        return [
            Recording(
                self.image[i : i + 1],
                self.output[i : i + 1],
                {
                    call: Passed(each.given[i : i + 1], each.made[i : i + 1])
                    for call, each in self.passed.items()
                },
            )
            for i in range(count)
        ]

    def output_of(self, layer: Layer) -> torch.Tensor:
        """``(1, *layer.shape)``, what is seen of a layer."""
        return self.passed[layer.last, layer.call].made


def as_maps(values: torch.Tensor) -> torch.Tensor:
    """``(1, *shape)`` → ``(C, h, w)``: ``(C, T)`` of series as ``(C, 1, T)``, units as ``(C, 1, 1)``."""
    one = values[0]
    if one.ndim == 0:
        return one.reshape(1, 1, 1)
    if one.ndim == 1:
        return one[:, None, None]
    return one.reshape(one.shape[0], -1, one.shape[-1])


def maps_shape(shape: Sequence[int]) -> tuple[int, int, int]:
    """Of ``as_maps``, for a layer of that ``shape``."""
    if len(shape) < 2:
        return (shape[0] if shape else 1), 1, 1
    return shape[0], math.prod(shape[1:-1]), shape[-1]


class Recorder:
    """Runs a network over one picture at a time and keeps what passed.

    The network is left as it was: its modes, its hooks, its weights.

    Args:
        network: any module.
        layers: of ``examine``.
    """

    def __init__(self, network: nn.Module, layers: Sequence[Layer]) -> None:
        self._network = network
        modules = dict(network.named_modules())
        self._modules = {name: modules.get(name, network) for layer in layers for name, _ in layer.calls}
        self._calls = {call for layer in layers for call in layer.calls}
        self._begins = {layer.calls[0] for layer in layers}
        self._before = {
            after: before
            for layer in layers
            for before, after in zip(layer.calls, layer.calls[1:], strict=False)
        }
        self._overwritten: set[tuple[Call, Side]] = set()

    def record(self, image: torch.Tensor) -> Recording:
        """``image: (1, C, …)`` float32, normalised, on the network's device; several at once: see ``apart``."""
        while True:
            known = len(self._overwritten)
            recording = self._pass(image)
            # What was written over is known from now on; a second passage copies it in time.
            if len(self._overwritten) == known:
                return recording

    def is_overwritten(self, call: Call, side: Side) -> bool:
        """Whether what that call takes, or gives, is written over before the passage ends."""
        return (call, side) in self._overwritten

    def _pass(self, image: torch.Tensor) -> Recording:
        kept: dict[tuple[Call, Side], tuple[torch.Tensor, int]] = {}
        counts: Counter[str] = Counter()

        def keep(call: Call, side: Side, value: object) -> None:
            tensor = first_tensor(value)
            if tensor is not None:
                place = (call, side)
                copied = tensor.clone() if place in self._overwritten or tensor.is_inference() else tensor
                kept[place] = (copied, version_of(copied))

        with undisturbed(self._network), torch.no_grad():
            handles = []
            for name, module in self._modules.items():
                handles.append(module.register_forward_pre_hook(self._taking(name, counts, keep)))
                handles.append(module.register_forward_hook(self._giving(name, counts, keep)))
            try:
                output = first_tensor(self._network(image))
            finally:
                for handle in handles:
                    handle.remove()
        assert output is not None
        self._overwritten |= {
            place for place, (tensor, version) in kept.items() if version_of(tensor) != version
        }
        passed: dict[Call, Passed] = {}
        for call in self._calls:
            made = kept.get((call, "made"))
            before = self._before.get(call)
            given = kept.get((call, "given")) if before is None else kept.get((before, "made"))
            if made is not None:
                passed[call] = Passed(
                    made[0].new_empty((len(image), 0)) if given is None else given[0], made[0]
                )
        return Recording(image, output, passed)

    def _taking(self, name: str, counts: Counter[str], keep: Any) -> Any:
        def hook(module: nn.Module, inputs: tuple[object, ...]) -> None:
            call = (name, counts[name])
            if call in self._begins:
                keep(call, "given", inputs)

        return hook

    def _giving(self, name: str, counts: Counter[str], keep: Any) -> Any:
        def hook(module: nn.Module, inputs: object, output: object) -> None:
            call = (name, counts[name])
            counts[name] += 1
            if call in self._calls:
                keep(call, "made", output)

        return hook


def version_of(tensor: torch.Tensor) -> int:
    """How often its memory was written over."""
    # What was made in inference mode keeps no count; ``Recorder`` copies it.
    return -1 if tensor.is_inference() else tensor._version
