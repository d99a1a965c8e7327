"""Tables with a value a line, or a moment a line: CSV in the long form."""

from __future__ import annotations

import array
import itertools
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np

from prunelle.data.groups import alone_named
from prunelle.data.pixels import Progress
from prunelle.data.series.container import Series
from prunelle.data.series.parsed import Expected, ParsedSeries
from prunelle.data.series.sniff import LABEL_NAMES, SEPARATORS, content_lines, is_content
from prunelle.data.series.text import MISSING, as_float32, cells_of, group_of, lines_of, number_or_none
from prunelle.errors import ArgumentError, DataError, did_you_mean
from prunelle.texts import Note

_SERIES_NAMES = ("series", "series_id", "seriesid", "id", "case", "case_id", "sample", "sample_id", "unit")
_TIME_NAMES = ("time", "t", "timestamp", "step", "date", "datetime", "time_step", "timestep")
_CHANNEL_NAMES = ("channel", "dimension", "dim", "variable", "sensor")
_VALUE_NAMES = ("value", "values")
_ROW_NAMES = ("", "unnamed: 0", "index")
_MOST_CELLS = 1 << 24
_MOST_HOLES = 64
"""Of a table of times and channels: so many cells (64 MB) are always fine; beyond it, so many a value of the file."""


def long_header(path: Path) -> tuple[str, list[str]] | None:
    """Separator and names, in small letters, of a table in the long form; None for any other.

    It is one where columns are named series and time, or one is named value.
    """
    line = next((line for _, line in itertools.islice(content_lines(path), 1)), "")
    for separator in SEPARATORS:
        header = [name.lower() for name in cells_of(line, separator)]
        if len(header) < 2:
            continue
        value, series, time = (_column(header, names) for names in (_VALUE_NAMES, _SERIES_NAMES, _TIME_NAMES))
        if value is not None or (series is not None and time is not None):
            return separator, header
    return None


def read_long(
    path: Path, separator: str, header: Sequence[str], expected: Expected, progress: Progress | None = None
) -> ParsedSeries:
    """Every series of a table with columns series, time and value (and channel, label); or series, time, and a column
    a channel (and label). Lines may come in any order.

    Raises:
        DataError: what is wrong, with the line's number.
        ArgumentError: ``labels`` or ``groups`` is no column.
    """
    at_series, at_time, at_value = (
        _column(header, names) for names in (_SERIES_NAMES, _TIME_NAMES, _VALUE_NAMES)
    )
    at_label = _label_column(path, header, expected)
    at_group = _group_column(path, header, expected, {at_time, at_value, at_label} - {None})
    at_channel = _column(header, _CHANNEL_NAMES) if at_value is not None else None
    others = [
        i
        for i, name in enumerate(header)
        if i not in (at_series, at_time, at_label, at_group) and not (i == 0 and name in _ROW_NAMES)
    ]
    at_values = [at_value] if at_value is not None else others
    if at_series is None or at_time is None or not at_values:
        raise DataError(
            f"{path}, line 1: the long form needs columns named series, time and value (and channel, label); received "
            f"{', '.join(header[:20])}."
        )
    series_index: dict[str, int] = {}
    channel_index: dict[str, int] = (
        {header[i]: n for n, i in enumerate(at_values)} if at_value is None else {}
    )
    label_of: list[str] = []
    of_group: list[str] = []
    # 24 bytes a value of the file, whatever its length.
    rows, channels, times, values = array.array("q"), array.array("i"), array.array("d"), array.array("f")
    decimal = _decimal(path, separator, at_values)
    header_seen = False
    for number, line in lines_of(path, progress):
        if not is_content(line):
            continue
        if not header_seen:
            header_seen = True
            continue
        where = f"{path}, line {number}"
        cells = cells_of(line, separator)
        # Some programs end each line with a separator.
        if len(cells) == len(header) + 1 and not cells[-1]:
            cells.pop()
        if len(cells) != len(header):
            raise DataError(f"{where}: {len(cells)} values; the header has {len(header)}.")
        label = cells[at_label] if at_label is not None else ""
        group = cells[at_group] if at_group is not None else ""
        row = series_index.setdefault(cells[at_series], len(series_index))
        if row == len(label_of):
            label_of.append(label)
            of_group.append(group)
        elif label_of[row] != label:
            raise DataError(
                f"{where}: series {cells[at_series]} has the label {label!r}, and {label_of[row]!r} before."
            )
        if group != of_group[row]:
            raise DataError(
                f"{where}: series {cells[at_series]} is of the group {group!r}, and of {of_group[row]!r} before."
            )
        if at_label is not None and label.lower() in MISSING:
            raise DataError(f"{where}: the label is missing.")
        time = _time(cells[at_time], where, decimal)
        for at in at_values:
            channel = header[at] if at_value is None else cells[at_channel] if at_channel is not None else ""
            rows.append(row)
            channels.append(channel_index.setdefault(channel, len(channel_index)))
            times.append(time)
            values.append(_value(cells[at], at, header, where, decimal))
    if not rows:
        raise DataError(f"{path} has no series.")
    as_float32(np.frombuffer(values, np.float32), path.name)
    series = _gathered(
        np.frombuffer(rows, np.int64),
        np.frombuffer(channels, np.int32),
        np.frombuffer(times, np.float64),
        values=np.frombuffer(values, np.float32),
        names=list(series_index),
        channel_names=list(channel_index),
        path=path,
        named=at_value is not None,
    )
    return ParsedSeries(
        series,
        tuple(label_of) if at_label is not None else None,
        _words(header, at_series, at_time, at_values, at_label),
        header[at_label] if at_label is not None else "",
        sure=expected.explicit,
        groups=None if at_group is None else alone_named([group_of(group) for group in of_group]),
        group="" if at_group is None else header[at_group],
    )


