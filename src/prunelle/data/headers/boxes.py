"""ISO base media files (ISO/IEC 14496-12) of still pictures (ISO/IEC 23008-12): items, and what is said of them.

Read from the box ``meta`` alone: nothing of the pictures' own data is decoded.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from prunelle.data.headers.damage import DAMAGED
from prunelle.data.limits import check_parts
from prunelle.errors import BadPicture

Span = tuple[int, int]
"""From where to where in the file, in bytes."""


@dataclasses.dataclass(frozen=True)
class Property:
    """What is said of one or several items: its kind (``ispe``, ``irot``…) and where it stands."""

    kind: bytes
    start: int
    end: int


@dataclasses.dataclass
class Items:
    """The items of a file, by their numbers.

    Attributes:
        primary: the picture that is to be shown.
        kinds: of each item: ``hvc1``, ``av01``, ``grid``, ``Exif``…
        properties: of each.
        references: kind (``dimg``: is made of, ``auxl``: belongs to), item, and the items that it names.
        extents: where each item's data are.
    """

    primary: int = 0
    kinds: dict[int, bytes] = dataclasses.field(default_factory=dict)
    properties: dict[int, list[Property]] = dataclasses.field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = dataclasses.field(default_factory=list)
    extents: dict[int, list[Span]] = dataclasses.field(default_factory=dict)

    def named(self, item: int, kind: bytes) -> Property | None:
        """The first property of that kind that an item has."""
        return next((each for each in self.properties.get(item, ()) if each.kind == kind), None)

    def made_of(self, item: int) -> tuple[int, ...]:
        """The items that a derived one (a grid) is put together of, each as often as it is used."""
        return tuple(
            each
            for kind, made, named in self.references
            if kind == b"dimg" and made == item
            for each in named
        )


def read_items(content: bytes, file: str) -> Items:
    """The items of a file.

    Raises:
        BadPicture: the boxes are cut, or there are too many, or no picture is named as the one to be shown.
    """
    reader = _Reader(content, file)
    for kind, start, end in reader.boxes(0, len(content)):
        if kind == b"meta":
            reader.meta(start, end)
            break
    if reader.items.primary not in reader.items.kinds:
        raise BadPicture(file, DAMAGED)
    return reader.items


class _Reader:
    """Goes through the boxes once, and counts them."""

    def __init__(self, content: bytes, file: str) -> None:
        self.items = Items()
        self._content, self._file = content, file
        self._parts = 0
        self._listed: list[Property] = []

    def boxes(self, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Kind, and where the inside begins and ends, of each box between two places."""
        while at + 8 <= end:
            self._count()
            size, start = self._number(at, 4), at + 8
            if size == 1:
                size, start = self._number(start, 8), start + 8
            elif size == 0:
                size = end - at
            if at + size < start or at + size > end:
                raise BadPicture(self._file, DAMAGED)
            yield self._content[at + 4 : at + 8], start, at + size
            at += size

    def meta(self, start: int, end: int) -> None:
        inside = {kind: (begin, stop) for kind, begin, stop in self.boxes(start + 4, end)}
        idat = inside.get(b"idat", (0, 0))
        for kind, read in (
            (b"pitm", self._primary),
            (b"iinf", self._kinds),
            (b"iref", self._references),
            (b"iprp", self._properties),
        ):
            if kind in inside:
                read(*inside[kind])
        if b"iloc" in inside:
            self._locations(*inside[b"iloc"], idat)

    def _primary(self, start: int, end: int) -> None:
        self.items.primary = self._number(start + 4, 4 if self._content[start : start + 1] > b"\0" else 2)

    def _kinds(self, start: int, end: int) -> None:
        at = start + (8 if self._content[start : start + 1] > b"\0" else 6)
        for kind, begin, _ in self.boxes(at, end):
            version = self._number(begin, 1)
            if kind == b"infe" and version >= 2:
                width = 2 if version == 2 else 4
                at = begin + 4 + width + 2
                self.items.kinds[self._number(begin + 4, width)] = self._content[at : at + 4]

    def _references(self, start: int, end: int) -> None:
        width = 2 if self._number(start, 1) == 0 else 4
        for kind, begin, stop in self.boxes(start + 4, end):
            count = self._number(begin + width, 2)
            self._count(count)
            if begin + width + 2 + count * width > stop:
                raise BadPicture(self._file, DAMAGED)
            named = range(begin + width + 2, begin + width + 2 + count * width, width)
            self.items.references.append(
                (kind, self._number(begin, width), tuple(self._number(at, width) for at in named))
            )

    def _properties(self, start: int, end: int) -> None:
        for kind, begin, stop in self.boxes(start, end):
            if kind == b"ipco":
                self._listed = [Property(*each) for each in self.boxes(begin, stop)]
            elif kind == b"ipma":
                self._associations(begin, stop)

    def _associations(self, start: int, end: int) -> None:
        width = 2 if self._number(start, 1) == 0 else 4
        wide = self._number(start + 3, 1) & 1
        at = start + 8
        for _ in range(self._number(start + 4, 4)):
            item, count = self._number(at, width), self._number(at + width, 1)
            at += width + 1
            self._count(1 + count)
            for _ in range(count):
                index = self._number(at, 2) & 0x7FFF if wide else self._number(at, 1) & 0x7F
                at += 2 if wide else 1
                if 0 < index <= len(self._listed):
                    self.items.properties.setdefault(item, []).append(self._listed[index - 1])
            if at > end:
                raise BadPicture(self._file, DAMAGED)

    def _locations(self, start: int, end: int, idat: Span) -> None:
        version = self._number(start, 1)
        sizes = self._number(start + 4, 2)
        offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        index = index if version in (1, 2) else 0
        width = 2 if version < 2 else 4
        count = self._number(start + 6, width)
        at = start + 6 + width
        for _ in range(count):
            item, at = self._number(at, width), at + width
            inside = False
            if version in (1, 2):
                inside, at = self._number(at, 2) & 15 == 1, at + 2
            at += 2  # in which file: this one
            origin, at = self._number(at, base), at + base
            extents, at = self._number(at, 2), at + 2
            self._count(1 + extents)
            spans = []
            for _ in range(extents):
                at += index
                begin, at = origin + self._number(at, offset) + (idat[0] if inside else 0), at + offset
                size, at = self._number(at, length), at + length
                stop = begin + size if size else idat[1] if inside else len(self._content)
                if stop > len(self._content) or at > end:
                    raise BadPicture(self._file, DAMAGED)
                spans.append((begin, stop))
            self.items.extents[item] = spans

    def _number(self, at: int, width: int) -> int:
        if at + width > len(self._content):
            raise BadPicture(self._file, DAMAGED)
        return int.from_bytes(self._content[at : at + width], "big")

    def _count(self, parts: int = 1) -> None:
        self._parts += parts
        check_parts(self._file, self._parts, "boxes")
