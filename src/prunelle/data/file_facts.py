"""What the file of a picture says of it beside its pixels: size, format, camera, date."""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

from PIL.Image import Exif

from prunelle.data.colours import profile_name
from prunelle.data.decode import inspect, opened, read_bytes
from prunelle.data.pillow import is_grey, orientation_of
from prunelle.errors import BadPicture

# EXIF 2.32: tags of the first directory, and of the one it leads to.
_MAKE, _MODEL, _CHANGED, _PRIVATE, _TAKEN = 0x010F, 0x0110, 0x0132, 0x8769, 0x9003
# Of a PNG it stands after the pixels, which would be decoded for it.
_WITH_EXIF = ("JPEG", "MPO", "HEIF", "AVIF", "WEBP", "TIFF")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileFacts:
    """Of one picture.

    Attributes:
        size_bytes: of the file.
        width, height: in pixels, upright.
        format: ``JPEG``, ``PNG``…
        grey: it is stored without colours.
        camera: make and model; empty where it does not say.
        colours: what its colour profile calls itself, or that it is unusable; empty for sRGB, and without one.
        taken: seconds since 1970 in the camera's own time; None where it does not say.
    """

    size_bytes: int
    width: int
    height: int
    format: str
    grey: bool
    camera: str = ""
    colours: str = ""
    taken: float | None = None


def file_facts(path: str | Path) -> FileFacts | None:
    """From its headers; None where it cannot be read (any more)."""
    try:
        content = read_bytes(Path(path))
        announced = inspect(content, str(path))
        with opened(content, str(path), announced) as image:
            sides = (announced.width, announced.height)
            if orientation_of(image) >= 5:
                sides = sides[::-1]
            camera, taken = "", None
            name = image.format or ""
            if name in _WITH_EXIF:
                camera, taken = _exif(image.getexif())
            return FileFacts(
                size_bytes=len(content),
                width=sides[0],
                height=sides[1],
                format="JPEG" if name == "MPO" else name,
                grey=is_grey(image),
                camera=camera,
                colours=profile_name(image.info.get("icc_profile"), image.mode),
                taken=taken,
            )
    except BadPicture:
        return None


def _exif(exif: Exif) -> tuple[str, float | None]:
    """Camera and date, as far as the block can be read: any program may have written anything into it."""
    try:
        words = (exif.get(tag) for tag in (_MAKE, _MODEL))
        camera = " ".join(word.strip(" \0") for word in words if isinstance(word, str)).strip()
        text = exif.get_ifd(_PRIVATE).get(_TAKEN) or exif.get(_CHANGED)
    except Exception:
        return "", None
    try:
        date = datetime.datetime.strptime(str(text).strip(" \0"), "%Y:%m:%d %H:%M:%S")
        return camera, date.replace(tzinfo=datetime.UTC).timestamp()
    except (ValueError, OverflowError):
        return camera, None
