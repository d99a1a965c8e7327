"""JPEG: ITU-T T.81, annex B."""

from __future__ import annotations

import dataclasses
import re

from prunelle.data.headers.damage import DAMAGED
from prunelle.data.limits import Announced, check_parts
from prunelle.errors import BadPicture

_START_OF_SCAN, _END = 0xDA, 0xD9
_WITHOUT_LENGTH = {0x01, 0xD8, *range(0xD0, 0xD8)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
# In the data of a scan, 0xFF is followed by 0 or by the number of a restart.
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")

_STEPS_PIXEL, _STEPS_VALUE, _STEPS_BYTE = 2, 2, 10
_STEPS_PIXEL_CMYK = 12
# Of a JPEG in several scans: each goes through the coefficients of its components.
_STEPS_BYTE_SCANS, _STEPS_COEFFICIENT = 40, 0.5
_COEFFICIENT_BYTES = 2


@dataclasses.dataclass(frozen=True)
class _Frame:
    width: int
    height: int
    progressive: bool
    values: dict[int, float]
    """How many values each component has, by its number."""


def inspect(content: bytes, file: str) -> Announced:
    """As ``headers`` says. Of several scans, each is counted; a file of one is read up to its pixels only.

    Raises:
        BadPicture: it has no frame or no scan, or too many parts.
    """
    frame: _Frame | None = None
    at, parts, scanned, multi_scan = 2, 0, 0.0, False
    while marker := _next_marker(content, at):
        number, at = marker
        check_parts(file, parts := parts + 1, "segments")
        if number in _WITHOUT_LENGTH:
            continue
        if number == _END:
            break
        segment = content[at + 2 : at + int.from_bytes(content[at : at + 2], "big")]
        at += 2 + len(segment)
        if number in _FRAMES:
            frame = _larger(frame, _read_frame(number, segment, file))
        elif number == _START_OF_SCAN and frame:
            named = segment[1 : 1 + 2 * (segment[0] if segment else 0) : 2]
            multi_scan = multi_scan or frame.progressive or len(set(named)) < len(frame.values)
            if not multi_scan:
                scanned = 1
                break
            scanned += sum(frame.values.get(component, 0) for component in named)
            match = _MARKER.search(content, at)
            at = match.start() if match else len(content)
    if frame is None or not scanned:
        raise BadPicture(file, DAMAGED)
    return _announced(frame, multi_scan, scanned, len(content))


def _next_marker(content: bytes, at: int) -> tuple[int, int] | None:
    """Its number, and where its segment begins. Stray bytes before it are left out, as libjpeg does."""
    at = content.find(b"\xff", at)
    while 0 <= at < len(content) - 1:
        if content[at + 1] not in (0x00, 0xFF):
            return content[at + 1], at + 2
        at = content.find(b"\xff", at + 1)
    return None


def _read_frame(number: int, segment: bytes, file: str) -> _Frame:
    if len(segment) < 6 or len(segment) < 6 + 3 * segment[5] or not segment[5]:
        raise BadPicture(file, DAMAGED)
    height, width = int.from_bytes(segment[1:3], "big"), int.from_bytes(segment[3:5], "big")
    sampling = {segment[i]: divmod(segment[i + 1], 16) for i in range(6, 6 + 3 * segment[5], 3)}
    most = max(h for h, _ in sampling.values()) * max(v for _, v in sampling.values())
    if not most:
        raise BadPicture(file, DAMAGED)
    values = {component: width * height * h * v / most for component, (h, v) in sampling.items()}
    return _Frame(width, height, number in _PROGRESSIVE, values)


def _larger(one: _Frame | None, other: _Frame) -> _Frame:
    """Of two frames in a file, which decoders do not agree on, the one that takes more."""
    return other if one is None or sum(other.values.values()) >= sum(one.values.values()) else one


def _announced(frame: _Frame, multi_scan: bool, scanned: float, size: int) -> Announced:
    pixels = frame.width * frame.height
    # One grey component is a byte in Pillow, and becomes RGB; colours have four, and may become grey.
    pixel_bytes, copy_bytes = {1: (1, 4), 3: (4, 1)}.get(len(frame.values), (4, 4))
    values = sum(frame.values.values())
    steps = (
        _STEPS_PIXEL * pixels
        + _STEPS_VALUE * values
        + (_STEPS_PIXEL_CMYK * pixels if len(frame.values) > 3 else 0)
    )
    steps += _STEPS_BYTE_SCANS * size + _STEPS_COEFFICIENT * scanned if multi_scan else _STEPS_BYTE * size
    coefficients = _COEFFICIENT_BYTES * values if multi_scan else 0
    return Announced(
        width=frame.width,
        height=frame.height,
        pixel_bytes=pixel_bytes,
        copy_bytes=copy_bytes,
        decoder_bytes=int(coefficients),
        steps=int(steps),
    )
