"""``tf.io``: files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prunelle.keras.eager.functions import offered
from prunelle.keras.eager.image import files
from prunelle.keras.eager.text import Text

decode_and_crop_jpeg, decode_bmp, decode_gif = (
    files.decode_and_crop_jpeg,
    files.decode_bmp,
    files.decode_gif,
)
decode_image, decode_jpeg, decode_png = files.decode_image, files.decode_jpeg, files.decode_png
encode_jpeg, encode_png = files.encode_jpeg, files.encode_png
extract_jpeg_shape, is_jpeg = files.extract_jpeg_shape, files.is_jpeg


def read_file(filename: Any, name: str | None = None) -> Text:
    """What is in a file."""
    path = filename.text() if isinstance(filename, Text) else str(filename)
    return Text(Path(path).read_bytes())


__all__ = offered(globals(), "read_file")
