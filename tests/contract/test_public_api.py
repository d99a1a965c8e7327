"""The names that ``import prunelle`` offers."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest

import prunelle as pn

# Written out, so that a name that goes away is noticed: it is a promise.
PUBLIC = (
    "Augment",
    "Data",
    "Preprocess",
    "PrunelleError",
    "Recipe",
    "Run",
    "build",
    "compare",
    "evaluate",
    "from_arrays",
    "load",
    "predict",
    "pretrained",
    "train",
)


def test_no_public_name_went_away() -> None:
    assert set(PUBLIC) <= set(pn.__all__)


def test_names_are_sorted_and_listed() -> None:
    assert list(pn.__all__) == sorted(set(pn.__all__))
    assert set(pn.__all__) <= set(dir(pn))
    everything: dict[str, object] = {}
    exec("from prunelle import *", everything)
    assert set(pn.__all__) <= everything.keys()


@pytest.mark.parametrize("name", pn.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    found = getattr(pn, name)
    assert callable(found)
    assert found.__name__.removeprefix("prunelle.") == name  # runs is a package that can be called
    assert found.__module__.startswith("prunelle.")
    assert inspect.getdoc(found)


def test_what_type_checkers_see_is_what_is_loaded() -> None:
    source = Path(pn.__file__).read_text()
    seen = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("prunelle"):
            seen.update({alias.name: node.module for alias in node.names})
    # import * must not hide Python's own open.
    assert seen.keys() == {*pn.__all__, "open"}
    for name, module in seen.items():
        if name != "runs":  # the package, which hands on to it
            assert getattr(importlib.import_module(str(module)), name) is getattr(pn, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'prunelle' has no attribute 'tarin'"):
        _ = pn.tarin
