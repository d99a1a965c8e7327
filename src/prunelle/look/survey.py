"""One pass over many pictures that keeps, of each layer, only what the views over data need.

What is kept grows with the number of pictures times the number of channels, never with the size of the maps.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle.look.hooks import first_tensor, listening, undisturbed
from prunelle.look.layers import Anatomy, Layer

TWINS = 0.95
"""Correlation, in size, from which on a channel nearly repeats another."""

# Of bounded activations, lowest and highest value; LeNet-5's is 1.7159·tanh(2x/3).
_BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "Sigmoid": (0.0, 1.0),
    "Hardsigmoid": (0.0, 1.0),
    "Tanh": (-1.0, 1.0),
    "Hardtanh": (-1.0, 1.0),
    "Softsign": (-1.0, 1.0),
    "ScaledTanh": (-1.7159, 1.7159),
    "ReLU6": (None, 6.0),
}
_NEAR = 0.01  # of the distance between the bounds
_MOST_PLACES = 1024  # of a map, that correlations are computed from


@dataclasses.dataclass(frozen=True)
class Health:
    """How much of a layer works, over all pictures and places.

    Attributes:
        dead: ``(C,)`` bool: the channel gives one and the same value everywhere (0, after a ReLU).
        saturated: share of values within 1 % of a bound; None where the activation has none.
        redundant: ``(C,)`` bool: correlated by more than ``TWINS``, in size, with a channel before it.
        twin: ``(C,)`` int: for a redundant channel the first such channel, else -1.
    """

    dead: np.ndarray
    saturated: float | None
    redundant: np.ndarray
    twin: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Survey:
    """Of N pictures, by ``Layer.name``.

    Attributes:
        layers: in order.
        responses: ``(N, C)`` float32, the mean of each channel's map (the value, for a dense unit).
        peaks: ``(N, C)`` float32, its highest value.
        places: ``(N, C)`` int64, where that is: row times width plus column.
        health: by layer.
        features: ``(N, D)`` float32, what the last dense layer receives; without one, the means of the last maps.
        outputs: ``(N, K)`` float32, the network's outputs.
    """

    layers: tuple[Layer, ...]
    responses: dict[str, np.ndarray]
    peaks: dict[str, np.ndarray]
    places: dict[str, np.ndarray]
    health: dict[str, Health]
    features: np.ndarray
    outputs: np.ndarray


def survey(
    network: nn.Module,
    batches: Iterable[torch.Tensor],
    anatomy: Anatomy,
    *,
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Runs the network over all pictures, once.

    Args:
        network: any module; it is left as it was.
        batches: each ``(n, C, H, W)`` float32, normalised, on the network's device.
        anatomy: of the network.
        progress: told how many pictures are done.
    """
    tallies = {(layer.last, layer.call): _Tally(layer) for layer in anatomy.layers}
    features: list[np.ndarray] = []
    outputs: list[np.ndarray] = []
    done = 0

    def receive(name: str, call: int, output: torch.Tensor) -> None:
        tallies[name, call].add(output)

    with undisturbed(network), torch.no_grad(), listening(network, tallies, receive):
        handle = _before_the_last(network, anatomy, features)
        try:
            for images in batches:
                given = first_tensor(network(images))
                assert given is not None
                outputs.append(given.float().cpu().numpy())
                done += len(images)
                if progress is not None:
                    progress(done)
        finally:
            handle.remove()
    all_tallies = list(tallies.values())
    return Survey(
        layers=anatomy.layers,
        responses={tally.layer.name: np.concatenate(tally.means) for tally in all_tallies},
        peaks={tally.layer.name: np.concatenate(tally.peaks) for tally in all_tallies},
        places={tally.layer.name: np.concatenate(tally.places) for tally in all_tallies},
        health={tally.layer.name: tally.health() for tally in all_tallies},
        features=np.concatenate(features),
        outputs=np.concatenate(outputs),
    )


