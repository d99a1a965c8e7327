"""A network with one picture that went through it, and what must hold of every value of every layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from prunelle.look.hooks import activations
from prunelle.look.layers import Layer, examine
from prunelle.look.recording import Recorder, Recording, maps_shape
from prunelle.look.sources import Sources, Tracer
from prunelle.look.value.explain import Place, explain, follow
from prunelle.look.value.steps import ConvolutionStep, DenseStep, Explanation, OtherStep


class Opened:
    """A network with one picture that went through it.

    ``multiplies``: layers are multiplied with each other on the way, which makes no weighted sum.
    """

    def __init__(self, network: nn.Module, image: torch.Tensor, *, multiplies: bool = False) -> None:
        self.multiplies = multiplies
        self.network = network.eval()
        self.anatomy = examine(network, tuple(image.shape[1:]))
        self.recorder = Recorder(network, self.anatomy.layers)
        self.image = image
        self.recording: Recording = self.recorder.record(image)
        self._tracer: Tracer | None = None

    def tracer(self) -> Tracer:
        if self._tracer is None:
            self._tracer = Tracer(self.network, self.anatomy.layers, self.recorder, self.image)
        return self._tracer

    def layer(self, name: str) -> Layer:
        return self.anatomy.layer(name)

    def sides(self, name: str) -> tuple[int, int, int]:
        return maps_shape(self.layer(name).shape)

    def explain(self, name: str, *place: int) -> Explanation:
        at: Any = place
        return explain(self.network, self.layer(name), self.recording, at, self.tracer)

    def follow(self, name: str, place: Place, element: Place) -> Sources:
        return follow(self.network, self.layer(name), self.recording, place, element, tracer=self.tracer())


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed))


def places(sides: Sequence[int], count: int, seed: int = 0) -> list[Place]:
    """Of maps ``(C, h, w)``: corners first, where padding is, then anywhere."""
    generator = np.random.default_rng(seed)
    found = [(0, 0, 0), tuple(side - 1 for side in sides)]
    found += [tuple(int(generator.integers(side)) for side in sides) for _ in range(count)]
    return found  # type: ignore[return-value]


def check_followed(opened: Opened, name: str, place: Place, element: Place, value: float) -> Sources:
    """The sources are values that are there, and together they are the element."""
    found = opened.follow(name, place, element)
    assert found.value == pytest.approx(value, rel=1e-5, abs=1e-6)
    if opened.multiplies and not found.linear:
        return found
    assert found.linear
    assert found.total == pytest.approx(value, rel=1e-4, abs=1e-5)
    if found.count == len(found.found):  # of a mean over many places, those that count most are listed
        assert sum(source.weight * source.value for source in found.found) == pytest.approx(
            found.total, rel=1e-6
        )
    for source in found.found:
        maps = (
            opened.image
            if source.layer == "input"
            else opened.recording.output_of(opened.layer(source.layer))
        )
        shape = maps_shape(tuple(maps.shape[1:]))
        assert float(maps.reshape(shape)[source.channel, source.y, source.x]) == pytest.approx(
            source.value, nan_ok=True
        )
    return found


def check_everywhere(opened: Opened, count: int = 2) -> set[str]:
    """Every layer, at corners and at places drawn at random; the kinds of steps that there were."""
    # Copies of every module's output, of a passage of its own.
    own = activations(opened.network, opened.image)
    kinds: set[str] = set()
    for layer in opened.anatomy.layers:
        output = opened.recording.output_of(layer)
        last = layer.last if layer.call == 0 else f"{layer.last}:{layer.call + 1}"
        if last in own:
            torch.testing.assert_close(output, own[last], rtol=0, atol=0, equal_nan=True)
        maps = output[0].reshape(maps_shape(tuple(output.shape[1:])))
        for place in places(maps.shape, count):
            found = opened.explain(layer.name, *place)
            kinds |= {step.kind for step in found.steps}
            assert found.value == pytest.approx(float(maps[place]), rel=0, abs=0, nan_ok=True)
            check_steps(opened, layer, place, found)
    return kinds


def check_steps(opened: Opened, layer: Layer, place: Place, found: Explanation) -> None:
    """Each step begins with what the one before gave; the first is what its parts add up to."""

    def close(value: float, size: float = 0.1) -> Any:
        # Float32, which rounds sums of so large parts in another order than NumPy.
        return pytest.approx(value, rel=1e-5, abs=1e-5 * size, nan_ok=True)

    assert found.steps[-1].result == close(found.value)
    for step, after in zip(found.steps, found.steps[1:], strict=False):
        assert getattr(after, "before", step.result) == close(step.result)
    first = found.steps[0]
    if np.isnan(first.result):
        return
    if isinstance(first, ConvolutionStep):
        products = first.window.astype(float) * first.weights
        assert first.result == close(float(products.sum()) + (first.bias or 0.0), abs(products).sum())
        middle: Any = tuple(side // 2 for side in first.window.shape)
        check_followed(opened, layer.name, place, middle, float(first.window[middle]))
    elif isinstance(first, DenseStep):
        products = first.inputs.astype(float) * first.weights
        assert first.result == close(float(products.sum()) + (first.bias or 0.0), abs(products).sum())
        check_followed(opened, layer.name, place, (1, 0, 0), float(first.inputs[1]))
    elif isinstance(first, OtherStep):
        shares = [part.share for part in first.parts]
        assert first.result == close(sum(shares) + first.others + first.rest, sum(map(abs, shares)))
        if first.kind == "sum":
            assert abs(first.rest) <= 1e-5 * max(1.0, sum(map(abs, shares)))
