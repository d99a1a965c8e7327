"""``prunelle run --covered`` tells the truth: each name that it lists is there, and each that is there is listed."""

from __future__ import annotations

import importlib
import operator
import re
from types import ModuleType

import pytest

from prunelle.keras import coverage, imports
from prunelle.keras.compat import compat


@pytest.fixture(scope="module")
def listed() -> dict[str, set[str]]:
    """By import path, the names that the text has of it."""
    sections = re.split(r"^## (.+)$", coverage.as_text(), flags=re.MULTILINE)
    found = dict(zip(sections[1::2], sections[2::2], strict=True))
    return {
        path: set(names_of(text)) for path, text in found.items() if path.startswith(("keras", "tensorflow"))
    }


def names_of(section: str) -> list[str]:
    """Names stand first on a line of a list, or one after the other in a paragraph without one."""
    lists = re.findall(r"^- `([^`]+)`", section, flags=re.MULTILINE)
    paragraphs = "\n\n".join(part for part in section.split("\n\n") if not part.lstrip().startswith("- "))
    without_todays = re.sub(r"\(`[^`]+`\)", "", paragraphs)  # `relu` (`ReLU`): the second is what it is today
    return lists + re.findall(r"`([^`]+)`", without_todays.replace("`keras.ops`", ""))


def test_each_name_that_is_listed_is_there(listed: dict[str, set[str]]) -> None:
    assert sum(map(len, listed.values())) > 2000
    missing = []
    for generation in ("2.3", "tf2"):
        with compat(generation):
            for path, names in listed.items():
                roots = (
                    [path, path.replace("keras", "tensorflow.keras", 1)]
                    if path.startswith("keras")
                    else [path]
                )
                for root in roots:
                    module = importlib.import_module(root)
                    missing += [f"{generation}: {root}.{name}" for name in names if not hasattr(module, name)]
    assert missing == []


def test_each_name_that_is_there_is_listed(listed: dict[str, set[str]]) -> None:
    unlisted = []
    with compat("tf2"):
        for path, names in listed.items():
            view = importlib.import_module(path)
            there = {
                name
                for name in dir(view)
                if not name.startswith("_") and not isinstance(getattr(view, name, None), ModuleType)
            }
            unlisted += [f"{path}.{name}" for name in there - names]
    assert unlisted == []


def test_a_name_that_is_not_listed_is_told_by_its_own_name() -> None:
    with compat("tf2"):
        tensorflow = importlib.import_module("tensorflow")
        for space in ("", "math.", "nn.", "image.", "data.", "random.", "linalg.", "io.", "keras.layers."):
            with pytest.raises(imports.NotThere, match=r"\.unheard_of\..*prunelle run --covered"):
                operator.attrgetter(f"{space}unheard_of")(tensorflow)
