"""Other people's implementations, to hold ours against. Tests that need one skip where it is not installed.

torchvision and timm are installed without their dependencies. Beside the CPU build of torch, torchvision's
compiled operators do not load, and importing it then fails on the first one it wants to extend; declaring
the names of two of them beforehand is enough for its models and transforms, which use none.
"""

from __future__ import annotations

import functools
from types import ModuleType

import pytest
import torch


@functools.cache
def _declare_torchvision_operators() -> torch.library.Library:
    # The declarations live as long as the object does; the cache keeps it.
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def torchvision_models() -> ModuleType:
    """``torchvision.models``, or the test is skipped."""
    try:
        _declare_torchvision_operators()
        import torchvision.models
    except Exception as reason:  # a half-working installation raises anything
        pytest.skip(f"needs torchvision 0.28.0, installed with --no-deps: {reason!r}")
    return torchvision.models


def timm() -> ModuleType:
    """``timm``, or the test is skipped."""
    torchvision_models()
    try:
        import timm
    except Exception as reason:
        pytest.skip(f"needs timm, installed with --no-deps: {reason!r}")
    return timm


def torchmetrics() -> ModuleType:
    """``torchmetrics``, or the test is skipped. It imports torchvision where that is installed."""
    torchvision_models()
    return pytest.importorskip("torchmetrics", reason="a package of the extra test")  # type: ignore[no-any-return]
