"""Every name that a module of names promises is there."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from prunelle.keras import compat, names

MODULES = [found.name for found in pkgutil.walk_packages(names.__path__, f"{names.__name__}.")]


@pytest.mark.parametrize("name", MODULES)
def test_what_is_promised_is_there(name: str) -> None:
    with compat():
        module = importlib.import_module(name)
        assert [
            each for each in module.__all__ if not hasattr(module, each) and not _is_module(name, each)
        ] == []


def _is_module(package: str, name: str) -> bool:
    return f"{package}.{name}" in MODULES
