"""What to say of a name of Keras that Prunelle does not have."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from prunelle.errors import PrunelleError, did_you_mean

LIST = "docs/keras-coverage.md, or the command: prunelle run --covered"


class NotCovered(PrunelleError):
    """A name of Keras that Prunelle does not have. The import finder and the modules raise its subclasses."""


class NotCoveredAttribute(NotCovered, AttributeError):
    """``keras.layers.LSTM``: so that ``hasattr`` says no."""


class NotCoveredImport(NotCovered, ImportError):
    """``from keras.layers import LSTM``: so that ``except ImportError`` catches it."""


def public_names(module: str) -> list[str]:
    """What the module offers: its ``__all__``."""
    return list(importlib.import_module(module).__all__)


def message(spelling: str, known: list[str]) -> str:
    """The sentence for a name.

    Args:
        spelling: the name as the program has it, ``keras.layers.LSTM``.
        known: names that there are in the same place.
    """
    name = spelling.rpartition(".")[2]
    return f"Prunelle does not have {spelling}.{did_you_mean(name, known)} What it has of Keras: {LIST}."


def reporter(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module of ``prunelle.keras``.

    Example:
        >>> __getattr__ = reporter(__name__)
    """

    def missing(name: str) -> Any:
        if name.startswith("__"):  # what Python itself looks for
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        spelling = f"{module.removeprefix('prunelle.')}.{name}"
        raise NotCoveredAttribute(message(spelling, public_names(module)))

    return missing
