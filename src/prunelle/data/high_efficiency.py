"""HEIC and AVIF pictures, which phones make: what tells them, and who reads them.

AVIF is read by Pillow itself, HEIC by pillow-heif, an extra: it brings libheif, and libde265 for HEVC.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PIL import Image, ImageFile, features

from prunelle.data.colour_codes import profile_of_code
from prunelle.data.headers.heif import colour_code
from prunelle.errors import BadPicture, DataError
from prunelle.files import no_file
from prunelle.texts import Note

INSTALL = "pip install 'prunelle[heic]'"

WITHOUT_HEIC = Note(
    f"a HEIC picture (iPhone), which needs pillow-heif: {INSTALL}",
    f"une image HEIC (iPhone), qui demande pillow-heif : {INSTALL}",
)
WITHOUT_AVIF = Note(
    "an AVIF picture, and Pillow was built without AVIF here; its own wheels have it: pip install --force-reinstall "
    "pillow",
    "une image AVIF, et Pillow est ici construit sans AVIF ; ses propres paquets l’ont : pip install "
    "--force-reinstall pillow",
)
IN_FRENCH = {note.en: note.fr for note in (WITHOUT_HEIC, WITHOUT_AVIF)}
"""The reasons above."""

MAX_LACKING = 0.05
"""A larger share of pictures that need what is not installed stops a training before it decodes any."""

_LOOKED_AT = 50
_HEAD_BYTES = 512

Coding = Literal["HEVC", "AV1"]

_BRANDS: dict[bytes, Coding] = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "HEVC"),
    b"avif": "AV1",
}
# That it is a picture, or several; the brands that it is compatible with say how it is coded.
_GENERAL = (b"mif1", b"msf1", b"mif2", b"miaf")


def coding_of(head: bytes) -> Coding | None:
    """How a picture is coded, by the brands in a file's first bytes (ISO/IEC 14496-12, ``ftyp``); None for others."""
    if head[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brand = head[8:12]
    if brand not in _GENERAL:
        return _BRANDS.get(brand)
    compatible = (head[at : at + 4] for at in range(16, end, 4))
    return next((_BRANDS[each] for each in compatible if each in _BRANDS), "HEVC")


def reader_of(coding: Coding, file: str) -> type[ImageFile.ImageFile]:
    """Pillow's class for it.

    Args:
        file: its name, for the error.

    Raises:
        BadPicture: what reads it is not installed; it says how to install it.
    """
    found = _heic_reader() if coding == "HEVC" else _avif_reader()
    if found is None:
        raise BadPicture(file, (WITHOUT_HEIC if coding == "HEVC" else WITHOUT_AVIF).en)
    return found


def check_installed(files: Sequence[Path]) -> None:
    """Says at once that pictures need what is not installed, where a training would stop over them after all were read.

    A few dozen of them, evenly chosen, are looked at. Where few are such, reading leaves them out, with the reason.

    Raises:
        DataError: more than ``MAX_LACKING`` of them do; it says how to install it.
    """
    looked_at = files[:: max(1, len(files) // _LOOKED_AT)]
    lacking = [(file, why) for file in looked_at if (why := _lacking(file)) is not None]
    if len(lacking) > max(1, MAX_LACKING * len(looked_at)):
        file, why = lacking[0]
        raise DataError(
            f"{len(lacking)} of {len(looked_at)} pictures looked at cannot be read: {file} is {why}"
        )


def _lacking(file: Path) -> str | None:
    if no_file(file):  # a pipe would be waited for; reading it says so
        return None
    try:
        with file.open("rb", buffering=0) as stream:
            coding = coding_of(stream.read(_HEAD_BYTES))
        if coding is not None:
            reader_of(coding, str(file))
    except BadPicture as error:
        return error.reason
    except OSError:  # likewise
        pass
    return None


def tell_colours(image: Image.Image, content: bytes, file: str) -> None:
    """Gives an opened picture that tells its colours by code alone the profile that says the same."""
    if "icc_profile" not in image.info:
        code = colour_code(content, file)
        profile = profile_of_code(*code) if code else None
        if profile is not None:
            image.info["icc_profile"] = profile


@functools.cache
def _heic_reader() -> type[ImageFile.ImageFile] | None:
    try:
        from pillow_heif import HeifImageFile
    except Exception:  # a half-working installation raises anything
        return None
    return HeifImageFile


@functools.cache
def _avif_reader() -> type[ImageFile.ImageFile] | None:
    if not features.check("avif"):
        return None
    from PIL.AvifImagePlugin import AvifImageFile

    return AvifImageFile
