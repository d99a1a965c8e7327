"""``device_lib``: which devices there are, as ``tf.config.list_physical_devices`` says since TensorFlow 2."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch

from prunelle.keras.names.tensorflow.config import list_logical_devices

_OF_A_PROCESSOR = 256 * 1024**2
"""Bytes that TensorFlow says of every processor."""


def list_local_devices(session_config: Any = None) -> list[SimpleNamespace]:
    """The processor, and the GPUs that PyTorch sees: ``name``, ``device_type``, bytes of memory, what it is."""
    found = []
    for device in list_logical_devices():
        if device.device_type == "GPU":
            about = torch.cuda.get_device_properties(int(device.name.rpartition(":")[2]))
            memory, what = about.total_memory, about.name
        else:
            memory, what = _OF_A_PROCESSOR, ""
        named = {"name": device.name, "device_type": device.device_type}
        found.append(SimpleNamespace(**named, memory_limit=memory, physical_device_desc=what))
    return found


__all__ = ["list_local_devices"]
