"""``tf.autograph.experimental``."""

from __future__ import annotations

from typing import Any


def do_not_convert(func: Any = None) -> Any:
    """The function itself; with or without brackets."""
    return (lambda given: given) if func is None else func


def set_loop_options(*args: Any, **given: Any) -> None:
    """Without effect."""


__all__ = ["do_not_convert", "set_loop_options"]
