"""Files of series, and arrays, as ``Data``."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data import splits
from prunelle.data.examples import Data, Progress, Split
from prunelle.data.series.container import Series
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.series.tables import read_npz, read_table
from prunelle.data.series.ts import Found, read_ts
from prunelle.errors import ArgumentError, DataError, MissingData, did_you_mean
from prunelle.files import no_file
from prunelle.texts import Note

SUFFIXES = (".ts", ".tsv", ".csv", ".npz")
_DEFAULT_SHARE = 0.1
_ENOUGH = 1000  # training series, from which on a validation split is drawn beside a test that is given
_SHOWN = 10


def is_series_file(path: str | Path) -> bool:
    """By its suffix, and that it is a file: a folder of photos may be called anything."""
    path = Path(path).expanduser()
    return path.suffix.lower() in SUFFIXES and path.is_file()


def load_series(
    path: str | Path,
    *,
    labels: str | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Data:
    """Labelled series from a ``.ts``, ``.tsv``, ``.csv`` or ``.npz`` file.

    Of ``NAME_TRAIN.ts``, the test split is ``NAME_TEST.ts`` beside it where there is one. ``tables.read_table``
    says how CSV may be laid out.

    Args:
        path: the file.
        labels: of a CSV with a header: the name of the label's column.
        validation, test: shares to take out, in [0, 1), 0 for none. 10 % each by default; beside a test split
            that is given, no validation is drawn from less than 1,000 series.
        seed: of the splits that are drawn.
        progress: told how far reading is.

    Raises:
        DataError: what is wrong with the file, with the line.
        ArgumentError: an argument that does not go with the file.
    """
    path = Path(path).expanduser()
    name = re.sub(r"_TRAIN$", "", path.stem, flags=re.IGNORECASE)
    if labels is not None and path.suffix.lower() != ".csv":
        raise ArgumentError(f"labels names a column of a CSV; {path.name} says itself which labels it has.")
    parts = _labelled_parts(path, labels, progress)
    beside = _test_beside(path)
    if beside is not None:
        parts |= {"test": _labelled_parts(beside, labels, progress)["train"]}
    data = _data(name, parts, validation, test, seed)
    source = {
        "data": str(path.absolute()),
        **{
            key: value
            for key, value in (("labels", labels), ("validation", validation), ("test", test), ("seed", seed))
            if value is not None
        },
    }
    notes = list(data.notes)
    if beside is not None:
        notes.insert(0, Note(f"The test split is {beside.name}.", f"Le jeu de test est {beside.name}."))
    return dataclasses.replace(data, source=source, notes=tuple(notes))


def load_labelled_series(path: str | Path, labels: str | None = None) -> Data:
    """A file's labelled series as they are, all in ``train`` (an ``.npz`` may have its splits)."""
    path = Path(path).expanduser()
    return _data(path.stem, _labelled_parts(path, labels, None), 0.0, 0.0, 0)


def from_series(
    series: Any,
    labels: Any,
    *,
    classes: Sequence[str] | None = None,
    validation_series: Any = None,
    validation_labels: Any = None,
    test_series: Any = None,
    test_labels: Any = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    name: str = "series",
) -> Data:
    """Series that are arrays already, NumPy's or torch's.

    Args:
        series: ``(N, T)`` or ``(N, T, C)`` numbers, or a list of ``(T,)`` or ``(T, C)`` of any lengths. NaN is a
            missing value; steps at the end with nothing but NaN are not there.
        labels: ``(N,)``, integers or strings.
        classes: names in index order of integer labels; without, the labels themselves, sorted.
        validation_series, validation_labels, test_series, test_labels: splits that are given; they are kept.
        validation, test, seed: as ``load_series``.
        name: short, for the run's folder.

    Raises:
        ArgumentError: shapes or labels that cannot be used; it names the argument.
    """
    parts = {}
    for split, values, its_labels in (
        ("train", series, labels),
        ("validation", validation_series, validation_labels),
        ("test", test_series, test_labels),
    ):
        prefix = "" if split == "train" else f"{split}_"
        if (values is None) != (its_labels is None):
            raise ArgumentError(f"{prefix}series and {prefix}labels go together; received one of them.")
        if values is None:
            continue
        found = Series.from_array(values, f"{prefix}series")
        texts = [str(label) for label in np.asarray(its_labels).ravel().tolist()]
        if len(texts) != len(found):
            raise ArgumentError(
                f"{prefix}labels must be as many as the series, {len(found)}; received {len(texts)}."
            )
        if classes is not None:
            texts = [_named(label, classes, f"{prefix}labels") for label in texts]
        parts[split] = Found(found, tuple(texts))
    try:
        return _data(name, parts, validation, test, seed, classes)
    except DataError as error:
        raise ArgumentError(str(error)) from None


def read_file(path: Path, labels: str | None = None, progress: Progress | None = None) -> Found:
    """All series of a file, labelled or not; of an ``.npz`` with splits, those of ``X_train``."""
    return _read(path, labels, progress)["train"]


