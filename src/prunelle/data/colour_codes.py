"""Colours that a HEIC or AVIF file tells by code (ITU-T H.273) and by no profile: the profile that says the same.

Of high dynamic range, what is brighter than diffuse white (203 cd/m², ITU-R BT.2408) becomes white: a picture beside
ordinary ones, not one as bright as its light was.
"""

from __future__ import annotations

import functools
import struct

import numpy as np

_P3, _BT2020, _PQ, _HLG = 12, 9, 16, 18
# x and y of red, green and blue (H.273, table 2); all with white D65.
_PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    _BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    _P3: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_D65, _D50 = np.array([0.95047, 1.0, 1.08883]), np.array([0.9642, 1.0, 0.8249])
# ICC.1:2022, annex E.
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_POINTS = 4096
_DIFFUSE_WHITE = 203.0  # cd/m²
_HLG_PEAK = 1000.0  # cd/m² of the display that the system gamma 1.2 is for


@functools.lru_cache
def profile_of_code(primaries: int, transfer: int) -> bytes | None:
    """The ICC profile (version 2, matrix and curves) of a code; None for what is sRGB, or nearly, or not known.

    The curves of ordinary video are taken for that of sRGB, as those are that show both alike.
    """
    if primaries not in (_P3, _BT2020) and transfer not in (_PQ, _HLG):
        return None
    values = np.linspace(0, 1, _POINTS)
    light = {_PQ: _pq, _HLG: _hlg}.get(transfer, _srgb)(values)
    curve = _tag(
        b"curv", struct.pack(">I", _POINTS) + np.rint(np.clip(light, 0, 1) * 65535).astype(">u2").tobytes()
    )
    columns = to_d50(_PRIMARIES.get(primaries, _PRIMARIES[1])).T
    tags = {b"wtpt": _xyz(_D50)} | {
        name + b"XYZ": _xyz(column) for name, column in zip((b"r", b"g", b"b"), columns, strict=True)
    }
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, data, places = struct.pack(">I", len(tags)), b"", dict[bytes, int]()
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        if content not in places:
            places[content] = start + len(data)
            data += content
        table += name + struct.pack(">II", places[content], len(content))
    head = struct.pack(">I4sI", start + len(data), b"", 0x02400000) + b"mntrRGB XYZ "
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", *_fixed(_D50))
    return head.ljust(128, b"\0") + table + data


def to_d50(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
    """``(3, 3)``: linear red, green, blue with white D65 → XYZ adapted to D50."""
    unscaled = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    to_xyz = unscaled * np.linalg.solve(unscaled, _D65)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ _D65))
    return np.asarray(np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ to_xyz)


def _srgb(values: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _pq(values: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084 → light, 1 at diffuse white."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = values ** (1 / m2)
    light = 10_000.0 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return np.asarray(light / _DIFFUSE_WHITE)


def _hlg(values: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100 → light of the display of the system gamma, 1 at diffuse white."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
    return np.asarray(scene**1.2 * _HLG_PEAK / _DIFFUSE_WHITE)


def _tag(kind: bytes, content: bytes) -> bytes:
    padding = -len(content) % 4
    return kind + bytes(4) + content + bytes(padding)


def _xyz(values: np.ndarray) -> bytes:
    return _tag(b"XYZ ", struct.pack(">3i", *_fixed(values)))


def _fixed(values: np.ndarray) -> list[int]:
    """Numbers of 16 bits before the point and 16 behind it."""
    return [round(float(value) * 65536) for value in values]
