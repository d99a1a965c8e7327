"""One palette: colours have their names in ``drawing/palette.py``, and pages have the same."""

from __future__ import annotations

import re

from prunelle.drawing import palette
from tests.contract.sources import FILES, SOURCE, broken

_PALETTE = SOURCE / "drawing" / "palette.py"


def named_outside(source: str) -> list[str]:
    """Colours in hexadecimal; in a style sheet within the source, too."""
    return [found[0] for found in re.finditer(r"(?<![&\w])#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b", source)]


def test_no_other_file_names_a_colour() -> None:
    others = [file for file in FILES if file != _PALETTE]
    assert broken(lambda file: named_outside(file.read_text(encoding="utf-8")), others) == {}


def test_colours_are_seen() -> None:
    source = """INK = "#1f2430"; css = "a { color: #fff; }"; entity = "&#160;"; see = "issue #18"; x = f"#{name}" """
    assert named_outside(source) == ["#1f2430", "#fff"]


def test_pages_have_the_colours_of_figures() -> None:
    style = (SOURCE / "report" / "templates" / "style.css").read_text(encoding="utf-8")
    light = style[: style.index("@media")]
    for colour, variable in palette.PAGE.items():
        assert f"{variable}: {colour};" in light
