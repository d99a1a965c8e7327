"""The ``.ts`` format of the UCR/UEA archives: a header of ``@`` lines, then a series a line.

Source: the format's description at timeseriesclassification.com. Channels are separated by ``:``, values by
``,``, a missing value is ``?``, the label comes last.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from prunelle.data.examples import Progress
from prunelle.data.series.container import Series
from prunelle.errors import DataError

_REPORT_EVERY = 1 << 22  # characters
_MISSING = ("?", "", "nan", "na", "null")


@dataclasses.dataclass(frozen=True, eq=False)
class Found:
    """What a file holds: N series, and their labels (None where the file has none)."""

    series: Series
    labels: tuple[str, ...] | None


@dataclasses.dataclass
class _Header:
    labelled: bool | None = None
    classes: frozenset[str] = frozenset()
    length: int | None = None
    equal: bool = False
    channels: int | None = None


def lines_of(path: Path, progress: Progress | None = None) -> Iterator[tuple[int, str]]:
    """``(number from 1, line)`` of a text file, without its end; one line at a time in memory.

    Raises:
        DataError: it cannot be opened, or is no UTF-8 text.
    """
    read = told = 0
    try:
        size = path.stat().st_size
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, 1):
                read += len(line)
                if progress is not None and read - told > _REPORT_EVERY:
                    told = read
                    progress(f"reading {path.name}", min(read, size), size)
                yield number, line.rstrip("\r\n")
    except UnicodeDecodeError:
        raise DataError(f"{path} is no UTF-8 text; a file of series is text, or a NumPy .npz.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}.") from None
    if progress is not None and told:
        progress(f"reading {path.name}", size, size)


def numbers(text: str, where: str, separator: str = ",") -> np.ndarray:
    """``1.5,?,2`` → float32, NaN for a missing value.

    Raises:
        DataError: something else than numbers; it says ``where``.
    """
    plain = text.replace("?", "nan") if "?" in text else text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy stops at what is no number, and only warns
            values = np.fromstring(plain, np.float64, sep=separator)
    except (DeprecationWarning, ValueError):
        values = np.empty(0)
    if len(values) != text.count(separator) + 1:
        # Empty cells, words for a missing value, or a mistake: one by one, to be able to say which.
        parts = [part.strip() for part in text.split(separator)]
        values = np.array([_number(part, i, where) for i, part in enumerate(parts, 1)])
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    if np.isinf(single).any():
        raise DataError(
            f"{where}: value {int(np.flatnonzero(np.isinf(single))[0]) + 1} is infinite, or too large."
        )
    return single


def _number(text: str, position: int, where: str) -> float:
    if text.lower() in _MISSING:
        return np.nan
    try:
        return float(text)
    except ValueError:
        raise DataError(f"{where}: value {position} is no number: {text[:40]!r}.") from None


def read_ts(path: Path, progress: Progress | None = None) -> Found:
    """Every series of a ``.ts`` file, with its label where the header says there is one.

    Raises:
        DataError: what is wrong, with the line's number.
    """
    header, in_data = _Header(), False
    series: list[np.ndarray] = []
    labels: list[str] = []
    for number, line in lines_of(path, progress):
        text = line.strip()
        if not text or text.startswith(("#", "%")):
            continue
        where = f"{path}, line {number}"
        if not in_data:
            if not text.startswith("@"):
                raise DataError(
                    f"{where}: the header's lines start with @ and end with @data; received {text[:40]!r}."
                )
            in_data = text.lower() == "@data"
            _read_header(text, header, where)
            continue
        one, label = _read_series(text, header, where)
        if series and one.shape[1] != series[0].shape[1]:
            raise DataError(f"{where}: {one.shape[1]} channels; the series before have {series[0].shape[1]}.")
        series.append(one)
        labels.append(label)
    if not series:
        raise DataError(f"{path} has no series{'' if in_data else ': no line says @data'}.")
    return Found(Series.of(series), tuple(labels) if header.labelled else None)


def _read_header(text: str, header: _Header, where: str) -> None:
    key, *values = text.lower().split()
    given = values[0] if values else ""
    if key == "@timestamps" and given == "true":
        raise DataError(
            f"{where}: series with time stamps are not read; resample them to even steps, and leave the stamps out."
        )
    if key == "@targetlabel" and given == "true":
        raise DataError(f"{where}: this is a set for regression (@targetLabel); classes are needed.")
    if key == "@classlabel":
        header.labelled = given == "true"
        header.classes = frozenset(text.split()[2:])
    elif key == "@equallength":
        header.equal = given == "true"
    elif key in ("@serieslength", "@dimensions", "@dimension"):
        try:
            number = int(given)
        except ValueError:
            raise DataError(f"{where}: {key} must be a whole number; received {given!r}.") from None
        if key == "@serieslength":
            header.length = number
        else:
            header.channels = number
    elif key == "@data" and header.labelled is None:
        raise DataError(
            f"{where}: no line above says whether there are labels: @classLabel true A B, or false."
        )


def _read_series(text: str, header: _Header, where: str) -> tuple[np.ndarray, str]:
    """→ ``(T, C)`` and the label."""
    *parts, label = text.split(":") if header.labelled else [*text.split(":"), ""]
    label = label.strip()
    if header.labelled and (not parts or not label):
        raise DataError(f"{where}: the label is missing; a line ends with :label.")
    if header.labelled and header.classes and label not in header.classes:
        hint = "; is the label missing?" if "," in label else "."
        raise DataError(
            f"{where}: the label {label[:40]!r} is not among those of @classLabel, "
            f"{', '.join(sorted(header.classes)[:10])}{hint}"
        )
    if header.channels is not None and len(parts) != header.channels:
        raise DataError(f"{where}: {len(parts)} channels; @dimensions says {header.channels}.")
    channels = [numbers(part.strip(), where) for part in parts]
    for i, channel in enumerate(channels[1:], 2):
        if len(channel) != len(channels[0]):
            raise DataError(
                f"{where}: channel {i} has {len(channel)} values, channel 1 has {len(channels[0])}."
            )
    if header.equal and header.length is not None and len(channels[0]) != header.length:
        raise DataError(
            f"{where}: {len(channels[0])} values; @seriesLength says {header.length}, @equalLength true."
        )
    one = np.stack(channels, axis=1)
    if np.isnan(one).all():
        raise DataError(f"{where}: the series has no value.")
    return one, label
