"""One drawing kit: figures are opened, styled, measured and saved in ``drawing/``; the rest takes axes from it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.contract.sources import FILES, SOURCE, broken
from tests.contract.test_floors import imported

KIT = SOURCE / "drawing"
OTHERS = (
    SOURCE / "keras" / "plots.py",
    SOURCE / "jobs" / "running.py",
    SOURCE / "keras" / "drawing.py",
    SOURCE / "removed_names" / "changed.py",
    SOURCE / "removed_names" / "names.py",
    SOURCE / "keras" / "shortened.py",
    SOURCE / "notebooks" / "shell.py",
)
"""The backends that course programs and notebooks are given, and ``plot_model``, whose boxes are as wide as Keras's;
what programs of another time find in matplotlib."""
MODULES = ("pyplot", "backends", "font_manager", "textpath", "ticker", "rcParams", "rc_context", "rcsetup")
"""Of matplotlib: other ways to open a figure, to measure a text, to number axes, to change how everything looks."""
CALLS = (
    "Figure", "add_axes", "savefig", "print_figure", "rc_context", "rc", "set_major_locator", "set_major_formatter",
    "set_minor_locator", "set_fontfamily", "set_fontname",
)  # fmt: skip
KEYWORDS = ("fontfamily", "family", "fontname", "fontproperties", "math_fontfamily")
ATTRIBUTES = ("rcParams", "spines")


def outside_the_kit(source: str) -> list[str]:
    """What a file outside the kit does that is the kit's."""
    tree = ast.parse(source)
    found = [
        name
        for name in imported(tree, ["prunelle"])
        if name == "matplotlib" or (name.startswith("matplotlib.") and name.split(".")[1] in MODULES)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found += [name] if name in CALLS else []
        elif isinstance(node, ast.keyword):
            found += [node.arg] if node.arg in KEYWORDS else []
        elif isinstance(node, ast.Attribute):
            found += [node.attr] if node.attr in ATTRIBUTES else []
    return found


def test_only_the_kit_opens_styles_and_saves_figures() -> None:
    others = [file for file in FILES if KIT not in file.parents and file not in OTHERS]
    assert broken(lambda file: outside_the_kit(file.read_text(encoding="utf-8")), others) == {}


@pytest.mark.parametrize("file", sorted(KIT.glob("*.py")), ids=lambda file: file.name)
def test_a_module_of_the_kit_reads_in_one_go(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) < 300


def test_other_ways_are_seen() -> None:
    source = """
import matplotlib
import matplotlib.pyplot as plt
from matplotlib import ticker
from matplotlib.font_manager import FontProperties
figure = Figure(figsize=(1, 2))
axes.text(0, 0, "a", fontfamily="serif")
axes.spines["top"].set_visible(False)
figure.savefig(file)
axes.xaxis.set_major_locator(places)
"""
    assert sorted(outside_the_kit(source)) == sorted(
        [
            "matplotlib", "matplotlib.pyplot", "matplotlib.ticker", "matplotlib.font_manager.FontProperties", "Figure",
            "fontfamily", "spines", "savefig", "set_major_locator",
        ]
    )  # fmt: skip
    assert (
        outside_the_kit(
            "from matplotlib.figure import Figure\naxes.plot(x, y, color=BLUE)\nsave(figure, file)"
        )
        == []
    )
