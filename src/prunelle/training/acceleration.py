"""Training passes on a CPU in less time, without changing the network or what it computes.

``accelerated(network)`` replaces, while it is open, the ``forward`` of single modules. Modules, parameters,
``state_dict`` and evaluation stay as they are. Three things are done, each measured in docs/performance.md:

- ``Dropout`` draws 8 or 16 random bits a value instead of one Bernoulli number; PyTorch's mask takes a quarter
  of a photo network's step.
- ReLU before max-pooling is applied after it: the same function with a quarter of the work; and together with
  a dropout that follows, in one pass, whose gradient needs no mask but its own output.
- A first convolution's bias gradient is a matrix-vector product; PyTorch's own sums it several times slower
  where no gradient of the input is wanted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

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

    def free(module: nn.Module | None, kind: type[nn.Module]) -> bool:
        return type(module) is kind and uses[id(module)] == 1 and not _hooked(module)

    taken: set[int] = set()
    for container in network.modules():
        if type(container) is not nn.Sequential:
            continue
        children = [*container.children(), None, None]
        for first, second, third in zip(children, children[1:], children[2:], strict=False):
            if not (isinstance(first, nn.ReLU) and free(first, nn.ReLU)):
                continue
            if free(second, nn.MaxPool2d) and isinstance(second, nn.MaxPool2d) and not second.return_indices:
                dropout = third if free(third, nn.Dropout) else None
                yield first, _skipped_relu(first)
                yield second, _pool_then_relu(second, relu=dropout is None)
                if isinstance(dropout, nn.Dropout):
                    yield dropout, _relu_dropout(dropout)
                    taken.add(id(dropout))
            elif free(second, nn.Dropout) and isinstance(second, nn.Dropout):
                yield first, _skipped_relu(first)
                yield second, _relu_dropout(second)
                taken.add(id(second))
    for module in network.modules():
        if isinstance(module, nn.Dropout) and free(module, nn.Dropout) and id(module) not in taken:
            yield module, _dropout(module)
        elif isinstance(module, nn.Conv2d) and free(module, nn.Conv2d) and module.bias is not None:
            yield module, _first_convolution(module)


def _hooked(module: nn.Module | None) -> bool:
    return any(
        getattr(module, name)
        for name in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    )


def _applies(module: nn.Module, x: torch.Tensor) -> bool:
    return module.training and x.device.type == "cpu" and x.dtype == torch.float32


# The modules of one pattern all look at their own mode: ``train()`` and ``eval()`` set them together.


def _skipped_relu(relu: nn.ReLU) -> Forward:
    original = relu.forward
    return lambda x: x if _applies(relu, x) else original(x)


def _pool_then_relu(pool: nn.MaxPool2d, *, relu: bool) -> Forward:
    original: Forward = pool.forward
    return lambda x: F.relu(original(x)) if relu and _applies(pool, x) else original(x)


def _relu_dropout(dropout: nn.Dropout) -> Forward:
    original: Forward = dropout.forward

    def forward(x: torch.Tensor) -> torch.Tensor:
        if not _applies(dropout, x):
            return original(x)
        if not 0 < dropout.p < 1:
            return original(F.relu(x))
        return ReluDropout.apply(x, dropout.p)  # type: ignore[no-any-return, no-untyped-call]

    return forward


def _dropout(dropout: nn.Dropout) -> Forward:
    original: Forward = dropout.forward

    def forward(x: torch.Tensor) -> torch.Tensor:
        if not _applies(dropout, x) or not 0 < dropout.p < 1:
            return original(x)
        return x * dropout_mask(x, dropout.p)

    return forward


def _first_convolution(convolution: nn.Conv2d) -> Forward:
    original: Forward = convolution.forward

    def forward(x: torch.Tensor) -> torch.Tensor:
        simple = convolution.padding_mode == "zeros" and not isinstance(convolution.padding, str)
        if x.requires_grad or not simple or not _applies(convolution, x):
            return original(x)
        return FirstConvolution.apply(  # type: ignore[no-any-return, no-untyped-call]
            x,
            convolution.weight,
            convolution.bias,
            convolution.stride,
            convolution.padding,
            convolution.dilation,
            convolution.groups,
        )

    return forward


def keep_probability(p: float) -> float:
    """The probability of keeping a value that ``dropout_mask`` realises for a dropout of ``p``.

    Exactly 1 - p where that is a multiple of 1/256, else the nearest multiple of 1/65,536.
    """
    return round(65536 * (1 - p)) / 65536


def dropout_mask(x: torch.Tensor, p: float) -> torch.Tensor:
    """A mask of ``x``'s shape and memory format: 1/keep with probability keep, else 0.

    Drawn from torch's default generator, as random 64-bit words cut into lanes of 8 bits where 1 - p is a
    multiple of 1/256, else of 16.
    """
    keep = keep_probability(p)
    n = x.numel()
    lane, levels, lowest = (
        (torch.uint8, 256, 0) if (keep * 256).is_integer() else (torch.int16, 65536, -32768)
    )
    words = torch.empty(-(-n // (8 // lane.itemsize)), dtype=torch.int64).random_(-(2**63), None)
    lanes = words.view(lane)[:n].to(torch.int32)
    # All integer arithmetic, which runs vectorised where comparisons do not: -1 (all bits set) below the
    # threshold, 0 above; and-ed with the bits of 1/keep that is the mask as floating-point numbers.
    lanes.sub_(round(keep * levels) + lowest).bitwise_right_shift_(31)
    mask = lanes.bitwise_and_(torch.tensor(1 / keep).view(torch.int32)).view(torch.float32)
    if x.is_contiguous() or x.is_contiguous(memory_format=torch.channels_last):
        return mask.as_strided(x.shape, x.stride())
    return mask.view(x.shape)


class ReluDropout(torch.autograd.Function):
    """``dropout(relu(x), p)`` in training; the gradient is told by the output alone, which is 0 where dropped."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, p: float) -> torch.Tensor:
        output = F.relu(x).mul_(dropout_mask(x, p))
        ctx.save_for_backward(output)
        ctx.scale = 1 / keep_probability(p)
        return output

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        (output,) = ctx.saved_tensors
        return torch.ops.aten.threshold_backward(gradient, output, 0).mul_(ctx.scale), None


class FirstConvolution(torch.autograd.Function):
    """``F.conv2d`` of an input that wants no gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor,
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        dilation: tuple[int, ...],
        groups: int,
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.settings = (stride, padding, dilation, groups)
        return F.conv2d(x, weight, bias, stride, padding, dilation, groups)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Any, ...]:
        x, weight = ctx.saved_tensors
        stride, padding, dilation, groups = ctx.settings
        of_weight = of_bias = None
        if ctx.needs_input_grad[1]:
            _, of_weight, _ = torch.ops.aten.convolution_backward(
                gradient,
                x,
                weight,
                None,
                stride,
                padding,
                dilation,
                False,
                [0, 0],
                groups,
                [False, True, False],
            )
        if ctx.needs_input_grad[2]:
            # (N, H, W, C) rows: no copy in channels-last memory.
            rows = gradient.permute(0, 2, 3, 1).reshape(-1, gradient.shape[1])
            of_bias = torch.mv(rows.t(), torch.ones(len(rows)))
        return None, of_weight, of_bias, None, None, None, None
