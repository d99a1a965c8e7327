"""A step's forward and backward pass as one CUDA graph, where a GPU waits for Python.

The kernels of a small network take a GPU less time than it takes Python to ask for them, one by one. A CUDA graph is
captured once and from then on asked for whole. In it are the very kernels that the pass would launch.

Written without a GPU at hand and measured on none: the tests run all of it on a CPU, with ``torch.cuda`` imitated.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from prunelle.training.fast.one_pass import Pass, Tensors

# Share of a pass that goes into asking for it, below which the GPU is busy and a graph would win nothing.
_ASKING = 0.5


def capture(whole: Pass, inputs: Tensors, seconds: float) -> CudaGraph | None:
    """None where Python takes too small a part of a pass's ``seconds`` to ask for it.

    Raises:
        RuntimeError: the pass does what no graph can hold.
    """
    with torch.cuda.device(inputs[0].device):
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        if _warm_up(whole, inputs, stream) < _ASKING * seconds:
            return None
        return CudaGraph(whole, inputs, stream)


def _warm_up(whole: Pass, inputs: Tensors, stream: torch.cuda.Stream) -> float:
    """Readies ``stream`` for a capture; how long asking for a pass takes, in seconds.

    Raises:
        RuntimeError: a pass waits for the device, which cannot be captured.
    """
    asking = []
    current = torch.cuda.current_stream()
    stream.wait_stream(current)
    try:
        with torch.cuda.stream(stream):
            for _ in range(3):
                torch.cuda.synchronize()
                with _waiting_refused():
                    begin = time.perf_counter()
                    whole(*inputs)
                    asking.append(time.perf_counter() - begin)
    finally:
        current.wait_stream(stream)
    return min(asking)


class CudaGraph:
    """A captured pass, with the memory that it reads and writes at every replay."""

    # Some kernels add up in any order, while a mistake changes everything.
    closeness = 0.01

    def __init__(self, whole: Pass, inputs: Tensors, stream: torch.cuda.Stream) -> None:
        self._inputs = [tensor.clone() for tensor in inputs]
        self._graph = torch.cuda.CUDAGraph()
        for parameter in whole.parameters:
            parameter.grad = None  # what the capture makes belongs to the graph
        # Where a capture fails, torch.cuda.graph leaves its stream the current one; the outer context does not.
        with torch.cuda.stream(stream), torch.cuda.graph(self._graph, stream=stream):
            self._result = whole(*self._inputs)
        self._gradients = [(parameter, parameter.grad) for parameter in whole.parameters]

    def __call__(self, *inputs: torch.Tensor) -> Tensors:
        for kept, tensor in zip(self._inputs, inputs, strict=True):
            kept.copy_(tensor)
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        self._graph.replay()
        return self._result


@contextmanager
def _waiting_refused() -> Iterator[None]:
    """Inside, PyTorch raises a RuntimeError where it would wait for the device."""
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this mode is a prototype
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)
