"""Convolution itself: a kernel slid over a signal or a picture, with every number that goes into it.

Networks, and so this module, call *convolution* what signal processing calls cross-correlation: the kernel is
laid on the input as it is written. ``flip=True`` turns the kernel over first, which is convolution proper
(Goodfellow, Bengio & Courville, *Deep Learning*, 2016, section 9.1; sizes after Dumoulin & Visin, *A guide to
convolution arithmetic for deep learning*, 2016).
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from prunelle.shown import Shown

Border = Literal["zeros", "replicate", "reflect", "circular"]
Channels = Literal["sum", "each"]
Padding = Literal["valid", "same", "full"]

PAD_MODES = {"zeros": "constant", "replicate": "edge", "reflect": "reflect", "circular": "wrap"}
"""torch's names of borders, and numpy's."""

_AT_ONCE = 2**15
"""Values of an output that are summed together."""


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Convolution(Shown):
    """One convolution: what went in, what came out, and how. Arrays are float64.

    Attributes:
        input: ``(L,)`` a signal, ``(H, W)`` a grey picture or a map, ``(H, W, C)`` channels.
        kernel: ``(K,)``, ``(KH, KW)`` or ``(KH, KW, C)``, as it was given (not flipped).
        output: one axis less than ``input`` where channels were summed, else as many.
        padding: added ``(before, after)`` each axis.
        stride, dilation: along each axis.
        border: what the padding holds.
        flip: whether the kernel was turned over first (convolution proper).
        input_name, kernel_name: for titles; empty where unknown.
    """

    input: np.ndarray
    kernel: np.ndarray
    output: np.ndarray
    padding: tuple[tuple[int, int], ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    border: Border
    flip: bool
    input_name: str = ""
    kernel_name: str = ""

    def __repr__(self) -> str:
        shapes = (f"{name}={getattr(self, name).shape}" for name in ("input", "kernel", "output"))
        return (
            f"{type(self).__name__}({', '.join(shapes)}, padding={self.padding}, stride={self.stride}, "
            f"dilation={self.dilation}, border={self.border!r}, flip={self.flip})"
        )

    @property
    def dims(self) -> int:
        """1 for a signal, 2 for a picture."""
        return len(self.stride)

    @property
    def summed(self) -> bool:
        """Whether there are channels, and they were summed."""
        return self.input.ndim > self.dims and self.output.ndim == self.dims

    @property
    def weights(self) -> np.ndarray:
        """The kernel as it slides: turned over where ``flip`` asks for it."""
        return flipped(self.kernel, self.dims) if self.flip else self.kernel

    @property
    def extent(self) -> tuple[int, ...]:
        """What a dilated kernel spans along each axis: ``dilation · (K − 1) + 1``."""
        return extents(self.kernel.shape[: self.dims], self.dilation)

    @property
    def padded(self) -> np.ndarray:
        """The input with its padding around it."""
        return pad(self.input, self.padding, self.border)

    @property
    def parts(self) -> np.ndarray:
        """``(H', W', C)``: the map of each channel, before they are summed."""
        return slide(self.padded, self.weights, self.stride, self.dilation)

    def turned_over(self) -> Convolution:
        """The same with the other convention: convolution proper for a cross-correlation, and back."""
        other = dataclasses.replace(self, flip=not self.flip)
        return dataclasses.replace(other, output=other.parts.sum(axis=-1) if self.summed else other.parts)

    def terms(self, *position: int) -> list[tuple[float, float]]:
        """``(weight, value)`` of every product summed into ``output[position]``, row by row.

        With channels that were summed, those of the first channel come first. With channels kept apart, the
        last index is the channel.
        """
        start = [p * s for p, s in zip(position, self.stride, strict=False)]
        weights, padded = self.weights, self.padded
        if self.input.ndim == self.dims:
            return list(self._products(weights, padded, start))
        if self.summed:
            channels: Sequence[int] = range(self.input.shape[-1])
        else:
            channels = position[self.dims :]
        return [
            product
            for channel in channels
            for product in self._products(weights[..., channel], padded[..., channel], start)
        ]

    def _products(
        self, weights: np.ndarray, padded: np.ndarray, start: Sequence[int]
    ) -> Iterator[tuple[float, float]]:
        for offset in np.ndindex(weights.shape):
            place = tuple(a + d * o for a, d, o in zip(start, self.dilation, offset, strict=True))
            yield float(weights[offset]), float(padded[place])

    def formula(self) -> str:
        """``y[i, j] = Σ(u=0..2) Σ(v=0..2) k[u, v] · x[i + u, j + v]``, with this one's numbers."""
        indices, slides = self._indices()
        sums = [f"Σ({u}=0..{size - 1})" for u, size in zip("uv", self.kernel.shape, strict=False)]
        channel = ""
        if self.input.ndim > self.dims:
            channel = ", c"
            if self.summed:
                sums.append(f"Σ(c=0..{self.input.shape[-1] - 1})")
        left = f"y[{indices}{'' if self.summed else channel}]"
        weight, value = f"k[{self._kernel_indices()}{channel}]", f"x[{slides}{channel}]"
        return f"{left} = {' '.join(sums)} {weight} · {value}"

    def formula_tex(self) -> str:
        """The same for matplotlib's mathtext, dollars included."""
        sums = [rf"\sum_{{{u}=0}}^{{{size - 1}}}" for u, size in zip("uv", self.kernel.shape, strict=False)]
        indices, slides = self._indices()
        channel = ""
        if self.input.ndim > self.dims:
            channel = ", c"
            if self.summed:
                sums.append(rf"\sum_{{c=0}}^{{{self.input.shape[-1] - 1}}}")
        left = f"y[{indices}{'' if self.summed else channel}]"
        weight, value = f"k[{self._kernel_indices()}{channel}]", f"x[{slides}{channel}]"
        gap = r"\;\;"  # or the limits of two sums would touch
        text = rf"{left} = {gap.join(sums)} \; {weight} \cdot {value}"
        return "$" + text.replace(", ", r",\,").replace("−", "-") + "$"

    def size_formulas(self) -> tuple[str, ...]:
        """``⌊(427 + 2 − 3) / 1⌋ + 1 = 427`` for each axis: input + padding − span of the kernel, by stride."""
        return tuple(
            f"⌊({size} + {sum(padding)} − {extent}) / {stride}⌋ + 1 = {result}"
            for size, padding, extent, stride, result in zip(
                self.input.shape, self.padding, self.extent, self.stride, self.output.shape, strict=False
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Every field, arrays as nested lists of numbers, and the formulas."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in fields.items()
        } | {"formula": self.formula(), "size_formulas": self.size_formulas()}

    def _indices(self) -> tuple[str, str]:
        """``i, j`` and ``2i + u − 1, 2j + v − 1``."""
        slides = []
        for i, u, stride, dilation, (before, _) in zip(
            "ij", "uv", self.stride, self.dilation, self.padding, strict=False
        ):
            text = f"{stride if stride > 1 else ''}{i} + {dilation if dilation > 1 else ''}{u}"
            slides.append(text + (f" − {before}" if before else ""))
        return ", ".join("ij"[: self.dims]), ", ".join(slides)

    def _kernel_indices(self) -> str:
        """``u, v``; from the end where the kernel is turned over: ``2 − u, 2 − v``."""
        return ", ".join(
            f"{size - 1} − {u}" if self.flip else u for u, size in zip("uv", self.kernel.shape, strict=False)
        )


def slide(
    padded: np.ndarray, weights: np.ndarray, stride: Sequence[int], dilation: Sequence[int]
) -> np.ndarray:
    """Cross-correlation without padding; further axes are channels, each with its own slice of ``weights``.

    One pass over the output for each weight that is not zero: no windows are copied, whatever the size of the picture.
    """
    dims = len(stride)
    spans = extents(weights.shape[:dims], dilation)
    sizes = [
        (size - span) // step + 1 for size, span, step in zip(padded.shape[:dims], spans, stride, strict=True)
    ]
    output = np.zeros((*sizes, *padded.shape[dims:]))
    # Some rows at a time, which stay in the processor's cache for all weights.
    rows = max(1, _AT_ONCE // max(1, output[:1].size))
    for first in range(0, sizes[0], rows):
        part, below = output[first : first + rows], padded[stride[0] * first :]
        for offset in itertools.product(*(range(size) for size in weights.shape[:dims])):
            if not weights[offset].any():
                continue
            window = tuple(
                slice(gap * o, gap * o + step * (size - 1) + 1, step)
                for o, gap, step, size in zip(offset, dilation, stride, part.shape, strict=False)
            )
            part += weights[offset] * below[window]
    return output


def pad(values: np.ndarray, amounts: Sequence[tuple[int, int]], border: Border) -> np.ndarray:
    """``values`` with ``(before, after)`` added along each of its first axes."""
    rest = [(0, 0)] * (values.ndim - len(amounts))
    padded: np.ndarray = np.pad(values, [*amounts, *rest], mode=PAD_MODES[border])  # type: ignore[call-overload]
    return padded


def same_padding(
    sizes: Sequence[int], spans: Sequence[int], strides: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """What gives ``ceil(size / stride)`` values along each axis; of an odd amount, the larger half comes after."""
    amounts = []
    for size, span, stride in zip(sizes, spans, strides, strict=True):
        total = max((-(-size // stride) - 1) * stride + span - size, 0)
        amounts.append((total // 2, total - total // 2))
    return tuple(amounts)


def extents(kernel: Sequence[int], dilation: Sequence[int]) -> tuple[int, ...]:
    """What a kernel spans along each axis, its gaps included."""
    return tuple(gap * (size - 1) + 1 for size, gap in zip(kernel, dilation, strict=True))


def flipped(kernel: np.ndarray, dims: int) -> np.ndarray:
    """Turned over along its first ``dims`` axes: half a turn for a picture's kernel. Channels stay."""
    return np.flip(kernel, axis=tuple(range(dims)))
