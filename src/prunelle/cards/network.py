"""The card of a network of the zoo, and of one with weights from elsewhere: its layers, their sizes and weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import nn

from prunelle import networks
from prunelle.drawing import card
from prunelle.networks.outline import Part, outline
from prunelle.networks.summary import LayerRow, count_parameters, summarise
from prunelle.planning.weights import Pretrained
from prunelle.report.architecture import LEGEND, size_text
from prunelle.report.words import Words
from prunelle.texts import Note, Typography, default_language

_INPUT = Note("Input", "Entrée")
_MULTIPLY_ADDS = Note("Multiply-adds", "Multiplications-additions")
_LEARN = Note("Weights that learn", "Poids qui apprennent")
_WEIGHTS = Note("Weights", "Poids")
_CLASSES = Note("Classes", "Classes")

MOST_LAYERS = 30
"""Of a network with more, its parts: blocks and layers of one kind in a row."""


def network(shown: nn.Module) -> str:
    """A table of its layers."""
    words = Words(default_language())
    return card.card(
        networks.name_of(shown), _parts(shown, words), words.language, kind=words("network").lower()
    )


def pretrained(shown: Pretrained) -> str:
    """The same, with whose weights it has and what they know."""
    words = Words(default_language())
    net = shown.network
    classes = words.integer(len(shown.classes))
    if shown.classes_known:
        classes += f": {words.listed(shown.classes)}"
    about = card.facts([(words.note(_WEIGHTS), shown.source), (words.note(_CLASSES), classes)])
    parts = [about, *_parts(net, words)]
    return card.card(networks.name_of(net), parts, words.language, kind=words("network").lower())


def _parts(shown: nn.Module, words: Words) -> Iterator[str]:
    shape = getattr(shown, "input_shape", None)
    layers = [] if shape is None else summarise(shown, tuple(shape))
    total = count_parameters(shown)
    learning = sum(weight.numel() for weight in shown.parameters() if weight.requires_grad)
    parameters, *others = sizes(total, layers, shape, words)
    learn = (words.note(_LEARN), "" if learning == total else words.integer(learning))
    yield card.facts([parameters, learn, *others])
    if len(layers) > MOST_LAYERS:
        yield _outlined(outline(shown, tuple(shape or ())), layers, words)
    elif layers:
        yield layer_table(layers, words)


def sizes(
    parameters: int, layers: Sequence[LayerRow], shape: Sequence[int] | None, words: Words
) -> list[tuple[str, str]]:
    """What it has, does and takes, for ``card.facts``; empty where that is not known."""
    work = words.integer(sum(row.multiply_adds for row in layers)) if layers else ""
    return [
        (words("parameters"), words.integer(parameters)),
        (words.note(_MULTIPLY_ADDS), work),
        (words.note(_INPUT), "" if shape is None else size_text(tuple(shape))),
    ]


def layer_table(layers: Sequence[LayerRow], words: Words) -> str:
    """A line a layer."""
    return card.table(
        [words(each) for each in ("layer", "kind", "detail", "shape", "parameters")],
        [
            (row.name, row.kind, row.detail, _shape(row.output_shape), _number(row.parameters, words))
            for row in layers
        ],
        numbers=(3, 4),
    )


def _outlined(parts: Sequence[Part], layers: Sequence[LayerRow], words: Words) -> str:
    def weights(part: Part) -> int:
        return sum(
            row.parameters
            for row in layers
            if any(row.name == name or row.name.startswith(f"{name}.") for name in part.names)
        )

    return card.table(
        [words(each) for each in ("layer", "kind", "shape", "parameters")],
        [
            (part.name, words.note(LEGEND[part.kind]), _shape(part.shape), _number(weights(part), words))
            for part in parts
        ],
        numbers=(2, 3),
    )


def _number(weights: int, words: Typography) -> str:
    return words.integer(weights) if weights else ""


def _shape(shape: Sequence[int]) -> str:
    return size_text(tuple(shape)) if shape else ""
