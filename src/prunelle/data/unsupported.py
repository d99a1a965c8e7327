"""Files that people take for pictures and that are not read: told by their content, with what to do about them."""

from __future__ import annotations

import dataclasses

from prunelle.texts import Note

HEAD_BYTES = 512
"""As many of the first bytes as are looked at."""


@dataclasses.dataclass(frozen=True)
class _Kind:
    """A kind of file: how it begins (from the format's own description), or its brand, or words in a text."""

    reason: Note
    heads: tuple[bytes, ...] = ()
    brands: tuple[bytes, ...] = ()
    words: tuple[bytes, ...] = ()


def _picture(en: str, fr: str) -> Note:
    way = "magick IN OUT.jpg (ImageMagick)"
    return Note(
        f"{en}, which is not read; convert it to JPEG or PNG: {way}",
        f"{fr}, format qui n’est pas lu ; convertissez-la en JPEG ou PNG : {way}",
    )


_RAW = Note(
    "a camera's RAW file, which is not read; develop it to JPEG: darktable-cli IN OUT.jpg",
    "un fichier RAW d’appareil photo, qui n’est pas lu ; développez-le en JPEG : darktable-cli IN OUT.jpg",
)
_FILM = Note(
    "a film, not a picture; take pictures out of it: ffmpeg -i IN -r 1 OUT-%04d.jpg",
    "un film, pas une image ; tirez-en des images : ffmpeg -i IN -r 1 OUT-%04d.jpg",
)
_KINDS = (
    _Kind(
        _RAW,
        heads=(
            b"FUJIFILMCCD-RAW",
            b"IIRO",
            b"IIRS",
            b"MMOR",
            b"IIU\0",
            b"FOVb",
            b"\0MRM",
            b"II\x1a\0\0\0HEAPCCDR",
        ),
        brands=(b"crx ",),
    ),
    _Kind(_FILM, heads=(b"\x1aE\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3", b"FLV\1", b"OggS")),
    _Kind(_picture("a JPEG XL picture", "une image JPEG XL"), (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")),
    _Kind(
        _picture("a JPEG 2000 picture", "une image JPEG 2000"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
    ),
    _Kind(
        _picture("a PBM, PGM or PPM picture", "une image PBM, PGM ou PPM"),
        tuple(b"P%d" % i for i in range(1, 8)),
    ),
    _Kind(_picture("a Photoshop picture", "une image Photoshop"), (b"8BPS", b"8BPB")),
    _Kind(_picture("a GIMP picture", "une image GIMP"), (b"gimp xcf",)),
    _Kind(
        _picture("a picture of high dynamic range", "une image à grande gamme dynamique"),
        (b"v/1\x01", b"#?RADIANCE"),
    ),
    _Kind(_picture("a FITS picture", "une image FITS"), (b"SIMPLE  =",)),
    _Kind(_picture("an icon", "une icône"), (b"\0\0\1\0", b"\0\0\2\0")),
    _Kind(_picture("a PostScript drawing", "une image PostScript"), (b"%!PS", b"\xc5\xd0\xd3\xc6")),
    _Kind(_picture("an SVG drawing", "une image SVG"), words=(b"<svg",)),
    _Kind(_picture("a DICOM picture", "une image DICOM")),
    _Kind(
        Note(
            "a PDF, not a picture; take its pages out: pdftoppm -jpeg IN OUT",
            "un PDF, pas une image ; tirez-en les pages : pdftoppm -jpeg IN OUT",
        ),
        (b"%PDF-",),
    ),
    _Kind(
        Note("an archive; unpack it first", "une archive ; décompressez-la d’abord"),
        (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07"),
    ),
    _Kind(
        Note(
            "arrays, not a picture; load them in Python: prunelle.from_arrays",
            "des tableaux, pas une image ; chargez-les en Python : prunelle.from_arrays",
        ),
        (b"\x93NUMPY", b"\x89HDF\r\n\x1a\n"),
    ),
    _Kind(
        Note(
            "a pointer of Git LFS in the place of the picture; fetch it: git lfs pull",
            "un renvoi de Git LFS à la place de l’image ; allez la chercher : git lfs pull",
        ),
        (b"version https://git-lfs.github.com",),
    ),
    _Kind(
        Note(
            "a web page saved under the name of a picture; fetch the picture itself",
            "une page web enregistrée sous un nom d’image ; téléchargez l’image elle-même",
        ),
        words=(b"<!doctype html", b"<html"),
    ),
)
_DICOM = next(kind for kind in _KINDS if "DICOM" in kind.reason.en)
IN_FRENCH = {kind.reason.en: kind.reason.fr for kind in _KINDS}
"""Every reason that ``known`` gives, in French."""


def known(head: bytes) -> str | None:
    """What the file is, and what to do, in words that follow its name; None where nobody knows it.

    Args:
        head: its first bytes, ``HEAD_BYTES`` of them where there are as many.
    """
    if head[4:8] == b"ftyp":  # ISO base media (ISO 14496-12)
        return next((kind.reason.en for kind in _KINDS if head[8:12] in kind.brands), _FILM.en)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return _FILM.en
    if head[128:132] == b"DICM":
        return _DICOM.reason.en
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for kind in _KINDS:
        if head.startswith(kind.heads) and (head[:1] != b"P" or head[2:3].isspace() or head[:2] == b"PK"):
            return kind.reason.en
        if text.startswith((b"<?xml", b"<!", b"<svg", b"<html")) and any(word in text for word in kind.words):
            return kind.reason.en
    return None
