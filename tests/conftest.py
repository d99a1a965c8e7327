"""What every process that runs tests does once it knows them."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Weights that somebody has fetched for themselves change what a training of few pictures takes: no test finds any.
os.environ["TORCH_HOME"] = os.environ["HF_HUB_CACHE"] = str(
    Path(tempfile.gettempdir()) / "prunelle-no-weights"
)


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


@pytest.fixture(scope="session", autouse=True)
def _disks_are_not_waited_for() -> Iterator[None]:
    """No test takes the current away, so none can see whether bytes had reached the disk; that they are sent there, and
    when, is tested with an ``fsync`` of the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


_LONGEST = (
    "docs/test_commands.py",
    "numerics/test_published.py",
    "contract/test_networks.py",
    "integration/test_program_runs.py",
    "page/test_look_browser.py",
    "page/test_accessibility.py",
    "page/test_review_browser.py",
    "page/test_trainings.py",
    "page/test_training_browser.py",
    "integration/test_breaking.py",
)
"""Files that take a minute or more, the longest first: a worker takes a whole file, and none is to be left with a long
one at the end (``make test`` passes ``--no-loadscope-reorder``)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first; the others stay as they are."""
    order = {name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get("/".join(item.path.parts[-2:]), len(order)))


def pytest_collection_finish() -> None:
    """Libraries and thousands of tests are there to the end: Python's collector need not look at them each time."""
    gc.collect()
    gc.freeze()
