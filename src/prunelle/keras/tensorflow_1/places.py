"""Where a program has what only TensorFlow 1 had: found in its text, nothing of it is run."""

from __future__ import annotations

import ast
import dataclasses
import string
import tokenize
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

from prunelle.keras.tensorflow_1.advice import Advice, said
from prunelle.keras.tensorflow_1.meanings import Meanings, below_tensorflow
from prunelle.keras.tensorflow_1.names import TABLE, exact, known
from prunelle.texts import Note

_LONGEST = 100
"""Characters of a line that is shown, and of what is put into an advice."""

_TUTORIAL = "examples.tutorials.mnist.input_data"

_OF_AN_IMPORT = said(
    Note(
        "nothing, when the lines that use it are changed",
        "rien, quand les lignes qui s’en servent sont changées",
    )
)


_BEGINNINGS = {
    "initializer()": "global_variables_initializer",
    "Iterator().initializer": "Iterator().initializer",
}
"""What a session runs once, before anything else → the name that says what takes the place of that."""


@dataclasses.dataclass(frozen=True)
class Place:
    """One place of a program.

    Attributes:
        file: that it is in.
        line: its number, from 1.
        name: that the table has.
        code: what stands there, on one line.
        note: what to write instead, with ``{fields}``, whose values are ``values``.
    """

    file: Path
    line: int
    name: str
    code: str
    note: Note
    values: Mapping[str, str]


def places(program: Path) -> list[Place]:
    """Those of a program and of the files beside it that it imports, in their order."""
    found = list[Place]()
    seen, waiting = set[Path](), [program]
    while waiting:
        file = waiting.pop(0)
        if file in seen:
            continue
        seen.add(file)
        try:
            with tokenize.open(file) as opened:
                source = opened.read()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "\s" in a string: the program's own affair
                tree = ast.parse(source)
        except (OSError, ValueError, SyntaxError):
            continue
        found += _Reader(file, source, tree).found
        waiting += _beside(program.parent, file.parent, tree)
    return found


def filled(advice: Advice, values: Mapping[str, str]) -> dict[str, str]:
    """A value for every field of an advice: what is not known is ``…``."""
    fields = {name for _, name, _, _ in string.Formatter().parse(advice.note.en) if name}
    unknown = {name: "" if name in ("to", "all", "rest") else "…" for name in fields}
    return {name: value for name, value in {**unknown, **advice.defaults, **values}.items() if name in fields}


