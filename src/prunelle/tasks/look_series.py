"""``look`` for a run on time series: curves in the place of pictures, the same page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from prunelle.data.examples import Data
from prunelle.data.kinds import kind_of
from prunelle.errors import ArgumentError, BadPicture, BadPictures, DataError, RunError, UnknownName
from prunelle.jobs.answering import expand_files, judged_split
from prunelle.look import series as drawing
from prunelle.look.figures import Plate
from prunelle.networks.summary import blank
from prunelle.planning.request import DataSource
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.tasks.views import LeftOutError
from prunelle.texts import Language, Note, visible
from prunelle.training.fast import predictor

SERIES_VIEWS = ("filters", "activations", "where", "patches", "equivariance")
_SAMPLE = 300  # series that windows are looked for in
_ACTIVATIONS = 4
_WINDOWED_CHANNELS = 8
_SHIFTED = 64

_WHY = {
    "filters": Note(
        "The network has no one-dimensional convolution.", "Le réseau n’a pas de convolution à une dimension."
    ),
    "activations": Note("No layer gives maps over time.", "Aucune couche ne donne de cartes dans le temps."),
    "where": Note(
        "Class activation maps want a network that ends with a global average pooling and one dense layer (fcn, "
        "resnet1d, inceptiontime).",
        "Les cartes d’activation de classe veulent un réseau qui finit par une moyenne globale et une couche dense "
        "(fcn, resnet1d, inceptiontime).",
    ),
    "patches": Note(
        "What this network’s layers see of a series is not known.",
        "On ne sait pas ce que les couches de ce réseau voient d’une série.",
    ),
    "equivariance": Note(
        "It wants series of one length, and maps as long as the series.",
        "Elle veut des séries d’une même longueur, et des cartes aussi longues que les séries.",
    ),
}
_TITLES = {
    "filters": Note("Filters", "Filtres"),
    "activations": Note("Maps over time, {name}", "Cartes dans le temps, {name}"),
    "where": Note("What it looked at", "Ce que le réseau a regardé"),
    "patches": Note("Exciting windows of {name}", "Fenêtres qui excitent {name}"),
    "equivariance": Note("Shifted series", "Séries décalées"),
}


@dataclasses.dataclass(eq=False)
class SeriesLook:
    """A run on series, and what it is shown.

    Attributes:
        run: whose network it is.
        files: of series to show; none for some of the run's own test series, of each class in turn.
        data: labelled series in place of the run's own.
        labels, data_dir: as ``prunelle.load``.
        sample: how many of them windows are looked for in; None for 300.
        layers: whose windows to show, by their names; None for the last.
        channel: only this one of each, from 1.
        language: of the figures.
        listener: told what cannot be read.
    """

    run: Run
    files: Sequence[str | Path]
    data: Data | str | Path | None
    labels: str | None
    data_dir: str | Path | None
    sample: int | None
    layers: Sequence[str] | None
    channel: int | None
    language: Language
    listener: Listener
    unreadable: list[BadPicture] = dataclasses.field(default_factory=list)

    def check(self) -> list[Note]:
        """Whether what was named is there: layers, the channel, files; says what of them cannot be read.

        Raises:
            ArgumentError: no such layer, or channel.
            BadPictures: none of the series can be read.
        """
        for layer in self.layers or ():
            if layer not in self._channels:
                raise UnknownName("layer", layer, [f"{name} ({n})" for name, n in self._channels.items()])
        for layer in self._windowed:
            if self.channel is not None and not 1 <= self.channel <= self._channels[layer]:
                raise ArgumentError(
                    f"channel must be between 1 and {self._channels[layer]}, which {layer} has; received "
                    f"{self.channel}."
                )
        if self.files:
            _ = self.shown
        notes = [
            Note(f"{bad.file} cannot be read: {bad.reason}", f"{bad.file} est illisible : {bad.reason}")
            for bad in self.unreadable
        ]
        for note in notes:
            self.listener.on_note(note)
        return notes

    def plates(self, view: str) -> Iterator[Plate]:
        """The figures of a view.

        Raises:
            LeftOutError: it makes no sense here.
        """
        draw: Mapping[str, Callable[[], Iterator[Plate]]] = {
            "filters": self._filters,
            "activations": self._activations,
            "where": self._where,
            "patches": self._windows,
            "equivariance": self._equivariance,
        }
        try:
            yield from draw[view]()
        except ArgumentError:
            raise LeftOutError(_WHY[view]) from None

    @cached_property
    def shown(self) -> tuple[torch.Tensor, list[str]]:
        """``(n, C, T)`` as the network takes them, and a name for each."""
        if not self.files:
            series, labels = self._own
            turns = np.argsort(
                [int(np.sum(labels[:i] == label)) for i, label in enumerate(labels)], kind="stable"
            )
            rows = [int(row) for row in turns[: drawing.MOST_SERIES]]
            return series[rows], [visible(self.run.classes[int(labels[row])]) for row in rows]
        found, names = [], []
        preprocess = self.run.preprocess
        kind = kind_of(preprocess)
        for file in expand_files(self.files, kind.list_files):
            for name, one in kind.read(file, preprocess, self.listener.on_note):
                if isinstance(one, str):
                    self.unreadable.append(BadPicture(name, one))
                else:
                    found.append(one)
                    names.append(visible(Path(name).name))
        if not found:
            raise BadPictures("; ".join(str(bad) for bad in self.unreadable))
        longest = max(len(one) for one in found)
        padded = np.full((len(found), longest, found[0].shape[1]), np.nan, np.float32)
        for row, one in zip(padded, found, strict=True):
            row[: len(one)] = one
        return self._normalised(padded), names

    @cached_property
    def _own(self) -> tuple[torch.Tensor, np.ndarray]:
        """Of the labelled series, at most ``sample``; and their classes."""
        split = judged_split(
            self.run, DataSource(data=self.data, labels=self.labels, data_dir=self.data_dir), self.listener
        )
        pixels = split.decode(self.run.preprocess, progress=self.listener.on_progress)
        rows = np.sort(np.random.default_rng(0).permutation(len(pixels))[: self.sample or _SAMPLE])
        return self._normalised(pixels.images[rows]), pixels.labels[rows]

    @cached_property
    def _channels(self) -> dict[str, int]:
        """The layers that give maps over time, and how many each gives."""
        network = self.run.network
        maps = drawing.activations(network, blank(network, self.run.preprocess.input_shape))
        return {name: values.shape[1] for name, values in maps.items()}

    @property
    def _windowed(self) -> Sequence[str]:
        return self.layers or list(self._channels)[-1:]

    def _normalised(self, series: np.ndarray) -> torch.Tensor:
        device = next((p.device for p in self.run.network.parameters()), torch.device("cpu"))
        batch = torch.from_numpy(np.ascontiguousarray(series)).movedim(-1, 1).to(device)
        return self.run.preprocess.normalise(batch)

    def _many(self) -> torch.Tensor:
        """The labelled series; those shown where the run's own are gone."""
        try:
            return self._own[0]
        except (DataError, RunError):
            if not self.files:
                raise
            return self.shown[0]

    def _plate(self, view: str, number: int, figure: Figure, name: str = "") -> Plate:
        note = _TITLES[view]
        title = (note.fr if self.language == "fr" else note.en).format(name=name)
        return Plate(view, view if number == 0 else f"{view}-{number}", title, figure)

    def _filters(self) -> Iterator[Plate]:
        yield self._plate("filters", 0, drawing.draw_filters(self.run.network, self.language))

    def _activations(self) -> Iterator[Plate]:
        if not self._channels:
            raise LeftOutError(_WHY["activations"])
        series, names = self.shown
        for number, name in enumerate(names[:_ACTIVATIONS], 1):
            one = series[number - 1 : number]
            figure = drawing.draw_activations(self.run.network, one, self.language)
            figure.suptitle(name, fontsize=9, color=drawing.INK, parse_math=False)
            # Numbered, so that two of a class are not two pages of one.
            yield self._plate("activations", number, figure, f"{number}: {name}")

    def _where(self) -> Iterator[Plate]:
        series, names = self.shown
        series, names = series[: drawing.MOST_SERIES], names[: drawing.MOST_SERIES]
        found = predictor(self.run.network)(series)
        answers = found.argmax(1).tolist()
        titles = [
            f"{name} → {visible(self.run.classes[answer])} ({found[row, answer]:.0%})"
            for row, (name, answer) in enumerate(zip(names, answers, strict=True))
        ]
        figure = drawing.draw_class_activation(self.run.network, series, answers, titles, self.language)
        yield self._plate("where", 0, figure)

    def _windows(self) -> Iterator[Plate]:
        if not self._windowed:
            raise LeftOutError(_WHY["patches"])
        for number, layer in enumerate(self._windowed, 1):
            channels: Sequence[int] = range(min(_WINDOWED_CHANNELS, self._channels[layer]))
            if self.channel is not None:
                channels = [self.channel - 1]
            figure = drawing.draw_exciting_windows(
                self.run.network, self._many(), layer, channels, self.language
            )
            yield self._plate("patches", number, figure, layer)

    def _equivariance(self) -> Iterator[Plate]:
        figure = drawing.draw_equivariance(self.run.network, self._many()[:_SHIFTED], self.language)
        yield self._plate("equivariance", 0, figure)
