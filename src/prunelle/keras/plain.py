"""Settings as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """What ``compile`` was given, as JSON values; of a function, its name."""
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    config = value.get_config() if hasattr(value, "get_config") else {}
    if isinstance(value, type) or (not config and callable(value) and hasattr(value, "__name__")):
        return value.__name__
    return {"class_name": type(value).__name__, "config": {k: v for k, v in config.items() if _is_plain(v)}}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list)
