"""Data found and split, not yet decoded; the person is told every decision."""

from __future__ import annotations

from prunelle import data as datasets
from prunelle.data.examples import Data
from prunelle.data.from_dataset import from_dataset, is_dataset
from prunelle.errors import refuse_given
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener

ALREADY_LOADED = "is for data by name or path, and these are loaded already"


def load_data(source: DataSource, listener: Listener) -> Data:
    """``prunelle.load`` (the digits for None) with its progress and its notes shown; a ``Data`` as it is.

    Datasets of other libraries are taken in (``from_dataset``).
    """
    data = source.data
    if is_dataset(data):
        refuse_given(
            "is for data by name or path, and this is a dataset",
            labels=source.labels,
            data_dir=source.data_dir,
        )
        data = from_dataset(
            data,
            validation=source.validation,
            test=source.test,
            seed=source.seed,
            progress=listener.on_progress,
        )
    elif isinstance(data, Data):
        refuse_given(
            ALREADY_LOADED,
            labels=source.labels,
            data_dir=source.data_dir,
            validation=source.validation,
            test=source.test,
        )
    else:
        data = datasets.load(
            "digits" if data is None else data,
            labels=source.labels,
            data_dir=source.data_dir,
            validation=source.validation,
            test=source.test,
            seed=source.seed,
            progress=listener.on_progress,
        )
    for note in data.notes:
        listener.on_note(note)
    return data
