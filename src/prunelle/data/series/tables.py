"""Series in tables: UCR's ``.tsv``, CSV wide (a series a line) or long (a value a line), and NumPy's ``.npz``."""

from __future__ import annotations

import array
import csv
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from prunelle.data.examples import Progress
from prunelle.data.series.container import Series
from prunelle.data.series.ts import Found, lines_of, numbers
from prunelle.errors import ArgumentError, DataError, did_you_mean

LABEL_NAMES = ("label", "class", "target", "y")
_SERIES_NAMES = ("series", "series_id", "id", "case", "sample")
_TIME_NAMES = ("time", "t", "timestamp", "step")
_CHANNEL_NAMES = ("channel", "dimension", "dim", "variable")
_VALUE_NAMES = ("value", "values")


def read_table(path: Path, labels: str | None = None, progress: Progress | None = None) -> Found:
    """Every series of a ``.tsv`` or ``.csv`` file.

    Wide: a series a line. With a header, the column named label (or class, target, y, or ``labels``) is the
    label, and there may be none; without, it is the first column, as in UCR's files. Empty cells are missing
    values; those at the end of a line, steps that are not there.

    Long: a header with series, time and value, and optionally channel and label; lines in any order.

    Raises:
        DataError: what is wrong, with the line's number.
        ArgumentError: ``labels`` is no column.
    """
    first = next((line for _, line in lines_of(path) if line.strip()), "")
    separator = max(",;\t", key=first.count)
    header = [name.strip().strip('"').lower() for name in first.split(separator)]
    named = not any(_is_number(cell) for cell in header[1:]) and len(header) > 1
    if labels is not None and (not named or labels.lower() not in header):
        close = did_you_mean(labels, header) if named else " The file has no header."
        raise ArgumentError(f"labels must name a column of {path.name}; received {labels!r}.{close}")
    if named and any(name in header for name in _VALUE_NAMES):
        return _read_long(path, header, separator, labels, progress)
    label = _column(header, LABEL_NAMES if labels is None else (labels.lower(),)) if named else 0
    return _read_wide(path, separator, label, skip_first=named, progress=progress)


def _read_wide(
    path: Path, separator: str, label_column: int | None, *, skip_first: bool, progress: Progress | None
) -> Found:
    series: list[np.ndarray] = []
    labels: list[str] = []
    columns = 0
    for number, line in lines_of(path, progress):
        if not line.strip() or (skip_first and not columns):
            columns = columns or line.count(separator) + 1 if line.strip() else 0
            continue
        where = f"{path}, line {number}"
        count = line.count(separator) + 1
        columns = columns or count
        if count != columns:
            raise DataError(
                f"{where}: {count} columns; the lines before have {columns}. A missing value is an empty cell."
            )
        if label_column is not None:
            cells = line.split(separator, label_column + 1)
            labels.append(cells[label_column].strip().strip('"'))
            if not labels[-1]:
                raise DataError(f"{where}: the label is missing.")
            line = separator.join([*cells[:label_column], *cells[label_column + 1 :]])
        one = numbers(line, where, separator)
        there = np.flatnonzero(~np.isnan(one))
        if not len(there):
            raise DataError(f"{where}: the series has no value.")
        series.append(one[: there[-1] + 1, np.newaxis])
    if not series:
        raise DataError(f"{path} has no series.")
    return Found(Series.of(series), tuple(labels) if label_column is not None else None)


def _read_long(
    path: Path, header: Sequence[str], separator: str, labels: str | None, progress: Progress | None
) -> Found:
    at_series, at_time, at_value = (
        _column(header, names) for names in (_SERIES_NAMES, _TIME_NAMES, _VALUE_NAMES)
    )
    at_channel = _column(header, _CHANNEL_NAMES)
    at_label = _column(header, LABEL_NAMES if labels is None else (labels.lower(),))
    if at_series is None or at_time is None or at_value is None:
        raise DataError(
            f"{path}, line 1: the long form needs columns named series, time and value (and channel, label); received "
            f"{', '.join(header)}."
        )
    series_index: dict[str, int] = {}
    channel_index: dict[str, int] = {}
    label_of: list[str] = []
    # 24 bytes a line of the file, whatever its length.
    rows, channels, times, values = array.array("q"), array.array("i"), array.array("d"), array.array("f")
    lines = lines_of(path, progress)
    numbers_of_lines: list[int] = [0]

    def texts() -> object:
        for number, line in lines:
            numbers_of_lines[0] = number
            yield line

    reader = csv.reader(texts(), delimiter=separator)  # type: ignore[arg-type]
    next(reader)
    for cells in reader:
        if not cells:
            continue
        where = f"{path}, line {numbers_of_lines[0]}"
        if len(cells) != len(header):
            raise DataError(f"{where}: {len(cells)} values; the header has {len(header)}.")
        label = cells[at_label].strip() if at_label is not None else ""
        row = series_index.setdefault(cells[at_series], len(series_index))
        if row == len(label_of):
            label_of.append(label)
        elif label_of[row] != label:
            raise DataError(
                f"{where}: series {cells[at_series]} has the label {label!r}, and {label_of[row]!r} before."
            )
        if at_label is not None and not label:
            raise DataError(f"{where}: the label is missing.")
        channel = cells[at_channel] if at_channel is not None else ""
        rows.append(row)
        channels.append(channel_index.setdefault(channel, len(channel_index)))
        times.append(_time(cells[at_time], where))
        values.append(float(numbers(cells[at_value], where)[0]))
    if not rows:
        raise DataError(f"{path} has no series.")
    series = _gathered(
        np.frombuffer(rows, np.int64),
        np.frombuffer(channels, np.int32),
        np.frombuffer(times, np.float64),
        np.frombuffer(values, np.float32),
        list(series_index),
        list(channel_index),
        path,
    )
    return Found(series, tuple(label_of) if at_label is not None else None)


