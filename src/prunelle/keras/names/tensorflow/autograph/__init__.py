"""``tf.autograph``: functions are called as they are, there are no graphs."""

from __future__ import annotations

import inspect
from typing import Any


def set_verbosity(level: Any, alsologtostdout: bool = False) -> None:
    """Without effect."""


def to_graph(entity: Any, *args: Any, **given: Any) -> Any:
    """The function itself."""
    return entity


def to_code(entity: Any, *args: Any, **given: Any) -> str:
    """The function's own code."""
    return inspect.getsource(getattr(entity, "python_function", entity))


def trace(*args: Any) -> None:
    """Prints its arguments."""
    print(*args)


__all__ = ["set_verbosity", "to_code", "to_graph", "trace"]
