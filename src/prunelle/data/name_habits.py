"""What the names of pictures of one subject share: ``IMG_0412_a`` and ``IMG_0412_b``, ``film3-0001``, ``patient12_3``.

A name is cut behind what names the subject: a word for one with its number (``patient_03``, ``clip1``), the time of a
burst, or else all that stands before the last number or letter. What is left must hold a number, since it is a number
that tells subjects apart: ``cat.12``, ``IMG_0412``, ``DSC_0412`` and ``frame_12`` are pictures of no group. So are
names that end with a date or a time of day.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import PurePath

from prunelle.texts import composed

_SUBJECTS = (
    *(
        "patient",
        "subject",
        "sujet",
        "person",
        "personne",
        "participant",
        "case",
        "cas",
        "specimen",
        "animal",
    ),
    *("film", "movie", "clip", "video", "vidéo", "sequence", "séquence", "seq", "track", "scene", "scène"),
    *("burst", "rafale", "volume", "scan", "slide", "lame"),
)
_SUBJECT = re.compile(rf"(?<![^\W\d_])({'|'.join(_SUBJECTS)})s?[ _\-]?\d+(?=[^\d.])", re.IGNORECASE)
_BURST = re.compile(r"burst\d{8,}|^.*\d{6}(?=[_-]?\d{0,4}_?burst)", re.IGNORECASE)
_COPY = re.compile(r"( ?\(\d{1,3}\)|[ _-]+(copy|copie)( ?\(?\d{1,3}\)?)?|~\d{1,2})$", re.IGNORECASE)
_LETTER = re.compile(r"(?<=[\d)])[ _\-.]?[a-z]$", re.IGNORECASE)
_PARTS = "frame|image|img|im|slice|coupe|view|vue|page|shot|photo|picture|pic|crop|tile|patch|part|z|t|f|s"
_NUMBER = re.compile(rf"[ _\-.]+(({_PARTS})[ _\-.]?)?\d{{1,6}}$", re.IGNORECASE)
_DAY = r"((19|20)\d\d[-_.]?\d\d[-_.]?\d\d|\d\d[-_.]\d\d[-_.](19|20)\d\d)"
_TIME = r"\d\d[-_.:h ]?\d\d([-_.:m ]?\d\d(\d{3})?)?s?"
_DATE = re.compile(rf"{_DAY}([ ,_\-.T]*(at |à )?{_TIME})?$")


@dataclasses.dataclass(frozen=True)
class Habit:
    """What a name tells of the group that its picture is of.

    Attributes:
        group: what the names of the group share.
        sure: whether the name says so in words, or as cameras and people do with pictures of one thing; two numbers
            may stand for anything.
    """

    group: str
    sure: bool


def habit_of(name: str) -> Habit | None:
    """Of the name of a file; None where it tells of no group."""
    stem = composed(PurePath(name).stem)
    if burst := _BURST.search(stem):
        return Habit(burst[0], True)
    if subject := _SUBJECT.search(stem):
        return Habit(stem[: subject.end()], True)
    for pattern, sure in ((_COPY, True), (_LETTER, True), (_NUMBER, False)):
        if pattern is _NUMBER and _DATE.search(stem):
            return None
        cut = pattern.sub("", stem).rstrip(" _-.")
        if cut != stem and any(map(str.isdigit, cut)):
            return Habit(cut, sure)
    return None


def is_subject(name: str) -> bool:
    """Whether the name of a folder is a word for a subject with its number: ``patient_03``."""
    return _SUBJECT.search(f"{composed(name)}_") is not None


def groups_of_names(files: Sequence[PurePath]) -> list[Habit | None]:
    """What each name tells, beside the others: ``IMG_0412`` is of the group of ``IMG_0412 (1)`` in its folder."""
    habits = [habit_of(file.name) for file in files]
    there = {(file.parent, habit.group): habit for file, habit in zip(files, habits, strict=True) if habit}
    return [
        habit or there.get((file.parent, composed(file.stem)))
        for file, habit in zip(files, habits, strict=True)
    ]
