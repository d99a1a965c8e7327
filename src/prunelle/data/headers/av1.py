"""AV1: the size that a coded picture says it has (AV1 bitstream specification, sections 5.3 to 5.5)."""

from __future__ import annotations

from collections.abc import Iterator

_SEQUENCE_HEADER = 1


def largest_size(data: bytes) -> tuple[int, int]:
    """The largest width and height of its sequence headers; (0, 0) where there is none.

    Args:
        data: open bitstream units, one after the other, as an item of a file holds them.

    Raises:
        IndexError: it ends within one.
    """
    sizes = [_size(_Bits(unit)) for kind, unit in _units(data) if kind == _SEQUENCE_HEADER]
    return max((width for width, _ in sizes), default=0), max((height for _, height in sizes), default=0)


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, extended, sized = data[at] >> 3 & 15, data[at] >> 2 & 1, data[at] >> 1 & 1
        at += 1 + extended
        size = len(data) - at
        if sized:
            size = shift = 0
            while True:  # seven bits a byte, the lowest first, at most eight
                size |= (data[at] & 127) << shift
                shift, at = shift + 7, at + 1
                if data[at - 1] < 128 or shift == 56:
                    break
        yield kind, data[at : at + size] if kind == _SEQUENCE_HEADER else b""
        at += size


def _size(bits: _Bits) -> tuple[int, int]:
    """Section 5.5.1, as far as the size."""
    bits.take(4)
    if bits.take(1):
        bits.take(5)
    else:
        delay_bits = _timing(bits)
        display_delays = bits.take(1)
        for _ in range(bits.take(5) + 1):
            bits.take(12)
            if bits.take(5) > 7:
                bits.take(1)
            if delay_bits and bits.take(1):
                bits.take(2 * delay_bits + 1)
            if display_delays and bits.take(1):
                bits.take(4)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return bits.take(width_bits) + 1, bits.take(height_bits) + 1


def _timing(bits: _Bits) -> int:
    """Sections 5.5.3 and 5.5.4: how many bits a delay of the decoder model takes, 0 without one."""
    if not bits.take(1):
        return 0
    bits.take(64)
    if bits.take(1):
        zeros = 0
        while not bits.take(1):
            zeros += 1
        bits.take(zeros if zeros < 32 else 0)
    if not bits.take(1):
        return 0
    delay_bits = bits.take(5) + 1
    bits.take(32 + 10)
    return delay_bits


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, count: int) -> int:
        value = 0
        for at in range(self._at, self._at + count):
            value = value << 1 | self._data[at >> 3] >> (7 - (at & 7)) & 1
        self._at += count
        return value
