"""What a report says of answers that are no classes: the contract of a module a kind of target."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.figure import Figure

from prunelle.report.content import ReportContent
from prunelle.report.words import Words
from prunelle.texts import Note


def _none(content: ReportContent, words: Words) -> Mapping[str, Figure]:
    return {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answers:
    """Of a kind of target.

    Attributes:
        template: of its sections, which stand where those on classes would.
        sections: their names in ``words.TEXTS``, which are their anchors too.
        context: gives ``headline``, ``caveats``, ``splits`` (``name``, ``pictures`` and ``cells`` each) under
            ``split_heads``, and what ``template`` takes besides.
        figures: by name, what else ``figures/`` of the run has.
        texts: of the page's, those that say something else of such answers.
    """

    template: str
    sections: tuple[str, ...]
    context: Callable[[ReportContent, Words], Mapping[str, Any]]
    figures: Callable[[ReportContent, Words], Mapping[str, Figure]] = _none
    texts: Mapping[str, Note] = dataclasses.field(default_factory=dict)
