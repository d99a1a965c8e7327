"""A step's forward and backward pass as one CUDA graph, where a GPU waits for Python.

The kernels of a small network take a GPU less time than it takes Python to ask for them, one by one. A CUDA graph is
captured once and from then on asked for whole. In it are the very kernels that the pass would launch, and they read
the same random numbers, so a training is as reproducible with it as without, and a resumed one may have it or not. A
graph is compared with the network before it is used; what cannot be captured goes on as it is.

Written without a GPU at hand and measured on none: the tests run all of it on a CPU, with ``torch.cuda`` imitated.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from prunelle.training.acceleration import hooked
from prunelle.training.speed import seed_device

CAPTURE_AFTER = 100
"""Passes of one kind after which it is captured: a training that is over before would not win the time back."""

_DEVICES = ("cuda",)
# Share of a pass that goes into asking for it, below which the GPU is busy and a graph would win nothing.
_ASKING = 0.5
_CLOSE = 0.01  # of the norm; some kernels add up in any order, while a mistake changes everything

Outcome = tuple[torch.Tensor, torch.Tensor]
Pass = Callable[[torch.Tensor, torch.Tensor], Outcome]


class Passes:
    """Runs the passes of a training, from a CUDA graph once that pays.

    Args:
        run: ``(images, targets)`` → the loss and another number; it leaves new gradients in the parameters.
        network: left as it is, but for its gradients. Only networks of PyTorch's and Prunelle's own layers, without
            hooks, are captured: others may do in Python, at each pass, what a graph would leave out.
        device: where it is.
        batch_size: the smaller last batch of an epoch is not captured.

    What could not be captured once, or was not worth it, is not tried again.
    """

    def __init__(self, run: Pass, network: nn.Module, device: torch.device, batch_size: int) -> None:
        self._run, self._network, self._device, self._batch_size = run, network, device, batch_size
        self._parameters, self._modules = list(network.parameters()), list(network.modules())
        self._buffers = list(network.buffers())
        self._capturable = device.type in _DEVICES and all(_known(module) for module in self._modules)
        self._kind: object = None
        self._seen = 0
        self._graph: _Graph | None = None

    def __call__(self, images: torch.Tensor, targets: torch.Tensor, seed: int) -> Outcome:
        """What ``run`` gives, random numbers drawn from ``seed``; to be read before the next call.

        Args:
            images: ``(N, C, …)``, normalised. targets: ``(N,)`` or ``(N, K)``.
        """
        if self._capturable and len(images) == self._batch_size:
            kind = self._kind_of(images, targets)
            if kind != self._kind:
                self._kind, self._seen, self._graph = kind, 0, None
            self._seen += 1
            if self._seen == CAPTURE_AFTER + 1:
                self._graph = self._capture(images, targets, seed)
                self._capturable = self._graph is not None
            if self._graph is not None:
                return self._graph.replay(images, targets, seed)
        return self._as_it_is(images, targets, seed)

    @property
    def captured(self) -> bool:
        """Whether the last whole batch came from a graph."""
        return self._graph is not None

    @contextmanager
    def running(self) -> Iterator[None]:
        """After it, the memory of a graph is free again."""
        try:
            yield
        finally:
            if self._graph is not None:
                self._kind = self._graph = None
                for parameter in self._parameters:
                    parameter.grad = None

    def _as_it_is(self, images: torch.Tensor, targets: torch.Tensor, seed: int) -> Outcome:
        seed_device(self._device, seed)
        return self._run(images, targets)

    def _kind_of(self, images: torch.Tensor, targets: torch.Tensor) -> object:
        """All that a graph takes for granted; it is of no use to a pass where any of it is different."""
        return (
            *((tensor.shape, tensor.dtype) for tensor in (images, targets)),
            *((parameter.data_ptr(), parameter.requires_grad) for parameter in self._parameters),
            *(buffer.data_ptr() for buffer in self._buffers),
            *(module.training for module in self._modules),
            self._hooked(),
        )

    def _hooked(self) -> bool:
        """Whether a pass calls functions that somebody hung on the network."""
        return any(hooked(module) for module in self._modules) or any(
            parameter._backward_hooks or parameter._post_accumulate_grad_hooks
            for parameter in self._parameters
        )

    def _capture(self, images: torch.Tensor, targets: torch.Tensor, seed: int) -> _Graph | None:
        """A graph that is worth it and gives what the network gives; None where there is none."""
        if self._hooked():
            return None
        before: list[torch.Tensor] = []
        try:
            # Running means must not see the passes made here.
            before += [buffer.clone() for buffer in self._buffers]
            with torch.cuda.device(self._device):
                stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
                asking, seconds = self._warm_up(images, targets, stream)
                if asking < _ASKING * seconds:
                    return None
                graph = _Graph(self._run, self._parameters, self._device, images, targets, stream)
                # Other pictures than those of the capture.
                if not self._agrees(graph, images.roll(1, dims=0), targets, seed):
                    return None
                return graph if graph.seconds(images, targets, seed) < seconds else None
        except RuntimeError:  # it waits for the device, runs out of memory, or does what no graph can hold
            return None
        finally:
            with torch.no_grad():
                for buffer, kept in zip(self._buffers, before, strict=False):
                    buffer.copy_(kept)

    def _warm_up(
        self, images: torch.Tensor, targets: torch.Tensor, stream: torch.cuda.Stream
    ) -> tuple[float, float]:
        """Readies ``stream`` for a capture; how long asking for a pass takes, and the pass, in seconds.

        Raises:
            RuntimeError: a pass waits for the device, which cannot be captured.
        """
        times = []
        current = torch.cuda.current_stream()
        stream.wait_stream(current)
        try:
            with torch.cuda.stream(stream):
                for _ in range(3):
                    torch.cuda.synchronize()
                    with _waiting_refused():
                        begin = time.perf_counter()
                        self._run(images, targets)
                        asked = time.perf_counter()
                    torch.cuda.synchronize()
                    times.append((time.perf_counter() - begin, asked - begin))
        finally:
            current.wait_stream(stream)
        seconds, asking = min(times)
        return asking, seconds

    def _agrees(self, graph: _Graph, images: torch.Tensor, targets: torch.Tensor, seed: int) -> bool:
        """Whether a batch's loss and gradients are the same from the graph and from the network."""

        def kept(outcome: Outcome) -> Outcome:
            gradients = [p.grad.flatten() for p in self._parameters if p.grad is not None]
            return outcome[0].clone(), torch.cat(gradients)

        expected = kept(self._as_it_is(images, targets, seed))
        found = kept(graph.replay(images, targets, seed))
        # NaN agrees with nothing.
        return all(
            float((a - b).norm()) <= _CLOSE * float(a.norm()) for a, b in zip(expected, found, strict=True)
        )


