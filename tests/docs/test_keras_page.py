"""docs/keras.md says of each generation what ``keras/differences.py`` has."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prunelle.keras import differences, generations
from prunelle.keras.differences import Difference
from prunelle.keras.floor import keras
from tests.docs.reading import ROOT, read

GENERATIONS = list(generations.Generation)
SOURCES = sorted((ROOT / "src" / "prunelle" / "keras").rglob("*.py"))


def default(function: Any, argument: str) -> Any:
    return inspect.signature(function).parameters[argument].default


def named() -> dict[str, Difference]:
    return {name: each for name, each in vars(differences).items() if isinstance(each, Difference)}


def rows() -> Iterator[list[str]]:
    """What the table must be: a value for each generation, or ``yes`` where the words hold."""
    for kind, arguments in differences.OPTIMIZER_DEFAULTS.items():
        for argument, each in arguments.items():
            usual = default(getattr(keras.optimizers, kind), argument)
            yield row(f"`{kind}`: {each.about}", each, usual)
    for kind, places in differences.LAYER_DEFAULTS.items():
        for (argument, _), each in places.items():
            yield row(f"`{kind}`: {each.about}", each, default(getattr(keras.layers, kind), argument))
    usuals = {
        "EPSILON": default(keras.optimizers.Adam, "epsilon"),
        "EPOCHS": default(keras.Model.fit, "epochs"),
    }
    for name, each in named().items():
        yield row(each.about, each, usuals.get(name))


def row(about: str, each: Difference, usual: Any) -> list[str]:
    values = [each.of(generation) for generation in GENERATIONS]
    if usual is None:
        return [about, *("yes" if value else "" for value in values)]
    found = [usual if value is None else value for value in values]
    if isinstance(usual, str):
        return [about, *(f"`{value}`" for value in found)]
    if isinstance(usual, bool):
        return [about, *("yes" if value else "" for value in found)]
    return [about, *(f"{value:g}" for value in found)]


def test_the_table_of_what_was_decided() -> None:
    below = read("docs/keras.md").partition("| what | Keras 1 | 2.0 to 2.3 | tf.keras 2 | Keras 3 |\n")[2]
    table = below.partition("\n\n")[0].splitlines()[1:]
    expected = [f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |") for cells in rows()]
    assert table == expected, "\n".join(["the table must be:", *expected])


def test_every_row_says_where_it_is_written() -> None:
    of_optimizers = [each for kind in differences.OPTIMIZER_DEFAULTS.values() for each in kind.values()]
    of_layers = [each for kind in differences.LAYER_DEFAULTS.values() for each in kind.values()]
    for each in (*named().values(), *of_optimizers, *of_layers):
        assert each.sources, each.about


@pytest.mark.parametrize("name", [*named(), "OPTIMIZER_DEFAULTS", "LAYER_DEFAULTS"])
def test_every_row_is_asked_for_by_a_room(name: str) -> None:
    """A row that no code asks decides nothing."""
    asking = [path for path in SOURCES if path.name != "differences.py" and uses(path, name)]
    assert asking, name


def uses(path: Path, name: str) -> bool:
    return bool(re.search(rf"\b{name}\.(?:of|get)\(", path.read_text(encoding="utf-8")))


def test_the_options_are_those_of_the_command() -> None:
    page = read("docs/keras.md")
    for generation in GENERATIONS:
        assert f"| `--keras {generation.option}` | {generation.title.en} |" in page


def test_the_house_s_plan_has_every_file() -> None:
    """The table of docs/architecture.md, and nothing that is gone."""
    table = read("docs/architecture.md").partition("| files of `keras/` | what |\n")[2].partition("\n\n")[0]
    first = [line.split(" | ")[0] for line in table.splitlines()[1:]]
    listed = [name for cell in first for name in re.findall(r"`([\w/.]+)`", cell)]
    room = ROOT / "src" / "prunelle" / "keras"
    there = [path.name for path in room.glob("[a-z]*.py")]
    there += [f"{path.parent.name}/" for path in room.glob("[a-z]*/__init__.py")]
    assert sorted(listed) == sorted(there)
