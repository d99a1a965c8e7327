"""What all who look at one server share: the folders that were named, the runs in them, networks in memory."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from prunelle.errors import ArgumentError
from prunelle.page.trainings import Trainings
from prunelle.planning.weights import Pretrained
from prunelle.runs.run import Run
from prunelle.runs.table import Runs, run_folders, runs

Subject = Run | Pretrained | nn.Module | str | Path
T = TypeVar("T")

_MOST_SHARED = 4


class House:
    """One for each server.

    Nothing that a browser says is ever opened as a path: it names runs, folders and networks by ``key``, and a key that
    was not given out is refused.

    Attributes:
        subject: what was named at the start; None where nothing was.
        options: of ``subject``: weights, size… as ``prunelle.look_into`` takes them.
        runs_folder: where the runs are, and where new ones go; it may not be there yet.
        folders: of data, that were named at the start.
        panel: that is to be shown first; None for the one that suits what was named.
        decisions: the file of those about the subject's examples; None for the one in its folder.
        trainings: those that the page starts, and finds.
    """

    def __init__(
        self,
        *,
        subject: Subject | None = None,
        options: dict[str, Any] | None = None,
        runs_folder: Path = Path("runs"),
        folders: tuple[Path, ...] = (),
    ) -> None:
        self.subject = subject
        self.options = options or {}
        self.runs_folder = runs_folder.absolute()
        self.folders = tuple(folder.absolute() for folder in folders)
        self.panel: str | None = None
        self.decisions: Path | None = None
        self.trainings = Trainings(self.runs_folder)
        self._shared: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    @property
    def start(self) -> str:
        """The panel that is shown first: the one that was asked for, else that of what was named."""
        if self.panel is not None:
            return self.panel
        return "look" if self.subject is not None else "training" if self.folders else "runs"

    def runs(self) -> Runs:
        """Every run there is now."""
        return runs(self.runs_folder) if self.runs_folder.is_dir() else Runs((), {})

    def run_paths(self) -> dict[str, Path]:
        """Key → folder of every run, opened or not; without reading any."""
        if not self.runs_folder.is_dir():
            return {}
        return {key_of(path): path for path in run_folders(self.runs_folder)}

    def run_path(self, key: object) -> Path:
        """The folder of a run that was listed.

        Raises:
            ArgumentError: there is no such run, or none any more.
        """
        path = self.run_paths().get(key) if isinstance(key, str) else None
        if path is None and isinstance(self.subject, Run) and key == key_of(self.subject.path):
            path = self.subject.path
        if path is None:
            raise ArgumentError("no such run is there any more; reload the page to see those that are.")
        return path

    def newest(self) -> str | None:
        """The key of the run that learned last; None where there is none with weights."""
        stamps = ((stamp_of(path), key) for key, path in self.run_paths().items())
        return max((each for each in stamps if each[0]), default=(0, None))[1]

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """One object for all who ask by the same key; made once, and the least used go where there are many.

        Args:
            key: what tells it from others; with the time at which a file was changed where it may be made anew.
            make: called in the asker's thread, and while it is, others who ask by the same key wait.
        """
        with self._guard:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._guard:
                if key in self._shared:
                    self._shared.move_to_end(key)
                    found: T = self._shared[key]
                    return found
            made = make()
            with self._guard:
                self._shared[key] = made
                while len(self._shared) > _MOST_SHARED:
                    self._shared.popitem(last=False)
            return made


def key_of(path: Path) -> str:
    """What stands for a folder in the browser: not its name, which says more than a page should pass on."""
    return hashlib.sha256(str(path.absolute()).encode(errors="surrogateescape")).hexdigest()[:16]


def stamp_of(folder: Path) -> int:
    """When a run's weights were written last; 0 where there are none."""
    return max((file.stat().st_mtime_ns for file in (folder / "weights").glob("*.safetensors")), default=0)
