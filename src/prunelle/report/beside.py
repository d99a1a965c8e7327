"""What stands beside an accuracy where it alone would mislead: top-5 of many classes, balanced accuracy of unbalanced
ones.

Of an ``Evaluation`` or of a split of ``metrics.json``, which has the same figures by the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prunelle.texts import EN, Note, Typography
from prunelle.training.verdicts import Chance

_TOP_5 = Note(
    "The right class is among the five most probable for {share} (top-5; 95 % interval {low} to {high}).",
    "La bonne classe est parmi les cinq plus probables pour {share} (top-5 ; intervalle à 95 % : {low} à {high}).",
)
_BALANCED = Note(
    "; balanced accuracy (the mean recall of its classes) {balanced} ({low} to {high})",
    " ; exactitude équilibrée (rappel moyen de ses classes) : {balanced} ({low} à {high})",
)
_CONSTANT = Note(
    "; always answering {name} is right for {blind}", " ; répondre toujours {name} est juste pour {blind}"
)


def top_5(figures: Mapping[str, Any], words: Typography = EN, *, digits: int = 1) -> str | None:
    """How often the truth is among five answers, as a sentence; None of few classes.

    Args:
        figures: ``Evaluation.summary()``, or a split of ``metrics.json``.
        digits: of shares, in percent.
    """
    if "top_5_accuracy" not in figures:
        return None
    low, high = figures["top_5_interval"]
    return words.note(
        _TOP_5,
        share=words.percent(figures["top_5_accuracy"], digits=digits),
        low=words.percent(low, digits=digits),
        high=words.percent(high, digits=digits),
    )


def balanced_tail(
    figures: Mapping[str, Any], chance: Chance | None, words: Typography = EN, *, digits: int = 1
) -> tuple[Note, dict[str, str]]:
    """What follows the accuracy and what that is beside chance, where classes are unbalanced; else nothing.

    The constant answer is named here where the accuracy is above it: otherwise it is named before.

    Returns:
        A template with its comma, and what fills it: ``name`` is as the user wrote it.
    """
    if "per_class" not in figures:
        return Note("", ""), {}
    low, high = figures["balanced_interval"]
    values = {
        "balanced": words.percent(figures["balanced_accuracy"], digits=digits),
        "low": words.percent(low, digits=digits),
        "high": words.percent(high, digits=digits),
    }
    if chance is None or chance.verdict != "above":
        return _BALANCED, values
    values |= {"name": chance.name, "blind": words.percent(chance.accuracy, digits=digits)}
    return Note(_BALANCED.en + _CONSTANT.en, _BALANCED.fr + _CONSTANT.fr), values


def balanced_sentence(figures: Mapping[str, Any], chance: Chance | None, words: Typography = EN) -> str:
    """``balanced_tail``, filled, for the console."""
    note, values = balanced_tail(figures, chance, words, digits=2)
    return words.note(note, **values)