def _before_the_last(network: nn.Module, anatomy: Anatomy, features: list[np.ndarray]) -> Any:
    modules = dict(network.named_modules())
    if anatomy.dense is not None:
        dense = modules.get(anatomy.dense, network)

        def given(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            # A copy: on a CPU it would share the memory that an activation in place writes over.
            features.append(inputs[0].detach().flatten(1).float().cpu().numpy().copy())

        return dense.register_forward_pre_hook(given)

    def made(module: nn.Module, inputs: object, output: object) -> None:
        tensor = first_tensor(output)
        assert tensor is not None
        features.append(tensor.detach().flatten(2).mean(dim=2).float().cpu().numpy())

    last = anatomy.attention if anatomy.attention is not None else anatomy.layers[-1].last
    module = modules.get(last, network)
    if anatomy.attention is None:
        return module.register_forward_hook(
            lambda _m, _i, output: features.append(output.detach().flatten(1).float().cpu().numpy().copy())
        )
    return module.register_forward_hook(made)


class _Tally:
    """What one layer has shown so far."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.means: list[np.ndarray] = []
        self.peaks: list[np.ndarray] = []
        self.places: list[np.ndarray] = []
        self._low: np.ndarray | None = None
        self._high: np.ndarray | None = None
        self._shift: torch.Tensor | None = None
        self._sums = np.zeros(layer.channels)
        self._products = np.zeros((layer.channels, layer.channels))
        self._count = 0
        self._near = 0
        self._values = 0

    def add(self, output: torch.Tensor) -> None:
        """``(n, C)`` or ``(n, C, h, w)``."""
        values = (
            output.detach().float().flatten(2) if output.ndim > 2 else output.detach().float().unsqueeze(2)
        )
        peaks, places = values.max(dim=2)
        self.means.append(values.mean(dim=2).cpu().numpy())
        self.peaks.append(peaks.cpu().numpy())
        self.places.append(places.cpu().numpy())
        low, high = values.amin(dim=(0, 2)).cpu().numpy(), peaks.amax(dim=0).cpu().numpy()
        self._low = low if self._low is None else np.minimum(self._low, low)
        self._high = high if self._high is None else np.maximum(self._high, high)
        bounds = _BOUNDS.get(self.layer.kinds[-1])
        if bounds is not None:
            self._near += _near(values, *bounds)
            self._values += values.numel()
        self._correlate(values)

    def _correlate(self, values: torch.Tensor) -> None:
        """Sums of values and of their products, around the first batch's mean, which keeps them exact enough."""
        step = -(-values.shape[2] // _MOST_PLACES)
        flat = values[..., ::step].transpose(0, 1).flatten(1)
        if self._shift is None:
            self._shift = flat.mean(dim=1, keepdim=True)
        flat = flat - self._shift
        self._sums += flat.double().sum(dim=1).cpu().numpy()
        self._products += (flat @ flat.T).double().cpu().numpy()
        self._count += flat.shape[1]

    def health(self) -> Health:
        assert self._low is not None
        assert self._high is not None
        dead = self._high == self._low
        mean = self._sums / self._count
        covariance = self._products / self._count - np.outer(mean, mean)
        spread = np.sqrt(np.maximum(np.diag(covariance), 0))
        scale = np.outer(spread, spread)
        usable = np.outer(~dead, ~dead) & (scale > 0)
        correlation = np.divide(covariance, scale, out=np.zeros_like(covariance), where=usable)
        before = np.tril(np.abs(correlation) > TWINS, k=-1)
        redundant = np.asarray(before.any(axis=1))
        twin = np.where(redundant, before.argmax(axis=1), -1)
        saturated = self._near / self._values if self._values else None
        return Health(dead, saturated, redundant, twin)


def _near(values: torch.Tensor, low: float | None, high: float | None) -> int:
    reach = _NEAR * ((high or 0.0) - (low or 0.0))
    near = torch.zeros_like(values, dtype=torch.bool)
    if high is not None:
        near |= values >= high - reach
    if low is not None:
        near |= values <= low + reach
    return int(near.sum())


def mean_maps(
    network: nn.Module, batches: Iterable[torch.Tensor], wanted: Sequence[tuple[Layer, int]]
) -> list[np.ndarray]:
    """The mean map of some channels over all pictures: each ``(h, w)`` float64.

    Args:
        wanted: layers with maps, and an index of a channel.
    """
    layers = {(layer.last, layer.call): layer for layer, _ in wanted}
    sums: dict[tuple[str, int], np.ndarray] = {}
    count = 0

    def receive(name: str, call: int, output: torch.Tensor) -> None:
        total = output.detach().double().sum(dim=0).cpu().numpy()
        sums[name, call] = sums.get((name, call), 0.0) + total

    with undisturbed(network), torch.no_grad(), listening(network, layers, receive):
        for images in batches:
            network(images)
            count += len(images)
    return [sums[layer.last, layer.call][channel] / count for layer, channel in wanted]
