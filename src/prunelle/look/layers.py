"""Which layers there are to look at, found by running the network once.

A convolution (or dense layer, or pooling) with the normalisation, activation and dropout that follow it counts as
one layer: what is seen is what comes out of the last of them, as in Keras, where the activation belongs to the
layer. What follows a sum or a concatenation (``layer1.0.relu`` of a ResNet) is a layer of its own.

A module can say what it is here: ``rearranges`` (it computes nothing, as Flatten), ``is_one_layer`` (what is inside it
is not looked at), ``stands_for`` (what it is called, where its class says nothing).
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.modules import batchnorm, dropout, instancenorm

from prunelle.errors import ArgumentError, did_you_mean
from prunelle.look.hooks import first_tensor, listening, undisturbed
from prunelle.networks.receptive_field import Field, ReceptiveFields
from prunelle.networks.summary import blank, detail

_IDLE = (dropout._DropoutNd, nn.Identity)
_NORMALISATIONS = (
    batchnorm._NormBase,
    instancenorm._InstanceNorm,
    nn.GroupNorm,
    nn.LayerNorm,
    nn.LocalResponseNorm,
)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


@dataclasses.dataclass(frozen=True)
class Layer:
    """One place of a network to look at.

    Attributes:
        name: of the layer's first module, as in ``named_modules``; of a module that runs several times, the
            second gets ``:2`` behind it.
        kinds: class names of its modules, in the order they run (``("Conv2d", "ReLU")``).
        detail: kernel and stride of the first (``3×3, padding 1``).
        last: name of the module whose output is seen.
        call: which of that module's calls in one forward, from 0.
        shape: of that output, without the batch dimension: ``(channels, height, width)`` or ``(units,)``.
        field: what part of the picture each of its places depends on; None where it is not known.
        calls: of all its modules, in the order they run, each with which of its calls that is.
    """

    name: str
    kinds: tuple[str, ...]
    detail: str
    last: str
    call: int
    shape: tuple[int, ...]
    field: Field | None = None
    calls: tuple[tuple[str, int], ...] = ()

    @property
    def channels(self) -> int:
        """Channels of a map, units of a dense layer."""
        return self.shape[0] if self.shape else 1

    @property
    def has_maps(self) -> bool:
        """Its output has places, more than one."""
        return len(self.shape) == 3 and math.prod(self.shape[1:]) > 1

    @property
    def activated(self) -> bool:
        """Its last module is an activation, applied to what came out of the one before."""
        return len(self.kinds) > 1 and "Norm" not in self.kinds[-1]

    @property
    def pools(self) -> bool:
        """It makes maps smaller, and has no channels of its own."""
        return _is_pooling(self.kinds[0])

    @property
    def label(self) -> str:
        """``features.0 · Conv2d 3×3, padding 1 → ReLU``."""
        first, *rest = self.kinds
        return f"{self.name} · {' → '.join([f'{first} {self.detail}'.strip(), *rest])}"


@dataclasses.dataclass(frozen=True)
class Anatomy:
    """What running a network once tells.

    Attributes:
        layers: in the order they run; Dropout, Flatten and the like that stand alone are left out.
        convolutions: names of the convolution modules, in the order they run.
        attention: where Grad-CAM looks by itself: the module with the last maps before pooling shrinks them;
            None for a network without maps.
        dense: the dense layer that gives the output; None where the last layer is none.
        activation_bytes: of all layers, for one picture in float32.
    """

    layers: tuple[Layer, ...]
    convolutions: tuple[str, ...]
    attention: str | None
    dense: str | None

    @property
    def activation_bytes(self) -> int:
        """Of all layers together, for one picture."""
        return sum(4 * math.prod(layer.shape) for layer in self.layers)

    def layer(self, name: str) -> Layer:
        """The layer of that name, or the one that a module of that name is part of.

        Raises:
            ArgumentError: there is none; the message lists those there are.
        """
        return self.find([name])[0]

    def find(self, names: Iterable[str]) -> list[Layer]:
        """``layer`` for several names."""
        known = {layer.last: layer for layer in self.layers} | {layer.name: layer for layer in self.layers}
        for name in names:
            if name not in known:
                listed = ", ".join(f"{layer.name} ({layer.channels})" for layer in self.layers)
                raise ArgumentError(
                    f"unknown layer {name!r}.{did_you_mean(name, known)} The layers, with their channels: {listed}."
                )
        return [known[name] for name in names]


def outputs_of(network: nn.Module, images: torch.Tensor, layers: Sequence[Layer]) -> dict[str, torch.Tensor]:
    """What comes out of layers for a batch, by ``Layer.name``: copies, on the network's device.

    Args:
        images: ``(N, C, H, W)`` float32, normalised, on the network's device.
    """
    outputs: dict[tuple[str, int], torch.Tensor] = {}

    def keep(name: str, call: int, output: torch.Tensor) -> None:
        outputs[name, call] = output.detach().clone()

    places = [(layer.last, layer.call) for layer in layers]
    with undisturbed(network), torch.no_grad(), listening(network, places, keep):
        network(images)
    return {layer.name: outputs[layer.last, layer.call] for layer in layers}


def check_channel(layer: Layer, channel: int) -> int:
    """The index, from 0, of a channel that people number from 1.

    Raises:
        ArgumentError: the layer has no such channel.
    """
    if not 1 <= channel <= layer.channels:
        raise ArgumentError(
            f"channel must be between 1 and {layer.channels}, which {layer.name} has; received {channel}."
        )
    return channel - 1


@dataclasses.dataclass(frozen=True)
class _Call:
    """One call of a module; tensors are kept while the network runs, so that an ``id`` stays one tensor's.

    ``several`` tensors were given, of which ``given`` is the first.
    A tensor that is written over in place (``later += maps``) stays the same object with another version: ``entered``
    and ``left`` are the tensors' ids with their versions when the module began and ended.
    """

    name: str
    module: nn.Module
    leaf: bool
    number: int
    given: torch.Tensor | None
    several: bool
    output: torch.Tensor
    field: Field | None
    entered: tuple[int, int]
    left: tuple[int, int]


def examine(network: nn.Module, input_shape: tuple[int, ...]) -> Anatomy:
    """Runs the network once on zeros of ``(1, *input_shape)``; it is afterwards as it was before.

    Raises:
        ArgumentError: the network does not take such pictures.
    """
    images = blank(network, input_shape)
    with undisturbed(network), torch.no_grad():
        try:
            calls = _trace(network, images)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            raise ArgumentError(
                f"the network must take pictures of (channels, height, width) {tuple(input_shape)}; it stopped "
                f"with: {error}."
            ) from error
    chains = _chains([call for call in calls if call.leaf])
    layers = tuple(_layer(chain) for chain in chains if chain[-1].output.ndim >= 2)
    convolutions = dict.fromkeys(call.name for call in calls if isinstance(call.module, CONVOLUTIONS))
    last = chains[-1][0] if chains else None
    dense = last.name if last is not None and isinstance(last.module, nn.Linear) else None
    return Anatomy(layers, tuple(convolutions), _attention(calls), dense)


def _trace(network: nn.Module, images: torch.Tensor) -> list[_Call]:
    calls: list[_Call] = []
    counts: Counter[str] = Counter()
    fields = ReceptiveFields(images)
    entered: dict[str, tuple[int, int]] = {}

    def begin(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[object, ...]) -> None:
            entered[name] = _state(first_tensor(inputs))

        return hook

    def end(name: str, leaf: bool) -> Any:
        def hook(module: nn.Module, inputs: tuple[object, ...], output: object) -> None:
            tensor = first_tensor(output)
            if tensor is not None:
                given, field = first_tensor(inputs), fields.of(tensor)
                calls.append(
                    _Call(
                        name=name,
                        module=module,
                        leaf=leaf,
                        number=counts[name],
                        given=given,
                        several=sum(isinstance(each, torch.Tensor) for each in inputs) > 1,
                        output=tensor,
                        field=field,
                        entered=entered[name],
                        left=_state(tensor),
                    )
                )
            counts[name] += 1

        return hook

    # A network without modules in it is a layer itself.
    named = list(_looked_at(network)) or [("network", network)]
    handles = [module.register_forward_pre_hook(begin(name)) for name, module in named]
    handles += [module.register_forward_hook(end(name, is_leaf(module))) for name, module in named]
    try:
        with fields:
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    return calls


def is_leaf(module: nn.Module) -> bool:
    """Nothing inside it is looked at."""
    return not any(module.children()) or getattr(module, "is_one_layer", False) is True


def _looked_at(module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """All modules within one, by name, each once, but for those inside what is one layer."""
    inside: set[str] = set()
    for each, part in module.named_modules():
        owner = each.rpartition(".")[0]
        if owner in inside:
            inside.add(each)
        elif each:
            yield each, part
            if is_leaf(part):
                inside.add(each)


def _state(tensor: torch.Tensor | None) -> tuple[int, int]:
    return (0, 0) if tensor is None else (id(tensor), tensor._version)


def _chains(calls: Sequence[_Call]) -> list[list[_Call]]:
    """Each layer's modules: one that does something, and what is applied to it place by place."""
    chains: list[list[_Call]] = []
    ends: dict[tuple[int, int], list[_Call]] = {}
    for call in calls:
        chain = ends.get(call.entered) if _follows(call) else None
        if chain is None:
            if isinstance(call.module, _IDLE) or _rearranges(call.module) or _leaves_alone(call):
                continue
            chain = []
            chains.append(chain)
        elif isinstance(call.module, _IDLE):
            ends[call.left] = chain  # changes nothing outside training
            continue
        ends.pop(call.entered, None)
        chain.append(call)
        ends[call.left] = chain
    return chains


