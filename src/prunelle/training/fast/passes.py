"""A step's forward and backward pass, after a hundred like it without the Python that asks for it.

A third of a small network's step goes into asking PyTorch for its operations, one by one. What a pass asks for is the
same at every step, so it is captured once and from then on asked for whole: on a CPU as a TorchScript program
(``fast.script``), on a GPU as a CUDA graph (``fast.cuda_graph``). Both hold the very operations of the pass,
which read the same random numbers, so a training is as reproducible with one as without, and a resumed one may have
it or not. A capture is compared with the network before it is used; what cannot be captured goes on as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from prunelle.training.fast import cuda_graph, script
from prunelle.training.fast.acceleration import accelerated, hooked
from prunelle.training.fast.one_pass import Captured, Forward, Pass, Tensors
from prunelle.training.speed import seed_device

CAPTURE_AFTER = 100
"""Passes of one kind after which it is captured: a training that is over before would not win the time back."""

# The work is the same without Python's share; where a few passes seem to take a little longer, they were disturbed.
_NO_SLOWER = 1.1

# (pass, inputs, seconds that it takes) → None where none would pay
_CAPTURES: dict[str, Callable[[Pass, Tensors, float], Captured | None]] = {
    "cpu": script.capture,
    "cuda": cuda_graph.capture,
}


def training_pass(
    forward: Forward,
    network: nn.Module,
    device: torch.device,
    batch_size: int,
    *,
    capturable: bool = True,
    settings: Callable[[], object] = tuple,
) -> TrainingPass:
    """The forward and backward pass of a training, to be called once a step, inside ``running``.

    Args:
        forward: tensors → the loss to be minimised, and what else is to be known.
        network: left as it is, but for its gradients. Only networks of PyTorch's and Prunelle's own layers, without
            hooks, are captured: others may do in Python, at each pass, what would be left out.
        device: where it is.
        batch_size: of the first of the tensors; the smaller last batch of an epoch is not captured.
        capturable: False where ``forward`` does, beside the network, what would be left out.
        settings: numbers that it reads, beside those that modules have.

    Example:
        >>> step = training_pass(forward, network, device, batch_size=32)
        >>> with step.running():
        ...     loss, *others = step(images, labels, seed=0)  # gradients are in the parameters
        ...     optimizer.step()
    """
    return TrainingPass(forward, network, device, batch_size, capturable=capturable, settings=settings)


class TrainingPass:
    """What ``training_pass`` gives: the passes of a training, captured once that pays.

    What could not be captured once, or was not worth it, is not tried again.
    """

    def __init__(
        self,
        forward: Forward,
        network: nn.Module,
        device: torch.device,
        batch_size: int,
        *,
        capturable: bool,
        settings: Callable[[], object],
    ) -> None:
        self._device, self._batch_size = device, batch_size
        self._network = network
        self._parameters, self._modules = list(network.parameters()), list(network.modules())
        self._pass = Pass(forward, self._parameters)
        known = all(_known(module) for module in self._modules)
        self._capturable = capturable and known and device.type in _CAPTURES and batch_size > 1
        self._settings = settings
        self._kind: object = None
        self._seen = 0
        self._captured: Captured | None = None

    def __call__(self, *inputs: torch.Tensor, seed: int | None = None) -> Tensors:
        """What ``forward`` gives, detached; to be read before the next call. Leaves new gradients in the parameters.

        Args:
            seed: random numbers are drawn from it; else they go on from where they are.
        """
        captured = self._captured_for(inputs)
        if captured is not None:
            try:
                return self._seeded(captured, inputs, seed)
            except (RuntimeError, IndexError) as error:
                _raise_if_interrupted(error)
                self._captured, self._capturable = None, False  # the pass itself says best what is wrong
        return self._seeded(self._pass, inputs, seed)

    def _seeded(self, run: Pass | Captured, inputs: Tensors, seed: int | None) -> Tensors:
        if seed is not None:
            seed_device(self._device, seed)
        return run(*inputs)

    def _captured_for(self, inputs: Tensors) -> Captured | None:
        """What there is, or now is, for tensors like these."""
        if not self._capturable or len(inputs[0]) != self._batch_size:
            return None
        kind = self._kind_of(inputs)
        if kind != self._kind:
            self._kind, self._seen, self._captured = kind, 0, None
        self._seen += 1
        if self._seen == CAPTURE_AFTER + 1:
            self._captured = self._capture(inputs)
            self._capturable = self._captured is not None
        return self._captured

    @property
    def captured(self) -> bool:
        """Whether the last whole batch came from a capture."""
        return self._captured is not None

    @contextmanager
    def running(self) -> Iterator[TrainingPass]:
        """Inside, the network's own passes are accelerated, too; after it, the memory of a capture is free again."""
        with accelerated(self._network):
            try:
                yield self
            finally:
                if self._captured is not None:
                    self._kind = self._captured = None
                    for parameter in self._parameters:
                        parameter.grad = None

    def _kind_of(self, inputs: Tensors) -> object:
        """All that a capture takes for granted; it is of no use to a pass where any of it is different."""
        parts: list[object] = [self._hooked(), self._settings()]
        parts += [(tensor.shape, tensor.dtype, _layout(tensor)) for tensor in inputs]
        for module in self._modules:
            # Its mode is among the numbers, as are a dropout's probability and a normalisation's momentum.
            parts += [value for value in vars(module).values() if _is_number(value)]
            for own in (module._parameters, module._buffers):
                parts += [(t.data_ptr(), t.requires_grad) for t in own.values() if t is not None]
        return parts

    def _buffers(self) -> list[torch.Tensor]:
        """Those that the modules have now."""
        return [
            buffer for module in self._modules for buffer in module._buffers.values() if buffer is not None
        ]

    def _hooked(self) -> bool:
        """Whether a pass calls functions that somebody hung on the network."""
        return any(hooked(module) for module in self._modules) or any(
            parameter._backward_hooks or parameter._post_accumulate_grad_hooks
            for parameter in self._parameters
        )

    def _capture(self, inputs: Tensors) -> Captured | None:
        """One that is worth it and gives what the network gives; None where there is none."""
        if self._hooked():
            return None
        before: list[torch.Tensor] = []
        # Random numbers go on as if nothing had been tried.
        with torch.random.fork_rng(devices=[self._device] if self._device.type == "cuda" else []):
            try:
                before += [buffer.clone() for buffer in self._buffers()]
                seconds = self._seconds(self._pass, inputs)
                captured = _CAPTURES[self._device.type](self._pass, inputs, seconds)
                if captured is None or not self._agrees(captured, inputs, before):
                    return None
                return captured if self._seconds(captured, inputs) < _NO_SLOWER * seconds else None
            except Exception as error:
                # It waits for the device, runs out of memory, does what no capture can hold, or PyTorch is another:
                # what only makes a training faster must not end it.
                _raise_if_interrupted(error)
                return None
            finally:
                # Running means must not see the passes made here.
                self._restore(before)

    def _restore(self, buffers: Tensors) -> None:
        with torch.no_grad():
            # Not strict: there are none where making the copies is what failed.
            for buffer, kept in zip(self._buffers(), buffers, strict=False):
                buffer.copy_(kept)

    def _agrees(self, captured: Captured, inputs: Tensors, buffers: Tensors) -> bool:
        """Whether the outcome of a batch, its gradients and new buffers are the same as the network's own."""
        # Other pictures than those of the capture, other labels, and others of these with those.
        inputs = [torch.empty_like(t).copy_(t.roll(i, dims=0)) for i, t in enumerate(inputs, 1)]

        def kept(run: Pass | Captured) -> list[torch.Tensor]:
            self._restore(buffers)
            outcome = self._seeded(run, inputs, 1)
            gradients = [p.grad.flatten() for p in self._parameters if p.grad is not None]
            means = [buffer.flatten() for buffer in self._buffers()]
            return [*(t.clone() for t in outcome), torch.cat(gradients), *(m.clone() for m in means)]

        return all(
            # NaN agrees with nothing.
            float((a - b).float().norm()) <= captured.closeness * float(a.float().norm())
            for a, b in zip(kept(self._pass), kept(captured), strict=True)
        )

    def _seconds(self, run: Pass | Captured, inputs: Tensors) -> float:
        """The least that ``run`` takes, of three times."""
        times = []
        for _ in range(3):
            self._wait()
            begin = time.perf_counter()
            run(*inputs)
            self._wait()
            times.append(time.perf_counter() - begin)
        return min(times)

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def _raise_if_interrupted(error: Exception) -> None:
    """TorchScript and CUDA make their own error of a Ctrl-C in the Python that they call."""
    if "KeyboardInterrupt" in str(error):
        raise KeyboardInterrupt from error


def _is_number(value: object) -> bool:
    """Or a tuple of numbers."""
    if isinstance(value, tuple):
        return all(isinstance(item, (int, float)) for item in value)
    return isinstance(value, (int, float))


def _layout(tensor: torch.Tensor) -> tuple[bool, bool]:
    """What PyTorch's layers ask for; strides of sides of 1 tell nothing."""
    by_channels = tensor.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
    return tensor.is_contiguous(), by_channels


def _known(module: nn.Module) -> bool:
    """Whether all that ``module`` does in Python at one pass, it does at the next, but for its numbers."""
    own = type(module).__module__.startswith(("torch.nn.", "prunelle.networks.", "prunelle.keras"))
    return own and not getattr(module, "calls_a_users_code", False)
