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
from prunelle.networks.freezing import is_frozen
from prunelle.networks.graph import bottlenecks, trace, trains_as_it_answers, weights_of
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
    traced = trace(network)
    device = next((p.device for p in network.parameters()), torch.device("cpu"))
    with evaluating(network):
        ShapeProp(traced).propagate(torch.zeros(1, *input_shape, device=device))
    cuts, counted = [], dict[int, int]()
    for node, ended in bottlenecks(traced):
        for ran in ended.ran:
            # By identity: weights that two layers share count once.
            counted |= {id(weight): weight.numel() for weight in weights_of(ran, network)}
        if ended.name is not None:
            shape = tuple(int(length) for length in node.meta["tensor_meta"].shape[1:])
            cuts.append(Stage(ended.name, shape, sum(counted.values())))
    return cuts


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
    traced = trace(network)
    at = [node for node, ended in bottlenecks(traced) if stage in ended.names]
    if not at:
        possible = [ended.name for _, ended in bottlenecks(traced) if ended.name]
        raise ArgumentError(
            f"stage must be a module whose output is all that the rest of the network needs; {stage} is not one. "
            f"Possible: {', '.join(possible)}."
        )
    cut = at[-1]
    return _upto(traced, cut), _after(traced, cut)


def split_frozen(network: nn.Module) -> tuple[fx.GraphModule, fx.GraphModule] | None:
    """``network`` cut as late as what comes before is the same in every step: frozen, or without weights and chance.

    None where there is no such place, where the network cannot be traced, or where it computes something else in
    training mode than its graph says (auxiliary classifiers).
    """
    try:
        traced = trace(network)
    except ArgumentError:
        return None
    cut, frozen = None, False
    for node, ended in bottlenecks(traced):
        for ran in ended.ran:
            weights = weights_of(ran, network)
            if any(weight.requires_grad for weight in weights) or not _constant(ran, network):
                break
            frozen = frozen or bool(weights)
        else:
            cut = node
            continue
        break
    if cut is None or not frozen or not trains_as_it_answers(network):
        return None
    return _upto(traced, cut), _after(traced, cut)


_CONSTANT = "_tensor_constant"
"""How ``torch.fx`` calls tensors that are nobody's buffer or parameter."""

_CHANCE = (nn.modules.dropout._DropoutNd, nn.RReLU, nn.FractionalMaxPool2d, nn.FractionalMaxPool3d)


def _constant(node: fx.Node, network: nn.Module) -> bool:
    """Whether a node does in training what it does in evaluation."""
    if node.op != "call_module":
        return True
    module = network.get_submodule(str(node.target))
    # Buffers are statistics, which move in training.
    return is_frozen(module) or not (any(module.buffers()) or isinstance(module, _CHANCE))


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
        # Weights outside modules (a class token) may be fetched before the cut and used after it.
        if past or node.op == "get_attr":
            copied[node] = graph.node_copy(node, lambda old: copied[old])
        past = past or node is cut
    return _module(traced, graph, "Rest")


def _module(traced: fx.GraphModule, graph: fx.Graph, name: str) -> fx.GraphModule:
    made = fx.GraphModule(traced, graph, name)
    made.graph.eliminate_dead_code()
    made.delete_all_unused_submodules()
    for constant in [each for each in dict(made.named_buffers(recurse=False)) if each.startswith(_CONSTANT)]:
        # Tracing makes it again, though perhaps by another number: it is no part of the state.
        made.register_buffer(constant, made.get_buffer(constant), persistent=False)
    made.recompile()
    return made
