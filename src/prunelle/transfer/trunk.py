"""A network in two: the trunk that is kept as it is, and the rest that goes on learning.

The two are cut from the network's own graph (``torch.fx``), so any module that can be traced can be cut, wherever a
single tensor carries all that the rest needs: between the blocks of a ResNet, not inside one. Both share the
network's modules under their own names; what the rest learns, the network has learned.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from prunelle.errors import ArgumentError, UnknownName
from prunelle.networks.summary import evaluating


@dataclasses.dataclass(frozen=True)
class Stage:
    """A place where a network can be cut.

    Attributes:
        name: of the module that ends there (``layer3``, ``features.16``): the outermost that does.
        shape: of what crosses the cut, without the batch dimension: ``(C, H, W)`` maps or ``(F,)`` features.
        parameters: of the trunk that ends there.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int


def stages(network: nn.Module, input_shape: Sequence[int]) -> list[Stage]:
    """Every place where ``network`` can be cut, in the order of its forward pass, the last outputs excluded.

    Args:
        network: left as it is; run once on zeros of ``(1, *input_shape)`` in evaluation mode.
        input_shape: ``(C, H, W)``.

    Raises:
        ArgumentError: its forward pass cannot be traced (it branches on values of tensors).
    """
    traced = _trace(network)
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    with evaluating(network):
        ShapeProp(traced).propagate(torch.zeros(1, *input_shape, device=device))
    found, counted = [], dict[int, int]()
    for node, ended in _bottlenecks(traced):
        for ran in ended.ran:
            counted |= {id(weight): weight.numel() for weight in _weights(ran, network)}
        if ended.name is not None:
            shape = tuple(int(length) for length in node.meta["tensor_meta"].shape[1:])
            found.append(Stage(ended.name, shape, sum(counted.values())))
    return found


def split(network: nn.Module, stage: str) -> tuple[fx.GraphModule, fx.GraphModule]:
    """``network`` cut where ``stage`` ends: ``rest(trunk(images)) == network(images)``, in evaluation mode.

    Args:
        network: left as it is; the two halves hold its modules themselves, not copies.
        stage: the name of one of its modules (see ``stages``).

    Raises:
        UnknownName: no such module.
        ArgumentError: more than one tensor goes on from there, or the network cannot be traced.
    """
    names = [name for name, _ in network.named_modules() if name]
    if stage not in names:
        raise UnknownName("stage", stage, names)
    traced = _trace(network)
    at = [node for node, ended in _bottlenecks(traced) if stage in ended.names]
    if not at:
        possible = [ended.name for _, ended in _bottlenecks(traced) if ended.name]
        raise ArgumentError(
            f"stage must be a module whose output is all that the rest of the network needs; {stage} is not one. "
            f"Possible: {', '.join(possible)}."
        )
    cut = at[-1]
    return _upto(traced, cut), _after(traced, cut)


@dataclasses.dataclass
class _Ended:
    """What a bottleneck ends: modules whose last node it is; and the nodes that ran since the one before."""

    names: list[str]
    ran: list[fx.Node]

    @property
    def name(self) -> str | None:
        """The outermost module that ends here, if any does."""
        return min(self.names, key=lambda name: name.count("."), default=None)


def _trace(network: nn.Module) -> fx.GraphModule:
    try:
        # What exists for training alone (auxiliary classifiers) is no part of the graph.
        with evaluating(network):
            return fx.symbolic_trace(network)
    except (fx.proxy.TraceError, TypeError, RuntimeError, AttributeError, ValueError) as error:
        raise ArgumentError(
            f"{type(network).__name__} cannot be cut: its forward pass cannot be traced ({error})."
        ) from error


def _bottlenecks(traced: fx.GraphModule) -> list[tuple[fx.Node, _Ended]]:
    """Nodes whose value is all that later nodes need, in order, with what ends at each; no input, no output."""
    nodes = [node for node in traced.graph.nodes if node.op not in ("get_attr", "output")]
    position = {node: i for i, node in enumerate(nodes)}
    last_use = {
        node: max((position.get(user, len(nodes)) for user in node.users), default=-1) for node in nodes
    }
    last_of: dict[str, fx.Node] = {}
    for node in nodes:
        for name in _owners(node):
            last_of[name] = node
    found: list[tuple[fx.Node, _Ended]] = []
    ran: list[fx.Node] = []
    alive = -1  # the furthest node that uses anything from before
    for i, node in enumerate(nodes[:-1]):
        ran.append(node)
        if alive <= i and node.op != "placeholder" and last_use[node] > i:
            found.append((node, _Ended([name for name, last in last_of.items() if last is node], ran)))
            ran = []
        alive = max(alive, last_use[node])
    return found


def _weights(node: fx.Node, network: nn.Module) -> list[nn.Parameter]:
    """Those a node computes with: a leaf module's own, or those its operation is given."""
    if node.op == "call_module":
        return list(network.get_submodule(str(node.target)).parameters())
    named = dict(network.named_parameters())
    return [named[str(g.target)] for g in node.all_input_nodes if g.op == "get_attr" and g.target in named]


def _owners(node: fx.Node) -> list[str]:
    """The modules a node runs in, outermost first: ``layer1``, ``layer1.0``, ``layer1.0.conv1``."""
    stack = node.meta.get("nn_module_stack") or {}
    names = [str(value[0]) for value in stack.values()]
    return list(dict.fromkeys(name for name in names if name))


def _upto(traced: fx.GraphModule, cut: fx.Node) -> fx.GraphModule:
    graph = fx.Graph()
    copied: dict[fx.Node, fx.Node] = {}
    for node in traced.graph.nodes:
        copied[node] = graph.node_copy(node, lambda old: copied[old])
        if node is cut:
            break
    graph.output(copied[cut])
    return _module(traced, graph, "Trunk")


def _after(traced: fx.GraphModule, cut: fx.Node) -> fx.GraphModule:
    graph = fx.Graph()
    copied = {cut: graph.placeholder("features")}
    past = False
    for node in traced.graph.nodes:
        if past or node.op == "get_attr":
            copied[node] = graph.node_copy(node, lambda old: copied[old])
        past = past or node is cut
    return _module(traced, graph, "Rest")


def _module(traced: fx.GraphModule, graph: fx.Graph, name: str) -> fx.GraphModule:
    made = fx.GraphModule(traced, graph, name)
    made.graph.eliminate_dead_code()
    made.delete_all_unused_submodules()
    made.recompile()
    return made
