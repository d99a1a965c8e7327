"""``tf.io``: files and what is in them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import offered
from prunelle.keras.eager.image import files
from prunelle.keras.eager.tensor import convert, wrap
from prunelle.keras.eager.text import Text
from prunelle.keras.pipeline import examples, records, sources

decode_and_crop_jpeg, decode_bmp, decode_gif = (
    files.decode_and_crop_jpeg,
    files.decode_bmp,
    files.decode_gif,
)
TFRecordOptions, TFRecordWriter = records.TFRecordOptions, records.TFRecordWriter
FixedLenFeature, VarLenFeature = examples.FixedLenFeature, examples.VarLenFeature
FixedLenSequenceFeature = examples.FixedLenSequenceFeature
parse_example, parse_single_example = examples.parse_example, examples.parse_single_example
parse_tensor, serialize_tensor = examples.parse_tensor, examples.serialize_tensor
decode_image, decode_jpeg, decode_png = files.decode_image, files.decode_jpeg, files.decode_png
encode_jpeg, encode_png = files.encode_jpeg, files.encode_png
extract_jpeg_shape, is_jpeg = files.extract_jpeg_shape, files.is_jpeg


def read_file(filename: Any, name: str | None = None) -> Text:
    """What is in a file.

    Raises:
        NotFoundError: it is not there.
    """
    return Text.of(sources.read(filename))


def write_file(filename: Any, contents: Any, name: str | None = None) -> None:
    """Writes a file; the folders above it are made."""
    path = Path(sources.path_text(filename))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(convert(contents).numpy())


def matching_files(pattern: Any, name: str | None = None) -> Text:
    """The names of the files of a pattern, or of several, in order."""
    return Text(np.array(sources.matching(pattern), dtype=object))


def decode_raw(
    input_bytes: Any = None,
    out_type: Any = None,
    little_endian: bool = True,
    fixed_length: Any = None,
    **_: Any,
) -> Any:
    """The bytes of each text as numbers: ``(…)`` → ``(…, n)``.

    Raises:
        InvalidArgumentError: texts of several lengths, or of no whole number of numbers.
    """
    texts = np.asarray(convert(input_bytes))
    kind = as_dtype(out_type)
    dtype = np.dtype(kind.as_numpy_dtype).newbyteorder("<" if little_endian else ">")
    rows = [text if fixed_length is None else text[:fixed_length] for text in texts.reshape(-1)]
    lengths = {len(row) for row in rows}
    if len(lengths) > 1 or any(length % dtype.itemsize for length in lengths):
        raise InvalidArgumentError(
            f"decode_raw takes texts of one length, a multiple of {dtype.itemsize} bytes for {kind.name}; received "
            f"{sorted(lengths)}."
        )
    numbers = np.frombuffer(b"".join(rows), dtype).astype(dtype.newbyteorder("="))
    return wrap(torch.from_numpy(numbers).reshape(*texts.shape, -1))


def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Text:
    """As letters, digits, - and _; without = at the end unless ``pad``."""

    def encoded(text: bytes) -> bytes:
        found = base64.urlsafe_b64encode(text)
        return found if pad else found.rstrip(b"=")

    return _each(input, encoded)


def decode_base64(input: Any, name: str | None = None) -> Text:
    """Back from ``encode_base64``."""
    return _each(input, lambda text: base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)))


def _each(texts: Any, function: Any) -> Text:
    array = np.asarray(convert(texts))
    found = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        found[place] = function(array[place])
    return Text.of(found)


_OTHERS = (
    *("FixedLenFeature", "FixedLenSequenceFeature", "TFRecordOptions", "TFRecordWriter", "VarLenFeature"),
    *("parse_example", "parse_single_example", "parse_tensor", "serialize_tensor"),
    *("decode_base64", "decode_raw", "encode_base64", "matching_files", "read_file", "write_file"),
)
__all__ = offered(globals(), *_OTHERS)
