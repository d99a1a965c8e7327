"""``look``: what a network sees, as figures and a page."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.data.examples import Data
from prunelle.data.from_dataset import AnyDataset
from prunelle.data.preprocess import Preprocess
from prunelle.jobs import looking
from prunelle.jobs.look_request import LookRequest, SubjectRequest
from prunelle.jobs.looking import Gallery
from prunelle.planning.request import DataSource
from prunelle.planning.weights import Pretrained
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, default_language
from prunelle.views.picture_look import Scale


@plain_arguments
def look_into(
    subject: Run | Pretrained | nn.Module | str | Path,
    pictures: Sequence[str | Path] = (),
    *,
    output: str | Path,
    views: Sequence[str] | None = None,
    layers: Sequence[str] | None = None,
    channel: int | None = None,
    classes: Sequence[str] = (),
    between: tuple[str, str] | None = None,
    data: Data | AnyDataset | str | Path | None = None,
    labels: str | None = None,
    data_dir: str | Path | None = None,
    sample: int | None = None,
    scale: Scale = "channel",
    network: nn.Module | None = None,
    weights: str | Path | None = None,
    preprocess: Preprocess | None = None,
    class_names: Sequence[str] | None = None,
    size: int | tuple[int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    language: Language | None = None,
    style: Style = "auto",
) -> Gallery:
    """Shows what each part of a network does, as a page and as figures.

    Args:
        subject: a run, its folder, what ``pretrained`` gives, a module, or the name of a network.
        pictures: files, and folders of them; prepared as the network's training did. Of a run on series, files of
            series; some of its own test series where there are none.
        output: a new folder.
        views: some of ``views.names("pictures")``, of a run on series of ``views.names("series")``; None for all that
            make sense.
        layers: names, as ``prunelle networks`` prints them; None for all of a network of moderate size. On series
            they choose windows alone.
        channel: only this one, from 1.
        classes: for which to show where the network looked, and which channels answer to them; none for its two
            most probable ones, and every class.
        between: two classes to tell apart; None for those it confuses most.
        data: labelled pictures for the views over many, as ``prunelle.load`` takes them; None for those of the run.
        labels, data_dir: as ``prunelle.load``.
        sample: how many of them to look at; None for 500, or fewer where the network takes long.
        scale: of the maps: each channel its own, or one shared by a layer.
        network: the module, if the run trained one of your own.
        weights, size, mean, std: of a network by name, as ``pretrained``; without weights they are random.
        preprocess, class_names: of a module.
        language: of figures and page; None for the locale's.
        style: what to show meanwhile.

    Raises:
        ArgumentError: an unknown layer, channel, class or view.
        BadPictures: none of the pictures can be read.
        RunError: ``output`` is there already.

    Example:
        >>> look_into("vgg16", ["photo.jpg"], weights="imagenet", output="looks")
    """
    request = LookRequest(
        pictures=pictures,
        layers=layers,
        channel=channel,
        classes=classes,
        between=between,
        scale=scale,
        source=DataSource(data=data, labels=labels, data_dir=data_dir),
        sample=sample,
    )
    asked_of = SubjectRequest(
        subject=subject,
        network=network,
        weights=weights,
        preprocess=preprocess,
        class_names=class_names,
        size=size,
        mean=mean,
        std=std,
    )
    with contextlib.closing(make_listener(style, language)) as listener:
        return looking.look(
            asked_of,
            request,
            listener,
            views=views,
            folder=Path(output),
            language=language or default_language(),
        )
