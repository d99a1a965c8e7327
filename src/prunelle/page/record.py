"""The folder of a training that the page started: what was asked, what was told, and what a person wants of it.

It is a hidden folder beside the runs, ``runs/.trainings/<id>/``: not inside the run's own, which only ``runs/`` writes
and which is not there yet when data are still read; and not in the user's state folder, so that whoever opens these
runs, from another account or machine too, finds the training that is going on in them, and whoever removes them
removes this as well.

::

    request.json     what is asked of the process that is started
    events.jsonl     what it tells (page/events.py)
    stderr.txt       what it, or the system, said besides
    lock             held by the process for as long as it lives
    pause, stop      there when a person wants that
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prunelle.disk import is_held, write_json, write_text, writing
from prunelle.errors import PrunelleError
from prunelle.files import no_file
from prunelle.json_files import read_json
from prunelle.texts import Language

FOLDER = ".trainings"
_SHORTEST_S = 20.0
"""In which a process that was started has its lock, however slow the machine."""

REQUEST: dict[str, Any] = {
    "runs": str,
    "language": str,
    "data": (str, None),
    "network": (str, None),
    "recipe": str,
    "fields": {
        "epochs?": int,
        "batch_size?": int,
        "learning_rate?": (int, float),
        "seed?": int,
    },
    "name": (str, None),
    "resume": (str, None),
    "retrain": (str, None),
    "decisions": (str, None),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """What a process is asked to train.

    Attributes:
        runs: where the run folder goes.
        language: of its report.
        data: a named set, a path, or None for the digits.
        network: by name; None for one that suits.
        recipe: ``usual`` or ``fast``.
        fields: of ``Recipe``, in place of the recipe's own.
        name: goes into the folder's name.
        resume: a run to go on with instead of all that.
        retrain: a run to train again by corrected labels, with nothing else of the above.
        decisions: the file that has these.
    """

    runs: str
    language: Language
    data: str | None = None
    network: str | None = None
    recipe: str = "usual"
    fields: dict[str, Any] = dataclasses.field(default_factory=dict)
    name: str | None = None
    resume: str | None = None
    retrain: str | None = None
    decisions: str | None = None


@dataclasses.dataclass(frozen=True)
class Record:
    """One such folder."""

    folder: Path

    @classmethod
    def new(cls, runs: Path) -> Record:
        """An empty one, with a name that sorts by time.

        Raises:
            CannotWrite: the system refuses.
        """
        folder = runs / FOLDER / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"
        with writing(folder):
            folder.mkdir(parents=True)
        return cls(folder)

    @classmethod
    def all(cls, runs: Path) -> Iterator[Record]:
        """Those of a folder of runs, oldest first; no links, since such a folder may come from a stranger."""
        try:
            names = [] if (runs / FOLDER).is_symlink() else sorted(os.listdir(runs / FOLDER))
        except OSError:
            return
        for name in names:
            record = cls(runs / FOLDER / name)
            if not record.folder.is_symlink() and record.file("request.json").is_file():
                yield record

    @property
    def id(self) -> str:
        """By which the page knows it."""
        return self.folder.name

    def file(self, name: str) -> Path:
        """One of its files."""
        return self.folder / name

    def request(self) -> Request:
        """What was asked last.

        Raises:
            RunError: it cannot be read.
        """
        values = read_json(self.file("request.json"), REQUEST)
        return Request(
            **{name: values[name] for name in REQUEST} | {"language": _language(values["language"])}
        )

    def is_alive(self) -> bool:
        """Whether a process has it."""
        return is_held(self.file("lock"))

    def is_starting(self) -> bool:
        """Whether one was started so shortly ago that it may not have it yet."""
        try:
            age = time.time() - self.file("request.json").stat().st_mtime
        except OSError:
            return False
        return 0 <= age < _SHORTEST_S and not self.file("lock").exists()

    def wants(self, what: str) -> bool:
        """Whether a person wants ``pause`` or ``stop``."""
        return self.file(what).exists()

    def want(self, what: str) -> None:
        """Says that a person does.

        Raises:
            CannotWrite: the system refuses.
        """
        write_text(self.file(what), "")

    def start(self, request: Request, *, stop: bool = False) -> subprocess.Popen[bytes]:
        """A process that trains; it goes on when this one ends, whatever ends it.

        Args:
            request: what.
            stop: it is to end as soon as an epoch is whole.

        Raises:
            CannotWrite: the system refuses.
        """
        with writing(self.folder):
            for name in ("pause", "stop", "lock", "stderr.txt"):
                self.file(name).unlink(missing_ok=True)
        write_json(self.file("request.json"), dataclasses.asdict(request))
        if stop:
            self.want("stop")
        with writing(self.file("stderr.txt")), self.file("stderr.txt").open("xb") as said:
            # -P: not from the folder that one happens to be in, where a torch.py may lie.
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "prunelle.page.worker", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def last_words(self) -> str | None:
        """The last line that it said besides its events; None where there is none."""
        if no_file(self.file("stderr.txt")):
            return None
        try:
            with self.file("stderr.txt").open("rb") as said:
                said.seek(0, os.SEEK_END)
                said.seek(max(0, said.tell() - 4096))
                lines = said.read().decode(errors="replace").splitlines()
        except OSError:
            return None
        return next((line.strip() for line in reversed(lines) if line.strip()), None)

    def remove(self) -> None:
        """All of it, and nothing that it does not know."""
        with writing(self.folder):
            for name in ("pause", "stop", "events.jsonl", "stderr.txt", "request.json", "lock"):
                self.file(name).unlink(missing_ok=True)
            self.folder.rmdir()


def _language(name: str) -> Language:
    return "fr" if name == "fr" else "en"


def readable(record: Record) -> Request | None:
    """What was asked; None where that cannot be read any more."""
    try:
        return record.request()
    except PrunelleError:
        return None
