"""Inside a network for series: numbers from a module and a batch, and figures of them.

``series`` is always what the module takes: ``(N, C, T)`` float32, normalised, NaN beyond the end of padded ones. The
module is left in the mode it had. Every function that draws gives a ``matplotlib`` figure with its text in the
language asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.networks.receptive_field import Field, ReceptiveFields, Span
from prunelle.networks.summary import blank, evaluating, summarise
from prunelle.texts import Language, Note

INK, MUTED, LINE = "#1f2430", "#5d6472", "#dedbd3"
# Of Okabe & Ito (2008), told apart by colour-blind readers.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
SCALE = matplotlib.colors.LinearSegmentedColormap.from_list("signed", ["#0072b2", "#c9c7c1", "#d55e00"])
MOST_FILTERS, MOST_SERIES, MOST_CHANNELS, MOST_WINDOWS = 32, 12, 16, 9
_MOST_PIECES = 2000  # of a series coloured along itself, all channels together

_WORDS = {
    "time": Note("time step", "pas de temps"),
    "step_of_kernel": Note("step of the kernel", "pas du noyau"),
    "channel": Note("channel", "canal"),
    "filter": Note("filter {n}", "filtre {n}"),
    "against": Note("against", "contre"),
    "for": Note("for", "pour"),
    "cam": Note("what speaks for the class answered", "ce qui parle pour la classe répondue"),
    "series": Note("series", "série"),
    "activation": Note("activation", "activation"),
    "shift": Note("shift of the series, in steps", "décalage de la série, en pas"),
    "maps_error": Note("maps: distance to the maps shifted", "cartes : écart aux cartes décalées"),
    "answer_change": Note("answer: change of the probabilities", "réponse : changement des probabilités"),
    "relative": Note("relative change", "changement relatif"),
}


@dataclasses.dataclass(frozen=True)
class Window:
    """A stretch of a series that excites a channel of a layer.

    Attributes:
        series: index into the batch.
        start, stop: steps of the series, ``stop`` excluded; what the receptive field reads of it.
        activation: of the channel there.
    """

    series: int
    start: int
    stop: int
    activation: float


def first_filters(network: nn.Module) -> tuple[str, np.ndarray]:
    """Name and weights, ``(filters, channels, kernel)``, of the convolution that reads the series themselves.

    Where several do (an Inception module), the one with the longest kernel.

    Raises:
        ArgumentError: there is none.
    """
    convolutions = [(name, one) for name, one in network.named_modules() if isinstance(one, nn.Conv1d)]
    if not convolutions:
        raise ArgumentError("the network has no one-dimensional convolution, and so no filters to show.")
    channels = convolutions[0][1].in_channels
    # Those before the next normalisation read what the first reads, or a mix of its channels.
    until = next((n for n, one in network.named_modules() if isinstance(one, nn.BatchNorm1d | nn.ReLU)), None)
    names = [name for name, _ in network.named_modules()]
    early = [(n, c) for n, c in convolutions if until is None or names.index(n) < names.index(until)]
    reading = [(n, c) for n, c in early if c.in_channels == channels or c.kernel_size[0] > 1]
    name, chosen = max(reading or convolutions[:1], key=lambda pair: pair[1].kernel_size[0])
    return name, chosen.weight.detach().float().cpu().numpy()


def draw_filters(network: nn.Module, language: Language = "en") -> Figure:
    """The first convolution's kernels as curves, a colour a channel, all on one scale; at most 32."""
    name, weights = first_filters(network)
    shown = weights[:MOST_FILTERS]
    figure, grid = _grid(len(shown), columns=8, cell=(1.3, 0.95))
    limit = float(np.abs(shown).max()) * 1.08 or 1.0
    for n, (axes, kernel) in enumerate(zip(grid, shown, strict=True)):
        axes.axhline(0, color=LINE, linewidth=0.8, zorder=0)
        for channel, values in enumerate(kernel[: len(COLOURS)]):
            axes.plot(values, color=COLOURS[channel], linewidth=1.2, marker="o", markersize=1.8)
        axes.set_ylim(-limit, limit)
        axes.set_title(_word("filter", language, n=n + 1), fontsize=7, color=MUTED, pad=2)
        axes.set(xticks=[], yticks=[])
    steps, count = weights.shape[2], len(weights)
    figure.supxlabel(
        f"{name}: {len(shown)} / {count}; {_word('step_of_kernel', language)} 1–{steps}",
        fontsize=8,
        color=MUTED,
    )
    return figure


