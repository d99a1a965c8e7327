"""What suits series, when nothing is named; measured in docs/lab/results.md."""

from __future__ import annotations

import dataclasses
import inspect
import math
from typing import Any

from torch import nn

from prunelle import networks
from prunelle.data.examples import Data
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ArgumentError
from prunelle.planning.request import Preparation
from prunelle.training.recipe import Recipe

_BATCH = 16
_STEPS = 1000


def network(preprocess: SeriesPreprocess, preparation: Preparation) -> str:
    """``fcn``: the smallest of the networks that reach the published accuracies."""
    return "fcn"


def preprocess(
    preprocess: SeriesPreprocess, network: nn.Module | str, preparation: Preparation
) -> SeriesPreprocess:
    """Series of one length stay as they are. Unequal ones are padded where the network's pooling can leave the
    padding out, resampled to the longest where it cannot; ``size``, in steps, resamples to that.
    """
    size, fit = preparation.size, preparation.fit
    if isinstance(size, tuple):
        if size[0] != size[1]:
            raise ArgumentError(f"size of series is one number, of steps; received {size[0]}×{size[1]}.")
        size = size[0]
    by_name = isinstance(network, str)
    masks = by_name and "masked" in inspect.signature(networks.variant(str(network))).parameters
    if fit == "pad" and by_name and not masks:
        raise ArgumentError(
            f"fit=pad needs a network that leaves the padding out; the dense layers of {network} read every step. "
            f"Resample (fit=resample), or choose fcn, resnet1d or inceptiontime."
        )
    if fit == "pad" and size is not None:
        raise ArgumentError("size resamples series to that many steps; fit=pad keeps their own.")
    if fit is None:
        fit = "pad" if preprocess.fit == "pad" and masks and size is None else "resample"
    own = getattr(network, "input_shape", (0, 0))[1] or preprocess.length
    return dataclasses.replace(
        preprocess,
        length=size or own,
        fit=fit,  # type: ignore[arg-type]
        normalisation=preparation.normalisation or preprocess.normalisation,
    )


def preprocess_with(start: Any, preprocess: SeriesPreprocess, preparation: Preparation) -> SeriesPreprocess:
    """Series keep mean and std of their own: those that weights learned (``start``) are in other units."""
    return preprocess


def recipe(data: Data, fields: dict[str, Any]) -> Recipe:
    """Batches of 16 as in Wang et al. 2017; as many epochs as make 1,000 steps, at least 30 and at most 300.

    The papers' 1,500 to 2,000 epochs, at a rate that falls when the loss stays, reach the same accuracies
    (docs/lab/results.md).
    """
    batch_size = fields.get("batch_size") or _BATCH
    steps_per_epoch = math.ceil(max(len(data.train), 1) / batch_size)
    epochs = fields.get("epochs") or min(300, max(30, round(_STEPS / steps_per_epoch)))
    suited: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "schedule": "cosine",
        "warmup_epochs": min(1.0, epochs / 10),
    }
    return Recipe(**(suited | fields))


def fast_recipe(data: Data, fields: dict[str, Any]) -> Recipe:
    """There is none.

    Raises:
        ArgumentError: always.
    """
    raise ArgumentError("the fast recipe is for pictures; series are quick already. Leave --recipe out.")


def few(data: Data) -> bool:
    """Never: no weights are published for series."""
    return False
