"""What programs find under Keras's names, as a list made from the views: ``prunelle run --covered``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import textwrap
from collections import defaultdict
from types import ModuleType
from typing import Any

from prunelle.keras import floor, imports
from prunelle.keras.compat import compat
from prunelle.keras.eager.dtypes import DTYPES
from prunelle.keras.names import tensorflow

_INTRODUCTION = """\
# What there is of Keras

Made from the code by `prunelle run --covered`: all of Keras {version}, which is what runs, and what Keras 1 and 2 had
besides. Of each module, the first names are Keras's own, and [keras.io](https://keras.io/api/) describes them; those
with a line each are Prunelle's. All are in `keras` and in `tensorflow.keras` alike, whichever Keras a program was
written for; what they mean goes by that ([keras.md](keras.md)). A name that is not in this list is not there, and a
program that uses it says so.
"""
_ALIASES = "Other names for Keras's own: "
_ELSEWHERE = {path for path, homes in imports.MOVED.items() if homes != (path,)}


def as_text() -> str:
    """The whole list, as Markdown."""
    lines = [_INTRODUCTION.format(version=floor.keras.__version__)]
    with compat():
        for path in sorted(_paths() - _ELSEWHERE):
            lines += _section(f"keras.{path}".rstrip("."))
        for path in ("tensorflow", *_modules_of_tensorflow()):
            lines += _section(path)
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


def _modules_of_tensorflow() -> list[str]:
    found = pkgutil.walk_packages(tensorflow.__path__, f"{tensorflow.__name__}.")
    return sorted(module.name.removeprefix(f"{imports.HOME}.") for module in found)


def _section(heading: str) -> list[str]:
    view = importlib.import_module(heading)
    kerass, aliases, obvious, entries = list[str](), list[str](), list[str](), list[str]()
    for name in sorted(view.__all__, key=lambda name: (name.lower(), name)):
        found = getattr(view, name, None)
        if isinstance(found, ModuleType) or name.startswith("_"):
            continue
        if str(getattr(found, "__module__", "")).startswith("prunelle.") or heading.startswith("tensorflow"):
            if name in DTYPES or (getattr(found, "__doc__", None) or "").startswith(f"``{name}`` of"):
                obvious.append(f"`{name}`")
                continue
            entries += _folded(_entry(name, found), "  ")
        elif hasattr(floor.MODULES.get(heading), name):
            kerass.append(f"`{name}`")
        else:
            today = getattr(found, "__name__", name)
            aliases.append(f"`{name}`" if name == today else f"`{name}` (`{today}`)")
    lines = list[str]()
    for names, what in ((kerass, ""), (aliases, _ALIASES), (obvious, "")):
        lines += [*_folded(f"{what}{', '.join(names)}."), ""] if names else []
    lines += [*entries, ""] if entries else []
    return [f"## {heading}", "", *lines] if lines else []


def _entry(name: str, found: Any) -> str:
    """A name with what it is, in a sentence."""
    documented = inspect.getdoc(found) if callable(found) and name not in DTYPES else None
    summary = re.sub(r"\s+", " ", (documented or "").split("\n\n")[0].replace("``", "`")).strip()
    return f"- `{name}`" + (f": {summary}" if summary else "")


def _folded(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, 118, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
