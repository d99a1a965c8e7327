"""What a report shows of the inside of a network: its first filters, and where it looked in a few pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from prunelle.data.preprocess import Preprocess
from prunelle.look.attribution import Attribution, Method, attribute
from prunelle.look.filters import filters_of
from prunelle.look.layers import examine
from prunelle.training.metrics import Evaluation
from prunelle.views.filters import filter_tiles
from prunelle.views.where import overlay

MOST_LOOKS = 4
"""Right pictures, and wrong ones, that the report says where the network looked in."""
MOST_FILTERS = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Insight:
    """A few pictures of the inside.

    Attributes:
        layer: the first convolution; None for a network without any.
        filters: its kernels, each ``(h, w, 3)`` uint8, all on one scale; the first ``MOST_FILTERS``.
        num_filters: how many there are.
        colour: they are seen as colours; else orange is above 0, blue below.
        looks: index of a picture in the evaluation → ``(H, W, 3)`` uint8, what the method found for the class
            answered laid over it; the wrong ones first.
        method: Grad-CAM, or HiRes-CAM where Grad-CAM finds nothing in most of them.
    """

    layer: str | None
    filters: Sequence[np.ndarray]
    num_filters: int
    colour: bool
    looks: dict[int, np.ndarray]
    method: Method


def look_inside(
    network: nn.Module,
    evaluation: Evaluation,
    images: np.ndarray,
    preprocess: Preprocess,
    shown: np.ndarray | None = None,
) -> Insight:
    """The filters and the looks of a trained network.

    Args:
        images: ``(N, H, W, C)``, the pictures of ``evaluation``, before they are normalised.
        shown: the same as uint8, where they are not.
    """
    anatomy = examine(network, preprocess.input_shape)
    chosen = _chosen(evaluation) if anatomy.attention is not None else []
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))

    def attribute_all(method: Method) -> list[Attribution]:
        attributions = []
        for index in chosen:
            batch = torch.from_numpy(np.array(images[index : index + 1])).permute(0, 3, 1, 2).to(device)
            target = int(evaluation.predicted[index])
            attributions.append(
                attribute(network, preprocess.normalise(batch), target, method, layer=anatomy.attention)
            )
        return attributions

    method: Method = "grad-cam"
    maps = attribute_all(method)
    if 2 * sum(not one.values.any() for one in maps) > len(maps):
        method = "hires-cam"
        maps = attribute_all(method)
    seen = images if shown is None else shown
    looks = {
        index: overlay(seen[index], one.values.numpy(), method)
        for index, one in zip(chosen, maps, strict=True)
    }
    if not anatomy.convolutions:
        return Insight(layer=None, filters=(), num_filters=0, colour=False, looks=looks, method=method)
    first = filters_of(network, anatomy.convolutions[0])
    colour = first.weights.shape[1] == 3
    return Insight(
        layer=first.layer,
        filters=filter_tiles(first.weights.numpy())[:MOST_FILTERS],
        num_filters=len(first.weights),
        colour=colour,
        looks=looks,
        method=method,
    )


def _chosen(evaluation: Evaluation) -> list[int]:
    """The most confident mistakes, then the most confident right answers, of as many classes as can be."""
    right = evaluation.predicted == evaluation.labels
    order = np.argsort(-evaluation.confidence, kind="stable")
    wrong = [int(index) for index in order if not right[index]][:MOST_LOOKS]
    surest_of_class: dict[int, int] = {}
    for index in order:
        if right[index]:
            surest_of_class.setdefault(int(evaluation.labels[index]), int(index))
    others = [int(index) for index in order if right[index] and int(index) not in surest_of_class.values()]
    return wrong + [*surest_of_class.values(), *others][:MOST_LOOKS]
