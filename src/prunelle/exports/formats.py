"""The formats there are. To add one, write a module like ``onnx_format`` and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from prunelle.errors import UnknownName
from prunelle.exports.format import Format
from prunelle.exports.html import Html
from prunelle.exports.onnx_format import Onnx
from prunelle.exports.pt2_format import Pt2

FORMATS: Mapping[str, Format] = {each.name: each for each in (Onnx(), Pt2(), Html())}
"""By name; the first is what is written unless another is named."""


def format_of(name: str) -> Format:
    """By its name.

    Raises:
        UnknownName: there is none.
    """
    if name not in FORMATS:
        raise UnknownName("format", name, FORMATS)
    return FORMATS[name]
