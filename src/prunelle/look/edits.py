"""What if: a channel switched off, a kernel changed, a step learned; put back afterwards, whatever happens.

A network is edited inside ``applied`` alone: other tensors stand in the place of its own, hooks switch channels off,
and at its end all is as it was. Nothing is written into the network's own tensors. Whoever shares a network holds a
lock around ``applied``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import nn

from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.hooks import first_tensor, undisturbed
from prunelle.look.layers import CONVOLUTIONS, Anatomy

Weights: TypeAlias = Mapping[str, torch.Tensor]
"""By name, as in ``state_dict``: what stands in place of the network's own."""


@dataclasses.dataclass(frozen=True)
class ChannelOff:
    """A channel of a layer (or a unit) gives 0 everywhere; ``channel`` from 0."""

    layer: str
    channel: int


@dataclasses.dataclass(frozen=True)
class KernelChange:
    """Other weights in a convolution, for one of its channels and one of the channels that this one reads.

    Attributes:
        module: the convolution's name.
        channel: of its output, from 0. input: of the channels that the kernel has, from 0.
        values: rows of the kernel; a kernel of one dimension is one row.
    """

    module: str
    channel: int
    input: int
    values: tuple[tuple[float, ...], ...]


Edit: TypeAlias = ChannelOff | KernelChange


@dataclasses.dataclass(frozen=True, eq=False)
class Edits:
    """A network's state, as one person has it.

    Attributes:
        weights: another epoch's, or learned: in place of the network's own; may be some of them.
        made: on top of these.
    """

    weights: Weights = dataclasses.field(default_factory=dict)
    made: tuple[Edit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.weights or self.made)


def check(network: nn.Module, anatomy: Anatomy, edits: Sequence[Edit]) -> None:
    """Whether there is what is to be edited.

    Raises:
        ArgumentError: no such layer, module or channel; a kernel of another size, or that holds no numbers.
    """
    modules = dict(network.named_modules())
    for edit in edits:
        if isinstance(edit, ChannelOff):
            layer = anatomy.layer(edit.layer)
            _check_index("channel", edit.channel, layer.channels, layer.name)
            continue
        module = modules.get(edit.module)
        if not isinstance(module, CONVOLUTIONS):
            convolutions = [name for name, each in modules.items() if isinstance(each, CONVOLUTIONS)]
            raise UnknownName("convolution", edit.module, convolutions)
        if "weight" not in module._parameters:
            raise ArgumentError(
                f"the kernels of {edit.module} are computed from other weights, and cannot be changed."
            )
        outputs, inputs, *kernel = module.weight.shape
        _check_index("channel", edit.channel, outputs, edit.module)
        _check_index("input", edit.input, inputs, edit.module)
        rows = [len(row) for row in edit.values]
        wanted = [1, *kernel] if len(kernel) == 1 else kernel
        if [len(rows), *set(rows)] != wanted:
            raise ArgumentError(
                f"values must be {wanted[0]} rows of {wanted[-1]}, as the kernels of {edit.module} are; received "
                f"rows of {rows}."
            )
        if not all(math.isfinite(value) for row in edit.values for value in row):
            raise ArgumentError(f"values must be finite numbers; received {edit.values}.")


def _check_index(what: str, index: int, count: int, where: str) -> None:
    if not 0 <= index < count:
        raise ArgumentError(f"{what} must be between 0 and {count - 1}, which {where} has; received {index}.")


@contextlib.contextmanager
def applied(network: nn.Module, anatomy: Anatomy, edits: Edits) -> Iterator[None]:
    """Inside, the network computes as edited; afterwards it is as it was, its tensors the same objects.

    Args:
        network: of ``anatomy``; nobody else may use it meanwhile.
        edits: that ``check`` has let pass.
    """
    tensors = dict(edits.weights)
    with torch.no_grad():
        for edit in edits.made:
            if isinstance(edit, KernelChange):
                name = f"{edit.module}.weight"
                weight = tensors.get(name)
                changed = (network.get_parameter(name) if weight is None else weight).detach().clone()
                kernel = changed[edit.channel, edit.input]
                kernel.copy_(torch.tensor(edit.values, dtype=kernel.dtype).view_as(kernel))
                tensors[name] = changed
    with _in_place(network, tensors), _off(network, anatomy, edits.made):
        yield


