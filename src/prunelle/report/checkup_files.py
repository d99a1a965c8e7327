"""What a check leaves: a page with the pictures, ``findings.json`` and ``findings.csv``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from prunelle.checks.checkup import PAGE, Checkup
from prunelle.checks.finding import Finding
from prunelle.checks.list import KINDS
from prunelle.csv_files import table_text
from prunelle.disk import write_text
from prunelle.report.checkup_words import CheckupWords
from prunelle.report.html import template, writable
from prunelle.report.kinds import SHOWN
from prunelle.texts import Language, Note

MOST_FINDINGS, MOST_EXAMPLES = 60, 4
"""Of a kind, and of a finding, on the page, which is to stay below 20 MB; the files have all."""
SIDE_PX = 220
_COLUMNS = ("finding", "kind", "confidence", "file", "split", "class", "suggested", "what", "advice")


@dataclasses.dataclass(frozen=True)
class _Example:
    """A picture on the page: its ``data:`` address, name, class and split."""

    picture: str
    name: str
    label: str
    split: str


@dataclasses.dataclass(frozen=True)
class _Shown:
    """A finding on the page."""

    finding: Finding
    examples: Sequence[_Example]
    more: int

    @property
    def wide(self) -> bool:
        """It has several examples, which are seen side by side."""
        return len(self.examples) > 1


@dataclasses.dataclass(frozen=True)
class _Section:
    """All findings of a kind; ``advice`` is what they have in common, None where each has its own."""

    kind: str
    title: Note
    shown: Sequence[_Shown]
    count: int
    advice: Note | None

    @property
    def anchor(self) -> str:
        """In addresses."""
        return self.kind.replace(" ", "-")


def write(folder: Path, found: Checkup, language: Language) -> None:
    """All three files; ``findings.json``, which makes the folder one of a check, last."""
    write_text(folder / PAGE, render(found, language))
    write_text(folder / "findings.csv", table_text(_COLUMNS, _rows(found, language)))
    write_text(folder / "findings.json", json.dumps(found.to_json(), indent=1, ensure_ascii=False) + "\n")


def _rows(found: Checkup, language: Language) -> Iterator[tuple[object, ...]]:
    """A line for each example of each finding; findings are numbered from 1."""
    words, inspected = CheckupWords(language), found.inspected
    for number, finding in enumerate(found.findings, 1):
        told = (words.note(finding.what), words.note(finding.advice))
        head = (number, finding.kind, round(finding.confidence, 4))
        files = found.files_of(finding)
        places: list[tuple[str | None, str | None]] = [
            (str(inspected.splits[row]), inspected.label(row)) for row in finding.rows
        ]
        places += [(None, None)] * len(finding.unread)
        if not files:
            yield (*head, None, None, None, finding.suggested, *told)
        for i, (file, place) in enumerate(zip(files, places, strict=True)):
            yield (*head, file, *place, finding.suggested if i == 0 else None, *told)


def render(found: Checkup, language: Language) -> str:
    """The page."""
    words = CheckupWords(language)
    inspected = found.inspected
    sections = _sections(found)
    kind = SHOWN[inspected.kind.name]
    counts = [
        (words(name), words.integer(len(part)), words.integer(len(part.skipped)))
        for name, part in inspected.pixels.items()
    ]
    page = template("checkup.html").render(
        t=words,
        found=found,
        name=inspected.data.name,
        many=words.note(inspected.kind.many),
        classes=[
            (name, words.integer(int((inspected.labels == i).sum())))
            for i, name in enumerate(inspected.data.classes)
        ],
        counts=counts,
        sections=sections,
        crisp=kind.is_crisp(inspected.data.preprocess),
        css_class=kind.CSS_CLASS,
        not_asked=[words.note(KINDS[name]) for name in found.not_asked],
    )
    return writable(page)


def _sections(found: Checkup) -> list[_Section]:
    chosen = {kind: found.of_kind(kind)[:MOST_FINDINGS] for kind in found.counts}
    rows = sorted({row for some in chosen.values() for each in some for row in each.rows[:MOST_EXAMPLES]})
    examples = {row: found.inspected.example(row) for row in rows}
    kind = SHOWN[found.inspected.kind.name]
    arrays = [np.asarray(each)[None] for each in examples.values()]
    write_example = kind.writer(arrays, len(rows), SIDE_PX)
    pictures = {row: write_example(example) for row, example in examples.items()}
    return [_section(found, name, some, pictures) for name, some in chosen.items()]


def _section(found: Checkup, kind: str, some: Sequence[Finding], pictures: dict[int, str]) -> _Section:
    inspected = found.inspected
    shown = [
        _Shown(
            finding,
            [
                _Example(
                    pictures[row], inspected.names[row], inspected.label(row), str(inspected.splits[row])
                )
                for row in finding.rows[:MOST_EXAMPLES]
            ],
            max(0, len(finding.rows) - MOST_EXAMPLES),
        )
        for finding in some
    ]
    advice = {finding.advice for finding in some}
    return _Section(
        kind, KINDS[kind], shown, found.counts[kind], advice=advice.pop() if len(advice) == 1 else None
    )
