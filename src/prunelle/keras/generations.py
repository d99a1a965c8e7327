"""Which Keras a program was written for.

Keras has had four grammars. Names that only one of them has are understood whichever it is; what the same name *means*
(a default, a formula, what a figure is called) depends on the generation, and the table of those is ``differences``.

The rule, strongest evidence first (``told_by``):

1. something that only Keras 3 has (``keras.ops``, ``KERAS_BACKEND``, the folder ``photos_extracted``…) → Keras 3;
2. imports of ``tensorflow.keras`` → tf.keras 2 (``tensorflow.contrib.keras``: Keras 2.0 to 2.3);
3. arguments or names that Keras 1 alone had, and none that came with Keras 2 → Keras 1;
4. otherwise ``import keras`` → Keras 2.0 to 2.3, for which courses were written. (Keras 2.0 to 2.3 took Keras 1's
   names too: a program that has both was last run on it.)

A person is told of it in a sentence (``note``), since a wrong guess changes figures and no name.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from prunelle.errors import ArgumentError, UnknownName
from prunelle.texts import Note


class Generation(enum.IntEnum):
    """In the order in which they came."""

    KERAS_1 = 1
    KERAS_2 = 2
    TF_KERAS_2 = 3
    KERAS_3 = 4

    @property
    def option(self) -> str:
        """As ``prunelle run --keras`` has it."""
        return _OPTIONS[self]

    @property
    def title(self) -> Note:
        """As a sentence names it."""
        return _TITLES[self]


_OPTIONS = {
    Generation.KERAS_1: "1",
    Generation.KERAS_2: "2.3",
    Generation.TF_KERAS_2: "tf2",
    Generation.KERAS_3: "3",
}
_TITLES = {
    Generation.KERAS_1: Note("Keras 1", "Keras 1"),
    Generation.KERAS_2: Note("Keras 2.0 to 2.3", "Keras 2.0 à 2.3"),
    Generation.TF_KERAS_2: Note("tf.keras 2", "tf.keras 2"),
    Generation.KERAS_3: Note("Keras 3", "Keras 3"),
}


@dataclasses.dataclass(frozen=True)
class Told:
    """A generation, and what told it.

    Attributes:
        by: as it stands in the program, or the option of ``prunelle run``; empty where there is nothing to go by.
    """

    generation: Generation
    by: str


_ONLY_KERAS_3 = frozenset(
    {
        *(
            "keras.ops",
            "keras.random",
            "keras.saving",
            "keras.distribution",
            "keras.export",
            "keras.dtype_policies",
        ),
        *("keras.tree", "keras.quantizers", "keras.visualization", "keras_core"),
    }
)
_ONLY_KERAS_1 = frozenset(
    {
        *(
            "nb_epoch",
            "samples_per_epoch",
            "nb_val_samples",
            "val_samples",
            "border_mode",
            "subsample",
            "nb_filter",
        ),
        *(
            "nb_row",
            "nb_col",
            "dim_ordering",
            "W_regularizer",
            "b_regularizer",
            "W_constraint",
            "b_constraint",
        ),
        *(
            "filter_length",
            "subsample_length",
            "pool_length",
            "nb_worker",
            "inner_init",
            "dropout_W",
            "dropout_U",
        ),
        *("init", "output_dim", "max_q_size", "pickle_safe"),
    }
)
_SINCE_KERAS_2 = frozenset(
    {
        *(
            "epochs",
            "steps_per_epoch",
            "validation_steps",
            "padding",
            "strides",
            "filters",
            "kernel_size",
            "units",
        ),
        *("kernel_initializer", "kernel_regularizer", "data_format", "rate", "use_bias", "bias_initializer"),
    }
)


_in_force: Generation | None = None


def in_force() -> Generation:
    """That of the program that runs, inside ``compat``; Keras 3 outside."""
    return Generation.KERAS_3 if _in_force is None else _in_force


@contextmanager
def speaking(generation: Generation) -> Iterator[None]:
    """Inside, ``in_force()`` is a generation.

    Raises:
        ArgumentError: another is in force.
    """
    global _in_force
    if _in_force is not None:
        raise ArgumentError("compat() is in force already; it is of one generation at a time.")
    _in_force = generation
    try:
        yield
    finally:
        _in_force = None


def is_in_force() -> bool:
    """Whether ``compat`` is, of whatever generation."""
    return _in_force is not None


def told_by(source: str | bytes) -> Told:
    """The generation that a program speaks. A program that Python cannot read is taken for one of Keras 2."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\s" in a string: the program's own affair, said when it runs
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return Told(Generation.KERAS_2, "")
    seen = list(_seen(tree))
    for kind, name in seen:
        if kind == "name" and any(name == own or name.startswith(f"{own}.") for own in _ONLY_KERAS_3):
            return Told(Generation.KERAS_3, name)
        if kind == "text" and name == "KERAS_BACKEND":
            return Told(Generation.KERAS_3, name)
    texts = [name for kind, name in seen if kind == "text"]
    for text in texts:
        # Where get_file of Keras 3 unpacks photos.tgz; those before did beside it.
        archive = text.removesuffix("_extracted")
        if archive != text and any(other.startswith(f"{archive}.") for other in texts):
            return Told(Generation.KERAS_3, text)
    names = [name for kind, name in seen if kind == "name"]
    for name in names:
        if name.startswith("tensorflow.contrib.keras"):
            return Told(Generation.KERAS_2, name)
    for name in names:
        if name.startswith(("tensorflow.keras", "tensorflow.python.keras")):
            return Told(Generation.TF_KERAS_2, name)
    if not any(name.partition(".")[0] == "keras" for name in names):
        return Told(Generation.KERAS_2, "")  # none that it shows: scikit-learn's classes take init=, too
    arguments = [name for kind, name in seen if kind == "argument"]
    old = next((name for name in arguments if name in _ONLY_KERAS_1), None)
    old = old or next((name for kind, name in seen if kind == "call"), None)
    if old is not None and not _SINCE_KERAS_2.intersection(arguments):
        return Told(Generation.KERAS_1, old)
    return Told(Generation.KERAS_2, "import keras")


