"""What pictures belong to that must not be divided, as one says it: ``groups`` (``--groups``).

=================  =============================================================================================
``folder``         the folder directly below the class's (``cats/mimi/1.jpg``: ``mimi``); where classes are in names
                   or a CSV, the first below the data's
``folder:2``       two levels of folders, ``folder:3`` three…; ``folder:-1`` the folder that holds the picture,
                   ``folder:-2`` the one above it
``name``           what names share: ``IMG_0412`` of ``IMG_0412_a`` (``name_habits``)
``name:PATTERN``   what a regular expression finds in the name: its first group in brackets, else all
``FILE.csv``       a table of ``file,group``
anything else      that column of the CSV of labels; ``column:NAME`` where it is called as one of these
=================  =============================================================================================

A name is one group in whatever class and split it is. What belongs to none is a group by itself.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from prunelle.data.label_files import GroupColumn, find_table, read_group_file
from prunelle.data.labels import Labelled
from prunelle.data.name_habits import groups_of_names
from prunelle.errors import ArgumentError
from prunelle.texts import EN, FR, Note, composed, visible

AnyGroups: TypeAlias = "str | Path | Sequence[Any] | np.ndarray"
"""``groups`` of a verb: how pictures or series say theirs; or one for each example of data that are arrays."""

_TABLES = (".csv", ".tsv", ".txt")


@dataclasses.dataclass(frozen=True)
class Grouping:
    """How pictures in folders say what they belong to.

    Attributes:
        by: one of these.
        level: of ``folder``.
        pattern: of ``name``; None for habits.
        column: of the CSV of labels.
        file: the table of files and groups.
    """

    by: str
    level: int = 1
    pattern: re.Pattern[str] | None = None
    column: GroupColumn | None = None
    file: Path | None = None

    @staticmethod
    def table(groups: str | Path) -> Path | None:
        """The table of files and groups that ``groups`` names; None where it names none."""
        is_table = Path(groups).suffix.lower() in _TABLES and not str(groups).startswith(("name:", "column:"))
        return Path(groups) if is_table else None

    @classmethod
    def parse(cls, groups: str | Path, folder: Path, label_file: Path | None) -> Grouping:
        """Of ``groups`` as it was given.

        Args:
            groups: see the module.
            folder: of the pictures.
            label_file: the CSV of labels, where there is one.

        Raises:
            ArgumentError: it is none of these.
            MissingData: a file that is not there.
        """
        text = str(groups)
        word, colon, rest = text.partition(":")
        if isinstance(groups, str) and word == "folder":
            if not re.fullmatch(r"-?[1-9]\d?", rest if colon else "1"):
                raise ArgumentError(
                    f"groups 'folder:N' needs a level: 1 for the folder below the class, 2 for the next…, -1 for the "
                    f"folder that holds the picture; received {text!r}."
                )
            return cls("folder", level=int(rest or 1))
        if isinstance(groups, str) and word == "name":
            return cls("name", pattern=_compiled(rest) if colon else None)
        if (table := cls.table(groups)) is not None:
            return cls("file", file=find_table(table, folder, "groups"))
        if label_file is None:
            raise ArgumentError(
                f"groups (--groups) must be 'folder' (the folder below the class), 'name' (what names share), "
                f"'name:PATTERN', or a CSV of file,group; received {text!r}. A column of that name can be read where "
                f"labels are a CSV (--labels FILE.csv)."
            )
        return cls("column", column=GroupColumn(rest if word == "column" and colon else text))

    def applied(
        self, parts: Mapping[str, Sequence[Labelled]], folder: Path, notes: list[Note]
    ) -> dict[str, list[Labelled]]:
        """The pictures of each split with their groups; what a reader should know goes to ``notes``.

        Raises:
            ArgumentError: no two pictures belong together by this.
        """
        pictures = [picture for part in parts.values() for picture in part]
        found = self._found(pictures, folder)
        counts = Counter(group for group in found if group is not None)
        together = sum(count for count in counts.values() if count > 1)
        if not together:
            raise ArgumentError(self._nothing(pictures, folder))
        notes.append(self._note(counts, len(pictures)))
        names = iter(_alone(pictures, found, folder))
        return {
            split: [dataclasses.replace(picture, group=next(names)) for picture in part]
            for split, part in parts.items()
        }

    def _found(self, pictures: Sequence[Labelled], folder: Path) -> list[str | None]:
        """The group of each picture; None of what belongs to none."""
        if self.by == "folder":
            return [self._folder_of(picture, folder) for picture in pictures]
        if self.pattern is not None:
            return [_matched(self.pattern, picture.file.stem) for picture in pictures]
        if self.by == "name":
            habits = groups_of_names([picture.file for picture in pictures])
            return [None if habit is None else habit.group for habit in habits]
        if self.file is not None:
            of_file = read_group_file(self.file, folder)
            return [of_file.get(picture.file.resolve()) for picture in pictures]
        return [picture.group for picture in pictures]

    def _folder_of(self, picture: Labelled, folder: Path) -> str | None:
        above = picture.root or folder
        parts = picture.file.parent.parts
        if picture.file.is_relative_to(above):
            parts = picture.file.relative_to(above).parent.parts
        if len(parts) < abs(self.level):
            return None
        named = parts[: self.level] if self.level > 0 else parts[: len(parts) + 1 + self.level]
        return composed("/".join(named))

    def _nothing(self, pictures: Sequence[Labelled], folder: Path) -> str:
        """That this groups nothing, with an example."""
        first = pictures[0].file
        shown = visible(str(first.relative_to(folder)) if first.is_relative_to(folder) else str(first))
        if self.by == "folder":
            return (
                f"groups 'folder' takes pictures of one folder below the class's together, and no two are "
                f"{'in one' if self.level == 1 else 'so deep'} (the first picture is {shown})."
            )
        if self.pattern is not None:
            return (
                f"groups 'name:{self.pattern.pattern}' finds nothing that two names share (the first picture is "
                f"{shown}). The pattern is a regular expression, looked for in the name without its suffix."
            )
        if self.by == "name":
            return (
                f"groups 'name' finds nothing that two names share (the first picture is {shown}): of IMG_0412_a, "
                f"film3-0001, patient12_3 it takes IMG_0412, film3, patient12. Say what it is in yours: "
                f"--groups 'name:PATTERN', a regular expression."
            )
        if self.file is not None:
            return (
                f"{self.file} gives no two of these pictures the same group (the first picture is {shown})."
            )
        assert self.column is not None
        return (
            f"groups: no two pictures have the same value in the column {self.column.name!r}; name another."
        )

    def _note(self, counts: Mapping[str, int], pictures: int) -> Note:
        en, fr = self._words()
        most = max(counts, key=lambda name: (counts[name], name))
        alone = pictures - sum(counts.values())
        alone_en = f" {EN.integer(alone)} pictures belong to none, and stand alone." if alone else ""
        alone_fr = f" {FR.integer(alone)} images ne sont d’aucun et restent seules." if alone else ""
        return Note(
            f"Pictures are kept together by {en}: {EN.integer(len(counts))} groups, the largest {visible(most)} with "
            f"{EN.integer(counts[most])}.{alone_en}",
            f"Les images restent ensemble selon {fr} : {FR.integer(len(counts))} groupes, le plus grand "
            f"{visible(most)} avec {FR.integer(counts[most])}.{alone_fr}",
        )

    def _words(self) -> tuple[str, str]:
        if self.by == "folder":
            if self.level == 1:
                return "the folder below the class's", "le dossier sous celui de la classe"
            return f"their folders (level {self.level})", f"leurs dossiers (niveau {FR.integer(self.level)})"
        if self.pattern is not None:
            found = visible(self.pattern.pattern)
            return f"what {found} finds in names", f"ce que {found} trouve dans les noms"
        if self.by == "name":
            return "what their names share", "ce que leurs noms ont en commun"
        if self.file is not None:
            return visible(self.file.name), visible(self.file.name)
        assert self.column is not None
        name = visible(self.column.name)
        return f"the column {name}", f"la colonne {name}"


def group_array(argument: str, value: Any, num_examples: int) -> np.ndarray:
    """→ ``(N,)`` str: groups that a program gives, texts or numbers; None and NaN stand alone.

    Raises:
        ArgumentError: not one an example.
    """
    array = value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if isinstance(value, str | bytes | Path) or array.ndim != 1 or len(array) != num_examples:
        raise ArgumentError(
            f"{argument} must be (N,), what each of the {num_examples:,} examples belongs to; received "
            f"{repr(value) if isinstance(value, str | bytes | Path) else f'shape {array.shape}'}."
        )
    names = [None if each is None or each != each else composed(str(each)) for each in array.tolist()]
    return alone_named(names)


def alone_named(names: Sequence[str | None]) -> np.ndarray:
    """``(N,)`` str: groups, and a name of its own for each example that has none."""
    return np.array([name if name else f"[{row}]" for row, name in enumerate(names)])


_PICTURES = Note("pictures", "images")


def divided_notes(groups: Mapping[str, np.ndarray], examples: Note = _PICTURES) -> list[Note]:
    """What given splits divide: how many examples of one belong to groups that another learns from.

    Args:
        groups: by split, ``(n,)`` str.
        examples: what they are.
    """
    notes = []
    train = groups["train"]
    for split, french in (("validation", "de validation"), ("test", "de test")):
        there = groups.get(split)
        if there is None or not (leaking := np.isin(there, train)).any():
            continue
        names = sorted(set(there[leaking].tolist()))
        count, total, many = int(leaking.sum()), len(there), "s" * (len(names) > 1)
        notes.append(
            Note(
                f"{EN.integer(count)} of the {EN.integer(total)} {split} {examples.en} are of "
                f"{EN.integer(len(names))} group{many} that train has too ({EN.listed(names)}): the network learns "
                f"their siblings, so the {split} figure is flattered. Splits that are given are kept; to draw others, "
                f"put all into one.",
                f"{FR.integer(count)} des {FR.integer(total)} {examples.fr} {french} sont de "
                f"{FR.integer(len(names))} groupe{many} que train a aussi ({FR.listed(names)}) : le réseau apprend "
                f"leurs voisines, et le résultat {french} est flatté. Les divisions données sont gardées ; pour en "
                f"tirer d’autres, réunissez tout.",
            )
        )
    return notes


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ArgumentError(
            f"groups 'name:{pattern}': the pattern is no regular expression ({error})."
        ) from None
    if not pattern:
        raise ArgumentError("groups 'name:' needs a pattern, a regular expression, as in name:patient\\d+.")
    return compiled


def _matched(pattern: re.Pattern[str], stem: str) -> str | None:
    found = pattern.search(composed(stem))
    if found is None:
        return None
    return next((part for part in found.groups() if part is not None), found[0]) or None


def _alone(pictures: Sequence[Labelled], found: Sequence[str | None], folder: Path) -> list[str]:
    """Each picture's group, and the path of what is of none."""
    return [
        group
        if group
        else (
            picture.file.relative_to(folder) if picture.file.is_relative_to(folder) else picture.file
        ).as_posix()
        for picture, group in zip(pictures, found, strict=True)
    ]
