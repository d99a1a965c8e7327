"""Files of series, and arrays, as ``Data``."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data.examples import Data
from prunelle.data.groups import AnyGroups, group_array
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Progress
from prunelle.data.series.assemble import assembled
from prunelle.data.series.classes import named as class_names
from prunelle.data.series.classes import why_no_classes
from prunelle.data.series.container import Series
from prunelle.data.series.kind import expected_by
from prunelle.data.series.parsed import Expected, ParsedSeries
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.series.reading import read_parts
from prunelle.data.targets import Task
from prunelle.errors import ArgumentError, DataError, did_you_mean
from prunelle.scalars import plain_arguments
from prunelle.texts import Note

_HOW = "labels (--labels) may be a name of the header, first, last, or without a header a column's number"


def load_series(
    path: str | Path,
    *,
    labels: str | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Data:
    """Labelled series from a file of one of the ``FORMATS``.

    Of ``NAME_TRAIN.ts``, the test split is ``NAME_TEST.ts`` beside it where there is one. ``layout`` says how tables
    may be laid out; how a file was understood is always among the notes.

    Args:
        path: the file.
        labels: of a table: the label's column, by the header's name, ``first``, ``last``, or its number from 1 where
            there is no header. Of an ``.arff``: the attribute.
        groups: what series belong to that splits must not divide: of a table a column, of an ``.npz`` an array, by
            name; or one for each training series, in the order of the file.
        task: what is to be told of a series (``targets.Task``); its class unless given. A column that it names is
            that of ``labels``.
        validation, test: shares to take out, in [0, 1), 0 for none. 10 % each by default; beside a test split
            that is given, no validation is drawn from less than 1,000 series.
        seed: of the splits that are drawn.
        progress: told how far reading is.

    Raises:
        DataError: what is wrong with the file, with the line; or its labels are no classes.
        ArgumentError: an argument that does not go with the file.
    """
    path = Path(path).expanduser()
    name = re.sub(r"_TRAIN$", "", path.stem, flags=re.IGNORECASE)
    asked = Task.parse(task)
    label = _label_column(labels, asked)
    column = _column_of(groups)
    expected = Expected(label, label is not None, groups=column, groups_asked=column is not None)
    parts = _labelled_parts(path, expected, progress)
    train = parts["train"]
    if groups is not None and column is None:
        of = group_array("groups", groups, len(train.series))
        train = parts["train"] = dataclasses.replace(train, groups=of)
    if asked.kind == "class":
        _check_classes(path, train)
    notes = []
    beside = _test_beside(path)
    if beside is not None and "test" not in parts:
        hint = Expected(label or train.label, label is not None, train.steps, column)
        test_part = read_parts(beside, hint, progress)["train"]
        words = test_part.understood
        if test_part.labels is None:
            notes.append(
                Note(
                    f"{beside.name} has no labels and is left for predict ({words.en}).",
                    f"{beside.name} n’a pas d’étiquettes et reste pour predict ({words.fr}).",
                )
            )
        else:
            parts |= {"test": test_part}
            notes.append(
                Note(
                    f"The test split is {beside.name}: {words.en}.",
                    f"Le jeu de test est {beside.name} : {words.fr}.",
                )
            )
    data = assembled(name, parts, validation, test, seed, task=asked)
    source = {
        "data": str(path.absolute()),
        **{
            key: value
            for key, value in (
                ("labels", labels),
                ("groups", column),
                ("task", task),
                ("validation", validation),
                ("test", test),
                ("seed", seed),
            )
            if value is not None
        },
    }
    return dataclasses.replace(
        data,
        # Groups that a program gave are in no file: what made the splits cannot be asked for again.
        source=source if groups is None or column is not None else None,
        notes=(*notes, _understood_note(path, train), *data.notes),
    )


def _column_of(groups: AnyGroups | None) -> str | None:
    """The column or array that ``groups`` names; None where it is given itself, or not at all.

    Raises:
        ArgumentError: a way to say groups that is for pictures.
    """
    if not isinstance(groups, str | Path):
        return None
    text = str(groups)
    word, colon, rest = text.partition(":")
    if word == "column" and colon:
        return rest
    if isinstance(groups, Path) or (word in ("name", "folder") and colon):
        raise ArgumentError(
            f"groups (--groups) of series names a column of their table, or an array of an .npz; received {text!r}."
        )
    return text


def load_labelled_series(
    path: str | Path,
    labels: str | None = None,
    like: AnyPreprocess | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
) -> Data:
    """A file's labelled series as they are, all in ``train`` (an ``.npz`` may have its splits).

    ``labels``, ``groups`` and ``task`` as ``load_series``; ``like`` says how the training series were read, where
    others had been.
    """
    path = Path(path).expanduser()
    asked = Task.parse(task)
    labels = _label_column(labels, asked)
    known = expected_by(like) if isinstance(like, SeriesPreprocess) else Expected()
    expected = known if labels is None else Expected(labels, True, known.steps, known.groups)
    if (column := _column_of(groups)) is not None:
        expected = dataclasses.replace(expected, groups=column, groups_asked=True)
    elif groups is not None:
        raise ArgumentError(
            "groups of a file of series to judge on names a column of its table, or an array."
        )
    parts = _labelled_parts(path, expected, None)
    data = assembled(path.stem, parts, 0.0, 0.0, 0, task=asked, alone=True)
    return dataclasses.replace(data, notes=(_understood_note(path, parts["train"]), *data.notes))


@plain_arguments
def from_series(
    series: Any,
    labels: Any,
    *,
    classes: Sequence[str] | None = None,
    groups: Any = None,
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
        groups: ``(N,)``, what each series belongs to that must not be divided; as ``from_arrays``.
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
        split_series = Series.from_array(values, f"{prefix}series")
        values = (
            its_labels.detach().cpu().numpy() if hasattr(its_labels, "detach") else np.asarray(its_labels)
        )
        texts = [str(label) for label in values.ravel().tolist()]
        if len(texts) != len(split_series):
            raise ArgumentError(
                f"{prefix}labels must be as many as the series, {len(split_series)}; received {len(texts)}."
            )
        if classes is not None:
            texts = [_named(label, classes, f"{prefix}labels") for label in class_names(texts)]
        elif split == "train" and (
            why := why_no_classes(class_names(texts), sure=values.dtype.kind in "USO")
        ):
            raise ArgumentError(f"labels {why}. Where they are classes, name them with classes.")
        of = None
        if groups is not None and split == "train":
            of = group_array("groups", groups, len(split_series))
        parts[split] = ParsedSeries(split_series, tuple(texts), Note("arrays", "tableaux"), groups=of)
    try:
        return assembled(name, parts, validation, test=test, seed=seed, classes=classes)
    except DataError as error:
        raise ArgumentError(str(error)) from None


def _labelled_parts(path: Path, expected: Expected, progress: Progress | None) -> dict[str, ParsedSeries]:
    parts = read_parts(path, expected, progress)
    for part in parts.values():
        if part.labels is None:
            raise DataError(
                f"{path} has no labels; to train on, or to evaluate, each series needs one (a column named label, "
                f"y in an .npz, @classLabel in a .ts). Understood: {part.understood}"
                f"{f'; first line: {part.first}' if part.first else ''}. In a table, {_HOW}."
            )
    return parts


def _label_column(labels: str | None, asked: Task) -> str | None:
    """The column of labels, as it was given or as the task names it.

    Raises:
        ArgumentError: both do, or the task names several.
    """
    if not asked.columns:
        return labels
    if labels is not None or len(asked.columns) > 1:
        raise ArgumentError(
            f"of a table of series one column has the labels; received task :{','.join(asked.columns)}"
            f"{f' and labels={labels!r}' if labels is not None else ''}. Name one."
        )
    return asked.columns[0]


def _check_classes(path: Path, parsed: ParsedSeries) -> None:
    """Whether the labels of training series are classes.

    Raises:
        DataError: they are quantities, or nearly as many as the series; it shows what was understood.
    """
    labels = class_names(parsed.labels or ())
    why = why_no_classes(labels, sure=parsed.sure)
    if not why:
        return
    shown = f"; first line: {parsed.first}" if parsed.first else ""
    other = ""
    if parsed.label:
        other = f" Where the label is another column, say which: {_HOW}."
        if "quantities" not in why:
            other += f" Where these are the classes all the same: labels={parsed.label!r}."
    elif "quantities" not in why:
        other = " Where these are the classes all the same, give them as words."
    raise DataError(f"{path.name}: the labels {why}. Understood: {parsed.understood}{shown}.{other}")


def _understood_note(path: Path, parsed: ParsedSeries) -> Note:
    words = parsed.understood
    return Note(f"{path.name}: {words.en}.", f"{path.name} : {words.fr}.")


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
