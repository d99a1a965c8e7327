"""Why a picture was left out, in both languages: what reading gives is English, as in the error that it comes from."""

from __future__ import annotations

import functools
import re

from prunelle.data import decode, high_efficiency, limits, unsupported
from prunelle.data.headers import damage, heif
from prunelle.files import KINDS_FR
from prunelle.texts import NO_BREAK, Note

# The closed list of reasons that reading a picture gives; what follows the colon is kept as it is.
_FRENCH = {
    "empty file": "fichier vide",
    "not a picture (of a format that is read: JPEG, HEIC, AVIF, PNG, BMP, GIF, WebP, TIFF)": (
        "pas une image (d’un format lu : JPEG, HEIC, AVIF, PNG, BMP, GIF, WebP, TIFF)"
    ),
    "truncated or damaged": "tronquée ou abîmée",
    damage.WRONG_CHECKSUM.partition(":")[0]: "abîmée, une somme de contrôle est fausse",
    "cannot be opened": "impossible à ouvrir",
    **unsupported.IN_FRENCH,
    **high_efficiency.IN_FRENCH,
    heif.OTHER_CODING: (
        "une image HEIF codée autrement qu’en HEVC ou AV1, qui n’est pas lue ; convertissez-la en JPEG : "
        "magick IN OUT.jpg"
    ),
    **{decode.NOT_A_FILE.format(kind=en): f"{fr}, pas un fichier" for en, fr in KINDS_FR.items()},
}


def reason_note(reason: str) -> Note:
    """The reason of a ``BadPicture`` or ``Skipped``; the same in French where it is not one of the known ones."""
    if reason in _FRENCH:
        return Note(reason, _FRENCH[reason])
    for english, french in limits.IN_FRENCH.items():
        if match := _pattern(english).fullmatch(reason):
            fields = {name: value.replace(",", NO_BREAK) for name, value in match.groupdict().items()}
            return Note(reason, french.format(**fields))
    start, colon, rest = reason.partition(": ")
    return Note(reason, f"{_FRENCH[start]} : {rest}" if colon and start in _FRENCH else reason)


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    """That finds again what a template was filled with."""
    return re.compile(re.sub(r"\\{(\w+)[^}]*\\}", r"(?P<\1>.+)", re.escape(template)))
