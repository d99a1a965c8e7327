"""A folder of photos, in the layouts people have, as ``Data``."""

from __future__ import annotations

import dataclasses
import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data import decode, listing, splits
from prunelle.data.examples import Data, Split
from prunelle.data.labels import (
    SPLIT_NAMES,
    Labelled,
    find_label_file,
    label_by_filename,
    read_label_file,
)
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError, DataError, MissingData, did_you_mean
from prunelle.texts import Note, shown

_DEFAULT_SHARE = 0.1
_DEFAULT_SIZE = (64, 64)
_SAMPLE = 50


@dataclasses.dataclass
class _Found:
    """What a layout gives. ``train`` holds everything where no splits are given."""

    parts: dict[str, list[Labelled]]
    notes: list[Note]
    has_splits: bool


def load_folder(
    path: str | Path,
    *,
    labels: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
) -> Data:
    """A folder of photos. Nothing is decoded; hidden files and folders are passed over, links are followed.

    The layouts::

        cats/… dogs/…                     a folder a class, of any depth
        train/ val/ test/                 (or valid/, validation/) with a folder a class in each; test/ and the
                                          validation folder may be missing
        cat.1.jpg dog_2.png …             labels="filename": the class starts the name, also within train/ …
        anything, and a CSV               labels="labels.csv": file,label and optionally split

    Splits that are given stay as they are, and classes are those of the training split. Without splits,
    10 % of each class becomes validation and 10 % test; where only the validation split is missing, it is 10 %
    of train.

    Args:
        path: the folder.
        labels: None, ``"filename"``, or the path of a CSV file, from the folder or from the current one.
        validation, test: other shares, in [0, 1); 0 for none. Not for a split that is given.
        seed: of the draw.

    Raises:
        MissingData: the folder, the label file, or files it names do not exist.
        DataError: no picture, an empty class folder, one class only, a class that train lacks.
        ArgumentError: a share out of range, or for a split that is given.
    """
    folder, labels, found = _read(path, labels)
    data = _assemble(found, validation, test, seed, fewest_classes=2)
    source: dict[str, Any] = {
        "data": str(folder),
        "labels": labels,
        "validation": validation,
        "test": test,
        "seed": seed,
    }
    return dataclasses.replace(data, name=_slug(folder.name), source=source)


def load_labelled(path: str | Path, *, labels: str | Path | None = None) -> Data:
    """A folder of photos to hold a finished training against: nothing is drawn, and one class is enough.

    As ``load_folder`` otherwise: without splits of its own, every picture is in ``train``.
    """
    folder, labels, found = _read(path, labels)
    nothing = {split: None if split in found.parts else 0.0 for split in ("validation", "test")}
    data = _assemble(found, nothing["validation"], nothing["test"], seed=0, fewest_classes=1)
    source = {"data": str(folder), "labels": labels, **nothing, "seed": 0}
    return dataclasses.replace(data, name=_slug(folder.name), source=source)


def _read(path: str | Path, labels: str | Path | None) -> tuple[Path, str | None, _Found]:
    """The folder and the label file, absolute, and what they hold."""
    folder = Path(os.path.abspath(Path(path).expanduser()))
    if not folder.exists():
        parent = folder.parent
        siblings = listing.subfolders(parent) if parent.is_dir() else ()
        raise MissingData(f"folder {str(path)!r} does not exist.{did_you_mean(folder.name, siblings)}")
    if not folder.is_dir():
        raise ArgumentError(f"data must be a folder; {str(path)!r} is a file. Unpack it if it is an archive.")
    if labels is None:
        return folder, None, _by_folders(folder)
    if str(labels) == "filename":
        return folder, "filename", _by_filename(folder)
    label_file = find_label_file(labels, folder)
    return folder, str(label_file), _by_label_file(label_file, folder)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "data"


def _split_folders(folder: Path) -> dict[str, Path]:
    """Folders named as splits, by the split's name; empty where there is no ``train``."""
    found: dict[str, Path] = {}
    for name, path in listing.subfolders(folder).items():
        split = SPLIT_NAMES.get(name.lower())
        if split in found:
            raise ArgumentError(
                f"{folder} has two folders for {split}: {found[split].name} and {name}. Keep one."
            )
        if split:
            found[split] = path
    return found if "train" in found else {}


def _by_folders(folder: Path) -> _Found:
    notes: list[Note] = []
    classes = listing.subfolders(folder)
    parts = _split_folders(folder)
    others = [name for name, path in classes.items() if path not in parts.values()]
    # "train" is also a class of vehicles: then it holds pictures and stands beside other classes.
    if parts and not (others and not listing.subfolders(parts["train"])):
        if others:
            notes.append(_ignored_folders(others))
        return _Found({split: _class_folders(path, notes) for split, path in parts.items()}, notes, True)
    return _Found({"train": _class_folders(folder, notes)}, notes, False)


def _ignored_folders(names: Sequence[str]) -> Note:
    return Note(
        en=f"Beside train, these folders were not read: {shown(names)}.",
        fr=f"À côté de train, ces dossiers n'ont pas été lus : {shown(names)}.",
    )


