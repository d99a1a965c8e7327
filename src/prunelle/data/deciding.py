"""Decisions applied to data that were read: examples under another label, or left out; the files stay as they are.

Which example a decision means is known by its file: the path from the data's folder; else the end of a path, where one
example alone has it (``cats/1.jpg`` for ``train/cats/1.jpg``, ``/home/ana/photos/cats/1.jpg`` for ``cats/1.jpg``,
``1.jpg`` for ``cats/1.jpg``); else the name as Label Studio writes it, where one example alone has it. Accents are
compared in one form. Data without files have names as ``train[3]``, the fourth of the training split as it was loaded,
or, beside a run, as the run has it.

Splits are as they were drawn before anything was decided, so that what changes is the labels alone.

============ ====================== ===================
decision     training, validation   test
============ ====================== ===================
keep         the label it names     the label it names
relabel      the new label          the new label
leave out    is not there           is not there
not sure     is not learned from;   stays as it was
             validates as it was
============ ====================== ===================
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import numpy as np

from prunelle.data.decisions import Decision, Decisions
from prunelle.data.examples import Data, Split
from prunelle.data.labels import near_classes
from prunelle.data.targets import BETWEEN
from prunelle.errors import ArgumentError, DataError
from prunelle.texts import EN, FR, NAMES_SHOWN, Note, composed, shown, visible

_NOT_VALID = re.compile(r"[^-\w.]")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Applied:
    """Data as decided.

    Attributes:
        data: with a note that says what was done, and ``decisions`` for ``run.json``.
        counts: of what was done: ``relabelled``, ``left out``, ``not sure``, ``kept`` (their label was what the
            decision says already), ``gone`` (no example has that name).
        rows: by split, ``(n,)`` int64: which rows of the split as it was are still there, in order.
        note: the sentence.
        settled: of the examples that are left and that somebody was sure of, that ``data`` has it right: ``keep``, by
            their names in ``data``.
    """

    data: Data
    counts: Mapping[str, int]
    rows: Mapping[str, np.ndarray]
    note: Note
    settled: Decisions


def applied(data: Data, decisions: Decisions, file: str, *, learned: bool = True) -> Applied:
    """``data`` under their decided labels.

    Args:
        data: as they were read.
        decisions: some may be of examples that are no more there.
        file: what the decisions are called, for the note and ``run.json``.
        learned: the training split will be learned from; else all that is left is judged, whatever split it is in.

    Raises:
        DataError: none is of any example; a name that several examples may have; two decisions on one example; a class
            or label that the data lack; what is no number; a class or label that is left with nothing to learn from.
        ArgumentError: the examples are a dataset's, which gives them and their labels anew in each epoch.
    """
    splits = {split.name: split for split in data.splits()}
    if data.train.feed is not None:
        raise ArgumentError(
            "decisions go with examples whose labels Prunelle holds; these are asked of a dataset in each epoch. "
            "Correct them there, or name the folder that it reads."
        )
    found, gone = _found(data, decisions, file)
    _check_answers(data, found, file)
    classes = tuple(composed(name) for name in data.classes)
    labels = {name: split.labels.copy() for name, split in splits.items()}
    there = {name: np.ones(len(split), bool) for name, split in splits.items()}
    counts = {"relabelled": 0, "left out": 0, "not sure": 0, "kept": 0, "gone": len(gone)}
    for (name, row), decision in found.items():
        if decision.action == "not sure":
            counts["not sure"] += 1
            there[name][row] = name != "train" or not learned
        elif decision.answer is None:
            counts["left out"] += 1
            there[name][row] = False
        else:
            label = data.target.read([composed(decision.answer)], classes)[0]
            counts["kept" if np.array_equal(labels[name][row], label) else "relabelled"] += 1
            labels[name][row] = label
    rows = {name: np.flatnonzero(kept) for name, kept in there.items()}
    made: dict[str, Split | None] = {
        name: _taken(split, labels[name], rows[name]) for name, split in splits.items()
    }
    if learned:
        _check_train(made["train"], data, file)
    if made["train"] is None:
        raise DataError(f"{file} leaves out every example of the {data.name or 'data'}'s training split.")
    note = _note(counts, gone, file, learned)
    info = {"file": file, "digest": decisions.digest(), "counts": counts}
    decided = dataclasses.replace(
        data,
        target=data.target.fitted(made["train"].labels) if learned else data.target,
        notes=(*data.notes, note),
        decisions=info,
        **made,  # type: ignore[arg-type]
    )
    settled = _settled(example_names(decided), found, rows)
    return Applied(data=decided, counts=counts, rows=rows, note=note, settled=settled)


def _settled(
    names: Mapping[str, Sequence[str]],
    found: Mapping[tuple[str, int], Decision],
    rows: Mapping[str, np.ndarray],
) -> Decisions:
    return Decisions(
        dataclasses.replace(
            decision,
            file=names[name][int(np.searchsorted(rows[name], row))],
            action="keep",
            was=decision.answer or None,
        )
        for (name, row), decision in found.items()
        if decision.action in ("keep", "relabel")
    )


def example_names(data: Data) -> dict[str, tuple[str, ...]]:
    """By split, what decisions call its examples: paths from the data's folder (``/`` between names), ``train[3]``.

    A file that is not in that folder has its whole path.
    """
    root = _root(data)
    return {
        split.name: tuple(f"{split.name}[{row}]" for row in range(len(split)))
        if split.files is None
        else tuple(example_name(str(file), root) for file in split.files)
        for split in data.splits()
    }


def example_name(file: str, root: str | None) -> str:
    """What decisions call a file.

    Args:
        file: its path.
        root: the data's folder (``source["data"]`` of a run's data); None where there is none.
    """
    if root is not None:
        above = os.path.join(root, "")
        if file.startswith(above):
            file = file[len(above) :]
    return file.replace(os.sep, "/")


def _root(data: Data) -> str | None:
    return None if data.source is None else str(data.source["data"])


def _taken(split: Split, labels: np.ndarray, rows: np.ndarray) -> Split | None:
    """The split with other labels, and those of its rows alone; None where nothing is left."""
    if not len(rows):
        return None
    changed = dataclasses.replace(split, labels=labels)
    return changed if len(rows) == len(split) else changed.take(rows)


def _check_answers(data: Data, found: Mapping[tuple[str, int], Decision], file: str) -> None:
    known = {composed(name) for name in data.classes}
    answers = [
        (one.file, one.answer)
        for one in found.values()
        if one.action != "not sure" and one.answer is not None
    ]
    unknown = {
        name: example
        for example, answer in answers
        for name in data.target.named(answer)
        if composed(name) not in known
    }
    if unknown:
        raise DataError(_unknown(data, unknown, file))
    for example, answer in answers:
        try:
            data.target.read([composed(answer)], [composed(name) for name in data.classes])
        except DataError as error:
            raise DataError(f"{file}: {visible(example)}: {error}") from None


def _unknown(data: Data, unknown: Mapping[str, str], file: str) -> str:
    name, example = next(iter(unknown.items()))
    if not name:
        return (
            f"{file}: {visible(example)} has no class, and a picture has one here. To leave it out, write the columns "
            f"file,label,decision with 'leave out'."
        )
    if BETWEEN in name and {composed(part) for part in name.split(BETWEEN)} <= set(
        map(composed, data.classes)
    ):
        return f"{file}: {visible(example)} is {visible(name)}, and a picture has one class here ({data.target.task})."
    return (
        f"{file} has classes that the data lack: {shown(list(unknown))} ({visible(example)} is {visible(name)!r})."
        f"{near_classes(list(unknown), data.classes)} The data have: {shown(data.classes)}. For a new class, put its "
        f"pictures in a folder of that name, or name it in the table of labels."
    )


def _check_train(train: Split | None, data: Data, file: str) -> None:
    target, classes = data.target, data.classes
    before = target.counts(data.train.labels, classes)
    left = target.counts(data.train.labels[:0] if train is None else train.labels, classes)
    if len(lost := np.flatnonzero((left == 0) & (before > 0))):
        raise DataError(
            f"{file} leaves nothing to learn from of {shown([classes[i] for i in lost])}. Keep a picture of each in "
            f"the training split, or take it out of the data."
        )


def _found(data: Data, decisions: Decisions, file: str) -> tuple[dict[tuple[str, int], Decision], list[str]]:
    """Each decision with the split and row of its example; and those whose example is not there."""
    names = _Names(data)
    found: dict[tuple[str, int], Decision] = {}
    gone = []
    for decision in decisions.values():
        places = names.find(decision.file)
        if not places:
            gone.append(decision.file)
            continue
        if len(places) > 1:
            raise DataError(
                f"{file}: {visible(decision.file)} may be {shown([names.of(place) for place in places])}; write its "
                f"path from the data's folder."
            )
        place = places[0]
        if place in found and found[place].meaning != decision.meaning:
            raise DataError(
                f"{file}: {visible(found[place].file)} and {visible(decision.file)} are both "
                f"{visible(names.of(place))}, and say different things; take one out."
            )
        found[place] = decision
    if gone and not found:
        raise DataError(
            f"{file}: none of its {EN.integer(len(gone))} decisions is of an example of these data: it has "
            f"{visible(gone[0])!r}, and the data have {visible(names.of(('train', 0)))!r}. Names are paths from the "
            f"data's folder."
        )
    return found, gone


class _Names:
    """The examples of data by all that a decision may call them."""

    def __init__(self, data: Data) -> None:
        self._names = example_names(data)
        self._exact: dict[str, list[tuple[str, int]]] = {}
        self._last: dict[str, list[tuple[str, int]]] = {}
        self._uploaded: dict[str, list[tuple[str, int]]] = {}
        for place in self._places():
            name = composed(self.of(place))
            self._exact.setdefault(name, []).append(place)
            last = PurePosixPath(name).name
            self._last.setdefault(last, []).append(place)
            self._uploaded.setdefault(_as_uploaded(last), []).append(place)

    def of(self, place: tuple[str, int]) -> str:
        """The name of an example."""
        return self._names[place[0]][place[1]]

    def find(self, file: str) -> list[tuple[str, int]]:
        """The split and row of the example; of several that may be meant; of none."""
        name = composed(file)
        for spelled in dict.fromkeys((name, name.removeprefix("./"), name.replace("\\", "/"))):
            if places := self._exact.get(spelled) or self._by_end(spelled):
                return places
        return self._uploaded.get(_as_uploaded(name), []) if "/" not in name else []

    def _by_end(self, name: str) -> list[tuple[str, int]]:
        """Where one of the two paths is the end of the other."""
        there = self._last.get(PurePosixPath(name).name, [])
        return [place for place in there if _is_end(name, composed(self.of(place)))]

    def _places(self) -> Iterator[tuple[str, int]]:
        for split, names in self._names.items():
            for row in range(len(names)):
                yield split, row


def _is_end(one: str, other: str) -> bool:
    return f"/{one}".endswith(f"/{other}") or f"/{other}".endswith(f"/{one}")


def _as_uploaded(name: str) -> str:
    """As Label Studio's server writes the name of a file that it is given."""
    return _NOT_VALID.sub("", name.strip().replace(" ", "_"))


