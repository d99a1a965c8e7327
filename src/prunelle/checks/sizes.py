"""Pictures much smaller or much larger than the others."""

from __future__ import annotations

import numpy as np

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.words import counted, some
from prunelle.texts import EN, FR, Note, visible

TINY = 1 / 4
"""Of the usual shorter side."""

HUGE = 16
"""Times the usual number of pixels."""

HUGE_PIXELS = 20_000_000


def _find(inspected: Inspected) -> list[Finding]:
    if inspected.facts is None:
        return []
    known = np.array([row for row, facts in enumerate(inspected.facts) if facts is not None], np.int64)
    sides = np.array(
        [(facts.height, facts.width) for facts in inspected.facts if facts is not None], np.int64
    )
    if not len(known):
        return []
    seen = min(side for part in inspected.pixels.values() for side in part.images.shape[1:3])
    shorter, pixels = sides.min(axis=1), sides.prod(axis=1)
    usual_side, usual_pixels = float(np.median(shorter)), float(np.median(pixels))
    tiny = (shorter < TINY * usual_side) & (shorter < seen)
    huge = (pixels > HUGE * usual_pixels) & (pixels > HUGE_PIXELS)
    found = []
    if tiny.any():
        order = np.flatnonzero(tiny)[np.argsort(shorter[tiny], kind="stable")]
        found.append(_tiny(inspected, known[order].tolist(), sides[order[0]], usual_side))
    if huge.any():
        order = np.flatnonzero(huge)[np.argsort(-pixels[huge], kind="stable")]
        found.append(_huge(inspected, known[order].tolist(), sides[order[0]], usual_pixels))
    return found


def _tiny(inspected: Inspected, rows: list[int], sides: np.ndarray, usual: float) -> Finding:
    number, names, name = (
        counted(inspected, len(rows)),
        some(inspected, rows),
        visible(inspected.names[rows[0]]),
    )
    size = f"{sides[1]}×{sides[0]}"
    en, fr = ("is", "est") if len(rows) == 1 else ("are", "sont")
    return Finding(
        kind="tiny",
        rows=tuple(rows),
        confidence=1.0,
        what=Note(
            f"{number.en} {en} tiny: {names.en}. {name} has {size} pixels; the shorter side of half of all pictures "
            f"has {EN.integer(round(usual))} or more.",
            f"{number.fr} {fr} minuscule{'s' * (len(rows) > 1)} : {names.fr}. {name} a {size} pixels ; le petit côté "
            f"d’une image sur deux en a {FR.integer(round(usual))} ou plus.",
        ),
        advice=Note(
            "Enlarged to what the network sees, they are a blur. Look at them: replace them by larger ones where there "
            "are some, leave them out where nothing can be seen.",
            "Agrandies à ce que voit le réseau, elles sont floues. Regardez-les : remplacez-les par de plus grandes "
            "s’il y en a, écartez-les si l’on n’y voit rien.",
        ),
    )


def _huge(inspected: Inspected, rows: list[int], sides: np.ndarray, usual: float) -> Finding:
    number, names, name = (
        counted(inspected, len(rows)),
        some(inspected, rows),
        visible(inspected.names[rows[0]]),
    )
    size, times = f"{sides[1]}×{sides[0]}", float(sides.prod()) / usual
    en, fr = ("is", "est") if len(rows) == 1 else ("are", "sont")
    return Finding(
        kind="huge",
        rows=tuple(rows),
        confidence=1.0,
        what=Note(
            f"{number.en} {en} huge: {names.en}. {name} has {size} pixels, {EN.number(times)} times as many as usual.",
            f"{number.fr} {fr} énorme{'s' * (len(rows) > 1)} : {names.fr}. {name} a {size} pixels, "
            f"{FR.number(times)} fois plus que d’habitude.",
        ),
        advice=Note(
            "They take as many times longer to decode, and what they show may be small in them (a panorama, a scan "
            "of a whole page): look, crop them to what they are labelled by, or save them smaller.",
            "Les décoder prend d’autant plus de temps, et ce qu’elles montrent peut y être petit (un panorama, une "
            "page entière numérisée) : regardez, recadrez-les sur ce que dit l’étiquette, ou réduisez-les.",
        ),
    )


CHECK = Check(
    kinds={
        "tiny": Note("Tiny pictures", "Images minuscules"),
        "huge": Note("Huge pictures", "Images énormes"),
    },
    of=("pictures",),
    targets=EVERY_TARGET,
    cheap=True,
    find=_find,
)