def _follows(call: _Call) -> bool:
    """It is applied place by place: a normalisation, an activation, one of one's own included."""
    if isinstance(call.module, (*_IDLE, *_NORMALISATIONS)):
        return True
    same = call.given is not None and not call.several and call.given.shape == call.output.shape
    if _rearranges(call.module):
        return False
    weightless = next(call.module.parameters(), None) is None
    return same and weightless and not _is_pooling(name_of(call.module)) and not _shares(call.module)


def _rearranges(module: nn.Module) -> bool:
    return isinstance(module, nn.Flatten | nn.Unflatten) or getattr(module, "rearranges", False) is True


def name_of(module: nn.Module) -> str:
    """What it is called: its class, or what it stands for."""
    return str(getattr(module, "stands_for", type(module).__name__))


def _shares(module: nn.Module) -> bool:
    return isinstance(module, (nn.Softmax, nn.LogSoftmax, nn.Softmax2d, nn.Flatten))


def _is_pooling(kind: str) -> bool:
    return "pool" in kind.lower() or "subsampl" in kind.lower()


def _leaves_alone(call: _Call) -> bool:
    """Adaptive pooling to the size that the maps have already."""
    name = type(call.module).__name__
    return name.startswith("Adaptive") and call.given is not None and call.given.shape == call.output.shape