def _group_column(
    path: Path, header: Sequence[str], expected: Expected, taken: AbstractSet[int | None]
) -> int | None:
    """The column of what series belong to, where one is named, or the training table had one of that name."""
    wanted = (expected.groups or "").strip().lower()
    if wanted not in header:
        if expected.groups is not None and expected.groups_asked:
            raise ArgumentError(
                f"groups (--groups) must name a column of {path.name}; received {expected.groups!r}."
                f"{did_you_mean(wanted, header)}"
            )
        return None
    if not wanted:
        return None
    if (at := header.index(wanted)) in taken:
        raise ArgumentError(
            f"groups (--groups): the column {wanted!r} of {path.name} holds times, values or labels."
        )
    return at


def _label_column(path: Path, header: Sequence[str], expected: Expected) -> int | None:
    wanted = (expected.labels or "").strip().lower()
    if wanted and (wanted in header or expected.explicit):
        if wanted not in header:
            raise ArgumentError(
                f"labels must name a column of {path.name}; received {expected.labels!r}.{did_you_mean(wanted, header)}"
            )
        return header.index(wanted)
    return _column(header, LABEL_NAMES)


def _words(
    header: Sequence[str], at_series: int, at_time: int, at_values: Sequence[int], at_label: int | None
) -> Note:
    shown = ", ".join(header[i] for i in at_values[:5]) + ("…" if len(at_values) > 5 else "")
    label_en = "no label" if at_label is None else f"labels in {header[at_label]!r}"
    label_fr = "pas d’étiquette" if at_label is None else f"étiquettes dans {header[at_label]!r}"
    return Note(
        f"a line a time: series in {header[at_series]!r}, times in {header[at_time]!r}, values in {shown}; {label_en}",
        f"une ligne par instant : séries dans {header[at_series]!r}, temps dans {header[at_time]!r}, valeurs dans "
        f"{shown} ; {label_fr}",
    )


def _decimal(path: Path, separator: str, at_values: Sequence[int]) -> str:
    """``,`` where values are written so; commas that separate columns are no decimals, unless in quotes."""
    for _, line in itertools.islice(content_lines(path), 1, 30):
        cells = cells_of(line, separator)
        for at in at_values:
            if at < len(cells) and "," in cells[at] and number_or_none(cells[at], ",") is not None:
                return ","
    return "."


def _value(text: str, at: int, header: Sequence[str], where: str, decimal: str) -> float:
    if text.lower() in MISSING:
        return float("nan")
    value = number_or_none(text, decimal)
    if value is None:
        raise DataError(f"{where}: the {header[at]} is no number: {text[:40]!r}.")
    if not abs(value) < 3.4e38:
        raise DataError(f"{where}: the {header[at]} is infinite, or too large.")
    return value


def _gathered(
    rows: np.ndarray,
    channels: np.ndarray,
    times: np.ndarray,
    values: np.ndarray,
    names: list[str],
    channel_names: list[str],
    path: Path,
    *,
    named: bool,
) -> Series:
    """A step for each time that any channel of a series has a value for; the others are missing there.

    Channels that cells name are in the order of their names, so that two files agree.
    """
    in_order = _in_order(channel_names) if named else channel_names
    index = {name: i for i, name in enumerate(in_order)}
    place = np.array([index[name] for name in channel_names])
    order = np.lexsort((times, rows))
    rows, channels, times, values = rows[order], place[channels[order]], times[order], values[order]
    new_series = np.flatnonzero(np.diff(rows, prepend=-1))
    new_step = np.flatnonzero((np.diff(rows, prepend=-1) != 0) | (np.diff(times, prepend=np.nan) != 0))
    if len(new_step) * len(in_order) > max(_MOST_CELLS, _MOST_HOLES * len(values)):
        raise DataError(
            f"{path}: {len(in_order):,} channels and {len(new_step):,} times for {len(values):,} values; nearly all "
            f"would be missing. Is the right column the channel, and have channels the same times?"
        )
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


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _in_order(names: Sequence[str]) -> list[str]:
    values = {name: number_or_none(name) for name in names}
    if None in values.values():
        return sorted(names)
    return sorted(names, key=lambda name: (values[name] or 0.0, name))


def _time(text: str, where: str, decimal: str) -> float:
    """A number, or a date and time in ISO 8601, in seconds."""
    value = number_or_none(text, decimal)
    if value is None:
        value = number_or_none(text)
    if value is None and text[:1].isdigit():
        try:
            value = float(np.datetime64(text.removesuffix("Z"), "us").astype(np.int64)) / 1e6
        except ValueError:
            value = None
    if value is None or not np.isfinite(value):
        raise DataError(f"{where}: the time is neither a number nor a date: {text[:40]!r}.")
    return value
