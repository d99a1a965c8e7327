"""``tf.profiler.experimental``: nothing is measured; ``torch.profiler`` measures PyTorch."""

from __future__ import annotations

import contextlib
from typing import Any


class Profile(contextlib.AbstractContextManager[Any]):
    """A context without effect."""

    def __init__(self, *args: Any, **given: Any) -> None:
        """Nothing is kept."""

    def __exit__(self, *error: object) -> None:
        """Nothing to end."""


class Trace(Profile):
    """A context without effect."""


def start(*args: Any, **given: Any) -> None:
    """Without effect: ``torch.profiler`` measures PyTorch."""


def stop(*args: Any, **given: Any) -> None:
    """Without effect."""


__all__ = ["Profile", "Trace", "start", "stop"]
