"""``tf.io``: files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prunelle.keras.eager.functions import offered
from prunelle.keras.eager.text import Text
from prunelle.keras.names.tensorflow.image import _files

decode_and_crop_jpeg, decode_bmp, decode_gif = (
    _files.decode_and_crop_jpeg,
    _files.decode_bmp,
    _files.decode_gif,
)
decode_image, decode_jpeg, decode_png = _files.decode_image, _files.decode_jpeg, _files.decode_png
encode_jpeg, encode_png = _files.encode_jpeg, _files.encode_png
extract_jpeg_shape, is_jpeg = _files.extract_jpeg_shape, _files.is_jpeg


def read_file(filename: Any, name: str | None = None) -> Text:
    """What is in a file."""
    path = filename.text() if isinstance(filename, Text) else str(filename)
    return Text(Path(path).read_bytes())


__all__ = offered(globals(), "read_file")
