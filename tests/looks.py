"""For the tests of views: untrained networks with noise to look at, whose figure is whose, and whether it reads."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle import views
from prunelle.console.listeners import make_listener
from prunelle.drawing.plate import Plate
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


def assert_readable(plates: Iterable[Plate]) -> None:
    """No text of a figure overlaps another or leaves the page; to be tried with what is longest, most and least."""
    for plate in plates:
        boxes = _boxes(plate)
        assert boxes, plate.name
        width, height = plate.figure.get_size_inches() * 100
        assert height <= 850, plate.name
        for text, (left, bottom, right, top) in boxes:
            where = (plate.name, text.get_text())
            assert left >= -1, where
            assert bottom >= -1, where
            assert right <= width + 1, where
            assert top <= height + 1, where
        for (one, a), (other, b) in itertools.combinations(boxes, 2):
            across = min(a[2], b[2]) - max(a[0], b[0])
            down = min(a[3], b[3]) - max(a[1], b[1])
            if one.get_rotation() == other.get_rotation() not in (0, 90):
                # Side by side and aslant: their boxes overlap, the texts do not while this far apart.
                apart = abs(a[2] - b[2]) * math.sin(math.radians(one.get_rotation()))
                assert apart >= one.get_fontsize() * 100 / 72, (plate.name, one, other)
            else:
                assert across <= 1 or down <= 1, (plate.name, one.get_text(), other.get_text())


def _boxes(plate: Plate) -> list[tuple[Text, np.ndarray]]:
    """Every text that is drawn with its box in pixels: left, bottom, right, top."""
    figure = plate.figure
    figure.set_dpi(100)
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts: list[Text] = list(figure.texts)
    for axes in figure.axes:
        texts += axes.texts
        if axes.axison:
            for axis in (axes.xaxis, axes.yaxis):
                # Those that will be drawn: others exist, beyond the limits. The label's place depends on them.
                axis.get_tightbbox(renderer)
                texts += [
                    axis.label,
                    *(tick.label1 for tick in axis._update_ticks() if tick.label1.get_visible()),
                ]
    found = []
    for text in texts:
        if text.get_text().strip():
            box = text.get_window_extent(renderer)
            found.append((text, np.array([box.x0, box.y0, box.x1, box.y1])))
    return found
