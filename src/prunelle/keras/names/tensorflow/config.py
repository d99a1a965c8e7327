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


def get_visible_devices(device_type: str | None = None) -> list[SimpleNamespace]:
    """As ``list_physical_devices``."""
    return list_physical_devices(device_type)


def list_logical_devices(device_type: str | None = None) -> list[SimpleNamespace]:
    """One for each physical one."""
    return [
        SimpleNamespace(
            name=f"/device:{device.name.removeprefix('/physical_device:')}", device_type=device.device_type
        )
        for device in list_physical_devices(device_type)
    ]


class LogicalDeviceConfiguration:
    """Limits of a device, which are without effect."""

    def __init__(self, memory_limit: Any = None, experimental_priority: Any = None, **_: Any) -> None:
        self.memory_limit, self.experimental_priority = memory_limit, experimental_priority


def get_soft_device_placement() -> bool:
    """Yes: PyTorch computes where it can."""
    return True


def set_soft_device_placement(enabled: bool) -> None:
    """Without effect."""


set_logical_device_configuration = set_visible_devices


def get_logical_device_configuration(device: Any) -> None:
    """None was set."""


class _Experimental:
    list_physical_devices = staticmethod(list_physical_devices)
    list_logical_devices = staticmethod(list_logical_devices)
    set_visible_devices = staticmethod(set_visible_devices)
    get_visible_devices = staticmethod(get_visible_devices)
    set_memory_growth = staticmethod(set_visible_devices)
    set_virtual_device_configuration = staticmethod(set_visible_devices)
    set_synchronous_execution = staticmethod(set_visible_devices)
    VirtualDeviceConfiguration = LogicalDeviceConfiguration

    @staticmethod
    def get_memory_growth(device: Any) -> bool:
        """PyTorch's memory grows."""
        return True

    @staticmethod
    def enable_op_determinism() -> None:
        """PyTorch takes algorithms that repeat their results."""
        torch.use_deterministic_algorithms(True, warn_only=True)

    @staticmethod
    def get_device_details(device: Any) -> dict[str, Any]:
        """The name of a GPU."""
        number = str(getattr(device, "name", "")).rpartition(":")[2]
        gpu = getattr(device, "device_type", "") == "GPU"
        return {"device_name": torch.cuda.get_device_name(int(number))} if gpu else {}


experimental = _Experimental


class optimizer:  # noqa: N801 (TensorFlow calls it so)
    """What TensorFlow makes faster by itself: without effect."""

    @staticmethod
    def set_jit(enabled: Any) -> None:
        """Without effect."""

    @staticmethod
    def get_jit() -> str:
        """It is off."""
        return ""

    @staticmethod
    def set_experimental_options(options: Any) -> None:
        """Without effect."""

    @staticmethod
    def get_experimental_options() -> dict[str, Any]:
        """There are none."""
        return {}


experimental_run_functions_eagerly = run_functions_eagerly
experimental_functions_run_eagerly = functions_run_eagerly


class threading:  # noqa: N801 (TensorFlow calls it so)
    """How many threads: PyTorch's own choice is the machine's."""

    set_intra_op_parallelism_threads = staticmethod(set_visible_devices)
    set_inter_op_parallelism_threads = staticmethod(set_visible_devices)

    @staticmethod
    def get_intra_op_parallelism_threads() -> int:
        """PyTorch's."""
        return torch.get_num_threads()

    @staticmethod
    def get_inter_op_parallelism_threads() -> int:
        """PyTorch's."""
        return torch.get_num_interop_threads()


__all__ = [
    *("LogicalDeviceConfiguration", "experimental", "experimental_functions_run_eagerly"),
    *("experimental_run_functions_eagerly", "functions_run_eagerly", "get_logical_device_configuration"),
    *("get_soft_device_placement", "get_visible_devices", "list_logical_devices", "list_physical_devices"),
    *("optimizer", "run_functions_eagerly", "set_logical_device_configuration", "set_soft_device_placement"),
    *("set_visible_devices", "threading"),
]
