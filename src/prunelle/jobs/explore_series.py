"""Series to explore a network with: from a file, from numbers, or a run's own test series."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from prunelle import networks
from prunelle.data.kinds import kind_of
from prunelle.data.series.container import Series
from prunelle.data.series.prepare import prepare
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ArgumentError, BadPicture, refuse_given
from prunelle.jobs import answering
from prunelle.jobs.explore_pictures import check_bytes
from prunelle.jobs.explored import Explored, Ink
from prunelle.jobs.look_request import SubjectRequest
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import composed, visible


class SeriesMedium:
    """Series ``(T, C)`` float32, prepared as ``prunelle predict`` prepares a file of the same series."""

    ink: Ink = "dark"
    drawable = False

    def __init__(self, preprocess: SeriesPreprocess) -> None:
        self._preprocess = preprocess

    def of_array(self, array: np.ndarray) -> np.ndarray:
        """``(C, T)`` numbers, of any length; NaN where a value is missing."""
        channels = self._preprocess.channels
        if array.ndim != 2 or array.shape[0] != channels or not array.shape[1]:
            raise ArgumentError(
                f"a series must be numbers of (channels, steps), with {channels} channels; received {array.shape}."
            )
        one = Series.of([np.ascontiguousarray(array.T, np.float32)])
        return np.asarray(prepare(one, self._preprocess)[0])

    def of_file(self, content: bytes, name: str) -> np.ndarray:
        """The first series of a file of any format that is read, told by its suffix."""
        check_bytes(content)
        with tempfile.TemporaryDirectory() as folder:
            # Of the name that a browser gives, the suffix alone.
            file = Path(folder) / f"series{Path(name).suffix[:8]}"
            file.write_bytes(content)
            _, found = next(
                kind_of(self._preprocess).read(file, self._preprocess), (name, "it holds no series")
            )
        if isinstance(found, str):
            raise BadPicture(visible(name), found)
        return found

    def small(self, examples: np.ndarray) -> np.ndarray:
        """Whole."""
        return np.ascontiguousarray(np.moveaxis(examples, -1, 1), np.float32)

    def shown(self, example: np.ndarray) -> np.ndarray:
        """``(C, 1, T)`` float32, in the units of the data."""
        return np.ascontiguousarray(example.T[:, np.newaxis], np.float32)


def find(request: SubjectRequest, source: DataSource, listener: Listener) -> Explored:
    """The run, or a network by name, whose weights are then random.

    Raises:
        ArgumentError: something is given that is for pictures.
    """
    refuse_given(
        "is for pictures, and the network reads series",
        weights=request.weights,
        preprocess=request.preprocess,
        size=request.size,
        mean=request.mean,
        std=request.std,
    )
    run = request.subject
    if not isinstance(run, Run):
        return _by_name(str(run), listener)
    settings: Any = run.preprocess
    return Explored(
        name=run.info["network"]["name"],
        network=run.network,
        preprocess=settings,
        classes=tuple(visible(composed(name)) for name in run.classes),
        run=run,
        trained=True,
        medium=SeriesMedium(settings),
        labelled=lambda: (answering.judged_split(run, source, listener), run.classes),
        listener=listener,
    )


def _by_name(name: str, listener: Listener) -> Explored:
    channels, length = networks.natural_shape(name)
    preprocess = SeriesPreprocess(
        length=length, channels=channels, normalisation="none", mean=(0.0,) * channels, std=(1.0,) * channels
    )
    made = networks.build(name, in_channels=channels, input_size=(length,)).eval()
    return Explored(
        name=name,
        network=made,
        preprocess=preprocess,
        classes=None,
        run=None,
        trained=False,
        medium=SeriesMedium(preprocess),
        labelled=lambda: None,
        listener=listener,
    )