def note(told: Told) -> Note | None:
    """What a person is told of a program's generation, where it is guessed and matters.

    Keras 3 is what runs; ``--keras`` was their own word; and a program without Keras speaks none.
    """
    if told.generation is Generation.KERAS_3 or not told.by or told.by.startswith("--"):
        return None
    title, by = told.generation.title, told.by
    return Note(
        f"Read as a program for {title.en} ({by}); --keras says otherwise.",
        f"Lu comme un programme pour {title.fr} ({by}) ; --keras en décide autrement.",
    )


def named(option: str) -> Generation:
    """What ``--keras`` was given.

    Raises:
        UnknownName: none of ``1``, ``2.3``, ``tf2``, ``3``.
    """
    for generation, own in _OPTIONS.items():
        if own == option:
            return generation
    raise UnknownName("generation of Keras", option, _OPTIONS.values())


def _seen(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What there is to go by: full dotted names, names of arguments, texts, and calls as Keras 1 had them."""
    roots: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield "name", each.name
                roots[each.asname or each.name.partition(".")[0]] = (
                    each.name if each.asname else each.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for each in node.names:
                yield "name", f"{node.module}.{each.name}"
                roots[each.asname or each.name] = f"{node.module}.{each.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = _dotted(node)
            root, _, rest = dotted.partition(".")
            if root in roots:
                yield "name", f"{roots[root]}.{rest}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield "text", node.value
        elif isinstance(node, ast.Call):
            name = _dotted(node.func).rpartition(".")[2]
            of_keras = name[:1].isupper() or name in ("fit", "fit_generator", "evaluate_generator", "merge")
            yield from (("argument", each.arg) for each in node.keywords if each.arg and of_keras)
            whole = [isinstance(each, ast.Constant) and isinstance(each.value, int) for each in node.args]
            if name in ("Convolution2D", "Conv2D") and len(whole) >= 3 and all(whole[:3]):
                yield "call", f"{name}(filters, rows, columns)"


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
