"""Inside a network for series: numbers from a module and a batch.

``series`` is always what the module takes: ``(N, C, T)`` float32, normalised, NaN beyond the end of padded ones. The
module is left in the mode it had.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.networks.receptive_field import Field, ReceptiveFields, Span
from prunelle.networks.summary import blank, evaluating, summarise

MOST_WINDOWS = 9


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


def activations(network: nn.Module, series: torch.Tensor) -> dict[str, np.ndarray]:
    """Maps after each activation function (each convolution where there is none): name → ``(N, c, t)``."""
    kinds = (nn.ReLU, nn.GELU, nn.Tanh, nn.ELU, nn.LeakyReLU)
    if not any(isinstance(one, kinds) for one in network.modules()):
        kinds = (nn.Conv1d,)  # type: ignore[assignment]
    maps: dict[str, np.ndarray] = {}

    def listen(name: str) -> Callable[[nn.Module, object, torch.Tensor], None]:
        def hook(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
            if output.ndim == 3:
                maps[name] = output.detach().float().cpu().numpy().copy()

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
    return maps


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
        class_maps: np.ndarray = (weights.unsqueeze(2) * maps).sum(dim=1).float().cpu().numpy()
    return class_maps


def exciting_windows(
    network: nn.Module, series: torch.Tensor, layer: str, channel: int, most: int = MOST_WINDOWS
) -> list[Window]:
    """Where a channel of a layer answers most, one window a series at most, the strongest first.

    Raises:
        ArgumentError: no such layer with maps over time, no such channel, or a receptive field that is not known.
    """
    maps_by_layer = activations(network, series)
    if layer not in maps_by_layer:
        raise ArgumentError(f"layer must be one of {', '.join(maps_by_layer)}; received {layer!r}.")
    maps = maps_by_layer[layer]
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


def _span(network: nn.Module, layer: str, shape: tuple[int, ...]) -> Span:
    """Which steps of the series an output of ``layer`` sees."""
    output_fields: list[Field | None] = []
    zeros = blank(network, shape)
    fields = ReceptiveFields(zeros)
    handle = network.get_submodule(layer).register_forward_hook(
        lambda _module, _inputs, output: output_fields.append(fields.of(output))
    )
    try:
        with evaluating(network), fields:
            network(zeros)
    finally:
        handle.remove()
    if not output_fields or output_fields[0] is None or output_fields[0].flat:
        raise ArgumentError(f"what {layer} sees of a series is not known, so there are no windows to show.")
    return output_fields[0].spans[0]
