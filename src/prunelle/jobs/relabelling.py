"""Labels of data as a run has them: its classes in its order, of the kind that it tells."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prunelle.data.examples import Data
from prunelle.data.labels import near_classes
from prunelle.data.series.classes import index_of
from prunelle.errors import DataError
from prunelle.runs.judging import Classifier
from prunelle.texts import composed, shown


def relabelled(labels: np.ndarray, data: Data, run: Classifier) -> np.ndarray:
    """Labels of ``data``, as ``run`` would have them.

    Raises:
        DataError: it tells something else, or does not know one of the classes.
    """
    if data.target.kind != run.target.kind:
        raise DataError(
            f"the network tells another thing than these data say: its task is {run.target.task}, and theirs is "
            f"{data.target.task}. Judge it on data of its own task."
        )
    if run.target.kind == "number":
        return labels  # one, whatever it is called
    places = _places(data.classes, run.classes)
    if run.target.exclusive:
        return np.asarray(places[labels])
    # A label that the data do not speak of is one that no example has.
    found = np.zeros((len(labels), len(run.classes)), bool)
    found[:, places] = labels
    return found


def _places(theirs: Sequence[str], ours: Sequence[str]) -> np.ndarray:
    """``(len(theirs),)`` int64: where each of their classes is among ours; of series, ``1.0`` is the class ``1``."""
    # Runs of earlier versions keep names as a Mac wrote them.
    index = {composed(name): i for i, name in enumerate(ours)} | {name: i for i, name in enumerate(ours)}
    translated = {
        name: index.get(name, index.get(composed(name), index_of(name, tuple(ours)))) for name in theirs
    }
    unknown = [name for name in theirs if translated[name] is None]
    if unknown:
        raise DataError(
            f"the run does not know the class {unknown[0]!r}.{near_classes(unknown, tuple(ours))} It knows: "
            f"{shown(ours)}."
            + (
                f" Folders that are numbers are not taken for its outputs; give them these names: 0 is {ours[0]!r}."
                if all(name.isdigit() for name in theirs)
                else ""
            )
        )
    return np.array([translated[name] for name in theirs], np.int64)
