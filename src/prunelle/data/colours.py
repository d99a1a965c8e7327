"""What colours a picture's numbers stand for, by its ICC profile (ICC.1:2022), and how they become sRGB's.

Phones write Display P3, cameras Adobe RGB, presses CMYK: the same three numbers are another colour there. Networks
learn numbers, and those that come with weights have learned sRGB's. A picture whose profile is sRGB's own, or that has
none, is left as it is; so is one whose profile cannot be used (``profile_name`` tells). Little CMS does the work, with
relative colorimetric intent and black point compensation, when the picture is small.
"""

from __future__ import annotations

import dataclasses
import functools
import io
from typing import Literal

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 4_000_000
"""A larger one is not used. Those of presses have one or two million."""

UNUSABLE = "unusable"
"""In the place of a profile's name."""

Mode = Literal["L", "RGB", "CMYK"]

_SPACES: dict[str, Mode] = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
# How far from sRGB, in levels, pictures are left alone: published sRGB profiles differ by that much.
_ALIKE = 2
_KEPT = 16
_NAME_CHARACTERS = 80


@dataclasses.dataclass(frozen=True)
class Conversion:
    """Of pixels to sRGB.

    Attributes:
        mode: Pillow's, of the pixels that it takes.
    """

    mode: Mode
    _transform: ImageCms.ImageCmsTransform

    def apply(self, pixels: np.ndarray, channels: int) -> np.ndarray:
        """``(H, W, C)`` uint8, C as ``mode`` has it → ``(H, W, channels)`` uint8."""
        height, width = pixels.shape[:2]
        taken = Image.frombuffer(self.mode, (width, height), np.ascontiguousarray(pixels))
        made = ImageCms.applyTransform(taken, self._transform)
        assert made is not None  # None is of a picture that is changed in place
        return np.asarray(made if channels == 3 else made.convert("L")).reshape(height, width, channels)


@dataclasses.dataclass(frozen=True)
class _Profile:
    """Its name, and what makes sRGB of its pixels: None where nothing has to be done or can be."""

    name: str
    space: Mode | None = None
    conversion: Conversion | None = None


def conversion_of(profile: object, mode: str) -> Conversion | None:
    """How a picture's numbers become sRGB's; None where they are, or where nothing is known of them.

    Args:
        profile: the bytes of an ICC profile, or None; whatever else a file may have in its place is none.
        mode: Pillow's, of the picture. Grey pictures may have a profile of colours; they are its greys.
    """
    known = _known(profile)
    return known.conversion if known is not None and _suits(known, mode) else None


def profile_name(profile: object, mode: str) -> str:
    """What the profile calls itself; empty for sRGB or none, ``UNUSABLE`` for a damaged one or one of other colours."""
    known = _known(profile)
    if known is None or (known.space is not None and known.conversion is None and _suits(known, mode)):
        return ""
    return known.name if _suits(known, mode) else UNUSABLE


def _known(profile: object) -> _Profile | None:
    if not isinstance(profile, bytes) or not profile:
        return None
    return _read(profile) if len(profile) <= MAX_PROFILE_BYTES else _Profile(UNUSABLE)


def _suits(profile: _Profile, mode: str) -> bool:
    if profile.space == "CMYK" or mode == "CMYK":
        return profile.space == mode
    grey = mode in ("1", "L", "LA", "I", "F") or mode.startswith("I;16")
    return profile.space == "RGB" or (profile.space == "L" and grey)


@functools.lru_cache(maxsize=_KEPT)
def _read(profile: bytes) -> _Profile:
    """Pictures of one camera all have the same: it is understood once."""
    try:
        opened = ImageCms.getOpenProfile(io.BytesIO(profile))
        space = _SPACES[opened.profile.xcolor_space.strip()]
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            space,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        conversion = Conversion(space, transform)
        name = " ".join((opened.profile.profile_description or "").split())
    except Exception:  # Pillow gives its own errors, and others where a text in it is none
        return _Profile(UNUSABLE)
    probes = _probes(space)
    alike = space != "CMYK" and bool(
        (abs(conversion.apply(probes, 3).astype(int) - probes.astype(int)) <= _ALIKE).all()
    )
    return _Profile(name[:_NAME_CHARACTERS] or space, space, None if alike else conversion)


def _probes(space: Mode) -> np.ndarray:
    """Colours of the whole cube, ``(H, W, C)``."""
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    axes = [levels] * len(space)
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(len(levels), -1, len(space))
