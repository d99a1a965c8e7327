"""A network's own graph (``torch.fx``): which operations run in which order, in which modules, with which weights."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

from torch import fx, nn

from prunelle.errors import ArgumentError
from prunelle.networks import layers_1d
from prunelle.networks.summary import evaluating


@dataclasses.dataclass
class Ended:
    """What a bottleneck ends: modules whose last node it is; and the nodes that ran since the one before."""

    names: list[str]
    ran: list[fx.Node]

    @property
    def name(self) -> str | None:
        """The outermost module that ends here, if any does."""
        return min(self.names, key=lambda name: name.count("."), default=None)


def trace(network: nn.Module) -> fx.GraphModule:
    """The graph of ``network`` in evaluation mode; it holds the network's own modules.

    Raises:
        ArgumentError: its forward pass cannot be traced (it branches on values of tensors).
    """
    # What exists for training alone (auxiliary classifiers) is no part of the graph.
    with evaluating(network):
        return _traced(network)


def trains_as_it_answers(network: nn.Module) -> bool:
    """Whether the same operations run in training mode, so that the graph says all of both.

    Not so with auxiliary classifiers, or where ``F.dropout(x, training=self.training)`` is called.
    """
    try:
        with evaluating(network):  # for the modes that it puts back
            network.train()
            training = _traced(network)
    except ArgumentError:
        return False
    return str(training.graph) == str(trace(network).graph)


# While one thread traces, torch.fx calls modules of all threads by way of its tracer; and of two that trace at once,
# the one that ends last puts back what the other had put there, for good.
_TRACING = threading.Lock()


class _Tracer(fx.Tracer):
    """Layers for series are single nodes, as torch's own are: those for padded ones branch on values.

    What other threads run meanwhile is none of the graph's business.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """torch.fx's own, of this thread's modules alone."""
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """torch.fx's own, of what this thread asks for alone."""
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m).__module__ == layers_1d.__name__ or super().is_leaf_module(m, module_qualified_name)


def _traced(network: nn.Module) -> fx.GraphModule:
    try:
        with _TRACING:
            return fx.GraphModule(network, _Tracer().trace(network), type(network).__name__)
    except (fx.proxy.TraceError, TypeError, RuntimeError, AttributeError, ValueError) as error:
        raise ArgumentError(
            f"{type(network).__name__} cannot be cut: its forward pass cannot be traced ({error})."
        ) from error


def bottlenecks(traced: fx.GraphModule) -> list[tuple[fx.Node, Ended]]:
    """Nodes whose value is all that later nodes need, in order, with what ends at each; no input, no output."""
    nodes = [node for node in traced.graph.nodes if node.op not in ("get_attr", "output")]
    position = {node: i for i, node in enumerate(nodes)}
    last_use = {
        node: max((position.get(user, len(nodes)) for user in node.users), default=-1) for node in nodes
    }
    last_of: dict[str, fx.Node] = {}
    for node in nodes:
        for name in owners(node):
            last_of[name] = node
    bottleneck_nodes: list[tuple[fx.Node, Ended]] = []
    ran: list[fx.Node] = []
    alive = -1  # the furthest node that uses anything from before
    for i, node in enumerate(nodes[:-1]):
        ran.append(node)
        if alive <= i and node.op != "placeholder" and last_use[node] > i:
            bottleneck_nodes.append(
                (node, Ended([name for name, last in last_of.items() if last is node], ran))
            )
            ran = []
        alive = max(alive, last_use[node])
    return bottleneck_nodes


def weights_of(node: fx.Node, network: nn.Module) -> list[nn.Parameter]:
    """Those a node computes with: a leaf module's own, or those its operation is given."""
    if node.op == "call_module":
        return list(network.get_submodule(str(node.target)).parameters())
    named = dict(network.named_parameters())
    return [named[str(g.target)] for g in node.all_input_nodes if g.op == "get_attr" and g.target in named]


def owners(node: fx.Node) -> list[str]:
    """The modules a node runs in, outermost first: ``layer1``, ``layer1.0``, ``layer1.0.conv1``."""
    stack = node.meta.get("nn_module_stack") or {}
    names = [str(value[0]) for value in stack.values()]
    return list(dict.fromkeys(name for name in names if name))
