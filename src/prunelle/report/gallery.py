"""The page of a look: every figure, by view, with what a view cannot show and why."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence

from prunelle.report.html import template, writable
from prunelle.texts import Note, Typography

TEXTS = {
    "look": Note("What a network sees", "Ce que voit un réseau"),
    "title": Note("What {name} sees", "Ce que voit {name}"),
    "contents": Note("Contents", "Sommaire"),
    "left_out": Note("Not shown", "Non montré"),
    "more": Note("{n} more pages", "{n} autres pages"),
    "one_more": Note("1 more page", "1 autre page"),
    "pictures": Note("The pictures", "Les images"),
    "notes": Note("Good to know", "Bon à savoir"),
    "filters": Note("Filters", "Filtres"),
    "filters_text": Note(
        "The weights of each convolution. A filter answers most where the picture resembles it.",
        "Les poids de chaque convolution. Un filtre répond le plus là où l’image lui ressemble.",
    ),
    "activations": Note("Activations", "Activations"),
    "activations_text": Note(
        "What each layer makes of a picture, channel by channel, numbered from 1; white is high, black is low.",
        "Ce que chaque couche fait d’une image, canal par canal, numérotés à partir de 1 ; blanc : élevé, "
        "noir : faible.",
    ),
    "where": Note("Where it looked", "Où il a regardé"),
    "where_text": Note(
        "Six ways to ask which parts of the picture an answer rests on. They answer different questions, and a "
        "place that several of them name is more to be believed than one that a single one names.",
        "Six façons de demander sur quelles parties de l’image repose une réponse. Elles ne posent pas la même "
        "question ; un endroit que plusieurs désignent est plus crédible qu’un endroit désigné par une seule.",
    ),
    "channel": Note("One filter, many pictures", "Un filtre, beaucoup d’images"),
    "channel_text": Note(
        "The map of one channel for pictures of every class, all on one scale.",
        "La carte d’un canal pour des images de chaque classe, toutes à la même échelle.",
    ),
    "classes": Note("What tells classes apart", "Ce qui distingue les classes"),
    "classes_text": Note(
        "The response of a channel is the mean of its map. Its score for two classes is the probability that a "
        "picture of the one excites it more than a picture of the other (area under the ROC curve): 1 separates "
        "them fully, 0.5 not at all.",
        "La réponse d’un canal est la moyenne de sa carte. Son score pour deux classes est la probabilité qu’une "
        "image de l’une l’excite plus qu’une image de l’autre (aire sous la courbe ROC) : 1 les sépare "
        "entièrement, 0,5 pas du tout.",
    ),
    "patches": Note("What a channel looks for", "Ce que cherche un canal"),
    "patches_text": Note(
        "First a picture synthesised to excite the channel (activation maximisation), then the patches of real "
        "pictures that excite it most, cut out at its receptive field.",
        "D’abord une image synthétisée pour exciter le canal (maximisation d’activation), puis les morceaux "
        "d’images réelles qui l’excitent le plus, découpés à son champ récepteur.",
    ),
    "space": Note("The space of features", "L’espace des caractéristiques"),
    "space_text": Note(
        "What the last layer receives, brought to two dimensions. Pictures that the network finds alike lie close "
        "to each other; mistakes are marked.",
        "Ce que reçoit la dernière couche, ramené à deux dimensions. Les images que le réseau trouve semblables "
        "sont proches ; les erreurs sont marquées.",
    ),
    "health": Note("Dead, saturated, redundant", "Morts, saturés, redondants"),
    "health_text": Note(
        "How much of each layer works: channels that none of the pictures looked at activates, values at the end of a "
        "bounded activation, channels that nearly repeat another.",
        "Quelle part de chaque couche travaille : canaux qu’aucune des images regardées n’active, valeurs en butée "
        "d’une activation bornée, canaux qui en répètent presque un autre.",
    ),
}


class GalleryWords(Typography):
    """The page's sentences in one language."""

    texts = TEXTS


SERIES_TEXTS = {
    "filters_text": Note(
        "The kernels of the first convolution, a colour a channel, all on one scale: a rising curve answers to a rise, "
        "a bump to a bump of that width.",
        "Les noyaux de la première convolution, une couleur par canal, tous à la même échelle : une courbe qui monte "
        "répond à une montée, une bosse à une bosse de cette largeur.",
    ),
    "activations_text": Note(
        "A series, and below it what each layer makes of it over time: a row a channel, dark where it is active.",
        "Une série et, dessous, ce que chaque couche en fait au cours du temps : une ligne par canal, foncée là où il "
        "est actif.",
    ),
    "where_text": Note(
        "Class activation maps: each series coloured along itself, orange where it speaks for the class that was "
        "answered, blue where it speaks against it.",
        "Cartes d’activation de classe : chaque série est colorée le long d’elle-même, en orange là où elle parle "
        "pour la classe répondue, en bleu là où elle parle contre elle.",
    ),
    "patches_text": Note(
        "The stretches of series that excite a channel most, cut at its receptive field, within their series in grey; "
        "a row a channel, the strongest first.",
        "Les morceaux de séries qui excitent le plus un canal, découpés à son champ récepteur, dans leur série en "
        "gris ; une ligne par canal, les plus forts d’abord.",
    ),
    "equivariance": Note("When the series moves", "Quand la série se décale"),
    "equivariance_text": Note(
        "A convolution’s maps move with the series; does the answer stay? Maps away from the borders, compared with "
        "the maps moved; answers compared with those on the series as it is.",
        "Les cartes d’une convolution se décalent avec la série ; la réponse reste-t-elle ? Les cartes loin des bords, "
        "comparées aux cartes décalées ; les réponses, à celles pour la série telle quelle.",
    ),
}


class SeriesGalleryWords(GalleryWords):
    """Of a network on time series."""

    texts = TEXTS | SERIES_TEXTS


@dataclasses.dataclass(frozen=True)
class Shown:
    """A figure on the page.

    Attributes:
        view: which section.
        title: figures of one title that follow each other are pages of one.
        png, svg: relative to the page.
        width, height: of the PNG, in pixels.
    """

    view: str
    title: str
    png: str
    svg: str
    width: int
    height: int


def render(
    name: str,
    views: Sequence[str],
    figures: Sequence[Shown],
    left_out: Mapping[str, Note],
    notes: Sequence[Note],
    words: GalleryWords,
) -> str:
    """The page.

    Args:
        name: of the network, or of its run.
        views: the sections, in order.
        figures: in order, views after each other.
        left_out: by view, why it makes no sense here.
        notes: what a reader should know: pictures that could not be read, random weights.
        words: of the page, in its language.
    """
    sections = [(view, list(_groups(figures, view)), left_out.get(view)) for view in views]
    return writable(template("gallery.html").render(t=words, name=name, sections=sections, notes=notes))


def _groups(figures: Sequence[Shown], view: str) -> Iterator[list[Shown]]:
    of_view = [figure for figure in figures if figure.view == view]
    for _, group in itertools.groupby(of_view, key=lambda figure: figure.title):
        yield list(group)
