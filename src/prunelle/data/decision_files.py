"""The files that decisions are read from: Prunelle's own, a plain ``file,label``, and exports of two labelling tools.

What is known by its header, and what is assumed of it:

**Prunelle's own**: a column ``decision``. Every line is checked, and the last one must end: a file that is cut off or
changed is named, with its line.

**Label Studio's CSV export**: columns ``annotator`` and ``annotation_id`` among others, sorted by name
(``annotation_id,annotator,choice,created_at,id,image,lead_time,updated_at``), a line an annotation. The picture is the
task's field (``image``, or another name of a file column); the class is what the ``<Choices>`` tag is called
(``choice`` in its templates), or the one column that the tool does not write itself. A picture that was uploaded is
``/data/upload/PROJECT/abcdef12-name.jpg``: Label Studio has put eight hexadecimal digits and a hyphen before the name,
and in it an underscore for a blank and nothing for signs as ``(``; one of a local storage is
``/data/local-files/?d=path``; others are addresses (``s3://…``). Several choices for one picture (``{"choices": […]}``,
of a tag with ``choice="multiple"``) are several labels. Without a choice there is no decision.

**FiftyOne's CSV export** (``fiftyone.types.CSVDataset``): a column ``filepath``, and the label's field under its whole
name (``ground_truth.label``), or the name that was given for it (``label``); without a label there is no decision.
Of several labels (``ground_truth.classifications.label``) the tool writes the names with commas between them. Paths
are names alone unless ``abs_paths`` or ``rel_dir`` was said.

**A plain table** has a column of files and one of labels by any name that a table of labels may have (``label_files``).
All of its lines are ``relabel``: whether that changes anything is known beside the data, and so is whether ``cat;dog``
are two labels or a class of that name, and an empty cell a picture without any label or a mistake.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from prunelle.csv_files import unmarked
from prunelle.data.decision import ACTIONS, Decision
from prunelle.data.label_files import FILES, LABELS, plain_header
from prunelle.data.targets import BETWEEN
from prunelle.errors import DataError, MissingData
from prunelle.files import no_file
from prunelle.texts import visible

COLUMNS = ("file", "label", "decision", "was", "by", "at")

_UPLOAD = re.compile(r"[0-9a-f]{8}-(?=.)")
# Of every line of Label Studio's, whatever the project.
_OF_LABEL_STUDIO = (
    *("annotationid", "annotator", "createdat", "id", "leadtime", "updatedat", "agreement", "history"),
)

Row = dict[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Format:
    """How the lines of a file are read.

    Attributes:
        decision: of a line; None where it holds none.
        by_people: several lines may be of one picture.
        ends: the last line must end.
    """

    decision: Callable[[Row], Decision | None]
    by_people: bool = False
    ends: bool = False


def read(path: Path) -> list[Decision]:
    """The decisions of a file, in the order they were made; several of one picture where several people annotated it.

    Raises:
        DataError: it cannot be read, or a line of it cannot: which.
    """
    text = _text(path)
    first_line = re.split("[\r\n]", text, maxsplit=1)[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    decisions: list[Decision] = []
    lines: dict[str, int] = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        form = _format_of(header, path)
        for cells in reader:
            where = f"{path}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise DataError(
                    f"{where}: {len(header)} values were expected, as in the header; received {len(cells)}."
                )
            try:
                decision = form.decision(dict(zip(header, map(unmarked, cells), strict=True)))
            except ValueError as error:
                raise DataError(f"{where}: {error}") from None
            if decision is None:
                continue
            if not form.by_people and decision.file in lines:
                raise DataError(
                    f"{where}: {visible(decision.file)} is on line {lines[decision.file]} already."
                )
            lines[decision.file] = reader.line_num
            decisions.append(decision)
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}, is damaged: {error}.") from None
    # Of a line that ends after its comma nobody knows whether that was all.
    if (form.ends or (decisions and not decisions[-1].label)) and not text.endswith(("\n", "\r")):
        raise DataError(f"{path}, line {reader.line_num}, is cut off: it does not end.")
    return sorted(decisions, key=lambda one: one.at) if form.by_people else decisions


def _text(path: Path) -> str:
    if kind := no_file(path):
        raise DataError(f"{path} cannot be read: it is {kind}, not a file.")
    try:
        return path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    except FileNotFoundError:
        raise MissingData(
            f"decisions must be a CSV file of file,label; there is no {path}. Decisions are made with prunelle "
            f"review RUN, or exported from Label Studio or FiftyOne."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None


def _format_of(header: Sequence[str], path: Path) -> _Format:
    plain = [plain_header(name) for name in header]
    if "decision" in header:
        if missing := [name for name in COLUMNS[:3] if name not in header]:
            raise DataError(
                f"{path}, line 1: the header must have {','.join(COLUMNS)}; it lacks {', '.join(missing)}."
            )
        return _Format(decision=_own, ends=True)
    file = next((header[plain.index(name)] for name in FILES if name in plain and name != "id"), None)
    if {"annotator", "annotationid"} <= set(plain):
        return _label_studio(header, plain, file, path)
    labels = [name for name in header if name != file and (name == "label" or name.endswith(".label"))]
    if "filepath" in header and labels:
        if len(labels) > 1:
            raise DataError(
                f"{path}, line 1: which of {', '.join(labels)} is the class? Export one of them: "
                f'fields=["filepath", "{labels[0]}"].'
            )
        several = labels[0].endswith(".classifications.label")

        def of_fiftyone(row: Row) -> Decision | None:
            label = row[labels[0]].replace(",", BETWEEN) if several else row[labels[0]]
            return _plain(_slashes(row["filepath"]), label, needed=False)

        return _Format(decision=of_fiftyone)
    label = next((header[plain.index(name)] for name in LABELS if name in plain), None)
    if file is None or label is None:
        raise DataError(
            f"{path}, line 1: the header must be file,label, or that of Prunelle's decisions ({','.join(COLUMNS)}), of "
            f"a CSV of Label Studio (…annotator,choice,image…) or FiftyOne (filepath,ground_truth.label); received "
            f"{','.join(header)[:200]!r}."
        )
    return _Format(decision=lambda row: _plain(_slashes(row[file].strip()), row[label], needed=True))


def _own(row: Row) -> Decision:
    action = row["decision"]
    if action not in ACTIONS:
        raise ValueError(f"decision must be {', '.join(ACTIONS)}; received {action!r}.")
    return Decision(
        file=row["file"],
        label=row["label"] or (None if action == "leave out" else ""),
        action=action,
        was=row.get("was") or None,
        by=row.get("by", ""),
        at=row.get("at", ""),
    )


def _plain(file: str, label: str, *, needed: bool, by: str = "", at: str = "") -> Decision | None:
    if not label.strip() and not needed:
        return None
    if not file:
        raise ValueError("the file is empty.")
    return Decision(file=file, label=label.strip(), action="relabel", by=by, at=at)


def _slashes(file: str) -> str:
    r"""As on every system; a ``\`` in a name of a file of a table comes from Windows."""
    return file.replace("\\", "/")


def _label_studio(header: Sequence[str], plain: Sequence[str], file: str | None, path: Path) -> _Format:
    rest = [
        name
        for name, its in zip(header, plain, strict=True)
        if its not in _OF_LABEL_STUDIO and name != file and its != "choice"
    ]
    choice = next((header[i] for i, its in enumerate(plain) if its == "choice"), None)
    if choice is None and len(rest) == 1:
        choice = rest[0]
    if file is None or choice is None:
        raise DataError(
            f"{path}, line 1: of this export of Label Studio, which column is the picture and which the class? They "
            f"must be called image and choice; received {','.join(header)[:200]!r}."
        )
    annotator, updated, created = (
        next((header[i] for i, its in enumerate(plain) if its == name), None)
        for name in ("annotator", "updatedat", "createdat")
    )

    def decision(row: Row) -> Decision | None:
        at = (updated and row[updated]) or (created and row[created]) or ""
        by = row[annotator] if annotator else ""
        return _plain(_uploaded(row[file]), _choices(row[choice]), needed=False, by=by, at=at)

    return _Format(decision=decision, by_people=True)


def _choices(cell: str) -> str:
    """The class, or several labels; empty where nothing was chosen."""
    if not cell.startswith(("{", "[")):
        return cell
    try:
        value = json.loads(cell)
    except ValueError:
        return cell  # a class may be called so
    choices = value.get("choices") if isinstance(value, dict) else value
    if not isinstance(choices, list) or not all(isinstance(choice, str) for choice in choices):
        raise ValueError(f"choices were expected; received {cell[:200]}.")
    return BETWEEN.join(choices)


def _uploaded(address: str) -> str:
    """What the picture was called before it was given to Label Studio, as far as its address says."""
    plain, _, query = address.partition("?")
    if plain.endswith("/data/local-files/"):
        return _slashes(urllib.parse.parse_qs(query).get("d", [""])[0]).lstrip("/")
    path = PurePosixPath(urllib.parse.unquote(plain))
    if "/data/upload/" in plain or plain.startswith("upload/"):
        return _UPLOAD.sub("", path.name, count=1)
    if "://" in plain:
        return urllib.parse.unquote(urllib.parse.urlsplit(plain).path).lstrip("/")
    return str(path)