def _read(path: Path, labels: str | None, progress: Progress | None) -> dict[str, Found]:
    suffix = path.suffix.lower()
    if kind := no_file(path):
        raise DataError(f"{path} is {kind}, not a file.")
    if not path.is_file():
        raise MissingData(f"{path} is not there.")
    if suffix == ".npz":
        return read_npz(path)
    if suffix == ".ts":
        return {"train": read_ts(path, progress)}
    if suffix in (".tsv", ".csv"):
        return {"train": read_table(path, labels, progress)}
    raise DataError(f"{path} is no file of series; those are {', '.join(SUFFIXES)}.")


def _labelled_parts(path: Path, labels: str | None, progress: Progress | None) -> dict[str, Found]:
    parts = _read(path, labels, progress)
    for found in parts.values():
        if found.labels is None:
            raise DataError(
                f"{path} has no labels; to train on, or to evaluate, each series needs one (a column named label, "
                f"y in an .npz, @classLabel in a .ts)."
            )
    return parts


def _test_beside(path: Path) -> Path | None:
    """``NAME_TEST.ts`` of ``NAME_TRAIN.ts``."""
    match = re.fullmatch(r"(.*)_(train)", path.stem, re.IGNORECASE)
    if match is None:
        return None
    word = "test" if match[2].islower() else "TEST" if match[2].isupper() else "Test"
    beside = path.with_name(f"{match[1]}_{word}{path.suffix}")
    return beside if beside.is_file() else None


def _named(label: str, classes: Sequence[str], argument: str) -> str:
    if label in classes:
        return label
    if label.isdigit() and int(label) < len(classes):
        return classes[int(label)]
    raise ArgumentError(
        f"{argument} must be among the classes or their indices; received {label!r}.{did_you_mean(label, classes)}"
    )


def class_order(labels: set[str]) -> tuple[str, ...]:
    """By value where all are numbers (10 after 9), else as strings."""
    try:
        return tuple(sorted(labels, key=lambda label: (float(label), label)))
    except ValueError:
        return tuple(sorted(labels))


def _data(
    name: str,
    parts: Mapping[str, Found],
    validation: float | None,
    test: float | None,
    seed: int,
    classes: Sequence[str] | None = None,
) -> Data:
    """Splits, classes, notes. ``parts`` has ``train``, and the splits that are given."""
    train = parts["train"]
    names = tuple(classes) if classes is not None else class_order(set(train.labels or ()))
    if len(names) < 2:
        raise DataError(
            f"{name}: the training series are all of one class, {names[0]}; at least two are needed."
        )
    index = {label: i for i, label in enumerate(names)}
    given: dict[str, Split] = {}
    for split, found in parts.items():
        if found.series.channels != train.series.channels:
            raise DataError(
                f"{name}: the {split} series have {found.series.channels} channels, the training series "
                f"{train.series.channels}."
            )
        unknown = sorted(set(found.labels or ()) - index.keys())
        if unknown:
            raise DataError(
                f"{name}: the {split} split has {'the class' if len(unknown) == 1 else 'classes'} "
                f"{', '.join(map(repr, unknown[:_SHOWN]))} that training lacks; it has {', '.join(names[:_SHOWN])}"
                f"{'…' if len(names) > _SHOWN else ''}."
            )
        numbers = np.array([index[label] for label in found.labels or ()], np.int64)
        given[split] = Split(split, numbers, array=found.series)
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
    notes = [*_length_notes(given), *_missing_notes(given)]
    whole = given["train"]
    kept, *drawn = splits.stratified(whole.labels, shares, seed)
    note = splits.drawn_note(shares, drawn, seed=seed, from_train="test" in given or "validation" in given)
    for split, chosen in zip(("validation", "test"), drawn, strict=True):
        if len(chosen):
            given[split] = Split(split, whole.labels[chosen], array=train.series.take(chosen))
    if len(kept) < len(whole):
        given["train"] = Split("train", whole.labels[kept], array=train.series.take(kept))
    lengths = train.series.lengths
    return Data(
        name=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "series",
        classes=names,
        train=given["train"],
        validation=given.get("validation"),
        test=given.get("test"),
        preprocess=SeriesPreprocess(
            length=int(lengths.max()),
            fit="resample" if lengths.min() == lengths.max() else "pad",
            channels=train.series.channels,
        ),
        notes=(*notes, *([note] if note else [])),
    )


def _length_notes(given: Mapping[str, Split]) -> list[Note]:
    lengths = np.concatenate(
        [split.array.lengths for split in given.values() if isinstance(split.array, Series)]
    )
    low, high = int(lengths.min()), int(lengths.max())
    if low == high:
        return []
    return [
        Note(
            f"The series have {low} to {high} steps.",
            f"Les séries ont de {low} à {high} pas de temps.",
        )
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
            f"{values:,} missing values in {series:,} series were interpolated, linearly in time.",
            f"{values} valeurs manquantes, dans {series} séries, ont été interpolées linéairement dans le temps.",
        )
    ]
