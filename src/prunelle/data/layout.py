"""How a folder of photos is laid out: which folders are splits, which are classes, and which pictures are where."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from prunelle.data import listing
from prunelle.data.label_files import GroupColumn, read_label_file
from prunelle.data.labels import Labelled, class_of_filename, label_by_filename
from prunelle.data.split_names import is_general, speaks_of_splits, splits_among
from prunelle.data.targets import A_CLASS, BETWEEN, Task
from prunelle.errors import ArgumentError, DataError
from prunelle.texts import EN, FR, Note, composed, quoted, shown

PLAIN_NAMES = ("train", "val", "valid", "validation", "test")
"""Of splits; whatever else is taken for one is said."""

AS_CLASSES = "labels='folder' (--labels folder)"
"""How to say that every folder is a class."""


@dataclasses.dataclass
class FolderLayout:
    """What a layout gives.

    Attributes:
        parts: pictures by split; ``train`` holds everything where no splits are given.
        inside: the folder in which the classes seem to be, where the one that was named holds only that.
        column: what the label's column is called, of a CSV.
    """

    parts: dict[str, list[Labelled]]
    notes: list[Note]
    has_splits: bool
    inside: Path | None = None
    column: str = "number"


def by_folders(folder: Path, *, only_classes: bool = False) -> FolderLayout:
    """A folder a class, within folders that are splits where there are such.

    Args:
        only_classes: no folder is a split, whatever its name.

    Raises:
        DataError: folders without pictures, or that may be splits and may be classes.
    """
    notes: list[Note] = []
    children = listing.subfolders(folder)
    splits = {} if only_classes else _split_folders(folder, children, notes)
    if not splits:
        if not only_classes:
            notes += _alike_inside(children)
        return FolderLayout({"train": _classes(folder, notes)}, notes, False, _where_classes_are(folder))
    train = _classes(_descended(splits.pop("train"), notes), notes)
    known = {picture.label for picture in train}
    parts = {"train": train}
    for split, path in splits.items():
        inside = _descended(path, notes, known)
        if _is_unlabelled(inside, known):
            notes.append(_unlabelled(split, path))
        else:
            parts[split] = _classes(inside, notes)
    return FolderLayout(parts, notes, True)


def by_filename(folder: Path) -> FolderLayout:
    """The class in each file's name, within folders that are splits where there are such."""
    notes: list[Note] = []
    parts = {}
    given = _split_folders(folder, listing.subfolders(folder), notes, labels_inside=False)
    for split, path in (given or {"train": folder}).items():
        files, ignored = listing.pictures(path)
        if not files:
            raise DataError(f"{path} has no picture.{_elsewhere(ignored, path)}")
        notes += ignored.notes(path)
        if split != "train" and all(class_of_filename(file.name) is None for file in files):
            notes.append(_unlabelled(split, path))
        else:
            parts[split] = label_by_filename(files, path)
    return FolderLayout(parts, notes, bool(given))


def by_label_file(
    label_file: Path, folder: Path, group: GroupColumn | None = None, task: Task = A_CLASS
) -> FolderLayout:
    """Files and labels of a CSV, and the groups of one of its columns."""
    notes: list[Note] = []
    table = read_label_file(label_file, folder, notes, group, task)
    labelled = table.pictures
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
    return FolderLayout(parts, notes, any(picture.split for picture in labelled), column=table.column)


def with_labels_joined(parts: Mapping[str, Sequence[Labelled]]) -> dict[str, list[Labelled]]:
    """Of folders that are labels: a picture that is in several of them, under one name, once, with all of these."""
    joined: dict[str, list[Labelled]] = {}
    for split, pictures in parts.items():
        found: dict[tuple[str, bytes], Labelled] = {}
        names = Counter(picture.file.name for picture in pictures)
        for number, picture in enumerate(pictures):
            # Only files that share their name are read.
            several = names[picture.file.name] > 1
            held = hashlib.sha256(picture.file.read_bytes()).digest() if several else str(number).encode()
            key = picture.file.name, held
            before = found.get(key)
            label = picture.label if before is None else BETWEEN.join((before.label, picture.label))
            found[key] = dataclasses.replace(before or picture, label=label)
        joined[split] = list(found.values())
    return joined


