"""``splits.csv`` of a run: where each example went, and what it holds.

``file`` is empty for what came from no file of its own (arrays, named sets, series). ``content`` recognises an example
whatever it is called elsewhere (``data.duplicates``); runs of before have none. ``copies`` is there where some are near
copies of one another: the same number in each of them. ``group`` is there where examples have groups that no split
divides (``Split.groups``): the name of each one's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from prunelle.csv_files import read_table, table_text
from prunelle.data.duplicates import Contents
from prunelle.data.pixels import Pixels
from prunelle.data.targets import Target
from prunelle.disk import write_text
from prunelle.errors import DataError

SPLITS_FILE = "splits.csv"
SPLITS = ("train", "validation", "test")
_FIELDS = ("file", "split", "class", "content")
_COPIES = "copies"
_GROUP = "group"


@dataclasses.dataclass(frozen=True, eq=False)
class Placed:
    """The examples of a run, one a row.

    Attributes:
        splits, labels: ``(N,)``, names and indices into the classes, or what else the run's target has for labels.
        files: N paths; None where they came from no files of their own.
        contents: of all; None where nobody wrote them down.
        groups: ``(N,)`` str, what each belongs to that must not be divided; None where nobody said.
    """

    splits: np.ndarray
    labels: np.ndarray
    files: tuple[str, ...] | None
    contents: Contents | None
    groups: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, split: str) -> np.ndarray:
        """Those of one split, in order."""
        return np.flatnonzero(self.splits == split)

    def moved(self, files: tuple[str, ...]) -> Placed:
        """The same examples in other files."""
        contents = None if self.contents is None else self.contents.moved(files)
        return dataclasses.replace(self, files=files, contents=contents)

    @classmethod
    def of(
        cls,
        pixels: Mapping[str, Pixels],
        contents: Mapping[str, Contents],
        groups: np.ndarray | None = None,
    ) -> Placed:
        """Of decoded splits."""
        files = [file for part in pixels.values() for file in part.files or ()]
        labels = np.concatenate([part.labels for part in pixels.values()])
        return cls(
            np.concatenate([np.full(len(part), name) for name, part in pixels.items()]),
            labels,
            tuple(files) if len(files) == len(labels) else None,
            Contents.joined([contents[name] for name in pixels]),
            groups,
        )

    def write(self, path: Path, classes: Sequence[str], target: Target) -> None:
        """``splits.csv`` in the folder ``path``."""
        near = None if self.contents is None else self.contents.near
        copies = [] if near is None or (near < 0).all() else near.tolist()
        rows = (
            (
                self.files[i] if self.files else None,
                str(self.splits[i]),
                target.written(self.labels[i], classes),
                self.contents.written(i) if self.contents else None,
                *((copies[i] if copies[i] >= 0 else None,) if copies else ()),
                *(() if self.groups is None else (str(self.groups[i]),)),
            )
            for i in range(len(self))
        )
        fields = (*_FIELDS, *([_COPIES] if copies else []), *([] if self.groups is None else [_GROUP]))
        write_text(path / SPLITS_FILE, table_text(fields, rows))

    @classmethod
    def read(cls, path: Path, classes: Sequence[str], target: Target) -> Placed:
        """The inverse of ``write``.

        Raises:
            DataError: the file is damaged.
        """
        file = path / SPLITS_FILE
        rows = read_table(file, _FIELDS[:3])
        for row in rows:
            if row["split"] not in SPLITS:
                raise DataError(f"{file} is damaged: {row['split']!r} is no split.")
            if "\0" in row["file"] or bool(row["file"]) != bool(rows[0]["file"]):
                raise DataError(f"{file} is damaged: {row['file']!r} names no file.")
        if not any(row["split"] == "train" for row in rows):
            raise DataError(f"{file} is damaged: it has no picture of the training split.")
        files = tuple(row["file"] for row in rows) if rows[0]["file"] else None
        if files is None and "content" not in rows[0]:
            raise DataError(f"{file} is damaged: {rows[0]['file']!r} names no file.")
        texts = [row.get("content", "") for row in rows]
        try:
            labels = target.read([row["class"] for row in rows], classes)
            contents = Contents.read(texts, files) if any(texts) else None
            if contents is not None and _COPIES in rows[0]:
                contents = dataclasses.replace(contents, near=_copies(rows))
        except DataError as error:
            raise DataError(f"{file} is damaged: {error}") from None
        return cls(
            np.array([row["split"] for row in rows]),
            labels,
            files,
            contents,
            np.array([row[_GROUP] for row in rows]) if _GROUP in rows[0] else None,
        )


def _copies(rows: Sequence[Mapping[str, str]]) -> np.ndarray:
    """``(N,)`` int64: the column ``copies``, -1 where it is empty."""
    groups = np.full(len(rows), -1)
    for i, row in enumerate(rows):
        if text := row[_COPIES]:
            if not (text.isdecimal() and text.isascii() and len(text) < 10):
                raise DataError(f"{text!r} is no number of a group of copies.")
            groups[i] = int(text)
    return groups
