"""``keras.applications.resnet50``, whose layers had other names until Keras 2.3 (``res2a_branch2a``)."""

from __future__ import annotations

import functools
import re
from typing import Any

from prunelle.keras.differences import RESNET50_NAMES
from prunelle.keras.generations import in_force
from prunelle.keras.names import applications

__all__ = ["ResNet50", "decode_predictions"]

decode_predictions = applications.decode_predictions


@functools.wraps(applications.ResNet50)
def ResNet50(*args: Any, **given: Any) -> Any:  # noqa: N802 (Keras calls it so)
    """ResNet-50; the arguments are Keras's."""
    model = applications.ResNet50(*args, **given)
    if RESNET50_NAMES.of(in_force()):
        for layer in model.layers:
            layer.name = old_name(layer.name)
    return model


def old_name(name: str) -> str:
    """The name of a layer with weights until Keras 2.3; others keep theirs.

    Source: keras-applications 1.0.8, resnet50.py.
    """
    known = {"conv1_conv": "conv1", "conv1_bn": "bn_conv1", "predictions": "fc1000"}
    found = re.fullmatch(r"conv(\d)_block(\d)_(\d)_(conv|bn)", name)
    if found is None:
        return known.get(name, name)
    stage, block, place, kind = found.groups()
    letter = "abcdef"[int(block) - 1]
    branch = "1" if place == "0" else f"2{'abc'[int(place) - 1]}"
    return f"{'res' if kind == 'conv' else 'bn'}{stage}{letter}_branch{branch}"
