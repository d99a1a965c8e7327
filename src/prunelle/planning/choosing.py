"""A network, an input and a recipe that suit the data, when none is named.

What is chosen and why is measured in docs/lab/results.md; a person is always told what was chosen.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from prunelle import networks
from prunelle.data.augment import Augment
from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ArgumentError, UnknownName
from prunelle.planning.request import Preparation
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy

_SMALL = 40  # pixels; from here on down pictures are digits and icons, above they are photos
_SERIES_BATCH = 16
_SERIES_STEPS = 1000
_BORDER = 1.25  # a network up to this much larger than the pictures gets a border, not blown-up pictures


def choose_network(data: Data, preparation: Preparation) -> str:
    """``course-mnist`` for small grey pictures, ``course-cifar`` for small colour ones, ``course-photos`` else.

    ``fcn`` for series: the smallest of the networks that reach the published accuracies.
    """
    if isinstance(data.preprocess, SeriesPreprocess):
        return "fcn"
    if max(preparation.size_2d or data.preprocess.size) > _SMALL:
        return "course-photos"
    return "course-mnist" if data.preprocess.channels == 1 else "course-cifar"


def choose_preprocess(data: Data, network: nn.Module | str, preparation: Preparation) -> AnyPreprocess:
    """How the data's pictures become the network's input; mean and std still unset.

    A size that is given wins. A module of one's own with an ``input_shape`` sets the size and the channels it
    was made for; a network by name sets the size, and is built for the pictures' channels. Two exceptions:
    pictures that all share one size of at most 40 pixels are not resized for a network by name that can be
    built for their size; and where the network is just a little larger (LeNet-5's 32×32 on MNIST's 28×28),
    black pixels are added around them instead. Series: see ``_choose_for_series``.
    """
    _check_axes(data, network)
    preprocess = data.preprocess
    if isinstance(preprocess, SeriesPreprocess):
        return _choose_for_series(preprocess, network, preparation)
    if preparation.normalisation is not None:
        raise ArgumentError("normalisation is for series; of pictures, mean and std can be given.")
    if preparation.fit is not None:
        preprocess = dataclasses.replace(preprocess, fit=preparation.fit)  # type: ignore[arg-type]
    size = preparation.size_2d
    if isinstance(network, nn.Module):
        shape = getattr(network, "input_shape", None)
        if shape is None:
            return dataclasses.replace(preprocess, size=size or preprocess.size)
        channels, *own = shape
        wanted = (int(own[0]), int(own[1]))
        if size is not None and tuple(size) != wanted:
            raise ArgumentError(
                f"size must be the network's own input size, {wanted[0]}×{wanted[1]}; received {size[0]}×{size[1]}."
            )
        preprocess = dataclasses.replace(preprocess, channels=channels)
        return _fitted(preprocess, wanted)
    if size is not None:
        return dataclasses.replace(preprocess, size=size)
    _, height, width = networks.natural_shape(network)
    natural = (height, width)
    native = preprocess.size
    if (
        max(native) <= _SMALL
        and not _nearly(native, natural)
        and _can_be_built(network, preprocess.channels, native)
    ):
        return preprocess
    return _fitted(preprocess, natural)


def _check_axes(data: Data, network: nn.Module | str) -> None:
    """Pictures want a network for pictures, series one for series."""
    axes = len(data.preprocess.input_shape) - 1
    shape: tuple[int, ...] | None
    if isinstance(network, str):
        name, shape = network, networks.natural_shape(network)
    else:
        name, shape = type(network).__name__, getattr(network, "input_shape", None)
    if shape is None or len(shape) == axes + 1:
        return
    suited = [name for name, entry in networks.catalogue().items() if len(entry.input_shape) == axes + 1]
    kinds = {1: "series", 2: "pictures"}
    raise ArgumentError(
        f"network {name} is for {kinds.get(len(shape) - 1, f'inputs of shape {tuple(shape)}')}; the data are "
        f"{kinds[axes]}. Networks for {kinds[axes]}: {', '.join(suited[:12])}{'…' if len(suited) > 12 else ''}."
    )


def _choose_for_series(
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


def choose_recipe(data: Data, strategy: Strategy | None = None, **fields: Any) -> Recipe:
    """Adam, up to 1e-3 in the first epoch, then down a cosine. ``augment`` may be as on the command line.

    From 10 epochs (many pictures) to 40 (few; 100 epochs on 300 photos only learn them by heart); grey pictures,
    which are simpler, take a third of what photos do. Photos are mirrored; grey pictures, among which digits and
    letters are common, are turned, zoomed and shifted a little instead. What a ``strategy`` wants comes before all
    that; ``fields`` of ``Recipe`` that are given win.
    """
    fields = _wanted(data, strategy, fields)
    if isinstance(data.preprocess, SeriesPreprocess):
        return _recipe_for_series(data, fields)
    colour = data.preprocess.channels == 3
    pictures = 100_000 if colour else 30_000
    epochs = fields.get("epochs") or min(40, max(10, round(pictures / max(len(data.train), 1))))
    suited: dict[str, Any] = {
        "epochs": epochs,
        "schedule": "cosine",
        # Adam's first steps are its largest; a slow start keeps ReLUs alive that it would kill.
        "warmup_epochs": min(1.0, epochs / 10),
        "augment": Augment(flip=True) if colour else Augment(rotation=10, zoom=0.1, shift=0.1),
    }
    return Recipe(**(suited | fields))


def fast_recipe(data: Data, strategy: Strategy | None = None, **fields: Any) -> Recipe:
    """A short training, for a good accuracy soon rather than the best one late (docs/lab/results.md).

    Many pictures: 3 epochs of 60,000 grey ones or 50,000 photos, in batches of 64, along one cycle of a learning rate
    higher than usual (Smith 2018); photos mirrored, grey pictures shifted by at most a twentieth. Few pictures, below
    10,000: ``choose_recipe`` in at most 16 epochs. What a ``strategy`` wants comes before all that; ``fields`` of
    ``Recipe`` that are given win.
    """
    if isinstance(data.preprocess, SeriesPreprocess):
        raise ArgumentError("the fast recipe is for pictures; series are quick already. Leave --recipe out.")
    fields = _wanted(data, strategy, fields)
    colour = data.preprocess.channels == 3
    n = max(len(data.train), 1)
    if n < 10_000:
        return choose_recipe(data, **({"epochs": 16} | fields))
    epochs = fields.get("epochs") or min(16, max(3, round((150_000 if colour else 180_000) / n)))
    suited: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": 64,
        "learning_rate": 2e-3 if colour else 3e-3,
        "schedule": "one-cycle",
        "warmup_epochs": epochs / 5,
        "augment": Augment(flip=True) if colour else Augment(shift=0.05),
    }
    return Recipe(**(suited | fields))


def _wanted(data: Data, strategy: Strategy | None, fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of ``Recipe`` that nothing here changes, ``augment`` as an object."""
    wanted = (strategy.recipe_fields() if strategy is not None else {}) | fields
    if isinstance(wanted.get("augment"), str):
        wanted["augment"] = kind_of(data.preprocess).parse_augmentation(wanted["augment"], data.preprocess)
    return wanted


