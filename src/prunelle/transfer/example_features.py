"""What a network's front makes of examples: a vector each, kept on disk (``transfer.features``)."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels, Progress
from prunelle.networks.classifier import last_features
from prunelle.networks.graph import trace
from prunelle.networks.trunk import split, stages
from prunelle.transfer.features import FeatureStore, output_shape


def example_features(
    network: nn.Module,
    preprocess: AnyPreprocess,
    pixels: Mapping[str, Pixels],
    *,
    memory_budget: int,
    progress: Progress | None = None,
) -> np.ndarray:
    """The last features of ``network``, before its classifier, averaged over places.

    Args:
        network: left as it is.
        preprocess: how its examples are prepared; ``pixels`` are decoded by it.
        pixels: by split.
        memory_budget: bytes of features kept in memory.
        progress: told how far it is.

    Returns:
        ``(N, F)`` float32, of all splits one after the other.

    Raises:
        ArgumentError: its forward pass cannot be traced.
    """
    network = copy.deepcopy(network).eval()
    stage = last_features(network, stages(network, preprocess.input_shape))
    trunk = trace(nn.Sequential(split(network, stage.name)[0], _MeanOverPlaces()))
    settings = json.dumps(preprocess.to_json())
    store = FeatureStore(trunk, preprocess, settings, output_shape(trunk, preprocess.input_shape))
    parts = [
        store.take(part, name, memory_budget=memory_budget, progress=progress).images
        for name, part in pixels.items()
    ]
    return np.concatenate(parts)


class _MeanOverPlaces(nn.Module):
    """``(N, F, …)`` → ``(N, F)``; NaN, which stand for nothing, are left out."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """See the class."""
        return maps.unsqueeze(-1).flatten(2).nanmean(dim=2)