def _split_folders(
    folder: Path, children: Mapping[str, Path], notes: list[Note], *, labels_inside: bool = True
) -> dict[str, Path]:
    """The folders that are splits, ``train`` among them, by the split's name; empty where all are classes.

    Args:
        labels_inside: a split holds class folders, so that one without them may be a class; else labels are in the
            names of files, and no folder is a class.

    Raises:
        DataError: their names say splits, what is in them and beside them says classes.
        ArgumentError: two folders for one split.
    """
    named = splits_among(children)
    # Of the folders whose names say a split among other things, those that hold folders as a split does.
    hinted = [name for name in children if name not in named and speaks_of_splits(name)]
    nested = [name for name in (*named, *hinted) if listing.subfolders(children[name])]
    others = [name for name in children if name not in named]
    train = [name for name, split in named.items() if split == "train"]
    if train and (not labels_inside or not others or any(name in nested for name in train)):
        return _check_splits(folder, children, named, others, notes)
    if not labels_inside:
        if named and len(children) > 1:
            raise DataError(
                f"{folder} has {_list(named)}, named like a split, and no folder train. Call the folder of the "
                f"pictures to learn from train, or name the folder that holds them instead of {folder}."
            )
        return {}
    if not named and not any(name in nested for name in hinted):
        return {}
    # A class of vehicles may be called train, one of coupons valid: it holds pictures, and the only other folder or
    # folders cannot do without it.
    if len(named) == 1 and not nested and others and (train or len(others) == 1):
        name = next(iter(named))
        notes.append(
            Note(
                f"The folder {name}, though named like a split, is taken for a class, beside {EN.listed(others)}: it "
                f"holds pictures and no folders.",
                f"Le dossier {name}, bien qu’il porte le nom d’une division, est pris pour une classe, à côté de "
                f"{FR.listed(others)} : il contient des images et pas de dossiers.",
            )
        )
        return {}
    if not others and not train:
        raise DataError(
            f"{folder} has {_list(named)} and no folder to train on. Name the folder to use "
            f"({folder / next(iter(named))}), or call the one to learn from train. If every folder is a class, say so: "
            f"{AS_CLASSES}."
        )
    ambiguous = list(named) or [name for name in hinted if name in nested]
    beside = [name for name in children if name not in ambiguous]
    raise DataError(
        f"{folder} has {_list(ambiguous)}, named like a split"
        + (f", beside {shown(beside)}" if beside else "")
        + f", and it is not clear which are splits and which are classes. If every folder is a class, say so: "
        f"{AS_CLASSES}. If not, call the splits train, validation and test, each with a folder a class in it, and take "
        f"the other folders out."
    )


def _check_splits(
    folder: Path,
    children: Mapping[str, Path],
    named: Mapping[str, str],
    others: Sequence[str],
    notes: list[Note],
) -> dict[str, Path]:
    """The splits, once it is clear that they are; what a reader would not expect is noted."""
    by_split: dict[str, str] = {}
    for name, split in named.items():
        if split in by_split:
            raise ArgumentError(
                f"{folder} has two folders for {split}: {by_split[split]} and {name}. Keep one, or, if every "
                f"folder is a class, say so: {AS_CLASSES}."
            )
        by_split[split] = name
    unusual = {split: name for split, name in by_split.items() if name.lower() not in PLAIN_NAMES}
    if unusual:
        order = ("train", "validation", "test")
        listed = [f"{unusual[split]} ({split})" for split in order if split in unusual]
        notes.append(
            Note(
                f"These folders were taken for splits: {EN.listed(listed)}. If every folder is a class: "
                f"--labels folder.",
                f"Ces dossiers ont été pris pour des divisions : {FR.listed(listed)}. Si chaque dossier est une "
                f"classe : --labels folder.",
            )
        )
    if others:
        notes.append(
            Note(
                en=f"Beside {by_split['train']}, these folders were not read: {EN.listed(others)}.",
                fr=f"À côté de {by_split['train']}, ces dossiers n’ont pas été lus : {FR.listed(others)}.",
            )
        )
    return {split: children[name] for split, name in by_split.items()}


def _list(names: Mapping[str, str] | Sequence[str]) -> str:
    return ("the folder " if len(names) == 1 else "the folders ") + shown([repr(name) for name in names])


def _descended(split: Path, notes: list[Note], known: set[str] | frozenset[str] = frozenset()) -> Path:
    """The folder of the classes, where a split's folder holds only that (``training_set/training_set``)."""
    below = _where_classes_are(split)
    if below is None or composed(next(iter(listing.subfolders(split)))) in known:
        return split
    notes.append(
        Note(
            f"The classes of {split.name} are in {below.relative_to(split.parent)}.",
            f"Les classes de {split.name} sont dans {below.relative_to(split.parent)}.",
        )
    )
    return below


