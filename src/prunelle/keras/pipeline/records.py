"""TFRecord files: records one after the other, each with its length and two checksums (CRC-32C, masked).

The layout is that of TensorFlow's ``core/lib/io/record_writer.h``: length (8 bytes, little-endian), its checksum, the
record, its checksum.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from prunelle.errors import PrunelleError
from prunelle.keras.eager.errors import DataLossError, InvalidArgumentError
from prunelle.keras.eager.tensor import convert
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import INSTALL
from prunelle.keras.pipeline import sources

_HEADER = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_KINDS = ("", "GZIP", "ZLIB")


def _masked(content: bytes) -> int:
    try:
        import google_crc32c
    except ImportError as error:
        raise PrunelleError(f"TFRecord files need google-crc32c and protobuf: {INSTALL}") from error
    crc = int(google_crc32c.value(content))
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def kind(compression: Any) -> str:
    """``""``, ``"GZIP"`` or ``"ZLIB"`` of what a program gave.

    Raises:
        InvalidArgumentError: another compression.
    """
    given = getattr(compression, "compression_type", compression)
    found = "" if given is None else str(given)
    if found not in _KINDS:
        raise InvalidArgumentError(f"compression_type is None, 'GZIP' or 'ZLIB'; received {given!r}.")
    return found


def records(files: Iterable[str], compression: Any) -> Iterator[Text]:
    """The records of files, one after the other.

    Raises:
        NotFoundError: a file is not there.
        DataLossError: its content is not what was written: names the file and the place.
    """
    packed = kind(compression)
    for file in files:
        content = sources.read(file)
        if packed:
            try:
                content = zlib.decompress(content, wbits=zlib.MAX_WBITS | 32)
            except zlib.error:
                raise DataLossError(f"{file} is damaged, or not compressed by {packed}.") from None
        yield from _each(file, content)


def _each(file: str, content: bytes) -> Iterator[Text]:
    place = 0
    while place < len(content):
        begin = place + _HEADER.size
        if begin > len(content):
            raise DataLossError(
                f"{file} is cut short: a record begins at byte {place}, and the file ends in its length."
            )
        length, checksum = _HEADER.unpack_from(content, place)
        if _masked(content[place : place + 8]) != checksum:
            if place == 0:
                raise DataLossError(
                    f"{file} is no TFRecord file, or damaged at byte 0; a compressed one is read with compression_type="
                    f"'GZIP' or 'ZLIB'."
                )
            raise DataLossError(
                f"{file} is damaged: the length of the record at byte {place} is not what was written."
            )
        end = begin + length
        if end + _CHECKSUM.size > len(content):
            raise DataLossError(f"{file} is cut short: the record at byte {place} has {length} bytes.")
        record = content[begin:end]
        if _masked(record) != _CHECKSUM.unpack_from(content, end)[0]:
            raise DataLossError(f"{file} is damaged: the record at byte {place} is not what was written.")
        yield Text.of(record)
        place = end + _CHECKSUM.size


class TFRecordOptions:
    """How a file of records is compressed: ``""``, ``"GZIP"`` or ``"ZLIB"``."""

    def __init__(self, compression_type: Any = None, **ignored: Any) -> None:
        self.compression_type = kind(compression_type)


class TFRecordWriter:
    """Writes records to a file: ``with tf.io.TFRecordWriter(path) as w: w.write(example.SerializeToString())``.

    Args:
        path: the file, made anew.
        options: its compression, by name or as ``TFRecordOptions``.
    """

    def __init__(self, path: Any, options: Any = None) -> None:
        name, self._kind = sources.path_text(path), kind(options)
        opened: Any = gzip.open if self._kind == "GZIP" else open
        self._file = opened(Path(name), "wb")
        self._packer = zlib.compressobj() if self._kind == "ZLIB" else None

    def write(self, record: Any) -> None:
        """One more record: bytes, or a tensor of a text."""
        content = convert(record).numpy() if not isinstance(record, (bytes, bytearray)) else bytes(record)
        if not isinstance(content, bytes):
            raise InvalidArgumentError(
                f"a record is bytes, as example.SerializeToString() gives; received {type(record).__name__}."
            )
        length = struct.pack("<Q", len(content))
        self._put(length + _CHECKSUM.pack(_masked(length)) + content + _CHECKSUM.pack(_masked(content)))

    def _put(self, content: bytes) -> None:
        self._file.write(content if self._packer is None else self._packer.compress(content))

    def flush(self) -> None:
        """What was written is in the file."""
        self._file.flush()

    def close(self) -> None:
        """The file is whole."""
        if self._packer is not None and not self._file.closed:
            self._file.write(self._packer.flush())
        self._file.close()

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None
    ) -> None:
        self.close()
