"""``tf.logging`` of TensorFlow 1."""

from __future__ import annotations

import logging
from typing import Any

DEBUG, INFO, WARN, ERROR, FATAL = 10, 20, 30, 40, 50


def set_verbosity(*args: Any) -> None:
    """Without effect."""


def get_logger() -> logging.Logger:
    """TensorFlow's logger, to which nothing is written."""
    return logging.getLogger("tensorflow")


__all__ = ["DEBUG", "ERROR", "FATAL", "INFO", "WARN", "get_logger", "set_verbosity"]
