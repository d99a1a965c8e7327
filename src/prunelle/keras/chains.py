"""From a graph of layer calls to one plain torch module.

Calls that follow one another without a branch become one ``nn.Sequential``, which is what
``training.fast.acceleration`` looks for. A model that is one chain *is* an ``nn.Sequential``.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence

import torch
from torch import nn

from prunelle.errors import ArgumentError


@dataclasses.dataclass
class Step:
    """Part of a graph: a module, and the values (by number) that it takes and gives."""

    module: nn.Module
    sources: tuple[int, ...]
    targets: tuple[int, ...]
    free: tuple[int, ...] = ()
    """Values that nobody needs any more afterwards."""


class Graph(nn.Module):
    """Steps, one after the other. Takes the inputs in order, gives the outputs: a tensor, or a tuple of several."""

    def __init__(self, steps: Sequence[Step], inputs: Sequence[int], outputs: Sequence[int]) -> None:
        super().__init__()
        self.steps = nn.ModuleList(step.module for step in steps)
        self._plan = list(steps)
        self._inputs, self._outputs = tuple(inputs), tuple(outputs)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        values = dict(zip(self._inputs, inputs, strict=True))
        for step in self._plan:
            result = step.module(*[values[source] for source in step.sources])
            if len(step.targets) == 1:
                values[step.targets[0]] = result
            else:
                values.update(zip(step.targets, result, strict=True))
            for value in step.free:
                del values[value]
        results = tuple(values[output] for output in self._outputs)
        return results[0] if len(results) == 1 else results


@dataclasses.dataclass(eq=False)
class Value:
    """What a call takes or gives."""

    node: Call | None = None
    name: str = ""


@dataclasses.dataclass(eq=False)
class Call:
    """One call of a layer: its modules, in a row, and from which values they make which."""

    parts: list[nn.Module]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    name: str


def build(
    inputs: Sequence[Value], outputs: Sequence[Value], *, logits: bool = False
) -> tuple[nn.Module, list[str | None]]:
    """The module that computes ``outputs`` from ``inputs``.

    Args:
        logits: leave out a softmax or sigmoid that ends an output and that nothing else needs.

    Returns:
        The module, and for each output what was left out: ``softmax``, ``sigmoid`` or None.

    Raises:
        ArgumentError: an output depends on something that is not among the inputs.
    """
    nodes = ordered(outputs, inputs)
    number = {id(tensor): i for i, tensor in enumerate(inputs)}
    for node in nodes:
        if not node.inputs:
            raise ArgumentError(
                f"the outputs need {node.name}, which is not among the model's inputs "
                f"({', '.join(str(tensor.name) for tensor in inputs)}). Are they of another model?"
            )
        for tensor in node.outputs:
            number[id(tensor)] = len(number)
    uses = Counter(id(tensor) for node in nodes for tensor in node.inputs)
    uses.update(id(tensor) for tensor in outputs)

    ends_by_id = {id(tensor) for tensor in outputs}
    left_out: list[str | None] = [None] * len(outputs)
    chains: list[tuple[list[nn.Module], tuple[int, ...], tuple[int, ...]]] = []
    open_at: dict[int, int] = {}  # value → the chain that ends with it and may go on
    for node in nodes:
        parts = list(node.parts)
        sources = tuple(number[id(tensor)] for tensor in node.inputs)
        targets = tuple(number[id(tensor)] for tensor in node.outputs)
        if logits:
            for place, output in enumerate(outputs):
                if output.node is node and uses[id(output)] == 1 and len(targets) == 1:
                    left_out[place] = _ending(parts)
                    if left_out[place] is not None:
                        parts = parts[:-1]
        chain = open_at.pop(sources[0], None) if len(sources) == 1 else None
        if chain is not None:
            modules, first, _ = chains[chain]
            chains[chain] = ([*modules, *parts], first, targets)
        else:
            chain = len(chains)
            chains.append((parts, sources, targets))
        if len(targets) == 1 and uses[id(node.outputs[0])] == 1 and id(node.outputs[0]) not in ends_by_id:
            open_at[targets[0]] = chain
    # A chain goes where its last call was: everything that it needs is there before.
    at = {target: i for i, node in enumerate(nodes) for target in (number[id(t)] for t in node.outputs)}
    chains.sort(key=lambda chain: at[chain[2][0]])
    steps = [Step(_in_one(parts, len(sources)), sources, targets) for parts, sources, targets in chains]
    ends = [number[id(tensor)] for tensor in outputs]
    if len(steps) == 1 and steps[0].sources == (0,) and len(inputs) == 1 and ends == list(steps[0].targets):
        return steps[0].module, left_out
    last_use = {source: i for i, step in enumerate(steps) for source in (*step.sources, *step.targets)}
    for i, step in enumerate(steps):
        step.free = tuple(value for value, last in last_use.items() if last == i and value not in ends)
    return Graph(steps, range(len(inputs)), ends), left_out


def ordered(outputs: Sequence[Value], inputs: Sequence[Value] = ()) -> list[Call]:
    """Every call that ``outputs`` need beyond ``inputs``, what is needed first before what needs it."""
    known = {id(tensor) for tensor in inputs}
    done: set[int] = set()
    order: list[Call] = []
    # Without recursion: networks of a thousand layers exist.
    stack = [(tensor.node, False) for tensor in reversed(outputs) if id(tensor) not in known]
    while stack:
        node, expanded = stack.pop()
        assert node is not None
        if id(node) in done:
            continue
        if expanded:
            done.add(id(node))
            order.append(node)
            continue
        stack.append((node, True))
        stack += [(tensor.node, False) for tensor in reversed(node.inputs) if id(tensor) not in known]
    return order


def chain(module: nn.Module) -> list[nn.Module]:
    """The modules that a built model is made of, when it is one chain; else itself."""
    return list(module) if type(module) is nn.Sequential else [module]


class Merging(nn.Module):
    """A module of several inputs, then others in a chain."""

    def __init__(self, first: nn.Module, rest: Sequence[nn.Module]) -> None:
        super().__init__()
        self.first, self.rest = first, nn.Sequential(*rest)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        return self.rest(self.first(*inputs))  # type: ignore[no-any-return]


def _in_one(parts: Sequence[nn.Module], inputs: int) -> nn.Module:
    if len(parts) == 1 and (inputs > 1 or isinstance(parts[0], Graph)):
        return parts[0]
    return Merging(parts[0], parts[1:]) if inputs > 1 else nn.Sequential(*parts)


def _ending(parts: Sequence[nn.Module]) -> str | None:
    if not parts:
        return None
    if type(parts[-1]) is nn.Softmax:
        return "softmax"
    return "sigmoid" if type(parts[-1]) is nn.Sigmoid else None
