"""Programs for TensorFlow 1: what they are told, and what they can write instead.

They describe a graph and compute it in a session, which nothing here does. A name that only TensorFlow 1 had says what
takes its place (``sentence``), and of a program that stopped at one every such place is listed (``what_to_change``).
"""

from __future__ import annotations

import itertools
from pathlib import Path

from prunelle.keras.tensorflow_1.meanings import METHODS, below_tensorflow
from prunelle.keras.tensorflow_1.names import ALSO_IN_2, NO_SIGN, TABLE, known
from prunelle.keras.tensorflow_1.places import filled, places
from prunelle.texts import EN, FR, Note, Typography

__all__ = ["METHODS", "sentence", "what_to_change"]

_SENTENCE = Note(
    "{name} is of TensorFlow 1, whose graphs are not here. Instead: {advice}.",
    "{name} est de TensorFlow 1, dont les graphes ne sont pas ici. À la place : {advice}.",
)
_NOT_HERE = Note(
    "Prunelle has no {name}. Instead: {advice}.", "Prunelle n’a pas {name}. À la place : {advice}."
)
_PROGRAM = Note(
    "this program is written for TensorFlow 1 ({name}), whose programs describe a graph and compute it in a session. "
    "Here, as in TensorFlow 2, each line computes at once. What to write instead, line by line, after "
    "from tensorflow import keras:",
    "ce programme est écrit pour TensorFlow 1 ({name}), dont les programmes décrivent un graphe et le calculent dans "
    "une session. Ici, comme dans TensorFlow 2, chaque ligne calcule aussitôt. Que mettre à la place, ligne par ligne, "
    "après from tensorflow import keras :",
)
_LINE = Note("line {n}: {code}", "ligne {n} : {code}")
_LINE_OF = Note("{file}, line {n}: {code}", "{file}, ligne {n} : {code}")
_MORE = Note("and {n} more lines.", "et {n} autres lignes.")
_ONE_MORE = Note("and one more line.", "et une autre ligne.")
_SHOWN = 20


def sentence(spelling: str) -> Note | None:
    """What is said of a name, ``tensorflow.compat.v1.placeholder``; None where the table has none."""
    name = known(below_tensorflow(spelling) or "")
    if name is None:
        return None
    about = TABLE[name]
    values = filled(about, {})
    said = _NOT_HERE if name in ALSO_IN_2 else _SENTENCE
    en, fr = (
        words.note(said, name=_written(spelling), advice=words.note(about.note, **values))
        for words in (EN, FR)
    )
    return Note(en, fr)


def what_to_change(program: Path, spelling: str, words: Typography) -> str | None:
    """What a person is told whose program stopped at a name; None where the table has none like it.

    Every place of the program follows, with what to write there.
    """
    said, below = sentence(spelling), below_tensorflow(spelling) or ""
    if said is None and not any(name.startswith(f"{below}.") for name in TABLE):
        return None
    found = places(program)  # none where the name came out of a string
    signs = {place.name for place in found} | {known(below)}
    if not found or signs <= NO_SIGN | {None}:
        return None if said is None else words.note(said)
    several = len({place.file for place in found}) > 1
    lines = [words.note(_PROGRAM, name=_written(spelling))]
    together = [
        list(places) for _, places in itertools.groupby(found, lambda place: (place.file, place.line))
    ]
    for group in together[:_SHOWN]:
        file, n, code = group[0].file.relative_to(program.parent), group[0].line, group[0].code
        lines.append("  " + words.note(_LINE_OF if several else _LINE, file=file, n=n, code=code))
        lines += [
            f"    → {each}" for each in dict.fromkeys(words.note(one.note, **one.values) for one in group)
        ]
    more = len(together) - _SHOWN
    if more > 0:
        lines.append("  " + words.note(_ONE_MORE if more == 1 else _MORE, n=more))
    return "\n".join(lines)


def _written(spelling: str) -> str:
    """As programs write it."""
    return "tf" + spelling.removeprefix("tensorflow")
