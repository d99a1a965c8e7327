"""A graph of PyTorch's on its way to a plain list of operations; what depends on no input is computed here."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.fx import Node

from prunelle.errors import ExportError

_KINDS = {
    "conv": "conv",
    "linear": "dense",
    "maxpool": "pool",
    "avgpool": "pool",
    "adaptive": "pool",
    "reduce": "pool",
    "add": "sum",
    "cat": "join",
}
_FOLLOWING = ("relu", "tanh", "sigmoid", "elu", "leaky", "clamp", "gelu", "gelu_tanh")
"""What a layer is shown after."""


@dataclasses.dataclass(frozen=True, eq=False)
class Tensor:
    """A constant.

    Attributes:
        values: float32.
        narrow: it is a weight matrix or kernel ``(outputs, …)``, which may be kept in fewer bits.
    """

    values: torch.Tensor
    narrow: bool


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """What the page computes.

    Attributes:
        shapes: of every value; the first is the input, ``(1, C, …)``, the others an operation's result each.
        ops: ``{"op": name, "in": values or {"k": number} or {"t": tensor}, …}``, in order.
        tensors: constants.
        layers: what is shown of it: ``{"value", "name", "kind", "detail"}``.
        result: the value that is the answer, ``(1, K)``.
    """

    shapes: tuple[tuple[int, ...], ...]
    ops: tuple[dict[str, Any], ...]
    tensors: tuple[Tensor, ...]
    layers: tuple[dict[str, Any], ...]
    result: int

    @property
    def num_weights(self) -> int:
        """Numbers that a file of it has."""
        return sum(each.values.numel() for each in self.tensors)


class Lowering:
    """The graph on its way to a ``Program``. ``handler_of`` says who knows a node's operation (``operations.py``), and
    handlers call what is public.

    Attributes:
        values: which value a node became.
        parts: of nodes with several results, which value each became.
        folded: nodes whose batch normalisation went into their weights.
    """

    def __init__(
        self,
        exported: Any,
        module: nn.Module,
        handler_of: Callable[[Node], Callable[[Lowering, Node], None] | None],
    ) -> None:
        self._handler_of = handler_of
        self.values: dict[Node, int] = {}
        self.parts: dict[Node, dict[int, int]] = {}
        self.folded: set[Node] = set()
        self._exported = exported
        self._leaves = {name for name, each in module.named_modules() if not any(each.children())}
        self._constants: dict[Node, Any] = {}
        self._shapes: list[tuple[int, ...]] = []
        self._ops: list[dict[str, Any]] = []
        self._tensors: list[Tensor] = []
        self._layers: list[dict[str, Any]] = []

    def program(self) -> Program:
        """All nodes, in order."""
        signature, state = self._exported.graph_signature, self._exported.state_dict
        held = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        tensors = signature.inputs_to_lifted_tensor_constants
        result = None
        for node in self._exported.graph.nodes:
            if node.op == "placeholder":
                if node.name in held:
                    kept = self._exported.constants | state
                    self._constants[node] = kept[held[node.name]].detach()
                elif node.name in tensors:
                    self._constants[node] = self._exported.constants[tensors[node.name]]
                else:
                    self.values[node] = len(self._shapes)
                    self._shapes.append(tuple(node.meta["val"].shape))
            elif node.op == "output":
                result = self.value(node.args[0][0])
            else:
                self._lower(node)
        assert result is not None
        return self._pruned(result)

    def _lower(self, node: Node) -> None:
        if name_of(node).startswith("_assert"):
            return  # gives nothing
        if all(each in self._constants for each in node.all_input_nodes):
            self._constants[node] = self._computed(node)
            return
        handler = self._handler_of(node)
        if handler is None:
            path = self._path(node)
            raise ExportError(
                f"format html has no operation {name_of(node)}{f' (of {path})' if path else ''}; write another format: "
                f"--format onnx."
            )
        handler(self, node)

    def _computed(self, node: Node) -> Any:
        def known(each: Node) -> Any:
            return self._constants[each]

        target: Any = node.target
        args, kwargs = torch.fx.map_arg((node.args, node.kwargs), known)
        with torch.no_grad():
            return operator.getitem(*args) if target is operator.getitem else target(*args, **kwargs)

    # ---- What handlers ask for and say.

    def value(self, each: Any) -> Any:
        """Of an operation's argument: the number of a value, ``{"k": number}`` or ``{"t": tensor}``."""
        if isinstance(each, Node):
            return self.values[each] if each in self.values else self.tensor_reference(self._constants[each])
        return {"k": float(each)}

    def tensor_reference(self, tensor: torch.Tensor) -> dict[str, int]:
        """``{"t": number}`` of a constant."""
        place = self.tensor(tensor)
        assert place is not None
        return {"t": place}

    def constant(self, each: Any) -> torch.Tensor:
        """What does not depend on the input.

        Raises:
            ExportError: it does.
        """
        if isinstance(each, Node) and each in self._constants:
            found: torch.Tensor = self._constants[each]
            return found
        raise ExportError(
            "format html has no weights that are computed from the input; write another format: --format onnx."
        )

    def tensor(self, values: torch.Tensor | None, *, narrow: bool = False) -> int | None:
        """The number of a constant; None of none."""
        if values is None:
            return None
        self._tensors.append(Tensor(values.detach().float().contiguous(), narrow))
        return len(self._tensors) - 1

    def op(self, node: Node, op: str, inputs: Sequence[Any], *, layer: bool = False, **settings: Any) -> None:
        """A step that gives ``node``'s one result."""
        value = node.meta["val"]
        if not (value.dtype.is_floating_point or value.dtype == torch.bool):
            raise ExportError(
                f"format html has no {name_of(node)} of whole numbers; write another format: --format onnx."
            )
        made = self.add(op, [self.value(each) for each in inputs], value.shape, **settings)
        self.values[node] = made
        if layer:
            self.layer(made, node)
        elif op in _FOLLOWING:
            self.follows(made, inputs[0])

    def add(self, op: str, inputs: Sequence[Any], shape: Sequence[int], **settings: Any) -> int:
        """A step; gives the value that it makes."""
        self._ops.append({"op": op, "in": list(inputs), **settings})
        self._shapes.append(tuple(shape))
        return len(self._shapes) - 1

    def layer(self, value: int, node: Node) -> None:
        """``value`` is shown."""
        op = self._ops[value - 1]
        kind = _KINDS[op["op"]]
        path = self._path(node)
        # What a function of a network does, rather than a module, is called by its name in PyTorch.
        name = path if self.is_module(node) else node.name
        detail = ""
        if op["op"] == "conv":
            detail = _window(self._tensors[op["weight"]].values.shape[2:], len(self._shapes[value]))
        elif "window" in op:
            detail = _window(op["window"][0], len(self._shapes[value]))
        self._layers.append({"value": value, "name": name, "kind": kind, "detail": detail})

    def follows(self, value: int, before: Any) -> None:
        """``value`` is what is shown of the layer before it, where nothing else asks for that."""
        if isinstance(before, Node) and before in self.values and len(before.users) == 1:
            for layer in self._layers:
                if layer["value"] == self.values[before]:
                    layer["value"] = value

    def both_computed(self, node: Node) -> bool:
        """Neither of two values is a constant."""
        return all(isinstance(each, Node) and each in self.values for each in node.args[:2])

    def is_module(self, node: Node) -> bool:
        """A module of the network does nothing else than this."""
        stack = node.meta.get("nn_module_stack") or {}
        return bool(stack) and list(stack.values())[-1][0] in self._leaves

    def normalised(
        self, node: Node, weight: torch.Tensor, bias: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """``weight: (outputs, …)`` and ``bias: (outputs,)``, with the batch normalisation that alone comes after."""
        users = list(node.users)
        if len(users) != 1 or name_of(users[0]) != "_native_batch_norm_legit_no_training":
            return weight, bias
        self.folded.add(node)
        scale, shift = self.scale_and_shift(users[0])
        wide = weight.double() * scale.view(-1, *[1] * (weight.ndim - 1))
        return wide, shift if bias is None else shift + scale * bias.double()

    def scale_and_shift(self, node: Node) -> tuple[torch.Tensor, torch.Tensor]:
        """``(C,)`` float64 each: what a batch normalisation multiplies with, and what it adds."""
        _, weight, bias, mean, var, _, eps = node.args
        assert isinstance(eps, float)
        scale = 1 / torch.sqrt(self.constant(var).double() + eps)
        if weight is not None:
            scale = scale * self.constant(weight).double()
        shift = -self.constant(mean).double() * scale
        return scale, shift if bias is None else shift + self.constant(bias).double()

    def _path(self, node: Node) -> str:
        stack = node.meta.get("nn_module_stack") or {}
        path = list(stack.values())[-1][0] if stack else ""
        return str(path).removeprefix("network.").removeprefix("network")

    def _pruned(self, result: int) -> Program:
        """Without what nothing asks for."""
        wanted = {result}
        for place in range(len(self._ops), 0, -1):
            if place in wanted:
                wanted |= {each for each in self._ops[place - 1]["in"] if isinstance(each, int)}
        kept = sorted(wanted | {0})
        number = {old: new for new, old in enumerate(kept)}
        ops = tuple(
            {
                **self._ops[old - 1],
                "in": [number[e] if isinstance(e, int) else e for e in self._ops[old - 1]["in"]],
            }
            for old in kept[1:]
        )
        return Program(
            shapes=tuple(self._shapes[old] for old in kept),
            ops=ops,
            tensors=tuple(self._tensors),
            layers=tuple(
                {**layer, "value": number[layer["value"]]}
                for layer in self._layers
                if layer["value"] in wanted
            ),
            result=number[result],
        )


def _window(size: Sequence[int], axes: int) -> str:
    """``5×5``, of a series ``5``: without the axes that were added to its ``axes`` of examples, channels and place."""
    return "×".join(map(str, size[2 - axes :]))


def name_of(node: Node) -> str:
    """``relu``, ``add.Tensor``, ``pow.Tensor_Scalar``: PyTorch's, without ``aten`` and ``default``."""
    return str(node.target).removeprefix("aten.").removesuffix(".default")
