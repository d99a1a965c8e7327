"""Random changes of training pictures, on whole batches: one affine sampling for all geometric ones.

Nothing here keeps state: the generator passed in decides everything, so a resumed training draws what the
uninterrupted one would have drawn.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F

from prunelle.data.series.augment import SeriesAugment
from prunelle.errors import ArgumentError, UnknownName


@dataclasses.dataclass(frozen=True, kw_only=True)
class Augment:
    """Which changes, and how strong. The default changes nothing.

    Args:
        flip: mirror left and right, one time in two.
        shift: up to this fraction of the side, each way, in whole pixels.
        rotation: up to this angle, each way, in degrees.
        zoom: in or out by up to this fraction: scale drawn from [1 - zoom, 1 + zoom], below 1.
        crop: a random part of the picture, of an area from this fraction to all of it, and of proportions
            from 3:4 to 4:3, blown up to the full size (Szegedy 2014 §6); 1 for none.

    What comes in from outside the picture repeats its edge.

    Example:
        >>> Augment.parse("flip,shift=0.1,rotation=15")
        Augment(flip=True, shift=0.1, rotation=15.0, zoom=0.0, crop=1.0)
    """

    flip: bool = False
    shift: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0
    crop: float = 1.0

    def __post_init__(self) -> None:
        for name, low, high in (("shift", 0, 0.5), ("rotation", 0, 180), ("zoom", 0, 0.9)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ArgumentError(f"augment {name} must be from {low} to {high}; received {value}.")
        if not 0 < self.crop <= 1:
            raise ArgumentError(
                f"augment crop must be above 0 and at most 1 (an area); received {self.crop}."
            )

    def __bool__(self) -> bool:
        return self != Augment()

    @classmethod
    def parse(cls, text: str) -> Augment:
        """``flip,shift=0.1`` → ``Augment(flip=True, shift=0.1)``; a name alone takes a usual strength."""
        usual = {"shift": 0.1, "rotation": 15.0, "zoom": 0.1, "crop": 0.5}
        chosen: dict[str, float | bool] = {}
        for part in (part.strip() for part in text.split(",")):
            name, _, strength = part.partition("=")
            if part in ("", "none"):
                continue
            if name == "flip":
                if strength:
                    raise ArgumentError(f"augment flip takes no number; received {strength!r}.")
                chosen["flip"] = True
            elif name not in usual:
                raise UnknownName("augmentation", name, [*usual, "flip", "none"])
            else:
                try:
                    chosen[name] = float(strength) if strength else usual[name]
                except ValueError:
                    raise ArgumentError(f"augment {name} needs a number; received {strength!r}.") from None
        return cls(**chosen)  # type: ignore[arg-type]

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """``images: (N, C, H, W)`` uint8 or float → the same shape, uint8 kept by flips alone.

        One 2×3 matrix a picture holds every change, so a picture is sampled (bilinearly) once however many
        there are. ``generator`` is on the CPU.
        """
        if not self:
            return images
        n, _, height, width = images.shape

        def uniform(low: float, high: float) -> torch.Tensor:
            return torch.rand(n, generator=generator) * (high - low) + low

        mirrored = torch.rand(n, generator=generator) < 0.5 if self.flip else torch.zeros(n, dtype=torch.bool)
        if self == Augment(flip=True):
            mask = mirrored.to(images.device).view(-1, 1, 1, 1)
            return torch.where(mask, images.flip(3), images)

        angle = uniform(-self.rotation, self.rotation) * (math.pi / 180)
        # Sampling coordinates: a scale above 1 reads a wider field, which makes the picture smaller.
        scale = 1 / uniform(1 - self.zoom, 1 + self.zoom)
        shift_x = torch.round(uniform(-self.shift, self.shift) * width) * 2 / width
        shift_y = torch.round(uniform(-self.shift, self.shift) * height) * 2 / height
        scale_x, scale_y = scale, scale
        if self.crop < 1:
            area = uniform(self.crop, 1)
            ratio = torch.exp(uniform(math.log(3 / 4), math.log(4 / 3)))
            # No side longer than the picture's, and the area that was drawn.
            crop_x = torch.sqrt(area * ratio).clamp(max=1).maximum(area)
            crop_y = area / crop_x
            shift_x = shift_x + uniform(-1, 1) * (1 - crop_x)
            shift_y = shift_y + uniform(-1, 1) * (1 - crop_y)
            scale_x, scale_y = scale * crop_x, scale * crop_y
        sign = torch.where(mirrored, -1.0, 1.0)
        aspect = height / width
        cos, sin = torch.cos(angle), torch.sin(angle)
        # Coordinates run over [-1, 1] on both axes whatever the shape, hence the aspect in the rotation.
        row_x = torch.stack([sign * scale_x * cos, -sign * scale_x * sin * aspect, shift_x], dim=1)
        row_y = torch.stack([scale_y * sin / aspect, scale_y * cos, shift_y], dim=1)
        theta = torch.stack([row_x, row_y], dim=1).to(images.device)
        grid = F.affine_grid(theta, list(images.shape), align_corners=False)
        return F.grid_sample(
            images.to(torch.float32), grid, mode="bilinear", padding_mode="border", align_corners=False
        )


AnyAugment: TypeAlias = Augment | SeriesAugment


def augment_from_json(values: Mapping[str, Any]) -> AnyAugment:
    """From what ``dataclasses.asdict`` gave: only series jitter."""
    return SeriesAugment(**values) if "jitter" in values else Augment(**values)
