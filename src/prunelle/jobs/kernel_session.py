"""Prunelle under the cells of a kernel: Jupyter's, VS Code's, Colab's, and that of ``prunelle run --kernel``.

What libraries had before is there from the first cell on. Nothing else is loaded until a cell imports Keras or
TensorFlow; which Keras the notebook speaks is told by it then, from its file where the front end says which it is, else
from the cells that ran.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch

from prunelle import removed_names
from prunelle.errors import ArgumentError, PrunelleError
from prunelle.jobs import machine
from prunelle.jobs.program_errors import is_library
from prunelle.jobs.program_session import say_shortened
from prunelle.runs.folder import new_run_path
from prunelle.texts import Note

if TYPE_CHECKING:
    from prunelle.keras.generations import Told

_ROOTS = ("keras", "tensorflow")
_RUN = Note("Run: {path}", "Entraînement : {path}")

Say = Callable[..., None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class KernelRequest:
    """What is asked of a kernel.

    Attributes:
        keras: the generation; None: as the notebook says.
        seed: of all random numbers.
        epochs: no ``fit`` takes more.
        runs: the folder ``<time>-<notebook>`` goes there.
        folder: that folder itself, where it is there.
        command: that ``run.json`` has; None: the notebook's name.
        source: the notebook's code, where it is known.
    """

    keras: str | None = None
    seed: int | None = None
    epochs: int | None = None
    runs: Path = Path("runs")
    folder: Path | None = None
    command: str | None = None
    source: str | None = None


class KernelSession:
    """Between ``begin`` and ``end``, a kernel's ``keras`` and ``tensorflow`` are Prunelle's.

    Args:
        shell: the kernel's ``InteractiveShell``.
        say: ``say(note, **values)``, a sentence for the person.
    """

    def __init__(self, shell: Any, request: KernelRequest, say: Say) -> None:
        self._shell, self._request, self._say = shell, request, say
        self._finder: _AtFirstImport | None = None
        self._in_force = contextlib.ExitStack()
        self._folder = request.folder
        self._begun = False
        self.told: Told | None = None

    def begin(self) -> None:
        """From now on.

        Raises:
            ArgumentError: Keras or TensorFlow was imported before, or Prunelle's is there already.
            UnknownName: no such generation.
        """
        ours = "prunelle.keras.floor" in sys.modules
        if is_there():
            raise ArgumentError("keras and tensorflow are Prunelle's here already: prunelle run sees to it.")
        imported = [root for root in _ROOTS if root in sys.modules and not (root == "keras" and ours)]
        if imported:
            raise ArgumentError(
                f"{imported[0]} was imported before Prunelle: what came from it stays what it is. Restart the kernel, "
                f"and put %load_ext prunelle before the first import of keras or tensorflow."
            )
        if ours:
            sys.modules.pop("keras", None)  # the floor's, which has it
        self._in_force.enter_context(
            removed_names.there_again(lambda what, about: self._say(what, **about), is_library)
        )
        self._finder = _AtFirstImport(self._enter)
        sys.meta_path.insert(0, self._finder)
        self._begun = True
        atexit.register(self.end)

    def end(self) -> None:
        """Trainings are finished, and ``keras`` and ``tensorflow`` are what they were; safe to call twice."""
        atexit.unregister(self.end)
        if self._finder is not None and self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        self._finder = None
        if self.told is None and self._begun:
            say_shortened(self._say, self._request.epochs, ())
        self._begun = False
        self._in_force.close()
        if self._folder is not None and self._folder is not self._request.folder:
            self._say(_RUN, path=_from_here(self._folder))

    def _enter(self) -> None:
        from prunelle.keras import recording, shortened
        from prunelle.keras.compat import compat
        from prunelle.keras.generations import Told, named, note, told_by
        from prunelle.keras.seeds import seeded

        request = self._request
        if request.keras is not None:
            self.told = Told(named(request.keras), f"--keras {request.keras}")
        else:
            self.told = told_by(request.source if request.source is not None else self._code())
        if request.folder is None and (read_as := note(self.told)) is not None:
            self._say(read_as)
        stack = self._in_force
        stack.enter_context(compat(self.told.generation))
        stack.enter_context(
            recording.recorded_program(
                self._made,
                request.command or self._name(),
                versions=machine.versions(),
                host=machine.host(torch.device("cpu")),
                told=self.told,
            )
        )
        trainings = stack.enter_context(shortened.trainings(request.epochs, self._say))
        stack.callback(lambda: say_shortened(self._say, trainings.most, trainings.asked))
        if request.seed is not None:
            stack.enter_context(seeded(request.seed))

    def _made(self) -> Path:
        if self._folder is None:
            self._folder = new_run_path(
                Path.cwd() / self._request.runs, Path(self._name()).stem, datetime.now()
            )
        return self._folder

    def _name(self) -> str:
        file = notebook_file(self._shell.user_ns)
        return "notebook" if file is None else file.name

    def _code(self) -> str:
        """The whole notebook where its file is known; what ran in this kernel counts in any case."""
        history = getattr(self._shell.history_manager, "input_hist_parsed", [])
        file = notebook_file(self._shell.user_ns)
        with contextlib.suppress(ImportError, PrunelleError):
            from prunelle.notebooks import documents

            if file is not None and file.is_file():
                return documents.read(file).code()
        return "\n".join(_readable(history))


def _readable(cells: Sequence[str]) -> Sequence[str]:
    import ast

    found = []
    for cell in cells:
        with contextlib.suppress(SyntaxError, ValueError):
            ast.parse(cell)
            found.append(cell)
    return found


def notebook_file(names: dict[str, Any]) -> Path | None:
    """The file of the notebook that a kernel runs, where the front end says it: VS Code and Jupyter's server do."""
    said = names.get("__vsc_ipynb_file__") or names.get("__session__") or os.environ.get("JPY_SESSION_NAME")
    return Path(said) if isinstance(said, str) and said else None


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def is_there() -> bool:
    """Whether keras and tensorflow are Prunelle's already, or will be when they are imported."""
    if any(isinstance(each, _AtFirstImport) for each in sys.meta_path):
        return True
    if "prunelle.keras.floor" not in sys.modules:
        return False
    from prunelle.keras.generations import is_in_force

    return is_in_force()


class _AtFirstImport(MetaPathFinder, Loader):
    """Puts Prunelle's Keras there when something imports Keras or TensorFlow, and lets its finder answer.

    Who only looks whether they are there is told so: PyTorch does, in the middle of an import of its own.
    """

    def __init__(self, enter: Callable[[], None]) -> None:
        self._enter = enter

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """It is there."""
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] in _ROOTS else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """What Prunelle's own finder, which is first then, makes of it."""
        sys.meta_path.remove(self)
        self._enter()
        found = importlib.util.find_spec(spec.name)
        assert found is not None
        return importlib.util.module_from_spec(found)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: views need none."""
