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

from prunelle.keras.floor import MODULES, private

_ABSENT = object()


class Overlay:
    """Attributes put on modules and classes, entries put into dictionaries, and what was there before."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def put(self, owner: Any, name: str, value: Any) -> None:
        """``owner.name`` is ``value`` until ``remove``."""
        before = vars(owner).get(name, _ABSENT)
        setattr(owner, name, value)
        if before is _ABSENT:
            self._undo.append(lambda: delattr(owner, name))
        else:
            self._undo.append(lambda: setattr(owner, name, before))

    def enter(self, table: dict[Any, Any], name: Any, value: Any) -> None:
        """``table[name]`` is ``value`` until ``remove``."""
        before = table.get(name, _ABSENT)
        table[name] = value
        if before is _ABSENT:
            self._undo.append(lambda: table.pop(name, None))
        else:
            self._undo.append(lambda: table.__setitem__(name, before))

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

    def remove(self) -> None:
        """Everything is as it was, in reverse order."""
        while self._undo:
            self._undo.pop()()


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
