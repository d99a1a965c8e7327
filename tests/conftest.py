"""What every process that runs tests does once it knows them."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """Libraries and thousands of tests are there to the end: Python's collector need not look at them each time."""
    gc.collect()
    gc.freeze()
