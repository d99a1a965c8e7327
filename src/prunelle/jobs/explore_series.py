"""Series to explore a network with: from a file, from numbers, or a run's own test series."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle import networks
from prunelle.data.kinds import kind_of
from prunelle.data.series.container import Series
from prunelle.data.series.prepare import prepare
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ArgumentError, BadPicture
from prunelle.jobs import answering
from prunelle.jobs.explore_pictures import check_bytes
from prunelle.jobs.explored import Exciting, Explored, Ink, Where
from prunelle.jobs.look_request import SubjectRequest
from prunelle.look.attribution import Scores
from prunelle.look.hooks import undisturbed
from prunelle.look.layers import Anatomy, Layer
from prunelle.look.series import class_activation
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Note, composed, visible

MOST_SERIES = 12


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
            # Of the name that a browser gives, the letters of its suffix alone.
            suffix = "".join(filter(str.isalnum, Path(name).suffix))[:8]
            file = Path(folder) / f"series.{suffix}"
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

    def large(self, example: np.ndarray, file: str | None, most_px: int) -> np.ndarray:
        """All steps that the network is given."""
        return self.shown(example)

    def exciting(self, examples: np.ndarray, peaks: np.ndarray, places: np.ndarray, layer: Layer) -> Exciting:
        """Each series whole, with the steps that the channel sees of it."""
        rows = [
            row for row in np.argsort(-peaks, kind="stable")[:MOST_SERIES].tolist() if np.isfinite(peaks[row])
        ]
        windows = []
        for row in rows:
            steps = int((~np.isnan(examples[row, :, 0])).sum())
            start, stop = 0, steps
            if layer.field is not None and not layer.field.flat and len(layer.shape) > 1:
                (span,) = layer.field.spans
                start = span.start + int(places[row]) * span.jump
                stop = start + span.size
            windows.append((max(0, start), min(steps, stop)))
        crops = self.small(np.asarray(examples)[rows])
        return Exciting(crops, tuple(windows), tuple(rows), tuple(float(peaks[row]) for row in rows))

    def where(self, network: nn.Module, anatomy: Anatomy, image: torch.Tensor, target: int) -> Where:
        """The class activation map; the size of the gradient, where the network has another head than that wants."""
        try:
            heat = class_activation(network, image, [target])
            how = Note(
                "the class activation map: what each step adds",
                "la carte d’activation : ce qu’ajoute chaque pas",
            )
        except ArgumentError:
            heat = _gradient(network, image, target)
            how = Note("the size of the gradient at each step", "la taille du gradient à chaque pas")
        heat = np.nan_to_num(np.maximum(heat, 0)).astype(np.float32)
        return Where(heat / max(float(heat.max()), 1e-30), how)


def _gradient(network: nn.Module, image: torch.Tensor, target: int) -> np.ndarray:
    """``(1, T)``, the largest channel's."""
    series = image.detach().clone().requires_grad_()
    with undisturbed(network, in_place=False), torch.enable_grad():
        score = Scores(network)(series)[0, target]
        (gradient,) = torch.autograd.grad(score, [series])
    return np.asarray(gradient[0].abs().amax(dim=0, keepdim=True).cpu().numpy())


def find(request: SubjectRequest, source: DataSource, listener: Listener) -> Explored:
    """The run, or a network by name, whose weights are then random.

    Raises:
        ArgumentError: something is given that is for pictures.
    """
    request.refuse_for_pictures("is for pictures, and the network reads series")
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
