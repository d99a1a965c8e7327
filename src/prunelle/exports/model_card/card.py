"""The card, section by section."""

from __future__ import annotations

from prunelle.exports import check_words
from prunelle.exports.model_card import figures, limits, making, telling, usage
from prunelle.exports.model_card.front import front
from prunelle.exports.model_card.markdown import joined, listed, table, text
from prunelle.exports.model_card.written import Written
from prunelle.texts import Language, Note, Typography

_TITLES = {
    "told": Note("What it tells", "Ce qu’il dit"),
    "figures": Note("What it is worth", "Ce qu’il vaut"),
    "limits": Note("What it is not for", "Ce à quoi il ne sert pas"),
    "usage": Note("How to use it", "Comment s’en servir"),
    "data": Note("The data", "Les données"),
    "made": Note("How it was made", "Comment il a été fait"),
    "check": Note("Whether this file answers as the network does", "Ce fichier répond-il comme le réseau ?"),
}
_FILES = Note("Files: {names}.", "Fichiers : {names}.")
_MEANT = Note(
    "The file was held against the network in PyTorch, example by example. Apart: the largest difference of two "
    "{scores}. Times are of the machine that checked, in milliseconds an example.",
    "Le fichier a été comparé au réseau dans PyTorch, exemple par exemple. Écart : la plus grande différence entre "
    "deux {scores}. Les temps sont ceux de la machine de contrôle, en millisecondes par exemple.",
)
_SCORES = {
    "number": Note(
        "answers, in standard deviations of the training's", "réponses, en écarts-types de l’entraînement"
    ),
}
_PROBABILITIES = Note("probabilities", "probabilités")


def card(written: Written, language: Language) -> str:
    """The whole of it, with its front matter."""
    subject, words = written.subject, Typography(language)
    sections = {
        "told": telling.told(subject, words),
        "figures": figures.figures(subject, words),
        "limits": limits.limits(written.subject, words),
        "usage": usage.usage(written, words),
        "data": telling.data(subject, words),
        "made": making.made(subject.facts, words),
        "check": _check(written, words),
    }
    body = [part for name, said in sections.items() for part in (f"## {words.note(_TITLES[name])}", said)]
    return joined([front(written, language), f"# {text(subject.name)}", *body]) + "\n"


def _check(written: Written, words: Typography) -> str:
    check = written.check
    scores = words.note(_SCORES.get(written.subject.target.kind, _PROBABILITIES))
    return joined(
        [
            words.note(_MEANT, scores=scores),
            table(
                [words.note(head) for head in check_words.HEADS],
                [check_words.row(row, words) for row in check.rows],
            ),
            listed(text(each) for each in check_words.sentences(check, words)),
            words.note(_FILES, names=", ".join(f"`{name}`" for name in written.files)),
        ]
    )
