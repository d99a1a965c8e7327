"""What programs find under Keras's names, as a list made from the views: ``prunelle run --covered``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from prunelle.keras import floor, imports
from prunelle.keras.compat import compat

_INTRODUCTION = """\
# What there is of Keras

Made from the code by `prunelle run --covered`: all of Keras {version}, which is what runs, and what Keras 1 and 2 had
besides. Of each module, the first names are Keras's own, and [keras.io](https://keras.io/api/) describes them; those
with a line each are Prunelle's. All are in `keras` and in `tensorflow.keras` alike, whichever Keras a program was
written for; what they mean goes by that ([keras.md](keras.md)). A name that is not in this list is not there, and a
program that uses it says so.
"""
_ALIASES = "Other names for Keras's own: "
_OPERATIONS = "Functions of `keras.ops`, with TensorFlow's names of their arguments: "
_ELSEWHERE = {path for path, homes in imports.MOVED.items() if homes != (path,)}


def as_text() -> str:
    """The whole list, as Markdown."""
    lines = [_INTRODUCTION.format(version=floor.keras.__version__)]
    with compat():
        for path in sorted(_paths() - _ELSEWHERE):
            lines += _section(f"keras.{path}".rstrip("."))
        lines += _section("tensorflow")
    lines += ["## Other paths to the same names", ""]
    others = defaultdict(list)
    for path in sorted(_ELSEWHERE):
        homes = [f"`keras.{home}`" for home in imports.MOVED[path] if home != path]
        more = ["names of their own"] if path in imports.MOVED[path] else []
        others[", ".join(homes + more)].append(f"`keras.{path}`")
    others["`keras`"] = [f"`{prefix}`" for prefix in imports.PREFIXES if prefix != "keras"]
    for names, paths in sorted(others.items()):
        lines += _folded(f"- {names}: {', '.join(paths)}.", "  ")
    return "\n".join(lines) + "\n"


def _paths() -> set[str]:
    known = {name.removeprefix("keras").removeprefix(".") for name in floor.MODULES}
    names = importlib.import_module(imports.HOME)
    own = {
        found.name.removeprefix(f"{imports.HOME}.")
        for found in pkgutil.walk_packages(names.__path__, f"{imports.HOME}.")
    }
    known |= {path for path in own if path.partition(".")[0] != "tensorflow"}
    return {path for path in known if not path.startswith(("_", "legacy", "src"))}


def _section(heading: str) -> list[str]:
    view = importlib.import_module(heading)
    kerass, aliases, operations, entries = list[str](), list[str](), list[str](), list[str]()
    for name in sorted(view.__all__, key=lambda name: (name.lower(), name)):
        found = getattr(view, name, None)
        if isinstance(found, ModuleType) or name.startswith("_"):
            continue
        if (getattr(found, "__doc__", None) or "").startswith("``keras.ops."):
            operations.append(f"`{name}`")
        elif str(getattr(found, "__module__", "")).startswith("prunelle.") or heading == "tensorflow":
            entries += _folded(_entry(name, found), "  ")
        elif hasattr(floor.MODULES.get(heading), name):
            kerass.append(f"`{name}`")
        else:
            today = getattr(found, "__name__", name)
            aliases.append(f"`{name}`" if name == today else f"`{name}` (`{today}`)")
    lines = list[str]()
    for names, what in ((kerass, ""), (aliases, _ALIASES), (operations, _OPERATIONS)):
        lines += [*_folded(f"{what}{', '.join(names)}."), ""] if names else []
    lines += [*entries, ""] if entries else []
    return [f"## {heading}", "", *lines] if lines else []


def _entry(name: str, found: Any) -> str:
    """A name with what it is: a sentence, or the names below it."""
    if _is_space(found):
        return f"- `{name}`: {', '.join(_below(found))}."
    documented = inspect.getdoc(found) if callable(found) else None
    summary = re.sub(r"\s+", " ", (documented or "").split("\n\n")[0].replace("``", "`")).strip()
    return f"- `{name}`" + (f": {summary}" if summary else "")


def _is_space(found: Any) -> bool:
    """Whether it is ``tensorflow.image`` or another module of TensorFlow's own."""
    return str(getattr(found, "__name__", "")).startswith("tensorflow.")


def _below(space: Any) -> Iterator[str]:
    for name, found in sorted(vars(space).items()):
        if _is_space(found):
            yield from (f"`{name}.{each[1:]}" for each in _below(found))
        elif not name.startswith("_"):
            yield f"`{name}`"


def _folded(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, 118, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
