"""The panels there are."""

from __future__ import annotations

from prunelle.page import convolution_words, review_words, runs_words, training_words
from prunelle.page.convolution import ConvolutionPanel
from prunelle.page.look import LookPanel
from prunelle.page.look_words import LookWords
from prunelle.page.panel import PanelKind
from prunelle.page.review import ReviewPanel
from prunelle.page.runs import RunsPanel
from prunelle.page.training import TrainingPanel

PANELS: dict[str, PanelKind] = {
    "runs": PanelKind(make=RunsPanel, module="runs.js", words=runs_words.Words, title="title"),
    "look": PanelKind(make=LookPanel, module="activations.js", words=LookWords, title="title"),
    "review": PanelKind(make=ReviewPanel, module="review.js", words=review_words.Words, title="title"),
    "convolution": PanelKind(
        make=ConvolutionPanel, module="convolution.js", words=convolution_words.Words, title="title"
    ),
    "training": PanelKind(
        make=TrainingPanel, module="training.js", words=training_words.Words, title="title"
    ),
}
"""In the order of the page's tabs."""
