"""``Data`` of series that were read: splits, classes, notes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

import numpy as np

from prunelle.data import splits
from prunelle.data.examples import Data, Split
from prunelle.data.groups import divided_notes
from prunelle.data.series.classes import in_order, index_of
from prunelle.data.series.classes import named as class_names
from prunelle.data.series.container import Series
from prunelle.data.series.parsed import ParsedSeries
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.targets import A_CLASS, ONE_CLASS, Task
from prunelle.data.telling import Told, told, written
from prunelle.errors import ArgumentError, DataError
from prunelle.texts import EN, FR, Note

_DEFAULT_SHARE = 0.1
_ENOUGH = 1000  # training series, from which on a validation split is drawn beside a test that is given
_SHOWN = 10


def assembled(
    name: str,
    parts: Mapping[str, ParsedSeries],
    validation: float | None,
    test: float | None,
    seed: int,
    classes: Sequence[str] | None = None,
    *,
    task: Task = A_CLASS,
    alone: bool = False,
) -> Data:
    """Splits, classes, notes. ``parts`` has ``train``, and the splits that are given.

    ``task`` is what labels are; ``alone``: nothing is trained on them, and a single class will do.
    """
    train = parts["train"]
    if task.kind == "class":
        said = _classes_said(name, parts, classes, alone=alone)
    else:
        texts = {split: part.labels or () for split, part in parts.items()}
        if task.kind == "labels":
            texts = {split: tuple(written(cells)) for split, cells in texts.items()}
        said = told(task.kind, texts, train.label or "number", learned=not alone)
    given: dict[str, Split] = {}
    for split, part in parts.items():
        if part.series.channels != train.series.channels:
            raise DataError(
                f"{name}: the {split} series have {part.series.channels} channels, the training series "
                f"{train.series.channels}."
            )
        given[split] = Split(split, said.labels[split], array=part.series, groups=part.groups)
    for split, share in (("validation", validation), ("test", test)):
        if share is not None and split in given and share > 0:
            raise ArgumentError(
                f"{split} is a share to take out of the series; {name} has a {split} split of its own."
            )
    enough = "test" not in given or len(train.series) >= _ENOUGH
    shares = splits.Shares(
        0.0 if "validation" in given else (_DEFAULT_SHARE * enough) if validation is None else validation,
        0.0 if "test" in given else _DEFAULT_SHARE if test is None else test,
    )
    notes = _missing_notes(given)
    whole = given["train"]
    free = tuple(split for split in ("validation", "test") if split not in given)
    drawn = splits.draw(
        whole.labels,
        whole.groups,
        shares,
        target=said.target,
        seed=seed,
        classes=said.classes,
        from_train=len(given) > 1,
        examples=splits.SERIES,
    )
    for split, chosen in drawn.items():
        if len(chosen):
            given[split] = dataclasses.replace(whole.take(chosen), name=split)
    if len(drawn.train) < len(whole):
        given["train"] = whole.take(drawn.train)
    grouped = {split: part.groups for split, part in given.items() if part.groups is not None}
    notes += [*drawn.notes, *(divided_notes(grouped, splits.SERIES) if "train" in grouped else ())]
    lengths = train.series.lengths
    return Data(
        name=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "series",
        classes=said.classes,
        target=said.target.fitted(given["train"].labels),
        train=given["train"],
        validation=given.get("validation"),
        test=given.get("test"),
        preprocess=SeriesPreprocess(
            length=int(lengths.max()),
            fit="resample" if lengths.min() == lengths.max() else "pad",
            channels=train.series.channels,
            steps=train.steps,
            label=train.label,
            group=train.group,
        ),
        notes=tuple(notes),
        drawn=free,
    )


def _classes_said(
    name: str, parts: Mapping[str, ParsedSeries], classes: Sequence[str] | None, *, alone: bool
) -> Told:
    """Each series' class."""
    labels = dict(zip(parts, _class_names(parts), strict=True))
    names = tuple(classes) if classes is not None else in_order(labels["train"])
    if len(names) < 2 and not alone:
        train = parts["train"]
        shown = f" ({train.understood})" if not train.sure else ""
        raise DataError(
            f"{name}: the training series are all of one class, {names[0]}; at least two are needed{shown}."
        )
    numbers = {}
    for split in parts:
        index = {label: index_of(label, names) for label in set(labels[split])}
        unknown = sorted(label for label, i in index.items() if i is None)
        if unknown:
            raise DataError(
                f"{name}: the {split} split has {'the class' if len(unknown) == 1 else 'classes'} "
                f"{', '.join(map(repr, unknown[:_SHOWN]))} that training lacks; it has {', '.join(names[:_SHOWN])}"
                f"{'…' if len(names) > _SHOWN else ''}."
            )
        numbers[split] = np.array([index[label] for label in labels[split]], np.int64)
    return Told(ONE_CLASS, names, numbers)


def _class_names(parts: Mapping[str, ParsedSeries]) -> list[tuple[str, ...]]:
    """Of each split, its labels as classes are called: one name, whichever way a split writes it."""
    together = class_names(label for part in parts.values() for label in part.labels or ())
    ends = np.cumsum([len(part.labels or ()) for part in parts.values()]).tolist()
    return [
        together[end - len(part.labels or ()) : end] for end, part in zip(ends, parts.values(), strict=True)
    ]


def _missing_notes(given: Mapping[str, Split]) -> list[Note]:
    values = series = 0
    for split in given.values():
        assert isinstance(split.array, Series)
        missing = np.isnan(split.array.values).any(axis=1)
        if missing.any():
            values += int(np.isnan(split.array.values).sum())
            series += int(np.add.reduceat(missing, split.array.starts[:-1]).astype(bool).sum())
    if not values:
        return []
    return [
        Note(
            f"{EN.integer(values)} missing values in {EN.integer(series)} series were interpolated, linearly in time.",
            f"{FR.integer(values)} valeurs manquantes, dans {FR.integer(series)} séries, ont été interpolées "
            f"linéairement "
            f"dans le temps.",
        )
    ]
