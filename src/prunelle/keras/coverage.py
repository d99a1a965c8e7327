"""What programs find under Keras's names, as a list made from the views: ``prunelle run --covered``."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from prunelle.keras import floor, imports
from prunelle.keras.compat import compat

_INTRODUCTION = """\
# What there is of Keras

Made from the code by `prunelle run --covered`: all of Keras {version}, and what Keras 1 and 2 named otherwise. The
names are those of `keras` and of `tensorflow.keras` alike. A name that is not in this list is not there, and a program
that uses it says so. How to run programs: [keras.md](keras.md).
"""


def as_text() -> str:
    """The whole list, as Markdown."""
    lines = [_INTRODUCTION.format(version=floor.keras.__version__)]
    with compat():
        for path in sorted(_paths()):
            lines += _section(f"keras.{path}".rstrip("."))
        lines += _section("tensorflow")
    lines += ["## Other paths to the same names", ""]
    lines += [
        f"- `keras.{path}`: {_places(homes)}"
        for path, homes in sorted(imports.MOVED.items())
        if homes != (path,)
    ]
    lines += [f"- `{prefix}`: `keras`" for prefix in imports.PREFIXES if prefix != "keras"]
    return "\n".join(lines) + "\n"


def _paths() -> set[str]:
    known = {name.removeprefix("keras").removeprefix(".") for name in floor.MODULES}
    return {path for path in known if not path.startswith(("_", "legacy", "src"))}


def _places(homes: tuple[str, ...]) -> str:
    return ", ".join(f"`keras.{home}`" for home in homes)


def _section(heading: str) -> list[str]:
    view = importlib.import_module(heading)
    lines = [f"## {heading}", ""]
    for name in sorted(view.__all__, key=lambda name: (name.lower(), name)):
        found = getattr(view, name, None)
        if not isinstance(found, ModuleType) and not name.startswith("_"):
            lines += _entry(name, found)
    return [*lines, ""]


def _entry(name: str, found: Any) -> Iterator[str]:
    if not callable(found):
        yield f"- `{name}`"
        return
    summary = re.sub(r"\s+", " ", (inspect.getdoc(found) or "").split("\n\n")[0].replace("``", "`")).strip()
    ours = str(getattr(found, "__module__", "")).startswith("prunelle.")
    # Keras's own are described by Keras.
    yield f"- `{name}`" + (f": {summary}" if summary and ours else "")
