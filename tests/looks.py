"""Looks for the tests of views: small untrained networks, with noise to look at, and whose figure is whose."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle import views
from prunelle.console.listeners import make_listener
from prunelle.jobs.look_at_pictures import prepare_pictures
from prunelle.jobs.look_request import LookRequest
from prunelle.planning.request import DataSource
from prunelle.views.picture_look import PictureLook
from prunelle.views.series_look import SeriesLook
from prunelle.views.subject import Subject

CLASSES = ("a", "b", "c")
SIDE = 12


def noise_file(folder: Path) -> Path:
    """A grey picture of 12×12 pixels, to be a look's ``files``."""
    file = folder / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)).save(file)
    return file


def noise(classes: int = 3) -> pn.Data:
    """24 labelled pictures of up to three classes, in turn; of 1, all are of one class of two."""
    pixels = np.random.default_rng(1).integers(0, 256, (24, SIDE, SIDE, 1), dtype=np.uint8)
    names = list(CLASSES[: max(2, classes)])
    data = pn.from_arrays(pixels, np.arange(24) % len(names), classes=names, validation=0, test=0)
    if classes == 1:
        data = dataclasses.replace(data, train=dataclasses.replace(data.train, labels=np.zeros(24, int)))
    return data


def picture_look(
    network: nn.Module | None = None, *, files: Sequence[Path] = (), data: pn.Data | None = None
) -> PictureLook:
    """What a view of pictures gets to look at.

    Args:
        network: takes ``(N, 1, 12, 12)`` and answers with three classes; ``course-look`` unless given.
        files: pictures to show (``noise_file``); without any a view that needs a picture is left out.
        data: labelled pictures to look at many of (``noise``); without them likewise.
    """
    torch.manual_seed(0)
    if network is None:
        network = pn.build("course-look", num_classes=3, in_channels=1, input_size=SIDE)
    preprocess = pn.Preprocess(size=(SIDE, SIDE), channels=1, mean=(0.5,), std=(0.5,))
    request = LookRequest(
        pictures=files,
        layers=None,
        channel=None,
        classes=(),
        between=None,
        scale="channel",
        source=DataSource(data=data),
        sample=24,
    )
    subject = Subject("course-look", network.eval(), preprocess, CLASSES)
    look = prepare_pictures(subject, request, make_listener("quiet")).look
    assert isinstance(look, PictureLook)
    return look


def series_look() -> SeriesLook:
    """What a view of series gets to look at: ``fcn``, and nine labelled series of two channels and 40 steps."""
    torch.manual_seed(0)
    values = np.random.default_rng(2).normal(size=(9, 40, 2)).astype(np.float32)
    return SeriesLook(
        network=pn.build("fcn", num_classes=3, in_channels=2, input_size=40).eval(),
        preprocess=pn.SeriesPreprocess(length=40, channels=2, mean=(0.0, 0.0), std=(1.0, 1.0)),
        classes=CLASSES,
        given=None,
        labelled=lambda: (values, np.arange(9) % 3),
        sample_size=None,
        layers=None,
        channel=None,
    )


def by_view(kind: str, figures: Iterable[str]) -> dict[str, set[str]]:
    """Names of figures under the view that made them: they are called as it is, or that with ``-…`` behind."""
    made: dict[str, set[str]] = {}
    for figure in figures:
        owners = [name for name in views.names(kind) if figure == name or figure.startswith(f"{name}-")]
        assert owners, f"the figure {figure} is called as no view in VIEWS"
        made.setdefault(max(owners, key=len), set()).add(figure)
    return made
