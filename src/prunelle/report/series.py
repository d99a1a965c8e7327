"""How series show in a report: small drawings in the place of pictures, and the sentences that differ."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import torch
from markupsafe import Markup
from matplotlib.figure import Figure
from torch import nn

from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.drawing.files import svg_element
from prunelle.drawing.palette import CHANNELS, CHANNELS_IN_THE_DARK
from prunelle.errors import ArgumentError
from prunelle.look.series import first_filters
from prunelle.report.words import TEXTS as SHARED
from prunelle.report.words import Words
from prunelle.texts import Language, Note, visible
from prunelle.training.metrics import Evaluation
from prunelle.views import series_filters
from prunelle.views.series_where import class_activation_figure

# A drawing has no ground of its own: it follows the page into the dark.
_STYLE = "".join(f".c{i}{{stroke:{colour}}}" for i, colour in enumerate(CHANNELS)) + (
    "@media(prefers-color-scheme:dark){"
    + "".join(f".c{i}{{stroke:{colour}}}" for i, colour in enumerate(CHANNELS_IN_THE_DARK))
    + "}"
)
WIDTH, HEIGHT, MARGIN = 240, 110, 6
_MOST_POINTS = 2 * WIDTH
MOST_CHANNELS = 12
"""Drawn of a series; of more, those evenly between."""
_PAGE_POINTS = 500_000  # of about 15 bytes each
_SAMPLE = 512
CSS_CLASS = "series"  # they stand on a ground of their own


def value_range(examples: Sequence[np.ndarray]) -> np.ndarray:
    """``(N, T, C)`` arrays → ``(2, C)``: the lowest and highest value of each channel in (up to 512 of) all of them."""
    rows = [one[:_SAMPLE].reshape(-1, one.shape[-1]) for one in examples if len(one)]
    values = np.concatenate(rows)
    return np.stack([np.nanmin(values, axis=0), np.nanmax(values, axis=0)])


def drawing_uri(series: np.ndarray, between: np.ndarray, most_points: int = _MOST_POINTS) -> str:
    """``(T, C)`` → ``data:`` address of an SVG: a line a channel, over one another, each within its range.

    Args:
        series: NaN beyond its end. All drawings of a report have one time axis.
        between: ``(2, C)`` from ``value_range``, so that drawings can be compared.
        most_points: of each line.
    """
    if series.shape[1] > MOST_CHANNELS:
        drawn = np.linspace(0, series.shape[1] - 1, MOST_CHANNELS).round().astype(int)
        series, between = series[:, drawn], between[:, drawn]
    low, span = between[0], np.where(between[1] > between[0], between[1] - between[0], 1.0)
    shown = np.arange(0, len(series), max(1, -(-len(series) // most_points)))
    x = MARGIN + (WIDTH - 2 * MARGIN) * shown / max(len(series) - 1, 1)
    y = MARGIN + (HEIGHT - 2 * MARGIN) * (1 - np.clip((series[shown] - low) / span, 0, 1))
    lines = []
    for channel in range(series.shape[1]):
        there = ~np.isnan(y[:, channel])
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x[there], y[there, channel], strict=True))
        kind = f"c{channel % len(CHANNELS)}"
        opacity = 1 if series.shape[1] <= len(CHANNELS) else 0.6
        lines.append(
            f'<polyline points="{points}" fill="none" class="{kind}" stroke-opacity="{opacity}" '
            f'stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round"/>'
        )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f"<style>{_STYLE}</style>{''.join(lines)}</svg>"
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def points_a_line(drawings: int, channels: int) -> int:
    """So that all drawings of a page together stay well below 20 MB, however many series and channels there are."""
    return min(_MOST_POINTS, max(60, _PAGE_POINTS // max(1, drawings * min(channels, MOST_CHANNELS))))


@dataclasses.dataclass(frozen=True, eq=False)
class Plate:
    """A figure of the inside of the network, and how to read it."""

    title: Note
    text: Note
    figure: Figure

    def svg(self) -> Markup:
        """An ``<svg>`` element in the page's own colours."""
        return Markup(svg_element(self.figure, self.title.en))


_CAM_TITLE = Note("What it looked at", "Ce que le réseau a regardé")
_CAM_TEXT = Note(
    "Each series coloured along itself by the class activation map of the answer: orange steps speak for the class "
    "that was answered, blue ones against it; their mean, plus a constant, is the score of the class. The most "
    "confident mistakes first, then right answers of each class. Values are normalised, as the network sees them.",
    "Chaque série est colorée le long d’elle-même par la carte d’activation de la classe répondue : les pas en "
    "orange parlent pour la classe répondue, ceux en bleu contre elle ; leur moyenne, plus une constante, est le score "
    "de la classe. D’abord les erreurs les plus assurées, puis des réponses justes de chaque classe. Les valeurs sont "
    "normalisées, telles que le réseau les voit.",
)
_FILTERS_TITLE = Note("The first layer’s filters", "Les filtres de la première couche")
_FILTERS_TEXT = Note(
    "The kernels that slide along the series, all on one scale, a colour a channel: a rising curve answers to a "
    "rise, a bump to a bump of that width.",
    "Les noyaux qui glissent le long des séries, tous à la même échelle, une couleur par canal : une courbe qui monte "
    "répond à une montée, une bosse à une bosse de cette largeur.",
)
_MISTAKEN = Note("{answer}, is {truth}", "{answer}, c’est {truth}")
_MOST_WRONG, _MOST_SHOWN = 6, 12


