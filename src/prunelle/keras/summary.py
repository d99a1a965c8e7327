"""The table of ``model.summary()``, as Keras printed it until Keras 3: what courses print beside their programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from prunelle.errors import ArgumentError


def summarise(
    self: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    **ignored: Any,
) -> None:
    """Prints a line a layer (name, class, output shape, number of weights) and the totals.

    Raises:
        ArgumentError: the model does not know its input's shape yet.
    """
    if not self.built:
        raise ArgumentError(
            f"{self.name} is not built yet: give its first layer input_shape=, or call build() or fit() first."
        )
    show = print_fn or _print
    branches = _forks(self)
    width = line_length or (98 if branches else 65)
    shares = list(positions or ((0.33, 0.55, 0.67, 1.0) if branches else (0.45, 0.85, 1.0)))
    ends = [int(width * share) if share <= 1 else int(share) for share in shares]
    heads = ["Layer (type)", "Output Shape", "Param #", *(["Connected to"] if branches else [])]
    if show_trainable:
        heads.append("Trainable")
        ends = [*(int(end * 0.9) for end in ends), width]

    def row(fields: Sequence[Any], indent: str = " ") -> None:
        # What does not fit into its column goes on in the next line.
        left = [str(field) for field in fields]
        while any(left):
            line = indent
            for i, (text, end) in enumerate(zip(left, ends, strict=False)):
                room = max(end - len(line) - (i < len(left) - 1), 1)
                cut = room if len(text) <= room else text.rfind(" ", 0, room) + 1 or room
                line = (line + text[:cut]).ljust(end)[: max(end, len(line) + cut)]
                left[i] = text[cut:].lstrip()
            show(line.ljust(width))

    def rows(layers: Sequence[Any], indent: str) -> None:
        for i, layer in enumerate(layers):
            fields: list[Any] = [
                f"{layer.name} ({type(layer).__name__})",
                _shape(layer),
                layer.count_params(),
            ]
            if branches:
                fields.append(", ".join(_origins(self, layer)))
            if show_trainable:
                fields.append("Y" if layer.trainable else "N")
            row(fields, indent)
            if expand_nested and getattr(layer, "layers", None):
                rows(layer.layers, indent + "|  ")
            if i < len(layers) - 1:
                show(" " * width)

    show(f'Model: "{self.name}"')
    show("_" * width)
    row(heads)
    show("=" * width)
    rows(self.layers, " ")
    show("=" * width)
    total = self.count_params()
    learn = sum(weight.value.numel() for weight in self.trainable_weights)
    show(f"Total params: {total:,}")
    show(f"Trainable params: {learn:,}")
    show(f"Non-trainable params: {total - learn:,}")
    show("_" * width)


def _nodes(model: Any, layer: Any) -> list[Any]:
    """The calls of a layer within a model: none where it is no graph."""
    by_depth = getattr(getattr(model, "_functional", None) or model, "_nodes_by_depth", {})
    known = {id(node) for nodes in by_depth.values() for node in nodes}
    return [node for node in layer._inbound_nodes if id(node) in known]


def _forks(model: Any) -> bool:
    """Whether it is more than one chain: something is read twice, or reads two things."""
    calls = [node for layer in model.layers for node in _nodes(model, layer)]
    read = [id(tensor) for node in calls for tensor in node.input_tensors]
    return len(read) != len(set(read)) or any(len(node.input_tensors) > 1 for node in calls)


def _shape(layer: Any) -> str:
    try:
        return str(layer.output_shape)
    except (AttributeError, ValueError):
        return "?"


def _origins(model: Any, layer: Any) -> list[str]:
    calls = _nodes(model, layer)
    histories = [tensor._keras_history for node in calls for tensor in node.input_tensors]
    return [f"{each.operation.name}[{each.node_index}][{each.tensor_index}]" for each in histories]


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
