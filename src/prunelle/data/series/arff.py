"""Weka's ``.arff``: attributes, then a series a line; of several channels, in a relational attribute.

Source: the format's description at waikato.github.io/weka-wiki/formats_and_processing/arff_stable, and the
multivariate files of timeseriesclassification.com, whose channels are the lines of a quoted cell.
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
from prunelle.data.series.sniff import LABEL_NAMES
from prunelle.data.series.text import MISSING, lines_of, numbers
from prunelle.errors import ArgumentError, DataError, did_you_mean
from prunelle.texts import Note

_NUMERIC = ("numeric", "real", "integer")
_MOST_CHANNELS = 10_000


@dataclasses.dataclass
class _Attribute:
    """A column: ``kind`` is ``numeric``, ``nominal``, ``relational``, or a type that holds neither steps nor labels."""

    name: str
    kind: str
    classes: tuple[str, ...] = ()


def read(path: Path, expected: Expected, progress: Progress | None = None) -> dict[str, ParsedSeries]:
    """Every series of an ``.arff`` file.

    The label is the attribute named class, target or label, else the only nominal one; the others are steps, or one
    relational attribute that holds channels.

    Raises:
        DataError: what is wrong, with the line's number.
        ArgumentError: ``labels`` is no attribute.
    """
    attributes: list[_Attribute] = []
    inside = in_data = False
    gathered, labels = Gathering(), []
    known: dict[str, str] = {}
    at_label: int | None = None
    steps: list[int] = []
    for number, line in lines_of(path, progress):
        text = line.strip()
        where = f"{path}, line {number}"
        if not text or text.startswith("%"):
            continue
        if not in_data:
            key = text.split(None, 1)[0].lower()
            if key == "@attribute" and not inside:
                attributes.append(_attribute(text, where))
                inside = attributes[-1].kind == "relational"
            elif key == "@end":
                inside = False
            elif key == "@data":
                in_data = True
                at_label = _label(path, attributes, expected)
                steps = _steps(path, attributes, at_label)
            elif key not in ("@relation", "@attribute"):
                raise DataError(
                    f"{where}: the header's lines are @relation, @attribute and @data; received {text[:40]!r}."
                )
            continue
        cells = _cells(text, where)
        if len(cells) != len(attributes):
            raise DataError(f"{where}: {len(cells)} values; the header has {len(attributes)} attributes.")
        values = _series([cells[i] for i in steps], attributes[steps[0]].kind == "relational", where)
        if len(gathered) and values.shape[1] != gathered.channels:
            raise DataError(
                f"{where}: {values.shape[1]} channels; the series before have {gathered.channels}."
            )
        gathered.add(values)
        if at_label is not None:
            label = cells[at_label]
            if label.lower() in MISSING:
                raise DataError(f"{where}: the label is missing.")
            if label not in known:
                _check_label(label, attributes[at_label], where)
            labels.append(known.setdefault(label, label))
    if not len(gathered):
        raise DataError(f"{path} has no series{'' if in_data else ': no line says @data'}.")
    if at_label is None:
        return {"train": ParsedSeries(gathered.series(), None, Note("no label", "pas d’étiquette"))}
    chosen = attributes[at_label]
    words = Note(f"labels in the attribute {chosen.name!r}", f"étiquettes dans l’attribut {chosen.name!r}")
    sure = chosen.kind == "nominal" or expected.explicit
    return {"train": ParsedSeries(gathered.series(), tuple(labels), words, sure=sure)}


def _attribute(text: str, where: str) -> _Attribute:
    rest = text.split(None, 1)[1] if len(text.split(None, 1)) > 1 else ""
    if rest[:1] in ("'", '"'):
        end = rest.find(rest[0], 1)
        name, kind = rest[1:end], rest[end + 1 :].strip()
    else:
        name, kind = [*rest.split(None, 1), "", ""][:2]
    if not name or not kind:
        raise DataError(f"{where}: an attribute has a name and a type; received {text[:60]!r}.")
    if kind.startswith("{"):
        return _Attribute(name, "nominal", tuple(_cells(kind.strip("{} \t"), where)))
    word = kind.split()[0].lower()
    return _Attribute(name, "numeric" if word in _NUMERIC else word)


def _label(path: Path, attributes: list[_Attribute], expected: Expected) -> int | None:
    names = [attribute.name.lower() for attribute in attributes]
    wanted = (expected.labels or "").lower()
    if wanted in names:
        return names.index(wanted)
    if wanted and expected.explicit:
        raise ArgumentError(
            f"labels must name an attribute of {path.name}; received {expected.labels!r}.{did_you_mean(wanted, names)}"
        )
    named = [i for i, name in enumerate(names) if name in LABEL_NAMES]
    nominal = [i for i, attribute in enumerate(attributes) if attribute.kind == "nominal"]
    if len(named) == 1 or (named and not nominal):
        return named[-1]
    if len(nominal) > 1:
        raise DataError(
            f"{path}: the attributes {', '.join(repr(attributes[i].name) for i in nominal[:5])} are nominal; name the "
            f"label (--labels NAME) and take the others out."
        )
    return nominal[0] if nominal else None


def _steps(path: Path, attributes: list[_Attribute], at_label: int | None) -> list[int]:
    steps = [i for i in range(len(attributes)) if i != at_label]
    kinds = {attributes[i].kind for i in steps}
    if not steps or (kinds != {"numeric"} and (kinds != {"relational"} or len(steps) > 1)):
        odd = next((attributes[i] for i in steps if attributes[i].kind != "numeric"), None)
        what = f"{odd.name!r} is {odd.kind}" if odd is not None else "there is none"
        raise DataError(
            f"{path}: all attributes but the label must be numeric, or one relational; {what}. Take it out."
        )
    return steps


def _series(cells: list[str], relational: bool, where: str) -> np.ndarray:
    """→ ``(T, C)``, up to the last step that has a value."""
    if relational:
        lines = [line.split(",") for line in cells[0].split("\n", _MOST_CHANNELS + 1) if line.strip()]
        if not lines or len(lines) > _MOST_CHANNELS:
            raise DataError(
                f"{where}: a series has 1 to {_MOST_CHANNELS:,} channels; received {len(lines):,}."
            )
    else:
        lines = [cells]
    channels = [numbers(line, where) for line in lines]
    if len({len(channel) for channel in channels}) > 1:
        raise DataError(
            f"{where}: channels have {min(map(len, channels))} to {max(map(len, channels))} values, and must have as "
            f"many as each other."
        )
    one = np.stack(channels, axis=1)
    there = np.flatnonzero(~np.isnan(one).all(axis=1))
    if not len(there):
        raise DataError(f"{where}: the series has no value.")
    return one[: there[-1] + 1]


def _check_label(label: str, attribute: _Attribute, where: str) -> None:
    if attribute.kind == "nominal" and index_of(label, attribute.classes) is None:
        raise DataError(
            f"{where}: the label {label[:40]!r} is not among those of {attribute.name!r}, "
            f"{', '.join(attribute.classes[:10])}."
        )


def _cells(text: str, where: str) -> list[str]:
    """The cells of a line: separated by commas, some in quotes of either kind, with ``\\n`` and other escapes there."""
    if text.startswith("{"):
        raise DataError(f"{where}: sparse lines are not read; write every value.")
    if not any(sign in text for sign in "\"'\\"):
        return [cell.strip() for cell in text.split(",")]
    cells: list[str] = []
    at, length = 0, len(text)
    while at <= length:
        while at < length and text[at] in " \t":
            at += 1
        if at < length and text[at] in "\"'":
            end = at + 1
            while end < length and text[end] != text[at]:
                end += 2 if text[end] == "\\" else 1
            if end >= length:
                raise DataError(f"{where}: a quote is not closed.")
            cells.append(_unescaped(text[at + 1 : end]))
            at = text.find(",", end)
            at = length if at < 0 else at
        else:
            end = text.find(",", at)
            end = length if end < 0 else end
            cells.append(text[at:end].strip())
            at = end
        at += 1
    return cells


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\'", "'").replace('\\"', '"') if "\\" in text else text


FORMAT = Format(read, names_columns=True)
