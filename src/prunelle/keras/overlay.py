"""What is laid over Keras's own classes while a program runs, and taken off again.

Old names of arguments, old defaults, and Prunelle's steps have to reach the classes themselves: a program subclasses
them, Keras makes them from names (``optimizer="sgd"``) and from files, and ``isinstance`` is asked of all of these.
There is one ``Dense``, Keras's, and for as long as a program runs it also knows what it was called before.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from prunelle import overlay
from prunelle.keras.floor import MODULES, private


class Overlay(overlay.Overlay):
    """With what Keras looks up in tables of its own."""

    def stand_in(self, original: Any, function: Any, *tables: dict[str, Any]) -> None:
        """``function`` is what Keras means by the name of ``original``, in configurations and files too."""
        exported = private("api_export")
        name = exported.get_name_from_symbol(original)
        module, _, short = name.rpartition(".")
        self.put(MODULES[module], short, function)
        self.enter(exported.REGISTERED_OBJS_TO_NAMES, function, name)
        self.enter(exported.REGISTERED_NAMES_TO_OBJS, name, function)
        for table in tables:
            self.enter(table, short, function)


def like(original: Any) -> Callable[[Any], Any]:
    """Decorates what is put in the place of ``original``: its name, documentation and signature, which Keras reads."""

    def decorate(function: Any) -> Any:
        function = functools.wraps(original)(function)
        function.__signature__ = _signature(original)
        return function

    return decorate


def _signature(original: Any) -> inspect.Signature:
    given: inspect.Signature | None = getattr(original, "__dict__", {}).get("__signature__")
    return given or _of_kerass_own(original)


_of_kerass_own = functools.cache(inspect.signature)  # they are laid over each time that a program begins
