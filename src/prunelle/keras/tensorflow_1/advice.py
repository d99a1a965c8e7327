"""``Advice``: what to write in the place of a name that only TensorFlow 1 had."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from prunelle.texts import Note


@dataclasses.dataclass(frozen=True)
class Advice:
    """What to write in the place of a name.

    Attributes:
        note: with ``{fields}``: parameters of the call that stands there, ``rest`` for its other arguments, ``all``
            for all of them, ``to`` for ``x =`` where the value is assigned, ``here`` for what stands there,
            ``receiver`` for what a method is called on. What a call does not say is filled with ``…``.
        parameters: of the call, by position.
        defaults: what a parameter is where the call does not say.
    """

    note: Note
    parameters: tuple[str, ...] = ()
    defaults: Mapping[str, str] = dataclasses.field(default_factory=dict)


def code(text: str, parameters: str = "", **defaults: str) -> Advice:
    """Advice without a word in it: it is the same in every language."""
    return Advice(Note(text, text), tuple(parameters.split()), defaults)


def said(note: Note, parameters: str = "", **defaults: str) -> Advice:
    """Advice in words."""
    return Advice(note, tuple(parameters.split()), defaults)
