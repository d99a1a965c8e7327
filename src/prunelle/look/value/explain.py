"""From a place in a layer's output to what made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.look.layers import Layer, name_of
from prunelle.look.recording import Call, Passed, Recording, maps_shape
from prunelle.look.sources import Sources, Tracer
from prunelle.look.value import places, windows
from prunelle.look.value.steps import ActivationStep, Explanation, OtherStep, Step
from prunelle.look.value.windows import Index

_FUNCTIONS = (
    *(
        nn.ReLU,
        nn.ReLU6,
        nn.LeakyReLU,
        nn.PReLU,
        nn.ELU,
        nn.SELU,
        nn.CELU,
        nn.GELU,
        nn.SiLU,
        nn.Mish,
        nn.Softplus,
    ),
    *(
        nn.Sigmoid,
        nn.LogSigmoid,
        nn.Tanh,
        nn.Hardtanh,
        nn.Hardsigmoid,
        nn.Hardswish,
        nn.Softsign,
        nn.Tanhshrink,
    ),
)
"""Known to be of one number, so that nobody tries them out on millions."""
MOST_PARTS = 16
"""Of a sum, that are listed."""

Place = tuple[int, int, int]
"""Channel, row, column: as in ``as_maps``."""


@torch.no_grad()
def explain(
    network: nn.Module, layer: Layer, recording: Recording, place: Place, tracer: Callable[[], Tracer]
) -> Explanation:
    """How the value of a layer at a place came about.

    Args:
        network: as it was when it was recorded.
        layer: one of those recorded.
        recording: of the picture.
        place: channel, row and column, from 0.
        tracer: of the same passage; asked for where a layer is none of those with arithmetic of their own.

    Raises:
        ArgumentError: the layer has no such place.
    """
    index = index_of(layer, recording, place)
    modules = dict(network.named_modules())
    steps: list[Step] = []
    for position, call in enumerate(layer.calls):
        passed, module = recording.passed[call], modules.get(call[0], network)
        result = float(passed.made[(0, *index)])
        if position == 0:
            steps += _first(call, module, passed, index, tracer)
        else:
            step: Step | None = places.normalisation(call[0], module, passed, index, result)
            if step is None and is_place_by_place(module, passed, index):
                before = float(passed.given[(0, *index)])
                step = ActivationStep(name=name_of(module), before=before, result=result)
            if step is None:  # it moves values about, say: what all of the layer makes it of
                steps = [_other(" → ".join(layer.kinds), tracer().of_layer(layer, index))]
                break
            steps.append(step)
    value = float(recording.output_of(layer)[(0, *index)])
    return Explanation(
        layer.name, *place, value=value, steps=tuple(steps), receptive=_receptive(layer, place)
    )


def explain_off(layer: Layer, recording: Recording, place: Place) -> Explanation:
    """Of a channel that is switched off: 0, whatever its module computes.

    Raises:
        ArgumentError: the layer has no such place.
    """
    index_of(layer, recording, place)
    step = OtherStep(kind="other", name="off", parts=(), count=0, others=0.0, rest=0.0, result=0.0)
    return Explanation(layer.name, *place, value=0.0, steps=(step,), receptive=_receptive(layer, place))


def _receptive(layer: Layer, place: Place) -> tuple[int, int, int, int] | None:
    if layer.field is None or not layer.field.spans:
        return None
    at = (0,) * len(layer.field.spans) if layer.field.flat else place[-len(layer.field.spans) :]
    starts = [span.start + where * span.jump for span, where in zip(layer.field.spans, at, strict=True)]
    sizes = [span.size for span in layer.field.spans]
    if len(sizes) > 2:
        return None
    return (starts[0], starts[1], sizes[0], sizes[1]) if len(sizes) == 2 else (0, starts[0], 1, sizes[0])


def index_of(layer: Layer, recording: Recording, place: Place) -> Index:
    """Of a place in the layer's output, without the batch dimension.

    Raises:
        ArgumentError: there is no such place.
    """
    shape = tuple(
        recording.output_of(layer).shape[1:]
    )  # a padded series may be longer than the layer's own shape
    sides = maps_shape(shape)
    if not all(0 <= at < side for at, side in zip(place, sides, strict=True)):
        raise ArgumentError(
            f"channel, row and column must be within {sides}, which {layer.name} gives; received {place}."
        )
    flat = int(np.ravel_multi_index(place, sides))
    return tuple(int(at) for at in np.unravel_index(flat, shape)) if shape else ()


@torch.no_grad()
def follow(
    network: nn.Module, layer: Layer, recording: Recording, place: Place, element: Place, *, tracer: Tracer
) -> Sources:
    """What the number was made of that a layer's first module read.

    Args:
        place: of the value in the layer's output.
        element: of what the first step of its explanation read: channel, row and column of its window, from 0; of a
            dense layer its input, 0, 0; of what is done place by place 0, 0, 0.
        tracer: of the same passage.

    Raises:
        ArgumentError: there is no such place, or no such element.
    """
    index, call = index_of(layer, recording, place), layer.calls[0]
    module, passed = dict(network.named_modules()).get(call[0], network), recording.passed[call]
    read = _read(call[0], module, passed, index, element)
    if read is None:
        return Sources(0.0, (), 0, 0.0, True)  # padding: nothing but a zero
    return tracer.of_input(call, read)


def _first(
    call: Call, module: nn.Module, passed: Passed, index: Index, tracer: Callable[[], Tracer]
) -> list[Step]:
    """The steps of a layer's first module: two where it applies a function to a sum made on the way to it."""
    name, result = call[0], float(passed.made[(0, *index)])
    done = windows.convolved(module, passed)
    if done is not None:
        summed = windows.convolution(name, done, index, result)
        size = float(np.nansum(np.abs(summed.window * summed.weights)))
        if summed.exact <= places.ROUNDING * max(1.0, abs(result), size) or np.isnan(result):
            return [summed]
    for known in (windows.pooling, places.dense):
        found = known(name, module, passed, index, result)
        if found is not None:
            return [found]
    shared = places.softmax(module, passed, index, result)
    if shared is not None:
        return [shared]
    step: Step | None = places.normalisation(name, module, passed, index, result)
    if step is None and is_place_by_place(module, passed, index):
        step = ActivationStep(name=name_of(module), before=float(passed.given[(0, *index)]), result=result)
    if step is None:
        return [_other(name_of(module), tracer().of_output(call, index))]
    return [*_on_the_way(call, index, tracer), step]


