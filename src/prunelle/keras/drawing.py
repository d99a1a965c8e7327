"""``plot_model``: a model's layers as boxes, its tensors as arrows. Keras needs pydot and Graphviz for it."""

from __future__ import annotations

import os
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from prunelle.drawing.palette import BOX, INK, MUTED
from prunelle.errors import ArgumentError
from prunelle.keras.floor import keras

_CHARACTER, _LINE, _GAP_ACROSS, _GAP_DOWN = 0.085, 0.19, 0.35, 0.4  # inches

_LINES = MUTED

Edges = list[tuple[int, int]]


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 96,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **ignored: Any,
) -> None:
    """Draws a model to a PNG, SVG or PDF file, from top to bottom or (``rankdir="LR"``) from left to right.

    Args:
        show_shapes: of each layer's output.
        show_dtype: of each layer's output; all are float32.
        show_layer_names: beside the layers' classes.
        expand_nested: accepted; a model within it stays one box.
        dpi: dots an inch.
        show_layer_activations, show_trainable: a line each.
    """
    if not model.built:
        raise ArgumentError(
            f"{model.name} is not built yet: give its first layer input_shape=, or call build()."
        )
    if rankdir not in ("TB", "LR"):
        raise ArgumentError(f"rankdir must be 'TB' or 'LR'; received {rankdir!r}.")
    labels, edges = _graph(model)
    texts = []
    for layer in labels:
        lines = ["Input" if layer is None else type(layer).__name__]
        if layer is not None and show_layer_names:
            lines = [f"{layer.name} ({type(layer).__name__})"]
        if layer is not None and show_layer_activations and getattr(layer, "activation", None) is not None:
            lines.append(f"activation: {getattr(layer.activation, '__name__', layer.activation)}")
        if show_shapes:
            lines.append(str(model.input_shape if layer is None else layer.output_shape))
        if show_dtype:
            lines.append("float32")
        if layer is not None and show_trainable:
            lines.append("trainable" if layer.trainable else "frozen")
        texts.append(lines)
    _draw(texts, edges, rankdir == "LR").savefig(os.fspath(to_file), dpi=dpi)


def _graph(model: Any) -> tuple[list[Any], Edges]:
    """Layers (None for the input of a ``Sequential``), and which gives its output to which."""
    if isinstance(model, keras.Sequential):
        layers: list[Any] = [None, *model.layers]
        return layers, [(i, i + 1) for i in range(len(layers) - 1)]
    layers = list(model.layers)
    place = {id(layer): i for i, layer in enumerate(layers)}
    edges: Edges = []
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            for tensor in node.input_tensors:
                edge = place.get(id(tensor._keras_history.operation)), place.get(id(node.operation))
                if edge[0] is not None and edge[1] is not None and edge not in edges:
                    edges.append((edge[0], edge[1]))
    return layers, edges


def _ranks(count: int, edges: Edges) -> list[int]:
    """How many layers are before each, on the longest way."""
    ranks = [0] * count
    for _ in range(count):
        changed = False
        for start, end in edges:
            if ranks[end] <= ranks[start] < count:
                ranks[end], changed = ranks[start] + 1, True
        if not changed:
            break
    return ranks


def _routed(ranks: list[int], edges: Edges) -> tuple[list[list[int]], Edges, int]:
    """Rows of places, and edges from row to row: one that skips rows gets a place of its own in each."""
    rows: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for i, rank in enumerate(ranks):
        rows[rank].append(i)
    steps: Edges = []
    total = len(ranks)
    for start, end in edges:
        here = start
        for rank in range(ranks[start] + 1, ranks[end]):
            rows[rank].append(total)
            steps.append((here, total))
            here, total = total, total + 1
        steps.append((here, end))
    return rows, steps, total


def _draw(texts: list[list[str]], edges: Edges, sideways: bool) -> Figure:
    rows, steps, total = _routed(_ranks(len(texts), edges), edges)
    widths = [max(map(len, lines)) * _CHARACTER + 0.2 for lines in texts] + [0.3] * (total - len(texts))
    heights = [len(lines) * _LINE + 0.12 for lines in texts] + [0.1] * (total - len(texts))
    across, along = (heights, widths) if sideways else (widths, heights)
    x = _across(rows, steps, across)
    y, at = [0.0] * total, 0.3
    for row in rows:
        size = max(along[i] for i in row)
        for i in row:
            y[i] = at + size / 2
            if i >= len(texts):
                along[i] = size  # an edge that passes by goes straight through the row
        at += size + _GAP_DOWN
    left = min(x[i] - across[i] / 2 for i in range(total)) - 0.3
    span = max(x[i] + across[i] / 2 for i in range(total)) + 0.3 - left
    points = [(y[i], x[i] - left) if sideways else (x[i] - left, y[i]) for i in range(total)]
    page = (at, span) if sideways else (span, at)
    figure = Figure(figsize=page)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, page[0]), ylim=(page[1], 0))
    axes.axis("off")
    half = [size / 2 for size in along]
    for i in range(len(texts), total):
        (left_end, top), step = points[i], half[i]
        ends = ((-step, step), (0, 0)) if sideways else ((0, 0), (-step, step))
        axes.plot([left_end + dx for dx in ends[0]], [top + dy for dy in ends[1]], color=_LINES, linewidth=1)
    for start, end in steps:
        (x0, y0), (x1, y1) = points[start], points[end]
        if sideways:
            x0, x1 = x0 + half[start], x1 - half[end]
        else:
            y0, y1 = y0 + half[start], y1 - half[end]
        style = "-|>" if end < len(texts) else "-"
        arrow = {"arrowstyle": style, "color": _LINES, "shrinkA": 0, "shrinkB": 0, "linewidth": 1}
        axes.annotate("", (x1, y1), (x0, y0), arrowprops=arrow)
    for lines, point, width, height in zip(texts, points, widths, heights, strict=False):
        corner = (point[0] - width / 2, point[1] - height / 2)
        axes.add_patch(Rectangle(corner, width, height, facecolor=BOX, edgecolor=INK, linewidth=1))
        axes.text(*point, "\n".join(lines), ha="center", va="center", fontsize=9, family="DejaVu Sans")
    return figure


def _across(rows: list[list[int]], steps: Edges, sizes: list[float]) -> list[float]:
    """Places within the rows: in order of what they are connected to, then evenly about the middle."""
    x = [0.0] * len(sizes)
    before: dict[int, list[int]] = {}
    after: dict[int, list[int]] = {}
    for start, end in steps:
        before.setdefault(end, []).append(start)
        after.setdefault(start, []).append(end)

    def spread(row: list[int]) -> None:
        at = -(sum(sizes[i] for i in row) + _GAP_ACROSS * (len(row) - 1)) / 2
        for i in row:
            x[i] = at + sizes[i] / 2
            at += sizes[i] + _GAP_ACROSS

    for row in rows:
        spread(row)
    for turn in range(4):
        neighbours = before if turn % 2 == 0 else after
        for row in rows if turn % 2 == 0 else reversed(rows):
            means = {i: sum(x[j] for j in neighbours.get(i, [i])) / len(neighbours.get(i, [i])) for i in row}
            row.sort(key=means.__getitem__)
            spread(row)
    return x