class _Graph:
    """A captured pass, with the memory that it reads and writes at every replay."""

    def __init__(
        self,
        run: Pass,
        parameters: list[nn.Parameter],
        device: torch.device,
        images: torch.Tensor,
        targets: torch.Tensor,
        stream: torch.cuda.Stream,
    ) -> None:
        self._device = device
        self._images, self._targets = images.clone(), targets.clone()
        self._graph = torch.cuda.CUDAGraph()
        for parameter in parameters:
            parameter.grad = None  # what the capture makes belongs to the graph
        # Where a capture fails, torch.cuda.graph leaves its stream the current one; the outer context does not.
        with torch.cuda.stream(stream), torch.cuda.graph(self._graph, stream=stream):
            self._result = run(self._images, self._targets)
        self._gradients = [(parameter, parameter.grad) for parameter in parameters]

    def replay(self, images: torch.Tensor, targets: torch.Tensor, seed: int) -> Outcome:
        self._images.copy_(images)
        self._targets.copy_(targets)
        for parameter, gradient in self._gradients:
            parameter.grad = gradient
        seed_device(self._device, seed)
        self._graph.replay()
        return self._result

    def seconds(self, images: torch.Tensor, targets: torch.Tensor, seed: int) -> float:
        """Of a replay, from asking for it to its end."""
        torch.cuda.synchronize()
        begin = time.perf_counter()
        self.replay(images, targets, seed)
        torch.cuda.synchronize()
        return time.perf_counter() - begin


def _known(module: nn.Module) -> bool:
    """Whether ``module`` is of a kind that does nothing in Python but call operations of PyTorch."""
    return type(module).__module__.startswith(("torch.nn.", "prunelle.networks."))


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
