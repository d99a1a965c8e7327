"""``tf.config``: which devices there are. What TensorFlow alone has to set changes nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch


def list_physical_devices(device_type: str | None = None) -> list[SimpleNamespace]:
    """The processor, and the GPUs that PyTorch sees."""
    found = [SimpleNamespace(name="/physical_device:CPU:0", device_type="CPU")]
    for i in range(torch.cuda.device_count()):
        found.append(SimpleNamespace(name=f"/physical_device:GPU:{i}", device_type="GPU"))
    return [device for device in found if device_type in (None, device.device_type)]


def set_visible_devices(*args: Any, **given: Any) -> None:
    """Without effect: Prunelle chooses the device."""


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Without effect: everything runs so."""


def functions_run_eagerly() -> bool:
    """Yes."""
    return True


class _Experimental:
    list_physical_devices = staticmethod(list_physical_devices)
    set_memory_growth = staticmethod(set_visible_devices)
    set_virtual_device_configuration = staticmethod(set_visible_devices)


experimental = _Experimental


class threading:  # noqa: N801 (TensorFlow calls it so)
    """How many threads: PyTorch's own choice is the machine's."""

    set_intra_op_parallelism_threads = staticmethod(set_visible_devices)
    set_inter_op_parallelism_threads = staticmethod(set_visible_devices)


__all__ = [
    *("experimental", "functions_run_eagerly", "list_physical_devices", "run_functions_eagerly"),
    *("set_visible_devices", "threading"),
]
