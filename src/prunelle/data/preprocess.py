"""How a picture becomes the network's input; one object, stored with every run.

Training, evaluation, prediction and export all go through the same ``Preprocess``, so a network never sees
pictures prepared differently from those it learned on. It holds settings and the arithmetic that they define; what
reads and decodes files by them is ``data.pictures``.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import torch

from prunelle.errors import ArgumentError, UnknownName
from prunelle.scalars import plain_fields

Fit = Literal["crop", "pad", "squash"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preprocess:
    """Size, fit, channels and normalisation of the network's input.

    Args:
        size: height and width in pixels that a picture is resized to.
        fit: how a picture of another shape gets there. ``crop``: the shorter side is resized, the middle
            kept. ``pad``: the longer side is resized, black fills the rest. ``squash``: both sides are
            resized, the proportions change.
        crop_fraction: with ``crop``, the share of the shorter side that is kept, in (0, 1]; 0.875 is the
            "resize to 256, keep the middle 224" of published ImageNet weights.
        border: black pixels added on each side after that; 28×28 digits with ``border=2`` are the 32×32
            of LeNet-5, their strokes untouched.
        channels: 1 (grey) or 3 (RGB).
        mean, std: per channel, in units of [0, 1]; empty until known from the training pictures
            (``with_statistics``).
    """

    size: tuple[int, int]
    fit: Fit = "crop"
    crop_fraction: float = 1.0
    border: int = 0
    channels: int = 3
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        plain_fields(self)
        if min(self.size) < 1:
            raise ArgumentError(
                f"size must be a height and a width of at least 1 pixel, as (32, 32); received {self.size!r}."
            )
        if self.fit not in get_args(Fit):
            raise UnknownName("fit", self.fit, get_args(Fit))
        if not 0 < self.crop_fraction <= 1:
            raise ArgumentError(f"crop_fraction must be above 0, at most 1; received {self.crop_fraction}.")
        if self.crop_fraction < 1 and self.fit != "crop":
            raise ArgumentError(f"crop_fraction goes with fit='crop'; received fit={self.fit!r}.")
        if self.channels not in (1, 3):
            raise ArgumentError(f"channels must be 1 (grey) or 3 (RGB); received {self.channels}.")
        if self.border < 0:
            raise ArgumentError(f"border must be at least 0 pixels; received {self.border}.")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values and len(values) != self.channels:
                raise ArgumentError(
                    f"{name} must have {self.channels} values, one a channel; received {values}."
                )
        if any(value <= 0 for value in self.std):
            raise ArgumentError(f"std must be above 0; received {self.std}.")

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width that the network sees, border included, in pixels."""
        return self.size[0] + 2 * self.border, self.size[1] + 2 * self.border

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """``(channels, height, width)`` that the network sees."""
        return (self.channels, *self.input_size)

    @property
    def example_bytes(self) -> int:
        """Of one decoded picture, in memory or on disk."""
        return math.prod(self.input_shape)

    @property
    def network_options(self) -> dict[str, Any]:
        """What a network by name must be built with for such pictures: nothing of its own."""
        return {}

    def with_statistics(self, images: np.ndarray) -> Preprocess:
        """The same, with mean and std measured on ``images: (N, H, W, C) uint8``.

        Counted over 256 levels in integers, so the result does not depend on the order of the pictures.
        A channel without any contrast gets a std of 1.
        """
        counts = np.zeros((self.channels, 256), np.int64)
        for start in range(0, len(images), 1024):
            chunk = np.asarray(images[start : start + 1024])
            for channel in range(self.channels):
                # PyTorch counts bytes as they are; NumPy makes int64 of them first, in three times the time.
                values = torch.from_numpy(chunk[..., channel].flatten())
                counts[channel] += torch.bincount(values, minlength=256).numpy()
        levels = np.arange(256) / 255
        total = counts.sum(axis=1)
        mean = (counts @ levels) / total
        variance = (counts @ levels**2) / total - mean**2
        std = np.where(variance > 1e-8, np.sqrt(np.maximum(variance, 0)), 1.0)
        # Rounded, so that preprocess.json reads well and carries exactly what training used.
        return dataclasses.replace(
            self,
            mean=tuple(round(float(value), 6) for value in mean),
            std=tuple(round(float(value), 6) for value in std),
        )

    def normalise(self, images: torch.Tensor) -> torch.Tensor:
        """``images: (N, C, H, W)``, uint8 or float in [0, 255] → float32 of the same shape, mean 0, std 1.

        The memory format and the device of ``images`` are kept.
        """
        if not self.mean or not self.std:
            raise ArgumentError(
                "mean and std are not known yet; call with_statistics(training_images) first."
            )
        if images.requires_grad or not images.is_contiguous(memory_format=torch.channels_last):
            scale, shift = _scale_and_shift(self.mean, self.std, images.device)
            return torch.addcmul(shift, images.to(torch.float32), scale)
        # Rows of W·C values fill a processor's vectors where pixels of three do not: four times as fast.
        n, channels, height, width = images.shape
        values = images.to(torch.float32, copy=True)
        rows = values.permute(0, 2, 3, 1).view(n, height, width * channels)
        scale, shift = _scale_and_shift(self.mean, self.std, images.device, width)
        torch.addcmul(shift, rows, scale, out=rows)
        return values

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and strings."""
        return json.loads(json.dumps(dataclasses.asdict(self)))  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Preprocess:
        """The inverse of ``to_json``."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**fields)


@functools.lru_cache(maxsize=16)
def _scale_and_shift(
    mean: tuple[float, ...], std: tuple[float, ...], device: torch.device, width: int | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """What bytes are multiplied with, and what is added: ``(channels, 1, 1)`` float32.

    With a ``width``, for a row of so many pixels: ``(width · channels,)``.
    """
    with torch.inference_mode(False):  # the same tensors serve in training
        scale = torch.tensor([1 / (255 * s) for s in std], device=device)
        shift = torch.tensor([-m / s for m, s in zip(mean, std, strict=True)], device=device)
    if width is not None:
        return scale.repeat(width), shift.repeat(width)
    return scale.view(-1, 1, 1), shift.view(-1, 1, 1)
