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

MUCH_SHOWN = 0.5
"""The same of what may follow from what is shown."""

CHANCE = 0.001
"""Probability, all kinds of metadata together, that this comes about by chance."""

ASKED = 3000
"""Examples that it is asked of, at most."""

ENOUGH = 16
MANY = 20
"""Classes up to which each is held against all others, too."""

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
    """What one kind of metadata tells, of all classes or else of one; None where that is nothing much, or chance."""
    if (told_ := _told(one, chosen, labels, tried)) is not None:
        return _finding(inspected, one, chosen, labels, told_)
    known = np.unique(labels)
    if not 2 < len(known) <= MANY:
        return None
    of_one = [
        (_told(one, chosen, (labels == label).astype(np.int64), tried * len(known)), label) for label in known
    ]
    best = min(((found, int(label)) for found, label in of_one if found is not None), default=None)
    return None if best is None else _finding(inspected, one, chosen, labels, best[0], of_one=best[1])


def _told(
    one: Telltale, chosen: np.ndarray, labels: np.ndarray, tried: int
) -> tuple[float, float, float] | None:
    """Probability that it is chance, share that is told, share of the most frequent class; None of nothing much."""
    from scipy.special import bdtrc

    right, n = int(told(one, chosen, labels).sum()), len(labels)
    chance = float(np.bincount(labels).max()) / n
    low, _ = wilson_interval(right, n)
    by_chance = min(1.0, tried * float(bdtrc(right - 1, n, chance) if right else 1.0))
    much = MUCH_SHOWN if one.is_shown else MUCH
    if low < chance + much * (1 - chance) or by_chance > CHANCE:
        return None
    return by_chance, right / n, chance


def _finding(
    inspected: Inspected,
    one: Telltale,
    chosen: np.ndarray,
    labels: np.ndarray,
    told_: tuple[float, float, float],
    of_one: int | None = None,
) -> Finding:
    by_chance, right, chance = told_
    classes = [visible(str(name)) for name in inspected.data.classes]
    n = len(labels)
    if of_one is None:
        counts = np.bincount(labels, minlength=len(classes))
        frequent = [i for i in np.argsort(-counts, kind="stable")[:_SHOWN] if counts[i]]
        parts = [(classes[i], classes[i], one.of(chosen[labels == i])) for i in frequent]
        tells, tells_fr = "", ""
    else:
        name = classes[of_one]
        others = Note("the others", "les autres")
        parts = [(name, name, one.of(chosen[labels == of_one]))]
        parts.append((others.en, others.fr, one.of(chosen[labels != of_one])))
        tells, tells_fr = f" and tells {name} from all others", f" et distingue {name} de toutes les autres"
    en = "; ".join(f"{name}: {what.en}" for name, _, what in parts)
    fr = " ; ".join(f"{name} : {what.fr}" for _, name, what in parts)
    return Finding(
        kind="tell-tale",
        rows=(),
        confidence=1 - by_chance,
        what=Note(
            f"A classifier that sees only {one.name.en}{tells} is right about {EN.percent(right, digits=0)} of "
            f"{EN.integer(n)} (always the same answer: {EN.percent(chance, digits=0)}). {en}.",
            f"Un classifieur qui ne voit que ceci : {one.name.fr}{tells_fr}, a raison pour "
            f"{FR.percent(right, digits=0)} de {FR.integer(n)} (toujours la même réponse : "
            f"{FR.percent(chance, digits=0)}). {fr}.",
        ),
        advice=_SHOWN_ADVICE if one.is_shown else _ADVICE,
    )


_ADVICE = Note(
    "A network may learn this instead of what is shown, and then fail elsewhere. Take the classes from the same "
    "sources, prepare their files alike (crop, size, format), and judge it on examples from elsewhere.",
    "Un réseau peut apprendre cela au lieu de ce qui est montré, et échouer ailleurs. Prenez les classes aux mêmes "
    "sources, préparez leurs fichiers de la même façon (cadrage, taille, format), et jugez-le sur des exemples venus "
    "d’ailleurs.",
)
_SHOWN_ADVICE = Note(
    "If all were saved alike, this follows from what they show: much detail makes large files. If not, a network may "
    "learn the traces of compression and fail elsewhere: save the classes alike, from the same sources.",
    "Si toutes ont été enregistrées de la même façon, cela vient de ce qu’elles montrent : beaucoup de détails font de "
    "gros fichiers. Sinon, un réseau peut apprendre les traces de la compression et échouer ailleurs : enregistrez les "
    "classes de la même façon, depuis les mêmes sources.",
)

CHECK = Check(
    kinds={"tell-tale": Note("What tells the class beside what is shown", "Ce qui trahit la classe")},
    of=("pictures", "series"),
    cheap=True,
    find=_find,
)
