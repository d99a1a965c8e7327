"""Classes with few examples, and classes with many more than others."""

from __future__ import annotations

import numpy as np

from prunelle.checks.check import Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.words import counted, some_of
from prunelle.texts import EN, FR, Note, visible

FEW = 10
"""Training examples below which a class is small."""

UNBALANCED = 3.0
"""Times the smallest class's training examples that the largest has, for them to be called unbalanced."""


def _find(inspected: Inspected) -> list[Finding]:
    classes, target = inspected.data.classes, inspected.data.target
    training = inspected.given[inspected.splits == inspected.data.train.name]
    counts = target.counts(training, classes)
    found = []
    small = np.flatnonzero(counts < FEW)
    if len(small):
        found.append(_small(inspected, counts, small[np.argsort(counts[small], kind="stable")]))
    least, most = int(counts.argmin()), int(counts.argmax())
    if not target.exclusive:
        return found  # that some labels are rare is how things are
    if counts[most] >= UNBALANCED * max(counts[least], 1) and len(training):
        found.append(_unbalanced(inspected, counts, least, most))
    return found


def _small(inspected: Inspected, counts: np.ndarray, small: np.ndarray) -> Finding:
    classes = inspected.data.classes
    names = some_of([f"{classes[i]} ({EN.integer(int(counts[i]))})" for i in small])
    fewest = counted(inspected, FEW)
    several = not inspected.data.target.exclusive
    one, many = (
        (Note("label", "étiquette"), Note("labels", "étiquettes"))
        if several
        else (Note("class", "classe"), Note("classes", "classes"))
    )
    subject = (
        Note(f"1 {one.en} has", f"1 {one.fr} a")
        if len(small) == 1
        else Note(f"{EN.integer(len(small))} {many.en} have", f"{FR.integer(len(small))} {many.fr} ont")
    )
    of = inspected.given[:, small].any(axis=1) if several else np.isin(inspected.given, small)
    rows = np.flatnonzero(of & (inspected.splits == inspected.data.train.name))
    return Finding(
        kind="small class",
        rows=tuple(rows.tolist()),
        confidence=1.0,
        what=Note(
            f"{subject.en} fewer than {fewest.en} to learn from: {names.en}.",
            f"{subject.fr} moins de {fewest.fr} pour apprendre : {names.fr}.",
        ),
        advice=Note(
            f"What is said of such a {one.en} is mostly chance. Add examples, join it to a {one.en} like it, or leave "
            f"it out; of few photos, a network that has seen others learns most (--weights).",
            f"Ce qu’on dit d’une telle {one.fr} tient surtout au hasard. Ajoutez des exemples, réunissez-la à une "
            f"{one.fr} semblable, ou écartez-la ; de peu de photos, c’est un réseau qui en a vu d’autres qui apprend "
            f"le mieux (--weights).",
        ),
    )


def _unbalanced(inspected: Inspected, counts: np.ndarray, least: int, most: int) -> Finding:
    classes = inspected.data.classes
    large, small = visible(str(classes[most])), visible(str(classes[least]))
    many, few = counted(inspected, int(counts[most])), counted(inspected, int(counts[least]))
    share = float(counts[most]) / float(counts.sum())
    always = (
        Note(
            f" A network that always answers {large} would be right about {EN.percent(share, digits=0)} of them.",
            f" Un réseau qui répond toujours {large} aurait raison pour {FR.percent(share, digits=0)} d’entre elles.",
        )
        if share > 0.5
        else Note("", "")
    )
    return Finding(
        kind="unbalanced",
        rows=(),
        confidence=1.0,
        what=Note(
            f"{large} has {many.en} to learn from, {small} {few.en}.{always.en}",
            f"{large} a {many.fr} pour apprendre, {small} {few.fr}.{always.fr}",
        ),
        advice=Note(
            f"Read each class's own figures in the report, not the accuracy alone. --balance weighs rare classes more "
            f"while training; more examples of {small} help most.",
            f"Lisez dans le rapport les chiffres de chaque classe, pas seulement la justesse. --balance donne plus de "
            f"poids aux classes rares pendant l’entraînement ; d’autres exemples de {small} aideraient le plus.",
        ),
    )


CHECK = Check(
    kinds={
        "small class": Note("Classes with few examples", "Classes qui ont peu d’exemples"),
        "unbalanced": Note("Unbalanced classes", "Classes déséquilibrées"),
    },
    of=("pictures", "series"),
    targets=("class", "labels"),
    cheap=True,
    find=_find,
)
