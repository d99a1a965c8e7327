"""Training passes on a CPU in less time, without changing the network or what it computes.

``accelerated(network)`` replaces, while it is open, the ``forward`` of single modules. Modules, parameters,
``state_dict`` and evaluation stay as they are. What is done, measured in docs/lab/performance.md:

- runs of layers in an ``nn.Sequential`` (convolution, dense, ReLU, max-pooling, dropout, flatten) become one
  node of autograd each (``fast.chain``), which knows from layer to layer what is needed; dense layers alone stay
  PyTorch's;
- a ``Dropout`` elsewhere draws 1, 8 or 16 random bits a value instead of one Bernoulli number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from prunelle.training.fast.chain import Stage, pays, run_chain, stages_of, supported

Forward = Callable[[torch.Tensor], torch.Tensor]


@contextmanager
def accelerated(network: nn.Module) -> Iterator[None]:
    """Inside, ``network`` in training mode computes the same on a CPU, faster.

    Left alone: modules with hooks (who hooks a ReLU wants to see a ReLU's output), modules used in several
    places, subclasses, and every tensor that is not float32 on a CPU.
    """
    patched: list[nn.Module] = []
    try:
        for module, forward in _plan(network):
            module.forward = forward
            patched.append(module)
        yield
    finally:
        for module in patched:
            del module.forward


def _plan(network: nn.Module) -> Iterator[tuple[nn.Module, Forward]]:
    """Which modules get another ``forward``, and which."""
    uses = Counter(id(module) for _, module in network.named_modules(remove_duplicate=False))

    def free(module: nn.Module) -> bool:
        return uses[id(module)] == 1 and supported(module) and "forward" not in vars(module)

    taken: set[int] = set()
    for container in network.modules():
        # What has a forward of its own is accelerated already, or somebody's.
        if type(container) is not nn.Sequential or "forward" in vars(container):
            continue
        segments = _segments(list(container), free)
        if any(isinstance(segment, list) for segment in segments):
            yield container, _sequential(container, segments)
            taken.update(id(module) for module in container)
    for module in network.modules():
        if isinstance(module, nn.Dropout) and free(module) and id(module) not in taken:
            yield module, _sequential(module, [[module]])


def _segments(
    modules: Sequence[nn.Module], free: Callable[[nn.Module], bool]
) -> list[nn.Module | list[nn.Module]]:
    """``modules`` in order, those that a chain can hold gathered in lists."""
    segments: list[nn.Module | list[nn.Module]] = []
    for module in modules:
        if not free(module):
            segments.append(module)
        elif segments and isinstance(segments[-1], list):
            segments[-1].append(module)
        else:
            segments.append([module])
    return segments


def _sequential(container: nn.Module, segments: Sequence[nn.Module | list[nn.Module]]) -> Forward:
    """``container.forward`` with every list of ``segments`` run as a chain."""
    original: Forward = container.forward
    chained = [module for segment in segments if isinstance(segment, list) for module in segment]
    steps: list[nn.Module | list[Stage]] = [
        stages_of(segment) if isinstance(segment, list) else segment for segment in segments
    ]

    def forward(x: torch.Tensor) -> torch.Tensor:
        # Who hooks a module while this is open gets what was asked for. A dropout's mode is its stage's affair.
        answering = not any(module.training for module in chained)
        if answering or torch.is_autocast_enabled("cpu") or any(hooked(module) for module in chained):
            return original(x)
        for step in steps:
            if isinstance(step, nn.Module):
                x = step(x)
            elif x.dtype == torch.float32 and x.device.type == "cpu" and pays(step, x):
                x = run_chain(step, x)
            else:
                for module in (module for stage in step for module in stage.modules):
                    x = module(x)
        return x

    return forward


def hooked(module: nn.Module) -> bool:
    """Whether calling ``module`` calls something else too."""
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )
