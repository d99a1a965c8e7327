"""What people decided about examples, in a small CSV: read, written, undone, merged.

Columns ``file,label,decision,was,by,at``, a line a decision, in the order they were made; whoever reads only
``file,label`` has the labels. That of a left-out picture is empty, and so is that of one that has none of several
labels: ``decision`` tells them apart. Nothing is ever moved or changed in the data: a
training applies the decisions to what it has read (``data.deciding``), and a line that is taken away undoes itself.

Every change writes the whole file anew, beside the old one, and renames it (``prunelle.disk``): a kill leaves the one
or the other. ``changed`` holds a lock from reading to writing, so that of two processes neither loses the other's
decision.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from prunelle.csv_files import table_text
from prunelle.data import decision_files
from prunelle.data.decision import ACTIONS, Action, Decision, login_name
from prunelle.disk import held, write_text
from prunelle.errors import DataError
from prunelle.texts import shown

__all__ = ["ACTIONS", "Action", "Conflict", "Decision", "Decisions", "changed", "login_name"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Conflict:
    """Decisions of several people that give one picture different labels, in the order of the files."""

    file: str
    decisions: tuple[Decision, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return dataclasses.asdict(self)


class Decisions(Mapping[str, Decision]):
    """File → ``Decision``, in the order they were made; never changed: each method gives another."""

    def __init__(self, decisions: Iterable[Decision] = ()) -> None:
        self._by_file: dict[str, Decision] = {}
        for decision in decisions:
            self._by_file.pop(decision.file, None)
            self._by_file[decision.file] = decision

    def __getitem__(self, file: str) -> Decision:
        return self._by_file[file]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_file)

    def __len__(self) -> int:
        return len(self._by_file)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decisions) and list(self.values()) == list(other.values())

    def __hash__(self) -> int:
        return hash(tuple(self.values()))

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {action}" for action, count in self.counts().items() if count)
        return f"Decisions({counts or 'none'})"

    @classmethod
    def read(cls, path: str | Path) -> Decisions:
        """A file of this format, a plain ``file,label``, or an export of Label Studio or FiftyOne (``decision_files``).

        Raises:
            DataError: it cannot be read, or a line of it cannot; of an export with several annotators, two disagree
                (``read_each`` gives each one's).
        """
        merged, conflicts = cls().merged(cls.read_each(path))
        if conflicts:
            first = conflicts[0]
            said = ", ".join(f"{_said(one)} ({one.by})" for one in first.decisions)
            raise DataError(
                f"{path}: annotators disagree on {len(conflicts)} pictures: {shown([one.file for one in conflicts])}. "
                f"Of the first: {said}. See all with prunelle decisions, and settle them."
            )
        return merged

    @classmethod
    def read_each(cls, path: str | Path) -> tuple[Decisions, ...]:
        """As ``read``, apart for each person where an export has several decisions of one picture."""
        decisions = decision_files.read(Path(path))
        if len({decision.file for decision in decisions}) == len(decisions):
            return (cls(decisions),)
        by: dict[str, list[Decision]] = {}
        for decision in decisions:
            by.setdefault(decision.by, []).append(decision)
        return tuple(cls(theirs) for theirs in by.values())

    def write(self, path: str | Path) -> None:
        """The file, whole: a kill leaves the old one or this one.

        Raises:
            CannotWrite: the system refuses; the old one is as it was.
        """
        write_text(Path(path), self.text())

    def text(self) -> str:
        """What ``write`` writes."""
        return table_text(
            decision_files.COLUMNS,
            ((one.file, one.label, one.action, one.was, one.by, one.at) for one in self.values()),
        )

    def digest(self) -> str:
        """Of all that they say, to know whether they are still the same."""
        return blake2b(self.text().encode(errors="surrogateescape"), digest_size=16).hexdigest()

    def with_one(self, decision: Decision) -> Decisions:
        """With one more; what was decided about that picture before is gone."""
        return Decisions((*self.values(), decision))

    def without(self, file: str) -> Decisions:
        """As if nobody had decided about ``file``."""
        return Decisions(one for one in self.values() if one.file != file)

    def merged(self, others: Iterable[Decisions]) -> tuple[Decisions, tuple[Conflict, ...]]:
        """These and others' as one: what all agree on is in it, what they do not is a conflict and is not.

        People agree who give a picture the same label, or all leave it out, whatever they call it: one who keeps
        ``cat`` agrees with one who makes it ``cat``, ``cat;dog`` is ``dog;cat``, and 1 is 1.0. Who is not sure agrees
        with everybody: another's decision stands. Of those who agree, the earliest decision is taken. No file outranks
        another; two decisions of one person, in two files, are a conflict too.
        """
        by_file: dict[str, list[Decision]] = {}
        for decisions in (self, *others):
            for decision in decisions.values():
                by_file.setdefault(decision.file, []).append(decision)
        agreed, conflicts = [], []
        for file, made in by_file.items():
            sure = [one for one in made if one.action != "not sure"]
            if len({one.meaning for one in sure}) > 1:
                conflicts.append(Conflict(file=file, decisions=tuple(sure)))
            else:
                agreed.append(min(sure or made, key=_when))
        return Decisions(agreed), tuple(conflicts)

    def counts(self) -> dict[Action, int]:
        """How many of each, 0 for none."""
        return {action: sum(one.action == action for one in self.values()) for action in ACTIONS}


def _said(decision: Decision) -> str:
    return "left out" if decision.answer is None else decision.answer or "no label"


def _when(decision: Decision) -> tuple[bool, str, str, str]:
    """The order of decisions of one answer, whichever file comes first: those of a known time before others."""
    return not decision.at, decision.at, decision.by, decision.action


def changed(path: Path, change: Callable[[Decisions], Decisions]) -> Decisions:
    """The decisions in a file, changed there, and as they are then; no other process changes them meanwhile.

    Args:
        path: the file; none is there before the first decision.
        change: gets what it holds, and gives what it shall hold.

    Raises:
        DataError: it cannot be read; it stays as it is.
        CannotWrite: the system refuses; it stays as it is.
    """
    lock = path.with_name(f".{path.name}.lock")
    with held(lock, f"{path} is being written by another process.", wait=True):
        now = change(Decisions.read(path) if path.exists() else Decisions())
        now.write(path)
    return now
