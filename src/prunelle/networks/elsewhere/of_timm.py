"""timm's networks: ``timm:resnet18``, with the tag of a set of weights or without (``timm:resnet18.a1_in1k``).

Only what timm's own list has: names that fetch code or settings (``hf-hub:…``) are not taken.
"""

from __future__ import annotations

import functools
import logging
from typing import Any

from prunelle.errors import ArgumentError, UnknownName, WeightsError
from prunelle.networks.elsewhere.making import Maker, TheirWeights, first_line, library

_IMAGENET_CLASSES = 1000


def maker(name: str) -> Maker:
    """What makes one; pictures of any size, where the network is not made for one size (``img_size``).

    Raises:
        ArgumentError: timm is not there, or has no such network.
    """
    timm, wanted = library("timm"), name.partition(":")[2]
    config = _config(name)
    _, height, width = config.input_size
    takes = {"num_classes": "num_classes", "in_channels": "in_chans"}
    if config.fixed_input_size:
        takes["input_size"] = "img_size"
    return Maker(
        name=name,
        make=functools.partial(timm.create_model, wanted, pretrained=False),
        takes=takes,
        options=None,
        num_classes=config.num_classes,
        in_channels=config.input_size[0],
        input_size=(height, width),
    )


def weights(name: str) -> TheirWeights:
    """Its weights, from the Hugging Face hub, through timm.

    Raises:
        WeightsError: there are none, or they cannot be had.
    """
    timm, config = library("timm"), _config(name)
    source = f"timm's {config.architecture}.{config.tag}"
    if not config.has_weights:
        raise WeightsError(
            f"timm publishes no weights for {name}. timm.list_pretrained() has those that it does."
        )
    # It tells every retry; whether it came to nothing is told once, below.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        network = timm.create_model(name.partition(":")[2], pretrained=True)
    except Exception as error:  # whatever the hub's client, or a file that it gave, raises
        raise WeightsError(
            f"the weights of {source} ({config.hf_hub_id or config.url}) are not on this machine and could not be "
            f"fetched: {first_line(error)} Where there is a network, fetch them there and name the file: --weights FILE"
        ) from error
    channels, height, width = config.input_size
    return TheirWeights(
        source=source,
        tensors=network.state_dict(),
        imagenet=config.num_classes == _IMAGENET_CLASSES,
        preprocess={
            "size": (height, width),
            "fit": "crop",
            "crop_fraction": config.crop_pct,
            "channels": channels,
            "mean": tuple(config.mean),
            "std": tuple(config.std),
        },
    )


def _config(name: str) -> Any:
    """What timm knows of a network and its weights."""
    models = library("timm.models")
    wanted = name.partition(":")[2]
    architecture, _, tag = wanted.partition(".")
    if not models.is_model(architecture):
        raise UnknownName("network of timm", wanted, models.list_models())
    try:
        config = models.get_pretrained_cfg(wanted, allow_unregistered=False)
    except RuntimeError:
        tags = ", ".join(models.list_pretrained(f"{architecture}.*")) or "none"
        raise ArgumentError(f"timm has no weights {tag!r} for {architecture}. It has: {tags}.") from None
    if config is None:
        raise ArgumentError(f"timm says nothing of how {wanted} is built; it cannot be named here.")
    return config
