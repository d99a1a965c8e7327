"""What ``prunelle.keras`` has, as a list made from the code: ``docs/keras-coverage.md``, ``prunelle run --covered``."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from prunelle.keras import absent, aliases

_INTRODUCTION = """\
# What there is of Keras

Made from the code by `prunelle run --covered`. The names are those of `keras` and of `tensorflow.keras` alike; in a
program of your own they are also there as `prunelle.keras`. A name that is not in this list is not there, and a program
that uses it says so. How to run programs: [keras.md](keras.md).
"""

_WITH_METHODS = ("Callback", "ImageDataGenerator", "Layer", "Model", "Sequential")


def as_text() -> str:
    """The whole list, as Markdown."""
    lines = [_INTRODUCTION]
    for path, targets in aliases.ALIASES.items():
        if targets == (path,) and not path.startswith(("datasets.", "applications.")):
            lines += _section(f"keras.{path}".rstrip("."), f"prunelle.keras.{path}".rstrip("."))
    lines += _section("tensorflow", "prunelle.keras.tensorflow")
    lines += ["## Other paths to the same names", ""]
    lines += [f"- {moved}" for moved in _moved()]
    return "\n".join(lines) + "\n"


def _section(heading: str, target: str) -> list[str]:
    module = importlib.import_module(target)
    summary = _first_line(module).rstrip(".")
    lines = [f"## {heading}", "", *([f"{summary}.", ""] if summary else [])]
    for name in sorted(absent.public_names(target), key=lambda name: (name.lower(), name)):
        lines += list(_entry(heading, name, getattr(module, name)))
    return [*lines, ""]


def _entry(heading: str, name: str, found: Any) -> Iterator[str]:
    if isinstance(found, ModuleType):
        inside = [
            each for each in getattr(found, "__all__", ()) if heading.endswith(("datasets", "applications"))
        ]
        names = ": " + ", ".join(f"`{each}`" for each in inside) if inside else ""
        yield f"- `{heading}.{name}`{names}"
    elif inspect.isroutine(found) or isinstance(found, type):
        said = _first_line(found)
        yield f"- `{name}{_arguments(found)}`" + (f": {said}" if said else "")
        if isinstance(found, type) and name in _WITH_METHODS:
            methods = [
                each for each in dir(found) if not each.startswith("_") and callable(getattr(found, each))
            ]
            yield f"  Methods: {', '.join(f'`{each}`' for each in methods)}."
    elif type(found).__name__ == "SimpleNamespace":
        yield f"- `{name}`: {', '.join(f'`{each}`' for each in sorted(vars(found)))}"
    else:
        yield f"- `{name}`"


def _arguments(found: Any) -> str:
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return "(…)"
    # Arguments that all layers take come through **kwargs.
    names = [
        f"{'*' * (each.kind is each.VAR_POSITIONAL)}{each.name}"
        for each in parameters
        if each.kind is not each.VAR_KEYWORD and each.name != "self"
    ]
    rest = any(each.kind is each.VAR_KEYWORD for each in parameters)
    return f"({', '.join([*names, *(['…'] if rest else [])])})"


def _first_line(found: Any) -> str:
    paragraph = (inspect.getdoc(found) or "").split("\n\n")[0]
    return re.sub(r"\s+", " ", paragraph.replace("``", "`")).strip()


def _moved() -> Iterator[str]:
    for path, targets in aliases.ALIASES.items():
        if path and targets != (path,):
            where = ", ".join(f"`keras.{target}`" for target in targets)
            yield f"`keras.{path}`: {where}"
    for prefix in aliases.KERAS_PREFIXES:
        if prefix != "keras":
            yield f"`{prefix}`: `keras`"
