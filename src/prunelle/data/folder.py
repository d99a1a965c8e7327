"""A folder of photos, in the layouts people have, as ``Data``."""

from __future__ import annotations

import dataclasses
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data import decode, layout, listing, splits
from prunelle.data.examples import Data, Split
from prunelle.data.groups import Grouping, divided_notes
from prunelle.data.high_efficiency import check_installed
from prunelle.data.label_files import find_label_file, find_table
from prunelle.data.labels import Labelled, near_classes
from prunelle.data.preprocess import Preprocess
from prunelle.data.targets import ONE_CLASS, Task
from prunelle.data.telling import Told, told
from prunelle.errors import ArgumentError, DataError, MissingData, did_you_mean, folded
from prunelle.texts import EN, FR, Note, shown

_DEFAULT_SHARE = 0.1
_DEFAULT_SIZE = (64, 64)
_SAMPLE = 50


def load_folder(
    path: str | Path,
    *,
    labels: str | Path | None = None,
    groups: str | Path | None = None,
    task: str | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
) -> Data:
    """A folder of photos. Nothing is decoded; hidden files and folders are passed over, links are followed.

    The layouts::

        cats/… dogs/…                     a folder a class, of any depth
        train/ val/ test/                 (or Training/, test_set/, seg_train/…: see ``split_names``) with a folder a
                                          class in each; test/ and the validation folder may be missing, or hold
                                          pictures without classes, which are left for ``predict``
        train/… bus/… test/…              labels="folder": each is a class, whatever its name
        cat.1.jpg dog_2.png …             labels="filename": the class starts the name, also within train/ …
        anything, and a CSV               labels="labels.csv": file,label and optionally split, or as
                                          ``label_files`` says

    Names are compared with their accents in one form. Splits that are given stay as they are, and classes are those
    of the training split. Without splits, 10 % of each class becomes validation and 10 % test; where only the
    validation split is missing, it is 10 % of train.

    Args:
        path: the folder.
        labels: None, ``"filename"``, ``"folder"``, or the path of a CSV file, from the folder or from the current one.
        groups: how pictures say what they belong to, which splits that are drawn do not divide: ``data.groups``; None
            where each stands alone.
        task: what is to be told of a picture (``targets.Task``); its class unless given.
        validation, test: other shares, in [0, 1); 0 for none. Not for a split that is given.
        seed: of the draw.

    Raises:
        MissingData: the folder, the label file, or files it names do not exist.
        DataError: no picture, an empty class folder, one class only, a class that train lacks, folders that may be
            splits and may be classes.
        ArgumentError: a share out of range, or for a split that is given; groups that the data do not have.
    """
    asked = Task.parse(task)
    folder, labels, files = _read(path, labels, groups, asked)
    data = _assemble(files, validation, test, seed, task=asked, fewest_classes=2)
    source: dict[str, Any] = {
        "data": str(folder),
        "labels": labels,
        **_of_groups(groups, folder),
        **({} if task is None else {"task": task}),
        "validation": validation,
        "test": test,
        "seed": seed,
    }
    return dataclasses.replace(data, name=_slug(folder.name), source=source)


def load_labelled(
    path: str | Path,
    *,
    labels: str | Path | None = None,
    groups: str | Path | None = None,
    task: str | None = None,
) -> Data:
    """A folder of photos to hold a finished training against: nothing is drawn, and one class is enough.

    As ``load_folder`` otherwise: without splits of its own, every picture is in ``train``.
    """
    asked = Task.parse(task)
    folder, labels, files = _read(path, labels, groups, asked)
    if files.inside is not None:
        files.notes.append(
            Note(
                f"The folders of {folder} are taken for classes; if the classes are in {files.inside}, name that "
                f"folder.",
                f"Les dossiers de {folder} sont pris pour des classes ; si les classes sont dans {files.inside}, "
                f"nommez ce dossier.",
            )
        )
    nothing = {split: None if split in files.parts else 0.0 for split in ("validation", "test")}
    data = _assemble(files, nothing["validation"], nothing["test"], seed=0, task=asked, fewest_classes=1)
    source = {
        "data": str(folder),
        "labels": labels,
        **_of_groups(groups, folder),
        **({} if task is None else {"task": task}),
        **nothing,
        "seed": 0,
    }
    return dataclasses.replace(data, name=_slug(folder.name), source=source)


def _read(
    path: str | Path, labels: str | Path | None, groups: str | Path | None, task: Task
) -> tuple[Path, str | None, layout.FolderLayout]:
    """The folder and the label file, absolute, and what they hold."""
    folder = Path(os.path.abspath(Path(path).expanduser()))
    if not folder.exists():
        parent = folder.parent
        siblings = listing.subfolders(parent) if parent.is_dir() else ()
        raise MissingData(f"folder {str(path)!r} does not exist.{did_you_mean(folder.name, siblings)}")
    if not folder.is_dir():
        raise ArgumentError(f"data must be a folder; {str(path)!r} is a file. Unpack it if it is an archive.")
    in_file = labels is not None and str(labels) not in ("folder", "filename")
    label_file = find_label_file(str(labels), folder) if in_file else None
    grouping = None if groups is None else Grouping.parse(groups, folder, label_file)
    if label_file is not None:
        column = None if grouping is None else grouping.column
        labels, files = str(label_file), layout.by_label_file(label_file, folder, column, task)
    elif str(labels) == "filename":
        labels, files = "filename", layout.by_filename(folder)
    else:
        labels = None if labels is None else "folder"
        files = layout.by_folders(folder, only_classes=labels is not None)
    if label_file is None and task.kind == "labels":
        files.parts = layout.with_labels_joined(files.parts)
    if grouping is not None:
        files.parts = grouping.applied(files.parts, folder, files.notes)
    return folder, labels, files