def viewable(series: np.ndarray, *, of_bytes: bool) -> np.ndarray:
    """As they are: a drawing takes any numbers."""
    return series


def insight(
    network: nn.Module,
    evaluation: Evaluation,
    images: np.ndarray,
    preprocess: SeriesPreprocess,
    shown: np.ndarray | None = None,
) -> None:
    """Nothing: ``plates`` have what there is to show."""


def plates(
    network: nn.Module,
    evaluation: Evaluation,
    examples: np.ndarray,
    preprocess: SeriesPreprocess,
    language: Language,
) -> list[Plate]:
    """The class activation maps of a few answers, and the first filters; without what the network does not have.

    Args:
        examples: ``(N, T, C)``, the prepared series of ``evaluation`` in its order.
    """
    chosen, names = _chosen(evaluation), [visible(name) for name in evaluation.classes]
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    batch = torch.from_numpy(np.ascontiguousarray(examples[chosen])).movedim(-1, 1).to(device)
    answers = evaluation.predicted[chosen].tolist()
    mistaken = _MISTAKEN.fr if language == "fr" else _MISTAKEN.en
    titles = [
        names[answer] if answer == truth else mistaken.format(answer=names[answer], truth=names[truth])
        for answer, truth in zip(answers, evaluation.labels[chosen].tolist(), strict=True)
    ]
    drawn = []
    # Not for a head that is no global average and dense layer, nor for a network without convolutions.
    with contextlib.suppress(ArgumentError):
        figure = class_activation_figure(network, preprocess.normalise(batch), answers, titles, language)
        drawn.append(Plate(_CAM_TITLE, _CAM_TEXT, figure))
    with contextlib.suppress(ArgumentError):
        filters = series_filters.SeriesFilters(*first_filters(network))
        figure = series_filters.figure_of(filters, language)
        drawn.append(Plate(_FILTERS_TITLE, _FILTERS_TEXT, figure))
    return drawn


def _chosen(evaluation: Evaluation) -> list[int]:
    """The most confident mistakes, then the most confident right answers, class by class in turn."""
    right = evaluation.predicted == evaluation.labels
    order = np.argsort(-evaluation.confidence, kind="stable")
    wrong = [int(i) for i in order if not right[i]][:_MOST_WRONG]
    by_class: dict[int, list[int]] = {}
    for i in order:
        if right[i]:
            by_class.setdefault(int(evaluation.labels[i]), []).append(int(i))
    turns = [(turn, label, i) for label, rows in by_class.items() for turn, i in enumerate(rows)]
    return [*wrong, *(i for _, _, i in sorted(turns))][:_MOST_SHOWN]


def words(language: Language) -> Words:
    """The report's texts, of series."""
    return SeriesWords(language)


def is_crisp(preprocess: SeriesPreprocess) -> bool:
    """A drawing has no pixels to enlarge."""
    return False


def left_out(preprocess: SeriesPreprocess, words: Words) -> list[str]:
    """That not all channels are drawn, where there are many."""
    if preprocess.channels <= MOST_CHANNELS:
        return []
    return [words("channels_sample", shown=MOST_CHANNELS, n=words.integer(preprocess.channels))]


def writer(examples: Sequence[np.ndarray], drawings: int, largest_px: int) -> Callable[[np.ndarray], str]:
    """What writes a series as a ``data:`` address: its drawing, in one range with all ``examples``."""
    between = value_range(examples)
    points = points_a_line(drawings, between.shape[1])
    return lambda one: drawing_uri(one, between, points)


def input_text(preprocess: SeriesPreprocess, words: Words) -> str:
    """``150 steps, 1 channel``."""
    length, channels = preprocess.length, preprocess.channels
    english, french = (
        (f"{channels} channels", f"{channels} canaux") if channels > 1 else ("1 channel", "1 canal")
    )
    if preprocess.fit == "pad":
        return words.note(Note(f"up to {length} steps, {english}", f"jusqu’à {length} pas, {french}"))
    return words.note(Note(f"{length} steps, {english}", f"{length} pas, {french}"))


