"""Objects that show themselves in a notebook, and who makes the card of which.

A card has the words and the figures of the report, which stand above the objects that have them; nothing here imports
it before a front end asks.
"""

from __future__ import annotations

import importlib
from typing import Any

CARDS = {
    "Advice": "prunelle.cards.answers",
    "Checkup": "prunelle.cards.checkup",
    "Comparison": "prunelle.cards.answers",
    "Convolution": "prunelle.cards.convolution",
    "Data": "prunelle.cards.data",
    "Evaluation": "prunelle.cards.answers",
    "Export": "prunelle.cards.export",
    "Folds": "prunelle.cards.folds",
    "LabelsEvaluation": "prunelle.cards.labels_answers",
    "LabelsPrediction": "prunelle.cards.labels_answers",
    "Network": "prunelle.cards.network",
    "NumberPrediction": "prunelle.cards.numbers_answers",
    "NumbersEvaluation": "prunelle.cards.numbers_answers",
    "Prediction": "prunelle.cards.answers",
    "Predictions": "prunelle.cards.answers",
    "Pretrained": "prunelle.cards.network",
    "Retrained": "prunelle.cards.answers",
    "Run": "prunelle.cards.runs",
    "Runs": "prunelle.cards.runs",
    "Shots": "prunelle.cards.answers",
    "Split": "prunelle.cards.data",
}
"""Class → the module that has, under the class's name in small letters, the function that makes its card."""


class Shown:
    """What Jupyter, VS Code, Colab and others ask for is there: a small piece of HTML."""

    def _repr_html_(self) -> str:
        """A card (``drawing.card``), in the language of the locale."""
        name = next(cls.__name__ for cls in type(self).__mro__ if cls.__name__ in CARDS)
        make: Any = getattr(importlib.import_module(CARDS[name]), name.lower())
        return str(make(self))
