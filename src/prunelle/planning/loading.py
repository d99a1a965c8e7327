"""Data found and split, not yet decoded; the person is told every decision."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from prunelle import data as datasets
from prunelle.data.deciding import Applied, applied
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.from_dataset import from_dataset, is_dataset
from prunelle.data.groups import AnyGroups
from prunelle.errors import ArgumentError, refuse_given
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener

ALREADY_LOADED = "is for data by name or path, and these are loaded already"


def load_data(source: DataSource, listener: Listener) -> Data:
    """``prunelle.load`` (the digits for None) with its progress and its notes shown; a ``Data`` as it is.

    Datasets of other libraries are taken in (``from_dataset``). Decisions are applied once the splits are drawn.
    """
    return _told(_loaded(source, listener), source, listener)


def load_whole(source: DataSource, listener: Listener) -> Data:
    """As ``load_data``, but what is not split stays whole: a split that would be drawn says nothing of the data."""
    data = source.data
    if data is None or isinstance(data, Data) or is_dataset(data) or str(data) in datasets.NAMED:
        return load_data(source, listener)
    refuse_given("is where named sets are, and data is a path", data_dir=source.data_dir)
    return _told(
        datasets.load_labelled(data, labels=source.labels, groups=source.groups, task=source.task),
        source,
        listener,
    )


def _told(data: Data, source: DataSource, listener: Listener) -> Data:
    """With the decisions that were made; what a person should know is said."""
    for note in data.notes:
        listener.on_note(note)
    if source.decisions is None:
        return data
    decided = decided_data(data, source.decisions)
    listener.on_note(decided.note)
    return decided.data


def decided_data(data: Data, decisions: Decisions | str | Path, *, learned: bool = True) -> Applied:
    """``data`` with decisions applied, or with those of a file; see ``data.deciding``."""
    if isinstance(decisions, Decisions):
        return applied(data, decisions, "decisions", learned=learned)
    path = Path(decisions).expanduser()
    decided = applied(data, Decisions.read(path), str(path), learned=learned)
    assert decided.data.decisions is not None
    info = {**decided.data.decisions, "file": os.path.abspath(path)}
    return dataclasses.replace(decided, data=dataclasses.replace(decided.data, decisions=info))


def _given_groups(source: DataSource) -> AnyGroups | None:
    """Of a dataset, one an example.

    Raises:
        ArgumentError: a way to find them, which goes with names of files and columns.
    """
    if isinstance(source.groups, str | Path):
        raise ArgumentError(
            f"groups of a dataset is what each of its examples belongs to, in order; received {str(source.groups)!r}."
        )
    return source.groups


def _loaded(source: DataSource, listener: Listener) -> Data:
    data = source.data
    if is_dataset(data):
        refuse_given(
            "is for data by name or path, and this is a dataset",
            labels=source.labels,
            task=source.task,
            data_dir=source.data_dir,
        )
        data = from_dataset(
            data,
            groups=_given_groups(source),
            validation=source.validation,
            test=source.test,
            seed=source.seed,
            progress=listener.on_progress,
        )
    elif isinstance(data, Data):
        refuse_given(
            ALREADY_LOADED,
            labels=source.labels,
            groups=source.groups,
            task=source.task,
            data_dir=source.data_dir,
            validation=source.validation,
            test=source.test,
        )
    else:
        data = datasets.load(
            "digits" if data is None else data,
            labels=source.labels,
            groups=source.groups,
            task=source.task,
            data_dir=source.data_dir,
            validation=source.validation,
            test=source.test,
            seed=source.seed,
            progress=listener.on_progress,
        )
    return data
