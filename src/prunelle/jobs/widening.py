"""Told numbers with the interval that holds the truth: chosen on a run's validation examples."""

from __future__ import annotations

import dataclasses

from prunelle.runs.judging import Classifier
from prunelle.runs.listener import Listener
from prunelle.runs.predictions import Predictions
from prunelle.runs.run import Run
from prunelle.texts import EN, FR, Note
from prunelle.trust.widths import SHOWN, least_examples, width_of


def widened(predictions: Predictions, run: Classifier, listener: Listener) -> Predictions:
    """``predictions`` as they are; of numbers with their intervals, and a note that says what these are worth."""
    if run.target.kind != "number" or not isinstance(run, Run):
        return predictions
    errors = run.errors()
    width = width_of(errors, SHOWN)
    listener.on_note(_promised(errors["chosen_on"]["n"]) if errors and width is not None else _NOTHING)
    typical = None if errors is None else errors["mean_absolute_error"]
    return Predictions(dataclasses.replace(each, width=width, typical=typical) for each in predictions)


_NOTHING = Note(
    f"No interval is given: that takes {least_examples(SHOWN)} validation examples or more, which chose how wide it is "
    f"(--validation 0.1 when training).",
    f"Aucun intervalle n’est donné : il faut au moins {least_examples(SHOWN)} exemples de validation, qui choisissent "
    f"sa largeur (--validation 0.1 à l’entraînement).",
)


def _promised(n: int) -> Note:
    share = EN.percent(SHOWN, digits=0), FR.percent(SHOWN, digits=0)
    return Note(
        f"Intervals hold the truth of {share[0]} of examples that come from where the training's do; "
        f"{EN.integer(n)} validation examples chose how wide they are.",
        f"Les intervalles contiennent la vérité pour {share[1]} des exemples de même provenance que ceux de "
        f"l’entraînement ; {FR.integer(n)} exemples de validation ont choisi leur largeur.",
    )
