"""What the network looked at along each series: class activation maps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import nn

from prunelle.drawing import curves
from prunelle.drawing.maps import DIVERGING_LINE
from prunelle.drawing.palette import INK, MUTED
from prunelle.drawing.plate import Plate
from prunelle.look.series import class_activation
from prunelle.texts import Language, Note, Typography, visible
from prunelle.training.fast import predictor
from prunelle.training.objectives import objective_of
from prunelle.views.series_look import MOST_SERIES, SeriesLook
from prunelle.views.view import LeftOutError, View, left_out_for

MOST_CHANNELS = 16
"""Drawn of a series."""
_MOST_PIECES = 2000  # of a series coloured along itself, all channels together

_OTHER_HEAD = Note(
    "Class activation maps want a network that ends with a global average pooling and one dense layer (fcn, "
    "resnet1d, inceptiontime).",
    "Les cartes d’activation de classe veulent un réseau qui finit par une moyenne globale et une couche dense "
    "(fcn, resnet1d, inceptiontime).",
)

_NO_CLASSES = Note(
    "It is of one class or one number, and this network tells something else.",
    "Elle porte sur une classe ou un nombre, et ce réseau dit autre chose.",
)

TEXTS = {
    "view": Note("Where it looked", "Où il a regardé"),
    "view_text": Note(
        "Class activation maps: each series coloured along itself, orange where it speaks for the class that was "
        "answered, blue where it speaks against it; of a number, orange where it raises it, blue where it lowers it.",
        "Cartes d’activation de classe : chaque série est colorée le long d’elle-même, en orange là où elle parle "
        "pour la classe répondue, en bleu là où elle parle contre elle ; d’un nombre, en orange là où elle l’augmente, "
        "en bleu là où elle le diminue.",
    ),
    "title": Note("What it looked at", "Ce que le réseau a regardé"),
    "answer": Note("{name} → {answer} ({probability})", "{name} → {answer} ({probability})"),
    "number": Note("{name} → {answer}", "{name} → {answer}"),
    "against": Note("against", "contre"),
    "for": Note("for", "pour"),
    "cam": Note("what speaks for the class answered", "ce qui parle pour la classe répondue"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class SeriesWhere:
    """What speaks for a class along each of some series.

    Attributes:
        series: ``(n, C, T)`` float32, normalised, NaN beyond the end.
        maps: ``(n, t)`` float32: how much each step speaks for the class.
        names: of the series. answers: the class of each, or the number. probabilities: that the network gives it; None
            of numbers.
    """

    series: np.ndarray
    maps: np.ndarray
    names: tuple[str, ...]
    answers: tuple[str, ...]
    probabilities: tuple[float, ...] | None


def compute(look: SeriesLook) -> Iterator[SeriesWhere]:
    """One part: of at most ``MOST_SERIES``, what speaks for the class that the network answers."""
    series, names = look.shown
    series, names = series[:MOST_SERIES], names[:MOST_SERIES]
    if look.target.kind == "number":
        yield _of_numbers(look, series, names)
        return
    if not look.target.exclusive:
        raise LeftOutError(_NO_CLASSES)
    probabilities = predictor(look.network)(series)
    answers = probabilities.argmax(1).tolist()
    with left_out_for(_OTHER_HEAD):
        maps = class_activation(look.network, series, answers)
    yield SeriesWhere(
        series=series.float().cpu().numpy(),
        maps=maps,
        names=tuple(names),
        answers=tuple(visible(look.classes[answer]) for answer in answers),
        probabilities=tuple(float(probabilities[row, answer]) for row, answer in enumerate(answers)),
    )


def _of_numbers(look: SeriesLook, series: torch.Tensor, names: Sequence[str]) -> SeriesWhere:
    """What raises the number, and what lowers it."""
    objective = objective_of(look.target, tuple(look.classes))
    with left_out_for(_OTHER_HEAD):
        maps = class_activation(look.network, series, [0] * len(series))
    with torch.inference_mode():
        told = objective.scores(objective.outputs(look.network(series)))[:, 0]
    return SeriesWhere(
        series=series.float().cpu().numpy(),
        maps=maps,
        names=tuple(names),
        answers=tuple(visible(f"{look.classes[0]} {number:.4g}") for number in told),
        probabilities=None,
    )


def class_activation_figure(
    network: nn.Module,
    series: torch.Tensor,
    targets: Sequence[int],
    titles: Sequence[str],
    language: Language,
) -> Figure:
    """The figure for classes of one's choice; at most ``MOST_SERIES`` of ``series: (N, C, T)``, normalised.

    Raises:
        ArgumentError: the network has another head than class activation maps want.
    """
    shown = series[:MOST_SERIES]
    maps = class_activation(network, shown, list(targets)[:MOST_SERIES])
    return coloured_series(shown.float().cpu().numpy(), maps, titles[:MOST_SERIES], language)


def coloured_series(
    series: np.ndarray, maps: np.ndarray, titles: Sequence[str], language: Language
) -> Figure:
    """Each series coloured along itself by what speaks for (orange) or against (blue) a class.

    Args:
        series: ``(n, C, T)``. maps: ``(n, t)``.
    """
    words = Words(language)
    figure, grid = curves.grid(len(series), columns=3, cell=(2.9, 1.5))
    limit = float(np.nanmax(np.abs(maps))) or 1.0
    lines = None
    for axes, one, levels, title in zip(grid, series, maps, titles, strict=True):
        for lines in _lines(one, levels):
            lines.set_clim(-limit, limit)
            axes.add_collection(lines)
        axes.autoscale()
        axes.set_xlim(0, one.shape[1] - 1)
        axes.set_title(title, fontsize=8, color=INK, pad=3, parse_math=False)
        axes.set(yticks=[])
        axes.tick_params(labelsize=7)
    if lines is not None:
        bar = figure.colorbar(lines, ax=grid, orientation="horizontal", shrink=0.5, aspect=40, pad=0.02)
        bar.set_ticks([-limit, 0, limit], labels=[words("against"), "0", words("for")], fontsize=8)
        bar.set_label(words("cam"), fontsize=8, color=MUTED)
        bar.outline.set_visible(False)
    return figure


def _lines(one: np.ndarray, levels: np.ndarray) -> Iterator[LineCollection]:
    """A line a channel of ``one: (C, T)``, in pieces, each of the colour of its place."""
    places = np.linspace(0, one.shape[1] - 1, len(levels))
    at_steps = np.interp(np.arange(one.shape[1]), places, levels)
    drawn = np.linspace(0, len(one) - 1, min(len(one), MOST_CHANNELS)).round().astype(int)
    # Of a long series, as many pieces as can be seen: each is an element of the SVG.
    steps = np.arange(0, one.shape[1], -(-one.shape[1] * len(drawn) // _MOST_PIECES))
    at_steps = at_steps[steps]
    for values in one[drawn][:, steps]:
        points = np.stack([steps, values], axis=1)
        # A piece for each two neighbours; beyond the end there is none.
        pieces = np.stack([points[:-1], points[1:]], axis=1)
        there = ~np.isnan(pieces).any(axis=(1, 2))
        lines = LineCollection(list(pieces[there]), cmap=DIVERGING_LINE, linewidths=2, capstyle="round")
        lines.set_array(((at_steps[:-1] + at_steps[1:]) / 2)[there])
        yield lines


def draw(result: SeriesWhere, language: Language) -> Iterator[Plate]:
    """All series on one figure."""
    words = Words(language)
    titles = [
        words("number", name=name, answer=answer)
        if probability is None
        else words("answer", name=name, answer=answer, probability=words.percent(probability, digits=0))
        for name, answer, probability in zip(
            result.names,
            result.answers,
            result.probabilities or [None] * len(result.names),
            strict=True,
        )
    ]
    figure = coloured_series(result.series, result.maps, titles, language)
    yield Plate("where", words("title"), figure)


VIEW = View(
    name="where",
    kind="series",
    words=Words,
    arguments=("pictures", "data", "sample"),
    result_type=SeriesWhere,
    compute=compute,
    draw=draw,
)
