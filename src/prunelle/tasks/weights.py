"""``pretrained`` and ``download_weights``: networks with weights from elsewhere."""

from __future__ import annotations

import contextlib
from pathlib import Path

from prunelle.console.listeners import Style, make_listener
from prunelle.networks.published import find
from prunelle.planning.request import Preparation
from prunelle.planning.weights import Pretrained, download, load_pretrained
from prunelle.scalars import plain_arguments


@plain_arguments
def pretrained(
    network: str,
    weights: str | Path,
    *,
    size: int | tuple[int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    style: Style = "auto",
) -> Pretrained:
    """A network with weights, ready to answer.

    Args:
        network: its name.
        weights: a published set (``imagenet``), a file, or a run.
        size: of its input in pixels; None for the weights' own, or else the network's.
        mean, std: per channel, in units of [0, 1]; None for what ``weights.toml`` or the file say, or else
            ImageNet's.
        style: what to show meanwhile.

    Raises:
        WeightsError: they cannot be had, read or fitted.

    Example:
        >>> predict(pretrained("vgg16", "imagenet"), ["photo.jpg"])
    """
    with contextlib.closing(make_listener(style)) as listener:
        return load_pretrained(network, weights, Preparation(size=size, mean=mean, std=std), listener)


def download_weights(network: str, weights: str | None = None, *, style: Style = "auto") -> Path:
    """The file of a published set (the network's usual one for None), fetched where needed, and checked.

    Raises:
        WeightsError: there is no such set, or it cannot be had.
    """
    with contextlib.closing(make_listener(style)) as listener:
        return download(find(network, weights), listener)
