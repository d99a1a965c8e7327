"""What libraries and Python had when a program was printed, there again while it runs; noted.

NumPy, SciPy, scikit-learn, Matplotlib, Pillow, pandas, PyTorch, and Python's own library: ``names`` has what modules
miss, ``changed`` what classes took, ``misc`` a module that is gone. A library is looked after when it is imported, so
a program that does without costs nothing. Nothing here is of Keras: what is on PyTorch alone has it too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

from prunelle.overlay import Overlay, looked_after
from prunelle.removed_names.changed import CHANGED
from prunelle.removed_names.misc import Misc
from prunelle.removed_names.names import MISSING, MOVED
from prunelle.texts import Note

_NOTED = Note(
    "{module} has no {name} any more; here it is there as it was.",
    "{module} n’a plus {name} ; il est ici comme avant.",
)


@contextmanager
def there_again(
    tell: Callable[[Note, dict[str, str]], None], is_library: Callable[[str], bool]
) -> Iterator[None]:
    """Inside, what ``names`` and ``changed`` have, and ``scipy.misc``, are there.

    Args:
        is_library: whether a file is no program's: libraries ask which names there are, and are told the truth.
        tell: told of each that is used, once, as a note and its words.
    """
    told = set[tuple[str, str]]()

    def noted(module: str, name: str) -> None:
        if (module, name) not in told:
            told.add((module, name))
            tell(_NOTED, {"module": module, "name": name})

    def look_after(overlay: Overlay, module: ModuleType) -> None:
        names = MISSING.get(module.__name__)
        if names:
            overlay.put(module, "__getattr__", _finding(module, names, noted, is_library))
        if module.__name__ in CHANGED:
            CHANGED[module.__name__](overlay, module)

    moved = Overlay()
    moved.enter(sys.modules, "scipy.misc", Misc(sys.modules.get("scipy.misc"), noted))
    for old, new in MOVED.items():
        moved.enter(sys.modules, old, _Elsewhere(old, new, noted))
    try:
        with looked_after(list(dict.fromkeys((*MISSING, *CHANGED))), look_after):
            yield
    finally:
        moved.remove()


def _finding(
    module: ModuleType,
    names: Mapping[str, Callable[[], Any]],
    noted: Callable[[str, str], None],
    is_library: Callable[[str], bool],
) -> Callable[[str], Any]:
    """A module's ``__getattr__``."""
    original = vars(module).get("__getattr__")

    def found(name: str) -> Any:
        if name in names and not is_library(sys._getframe(1).f_code.co_filename):
            noted(module.__name__, name)
            return names[name]()
        if original is not None:
            return original(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    return found


class _Elsewhere(ModuleType):
    """A module under its old name: imported when something is asked of it."""

    def __init__(self, old: str, new: str, noted: Callable[[str, str], None]) -> None:
        super().__init__(old)
        self._new, self._noted = new, noted

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(import_module(self._new), name)
        self._noted(*self.__name__.rsplit(".", 1))
        return found
