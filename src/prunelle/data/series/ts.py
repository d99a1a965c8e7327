"""The ``.ts`` format of the UCR/UEA archives: a header of ``@`` lines, then a series a line.

Source: the format's description at timeseriesclassification.com. Channels are separated by ``:``, values by
``,``, a missing value is ``?``, the label comes last.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from prunelle.data.pixels import Progress
from prunelle.data.series.classes import index_of
from prunelle.data.series.container import Gathering
from prunelle.data.series.format import Format
from prunelle.data.series.parsed import Expected, ParsedSeries
from prunelle.data.series.text import lines_of, numbers
from prunelle.errors import DataError
from prunelle.texts import Note

_MOST_CHANNELS = 10_000


@dataclasses.dataclass
class _Header:
    labelled: bool | None = None
    classes: tuple[str, ...] = ()
    length: int | None = None
    equal: bool = False
    channels: int | None = None


def read(path: Path, expected: Expected, progress: Progress | None = None) -> dict[str, ParsedSeries]:
    """Every series of a ``.ts`` file, with its label where the header says there is one.

    Raises:
        DataError: what is wrong, with the line's number.
    """
    header, in_data = _Header(), False
    gathered, labels = Gathering(), []
    known: dict[str, str] = {}
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
        values, label = _read_series(text, header, known, where)
        if len(gathered) and values.shape[1] != gathered.channels:
            raise DataError(
                f"{where}: {values.shape[1]} channels; the series before have {gathered.channels}."
            )
        gathered.add(values)
        if header.labelled:
            labels.append(known.setdefault(label, label))  # one text a class, not one a line
    if not len(gathered):
        raise DataError(f"{path} has no series{'' if in_data else ': no line says @data'}.")
    words = Note("labels after the last colon", "étiquettes après les derniers deux-points")
    none = Note("no label", "pas d’étiquette")
    parsed = ParsedSeries(
        gathered.series(), tuple(labels) if header.labelled else None, words if header.labelled else none
    )
    return {"train": parsed}


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
        header.classes = tuple(text.split()[2:])
    elif key == "@equallength":
        header.equal = given == "true"
    elif key in ("@serieslength", "@dimensions", "@dimension"):
        try:
            number = int(given)
        except ValueError:
            raise DataError(f"{where}: {key} must be a whole number; received {given[:40]!r}.") from None
        if key == "@serieslength":
            header.length = number
        else:
            header.channels = number
    elif key == "@data" and header.labelled is None:
        raise DataError(
            f"{where}: no line above says whether there are labels: @classLabel true A B, or false."
        )


def _read_series(text: str, header: _Header, known: dict[str, str], where: str) -> tuple[np.ndarray, str]:
    """→ ``(T, C)`` and the label."""
    if text.count(":") > _MOST_CHANNELS:
        raise DataError(f"{where}: more than {_MOST_CHANNELS:,} channels.")
    *parts, label = text.split(":") if header.labelled else [*text.split(":"), ""]
    label = label.strip()
    if header.labelled and (not parts or not label):
        raise DataError(f"{where}: the label is missing; a line ends with :label.")
    if header.labelled and header.classes and label not in known and index_of(label, header.classes) is None:
        hint = "; is the label missing?" if "," in label else "."
        raise DataError(
            f"{where}: the label {label[:40]!r} is not among those of @classLabel, "
            f"{', '.join(sorted(set(header.classes))[:10])}{hint}"
        )
    if header.channels is not None and len(parts) != header.channels:
        raise DataError(f"{where}: {len(parts)} channels; @dimensions says {header.channels}.")
    channels = [numbers(part.split(","), where) for part in parts]
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


FORMAT = Format(read)
