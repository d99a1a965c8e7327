"""torchvision's networks for classifying pictures: ``torchvision:resnet18``."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import torch

from prunelle.errors import UnknownName, WeightsError
from prunelle.networks.elsewhere.making import Maker, TheirWeights, first_line, library

_SIZED = {"vit": "image_size", "maxvit": "input_size"}
"""Those that are made for one size, by the beginning of their names → what they call it."""

_WITHOUT_AUXILIARY = {"aux_logits": False, "init_weights": True, "transform_input": True}
"""Its Inception and GoogLeNet: without auxiliary classifiers, which act in training alone; pictures that come with
ImageNet's mean and std are given those that its weights were made with."""
_PLAIN: dict[str, dict[str, Any]] = {"inception_v3": _WITHOUT_AUXILIARY, "googlenet": _WITHOUT_AUXILIARY}

_OFFLINE = "HF_HUB_OFFLINE"


def maker(name: str) -> Maker:
    """What makes one, for pictures in colour.

    Raises:
        ArgumentError: torchvision is not there, or has no such network.
    """
    models, wanted = _models(name)
    sized = next((theirs for start, theirs in _SIZED.items() if wanted.startswith(f"{start}_")), None)
    side = models.get_model_weights(wanted).DEFAULT.transforms().crop_size[0]
    takes = {"num_classes": "num_classes"} | ({"input_size": sized} if sized else {})
    make = functools.partial(_make, models, wanted)
    return Maker(name=name, make=make, takes=takes, options=None, input_size=(side, side))


def weights(name: str) -> TheirWeights:
    """Its usual weights, from download.pytorch.org.

    Raises:
        WeightsError: they cannot be had.
    """
    models, wanted = _models(name)
    usual = models.get_model_weights(wanted).DEFAULT
    source = f"torchvision's {wanted} ({usual.name})"
    file = Path(torch.hub.get_dir()) / "checkpoints" / os.path.basename(usual.url)
    try:
        if not file.is_file() and os.environ.get(_OFFLINE, "").upper() in ("1", "ON", "YES", "TRUE"):
            raise OSError(f"{_OFFLINE} is set")
        tensors = usual.get_state_dict(progress=False, check_hash=True)
    except Exception as error:  # no network, a checksum, a file that is none
        raise WeightsError(
            f"the weights of {source} are not on this machine and could not be fetched: {first_line(error)} Where "
            f"there is a network, fetch\n  {usual.url}\nand put it here as\n  {file}\nor anywhere, and name it: "
            f"--weights FILE."
        ) from error
    how = usual.transforms()
    side, resized = how.crop_size[0], how.resize_size[0]
    return TheirWeights(
        source=source,
        tensors=tensors,
        imagenet=len(usual.meta["categories"]) == 1000,
        preprocess={
            "size": (side, side),
            "fit": "crop",
            "crop_fraction": min(1.0, side / resized),
            "channels": 3,
            "mean": tuple(how.mean),
            "std": tuple(how.std),
        },
    )


def _models(name: str) -> tuple[Any, str]:
    models: Any = library("torchvision.models")
    wanted, known = name.partition(":")[2], models.list_models(module=models)
    if wanted not in known:
        raise UnknownName("network of torchvision", wanted, known)
    return models, wanted


def _make(models: Any, wanted: str, **arguments: Any) -> torch.nn.Module:
    size = arguments.get("image_size")
    if size is not None:
        if len(set(size)) > 1:
            raise ValueError(f"it takes square pictures, not {size[0]}×{size[1]}")
        arguments["image_size"] = size[0]
    made: torch.nn.Module = models.get_model(wanted, weights=None, **_PLAIN.get(wanted, {}) | arguments)
    return made
