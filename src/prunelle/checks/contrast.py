"""Pictures with nothing on them: all of one colour, or nearly."""

from __future__ import annotations

import numpy as np

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.words import counted, some
from prunelle.texts import EN, FR, Note, visible

BLANK_RANGE = 8
"""Levels between the darkest and the brightest value of a channel; what saving as a JPEG makes of one colour."""

UNIFORM_DEVIATION = 5.0
"""Levels, standard deviation of the brightness."""

RARE = 0.1
"""Share of all pictures up to which being nearly uniform is odd: of X-rays or of the sky, it may be what they are."""

_CHUNK = 256


def _find(inspected: Inspected) -> list[Finding]:
    ranges, deviations = [], []
    for part in inspected.pixels.values():
        for start in range(0, len(part), _CHUNK):
            chunk = np.asarray(part.images[start : start + _CHUNK])
            # Every other pixel of every other row of what is large is enough to tell.
            step = 1 if min(chunk.shape[1:3]) < 32 else 2
            flat = chunk[:, ::step, ::step].reshape(len(chunk), -1, chunk.shape[-1])
            ranges.append((flat.max(axis=1).astype(np.int16) - flat.min(axis=1)).max(axis=1))
            # Green is most of what the eye takes for brightness.
            deviations.append(flat[..., chunk.shape[-1] // 2].astype(np.float32).std(axis=1))
    if not ranges:
        return []
    levels, deviation = np.concatenate(ranges), np.concatenate(deviations)
    blank = levels <= BLANK_RANGE
    uniform = ~blank & (deviation < UNIFORM_DEVIATION)
    found = []
    if blank.any():
        found.append(_blank(inspected, np.flatnonzero(blank).tolist()))
    if uniform.any() and uniform.mean() <= RARE:
        order = np.flatnonzero(uniform)[np.argsort(deviation[uniform], kind="stable")]
        found.append(
            _uniform(inspected, order.tolist(), float(deviation[order[0]]), float(np.median(deviation)))
        )
    return found


def _blank(inspected: Inspected, rows: list[int]) -> Finding:
    number, names = counted(inspected, len(rows)), some(inspected, rows)
    en, fr = ("is", "est") if len(rows) == 1 else ("are", "sont")
    return Finding(
        kind="blank",
        rows=tuple(rows),
        confidence=1.0,
        what=Note(
            f"{number.en} {en} blank, of one colour all over: {names.en}.",
            f"{number.fr} {fr} {'vide' if len(rows) == 1 else 'vides'}, d’une seule couleur : {names.fr}.",
        ),
        advice=Note(
            "There is nothing to learn from them but their label: leave them out.",
            "Il n’y a rien à en apprendre que leur étiquette : écartez-les.",
        ),
    )


def _uniform(inspected: Inspected, rows: list[int], least: float, usual: float) -> Finding:
    number, names, name = (
        counted(inspected, len(rows)),
        some(inspected, rows),
        visible(inspected.names[rows[0]]),
    )
    en, fr = ("is", "est") if len(rows) == 1 else ("are", "sont")
    return Finding(
        kind="nearly uniform",
        rows=tuple(rows),
        confidence=0.8,
        what=Note(
            f"{number.en} {en} nearly of one colour: {names.en}. The brightness of {name} varies by "
            f"{EN.decimal(least, 1)} levels of 255, that of the middle picture by {EN.decimal(usual, 0)}.",
            f"{number.fr} {fr} presque d’une seule couleur : {names.fr}. La luminosité de {name} varie de "
            f"{FR.decimal(least, 1)} niveaux sur 255, celle de l’image médiane de {FR.decimal(usual, 0)}.",
        ),
        advice=Note(
            "Look at them: fog, a lens cap, a page without print? Leave out those on which nothing can be seen.",
            "Regardez-les : brouillard, capuchon d’objectif, page sans impression ? Écartez celles où rien ne se voit.",
        ),
    )


CHECK = Check(
    kinds={
        "blank": Note("Blank pictures", "Images vides"),
        "nearly uniform": Note(
            "Pictures that are nearly of one colour", "Images presque d’une seule couleur"
        ),
    },
    of=("pictures",),
    targets=EVERY_TARGET,
    cheap=True,
    find=_find,
)
