"""Which names of tensorflow and keras programs use: ``names.py PROGRAMS`` prints programs, uses and each name."""

from __future__ import annotations

import ast
import collections
import sys
import warnings
from pathlib import Path

_ROOTS = ("tensorflow", "keras")


def used(source: str) -> collections.Counter[str]:
    """Full dotted names, ``tensorflow.math.square``, and how often a program's text has them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    names: dict[str, str] = {}
    found: collections.Counter[str] = collections.Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name.partition(".")[0] in _ROOTS:
                    names[each.asname or each.name.partition(".")[0]] = (
                        each.name if each.asname else each.name.partition(".")[0]
                    )
                    found[each.name] += 1
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in _ROOTS:
            for each in node.names:
                names[each.asname or each.name] = f"{node.module}.{each.name}"
                found[f"{node.module}.{each.name}"] += 1
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            parts, base = [node.attr], node.value
            while isinstance(base, ast.Attribute):
                parts.append(base.attr)
                base = base.value
            if isinstance(base, ast.Name) and base.id in names:
                found[".".join([names[base.id], *reversed(parts)])] += 1
    return found


def main(programs: Path) -> None:
    """Print them, those of most programs first."""
    uses: collections.Counter[str] = collections.Counter()
    number: collections.Counter[str] = collections.Counter()
    for path in sorted(programs.glob("*/*/*.py")):
        try:
            found = used(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            print(f"{path}: {error}", file=sys.stderr)
            continue
        if path.parent.name.endswith(path.stem):  # not the modules beside it
            uses.update(found)
            number.update(found.keys())
    for name, programs_with in sorted(number.items(), key=lambda each: (-each[1], each[0])):
        print(f"{programs_with:4d} {uses[name]:5d}  {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