def _class_folders(folder: Path, notes: list[Note]) -> list[Labelled]:
    labelled: list[Labelled] = []
    empty: list[str] = []
    ignored = 0
    classes = listing.subfolders(folder)
    beside = [
        path for path in listing.entries(folder) if path.is_file() and listing.is_picture_name(path.name)
    ]
    if not classes:
        raise DataError(
            f"{folder} has no picture."
            if not beside
            else f"{folder} has pictures ({beside[0].name}…) but no folders, which are its classes. If the "
            "class is in the files' names, say labels='filename' (--labels filename); if it is in a CSV of "
            "file,label, name that file (--labels labels.csv)."
        )
    for name, path in classes.items():
        files, others = listing.pictures(path)
        ignored += others
        if not files:
            empty.append(name)
        labelled += [Labelled(file, name) for file in files]
    if not labelled:
        raise DataError(f"{folder} has no picture in its folders ({shown(list(classes))}).")
    if empty:
        raise DataError(
            f"class folder(s) of {folder} without a picture: {shown(empty)}. Fill or remove them."
        )
    if beside:
        notes.append(
            Note(
                en=f"{len(beside)} file(s) beside the class folders of {folder.name} were left out.",
                fr=f"{len(beside)} fichier(s) à côté des dossiers de classes de {folder.name} ont été laissés.",
            )
        )
    _note_ignored(ignored, folder, notes)
    if links := listing.links_up(folder):
        notes.append(
            Note(
                en=f"Links to a folder above were passed over: {shown(links)}.",
                fr=f"Des liens vers un dossier au-dessus ont été laissés : {shown(links)}.",
            )
        )
    return labelled


def _note_ignored(ignored: int, folder: Path, notes: list[Note]) -> None:
    if ignored:
        notes.append(
            Note(
                en=f"{ignored} file(s) of {folder.name} that are not pictures by their suffix were ignored.",
                fr=f"{ignored} fichier(s) de {folder.name} ignorés : leur suffixe n'est pas celui d'une image.",
            )
        )


def _by_filename(folder: Path) -> _Found:
    notes: list[Note] = []
    parts = {}
    given = _split_folders(folder)
    for split, path in (given or {"train": folder}).items():
        files, ignored = listing.pictures(path)
        if not files:
            raise DataError(f"{path} has no picture.")
        parts[split] = label_by_filename(files)
        _note_ignored(ignored, path, notes)
    return _Found(parts, notes, bool(given))


def _by_label_file(label_file: Path, folder: Path) -> _Found:
    labelled = read_label_file(label_file, folder)
    notes = []
    listed = {picture.file.resolve() for picture in labelled}
    unlisted = sum(file.resolve() not in listed for file in listing.pictures(folder)[0])
    if unlisted:
        notes.append(
            Note(
                en=f"{unlisted} picture(s) of the folder are not in {label_file.name} and were left out.",
                fr=f"{unlisted} image(s) du dossier, absentes de {label_file.name}, ont été laissées.",
            )
        )
    parts: dict[str, list[Labelled]] = {"train": []}
    for picture in labelled:
        parts.setdefault(picture.split or "train", []).append(picture)
    if not parts["train"]:
        raise DataError(f"{label_file} puts no picture into the training split.")
    return _Found(parts, notes, any(picture.split for picture in labelled))


def _assemble(
    found: _Found, validation: float | None, test: float | None, seed: int, *, fewest_classes: int
) -> Data:
    for name, share in (("validation", validation), ("test", test)):
        if share is not None and name in found.parts:
            raise ArgumentError(
                f"{name} is a share to take out of train, but this data has a {name} split of its own; leave "
                f"{name} out."
            )
    everything = found.parts["train"]
    classes = tuple(sorted({picture.label for picture in everything}))
    if len(classes) < fewest_classes:
        raise DataError(
            f"there must be at least two classes to tell apart; there is only {classes[0]!r}. Give every class "
            "a folder of its own (or another label)."
        )
    for name in ("validation", "test"):
        _check_classes(name, {picture.label for picture in found.parts.get(name, ())}, classes)

    default_test = 0.0 if found.has_splits else _DEFAULT_SHARE
    shares = splits.Shares(
        0.0 if "validation" in found.parts else _DEFAULT_SHARE if validation is None else validation,
        0.0 if "test" in found.parts else default_test if test is None else test,
    )
    index = {name: i for i, name in enumerate(classes)}

    def split(name: str, pictures: Sequence[Labelled]) -> Split | None:
        numbers = np.array([index[picture.label] for picture in pictures], np.int64)
        return Split(name, numbers, tuple(picture.file for picture in pictures)) if pictures else None

    labels = np.array([index[picture.label] for picture in everything], np.int64)
    train, *drawn = ([everything[i] for i in chosen] for chosen in splits.stratified(labels, shares, seed))
    given = dict(zip(("validation", "test"), drawn, strict=True)) | found.parts
    note = splits.drawn_note(shares, drawn, seed=seed, from_train=found.has_splits)
    training_split = split("train", train)
    assert training_split is not None  # every class keeps a picture to train on
    return Data(
        name="",
        classes=classes,
        train=training_split,
        validation=split("validation", given["validation"]),
        test=split("test", given["test"]),
        preprocess=_guess_preprocess([picture.file for picture in train]),
        notes=(*found.notes, *([note] if note else [])),
    )


def _check_classes(name: str, there: Iterable[str], classes: Sequence[str]) -> None:
    unknown = sorted(set(there) - set(classes))
    if unknown:
        close = did_you_mean(unknown[0], classes)
        raise DataError(
            f"the {name} split has classes that the training split lacks: {shown(unknown)}.{close} Training "
            f"has: {shown(list(classes))}."
        )


def _guess_preprocess(files: Sequence[Path]) -> Preprocess:
    """The pictures' own size where they share a small one, else 64×64; grey where all of them are."""
    step = max(1, len(files) // _SAMPLE)
    headers = [header for header in map(decode.read_header, files[::step]) if header]
    sizes = {(height, width) for height, width, _ in headers}
    own = sizes.pop() if len(sizes) == 1 else _DEFAULT_SIZE
    return Preprocess(
        size=own if max(own) <= 64 else _DEFAULT_SIZE,
        channels=1 if headers and all(grey for _, _, grey in headers) else 3,
    )
