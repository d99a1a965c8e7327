"""What is put on modules and classes of others for a while, and taken off again."""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

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

    def remove(self) -> None:
        """Everything is as it was, in reverse order."""
        while self._undo:
            self._undo.pop()()


LookAfter = Callable[[Overlay, ModuleType], None]


@contextmanager
def looked_after(names: Sequence[str], look_after: LookAfter) -> Iterator[Overlay]:
    """Inside, modules get what ``look_after`` puts on them: at once, or when they are imported."""
    overlay = Overlay()
    waiting = _Imports({*names} - sys.modules.keys(), lambda module: look_after(overlay, module))
    for name in names:
        if name in sys.modules:
            look_after(overlay, sys.modules[name])
    sys.meta_path.insert(0, waiting)
    try:
        yield overlay
    finally:
        if waiting in sys.meta_path:
            sys.meta_path.remove(waiting)
        overlay.remove()


class _Imports(importlib.abc.MetaPathFinder):
    """Calls ``look_after`` with each of ``names`` once it has been imported."""

    def __init__(self, names: set[str], look_after: Callable[[ModuleType], None]) -> None:
        self._names, self._look_after = names, look_after

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """The spec that others find, with one thing more to do at its end."""
        if fullname not in self._names:
            return None
        self._names.discard(fullname)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                self._look_after(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
