"""Pieces of Markdown. Names of classes and data are texts, whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from prunelle.texts import visible

_MEANT = re.compile(r"([\\`*_\[\]|~#])")


def text(name: object) -> str:
    """As it stands: no markup, no HTML, one line."""
    plain = visible(str(name)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MEANT.sub(r"\\\1", plain)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column to the left, all others to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def listed(sentences: Iterable[str]) -> str:
    """A line each."""
    return "\n".join(f"- {each}" for each in sentences)


def code(language: str, lines: str) -> str:
    """A program."""
    return f"```{language}\n{lines.strip()}\n```"


def joined(parts: Iterable[str]) -> str:
    """Paragraphs; empty ones are left out."""
    return "\n\n".join(part for part in parts if part)
