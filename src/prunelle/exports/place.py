"""Where an export goes: made in a temporary folder beside it, then moved there whole; or nothing is left."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from prunelle.disk import held, is_held
from prunelle.errors import ArgumentError

_LOCK = "lock"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Files beside each other, or a folder of its own.

    Attributes:
        output: the file, or the folder.
        main, check, card: names of the network's file, of what was seen of it, of the model card.
        whole: ``output`` is a folder that holds all.
    """

    output: Path
    main: str
    check: str
    card: str
    whole: bool = False

    @property
    def name(self) -> str:
        """What the network is called from then on."""
        return self.output.name if self.whole else self.output.stem

    def refuse_there(self, names: Sequence[str] = ()) -> None:
        """What is there is somebody's.

        Args:
            names: of files that are written beside, as far as they are known.

        Raises:
            ArgumentError: something is there.
        """
        beside = [] if self.whole else [self.output.parent / each for each in (self.check, self.card, *names)]
        there = [each for each in (self.output, *beside) if each.exists()]
        if there:
            raise ArgumentError(f"{there[0]} is there already; name another file (--output), or remove it.")

    @contextlib.contextmanager
    def made(self) -> Iterator[Path]:
        """A folder to write into, on the same disk, and gone afterwards; those that killed exports left go first."""
        above = next(each for each in self.output.absolute().parents if each.is_dir())
        prefix = f".{self.output.stem}-"
        for lock in above.glob(f"{prefix}*/{_LOCK}"):
            if not is_held(lock):
                shutil.rmtree(lock.parent, ignore_errors=True)
        # The system lets go of the lock when the process ends, however it ends.
        with (
            tempfile.TemporaryDirectory(prefix=prefix, dir=above) as folder,
            held(Path(folder) / _LOCK, f"{folder} is being written by another process."),
        ):
            yield Path(folder)

    def moved(self, folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
        """The files ``names`` of ``folder``, where they belong: all, or none.

        Raises:
            ArgumentError: one is there already.
        """
        target = self.output if self.whole else self.output.parent
        self.refuse_there(names)
        new = [each for each in (target, *target.absolute().parents) if not each.exists()]
        done = []
        try:
            target.mkdir(parents=True, exist_ok=True)
            for name in names:
                done.append((folder / name).replace(target / name))
        except BaseException:
            for file in done:
                file.unlink(missing_ok=True)
            for each in new:
                with contextlib.suppress(OSError):
                    each.rmdir()
            raise
        return tuple(done)


def file_place(output: Path) -> Place:
    """``photos.onnx``, and ``photos.onnx.json`` and ``photos.onnx.md`` beside it: other formats may be there, too."""
    return Place(output=output, main=output.name, check=f"{output.name}.json", card=f"{output.name}.md")


def bundle_place(folder: Path, suffix: str) -> Place:
    """``photos/`` with ``model.onnx``, ``check.json`` and ``README.md``."""
    return Place(output=folder, main=f"model{suffix}", check="check.json", card="README.md", whole=True)
