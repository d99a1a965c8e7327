"""The features that a network's logits are made of: what its last layer with weights is given, caught by hooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MOST_FEATURES = 512
"""More are averaged, neighbours together: of flattened maps these are places of one map."""


class Recorded:
    """What passed so far: of every ``every``-th example."""

    def __init__(self, every: int = 1) -> None:
        self._every = every
        self._parts: list[torch.Tensor] = []
        self._last: torch.Tensor | None = None
        self._passed = 0

    def take(self) -> np.ndarray | None:
        """``(n, F)`` float32 of what passed since the last call; None where no layer was seen."""
        parts, self._parts, self._passed = self._parts, [], 0
        if not parts or len({part.shape[1] for part in parts}) > 1:
            return None
        return torch.cat(parts).numpy()

    def _see(self, _: nn.Module, inputs: tuple[object, ...]) -> None:
        if inputs and isinstance(inputs[0], torch.Tensor) and inputs[0].ndim >= 2:
            self._last = inputs[0]

    def _end(self, *_: object) -> None:
        if self._last is not None:
            first = -self._passed % self._every
            self._passed += len(self._last)
            self._parts.append(_pooled(self._last[first :: self._every]))
        self._last = None


@contextmanager
def recorded(network: nn.Module, every: int = 1) -> Iterator[Recorded]:
    """Inside, every batch that passes through ``network`` in evaluation mode leaves its features.

    Maps are averaged over their places, without what is NaN; of an ensemble they are those of its last member.
    """
    seen = Recorded(every)
    leaves = [
        module
        for module in network.modules()
        if next(module.children(), None) is None and next(module.parameters(), None) is not None
    ]
    handles = [leaf.register_forward_pre_hook(seen._see) for leaf in leaves]
    handles.append(network.register_forward_hook(seen._end))
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _pooled(inputs: torch.Tensor) -> torch.Tensor:
    features = inputs.detach().unsqueeze(-1).flatten(2).nanmean(dim=2).float()
    if features.shape[1] > MOST_FEATURES:
        features = F.adaptive_avg_pool1d(features[:, None], MOST_FEATURES)[:, 0]
    return features.cpu()
