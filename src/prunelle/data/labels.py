"""A labelled picture, and labels in the names of files."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from prunelle.errors import ArgumentError, did_you_mean, folded
from prunelle.texts import composed, shown

_HINTS = 3


@dataclasses.dataclass(frozen=True)
class Labelled:
    """A picture with its class.

    Attributes:
        split: None where a label file does not say.
        root: the folder of its class, or of all where folders are no classes.
        group: what it belongs to that must not be divided (``data.groups``); None where nothing says so.
    """

    file: Path
    label: str
    split: str | None = None
    root: Path | None = None
    group: str | None = None


def near_classes(unknown: Sequence[str], classes: Sequence[str]) -> str:
    """Which classes the first unknown ones may be meant for, and what tells them apart where that is hard to see."""
    text = ""
    for name in unknown[:_HINTS]:
        text += did_you_mean(name, classes)
        same = [known for known in classes if folded(known) == folded(name)]
        if same:
            text += f" {name!r} and {same[0]!r} differ in capitals or spaces only."
    return text


def class_of_filename(name: str) -> str | None:
    """The class in a file's name: what stands before the first dot or digit.

    ``cat.123.jpg`` → ``cat``; ``dog_12.png`` → ``dog``; ``cat-3.jpg`` → ``cat``;
    ``american_bulldog_100.jpg`` → ``american_bulldog``. A name with neither is cut at its first ``_``, ``-`` or
    space (``cat_asleep.jpg`` → ``cat``). None for a name that starts with a digit.
    """
    name = composed(name)
    stem = name.rpartition(".")[0] or name
    cut = re.split(r"[.\d]", stem, maxsplit=1)
    if len(cut) == 1:
        cut = re.split(r"[_\- ]", stem, maxsplit=1)
    return cut[0].rstrip("_- (") or None


def label_by_filename(files: Sequence[Path], root: Path) -> list[Labelled]:
    """Each file of the folder ``root`` with the class in its name.

    Raises:
        DataError: names without one.
    """
    classes = [class_of_filename(file.name) for file in files]
    without = [file.name for file, label in zip(files, classes, strict=True) if label is None]
    if without:
        raise ArgumentError(
            "labels='filename' needs names that start with their class (cat.12.jpg, dog_3.png); "
            f"{len(without)} do not: {shown(without)}. Rename them, or give a CSV of file,label."
        )
    return [Labelled(file, label, root=root) for file, label in zip(files, classes, strict=True) if label]
