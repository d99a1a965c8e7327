"""Labels that are probably wrong, by what a classifier says of examples that it has not learned.

After confident learning (Northcutt, Jiang & Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset
Labels", JAIR 70): out-of-fold probabilities, noise that depends on the class, then the labels that contradict. Their
counts of confident examples say which labels to look at; here the same noise is estimated by likelihood, so that each
label has a probability of being wrong, which half a list can be held to. cleanlab, their own package, would
bring pandas and much that is not used; benchmarks/label_noise.py measures both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from prunelle.checks.check import Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.texts import Note, visible
from prunelle.transfer.linear import choose_c, fit_linear

CHOOSING = 2000
"""Examples that the strength of the regularisation is chosen on, at most: it changes little with more."""

FITTED = 3000
"""Examples that the noise is estimated on, at most."""

PRIOR_EXAMPLES = 25
"""Of each pair of classes, with the same noise for all: what a pair's own noise is held against."""

NOISE_EXPECTED = 7
"""To one, that some labels are wrong before anything is seen: those of the ten best known test sets are, 3.4 % of them
(Northcutt, Athalye & Mueller 2021, "Pervasive Label Errors in Test Sets")."""

FEW = 1000
"""Examples below which wrong labels are looked for as if there were some, and ten folds are used instead of five: each
classifier then learns from more of them."""

LEARNED = 10_000
"""Examples that each classifier learns from, at most."""

RIGHT, RIGHT_OF_FEW = 0.5, 0.25
"""Share of what is told that is expected to be wrong. Of few examples, each is soon looked at."""

LEAST = 0.1
"""What a label is told at: the probability that it is wrong."""


def cross_validated(
    features: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    *,
    groups: np.ndarray | None = None,
    seed: int = 0,
    folds: int = 5,
) -> np.ndarray:
    """What logistic regression says of each example when it has learned from the others.

    Args:
        features: ``(N, F)``; what is not finite counts as 0.
        labels: ``(N,)`` int64, below ``num_classes``.
        num_classes: K; some may have no example.
        groups: ``(N,)``; examples of one number (near copies) are left out together. None: each on its own.
        seed: of the folds.
        folds: how many.

    Returns:
        ``(N, K)`` float64, each row's sum 1. Of an example whose class has no other to learn from nothing is known: all
        classes are alike.
    """
    features = np.nan_to_num(np.asarray(features, np.float64), posinf=0.0, neginf=0.0)
    fold = dealt(labels, np.arange(len(labels)) if groups is None else groups, folds, seed)
    chosen = np.random.default_rng(seed).permutation(len(labels))[:CHOOSING]
    c = _choose(features[chosen], labels[chosen], seed)
    probabilities = np.full((len(labels), num_classes), 1 / num_classes)
    for number in range(folds):
        left_out, learned = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        if len(learned) > LEARNED:
            learned = np.random.default_rng([seed, number]).permutation(learned)[:LEARNED]
        known, numbers = np.unique(labels[learned], return_inverse=True)
        judged = left_out[np.isin(labels[left_out], known)]
        if len(known) < 2 or not len(judged):
            continue
        weights, biases = fit_linear(features[learned], numbers, "logistic", len(known), c=c)
        probabilities[judged] = 0.0
        probabilities[np.ix_(judged, known)] = _softmax(features[judged] @ weights.T + biases)
    return probabilities


