"""Labels that are not folders: in the names of the files, or in a CSV file."""

from __future__ import annotations

import csv
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from prunelle.errors import ArgumentError, DataError, MissingData
from prunelle.texts import shown

SPLIT_NAMES = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
"""What people call the splits, and what they are here."""

_FILE_HEADERS = ("file", "filename", "file_name", "path", "image")
_LABEL_HEADERS = ("label", "class", "category")


@dataclasses.dataclass(frozen=True)
class Labelled:
    """A picture of a label file. ``split`` is None where the file does not say."""

    file: Path
    label: str
    split: str | None = None


def class_of_filename(name: str) -> str | None:
    """The class in a file's name: what stands before the first dot or digit.

    ``cat.123.jpg`` → ``cat``; ``dog_12.png`` → ``dog``; ``cat-3.jpg`` → ``cat``;
    ``american_bulldog_100.jpg`` → ``american_bulldog``. A name with neither is cut at its first ``_``, ``-`` or
    space (``cat_asleep.jpg`` → ``cat``). None for a name that starts with a digit.
    """
    stem = name.rpartition(".")[0] or name
    cut = re.split(r"[.\d]", stem, maxsplit=1)
    if len(cut) == 1:
        cut = re.split(r"[_\- ]", stem, maxsplit=1)
    return cut[0].rstrip("_- (") or None


def find_label_file(labels: str | Path, folder: Path) -> Path:
    """``labels`` in the folder of pictures, else from the current one."""
    path = Path(labels).expanduser()
    for candidate in (folder / path, path):
        if candidate.is_file():
            return candidate.absolute()
    raise MissingData(
        f"labels must be 'filename' or a CSV file; received {str(labels)!r}, and there is no such file in "
        f"{folder} nor in the current folder."
    )


def read_label_file(path: Path, folder: Path) -> list[Labelled]:
    """A CSV with the header ``file,label``, and optionally ``split``; semicolons and tabs do as well.

    Files are relative to ``folder``, else to the CSV's own.

    Raises:
        DataError: a header, line or encoding that cannot be read; it says which.
        MissingData: it names files that are not there.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text; save it as CSV (UTF-8).") from None
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}.") from None
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    rows = csv.reader(text.splitlines(), delimiter=delimiter)
    header = [name.strip().lower() for name in next(rows, [])]
    file_column = next((header.index(name) for name in _FILE_HEADERS if name in header), None)
    label_column = next((header.index(name) for name in _LABEL_HEADERS if name in header), None)
    split_column = header.index("split") if "split" in header else None
    if file_column is None or label_column is None:
        raise DataError(f"{path}, line 1: the header must be file,label; received {first_line.strip()!r}.")
    listed: dict[str, int] = {}
    labelled, missing = [], []
    for row in rows:
        line = rows.line_num
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise DataError(
                f"{path}, line {line}: {len(header)} values were expected, as in the header; received {len(row)}."
            )
        name, label = row[file_column].strip(), row[label_column].strip()
        if not name or not label:
            raise DataError(f"{path}, line {line}: the {'label' if name else 'file'} is empty.")
        if name in listed:
            raise DataError(f"{path}, line {line}: {name} is on line {listed[name]} already.")
        listed[name] = line
        file = _find_picture(name, folder, path.parent)
        if file is None:
            missing.append(name)
            continue
        split = row[split_column].strip().lower() if split_column is not None else ""
        if split and split not in SPLIT_NAMES:
            raise DataError(
                f"{path}, line {line}: split must be train, validation or test, or empty; received {split!r}."
            )
        labelled.append(Labelled(file, label, SPLIT_NAMES.get(split)))
    if missing:
        raise MissingData(
            f"{path} names {len(missing)} file(s) that are not in {folder}: {shown(missing)}. "
            "Names are relative to that folder; correct them, or take the lines out."
        )
    if not labelled:
        raise DataError(f"{path} names no file.")
    return labelled


def _find_picture(name: str, folder: Path, beside: Path) -> Path | None:
    # A CSV made on Windows may say cats\1.jpg.
    for spelling in (name, name.replace("\\", "/")):
        for base in (folder, beside):
            if (base / spelling).is_file():
                return base / spelling
    return None


def label_by_filename(files: Sequence[Path]) -> list[Labelled]:
    """Each file with the class in its name.

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
    return [Labelled(file, label) for file, label in zip(files, classes, strict=True) if label]