def _note(counts: Mapping[str, int], gone: Sequence[str], file: str, learned: bool) -> Note:
    unlearned = Note(" (not learned from)", " (pas appris)") if learned else Note("", "")
    en = [
        f"{EN.integer(counts[key])} {words}"
        for key, words in (
            ("relabelled", "relabelled"),
            ("left out", "left out"),
            ("not sure", f"not sure{unlearned.en}"),
            ("kept", "kept"),
        )
        if counts[key]
    ]
    fr = [
        f"{FR.integer(n)} {one if n < 2 else many}"
        for key, one, many in (
            ("relabelled", "étiquette changée", "étiquettes changées"),
            ("left out", "exemple écarté", "exemples écartés"),
            ("not sure", f"incertain{unlearned.fr}", f"incertains{unlearned.fr}"),
            ("kept", "gardé", "gardés"),
        )
        if (n := counts[key])
    ]
    english, french = ", ".join(en) or "none", ", ".join(fr) or "aucune"
    name = visible(file)
    if not gone:
        return Note(f"Decisions of {name}: {english}.", f"Décisions de {name} : {french}.")
    few = f" ({EN.listed(gone)})" if len(gone) <= NAMES_SHOWN else f" ({EN.listed(gone[:3])}…)"
    many = len(gone) > 1
    return Note(
        f"Decisions of {name}: {english}. {EN.integer(len(gone))} more {'are' if many else 'is'} of examples that are "
        f"not there{few}.",
        f"Décisions de {name} : {french}. {FR.integer(len(gone))} {'autres portent' if many else 'autre porte'} sur "
        f"des exemples qui ne sont pas là{few}.",
    )