def _choose(features: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """By classes that have enough examples to be on both sides."""
    counts = np.bincount(labels)
    enough = np.isin(labels, np.flatnonzero(counts >= 3))
    known, numbers = np.unique(labels[enough], return_inverse=True)
    if len(known) < 2:
        return 0.01
    return choose_c(features[enough], numbers, "logistic", len(known), seed=seed)[0]


def _softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def dealt(labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """``(N,)``: groups dealt like cards, class after class, so that each fold has its share of every class."""
    _, first, member_of, sizes = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(first))
    order = np.lexsort((shuffled, -sizes, labels[first]))
    fold = np.empty(len(first), np.int64)
    fold[order] = np.arange(len(first)) % folds
    return np.asarray(fold[member_of])


@dataclasses.dataclass(frozen=True, eq=False)
class Suspicion:
    """How likely labels are wrong.

    Attributes:
        score: ``(N,)`` in [0, 1], higher where the label is more surely wrong: the probability of that, as far as
            ``probabilities`` tell.
        suggested: ``(N,)`` int64: the likeliest class, the given one where none is likelier.
    """

    score: np.ndarray
    suggested: np.ndarray

    def told(self, labels: np.ndarray) -> np.ndarray:
        """``(n,)`` the rows that a person should look at, the surest first: so many that a share ``RIGHT`` of
        them is expected to be wrong, each with a probability of at least ``LEAST``."""
        order = np.argsort(-self.score, kind="stable")
        share = np.cumsum(self.score[order]) / np.arange(1, len(order) + 1)
        told = order[(share >= (RIGHT_OF_FEW if len(order) < FEW else RIGHT)) & (self.score[order] >= LEAST)]
        return np.asarray(told[self.suggested[told] != labels[told]])


def suspicion(probabilities: np.ndarray, labels: np.ndarray) -> Suspicion:
    """Which labels contradict what a classifier says of examples that it has not learned.

    Confident learning's model: an example of class j is given label i with a probability ``noise[j, i]``, whatever it
    looks like. The classifier's answers are made as sure as they should be (``_tempered``). Noise, and how sure, are
    those under which the given labels are likeliest: where a classifier is often unsure, its answers are; where it is
    sure and contradicted, there is noise. Where the labels are as likely without any, every score is small; of few
    examples that cannot be said, and noise is taken for granted.

    Args:
        probabilities: ``(N, K)``, of ``cross_validated``.
        labels: ``(N,)`` int64, as given.
    """
    n, k = probabilities.shape
    logs = np.log(np.clip(probabilities, 1e-12, None))
    few = np.random.default_rng(0).permutation(n)[:FITTED]
    rows = np.arange(len(few))
    best: tuple[float, np.ndarray, tuple[float, float]] = (-np.inf, np.eye(k), (1.0, 0.0))
    without = -np.inf
    for t in np.geomspace(0.2, 2, 10):
        for share in (0.0, 0.25, 0.5, 0.75):
            likely = _tempered(logs[few], t, share)
            without = max(without, float(np.log(likely[rows, labels[few]]).sum()))
            likelihood, noise = _fitted(likely, labels[few])
            if likelihood > best[0]:
                best = likelihood, noise, (t, share)
    is_noise = 1 / (1 + np.exp(np.clip(without - best[0], -50, 50)) / NOISE_EXPECTED) if n >= FEW else 1.0
    true = _tempered(logs, *best[2]) * best[1][:, labels].T
    true /= true.sum(axis=1, keepdims=True)
    given = true[np.arange(n), labels]
    likeliest = np.where(np.arange(k) == labels[:, np.newaxis], -1.0, true).argmax(axis=1)
    return Suspicion(
        score=is_noise * np.clip(1 - given, 0, 1),
        suggested=np.where(
            probabilities[np.arange(n), likeliest] > probabilities[np.arange(n), labels], likeliest, labels
        ),
    )


def _tempered(logs: np.ndarray, t: float, share: float) -> np.ndarray:
    """Probabilities to the power 1/t, or, for a share of all, half of that: few classifiers are as sure everywhere."""
    return np.asarray((1 - share) * _softmax(logs / t) + share * _softmax(logs / (2 * t)))


def _fitted(likely: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """The likelihood, and noise ``(K, K)``, by expectation and maximisation.

    Each class's noise is held against the same noise for all, as if that came from ``PRIOR_EXAMPLES`` more of each
    pair of classes. Before anything is seen, a share e is about as likely as ``(1 − e)`` to the 14th power: its mean is
    a sixteenth; the likelihood is that of all e together (Laplace's approximation).
    """
    n, k = likely.shape
    prior, e, counts = PRIOR_EXAMPLES * k, 0.05, np.zeros((k, k))
    for _ in range(20):
        usual = np.full((k, k), e / max(k - 1, 1))
        np.fill_diagonal(usual, 1 - e)
        noise = (counts + prior * usual) / (counts.sum(axis=1, keepdims=True) + prior)
        true = likely * noise[:, labels].T
        sums = true.sum(axis=1, keepdims=True)
        true /= sums
        counts = np.zeros((k, k))
        np.add.at(counts.T, labels, true)
        e = (n - np.trace(counts) + 1) / (n + 2)
    unlike = prior * (usual * np.log(noise / usual)).sum()
    all_e = np.log(15) + 14 * np.log(1 - e) + 0.5 * np.log(2 * np.pi * e * (1 - e) / max(n, 1))
    return float(np.log(sums).sum() + all_e + unlike), noise


def _find(inspected: Inspected) -> list[Finding]:
    assert inspected.features is not None
    classes = inspected.data.classes
    if not inspected.data.target.exclusive:
        return list(_label_by_label(inspected, inspected.features))
    folds = 10 if len(inspected) < FEW else 5
    probabilities = cross_validated(
        inspected.features, inspected.labels, len(classes), groups=inspected.same, folds=folds
    )
    found = suspicion(probabilities, inspected.labels)
    return [
        _finding(inspected, row, str(classes[found.suggested[row]]), float(found.score[row]))
        for row in found.told(inspected.labels).tolist()
    ]


def _label_by_label(inspected: Inspected, features: np.ndarray) -> Iterator[Finding]:
    """Of several labels each is judged alone: whether an example has it, by all the others."""
    folds = 10 if len(inspected) < FEW else 5
    for name, given in zip(inspected.data.classes, inspected.given.T.astype(np.int64), strict=True):
        if np.bincount(given, minlength=2).min() < folds:
            continue  # too few with it, or without it, to be on both sides
        found = suspicion(cross_validated(features, given, 2, groups=inspected.same, folds=folds), given)
        for row in found.told(given).tolist():
            yield _one_label(inspected, row, visible(str(name)), bool(given[row]), float(found.score[row]))


def _one_label(inspected: Inspected, row: int, label: str, given: bool, confidence: float) -> Finding:
    name = visible(inspected.names[row])
    return Finding(
        kind="label",
        rows=(row,),
        confidence=confidence,
        what=Note(
            f"{name} has the label {label}; by all the others it looks like one without it.",
            f"{name} porte l’étiquette {label} ; d’après toutes les autres, on dirait qu’elle n’en est pas.",
        )
        if given
        else Note(
            f"{name} lacks the label {label}; by all the others it looks like one that has it.",
            f"{name} ne porte pas l’étiquette {label} ; d’après toutes les autres, on dirait qu’elle en est.",
        ),
        advice=Note(
            "Look at it, and correct the table of labels.",
            "Regardez-la, et corrigez le tableau des étiquettes.",
        ),
    )


def _finding(inspected: Inspected, row: int, suggested: str, confidence: float) -> Finding:
    name, given, other = visible(inspected.names[row]), visible(inspected.label(row)), visible(suggested)
    return Finding(
        kind="label",
        rows=(row,),
        confidence=confidence,
        what=Note(
            f"{name} is labelled {given}; by all the others it looks like {other}.",
            f"{name} porte l’étiquette {given} ; d’après toutes les autres, on dirait {other}.",
        ),
        advice=Note(
            f"Look at it: if it is of {other}, relabel it; if it is of neither, leave it out.",
            f"Regardez-la : si elle est de {other}, changez son étiquette ; si elle n’est ni l’une ni l’autre, "
            "écartez-la.",
        ),
        suggested=suggested,
    )


CHECK = Check(
    kinds={"label": Note("Labels that seem wrong", "Étiquettes qui semblent fausses")},
    of=("pictures", "series"),
    targets=("class", "labels"),
    cheap=False,
    needs_features=True,
    find=_find,
)
