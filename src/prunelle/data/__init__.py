"""Labelled pictures: from names, folders or arrays to uint8 pixels; labelled series (``series``).

Importing this package imports neither torch nor Pillow; what is used does.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prunelle.errors import ArgumentError, MissingData, a_kind, did_you_mean
from prunelle.scalars import plain_arguments

if TYPE_CHECKING:
    from prunelle.data.arrays import from_arrays
    from prunelle.data.augment import Augment
    from prunelle.data.datasets import NAMED
    from prunelle.data.examples import Data, Split
    from prunelle.data.groups import AnyGroups
    from prunelle.data.kinds import AnyPreprocess
    from prunelle.data.pixels import Pixels, Progress, Skipped
    from prunelle.data.preprocess import Preprocess
    from prunelle.data.series.augment import SeriesAugment
    from prunelle.data.series.load import from_series
    from prunelle.data.series.preprocess import SeriesPreprocess

__all__ = [
    "NAMED",
    "Augment",
    "Data",
    "Pixels",
    "Preprocess",
    "Progress",
    "SeriesAugment",
    "SeriesPreprocess",
    "Skipped",
    "Split",
    "from_arrays",
    "from_series",
    "load",
    "load_labelled",
]

_HOME = {
    "NAMED": "datasets",
    "from_arrays": "arrays",
    "Augment": "augment",
    "Data": "examples",
    "Pixels": "pixels",
    "Progress": "pixels",
    "Skipped": "pixels",
    "Split": "examples",
    "Preprocess": "preprocess",
    "SeriesAugment": "series.augment",
    "SeriesPreprocess": "series.preprocess",
    "from_series": "series.load",
}


if not TYPE_CHECKING:  # type checkers would take any name for one of this package

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


@plain_arguments
def load(
    data: str | Path,
    *,
    labels: str | Path | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
    data_dir: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Data:
    """Labelled pictures from a named set or a folder, or labelled series from a file.

    Args:
        data: ``digits``, ``mnist``, ``fashion-mnist``, ``cifar10``, ``cifar100``, or the path of a folder
            (``./mnist`` for a folder of that name). See ``folder.load_folder`` for how a folder may be laid out. A
            file of one of the ``series.FORMATS`` (``.ts``, ``.csv``, ``.npz``…) holds series: see
            ``series.load.load_series``.
        labels: for folders: None (a folder a class), ``"folder"`` (the same, whatever the folders are called),
            ``"filename"``, or a CSV file of ``file,label``. For a table of series: the label's column, by its name,
            ``first``, ``last``, or its number where there is no header.
        groups: what examples belong to that must not be divided (a burst, a film, a patient): ``folder``, ``name``, a
            column of the CSV of labels, a CSV of ``file,group`` (``data.groups``); of a table of series, a column. Of
            named sets and series also ``(N,)``, one for each example that is not in a split of its own, in order.
        task: what is to be told of an example: ``classification`` (its class, unless anything is said), ``multilabel``
            (some of several labels), ``regression`` (a number), with ``:COLUMN`` where a table has several
            (``targets.Task``).
        data_dir: for named sets: where their files are, or are put.
        validation, test: shares to take out, in [0, 1); 0 for none. Splits that are given stay as they are.
        seed: of the splits that are drawn.
        progress: told how far a download is.

    Raises:
        ArgumentError: neither a name nor a path; an argument that does not go with the data.
        MissingData: no such set or folder, or files that could not be fetched.
        DataError: pictures or labels that cannot be used.

    Example:
        >>> load("digits").classes
        ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')
    """
    from prunelle.data.datasets import NAMED, load_named
    from prunelle.data.targets import Task

    check_is_named(data)
    name = str(data)
    if isinstance(data, str) and name in NAMED:
        if labels is not None:
            raise ArgumentError(f"labels goes with a folder; {name} has labels of its own.")
        if Task.parse(task).kind != "class":
            raise ArgumentError(f"task {task} goes with data of your own; {name} has classes.")
        if test is not None and name != "digits":
            raise ArgumentError(
                f"test is a share to take out of the pictures; {name} has a test split of its own."
            )
        if isinstance(groups, str | Path):
            raise ArgumentError(
                f"groups (--groups) says how a folder or a table tells what belongs together; received "
                f"{str(groups)!r}, and {name} does not tell. In Python, give one for each example: groups=[…]."
            )
        return load_named(
            name,
            groups=groups,
            data_dir=data_dir,
            validation=validation,
            test=test,
            seed=seed,
            progress=progress,
        )
    if data_dir is not None:
        raise ArgumentError(
            f"data_dir goes with a named set ({', '.join(NAMED)}); {name!r} is taken for a folder."
            f"{did_you_mean(name, NAMED)}"
        )
    if not Path(data).expanduser().exists():
        path = Path(data).expanduser()
        beside = list(path.parent.iterdir()) if path.parent.is_dir() else []
        siblings = [p.name for p in beside if p.is_dir() or p.suffix == path.suffix]
        close = did_you_mean(path.name, [*siblings, *NAMED])
        raise MissingData(
            f"data {name!r} is neither a folder or file that exists nor a named set ({', '.join(NAMED)}).{close}"
        )
    from prunelle.data.series.load import load_series
    from prunelle.data.series.reading import is_series_file

    if is_series_file(data):
        return load_series(
            data,
            labels=None if labels is None else str(labels),
            groups=groups,
            task=task,
            validation=validation,
            test=test,
            seed=seed,
            progress=progress,
        )
    from prunelle.data.folder import load_folder

    return load_folder(
        data,
        labels=labels,
        groups=_said_groups(groups),
        task=task,
        validation=validation,
        test=test,
        seed=seed,
    )


def _said_groups(groups: AnyGroups | None) -> str | Path | None:
    """``groups`` of a folder.

    Raises:
        ArgumentError: they are given themselves, and files have no order that one could count on.
    """
    if groups is None or isinstance(groups, str | Path):
        return groups
    raise ArgumentError(
        f"groups of a folder is 'folder', 'name', a column of the CSV of labels, or a CSV of file,group; received "
        f"{a_kind(groups)}. Write such a CSV, as files are found by their names."
    )


def load_labelled(
    data: str | Path,
    *,
    labels: str | Path | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
    like: AnyPreprocess | None = None,
) -> Data:
    """A folder's pictures or a file's series with their labels, split only where the splits are given.

    ``like`` is how the data of a run are prepared: it tells, of a table of series, the label's column from the steps.
    """
    from prunelle.data.series.load import load_labelled_series
    from prunelle.data.series.reading import is_series_file

    check_is_named(data)
    if is_series_file(data):
        return load_labelled_series(data, None if labels is None else str(labels), like, groups, task)
    from prunelle.data.folder import load_labelled as load_labelled_folder

    return load_labelled_folder(data, labels=labels, groups=_said_groups(groups), task=task)


_HOW = {
    "arrays": "give prunelle.from_arrays(images, labels), or from_series for time series",
    "loader": "train and the other verbs take a Dataset or a DataLoader, and so does prunelle.from_dataset; of others "
    "give the folder or the file that they read, or the examples as prunelle.from_arrays(images, labels)",
    "module": "the network comes first and the data second: train(network, data)",
    "split": "give the whole Data, whose splits are then used each for what it is",
    "other": "give a folder of labelled pictures, a file of series, or the name of a data set",
}


def check_is_named(data: object) -> None:
    """Data are a name or a path here: what people have in place of them is told what to do.

    Raises:
        ArgumentError: it is neither.
    """
    if isinstance(data, str | os.PathLike) and not isinstance(os.fspath(data), bytes):
        return
    from prunelle.data.examples import Split
    from prunelle.data.pixels import Pixels

    if isinstance(data, Split | Pixels):
        how = _HOW["split"]
    elif hasattr(data, "state_dict") and callable(data):
        how = _HOW["module"]
    elif hasattr(data, "__array__") or (isinstance(data, list | tuple | dict) and _holds_arrays(data)):
        how = _HOW["arrays"]
    elif not isinstance(data, list | tuple | dict | bytes) and (
        hasattr(data, "__iter__") or hasattr(data, "__getitem__")
    ):
        how = _HOW["loader"]
    else:
        how = _HOW["other"]
    raise ArgumentError(
        f"data must be the name of a data set, a path, or what load, from_arrays and from_series give; received "
        f"{a_kind(data)}: {how}."
    )


def _holds_arrays(data: list[object] | tuple[object, ...] | dict[object, object]) -> bool:
    parts = data.values() if isinstance(data, dict) else data
    return any(hasattr(part, "__array__") for part in parts)
