"""What the views of series look at: a run, the series named, or some of its own."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data.kinds import kind_of
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.targets import refuse_other_than_classes
from prunelle.errors import BadPicture, BadPictures
from prunelle.jobs.answering import expand_files, judged_split
from prunelle.jobs.look_request import LookRequest, SubjectRequest
from prunelle.jobs.prepared_look import Prepared, decoder, left_out_when_gone, unreadable_note
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import visible
from prunelle.views.series_look import SeriesLook


def prepare(subject: SubjectRequest, request: LookRequest, listener: Listener) -> Prepared:
    """The series in the files named, or some of the run's own when a view asks for them.

    Raises:
        ArgumentError: an unknown layer or channel, or something that a run on series has of its own.
        BadPictures: none of the series can be read.
    """
    subject.refuse_for_pictures("is for pictures, and the run is on series")
    run = subject.subject
    # Of series a run alone is looked at: nothing else says how they are prepared.
    assert isinstance(run, Run)
    preprocess: Any = run.preprocess
    unreadable: list[BadPicture] = []
    decoded = decoder(preprocess, listener)

    def labelled() -> tuple[np.ndarray, np.ndarray]:
        # What was named must be there; the run's own may be gone.
        with left_out_when_gone() if request.source.data is None else contextlib.nullcontext():
            pixels = decoded(judged_split(run, request.source, listener))
        return pixels.images, pixels.labels

    if run.target.kind != "number":
        refuse_other_than_classes(run.target, "a look at series")
    look = SeriesLook(
        network=run.network,
        preprocess=preprocess,
        classes=run.classes,
        target=run.target,
        given=None,
        labelled=labelled,
        sample_size=request.sample,
        layers=request.layers,
        channel=request.channel,
    )
    look.check()
    if request.pictures:
        given, unreadable = _read_series(preprocess, request.pictures, listener)
        look = dataclasses.replace(look, given=given)
    name = f"{run.info['network']['name']} ({run.info['data']['name']})"
    return Prepared(name, look, [unreadable_note(bad) for bad in unreadable], unreadable)


def _read_series(
    preprocess: SeriesPreprocess, files: Sequence[str | Path], listener: Listener
) -> tuple[tuple[np.ndarray, list[str]], list[BadPicture]]:
    """``(n, T, C)`` float32 with NaN beyond the end, a name for each; and what cannot be read."""
    series, names, unreadable = [], [], []
    kind = kind_of(preprocess)
    for file in expand_files(files, kind.list_files):
        for name, one in kind.read(file, preprocess, listener.on_note):
            if isinstance(one, str):
                unreadable.append(BadPicture(name, one))
            else:
                series.append(one)
                names.append(visible(Path(name).name))
    if not series:
        raise BadPictures("; ".join(str(bad) for bad in unreadable))
    padded = np.full((len(series), max(map(len, series)), series[0].shape[1]), np.nan, np.float32)
    for row, one in zip(padded, series, strict=True):
        row[: len(one)] = one
    return (padded, names), unreadable