def _beside(folder: Path, own: Path, tree: ast.AST) -> Iterator[Path]:
    """Files of modules that are imported from the program's folder, or from an importing file's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(folder, each.name) for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = own if node.level else folder
            module = node.module or ""
            names = [(start, module), *((start, f"{module}.{each.name}".strip(".")) for each in node.names)]
        else:
            continue
        for start, name in names:
            path = start.joinpath(*name.split("."))
            yield from (
                file for file in (path.with_suffix(".py"), path / "__init__.py") if name and file.is_file()
            )


class _Reader(ast.NodeVisitor):
    """Goes through one file."""

    def __init__(self, file: Path, source: str, tree: ast.Module) -> None:
        self.found: list[Place] = []
        self._file, self._lines, self._source = file, source.split("\n"), source
        self._meanings = Meanings(tree)
        if self._meanings.of_tensorflow:
            self.visit(tree)
        self.found.sort(key=lambda place: place.line)

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            self._imported(node, below_tensorflow(each.name))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        before = len(self.found)
        for each in node.names:
            if not node.level and len(self.found) == before:  # one for the line
                self._imported(node, below_tensorflow(f"{node.module}.{each.name}"))

    def _imported(self, node: ast.Import | ast.ImportFrom, name: str | None) -> None:
        own = known(name or "")
        if own is not None:
            self._add(node, own, TABLE[own] if own == _TUTORIAL else _OF_AN_IMPORT)

    def visit_Call(self, node: ast.Call) -> None:
        own = self._of_a_call(node)
        if own is None:
            self.generic_visit(node)
            return
        self._add(node, own, TABLE[own], self._values(own, node))
        if isinstance(node.func, ast.Attribute):
            self._visit_base(node.func)
        for each in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.visit(each)

    def _visit_base(self, node: ast.Attribute) -> None:
        """What a name that is told already is asked of: ``tf.Session()`` of ``tf.Session().run``."""
        base: ast.expr = node
        while isinstance(base, ast.Attribute):
            base = base.value
        if not isinstance(base, ast.Name):
            self.visit(base)

    def _of_a_call(self, node: ast.Call) -> str | None:
        """The table's name of a call; None where it has none."""
        name = self._meanings.of(node.func)
        words = {keyword.arg for keyword in node.keywords}
        if name == "Session().run":
            begun = self._meanings.of(node.args[0]) if node.args else None
            if begun in _BEGINNINGS:
                return _BEGINNINGS[begun]
            return "Session().run of what is fed" if "feed_dict" in words or len(node.args) > 1 else name
        if name is None and isinstance(node.func, ast.Attribute) and node.func.attr in ("eval", "run"):
            fed = {"feed_dict", "session"} & words or (node.args and isinstance(node.args[0], ast.Dict))
            return {"eval": "Tensor().eval", "run": "Operation().run"}[node.func.attr] if fed else None
        if name == "placeholder" and _of_one_number(node):
            return "placeholder of no shape"
        return known(name or "")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        own, place = known(self._meanings.of(node) or ""), node
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):  # FLAGS of tf.flags.FLAGS.steps
            found = exact(self._meanings.of(inner) or "")
            if found is not None:
                own, place = found, inner
                break
            inner = inner.value
        if own is not None:
            self._add(place, own, TABLE[own])
        self._visit_base(node)

    def visit_Name(self, node: ast.Name) -> None:
        own = exact(self._meanings.of(node) or "")
        if own is not None and isinstance(node.ctx, ast.Load):
            self._add(node, own, TABLE[own])

    def _values(self, name: str, call: ast.Call) -> dict[str, str]:
        """What fills the fields of an advice, out of the call that stands there."""
        advice = TABLE[name]
        given = dict(zip(advice.parameters, call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        values = {name: _short(ast.unparse(value)) for name, value in given.items()}
        if "shape" in given and name == "placeholder":
            values["shape"] = _of_one_example(given["shape"])
        if "flag_name" in given and isinstance(given["flag_name"], ast.Constant):
            values["flag_name"] = str(given["flag_name"].value)
        if values.get("initializer", "").endswith("_initializer"):
            values["initializer"] += "()"
        values["all"] = _arguments(call.args, call.keywords)
        used = {name for _, name, _, _ in string.Formatter().parse(advice.note.en) if name}
        kept = [each for each in call.keywords if each.arg not in used | {"reuse", "training"}]
        values["rest"] = _arguments(call.args[1:], kept)
        if isinstance(call.func, ast.Attribute):
            values["receiver"] = _short(ast.unparse(call.func.value))
        return values

    def _add(
        self, node: ast.expr | ast.stmt, name: str, advice: Advice, values: Mapping[str, str] | None = None
    ) -> None:
        of_place = {"here": _short(ast.unparse(node))}
        if node in self._meanings.assigned:
            of_place["to"] = self._meanings.assigned[node]
        place = Place(
            file=self._file,
            line=node.lineno,
            name=name,
            code=self._standing(node),
            note=advice.note,
            values=filled(advice, {**(values or {}), **of_place}),
        )
        if place not in self.found:
            self.found.append(place)

    def _standing(self, node: ast.expr | ast.stmt) -> str:
        """The line of a place; where it goes on, with the rest of it."""
        line = self._lines[node.lineno - 1]
        if node.end_lineno != node.lineno:
            before = line.encode()[: node.col_offset].decode()
            line = before + (ast.get_source_segment(self._source, node) or "")
        return _short(" ".join(line.split()).replace("( ", "("))


def _arguments(args: list[ast.expr], keywords: list[ast.keyword]) -> str:
    texts = [ast.unparse(each) for each in args]
    texts += [f"{each.arg}={ast.unparse(each.value)}" for each in keywords if each.arg]
    shown = len(texts)
    while shown > 1 and len(", ".join(texts[:shown])) > _LONGEST:
        shown -= 1
    return ", ".join([*map(_short, texts[:shown]), *(["…"] if shown < len(texts) else [])])


def _of_one_number(call: ast.Call) -> bool:
    shape = [each.value for each in call.keywords if each.arg == "shape"] or call.args[1:2]
    return not shape or (isinstance(shape[0], ast.List | ast.Tuple) and not shape[0].elts)


def _of_one_example(shape: ast.expr) -> str:
    """``[None, 784]`` → ``(784,)``: Keras leaves the number of examples out."""
    if not isinstance(shape, ast.List | ast.Tuple):
        return "…"
    inner = [ast.unparse(each) for each in shape.elts[1:]]
    return f"({inner[0]},)" if len(inner) == 1 else f"({', '.join(inner)})"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
