"""``tf.test``: what there is to run on."""

from __future__ import annotations

from typing import Any

import torch


def is_gpu_available(*args: Any, **given: Any) -> bool:
    """Whether PyTorch sees one."""
    return torch.cuda.is_available()


def is_built_with_cuda() -> bool:
    """Whether PyTorch is."""
    return torch.version.cuda is not None


def gpu_device_name() -> str:
    """Of the first one; empty where there is none."""
    return "/device:GPU:0" if torch.cuda.is_available() else ""


__all__ = ["gpu_device_name", "is_built_with_cuda", "is_gpu_available"]
