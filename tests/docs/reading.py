"""What the documentation tells a reader to type, and what it says will come of it."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Made from the code by ``prunelle run --covered``; a test of its own holds it.
_MADE = "docs/keras-coverage.md"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CELL = re.compile(r"^```\{code-cell\}\n.*?^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:prunelle|python|make) [^`]*)`")
_STARTS = re.compile(r"(?:\$ )?(prunelle|python|make|for)\b")


@dataclasses.dataclass(frozen=True)
class Command:
    """A line for the shell.

    Attributes:
        document: from the project's root, with ``/``.
        text: as printed, continued lines joined.
        inline: in the middle of a sentence, where a bare ``prunelle train`` names the verb and is no call.
        output: the lines printed below it as what it answers; empty where nothing is.
    """

    document: str
    text: str
    inline: bool
    output: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        """As the shell would split it, comments left out."""
        return shlex.split(self.text.removeprefix("$ "), comments=True)


@dataclasses.dataclass(frozen=True)
class Block:
    """A program in Python."""

    document: str
    text: str


def documents() -> list[str]:
    """Every page that a reader is given, from the project's root."""
    pages = [
        "README.md",
        *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")),
    ]
    return [page for page in pages if page != _MADE]


def read(document: str) -> str:
    """A page; without the cells of a tutorial, which tests/notebooks/test_tutorials.py executes."""
    return _CELL.sub("", (ROOT / document).read_text(encoding="utf-8"))


def commands(document: str) -> list[Command]:
    """The shell commands of a page, in their order; those inside sentences last."""
    text = read(document)
    found: list[Command] = []
    end = 0
    for fence in _FENCE.finditer(text):
        language, body = fence.groups()
        lines = body.replace("\\\n", " ").splitlines()
        typed = [i for i, line in enumerate(lines) if _STARTS.match(line)]
        if language in ("python", "toml"):
            continue
        if not typed:
            if found and "\n#" not in text[end : fence.start()] and not found[-1].output:
                # A block of its own below the command whose answer it is.
                found[-1] = dataclasses.replace(found[-1], output=tuple(lines))
            continue
        end = fence.end()
        for i, after in zip(typed, [*typed[1:], len(lines)], strict=True):
            answer = tuple(lines[i + 1 : after]) if language == "console" else ()
            found.append(Command(document, lines[i], False, answer))
    sentences = _FENCE.sub("", text)
    found += [Command(document, " ".join(line.split()), True) for line in _INLINE.findall(sentences)]
    return found


def answers(document: str) -> list[str]:
    """What stands in blocks of no language: answers, and what files look like."""
    return [body for language, body in _FENCE.findall(read(document)) if not language]


def python_blocks(document: str) -> list[Block]:
    return [
        Block(document, body) for language, body in _FENCE.findall(read(document)) if language == "python"
    ]