def activations(network: nn.Module, series: torch.Tensor) -> dict[str, np.ndarray]:
    """Maps after each activation function (each convolution where there is none): name → ``(N, c, t)``."""
    kinds = (nn.ReLU, nn.GELU, nn.Tanh, nn.ELU, nn.LeakyReLU)
    if not any(isinstance(one, kinds) for one in network.modules()):
        kinds = (nn.Conv1d,)  # type: ignore[assignment]
    found: dict[str, np.ndarray] = {}

    def listen(name: str) -> Callable[[nn.Module, object, torch.Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
            if output.ndim == 3:
                found[name] = output.detach().float().cpu().numpy().copy()

        return hook

    handles = [
        module.register_forward_hook(listen(name))
        for name, module in network.named_modules()
        if isinstance(module, kinds)
    ]
    try:
        with evaluating(network):
            network(series)
    finally:
        for handle in handles:
            handle.remove()
    return found


def draw_activations(network: nn.Module, series: torch.Tensor, language: Language = "en") -> Figure:
    """One series, ``(1, C, T)``, and below it every layer's maps over time: a row a channel, dark where active."""
    maps = activations(network, series[:1])
    length = series.shape[2]
    figure = Figure(figsize=(7.2, 1.2 + 1.0 * len(maps)), layout="constrained", facecolor="white")
    all_axes = np.atleast_1d(figure.subplots(1 + len(maps), 1, height_ratios=[1.2, *[1] * len(maps)]))
    _plot_series(all_axes[0], series[0].float().cpu().numpy())
    all_axes[0].set_xlim(0, length)
    all_axes[0].set_ylabel(_word("series", language), fontsize=8, color=MUTED)
    for axes, (name, values) in zip(all_axes[1:], maps.items(), strict=True):
        # Each channel by its own strongest answer, so that faint ones show too.
        rows = values[0] / np.maximum(np.nanmax(np.abs(values[0]), axis=1, keepdims=True), 1e-12)
        axes.imshow(
            rows,
            aspect="auto",
            cmap="Blues",
            vmin=0,
            vmax=1,
            extent=(0, length, len(rows), 0),
            interpolation="none",
        )
        _style(axes)
        axes.set(yticks=[], xticks=[])
        axes.set_ylabel(
            f"{name}\n{len(rows)}×{rows.shape[1]}", fontsize=7, color=MUTED, rotation=0, ha="right"
        )
    all_axes[-1].set_xlabel(_word("time", language), fontsize=8, color=MUTED)
    all_axes[-1].set_xticks(np.linspace(0, length, 5).round().astype(int))
    return figure


def class_activation(network: nn.Module, series: torch.Tensor, targets: Sequence[int]) -> np.ndarray:
    """How much each step speaks for a class: ``(N, t)``, whose mean over the steps plus the bias is the logit.

    Zhou et al. 2016 (arXiv:1512.04150, eq. 2), for networks whose head is a global average pooling and one dense
    layer: Σ_k w_k · map_k(step). NaN beyond a series' end. Of an ensemble, the mean of its members'.

    Args:
        targets: a class for each series.

    Raises:
        ArgumentError: the network has another head.
    """
    if isinstance(getattr(network, "members", None), nn.ModuleList):
        members = list(network.members.children())  # type: ignore[union-attr]
        return np.asarray(np.mean([class_activation(one, series, targets) for one in members], axis=0))
    features, head = getattr(network, "features", None), getattr(network, "head", None)
    layers = list(head) if isinstance(head, nn.Sequential) else []
    if (
        features is None
        or len(layers) != 3
        or not isinstance(layers[2], nn.Linear)
        or any(any(True for _ in one.parameters()) for one in layers[:2])
    ):
        raise ArgumentError(
            "class activation maps want a network that ends with a global average pooling and one dense layer (fcn, "
            "resnet1d, inceptiontime)."
        )
    with evaluating(network):
        maps = features(series)
        if maps.shape[1] != layers[2].in_features:
            raise ArgumentError(
                "class activation maps want a global average pooling before the dense layer; this network's "
                "dense layer reads every step."
            )
        weights = layers[2].weight[torch.as_tensor(list(targets), device=maps.device)]
        found: np.ndarray = (weights.unsqueeze(2) * maps).sum(dim=1).float().cpu().numpy()
    return found


def draw_class_activation(
    network: nn.Module,
    series: torch.Tensor,
    targets: Sequence[int],
    titles: Sequence[str],
    language: Language = "en",
) -> Figure:
    """Each series coloured along itself by what speaks for (orange) or against (blue) its target; at most 12."""
    series, titles = series[:MOST_SERIES], titles[:MOST_SERIES]
    maps = class_activation(network, series, list(targets)[:MOST_SERIES])
    figure, grid = _grid(len(series), columns=3, cell=(2.9, 1.5))
    limit = float(np.nanmax(np.abs(maps))) or 1.0
    lines = None
    for axes, one, levels, title in zip(grid, series.float().cpu().numpy(), maps, titles, strict=True):
        places = np.linspace(0, one.shape[1] - 1, len(levels))
        at_steps = np.interp(np.arange(one.shape[1]), places, levels)
        drawn = np.linspace(0, len(one) - 1, min(len(one), MOST_CHANNELS)).round().astype(int)
        # Of a long series, as many pieces as can be seen: each is an element of the SVG.
        steps = np.arange(0, one.shape[1], -(-one.shape[1] * len(drawn) // _MOST_PIECES))
        at_steps = at_steps[steps]
        for values in one[drawn][:, steps]:
            points = np.stack([steps, values], axis=1)
            # A piece for each two neighbours; beyond the end there is none.
            pieces = np.stack([points[:-1], points[1:]], axis=1)
            there = ~np.isnan(pieces).any(axis=(1, 2))
            lines = LineCollection(list(pieces[there]), cmap=SCALE, linewidths=2, capstyle="round")
            lines.set_clim(-limit, limit)
            lines.set_array(((at_steps[:-1] + at_steps[1:]) / 2)[there])
            axes.add_collection(lines)
        axes.autoscale()
        axes.set_xlim(0, one.shape[1] - 1)
        axes.set_title(title, fontsize=8, color=INK, pad=3, parse_math=False)
        axes.set(yticks=[])
        axes.tick_params(labelsize=7)
    if lines is not None:
        bar = figure.colorbar(lines, ax=grid, orientation="horizontal", shrink=0.5, aspect=40, pad=0.02)
        bar.set_ticks(
            [-limit, 0, limit], labels=[_word("against", language), "0", _word("for", language)], fontsize=8
        )
        bar.set_label(_word("cam", language), fontsize=8, color=MUTED)
        bar.outline.set_visible(False)
    return figure


def exciting_windows(
    network: nn.Module, series: torch.Tensor, layer: str, channel: int, most: int = MOST_WINDOWS
) -> list[Window]:
    """Where a channel of a layer answers most, one window a series at most, the strongest first.

    Raises:
        ArgumentError: no such layer with maps over time, no such channel, or a receptive field that is not known.
    """
    found = activations(network, series)
    if layer not in found:
        raise ArgumentError(f"layer must be one of {', '.join(found)}; received {layer!r}.")
    maps = found[layer]
    if not 0 <= channel < maps.shape[1]:
        raise ArgumentError(f"channel must be from 0 to {maps.shape[1] - 1} in {layer}; received {channel}.")
    sees = _span(network, layer, tuple(series.shape[1:]))
    values = maps[:, channel]
    lengths = (~series[:, 0].isnan()).sum(dim=1).tolist()
    best = np.nanargmax(values, axis=1)
    windows = []
    for index in np.argsort(-values[np.arange(len(values)), best], kind="stable")[:most]:
        start = sees.start + int(best[index]) * sees.jump
        windows.append(
            Window(
                int(index),
                max(0, start),
                min(int(lengths[index]), start + sees.size),
                float(values[index, best[index]]),
            )
        )
    return windows


def draw_exciting_windows(
    network: nn.Module, series: torch.Tensor, layer: str, channels: Sequence[int], language: Language = "en"
) -> Figure:
    """A row a channel: the windows that excite it most, within their series in grey."""
    rows = list(channels)[:MOST_CHANNELS]
    figure = Figure(figsize=(8, 0.3 + 1.0 * len(rows)), layout="constrained", facecolor="white")
    grid = figure.subplots(len(rows), 6, squeeze=False)
    for line, channel in zip(grid, rows, strict=True):
        windows = exciting_windows(network, series, layer, channel, most=len(line))
        line[0].set_ylabel(f"{_word('channel', language)} {channel + 1}", fontsize=7, color=MUTED)
        for axes, window in zip(line, windows, strict=False):
            one = series[window.series].float().cpu().numpy()
            steps = np.arange(window.start, window.stop)
            for number, values in enumerate(one):
                axes.plot(values, color=LINE, linewidth=0.8)
                colour = COLOURS[number % len(COLOURS)]
                axes.plot(steps, values[window.start : window.stop], color=colour, linewidth=1.5)
            axes.set_title(f"{window.activation:.2f}", fontsize=6, color=MUTED, pad=1)
        for axes in line:
            _style(axes)
            axes.set(xticks=[], yticks=[])
    return figure


def equivariance(
    network: nn.Module, series: torch.Tensor, shifts: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """How far the maps of shifted series are from the shifted maps, and how much the answers change.

    For each shift (in steps, to the right; what enters repeats the first value), both are means over the batch:
    the L2 distance between ``features(shift(x))`` and ``shift(features(x))`` over that of the maps, away from
    the borders that the shift brings in; and half the L1 distance between the probabilities, in [0, 1].

    Raises:
        ArgumentError: no ``features`` that keep the length, or padded series.
    """
    features = getattr(network, "features", None)
    if features is None or bool(series.isnan().any()):
        raise ArgumentError(
            "equivariance wants a network with features, and series of one length without padding."
        )
    distances, changes = [], []
    with evaluating(network):
        maps, answers = features(series), network(series).softmax(dim=1)
        if maps.shape[2] != series.shape[2]:
            raise ArgumentError(
                f"equivariance wants maps as long as the series, {series.shape[2]} steps; these have {maps.shape[2]}."
            )
        field = next(
            (
                row.receptive_field
                for row in reversed(summarise(network, tuple(series.shape[1:])))
                if row.jump
            ),
            None,
        )
        border = min(field[0] if field else 0, series.shape[2] // 4)
        for shift in shifts:
            moved = torch.cat([series[:, :, :1].expand(-1, -1, shift), series], dim=2)[
                :, :, : series.shape[2]
            ]
            inside = slice(shift + border, series.shape[2] - border)
            got = features(moved)[:, :, inside]
            expected = maps[:, :, border : border + got.shape[2]]
            scale = expected.flatten(1).norm(dim=1).clamp(min=1e-12)
            distances.append(float(((got - expected).flatten(1).norm(dim=1) / scale).mean()))
            changes.append(float((network(moved).softmax(dim=1) - answers).abs().sum(dim=1).mean() / 2))
    return np.array(distances), np.array(changes)


def draw_equivariance(network: nn.Module, series: torch.Tensor, language: Language = "en") -> Figure:
    """Both measures of ``equivariance`` against the shift, up to a quarter of the length."""
    shifts = sorted({round(s) for s in np.linspace(0, series.shape[2] / 4, 9)})
    distances, changes = equivariance(network, series, shifts)
    figure = Figure(figsize=(5.2, 3.0), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    _style(axes)
    for values, colour, marker, dash, key in (
        (distances, COLOURS[0], "o", "-", "maps_error"),
        (changes, COLOURS[1], "s", "--", "answer_change"),
    ):
        label = _word(key, language)
        axes.plot(shifts, values, color=colour, marker=marker, markersize=4, linestyle=dash, label=label)
    axes.set_ylim(0, max(1.0, float(distances.max()), float(changes.max())) * 1.05)
    axes.set_xlabel(_word("shift", language), fontsize=9, color=MUTED)
    axes.set_ylabel(_word("relative", language), fontsize=9, color=MUTED)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=8)
    return figure


def _span(network: nn.Module, layer: str, shape: tuple[int, ...]) -> Span:
    """Which steps of the series an output of ``layer`` sees."""
    found: list[Field | None] = []
    zeros = blank(network, shape)
    fields = ReceptiveFields(zeros)
    handle = network.get_submodule(layer).register_forward_hook(
        lambda _module, _inputs, output: found.append(fields.of(output))
    )
    try:
        with evaluating(network), fields:
            network(zeros)
    finally:
        handle.remove()
    if not found or found[0] is None or found[0].flat:
        raise ArgumentError(f"what {layer} sees of a series is not known, so there are no windows to show.")
    return found[0].spans[0]


def _word(key: str, language: Language, **values: object) -> str:
    note = _WORDS[key]
    return (note.fr if language == "fr" else note.en).format(**values)


def _plot_series(axes: Axes, series: np.ndarray) -> None:
    """``(C, T)``, a colour a channel."""
    _style(axes)
    for channel, values in enumerate(series):
        axes.plot(np.arange(len(values)) + 0.5, values, color=COLOURS[channel % len(COLOURS)], linewidth=1.2)
    axes.set(xticks=[], yticks=[])


def _style(axes: Axes) -> None:
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(LINE)
    axes.tick_params(colors=MUTED, length=0, labelsize=8)


def _grid(count: int, *, columns: int, cell: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """``count`` axes in rows of ``columns``, each of that size in inches."""
    columns = min(columns, count)
    rows = -(-count // columns)
    size = (columns * cell[0], rows * cell[1] + 0.6)
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    found = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in found:
        _style(axes)
    for axes in found[count:]:
        axes.remove()
    return figure, found[:count]
