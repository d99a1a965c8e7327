"""What makes training faster without changing what is computed, behind one call."""

from __future__ import annotations

import functools
import itertools
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
    # Not ``network.to``, which tries tensors of five axes too, and stops there (masks of attention in windows).
    for tensor in itertools.chain(network.parameters(), network.buffers()):
        if tensor.ndim == 4:
            tensor.data = tensor.data.to(memory_format=torch.channels_last)
    if device.type == "cpu":
        avoid_overrun(network)


def avoid_overrun(network: nn.Module) -> None:
    """Keeps gradients right, and memory whole, on CPUs without AVX-512; called twice, it does the same as once.

    There oneDNN computes the gradient by the weights of a 1×1 convolution with strides and two to seven channels beyond
    the memory it has for it, when maps are in channels-last memory: wrong gradients, a crash, or a process that never
    ends (uxlfoundation/oneDNN, issue 6035; seen with PyTorch 2.13.0). Such a convolution is given planar maps.
    """
    for module in network.modules():
        if (
            isinstance(module, nn.Conv2d)
            and set(module.kernel_size) == {1}
            and module.groups == 1
            and overruns(module.in_channels, module.stride)
        ):
            module.weight.data = _planar_kernel(module.weight.data)
            if _planar not in module._forward_pre_hooks.values():
                module.register_forward_pre_hook(_planar)


def overruns(in_channels: int, strides: tuple[int, ...]) -> bool:
    """Whether a 1×1 convolution without groups is one of those, on this CPU."""
    if torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return False
    return max(strides) > 1 and 1 < in_channels < 8


def _planar_kernel(kernel: torch.Tensor) -> torch.Tensor:
    """The kernel's own memory where that is in order, as 1×1 kernels of both formats are: others may see it, too."""
    planar = torch.empty(kernel.shape, device="meta").stride()
    # ``contiguous`` would leave the strides of channels-last memory, which both formats allow for 1×1.
    if kernel.stride()[:2] == planar[:2]:
        return kernel.as_strided(kernel.shape, planar)
    return torch.empty_like(kernel, memory_format=torch.contiguous_format).copy_(kernel)


def _planar(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return tuple(tensor.contiguous() for tensor in inputs)


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
