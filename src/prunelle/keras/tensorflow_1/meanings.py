"""What the names of a program stand for in TensorFlow, as its imports and assignments say."""

from __future__ import annotations

import ast

from prunelle.keras.tensorflow_1.training import SPACES

_OBJECTS = {
    "Session": "Session()",
    "InteractiveSession": "Session()",
    "data.make_one_shot_iterator": "Iterator()",
    "data.make_initializable_iterator": "Iterator()",
    "data.Dataset().make_one_shot_iterator": "Iterator()",
    "data.Dataset().make_initializable_iterator": "Iterator()",
    "examples.tutorials.mnist.input_data.read_data_sets": "read_data_sets()",
    **dict.fromkeys(
        (
            "global_variables_initializer",
            "local_variables_initializer",
            "initialize_all_variables",
            "tables_initializer",
        ),
        "initializer()",
    ),
}
"""Name → what its call gives, as the table has it."""

METHODS = {
    name: f"data.Dataset().{name}" for name in ("make_one_shot_iterator", "make_initializable_iterator")
}
"""Methods that nothing else has, whatever they are called on."""

_SESSIONS = ("sess", "session", "self.sess", "self.session")
"""What programs call a session that a function is given."""


def below_tensorflow(dotted: str) -> str | None:
    """``tensorflow.compat.v1.layers`` → ``layers``, ``tensorflow`` → an empty one; None: of another package."""
    root, _, rest = dotted.partition(".")
    if root != "tensorflow":
        return None
    for prefix in ("compat.v1", "compat.v2", "python"):
        if f"{rest}.".startswith(f"{prefix}."):
            return rest[len(prefix) + 1 :]
    return rest


class Meanings:
    """Of one file. Where a name is bound is not asked: a program has one ``sess``.

    Attributes:
        of_tensorflow: whether it imports anything of TensorFlow.
        assigned: of an expression whose value is assigned, ``x = ``.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._names: dict[str, str] = {}
        self.assigned: dict[ast.AST, str] = {}
        for node in ast.walk(tree):
            self._learn_import(node)
        self.of_tensorflow = bool(self._names)
        for _ in range(2):  # what is made from what is assigned further down, in a function, say
            for node in ast.walk(tree):
                self._learn_assignment(node)
        for name in _SESSIONS:
            self._names.setdefault(name, "Session()")

    def _learn_import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for each in node.names:
                name = below_tensorflow(each.name if each.asname else each.name.partition(".")[0])
                if name is not None:
                    self._names[each.asname or "tensorflow"] = name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for each in node.names:
                name = below_tensorflow(f"{node.module}.{each.name}")
                if name is not None:
                    self._names[each.asname or each.name] = name

    def _learn_assignment(self, node: ast.AST) -> None:
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
            target = node.targets[0]
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            self.assigned[node.value] = f"{', '.join(map(ast.unparse, parts))} = "
        elif isinstance(node, ast.With):
            pairs = [(item.optional_vars, item.context_expr) for item in node.items if item.optional_vars]
        for target, value in pairs:
            name = self.of(value)
            if name is not None and (name in SPACES or name == "" or name.endswith("()")):
                self._names[ast.unparse(target)] = name

    def of(self, node: ast.AST) -> str | None:
        """The name below ``tensorflow`` that an expression stands for."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id)
        if isinstance(node, ast.Attribute):
            own = self._names.get(ast.unparse(node)) if isinstance(node.value, ast.Name) else None
            base = self.of(node.value) if own is None else None
            if base is None:
                return METHODS.get(node.attr) if own is None else own
            name = f"{base}.{node.attr}".removeprefix(".")
            for prefix in ("compat.v1", "compat.v2"):
                name = "" if name == prefix else name.removeprefix(f"{prefix}.")
            return name
        if isinstance(node, ast.Call):
            return _OBJECTS.get(self.of(node.func) or "")
        return None
