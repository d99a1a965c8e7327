"""A few grey pictures among coloured ones, or the other way round."""

from __future__ import annotations

import numpy as np

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.words import counted, some
from prunelle.texts import EN, FR, Note

GREY_LEVELS = 6
"""Between the channels of a pixel, at most, but in one pixel in a thousand; what saving as a JPEG makes of grey."""

RARE = 0.1
"""Share of all pictures up to which they are odd."""

_CHUNK = 256


def grey(inspected: Inspected) -> np.ndarray:
    """``(N,)`` bool: which decoded pictures have no colours to be seen; none where all are decoded to grey."""
    found = [np.zeros(0, bool)]
    for part in inspected.pixels.values():
        for start in range(0, len(part), _CHUNK):
            chunk = np.asarray(part.images[start : start + _CHUNK])
            if chunk.shape[-1] != 3:
                found.append(np.zeros(len(chunk), bool))
                continue
            # Every third pixel of every third row is enough to tell.
            few = chunk[:, ::3, ::3].astype(np.int16)
            coloured = few.max(axis=3) - few.min(axis=3) > GREY_LEVELS
            found.append(coloured.reshape(len(chunk), -1).mean(axis=1) <= 0.001)
    return np.concatenate(found)


def _find(inspected: Inspected) -> list[Finding]:
    is_grey = grey(inspected)
    share = is_grey.mean() if len(is_grey) else 0.0
    if 0 < share <= RARE:
        return [_grey(inspected, np.flatnonzero(is_grey).tolist())]
    if 1 - RARE <= share < 1:
        return [_coloured(inspected, np.flatnonzero(~is_grey).tolist())]
    return []


def _grey(inspected: Inspected, rows: list[int]) -> Finding:
    number, names, all_ = counted(inspected, len(rows)), some(inspected, rows), len(inspected)
    en, fr = ("has", "n’a") if len(rows) == 1 else ("have", "n’ont")
    return Finding(
        kind="grey among colour",
        rows=tuple(rows),
        confidence=0.9,
        what=Note(
            f"{number.en} of {EN.integer(all_)} {en} no colours: {names.en}.",
            f"{number.fr} sur {FR.integer(all_)} {fr} pas de couleurs : {names.fr}.",
        ),
        advice=Note(
            "A network that relies on colour may fail on them. Keep them where such pictures will be asked about, too; "
            "else leave them out. Changing colours while training (--augment light,colour) helps.",
            "Un réseau qui s’appuie sur la couleur peut s’y tromper. Gardez-les si l’on doit aussi lui en montrer de "
            "telles ; sinon, écartez-les. Changer les couleurs pendant l’entraînement (--augment light,colour) aide.",
        ),
    )


def _coloured(inspected: Inspected, rows: list[int]) -> Finding:
    number, names, all_ = counted(inspected, len(rows)), some(inspected, rows), len(inspected)
    en, fr = ("has", "a") if len(rows) == 1 else ("have", "ont")
    return Finding(
        kind="colour among grey",
        rows=tuple(rows),
        confidence=0.9,
        what=Note(
            f"{number.en} of {EN.integer(all_)} {en} colours, all others are grey: {names.en}.",
            f"{number.fr} sur {FR.integer(all_)} {fr} des couleurs, toutes les autres sont grises : {names.fr}.",
        ),
        advice=Note(
            "Look at them: they may come from elsewhere. Decoded to grey, all are alike.",
            "Regardez-les : elles viennent peut-être d’ailleurs. Décodées en gris, toutes se ressemblent.",
        ),
    )


CHECK = Check(
    kinds={
        "grey among colour": Note(
            "Grey pictures among coloured ones", "Images grises parmi d’autres en couleurs"
        ),
        "colour among grey": Note(
            "Coloured pictures among grey ones", "Images en couleurs parmi d’autres grises"
        ),
    },
    of=("pictures",),
    targets=EVERY_TARGET,
    cheap=False,
    find=_find,
)
