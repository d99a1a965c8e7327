"""What makes training faster without changing what is computed, behind one call."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.memory import of_glibc

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


def choose_device(name: str) -> torch.device:
    """``auto`` → cuda, else mps, else cpu; a name → that device, if this machine has it."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ArgumentError(
            f"device must be auto, cpu, cuda or mps, and be on this machine; received {name!r} "
            f"({str(error).splitlines()[0]})"
        ) from None
    return device


def prepare(network: nn.Module, device: torch.device) -> None:
    """Moves ``network`` to ``device``, in channels-last memory, and tells the allocator to keep large blocks.

    Changes neither the network's ``state_dict`` nor what it computes.
    """
    keep_large_blocks()
    network.to(device)
    # The type stubs of ``to`` know memory_format only beside a dtype.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def channels_last(batch: torch.Tensor) -> torch.Tensor:
    """Maps ``(N, C, H, W)`` in the memory format that ``prepare`` gives networks; what has no such format as it is."""
    return batch.contiguous(memory_format=torch.channels_last) if batch.ndim == 4 else batch


def seed_device(device: torch.device, seed: int) -> None:
    """Seeds the generators that dropout draws from, without torch.manual_seed's detour over every device."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


def drop_traces(kept: Iterable[torch.Tensor], step: int) -> None:
    """Sets to zero what an optimiser keeps of gradients long gone, in place, every hundredth ``step``.

    The running mean of a weight whose gradient stays 0 (behind a dead ReLU) shrinks by a tenth a step, is a
    denormal number after some 800, rounds to itself from then on, and makes Adam ten times slower on a CPU
    (docs/lab/performance.md). Below 1e-32 it moves no weight by anything that a float32 could hold.
    """
    if step % 100:
        return
    for tensor in kept:
        if tensor.is_floating_point() and tensor.ndim:
            torch.hardshrink(tensor, 1e-32, out=tensor)


@functools.cache
def keep_large_blocks() -> None:
    """glibc gives activations back to the system at each step and faults them in again; this stops it.

    Measured on the photo network: 219 → 314 images a second (docs/lab/performance.md). Other C libraries are
    left alone.
    """
    if mallopt := of_glibc("mallopt"):
        mallopt(_M_MMAP_THRESHOLD, 1 << 30)
        mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)