def _of_groups(groups: str | Path | None, folder: Path) -> dict[str, str]:
    """The entry of ``source``; none where nothing was said of groups, as in runs of before."""
    if groups is None:
        return {}
    table = Grouping.table(groups)
    return {"groups": str(groups) if table is None else str(find_table(table, folder, "groups"))}


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "data"


def _assemble(
    files: layout.FolderLayout,
    validation: float | None,
    test: float | None,
    seed: int,
    *,
    task: Task,
    fewest_classes: int,
) -> Data:
    for name, share in (("validation", validation), ("test", test)):
        if share is not None and name in files.parts:
            raise ArgumentError(
                f"{name} is a share to take out of train, but this data has a {name} split of its own; leave "
                f"{name} out."
            )
    check_installed([picture.file for part in files.parts.values() for picture in part])
    texts = {name: [picture.label for picture in pictures] for name, pictures in files.parts.items()}
    if task.kind == "class":
        said = _classes_said(texts, files, fewest_classes)
    else:
        said = told(task.kind, texts, files.column, learned=fewest_classes > 1)

    default_test = 0.0 if files.has_splits else _DEFAULT_SHARE
    shares = splits.Shares(
        0.0 if "validation" in files.parts else _DEFAULT_SHARE if validation is None else validation,
        0.0 if "test" in files.parts else default_test if test is None else test,
    )
    given = {
        name: Split(
            name,
            said.labels[name],
            tuple(picture.file for picture in pictures),
            groups=_groups_of(pictures),
        )
        for name, pictures in files.parts.items()
        if pictures
    }
    everything = given["train"]
    drawn = splits.draw(
        everything.labels,
        everything.groups,
        shares,
        target=said.target,
        seed=seed,
        classes=said.classes,
        from_train=files.has_splits,
    )
    for name, rows in drawn.items():
        if len(rows):
            given[name] = dataclasses.replace(everything.take(rows), name=name)
    given["train"] = everything.take(drawn.train)
    grouped = {name: part.groups for name, part in given.items() if part.groups is not None}
    return Data(
        name="",
        classes=said.classes,
        target=said.target.fitted(given["train"].labels),
        train=given["train"],
        validation=given.get("validation"),
        test=given.get("test"),
        preprocess=_guess_preprocess(given["train"].files or ()),
        notes=(*files.notes, *drawn.notes, *(divided_notes(grouped) if grouped else ())),
        drawn=tuple(name for name in ("validation", "test") if name not in files.parts),
    )


def _classes_said(
    texts: Mapping[str, Sequence[str]], files: layout.FolderLayout, fewest_classes: int
) -> Told:
    """Each example's class."""
    classes = tuple(sorted(set(texts["train"])))
    if len(classes) < fewest_classes:
        raise DataError(
            f"there must be at least two classes to tell apart; there is only {classes[0]!r}."
            + (
                f" Its classes seem to be in {files.inside}: name that folder."
                if files.inside is not None
                else " Give every class a folder of its own (or another label)."
            )
        )
    files.notes.extend(_look_alike(classes))
    for name in ("validation", "test"):
        _check_classes(name, set(texts.get(name, ())), classes)
    index = {name: i for i, name in enumerate(classes)}
    labels = {name: np.array([index[text] for text in given], np.int64) for name, given in texts.items()}
    return Told(ONE_CLASS, classes, labels)


def _groups_of(pictures: Sequence[Labelled]) -> np.ndarray | None:
    """``(N,)`` str, where pictures have groups: then all do."""
    names = [picture.group for picture in pictures if picture.group is not None]
    return np.array(names) if len(names) == len(pictures) else None


def _check_classes(name: str, there: Iterable[str], classes: Sequence[str]) -> None:
    unknown = sorted(set(there) - set(classes))
    if unknown:
        raise DataError(
            f"the {name} split has classes that the training split lacks: {shown(unknown)}."
            f"{near_classes(unknown, classes)} Training has: {shown(list(classes))}."
        )


def _look_alike(classes: Sequence[str]) -> list[Note]:
    """A word on classes that differ in capitals or spaces only."""
    by_fold: dict[str, list[str]] = {}
    for name in classes:
        by_fold.setdefault(folded(name), []).append(name)
    pairs = [" / ".join(map(repr, names)) for names in by_fold.values() if len(names) > 1]
    if not pairs:
        return []
    return [
        Note(
            f"These classes differ in capitals or spaces only and are kept apart: {EN.listed(pairs)}. If they are the "
            f"same, put their pictures together.",
            f"Ces classes ne diffèrent que par des majuscules ou des espaces et restent distinctes : "
            f"{FR.listed(pairs)}. Si ce sont les mêmes, réunissez leurs images.",
        )
    ]


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
