"""Two layers that Keras's own do not have, for published architectures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from prunelle.keras.layers import Add, Conv2D

__all__ = ["CustomScaleLayer", "PaddedConv2D"]


class CustomScaleLayer(Add):
    """``[x, y]`` → ``x + scale * y``."""

    def __init__(self, scale: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def merge(self, tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.add(tensors[0], tensors[1], alpha=self.scale)


class PaddedConv2D(Conv2D):
    """A 3×3 convolution of stride 2 with a zero on every side, as torch's networks have it.

    Keras's ``same`` pads an even picture at its end alone, and sees it one pixel further on.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        super().__init__(filters, 3, strides=2, padding="valid", **kwargs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        sides = [None if side is None else side + 2 for side in input_shape[1:3]]
        return super().compute_output_shape((input_shape[0], *sides, input_shape[3]))

    def make(self, input_shape: tuple[int | None, ...]) -> list[nn.Module]:
        convolution, *others = super().make(input_shape)
        assert isinstance(convolution, nn.Conv2d)
        convolution.padding = (1, 1)
        return [convolution, *others]
