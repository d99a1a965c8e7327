"""Costs as people give them: a CSV, square or long, or values by name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from prunelle.csv_files import unmarked
from prunelle.data.targets import Target
from prunelle.errors import ArgumentError, DataError, MissingData
from prunelle.texts import shown
from prunelle.training.costs import Costs, GivenCosts

_LONG = ("truth", "answer", "cost")

_Table = dict[str, dict[str, float]]


def costs_of(given: GivenCosts) -> Costs:
    """What was given, checked; in an order of its own (``Costs.aligned``).

    Raises:
        ArgumentError, DataError, MissingData: it is no file that can be read, or no costs.
    """
    if isinstance(given, Costs):
        return given
    if isinstance(given, Mapping):
        return _made({truth: dict(row) for truth, row in given.items()}, None)
    return read_costs(Path(given).expanduser())


def costs_for(given: GivenCosts, target: Target, classes: Sequence[str]) -> Costs:
    """``costs_of`` of the classes of data, in their order.

    Raises:
        ArgumentError: what is told of an example is no class.
        DataError: they have other names.
    """
    if not target.exclusive:
        raise ArgumentError(
            f"costs (--costs) are of answers where each example has one class; these are for {target.task}."
        )
    return costs_of(given).aligned(classes)


def read_costs(path: Path) -> Costs:
    """A CSV; semicolons and tabs do as well, and decimal commas between semicolons.

    Square: the header has the answers, each row begins with the truth::

        ,cat,dog
        cat,0,1
        dog,5,0

    Long: the columns ``truth``, ``answer``, ``cost``. A right answer that is left out, or empty, costs nothing.

    Raises:
        MissingData: it is not there.
        DataError: a line that cannot be read; it says which.
        ArgumentError: see ``Costs``.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise MissingData(
            f"costs must be a CSV file of what each answer costs by the truth; received {str(path)!r}, and there is no "
            f"such file."
        ) from None
    except UnicodeDecodeError:
        raise DataError(f"{path} is not UTF-8 text; save it as CSV (UTF-8).") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    delimiter = max(",;\t", key=re.split("[\r\n]", text, maxsplit=1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    lines: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((reader.line_num, [unmarked(cell.strip()) for cell in cells]))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}.") from None
    if len(lines) < 2:
        raise DataError(
            f"{path} has no costs: a header with a class a column, and a row a class, were expected."
        )
    (_, header), rows = lines[0], lines[1:]
    long = [name.lower() for name in header] == list(_LONG)
    for number, cells in rows:
        if len(cells) != len(header):
            raise DataError(
                f"{path}, line {number}: {len(header)} values were expected, as in the header; received {len(cells)}."
            )
    return _made((_long if long else _square)(path, header, rows, decimal_comma=delimiter != ","), str(path))


def _square(
    path: Path, header: Sequence[str], rows: Sequence[tuple[int, list[str]]], *, decimal_comma: bool
) -> _Table:
    answers = header[1:]
    if twice := [name for name in answers if answers.count(name) > 1]:
        raise DataError(f"{path}, line 1: the column {twice[0]!r} is there twice.")
    table: _Table = {}
    for number, (truth, *cells) in rows:
        if truth in table:
            raise DataError(f"{path}, line {number}: the row {truth!r} is there twice.")
        table[truth] = {
            answer: _number(cell, f"{path}, line {number}, column {answer!r}", decimal_comma=decimal_comma)
            for answer, cell in zip(answers, cells, strict=True)
            if cell or answer != truth
        }
    return table


def _long(
    path: Path, header: Sequence[str], rows: Sequence[tuple[int, list[str]]], *, decimal_comma: bool
) -> _Table:
    table: _Table = {}
    for number, (truth, answer, cell) in rows:
        costs = table.setdefault(truth, {})
        if answer in costs:
            raise DataError(
                f"{path}, line {number}: the truth {truth!r} answered by {answer!r} is there twice."
            )
        costs[answer] = _number(cell, f"{path}, line {number}", decimal_comma=decimal_comma)
    return table


def _number(cell: str, where: str, *, decimal_comma: bool) -> float:
    try:
        return float(cell.replace(",", ".") if decimal_comma else cell)
    except ValueError:
        raise DataError(f"{where}: a cost must be a number, as 2.5; received {cell!r}.") from None


def _made(table: Mapping[str, Mapping[str, float]], file: str | None) -> Costs:
    """The matrix of all truths and answers that are named.

    Raises:
        ArgumentError: one has no cost, or a cost that is no number.
    """
    where = file or "costs"
    classes = tuple(dict.fromkeys([*table, *(answer for row in table.values() for answer in row)]))
    if rowless := [name for name in classes if name not in table]:
        raise ArgumentError(
            f"{where} must say what each answer costs for every truth; there is none for the truth {shown(rowless)}."
        )
    matrix = np.zeros((len(classes), len(classes)))
    for i, truth in enumerate(classes):
        for j, answer in enumerate(classes):
            cost = table[truth].get(answer, 0.0 if i == j else None)
            if isinstance(cost, bool) or not isinstance(cost, int | float | np.number):
                raise ArgumentError(
                    f"{where} must say what each answer costs for every truth; the truth {truth!r} answered by "
                    f"{answer!r} has {'no cost' if cost is None else repr(cost)}."
                )
            matrix[i, j] = cost
    return Costs(classes, matrix, file)
