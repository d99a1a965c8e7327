"""``tf.sysconfig``: how TensorFlow was built; it is PyTorch that computes."""

from __future__ import annotations

from typing import Any

import torch


def get_build_info() -> dict[str, Any]:
    """Whether PyTorch has CUDA, and its versions."""
    cuda, cudnn = torch.version.cuda, torch.backends.cudnn.version()  # type: ignore[no-untyped-call]
    return {
        "is_cuda_build": cuda is not None,
        "is_rocm_build": torch.version.hip is not None,
        "is_tensorrt_build": False,
        **({"cuda_version": cuda, "cudnn_version": str(cudnn)} if cuda else {}),
    }


__all__ = ["get_build_info"]
