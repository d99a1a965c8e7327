"""What suits pictures, when nothing is named; measured in docs/lab/results.md."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import nn

from prunelle import networks
from prunelle.data.augment import Augment
from prunelle.data.examples import Data
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError, refuse_given
from prunelle.planning.request import Preparation
from prunelle.planning.weights import preprocess_for
from prunelle.training.recipe import Recipe

_SMALL = 40  # pixels; from here on down pictures are digits and icons, above they are photos
FEW = 1000
"""Pictures a class below which features of published weights beat a training from nothing (docs/lab/results.md)."""

_BORDER = 1.25  # a network up to this much larger than the pictures gets a border, not blown-up pictures


def network(preprocess: Preprocess, preparation: Preparation) -> str:
    """``course-mnist`` for small grey pictures, ``course-cifar`` for small colour ones, ``course-photos`` else."""
    if max(preparation.size_2d or preprocess.size) > _SMALL:
        return "course-photos"
    return "course-mnist" if preprocess.channels == 1 else "course-cifar"


def preprocess(preprocess: Preprocess, network: nn.Module | str, preparation: Preparation) -> Preprocess:
    """A size that is given wins. A module of one's own with an ``input_shape`` sets the size and the channels it
    was made for; a network by name sets the size, and is built for the pictures' channels. Two exceptions:
    pictures that all share one size of at most 40 pixels are not resized for a network by name that can be
    built for their size; and where the network is just a little larger (LeNet-5's 32×32 on MNIST's 28×28),
    black pixels are added around them instead.
    """
    if preparation.normalisation is not None:
        raise ArgumentError("normalisation is for series; of pictures, mean and std can be given.")
    if preprocess.mean:
        return _as_they_are(preprocess, network, preparation)
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
    channels, height, width = networks.natural_shape(network)
    natural = (height, width)
    if preprocess.channels != channels and not _can_be_built(network, preprocess.channels, natural):
        preprocess = dataclasses.replace(preprocess, channels=channels)
    if size is not None:
        return dataclasses.replace(preprocess, size=size)
    native = preprocess.size
    if (
        max(native) <= _SMALL
        and not _nearly(native, natural)
        and _can_be_built(network, preprocess.channels, native)
    ):
        return preprocess
    return _fitted(preprocess, natural)


def preprocess_with(start: Any, preprocess: Preprocess, preparation: Preparation) -> Preprocess:
    """As the weights that a training begins from (``start``) want pictures; tensors of a dataset stay as they are."""
    if preprocess.mean:
        return preprocess
    return preprocess_for(start, preprocess, preparation, keep_crop=False)


def recipe(data: Data, fields: dict[str, Any]) -> Recipe:
    """From 10 epochs (many pictures) to 40 (few; 100 epochs on 300 photos only learn them by heart); grey pictures,
    which are simpler, take a third of what photos do. Photos are mirrored; grey pictures, among which digits and
    letters are common, are turned, zoomed and shifted a little instead.
    """
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
    if _changed_already(data):
        suited["augment"] = Augment()
    return Recipe(**(suited | fields))


def fast_recipe(data: Data, fields: dict[str, Any]) -> Recipe:
    """Many pictures: 3 epochs of 60,000 grey ones or 50,000 photos, in batches of 64, along one cycle of a learning
    rate higher than usual (Smith 2018); photos mirrored, grey pictures shifted by at most a twentieth. Few pictures,
    below 10,000: ``recipe`` in at most 16 epochs.
    """
    colour = data.preprocess.channels == 3
    n = max(len(data.train), 1)
    if n < 10_000:
        return recipe(data, {"epochs": 16} | fields)
    epochs = fields.get("epochs") or min(16, max(3, round((150_000 if colour else 180_000) / n)))
    suited: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": 64,
        "learning_rate": 2e-3 if colour else 3e-3,
        "schedule": "one-cycle",
        "warmup_epochs": epochs / 5,
        "augment": Augment(flip=True) if colour else Augment(shift=0.05),
    }
    if _changed_already(data):
        suited["augment"] = Augment()
    return Recipe(**(suited | fields))


def few(data: Data) -> bool:
    """Fewer than ``FEW`` a class, of one class each, in colour, larger than digits and icons are, and as their files
    have them."""
    return (
        data.target.exclusive
        and data.preprocess.channels == 3
        and max(data.preprocess.input_shape[1:]) > _SMALL
        and not _changed_already(data)
        and len(data.train) < FEW * len(data.classes)
    )


def _changed_already(data: Data) -> bool:
    """Whether a dataset's own transforms made its pictures what they are: nothing is changed on top, unless asked."""
    return bool(data.preprocess.mean) or (data.train.feed is not None and data.train.feed.anew)


def _as_they_are(preprocess: Preprocess, network: nn.Module | str, preparation: Preparation) -> Preprocess:
    """Of tensors that a dataset prepared itself: nothing is left to choose, but the network has to take them."""
    refuse_given(
        "is how pictures are prepared, and these are tensors that the dataset prepared",
        size=preparation.size,
        fit=preparation.fit,
        mean=preparation.mean,
    )
    if isinstance(network, str):
        suited = _can_be_built(network, preprocess.channels, preprocess.input_size)
        wanted = networks.natural_shape(network)
    else:
        wanted = tuple(getattr(network, "input_shape", preprocess.input_shape))
        suited = wanted == preprocess.input_shape
    if not suited:
        raise ArgumentError(
            f"the dataset gives tensors of shape {preprocess.input_shape}, which this network does not take; it was "
            f"made for {wanted}. Resize them in the dataset's transforms, or let it give pictures."
        )
    return preprocess


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