def _gathered(
    rows: np.ndarray,
    channels: np.ndarray,
    times: np.ndarray,
    values: np.ndarray,
    names: list[str],
    channel_names: list[str],
    path: Path,
) -> Series:
    """A step for each time that any channel of a series has a value for; the others are missing there.

    Channels are in the order of their names, so that two files agree.
    """
    numeric = all(_is_number(name) for name in channel_names)
    in_order = sorted(channel_names, key=lambda name: (float(name) if numeric else 0.0, name))
    place = np.array([in_order.index(name) for name in channel_names])
    order = np.lexsort((times, rows))
    rows, channels, times, values = rows[order], place[channels[order]], times[order], values[order]
    new_series = np.flatnonzero(np.diff(rows, prepend=-1))
    new_step = np.flatnonzero((np.diff(rows, prepend=-1) != 0) | (np.diff(times, prepend=np.nan) != 0))
    step = np.zeros(len(rows), np.int64)
    step[new_step[1:]] = 1
    np.cumsum(step, out=step)
    cells = step * len(in_order) + channels
    if len(np.unique(cells)) < len(cells):
        seen = np.sort(cells)
        twice = seen[np.flatnonzero(np.diff(seen) == 0)[0]]
        at = np.flatnonzero(cells == twice)[0]
        raise DataError(
            f"{path}: series {names[rows[at]]} has two values at time {times[at]:g}"
            f"{f', channel {in_order[channels[at]]}' if len(in_order) > 1 else ''}."
        )
    matrix = np.full((len(new_step), len(in_order)), np.nan, np.float32)
    matrix[step, channels] = values
    starts = np.append(step[new_series], len(new_step))
    for i, name in enumerate(names):
        if np.isnan(matrix[starts[i] : starts[i + 1]]).all():
            raise DataError(f"{path}: series {name} has no value.")
    return Series(matrix, starts)


def read_npz(path: Path) -> dict[str, Found]:
    """The splits of an ``.npz``: ``X`` (or ``x``, ``series``) and ``y`` (``labels``), or ``X_train``, ``y_train``, ….

    Raises:
        DataError: no such arrays, or no NumPy file.
    """
    if not zipfile.is_zipfile(path):
        raise DataError(f"{path} cannot be read as .npz: it is empty, cut off, or something else.")
    try:
        with np.load(path) as file:
            arrays = {name.lower(): file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if "allow_pickle" in str(error):
            raise DataError(
                f"{path} holds Python objects, which are not read. Save unequal lengths as one (N, T, C) array, "
                f"NaN beyond each series' end."
            ) from None
        raise DataError(f"{path} cannot be read as .npz: {error}.") from None
    found: dict[str, Found] = {}
    for split in ("train", "validation", "test"):
        ending = f"_{split}"
        values = _first(arrays, ("x", "series", "data"), ending)
        if values is None and split == "train":
            ending, values = "", _first(arrays, ("x", "series", "data"), "")
        if values is None:
            continue
        labels = _first(arrays, ("y", "labels", "label"), ending)
        try:
            series = Series.from_array(values, f"X{ending}")
        except ArgumentError as error:
            raise DataError(f"{path}: {error}") from None
        if labels is not None and (labels.ndim != 1 or len(labels) != len(series)):
            raise DataError(
                f"{path}: y{ending} must be ({len(series)},), one a series; it is {labels.shape}."
            )
        texts = None if labels is None else tuple(str(label) for label in labels.tolist())
        found[split] = Found(series, texts)
    if "train" not in found:
        raise DataError(
            f"{path} needs arrays named X and y, or X_train, y_train, X_test, y_test; it has {', '.join(arrays)}."
        )
    return found


def _first(arrays: dict[str, np.ndarray], names: Sequence[str], ending: str) -> np.ndarray | None:
    return next((arrays[name + ending] for name in names if name + ending in arrays), None)


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _time(text: str, where: str) -> float:
    """A number, or a date and time in ISO 8601, in seconds."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(np.datetime64(text.strip().removesuffix("Z"), "us").astype(np.int64)) / 1e6
    except ValueError:
        raise DataError(f"{where}: the time is neither a number nor a date: {text[:40]!r}.") from None
