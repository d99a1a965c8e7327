"""Labels in a CSV file: which column is what, and which picture a name means."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from prunelle.csv_files import unmarked
from prunelle.data import listing
from prunelle.data.labels import Labelled
from prunelle.data.split_names import split_of
from prunelle.data.targets import A_CLASS, BETWEEN, Task
from prunelle.data.telling import is_yes, names_in, separator_of
from prunelle.errors import ArgumentError, DataError, MissingData, did_you_mean
from prunelle.texts import EN, FR, Note, composed, shown

# Headers without capitals, accents, blanks and underscores; of several in one file, the first here is taken.
FILES = (
    *(
        "file",
        "filename",
        "filepath",
        "path",
        "image",
        "imagename",
        "imagefile",
        "imagepath",
        "img",
        "imgname",
    ),
    *(
        "imgfile",
        "imgpath",
        "picture",
        "picturename",
        "photo",
        "files",
        "filenames",
        "paths",
        "images",
        "imgs",
    ),
    *(
        "pictures",
        "photos",
        "fichier",
        "nomfichier",
        "chemin",
        "imageid",
        "imgid",
        "pictureid",
        "photoid",
        "id",
    ),
)
LABELS = (
    *(
        "label",
        "class",
        "category",
        "labels",
        "classes",
        "categories",
        "classname",
        "labelname",
        "categoryname",
    ),
    *("species", "breed", "target", "targets", "etiquette", "classe", "categorie", "espece"),
    *("classid", "labelid", "categoryid"),
)
_TAGS = ("tags", "tag", "keywords", "etiquettes", "motscles")
"""Of columns with several labels, too."""
_SPLITS = ("split", "set", "subset", "partition", "usage")
GROUPS = (
    *("group", "groups", "groupid", "groupe", "patient", "patientid", "subject", "subjectid", "sujet"),
    *("person", "personne", "film", "clip", "video", "sequence", "burst", "rafale", "case", "individual"),
)


@dataclasses.dataclass(frozen=True)
class GroupColumn:
    """The column of a CSV of labels that says which pictures belong together, by its header."""

    name: str


def find_label_file(labels: str | Path, folder: Path) -> Path:
    """``labels`` in the folder of pictures, else from the current one."""
    return find_table(labels, folder, "labels must be 'filename', 'folder' or a CSV file")


def find_table(table: str | Path, folder: Path, rule: str) -> Path:
    """A CSV in the folder of pictures, else from the current one.

    Raises:
        MissingData: it is in neither; the error begins with ``rule``.
    """
    path = Path(table).expanduser()
    for candidate in (folder / path, path):
        if candidate.is_file():
            return candidate.absolute()
    raise MissingData(
        f"{rule}; received {str(table)!r}, and there is no such file in {folder} nor in the current folder."
    )


@dataclasses.dataclass(frozen=True)
class LabelTable:
    """What a CSV of labels holds.

    Attributes:
        pictures: with the text of the label of each; of several labels, ``;`` between them.
        column: what the label's column is called.
    """

    pictures: list[Labelled]
    column: str


def read_label_file(
    path: Path, folder: Path, notes: list[Note], group: GroupColumn | None = None, task: Task = A_CLASS
) -> LabelTable:
    """A CSV with a column of files, one of labels, and optionally one of splits; semicolons and tabs do as well.

    Columns are known by their headers: file, filename, image, image_id…; label, class, category, species…; split, set….
    Of several labels there may be a column each, and several lines a file; a number may be in the only other column.
    Files are relative to ``folder``, else to the CSV's own. A name is found whatever the form of its accents, and,
    where no file has it, by what stands before the suffix (``7`` for ``7.jpg``).

    Args:
        notes: gets what a reader should know of how the file was understood.
        group: the column of what pictures belong to; None where nobody asks. An empty cell is no group.
        task: what labels are.

    Raises:
        DataError: a header, line or encoding that cannot be read; it says which.
        MissingData: it names files that are not there.
        ArgumentError: there is no column ``group``, or none that ``task`` names.
    """
    rows = _rows_of(path)
    finder = _Finder(folder, path.parent)
    try:
        header: list[str] = next(rows, [])
        body = [(rows.line_num, row) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}: {error}.") from None
    columns = _Columns(header, [row for _, row in body], path, finder, group=group, task=task)
    labelled = _read_rows(body, columns, path, finder)
    if not labelled:
        raise DataError(f"{path} names no file.")
    if columns.note is not None:
        notes.append(columns.note)
    return LabelTable(labelled, columns.called)


def read_group_file(path: Path, folder: Path) -> dict[Path, str]:
    """Of a CSV with a column of files and one of groups (group, patient, subject, film…): the group of each file.

    Files are found as ``read_label_file`` finds them; those that are not there are passed over, an empty group is none.

    Raises:
        DataError: a header, line or encoding that cannot be read; it says which.
    """
    rows = _rows_of(path)
    finder = _Finder(folder, path.parent)
    groups: dict[Path, str] = {}
    try:
        header = [name.strip() for name in next(rows, [])]
        file, group = (_first_column(header, names) for names in (FILES, GROUPS))
        if file is None or group is None:
            raise DataError(
                f"{path}, line 1: the header must be file,group; received {','.join(header)[:200]!r}, which names no "
                f"column of {'groups (group, patient, subject, film, clip…)' if file is not None else 'files'}."
            )
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise DataError(
                    f"{path}, line {rows.line_num}: {len(header)} values were expected, as in the header; received "
                    f"{len(row)}."
                )
            for found in finder.find(row[file].strip()):
                if text := composed(unmarked(row[group].strip())):
                    groups[found.resolve()] = text
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}: {error}.") from None
    return groups


def _rows_of(path: Path) -> csv._reader:  # type: ignore[name-defined]
    """The rows of a CSV, its header first; semicolons and tabs do as well."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text; save it as CSV (UTF-8).") from None
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}.") from None
    first_line = re.split("[\r\n]", text, maxsplit=1)[0]
    delimiter = max(",;\t", key=first_line.count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _first_column(header: Sequence[str], names: Sequence[str]) -> int | None:
    """Of the columns that have one of these names, that of the first name."""
    plain = [plain_header(name) for name in header]
    return next((plain.index(name) for name in names if name in plain), None)


class _Columns:
    """Where the files, labels, splits and groups are."""

    def __init__(
        self,
        header: Sequence[str],
        body: Sequence[Sequence[str]],
        path: Path,
        finder: _Finder,
        *,
        group: GroupColumn | None,
        task: Task,
    ) -> None:
        self.header = [name.strip() for name in header]
        self.task = task
        file, split = (_first_column(self.header, names) for names in (FILES, _SPLITS))
        self.file, self.split = file if file is not None else -1, split
        self.group = None if group is None else self._group_column(path, group)
        labels = self._label_columns(body, path)
        if file is None or not labels:
            lacking = " and ".join(
                what
                for what, there in (
                    ("files (file, filename, image, path, image_id, id…)", file is not None),
                    (_LACKING[task.kind], bool(labels)),
                )
                if not there
            )
            hint = ""
            if any(name and finder.find(name) for name in self.header):
                hint = " That looks like a picture and its label: put a line file,label before it."
            raise DataError(
                f"{path}, line 1: the header must be file,label; received {','.join(self.header)[:200]!r}, which names "
                f"no column of {lacking}.{hint}"
            )
        self.labels = labels
        self.called = self.header[labels[0]]
        # Where a column says yes or no, its header is the label.
        self.each = task.kind == "labels" and (len(labels) > 1 or self._says_yes(labels[0], body))
        self._separator = separator_of(row[labels[0]] for row in body if len(row) == len(self.header))
        read = {file, split, self.group, *labels} - {None}
        unread = [name for at, name in enumerate(self.header) if at not in read]
        self.note = self._columns_note(path, unread) if unread or self.each else None

    def _label_columns(self, body: Sequence[Sequence[str]], path: Path) -> list[int]:
        """Those of the labels; none where no header says so."""
        if self.task.columns:
            return [self._named(name, path) for name in self.task.columns]
        names = (*LABELS, *_TAGS) if self.task.kind == "labels" else LABELS
        label = _first_column(self.header, names)
        if label is not None and label != self.file:
            return [label]
        if self.task.kind == "class":
            return []
        others = [
            at
            for at, name in enumerate(self.header)
            if at not in (self.file, self.split, self.group)
            and plain_header(name) not in (*FILES, *_SPLITS, *GROUPS)
        ]
        if self.task.kind == "labels":
            return [at for at in others if self._says_yes(at, body)]
        if len(others) > 1:
            raise ArgumentError(
                f"task regression must say which column of {path.name} is the number: it has "
                f"{shown([self.header[at] for at in others])}. Say --task regression:{self.header[others[0]]}, say."
            )
        return others

    def _named(self, name: str, path: Path) -> int:
        plain = [plain_header(each) for each in self.header]
        at = plain.index(plain_header(name)) if plain_header(name) in plain else -1
        if at < 0 or at == self.file:
            raise ArgumentError(
                f"task (--task) must name columns of {path.name}; received {name!r}."
                f"{did_you_mean(name, self.header)} It has: {shown(self.header)}."
            )
        return at

    def _says_yes(self, at: int, body: Sequence[Sequence[str]]) -> bool:
        """Whether a column says yes or no of each file, and not always no."""
        cells = [row[at] for row in body if len(row) == len(self.header)]
        said = [is_yes(cell) for cell in cells]
        return None not in said and any(said)

    def label_of(self, row: Sequence[str], where: str) -> str:
        """The text of a row's label.

        Raises:
            DataError: it has none, and must; a column of one label says neither yes nor no.
        """
        if not self.each:
            text = unmarked(row[self.labels[0]].strip())
            if self.task.kind == "labels":
                return BETWEEN.join(names_in(text, self._separator))
            if not text:
                raise DataError(f"{where}: the label is empty.")
            return composed(text)
        names = []
        for at in self.labels:
            said = is_yes(row[at])
            if said is None:
                raise DataError(
                    f"{where}: {self.header[at]} must be 1 or 0, yes or no; received {row[at]!r}."
                )
            if said:
                names.append(composed(self.header[at]))
        return BETWEEN.join(names)

    def _group_column(self, path: Path, group: GroupColumn) -> int:
        plain = [plain_header(name) for name in self.header]
        at = plain.index(name) if (name := plain_header(group.name)) in plain else None
        label = _first_column(self.header, LABELS)
        if at is None or at in (self.file, label):
            others = [name for i, name in enumerate(self.header) if i not in (self.file, label)]
            why = (
                "that is the column of the " + ("files" if at == self.file else "labels")
                if at is not None
                else ""
            )
            raise ArgumentError(
                f"groups (--groups) must name a column of {path.name} that says what pictures belong to; received "
                f"{group.name!r}{f', and {why}' if why else ''}.{did_you_mean(group.name, others)} It has: "
                f"{shown(others) if others else 'no other'}. Or say folder, name, or a CSV of file,group."
            )
        return at

    def _columns_note(self, path: Path, unread: Sequence[str]) -> Note:
        file, label = self.header[self.file], EN.listed([self.header[at] for at in self.labels])
        what = _WHAT[self.task.kind]
        split_en = f", splits from {self.header[self.split]}" if self.split is not None else ""
        split_fr = f", les divisions de {self.header[self.split]}" if self.split is not None else ""
        rest = Note("", "")
        if unread:
            rest = Note(f"; not read: {EN.listed(unread)}", f" ; pas lu : {FR.listed(unread)}")
        return Note(
            f"Of {path.name}, files are taken from the column {file}, {what.en} from {label}{split_en}{rest.en}.",
            f"Dans {path.name}, les fichiers sont pris dans la colonne {file}, {what.fr} dans {label}{split_fr}"
            f"{rest.fr}.",
        )


_WHAT = {
    "class": Note("classes", "les classes"),
    "labels": Note("labels", "les étiquettes"),
    "number": Note("numbers", "les nombres"),
}
_LACKING = {
    "class": "labels (label, class, category, species, target…)",
    "labels": "labels (label, labels, tags…, or a column a label that holds 1 and 0)",
    "number": "numbers (--task regression:COLUMN names it)",
}


def plain_header(header: str) -> str:
    letters = unicodedata.normalize("NFKD", header).casefold()
    return "".join(letter for letter in letters if letter.isalnum())


def _read_rows(
    rows: Sequence[tuple[int, Sequence[str]]], columns: _Columns, path: Path, finder: _Finder
) -> list[Labelled]:
    listed: dict[Path | str, int] = {}
    at_file: dict[Path, int] = {}
    labelled: list[Labelled] = []
    missing = []
    for number, row in rows:
        where = f"{path}, line {number}"
        if len(row) != len(columns.header):
            raise DataError(
                f"{where}: {len(columns.header)} values were expected, as in the header; received {len(row)}."
            )
        name = row[columns.file].strip()
        if not name:
            raise DataError(f"{where}: the file is empty.")
        label = columns.label_of(row, where)
        files = finder.find(name)
        if len(files) > 1:
            raise DataError(
                f"{where}: {name!r} may be {shown([file.name for file in files])}; write the whole name."
            )
        file = files[0] if files else None
        if (file or name) in listed and columns.task.kind != "labels":
            raise DataError(f"{where}: {name} is on line {listed[file or name]} already.")
        if (file or name) not in listed and file is None:
            missing.append(name)
        listed.setdefault(file or name, number)
        if file is None:
            continue
        if file in at_file:
            before = labelled[at_file[file]]
            labelled[at_file[file]] = dataclasses.replace(before, label=BETWEEN.join((before.label, label)))
            continue
        at_file[file] = len(labelled)
        group = row[columns.group].strip() if columns.group is not None else ""
        labelled.append(
            Labelled(
                file,
                label,
                _split(row, columns, where),
                root=finder.folder,
                group=composed(unmarked(group)) or None,
            )
        )
    if missing:
        inside = finder.holder(missing[0])
        raise MissingData(
            f"{path} names {len(missing)} file(s) that are not in {finder.folder}: {shown(missing)}. "
            + (
                f"There are such files in {inside}: name that folder, and the CSV by its path."
                if inside
                else "Names are relative to that folder; correct them, or take the lines out."
            )
        )
    return labelled


def _split(row: Sequence[str], columns: _Columns, where: str) -> str | None:
    given = row[columns.split].strip() if columns.split is not None else ""
    split = split_of(given) if given else None
    if given and split is None:
        raise DataError(
            f"{where}: {columns.header[columns.split or 0]} must be train, validation or test, or empty; received "
            f"{given!r}. Give the column another name if it is no split."
        )
    return split


class _Finder:
    """Pictures by the names that a table gives them. Each folder is listed once, and only where that is needed."""

    def __init__(self, folder: Path, beside: Path) -> None:
        self.folder = folder
        self._bases = (folder, beside)
        self._listed: dict[Path, tuple[dict[str, list[Path]], dict[str, list[Path]]]] = {}

    def find(self, name: str) -> list[Path]:
        """The file of that name; the files, where several might be meant; none."""
        # A CSV made on Windows may say cats\\1.jpg, one of Prunelle's has an apostrophe before a formula.
        spellings = list(dict.fromkeys((name, name.replace("\\", "/"), unmarked(name))))
        for look in (self._exactly, self._nearly):
            for spelling in spellings:
                for base in self._bases:
                    if files := look(base, spelling):
                        return files
        return []

    def holder(self, name: str) -> Path | None:
        """A folder directly in ours in which there is a file of that name."""
        folders = listing.subfolders(self.folder).values()
        return next((inside for inside in folders if self._nearly(inside, name)), None)

    @staticmethod
    def _exactly(base: Path, name: str) -> list[Path]:
        try:
            return [base / name] if (base / name).is_file() else []
        except OSError:  # a name longer than any file's
            return []

    def _nearly(self, base: Path, name: str) -> list[Path]:
        """In any form of accents, and with any suffix where none has the whole name."""
        *parents, last = PurePosixPath(name).parts or ("",)
        folder = base
        for part in parents:
            if not (folder / part).is_dir():
                inside = [path for path in self._names(folder)[0].get(composed(part), ()) if path.is_dir()]
                if not inside:
                    return []
                folder = inside[0]
            else:
                folder = folder / part
        names, stems = self._names(folder)
        files = [path for path in names.get(composed(last), ()) if path.is_file()]
        return files or [path for path in stems.get(composed(last), ()) if path.is_file()]

    def _names(self, folder: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
        """What is in a folder by its name, and pictures by what stands before the suffix."""
        if folder not in self._listed:
            names: dict[str, list[Path]] = {}
            stems: dict[str, list[Path]] = {}
            for path in listing.entries(folder) if folder.is_dir() else ():
                names.setdefault(composed(path.name), []).append(path)
                if path.suffix and listing.is_picture_name(path.name):
                    stems.setdefault(composed(path.stem), []).append(path)
            self._listed[folder] = names, stems
        return self._listed[folder]
