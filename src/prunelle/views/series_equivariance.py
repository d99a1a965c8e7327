"""Whether maps and answers follow a series that moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from prunelle.drawing.axes import legend, ticks
from prunelle.drawing.figures import new_chart
from prunelle.drawing.palette import CHANNELS
from prunelle.drawing.plate import Plate
from prunelle.look.series import equivariance
from prunelle.texts import Language, Note, Typography
from prunelle.views.series_look import SeriesLook
from prunelle.views.view import LeftOutError, View, left_out_for

_SHIFTED = 64
_SHIFTS = 9

_NEEDS_ONE_LENGTH = Note(
    "It wants series of one length, and maps as long as the series.",
    "Elle veut des séries d’une même longueur, et des cartes aussi longues que les séries.",
)


TEXTS = {
    "view": Note("When the series moves", "Quand la série se décale"),
    "view_text": Note(
        "A convolution’s maps move with the series; does the answer stay? Maps away from the borders, compared "
        "with the maps moved; answers compared with those on the series as it is.",
        "Les cartes d’une convolution se décalent avec la série ; la réponse reste-t-elle ? Les cartes loin des "
        "bords, comparées aux cartes décalées ; les réponses, à celles pour la série telle quelle.",
    ),
    "title": Note("Shifted series", "Séries décalées"),
    "shift": Note("shift of the series, in steps", "décalage de la série, en pas"),
    "maps": Note("maps: distance to the maps shifted", "cartes : écart aux cartes décalées"),
    "answers": Note("answer: change of the probabilities", "réponse : changement des probabilités"),
    "relative": Note("relative change", "changement relatif"),
}

_NEEDS_CLASSES = Note(
    "It is of the probabilities of classes, and this network tells something else.",
    "Elle porte sur les probabilités de classes, et ce réseau dit autre chose.",
)


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class Equivariance:
    """Means over some series, by shift.

    Attributes:
        shifts: in steps, to the right.
        distances: ``(shifts,)``, of the maps from the maps shifted, relative to these.
        changes: ``(shifts,)``, of the probabilities, in [0, 1].
    """

    shifts: tuple[int, ...]
    distances: np.ndarray
    changes: np.ndarray


def compute(look: SeriesLook) -> Iterator[Equivariance]:
    """One part: shifts up to a quarter of the length."""
    if not look.target.exclusive:
        raise LeftOutError(_NEEDS_CLASSES)
    series = look.many[:_SHIFTED]
    shifts = sorted({round(s) for s in np.linspace(0, series.shape[2] / 4, _SHIFTS)})
    with left_out_for(_NEEDS_ONE_LENGTH):
        distances, changes = equivariance(look.network, series, shifts)
    yield Equivariance(tuple(shifts), distances, changes)


def draw(result: Equivariance, language: Language) -> Iterator[Plate]:
    """Both measures against the shift."""
    words = Words(language)
    figure, axes = new_chart(5.2, 3.0)
    for values, colour, marker, dash, key in (
        (result.distances, CHANNELS[0], "o", "-", "maps"),
        (result.changes, CHANNELS[1], "s", "--", "answers"),
    ):
        axes.plot(
            result.shifts, values, color=colour, marker=marker, markersize=4, linestyle=dash, label=words(key)
        )
    axes.set_ylim(0, max(1.0, float(result.distances.max()), float(result.changes.max())) * 1.05)
    axes.set_xlabel(words("shift"))
    axes.set_ylabel(words("relative"))
    ticks(axes.yaxis, words.number, most=5)
    legend(axes, columns=1)
    yield Plate("equivariance", words("title"), figure)


VIEW = View(
    name="equivariance",
    kind="series",
    words=Words,
    arguments=("pictures", "data", "sample"),
    result_type=Equivariance,
    compute=compute,
    draw=draw,
)
