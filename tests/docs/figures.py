"""The figures that the documentation quotes, and the file that says where each comes from (``docs/figures.toml``).

A *figure* is a number that somebody measured. In pages of measurements (``MEASURED``) every number outside code
counts, those of settings included; elsewhere, those with a unit of accuracy, time, memory, speed or ratio. The file
has a table a section of a page: what measures it again, when and where it was measured, and the figures themselves:
``text``, in their order, and ``rows``, by the first words of each row of a table.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from tests.docs.reading import ROOT, documents, read

FILE = ROOT / "docs" / "figures.toml"
MEASURED = ("docs/lab/results.md", "docs/lab/performance.md")

_UNIT = r"%|s|ms|µs|seconds?|minutes?|min|h|kB|MB|GB|MiB|GiB|GFLOP/s|images/s|photos/s|times|points?"
# Not the end of a name (ResNet-50), a side of a size (64×64) or a part of a version (3.15.1).
_NUMBER = re.compile(
    rf"(?<![\w.,/#×^{{\-])(?P<sign>[+−]?)(?P<number>\d[\d,]*(?:\.\d+)?)(?!\.?\d)(?![\w×]|-\w)"
    rf"(?:[ \u00a0\u202f]?(?P<unit>{_UNIT})(?!\w))?"
)
# Programs and commands; blocks without a language are what a command answered, and are read.
_PROGRAM = re.compile(r"^```\w+$.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`[^`\n]*(?:\n[^`\n]*)?`(?!`)")
_LINK = re.compile(r"\]\([^)]*\)|https?://\S+|arXiv:\S+")
_YEAR = re.compile(r"(?<=[\w.]) (?:et al\. )?\(?(?:19|20)\d\d\)?|\b(?:19|20)\d\d\b")
# What a 95 % interval is called.
_NAMES = re.compile(r"95 %(?=[ ,:]*(?:interval|over|level)| \(|: [+−])")


@dataclasses.dataclass
class Section:
    """What one section of a page quotes: figures of its sentences in order, and of its tables by row."""

    text: list[str] = dataclasses.field(default_factory=list)
    rows: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    @property
    def all(self) -> list[str]:
        return [*self.text, *(figure for row in self.rows.values() for figure in row)]


def sections(document: str) -> Iterator[tuple[str, list[str]]]:
    """``page#heading`` and its lines, programs left out, for each heading of any level."""
    heading, lines = "", list[str]()
    for line in [*_PROGRAM.sub("", read(document)).splitlines(), "# "]:
        if re.match(r"#+ ", line):
            if lines:
                yield f"{document}#{heading}", lines
            heading, lines = line.lstrip("#").strip().replace("`", ""), []
        else:
            lines.append(line)


def figures(document: str, text: str) -> list[str]:
    """The figures of a text, in their order, as written but for emphasis and the kind of space."""
    text = _CODE.sub("code", text.replace("**", ""))
    text = _NAMES.sub("", _YEAR.sub("", _LINK.sub("", text)))
    return [
        " ".join(filter(None, (match["sign"] + match["number"].rstrip(","), match["unit"])))
        for match in _NUMBER.finditer(text)
        if document in MEASURED or match["unit"]
    ]


def _row_name(cells: list[str], taken: dict[str, list[str]]) -> str:
    """The first cells that tell a row from the others of its section."""
    plain = [re.sub(r"[*`]", "", cell).strip() for cell in cells]
    for length in range(1, len(plain) + 1):
        name = ", ".join(cell for cell in plain[:length] if cell)
        if name and name not in taken:
            return name
    raise ValueError(f"a section has two rows {cells}")


def quoted() -> dict[str, Section]:
    """What every section quotes, where it quotes anything."""
    found: dict[str, Section] = {}
    # Tutorials measure what they say themselves, each time they run (tests/notebooks/test_tutorials.py).
    for document in (each for each in documents() if not each.startswith("docs/tutorials/")):
        for name, lines in sections(document):
            section = found.setdefault(name, Section())
            sentences = [line for line in lines if not line.startswith("|")]
            section.text += figures(document, "\n".join(sentences))
            for line in lines:
                cells = line.strip().strip("|").split("|")
                if line.startswith("|") and not set(line) <= set("|-: ") and (row := figures(document, line)):
                    section.rows[_row_name(cells, section.rows)] = row
    return {name: section for name, section in found.items() if section.all}


def recorded() -> dict[str, dict[str, Any]]:
    """The tables of the file, by section; ``machines`` is not one of them."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: table for name, table in content.items() if name != "machines"}


def machines() -> dict[str, str]:
    return dict(tomllib.loads(FILE.read_text(encoding="utf-8"))["machines"])