def _where_classes_are(folder: Path) -> Path | None:
    """Below a folder that holds one folder and nothing else: the first that holds several, and no picture."""
    below = folder
    while len(inside := listing.subfolders(below)) == 1 and not _beside(below):
        below = next(iter(inside.values()))
    return below if below != folder and len(inside) > 1 and not _beside(below) else None


def _alike_inside(children: Mapping[str, Path]) -> list[Note]:
    """A word where all folders hold the same folders and no picture, as splits do."""
    inside = [set(listing.subfolders(path)) for path in children.values()]
    common = set.intersection(*inside) if len(inside) > 1 else set()
    if len(common) < 2 or any(_beside(path) for path in children.values()):
        return []
    return [
        Note(
            f"The classes are {EN.listed(list(children))}, each with the folders {EN.listed(sorted(common))}. If those "
            f"are the classes, call the folders above them train, validation and test.",
            f"Les classes sont {FR.listed(list(children))}, chacune avec les dossiers {FR.listed(sorted(common))}. Si "
            f"ce sont eux les classes, nommez les dossiers au-dessus train, validation et test.",
        )
    ]


def _is_unlabelled(folder: Path, known: set[str]) -> bool:
    """Pictures without class folders, or in one folder that is no class (``test/unknown``)."""
    inside = listing.subfolders(folder)
    if not inside:
        return bool(_beside(folder))
    name = next(iter(inside))
    return len(inside) == 1 and composed(name) not in known and is_general(name)


def _unlabelled(split: str, path: Path) -> Note:
    return Note(
        f"{path.name} has pictures without classes, so it is no {split} split; prunelle predict RUN {quoted(path)} "
        f"names what is on them once there is a run.",
        f"{path.name} contient des images sans classe, ce n’est donc pas une division de {split} ; prunelle predict "
        f"RUN {quoted(path)} dira ce qu’elles montrent une fois l’entraînement fait.",
    )


def _beside(folder: Path) -> list[Path]:
    """Pictures directly in a folder, by their names."""
    return [path for path in listing.entries(folder) if listing.is_picture_name(path.name) and path.is_file()]


def _classes(folder: Path, notes: list[Note]) -> list[Labelled]:
    labelled: list[Labelled] = []
    empty: list[str] = []
    ignored = listing.Ignored()
    classes = listing.subfolders(folder)
    beside = _beside(folder)
    if not classes:
        raise DataError(
            f"{folder} has no picture.{_elsewhere(listing.pictures(folder).ignored, folder)}"
            if not beside
            else f"{folder} has pictures ({beside[0].name}…) but no folders, which are its classes: put the pictures "
            "of each class into a folder of its own inside. If the class is in the files' names, say labels='filename' "
            "(--labels filename); if it is in a CSV of file,label, name that file (--labels labels.csv)."
        )
    for name, path in classes.items():
        files, others = listing.pictures(path)
        ignored += others
        if not files:
            empty.append(name)
        labelled += [Labelled(file, composed(name), root=path) for file in files]
    if not labelled:
        raise DataError(
            f"{folder} has no picture in its folders ({shown(list(classes))}).{_elsewhere(ignored, folder)}"
        )
    if empty:
        raise DataError(
            f"class folder(s) of {folder} without a picture: {shown(empty)}. Fill or remove them."
            f"{_elsewhere(ignored, folder)}"
        )
    if beside:
        notes.append(
            Note(
                en=f"{EN.integer(len(beside))} file(s) beside the class folders of {folder.name} were left out.",
                fr=f"{FR.integer(len(beside))} fichier(s) à côté des dossiers de classes de {folder.name} ont été "
                f"laissés.",
            )
        )
    notes += ignored.notes(folder)
    if links := listing.links_up(folder):
        notes.append(
            Note(
                en=f"Links to a folder above were passed over: {EN.listed(links)}.",
                fr=f"Des liens vers un dossier au-dessus ont été laissés : {FR.listed(links)}.",
            )
        )
    return labelled


def _elsewhere(ignored: listing.Ignored, folder: Path) -> str:
    """What an error adds where pictures are missing that iCloud has."""
    return f" {ignored.elsewhere_note(folder).en}" if ignored.elsewhere else ""
