"""What every process that runs tests does once it knows them."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _no_module_of_a_test_stays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A package that a test made up is gone after it: the next test that imports its name would get it."""
    before = set(sys.modules)
    yield
    base = str(tmp_path_factory.getbasetemp())
    made_up = {
        name: file
        for name in set(sys.modules) - before
        if (file := getattr(sys.modules[name], "__dict__", {}).get("__file__")) and file.startswith(base)
    }
    for name in made_up:
        del sys.modules[name]
    assert not made_up, f"this test leaves modules of its own in sys.modules: {made_up}"


def pytest_collection_finish() -> None:
    """Libraries and thousands of tests are there to the end: Python's collector need not look at them each time."""
    gc.collect()
    gc.freeze()