def _layer(chain: list[_Call]) -> Layer:
    first, last = chain[0], chain[-1]
    name = first.name if first.number == 0 else f"{first.name}:{first.number + 1}"
    kinds = tuple(name_of(call.module) for call in chain)
    return Layer(
        name=name,
        kinds=kinds,
        detail=detail(first.module) if not isinstance(first.module, _IDLE) else "",
        last=last.name,
        call=last.number,
        shape=tuple(last.output.shape[1:]),
        field=last.field,
        calls=tuple((call.name, call.number) for call in chain),
    )


def _attention(calls: Sequence[_Call]) -> str | None:
    """Of the modules that run once, the last whose output has places and is not what a pooling left.

    A block's output stands for the whole block: of a module of branches that are concatenated, no single branch.
    """
    times = Counter(call.name for call in calls)
    shrunk: set[int] = set()
    chosen = None
    for call in calls:
        if _is_pooling(name_of(call.module)) or (call.leaf and id(call.given) in shrunk and _follows(call)):
            shrunk.add(id(call.output))
        if isinstance(call.module, _IDLE) or _rearranges(call.module) or id(call.output) in shrunk:
            continue
        if call.output.ndim == 4 and math.prod(call.output.shape[2:]) > 1 and times[call.name] == 1:
            chosen = call.name
    return chosen
