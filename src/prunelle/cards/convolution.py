"""The card of a convolution: the figure of the operation, its formula and its sizes."""

from __future__ import annotations

from collections.abc import Iterator

from prunelle.drawing import card
from prunelle.drawing.files import data_address
from prunelle.look.convolution.arithmetic import Convolution
from prunelle.look.convolution.operation import operation
from prunelle.texts import Language, Note, Typography, default_language

_TITLE = Note("Convolution", "Convolution")
_INPUT, _KERNEL, _OUTPUT = Note("Input", "Entrée"), Note("Kernel", "Noyau"), Note("Output", "Sortie")

WIDTH_PX = 760


def convolution(shown: Convolution) -> str:
    """What goes in and what comes out."""
    language = default_language()
    words = Typography(language)
    title = " ⋆ ".join(name for name in (shown.input_name, shown.kernel_name) if name)
    return card.card(title or words.note(_TITLE), _parts(shown, words, language), language)


def _parts(shown: Convolution, words: Typography, language: Language) -> Iterator[str]:
    yield card.facts(
        [
            *(
                (words.note(what), "×".join(map(str, array.shape)))
                for what, array in ((_INPUT, shown.input), (_KERNEL, shown.kernel), (_OUTPUT, shown.output))
            ),
        ]
    )
    yield card.sentence(card.code(shown.formula()))
    yield card.picture(
        data_address(operation(shown, language), width_px=WIDTH_PX),
        alt=f"{words.note(_TITLE)}: {shown.formula()}",
    )