def _on_the_way(call: Call, index: Index, tracer: Callable[[], Tracer]) -> list[Step]:
    """What was made of earlier layers before this one read it: a sum, say; nothing where it is their own value."""
    sources = tracer().of_input(call, index)
    if sources.count == 1 and sources.linear and sources.found[0].weight == 1:
        return []
    return [_other("forward", sources)]


def _other(name: str, sources: Sources) -> OtherStep:
    parts = sources.found[:MOST_PARTS]
    listed = sum(part.share for part in parts)
    return OtherStep(
        kind="sum" if sources.linear and sources.count else "other",
        name=name,
        parts=parts,
        count=sources.count,
        others=sources.total - listed,
        rest=sources.value - sources.total,
        result=sources.value,
    )


def is_place_by_place(module: nn.Module, passed: Passed, index: Index) -> bool:
    """Whether one value of what a module gives depends on the same place alone of what it takes: tried out."""
    if passed.given.shape != passed.made.shape:
        return False
    if type(module) in _FUNCTIONS:
        return True
    given = passed.given.detach()
    try:
        with torch.no_grad():
            moved = given + 1.0
            moved[(0, *index)] = given[(0, *index)]
            # Not called: hooks are for a passage through the network. It may write over what it is given.
            again = type(module).forward(module, moved)
    except Exception:  # it wants more than this one tensor, say
        return False
    if not isinstance(again, torch.Tensor) or again.shape != passed.made.shape:
        return False
    return bool(torch.isclose(again[(0, *index)], passed.made[(0, *index)], rtol=1e-4, equal_nan=True))


def _read(name: str, module: nn.Module, passed: Passed, index: Index, element: Sequence[int]) -> Index | None:
    """Where an element of the first step's window is in what its module took; None in the zeros of a padding."""
    given = tuple(passed.given.shape[1:])
    channel, row, column = element
    done = windows.convolved(module, passed)
    if done is not None:
        output, *position = index
        kernel = tuple(done.weight.shape[2:])
        window = (row, column) if len(kernel) == 2 else (column,)
        _check(element, (done.weight.shape[1], *((1,) if len(kernel) == 1 else ()), *kernel))
        read = [output // (done.weight.shape[0] // done.groups) * done.weight.shape[1] + channel]
        for axis, (where, within) in enumerate(zip(position, window, strict=True)):
            source = int(
                windows.mirrored(windows.positions(done, axis, where), given[axis + 1], done.mode)[within]
            )
            if not 0 <= source < given[axis + 1]:
                return None
            read.append(source)
        return tuple(read)
    pooled = windows.pooling(name, module, passed, index, float(passed.made[(0, *index)]))
    if pooled is not None:
        _check((0, row, column), (1, *pooled.window.shape))
        y, x = pooled.at.y0 + row * pooled.at.dy, pooled.at.x0 + column * pooled.at.dx
        place = [y, x] if len(given) == 3 else [x]
        inside = all(0 <= at < side for at, side in zip(place, given[1:], strict=True))
        return (index[0], *place) if inside else None
    if isinstance(module, nn.Linear):
        _check((channel, 0, 0), (given[-1], 1, 1))
        return (*index[:-1], channel)
    if given == tuple(passed.made.shape[1:]):
        return index
    raise ArgumentError(f"{name} is a {name_of(module)}: nothing says which of its inputs this would be.")


def _check(element: Sequence[int], sides: Sequence[int]) -> None:
    if not all(0 <= at < side for at, side in zip(element, sides, strict=True)):
        raise ArgumentError(
            f"c, wy and wx must be within the window, {tuple(sides)}; received {tuple(element)}."
        )
