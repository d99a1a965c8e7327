"""Stand-in: ``glue`` keeps a value for the page's text."""

from __future__ import annotations

from typing import Any


def glue(name: str, value: Any, display: bool = True) -> None:
    """Print."""
    print(name, value)