@contextlib.contextmanager
def _in_place(network: nn.Module, tensors: Weights) -> Iterator[None]:
    """As ``torch.func.functional_call`` does for one call; what several modules share is replaced in all of them."""
    own = {
        **dict(network.named_parameters(remove_duplicate=False)),
        **dict(network.named_buffers(remove_duplicate=False)),
    }
    names: dict[int, list[str]] = {}
    for name, tensor in own.items():
        names.setdefault(id(tensor), []).append(name)
    kept: list[tuple[dict[str, Any], str, torch.Tensor]] = []
    try:
        for name, tensor in tensors.items():
            if name not in own:
                continue  # what is kept with weights, and is no tensor of the modules
            for each in names[id(own[name])]:
                owner, _, attribute = each.rpartition(".")
                module = network.get_submodule(owner)
                place: dict[str, Any] = (
                    module._parameters if attribute in module._parameters else module._buffers
                )
                kept.append((place, attribute, place[attribute]))
                place[attribute] = tensor.to(own[name].device)
        yield
    finally:
        for place, attribute, tensor in reversed(kept):
            place[attribute] = tensor


@contextlib.contextmanager
def _off(network: nn.Module, anatomy: Anatomy, edits: Sequence[Edit]) -> Iterator[None]:
    channels: dict[str, dict[int, list[int]]] = {}
    for edit in edits:
        if isinstance(edit, ChannelOff):
            layer = anatomy.layer(edit.layer)
            channels.setdefault(layer.last, {}).setdefault(layer.call, []).append(edit.channel)
    if not channels:
        yield
        return
    counts: Counter[str] = Counter()

    def switching(name: str) -> Any:
        def hook(module: nn.Module, inputs: object, output: object) -> object:
            call, tensor = counts[name], first_tensor(output)
            counts[name] += 1
            off = channels[name].get(call)
            if off is None or tensor is None:
                return None
            # Times 0: beyond the end of a series, where there is no value, there is still none.
            factor = torch.ones(tensor.shape[1], dtype=tensor.dtype, device=tensor.device)
            factor[off] = 0
            silent = tensor * factor.view(1, -1, *(1,) * (tensor.ndim - 2))
            return type(output)((silent, *output[1:])) if isinstance(output, tuple | list) else silent

        return hook

    modules = dict(network.named_modules())
    handles = [network.register_forward_pre_hook(lambda *_: counts.clear())]
    try:
        for name in channels:
            handles.append(modules.get(name, network).register_forward_hook(switching(name)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def learned(
    network: nn.Module, anatomy: Anatomy, edits: Edits, image: torch.Tensor, label: int, rate: float
) -> dict[str, torch.Tensor]:
    """The weights after one step of gradient descent on one picture: weight − rate · gradient of its cross-entropy.

    In evaluation mode (normalisations keep their statistics, nothing drops out), with the edits in force; a changed
    kernel stays what it was changed to, and what lies under it learns.

    Args:
        image: ``(1, C, …)`` float32, normalised.
        label: index of the class it is of. rate: above 0.

    Returns:
        ``edits.weights``, with every weight that the answer depends on moved.
    """
    with applied(network, anatomy, edits), undisturbed(network, in_place=False):
        # As they are now, by every module that has them: leaves in their place.
        leaves = {
            name: parameter.detach().clone().requires_grad_()
            for name, parameter in _parameters(network).items()
            if parameter.is_floating_point()
        }
        with _in_place(network, leaves), torch.enable_grad():
            outputs = first_tensor(network(image))
            assert outputs is not None
            logits = F.pad(outputs, (1, 0)) if outputs.shape[1] == 1 else outputs
            loss = F.cross_entropy(logits, torch.tensor([label], device=logits.device))
            gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    weights = dict(edits.weights)
    own = dict(network.named_parameters())
    for name, gradient in zip(leaves, gradients, strict=True):
        if gradient is not None:
            weight = weights.get(name, own[name]).detach()
            weights[name] = weight - rate * gradient.to(weight.device)
    return weights


def _parameters(network: nn.Module) -> dict[str, torch.Tensor]:
    """By name, as they stand now, plain tensors in the place of parameters included; shared ones once."""
    found: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for prefix, module in network.named_modules():
        for name, tensor in module._parameters.items():
            if tensor is not None and id(tensor) not in seen:
                seen.add(id(tensor))
                found[f"{prefix}.{name}" if prefix else name] = tensor
    return found