def _recipe_for_series(data: Data, fields: dict[str, Any]) -> Recipe:
    """Batches of 16 as in Wang et al. 2017; as many epochs as make 1,000 steps, at least 30 and at most 300.

    The papers' 1,500 to 2,000 epochs, at a rate that falls when the loss stays, reach the same accuracies
    (docs/lab/results.md).
    """
    batch_size = fields.get("batch_size") or _SERIES_BATCH
    steps_per_epoch = math.ceil(max(len(data.train), 1) / batch_size)
    epochs = fields.get("epochs") or min(300, max(30, round(_SERIES_STEPS / steps_per_epoch)))
    suited: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "schedule": "cosine",
        "warmup_epochs": min(1.0, epochs / 10),
    }
    return Recipe(**(suited | fields))


RECIPES: dict[str, Callable[..., Recipe]] = {"usual": choose_recipe, "fast": fast_recipe}
"""By name: functions of the data, and of the fields of ``Recipe`` that are given."""


def named_recipe(name: str) -> Callable[..., Recipe]:
    """The function behind ``--recipe name``.

    Raises:
        UnknownName: with the nearest names.
    """
    if name not in RECIPES:
        raise UnknownName("recipe", name, tuple(RECIPES))
    return RECIPES[name]


def _nearly(native: tuple[int, int], wanted: tuple[int, int]) -> bool:
    """``wanted`` is a little larger than ``native``, by the same even number of pixels on both sides."""
    extra = wanted[0] - native[0], wanted[1] - native[1]
    return (
        extra[0] == extra[1] > 0
        and extra[0] % 2 == 0
        and all(w <= n * _BORDER for w, n in zip(wanted, native, strict=True))
    )


def _can_be_built(network: str, in_channels: int, input_size: tuple[int, int]) -> bool:
    """Whether the network takes pictures of this size."""
    try:
        with torch.device("meta"):  # shapes alone: no memory, no random numbers
            networks.build(network, in_channels=in_channels, input_size=input_size)
    except ArgumentError:
        return False
    return True


def _fitted(preprocess: Preprocess, wanted: tuple[int, int]) -> Preprocess:
    native = preprocess.size
    if max(native) <= _SMALL and _nearly(native, wanted):
        return dataclasses.replace(preprocess, border=(wanted[0] - native[0]) // 2)
    return dataclasses.replace(preprocess, size=wanted)
