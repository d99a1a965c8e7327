"""A network in few parts: runs of like layers, and blocks whose paths meet again; what a drawing shows."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, Literal

import torch
from torch import nn

from prunelle.networks.receptive_field import ReceptiveFields
from prunelle.networks.summary import blank, detail, evaluating

Kind = Literal["convolution", "pooling", "branches", "residual", "dense"]

CONCATENATIONS = ("cat", "concat", "concatenate")
SUMS = ("add", "add_", "__add__", "__iadd__", "__radd__")


@dataclasses.dataclass(frozen=True)
class Part:
    """Consecutive layers or blocks of one kind with outputs of one shape.

    Attributes:
        kind: ``branches`` are blocks that concatenate parallel paths (Inception and Fire modules), ``residual``
            ones that add a shortcut, whatever is inside.
        names: of the modules, in the order they ran.
        details: kernel, stride and padding of each (as in ``LayerRow.detail``); empty for blocks.
        shape: of the output, without the batch dimension.
        branches: parallel paths of a block, 1 elsewhere.
    """

    kind: Kind
    names: tuple[str, ...]
    details: tuple[str, ...]
    shape: tuple[int, ...]
    branches: int = 1

    @property
    def name(self) -> str:
        """``layer1.0–2``: the first and the last name, what they share written once."""
        first, last = self.names[0], self.names[-1]
        if first == last:
            return first
        pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
        shared = "".join(letter for letter, _ in pairs)
        if first[len(shared) :][:1].isdigit() or last[len(shared) :][:1].isdigit():
            # features.10 and features.12 share "features.", not "features.1".
            shared = shared.rstrip("0123456789")
        rest = last[len(shared) :]
        return f"{first}–{last if '.' in rest else rest}"


@dataclasses.dataclass
class _Call:
    """A module that ran: what went in and out, what it called, and where its own paths met."""

    name: str
    module: nn.Module
    into: tuple[int, ...] = ()
    out: tuple[int, ...] = ()
    calls: list[_Call] = dataclasses.field(default_factory=list)
    joins: list[tuple[str, int]] = dataclasses.field(default_factory=list)


class _Joins(ReceptiveFields):
    """Tells the running module of each operation on several tensors that came from the picture."""

    running: _Call

    def joined(self, name: str, count: int) -> None:
        self.running.joins.append((name, count))


def outline(network: nn.Module, input_shape: tuple[int, ...]) -> list[Part]:
    """Runs ``network`` once on zeros of ``(1, *input_shape)`` in evaluation mode, on its own device.

    Activations, normalisations, dropout and reshaping are not parts. The network is as before.
    """
    root = _Call("", network)
    stack = [root]
    images = blank(network, input_shape)
    follower = _Joins(images)
    follower.running = root

    def enter(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[object, ...]) -> None:
            call = _Call(name, module, into=_shape(inputs))
            stack[-1].calls.append(call)
            stack.append(call)
            follower.running = call

        return hook

    def leave(_module: nn.Module, _inputs: object, output: object) -> None:
        stack.pop().out = _shape((output,))
        follower.running = stack[-1]

    handles = []
    for name, module in network.named_modules():
        if module is not network:
            handles += [module.register_forward_pre_hook(enter(name)), module.register_forward_hook(leave)]
    try:
        with evaluating(network), follower:
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    return _merged([part for call in root.calls for part in _parts(call)])


def _shape(values: tuple[object, ...]) -> tuple[int, ...]:
    first = next((value for value in values if isinstance(value, torch.Tensor)), None)
    return () if first is None else tuple(first.shape[1:])


def _parts(call: _Call) -> list[Part]:
    names = [name for name, _ in call.joins]
    if any(name in SUMS for name in names):
        return [Part("residual", (call.name,), (), call.out)]
    if any(name in CONCATENATIONS for name in names):
        branches = max(count for name, count in call.joins if name in CONCATENATIONS)
        return [Part("branches", (call.name,), (), call.out, branches)]
    if call.calls:
        parts = [part for inner in call.calls for part in _parts(inner)]
        # What wraps a single layer (convolution, normalisation, activation) gives it its name.
        return [dataclasses.replace(parts[0], names=(call.name,))] if len(parts) == 1 else parts
    kind = _kind(call)
    return [] if kind is None else [Part(kind, (call.name,), (detail(call.module),), call.out)]


def _kind(call: _Call) -> Kind | None:
    """Of a leaf module, by what it does to shapes, so that layers of one's own are drawn too."""
    if len(call.out) > 1:
        if hasattr(call.module, "kernel_size") and hasattr(call.module, "weight"):
            return "convolution"
        return "pooling" if call.out[1:] != call.into[1:] else None
    dense = isinstance(call.module, nn.Linear) or (len(call.into) == 1 and call.out != call.into)
    return "dense" if dense else None


def _merged(parts: list[Part]) -> list[Part]:
    merged = []
    for _, group in itertools.groupby(parts, key=lambda part: (part.kind, part.shape, part.branches)):
        run = list(group)
        if run[0].kind == "dense":
            merged += run
            continue
        names = tuple(name for part in run for name in part.names)
        details = tuple(text for part in run for text in part.details)
        merged.append(dataclasses.replace(run[0], names=names, details=details))
    return merged