TEXTS = {
    "number_result_test": Note(
        "{network} tells {number} of {n} test series it never saw to within {value} on average (95 % interval "
        "{interval})",
        "{network} donne {number} de {n} séries de test, qu’il n’a jamais vues, à {value} près en moyenne "
        "(intervalle à 95 % : {interval})",
    ),
    "number_result_validation": Note(
        "{network} tells {number} of {n} validation series to within {value} on average (95 % interval {interval})",
        "{network} donne {number} de {n} séries de validation à {value} près en moyenne "
        "(intervalle à 95 % : {interval})",
    ),
    "number_result_train": Note(
        "{network} tells {number} of the {n} series it learned on to within {value} on average (95 % interval "
        "{interval})",
        "{network} donne {number} des {n} séries sur lesquelles il a appris à {value} près en moyenne "
        "(intervalle à 95 % : {interval})",
    ),
    "examples_of_numbers": Note(
        "Training series, from the smallest number to the largest.",
        "Des séries d’entraînement, du plus petit nombre au plus grand.",
    ),
    "result_test": Note(
        "{network} recognises {accuracy} of {n} test series it never saw (95 % interval {interval}){tail}.",
        "{network} reconnaît {accuracy} des {n} séries de test, qu’il n’a jamais vues "
        "(intervalle à 95 % : {interval}){tail}.",
    ),
    "result_test_seen": Note(
        "{network} recognises {accuracy} of {n} test series (95 % interval {interval}){tail}.",
        "{network} reconnaît {accuracy} des {n} séries de test (intervalle à 95 % : {interval}){tail}.",
    ),
    "result_validation": Note(
        "{network} recognises {accuracy} of {n} validation series (95 % interval {interval}){tail}.",
        "{network} reconnaît {accuracy} des {n} séries de validation (intervalle à 95 % : {interval}){tail}.",
    ),
    "result_train": Note(
        "{network} recognises {accuracy} of the {n} series it learned on{tail}.",
        "{network} reconnaît {accuracy} des {n} séries sur lesquelles il a appris{tail}.",
    ),
    "caveat_validation": Note(
        "There is no test split. The validation series also chose which epoch’s weights to keep, so this "
        "figure is a little flattering: expect slightly less on new series, and set some aside as a test "
        "split to know how much.",
        "Il n’y a pas de jeu de test. Le jeu de validation a aussi servi à choisir l’époque dont on garde les "
        "poids : ce résultat est donc un peu flatteur. Attendez-vous à un peu moins sur de nouvelles séries ; "
        "pour le mesurer, mettez-en de côté pour former un jeu de test.",
    ),
    "caveat_train": Note(
        "There is neither a test nor a validation split: this figure does not say what the network is worth "
        "on new series.",
        "Il n’y a ni jeu de test ni jeu de validation : ce résultat ne dit rien de ce que vaut le réseau sur "
        "de nouvelles séries.",
    ),
    "pictures": Note("Series", "Séries"),
    "curves_text": Note(
        "Training and validation should move together. When the training loss keeps falling while the "
        "validation loss rises, the network learns its series by heart (overfitting).",
        "Les deux courbes devraient avancer ensemble. Si la perte d’entraînement baisse encore alors que celle "
        "de validation remonte, le réseau apprend ses séries par cœur (surapprentissage).",
    ),
    "by_class_text": Note(
        "The worst recall first. Recall: of the series of a class, the share that was recognised. "
        "Precision: of the answers naming a class, the share that was right. F1: their harmonic mean. "
        "The interval is of the recall, by the series there are of the class.",
        "Du plus faible rappel au plus fort. Rappel : parmi les séries d’une classe, la part reconnue. "
        "Précision : parmi les réponses qui nomment une classe, la part qui est juste. F1 : leur moyenne "
        "harmonique. L’intervalle est celui du rappel, d’après le nombre de séries de la classe.",
    ),
    "pictures_of": Note("Series ({split})", "Séries ({split})"),
    "wrong": Note("Most-wrong series", "Les plus grosses erreurs"),
    "index": Note("series {n}", "série {n}"),
    "examples_text": Note(
        "Training series, as the network receives them before the training set’s mean and standard deviation "
        "are applied. Each channel has its colour and its own scale, the same in all drawings.",
        "Des séries d’entraînement, telles que le réseau les reçoit avant que la moyenne et l’écart-type du jeu "
        "d’entraînement soient appliqués. Chaque canal a sa couleur et sa propre échelle, la même dans tous "
        "les dessins.",
    ),
    "reliability_short": Note(
        "Reliability diagram (the larger the dot, the more series)",
        "Diagramme de fiabilité (plus le point est gros, plus il y a de séries)",
    ),
    "skipped": Note("Series left out", "Séries écartées"),
    "skipped_none": Note("None: every series could be read.", "Aucune : toutes les séries ont pu être lues."),
    "preprocess": Note("Preparation of the series", "Préparation des séries"),
}
"""In place of ``words.TEXTS`` where those speak of pictures."""


class SeriesWords(Words):
    """The report's words, of series in place of pictures."""

    texts = SHARED | TEXTS
