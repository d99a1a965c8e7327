"""The table of ``model.summary()``, as Keras 2 prints it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from prunelle.errors import ArgumentError


def summarise(
    model: Any,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
) -> None:
    """Prints a line a layer (name, class, output shape, number of weights) and the totals.

    Raises:
        ArgumentError: the model does not know its input's shape yet.
    """
    if not model.built:
        raise ArgumentError(
            f"{model.name} is not built yet: give its first layer input_shape=, or call build() or fit() first."
        )
    show = print_fn or _print
    branches = any(len(layer.nodes[0].inputs) > 1 for layer in model.layers if layer.nodes) or _forks(model)
    width = line_length or (98 if branches else 65)
    shares = list(positions or ((0.33, 0.55, 0.67, 1.0) if branches else (0.45, 0.85, 1.0)))
    places = [int(width * share) if share <= 1 else int(share) for share in shares]
    heads = ["Layer (type)", "Output Shape", "Param #", *(["Connected to"] if branches else [])]
    if show_trainable:
        heads.append("Trainable")
        places = [*(int(place * 0.9) for place in places), width]

    def row(fields: Sequence[Any], indent: str = " ") -> None:
        # What does not fit into its column goes on in the next line.
        left = [str(field) for field in fields]
        while any(left):
            line = indent
            for i, (text, end) in enumerate(zip(left, places, strict=False)):
                room = max(end - len(line) - (i < len(left) - 1), 1)
                cut = room if len(text) <= room else text.rfind(" ", 0, room) + 1 or room
                line = (line + text[:cut]).ljust(end)[: max(end, len(line) + cut)]
                left[i] = text[cut:].lstrip()
            show(line.ljust(width))

    def rows(layers: Sequence[Any], indent: str) -> None:
        for i, layer in enumerate(layers):
            fields: list[Any] = [f"{layer.name} ({class_name(layer)})", _shape(layer), layer.count_params()]
            if branches:
                fields.append(", ".join(_origins(layer)))
            if show_trainable:
                fields.append("Y" if layer.trainable else "N")
            row(fields, indent)
            if expand_nested and layer.inner_layers:
                rows(layer.inner_layers, indent + "|  ")
            if i < len(layers) - 1:
                show(" " * width)

    show(f'Model: "{model.name}"')
    show("_" * width)
    row(heads)
    show("=" * width)
    rows(model.layers, " ")
    show("=" * width)
    total = model.count_params()
    learn = sum(weight.tensor.numel() for weight in model.trainable_weights)
    show(f"Total params: {total:,}")
    show(f"Trainable params: {learn:,}")
    show(f"Non-trainable params: {total - learn:,}")
    show("_" * width)


def class_name(layer: Any) -> str:
    """``Functional`` for a functional model, as Keras calls it."""
    name = type(layer).__name__
    return "Functional" if name == "Model" else name


def _forks(model: Any) -> bool:
    taken = [id(tensor) for layer in model.layers for node in layer.nodes[:1] for tensor in node.inputs]
    return len(taken) != len(set(taken))


def _shape(layer: Any) -> str:
    try:
        shape = layer.output_shape
    except AttributeError:
        return "?"
    return str(shape)


def _origins(layer: Any) -> list[str]:
    if not layer.nodes:
        return []
    return [
        f"{t.node.layer.name}[{t.node.layer.nodes.index(t.node)}][{t.index}]" for t in layer.nodes[0].inputs
    ]


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
