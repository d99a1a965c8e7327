"""Whether the classes can be told without looking: from the size of the files, their format, camera, borders…

A network learns what is easiest. Where all dogs are photos of one camera and all cats come from the web, it may learn
the camera; it is then right on these data, and nowhere else.
"""

from __future__ import annotations

import numpy as np

from prunelle.checks.check import Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.labels import dealt
from prunelle.checks.telltales import Telltale, telltales
from prunelle.texts import EN, FR, Note, visible
from prunelle.training.intervals import wilson_interval

MUCH = 0.2
"""Of what always answering the most frequent class gets wrong, the share that must be told right, at least, for it to
be said: what is weaker, a network has little from."""

CHANCE = 0.001
"""Probability, all kinds of metadata together, that this comes about by chance."""

ASKED = 3000
"""Examples that it is asked of, at most."""

ENOUGH = 16
FOLDS = 5
_SHOWN = 3


def _find(inspected: Inspected) -> list[Finding]:
    chosen = np.sort(np.random.default_rng(0).permutation(len(inspected))[:ASKED])
    labels = inspected.labels[chosen]
    counts = np.bincount(labels, minlength=len(inspected.data.classes))
    # A class needs examples on both sides of every fold.
    kept = np.isin(labels, np.flatnonzero(counts >= FOLDS))
    chosen, labels = chosen[kept], labels[kept]
    if len(chosen) < ENOUGH or len(set(labels.tolist())) < 2:
        return []
    known = list(telltales(inspected))
    found = [_asked(inspected, one, chosen, labels, len(known)) for one in known]
    return sorted((one for one in found if one is not None), key=lambda one: -one.confidence)


def told(one: Telltale, chosen: np.ndarray, labels: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """``(n,)`` bool: of which examples the class is the most frequent one among others that are alike.

    Args:
        one: what is seen of them, and nothing else.
        chosen: ``(n,)`` rows. labels: ``(n,)``, theirs.
        seed: of the folds.
    """
    fold = dealt(labels, np.arange(len(labels)), FOLDS, seed)
    right, k = np.zeros(len(labels), bool), int(labels.max()) + 1
    for number in range(FOLDS):
        learned, left_out = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        _, cell = np.unique(one.cells(chosen[learned])[chosen], return_inverse=True)
        counts = np.zeros((int(cell.max()) + 1, k))
        np.add.at(counts, (cell[learned], labels[learned]), 1)
        # Where few are alike, what is frequent among all counts, too.
        counts += counts.sum(axis=0) / counts.sum()
        right[left_out] = counts[cell[left_out]].argmax(axis=1) == labels[left_out]
    return right


def _asked(
    inspected: Inspected, one: Telltale, chosen: np.ndarray, labels: np.ndarray, tried: int
) -> Finding | None:
    """What one kind of metadata tells; None where that is nothing much, or may be chance."""
    from scipy.special import bdtrc

    right = int(told(one, chosen, labels).sum())
    n, chance = len(labels), float(np.bincount(labels).max() / len(labels))
    low, _ = wilson_interval(right, n)
    by_chance = min(1.0, tried * float(bdtrc(right - 1, n, chance) if right else 1.0))
    if low < chance + MUCH * (1 - chance) or by_chance > CHANCE:
        return None
    classes = inspected.data.classes
    frequent = np.argsort(-np.bincount(labels, minlength=len(classes)), kind="stable")[:_SHOWN]
    of_classes = [
        (visible(str(classes[i])), one.of(chosen[labels == i])) for i in frequent if (labels == i).any()
    ]
    en = "; ".join(f"{name}: {what.en}" for name, what in of_classes)
    fr = " ; ".join(f"{name} : {what.fr}" for name, what in of_classes)
    return Finding(
        kind="tell-tale",
        rows=(),
        confidence=1 - by_chance,
        what=Note(
            f"A classifier that sees only {one.name.en} is right about {EN.percent(right / n, digits=0)} of "
            f"{EN.integer(n)} (always the same answer: {EN.percent(chance, digits=0)}). {en}.",
            f"Un classifieur qui ne voit que ceci : {one.name.fr}, a raison pour {FR.percent(right / n, digits=0)} "
            f"de {FR.integer(n)} (toujours la même réponse : {FR.percent(chance, digits=0)}). {fr}.",
        ),
        advice=Note(
            "A network may learn this instead of what is shown, and then fail elsewhere. Take the classes "
            "from the same sources, prepare their files alike (crop, size, format), and judge it elsewhere.",
            "Un réseau peut apprendre cela au lieu de ce qui est montré, et échouer ailleurs. "
            "Prenez les classes aux mêmes sources, préparez leurs fichiers de la même façon (cadrage, taille, format), "
            "et jugez-le sur d’autres venus d’ailleurs.",
        ),
    )


CHECK = Check(
    kinds={"tell-tale": Note("What tells the class beside what is shown", "Ce qui trahit la classe")},
    of=("pictures", "series"),
    cheap=True,
    find=_find,
)
