"""``tf.io``: files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prunelle.keras.eager.text import Text
from prunelle.keras.names.tensorflow.image import decode_image, decode_jpeg, decode_png


def read_file(filename: Any, name: str | None = None) -> Text:
    """What is in a file."""
    path = filename.text() if isinstance(filename, Text) else str(filename)
    return Text(Path(path).read_bytes())


__all__ = ["decode_image", "decode_jpeg", "decode_png", "read_file"]
