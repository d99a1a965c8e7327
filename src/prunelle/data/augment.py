"""Random changes of training pictures, a whole batch at a time, on whatever device the batch is.

Every kind of change belongs to the batch: pictures stay ``uint8`` in memory, and nothing is drawn or computed
for a picture before its batch is.
"""

from __future__ import annotations

import dataclasses

import torch
import torch.nn.functional as F

from prunelle.data import transforms
from prunelle.errors import ArgumentError, UnknownName
from prunelle.scalars import plain_fields

POLICIES = ("none", "light", "strong")
"""What ``Augment.policy`` knows by name."""


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
        vertical_flip: mirror top and bottom, one time in two: pictures without an upright, from above or
            through a microscope.
        elastic: bend the picture like a rubber sheet, by displacements of this standard deviation as a fraction
            of the side (Simard 2003 §2).
        blur: Gaussian, of a σ of up to this many pixels.
        contrast: of each colour channel, by a factor from 1 ± this.
        colour: brightness and saturation by a factor from 1 ± this, hue by up to this share of a half turn.
        noise: Gaussian, of this standard deviation in units of [0, 1].
        erase: a rectangle of up to this fraction of the area painted over with the picture's mean colour, one
            time in two (Zhong 2017).
        mixup: each picture blended with another of its batch, and their labels alike, in a proportion drawn
            from Beta(mixup, mixup) (Zhang 2017); 0 for none.
        cutmix: a rectangle of each picture replaced by another's, and their labels mixed by area, which is drawn
            from Beta(cutmix, cutmix) (Yun 2019); 0 for none. With both, each batch gets one or the other.

    What comes in from outside the picture repeats its edge. Changes happen in the order geometry, blur, colour,
    noise, erasing, mixing.

    Example:
        >>> Augment.parse("flip,shift=0.1,rotation=15") == Augment(flip=True, shift=0.1, rotation=15)
        True
    """

    flip: bool = False
    shift: float = 0.0
    rotation: float = 0.0
    zoom: float = 0.0
    crop: float = 1.0
    vertical_flip: bool = False
    elastic: float = 0.0
    blur: float = 0.0
    contrast: float = 0.0
    colour: float = 0.0
    noise: float = 0.0
    erase: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0

    def __post_init__(self) -> None:
        plain_fields(self)
        for name, high in _LARGEST.items():
            value = getattr(self, name)
            if not 0 <= value <= high:
                raise ArgumentError(f"augment {name} must be from 0 to {high:g}; received {value}.")
        if not 0 < self.crop <= 1:
            raise ArgumentError(
                f"augment crop must be above 0 and at most 1 (an area); received {self.crop}."
            )

    def __bool__(self) -> bool:
        return self != _NOTHING

    @classmethod
    def policy(cls, name: str, channels: int) -> Augment:
        """``none``, ``light`` or ``strong``, for colour pictures (3 channels) or grey ones.

        Grey pictures are not mirrored: digits and letters are common among them. How the two compare is measured
        in docs/lab/results.md.

        Raises:
            UnknownName: another name.
        """
        if name not in POLICIES:
            raise UnknownName("augmentation policy", name, POLICIES)
        if name == "none":
            return cls()
        colour = channels == 3
        light = cls(flip=colour, rotation=10, zoom=0.1, shift=0.1)
        if name == "light":
            return light
        stronger = dataclasses.replace(light, rotation=15, zoom=0.2, contrast=0.2, noise=0.03, erase=0.2)
        return (
            dataclasses.replace(stronger, colour=0.1)
            if colour
            else dataclasses.replace(stronger, elastic=0.02)
        )

    @classmethod
    def parse(cls, text: str, channels: int = 3) -> Augment:
        """``flip,shift=0.1`` → ``Augment(flip=True, shift=0.1)``; a name alone takes a usual strength.

        A policy may come first, and single changes after it: ``strong,erase=0``. ``channels`` is for the policy.

        Raises:
            ArgumentError: an unknown name, or a strength out of its range; the message says which.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()]
        chosen: dict[str, float | bool] = {}
        if parts and parts[0] in POLICIES:
            chosen = dataclasses.asdict(cls.policy(parts.pop(0), channels))
        for part in parts:
            name, _, strength = part.partition("=")
            name = name.replace("-", "_")
            if name in _SWITCHES:
                if strength:
                    raise ArgumentError(f"augment {name} takes no number; received {strength!r}.")
                chosen[name] = True
            elif name in POLICIES:
                raise ArgumentError(f"augment {name} names a policy, which comes first; received {text!r}.")
            elif name not in USUAL:
                raise UnknownName("augmentation", name, [*USUAL, *_SWITCHES, *POLICIES])
            else:
                try:
                    chosen[name] = float(strength) if strength else USUAL[name]
                except ValueError:
                    raise ArgumentError(f"augment {name} needs a number; received {strength!r}.") from None
        return cls(**chosen)  # type: ignore[arg-type]

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """``images: (N, C, H, W)`` uint8 or float in [0, 255] → the same shape, uint8 kept by mirrors alone.

        Every change but mixing. One 2×3 matrix a picture holds all geometry, so a picture is sampled
        (bilinearly) once however many changes there are; one 3×3 matrix holds all colour. ``generator`` is on
        the CPU.
        """
        geometry = any((self.shift, self.rotation, self.zoom, self.crop < 1, self.elastic))
        if geometry:
            images = self._move(images.to(torch.float32), generator)
        else:
            for wanted, axis in ((self.flip, 3), (self.vertical_flip, 2)):
                if wanted:
                    mirrored = torch.rand(len(images), generator=generator) < 0.5
                    images = torch.where(transforms.per_picture(mirrored, images), images.flip(axis), images)
        if not any((self.blur, self.contrast, self.colour, self.noise, self.erase)):
            return images
        images = images.to(torch.float32)
        if self.blur:
            images = transforms.blur(images, self.blur, generator)
        if self.contrast or self.colour:
            images = transforms.recolour(images, self.contrast, self.colour, generator)
        if self.noise:
            images = transforms.add_noise(images, self.noise, generator)
        if self.erase:
            images = transforms.erase(images, self.erase, generator)
        return images

    def _move(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        theta = transforms.affine(
            images.shape,
            generator,
            mirror=self.flip,
            vertical_mirror=self.vertical_flip,
            shift=self.shift,
            rotation=self.rotation,
            zoom=self.zoom,
            crop=self.crop,
        )
        field = transforms.elastic_field(images.shape, self.elastic, generator) if self.elastic else None
        return transforms.sample(images, theta, field)

    @property
    def mixes(self) -> bool:
        """Whether ``mix`` changes anything."""
        return bool(self.mixup or self.cutmix)

    def mix(
        self, images: torch.Tensor, labels: torch.Tensor, num_classes: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Mixup or CutMix of each picture with the one before it in the batch, whose order is random already.

        Args:
            images: ``(N, C, H, W)``.
            labels: ``(N,)`` int64.
            num_classes: K.
            generator: on the CPU.

        Returns:
            float32 images of the same shape, and ``(N, K)`` float32 shares of the classes in each, that sum to 1.
        """
        n = len(images)
        cut = bool(self.cutmix)
        if self.cutmix and self.mixup:
            cut = bool(torch.rand(1, generator=generator) < 0.5)
        alpha = torch.full((2, n), self.cutmix if cut else self.mixup)
        gamma = torch._standard_gamma(alpha, generator)
        # Gammas of a tiny alpha can both be 0: such a draw is as good as a whole picture.
        kept = torch.where(gamma.sum(dim=0) > 0, gamma[0] / gamma.sum(dim=0), torch.ones(n))
        images = images.to(torch.float32)
        other = images.roll(1, dims=0)
        if cut:
            inside = transforms.boxes(images.shape, 1 - kept, torch.ones(n), generator)
            # The share of whole pixels, which is not quite the one that was drawn.
            kept = 1 - inside.float().mean(dim=(1, 2, 3))
            mixed = torch.where(transforms.on_device(inside, images.device), other, images)
        else:
            mixed = torch.lerp(other, images, transforms.per_picture(kept, images))
        targets = F.one_hot(labels, num_classes).to(torch.float32)
        share = transforms.on_device(kept, targets.device)[:, None]
        return mixed, torch.lerp(targets.roll(1, dims=0), targets, share)


_SWITCHES = ("flip", "vertical_flip")

_LARGEST = {
    "shift": 0.5,
    "rotation": 180,
    "zoom": 0.9,
    "elastic": 0.2,
    "blur": 20,
    "contrast": 0.9,
    "colour": 0.9,
    "noise": 1,
    "erase": 0.9,
    "mixup": 10,
    "cutmix": 10,
}

_NOTHING = Augment()

USUAL = {
    "shift": 0.1,
    "rotation": 15.0,
    "zoom": 0.1,
    "crop": 0.5,
    "elastic": 0.03,
    "blur": 1.0,
    "contrast": 0.3,
    "colour": 0.1,
    "noise": 0.05,
    "erase": 0.2,
    "mixup": 0.2,
    "cutmix": 1.0,
}
"""The strength of a change that is named without one."""
