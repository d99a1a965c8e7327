"""Run folders: opened, created, written, locked, judged; and who is told of a training.

``prunelle.runs("runs/")`` is the table of all that are in a folder. Python makes the name ``prunelle.runs`` this
package as soon as anything in it is imported, so the package itself can be called.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prunelle.runs.table import Runs


class _Callable(ModuleType):
    def __call__(self, folder: str | Path = "runs") -> Runs:
        from prunelle.runs.table import runs

        return runs(folder)


sys.modules[__name__].__class__ = _Callable
