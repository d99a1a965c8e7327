"""Everything there is to see of one convolution, by name: figures, animations, files, one page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from prunelle.drawing.film import Animation
from prunelle.drawing.plate import Plate
from prunelle.errors import ArgumentError, UnknownName
from prunelle.look.convolution import drawing as draw
from prunelle.look.convolution import equivariance, explain, operation, piece, pooling, steps
from prunelle.look.convolution.arithmetic import Convolution
from prunelle.look.convolution.journey import journey
from prunelle.look.convolution.page import Section, page, webp
from prunelle.texts import Language, Note

PAGE = "convolve.html"

Progress = Callable[[Note, int, int], None]


@dataclasses.dataclass(frozen=True)
class View:
    """One thing to see.

    Attributes:
        title, text: for the page.
        missing: why there is none, for results it makes no sense for.
        still: its figure, or None where it only moves.
        moving: its animation, or None where it stands still.
        fits: whether it makes sense for a result.
    """

    title: Note
    text: Note
    missing: Note
    fits: Callable[[Convolution], bool]
    still: Callable[[Convolution, Language], Figure] | None = None
    moving: Callable[[Convolution, Language], Animation] | None = None


def _still(result: Convolution, language: Language) -> Figure:
    trip = journey(result)
    assert trip is not None
    return equivariance.still(trip, language)


def _moving(result: Convolution, language: Language) -> Animation:
    trip = journey(result)
    assert trip is not None
    return equivariance.moving(trip, language)


def _pooling(result: Convolution, language: Language) -> Figure:
    values = pooling.pooled_map(result)
    assert values is not None
    return pooling.pooling(values, language)


VIEWS: dict[str, View] = {
    "operation": View(
        title=Note("The operation", "L’opération"),
        text=Note(
            "At every place, the numbers under the kernel are multiplied by it and summed.",
            "À chaque endroit, les nombres sous le noyau sont multipliés par lui et additionnés.",
        ),
        missing=Note("", ""),
        fits=lambda result: True,
        still=operation.operation,
    ),
    "steps": View(
        title=Note("Step by step", "Pas à pas"),
        text=Note(
            "The window moves by the stride; where it reaches over the edge it meets the padding.",
            "La fenêtre avance du pas choisi ; là où elle dépasse le bord, elle rencontre la bordure ajoutée.",
        ),
        missing=Note(
            f"steps needs a kernel of at most {piece.MOST_WEIGHTS} weights that spans at most {piece.MOST_CELLS} "
            f"cells ({piece.MOST_SIGNAL_CELLS} of a signal)",
            f"steps demande un noyau d’au plus {piece.MOST_WEIGHTS} poids, étendu sur au plus {piece.MOST_CELLS} "
            f"cases ({piece.MOST_SIGNAL_CELLS} d’un signal)",
        ),
        fits=lambda result: piece.small_piece(result) is not None,
        moving=steps.steps,
    ),
    "conventions": View(
        title=Note("Cross-correlation and convolution", "Corrélation croisée et convolution"),
        text=Note(
            "Networks slide the kernel as it is written: a cross-correlation. Convolution proper turns it over "
            "first. As a network learns its kernels, it does not matter to it which of the two it computes.",
            "Les réseaux font glisser le noyau tel qu’il est écrit : c’est une corrélation croisée. La convolution "
            "au sens propre le retourne d’abord. Comme un réseau apprend ses noyaux, peu lui importe laquelle des "
            "deux il calcule.",
        ),
        missing=Note("", ""),
        fits=lambda result: True,
        still=explain.conventions,
    ),
    "channels": View(
        title=Note("Channels and depth", "Canaux et profondeur"),
        text=Note(
            "A filter has a slice for each channel of its input; the maps of all slices are summed into one.",
            "Un filtre a une tranche par canal de son entrée ; les cartes de toutes les tranches sont additionnées "
            "en une seule.",
        ),
        missing=Note(
            "channels needs a colour picture (or 2 to 4 channels) whose channels are summed",
            "channels demande une image en couleurs (ou de 2 à 4 canaux) dont les canaux sont additionnés",
        ),
        fits=lambda result: result.summed and 2 <= result.input.shape[-1] <= 4,
        still=explain.channels,
    ),
    "equivariance": View(
        title=Note("Translation equivariance", "Équivariance par translation"),
        text=Note(
            "What moves in the input moves in its map, by as much.",
            "Ce qui se déplace dans l’entrée se déplace dans sa carte, d’autant.",
        ),
        missing=Note(
            "equivariance needs a kernel that is smaller than what moves",
            "equivariance demande un noyau plus petit que ce qui se déplace",
        ),
        fits=lambda result: journey(result) is not None,
        still=_still,
        moving=_moving,
    ),
    "pooling": View(
        title=Note("Pooling", "Pooling (sous-échantillonnage)"),
        text=Note(
            "Of each window, max-pooling keeps the largest value (framed), average-pooling the mean.",
            "De chaque fenêtre, le max-pooling garde la plus grande valeur (encadrée), l’average-pooling la moyenne.",
        ),
        missing=Note(
            f"pooling needs an output of at least {pooling.WINDOW} values a side",
            f"pooling demande une sortie d’au moins {pooling.WINDOW} valeurs de côté",
        ),
        fits=lambda result: pooling.pooled_map(result) is not None,
        still=_pooling,
    ),
}


def fitting(result: Convolution) -> dict[str, bool]:
    """Every view's name, and whether it makes sense for this result."""
    return {name: view.fits(result) for name, view in VIEWS.items()}


def view_named(result: Convolution, name: str) -> View:
    """A view that makes sense for this result.

    Raises:
        UnknownName: with the nearest.
        ArgumentError: it makes none, with the reason.
    """
    if name not in VIEWS:
        raise UnknownName("view", name, VIEWS)
    if not VIEWS[name].fits(result):
        raise ArgumentError(f"this view makes no sense here: {VIEWS[name].missing.en}.")
    return VIEWS[name]


def save_views(
    result: Convolution,
    folder: Path,
    only: Sequence[str],
    language: Language,
    progress: Progress | None,
) -> list[Path]:
    """Writes ``NAME.png`` and ``NAME.svg`` for stills, ``NAME.gif`` and ``NAME.html`` for animations, and the page.

    Returns:
        What was written, the page first.
    """
    names = tuple(only) or tuple(name for name, fits in fitting(result).items() if fits)
    views = {name: view_named(result, name) for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    sections: list[Section] = []
    for done, (name, view) in enumerate(views.items()):
        if progress is not None:
            progress(Note(f"drawing {name}", f"dessin de {name}"), done, len(views))
        title, text = draw.say(view.title, language), draw.say(view.text, language)
        if view.still is not None:
            figure = view.still(result, language)
            written += Plate(name, title, figure).save(folder)
            if view.moving is None:
                sections.append(Section(title, text, webp(folder / f"{name}.png")))
        if view.moving is not None:
            animation = view.moving(result, language)
            animation.save_gif(folder / f"{name}.gif")
            section = Section(title, text, animation)
            alone = folder / f"{name}.html"
            alone.write_text(
                page(title, text, [dataclasses.replace(section, text="")], language), encoding="utf-8"
            )
            sections.append(section)
            written += [folder / f"{name}.gif", alone]
    if progress is not None:
        progress(Note("drawing", "dessin"), len(views), len(views))
    whole = folder / PAGE
    head = operation.titled(Note("Convolution", "Convolution"), result.input_name, language)
    intro = result.formula() + " · " + operation.settings_text(result, language)
    whole.write_text(page(head, intro, sections, language), encoding="utf-8")
    return [whole, *written]
