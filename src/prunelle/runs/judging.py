"""A run judged on examples: those it has learned are recognised by what they hold, left out, and counted.

What is said of it is written here, for the console, the page and Python alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from torch import nn

from prunelle.data import duplicates
from prunelle.data.duplicates import Contents
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels, Progress
from prunelle.data.targets import Target
from prunelle.runs.splits import Placed
from prunelle.texts import EN, FR, Note, visible
from prunelle.training.fast import Predictor
from prunelle.training.inference import evaluation_of, predict_logits
from prunelle.training.intervals import wilson_interval
from prunelle.training.metrics import Judged
from prunelle.training.objectives import AnyEvaluation

_NEW, _VALIDATED, _LEARNED = range(3)
_KINDS = (("validation", _VALIDATED), ("train", _LEARNED))


class Classifier(Protocol):
    """What is judged: a ``Run``, or a network with weights from elsewhere."""

    @property
    def network(self) -> nn.Module:
        """In evaluation mode."""

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of its outputs."""

    @property
    def preprocess(self) -> AnyPreprocess:
        """How its examples are prepared."""

    @property
    def target(self) -> Target:
        """What it tells of an example."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Origin:
    """Where examples that are judged come from.

    Attributes:
        data, own, whole: see ``Judged``.
        known: none of them was learned, whatever ``seen`` says.
    """

    data: str | None = None
    own: bool = False
    whole: bool = False
    known: bool = False


def judge(
    classifier: Classifier,
    pixels: Pixels,
    split: str,
    seen: Sequence[tuple[Contents, Placed]] | None,
    *,
    groups: np.ndarray | None = None,
    origin: Origin = Origin(),
    answers: Predictor | None = None,
    progress: Progress | None = None,
) -> Any:
    """A classifier's answers to those of ``pixels`` that it has not learned.

    Args:
        split: of ``pixels``.
        seen: for the run, then for each run whose weights it began with: what ``pixels`` hold at its preprocessing, and
            what it has learned. None where nobody can tell.
        groups: ``(N,)`` str, what ``pixels`` belong to, as the run's examples do; None where nobody says.
        origin: of ``pixels``.

    Returns:
        An ``Evaluation``; of other targets than classes, what their objective makes (``training.objectives``).
    """
    network, classes = classifier.network, classifier.classes
    kinds, near = _kinds(seen or (), len(pixels))
    # New ones; where there are none, those that chose an epoch; else all.
    of, kind = next(
        (of, kind)
        for of, kind in (("new", _NEW), ("validation", _VALIDATED), ("learned", _LEARNED))
        if (kinds == kind).any() or kind == _LEARNED
    )
    logits = predict_logits(
        network, pixels, classifier.preprocess, len(classes), answers=answers, progress=progress
    )
    right = evaluation_of(logits, pixels, classes, split, target=classifier.target).right
    siblings = siblings_of(seen or (), groups, len(pixels)) & (kinds == kind) & (kinds != _LEARNED)
    judged = Judged(
        data=origin.data,
        own=origin.own,
        whole=origin.whole,
        given=len(pixels),
        rows=np.flatnonzero(kinds == kind),
        of=of,  # type: ignore[arg-type]
        learned=int((kinds == _LEARNED).sum()),
        validated=int((kinds == _VALIDATED).sum()),
        learned_right=None if right is None else int(right[kinds == _LEARNED].sum()),
        learned_near=int(near.sum()),
        known=origin.known or seen is not None,
        changed=_changed(*seen[0]) if seen and origin.own else 0,
        siblings=int(siblings.sum()),
        siblings_right=None if right is None else int(right[siblings].sum()),
    )
    return evaluation_of(logits, pixels, classes, split, judged, target=classifier.target)


def kinds_of(seen: Sequence[tuple[Contents, Placed]], n: int) -> np.ndarray:
    """``(n,)``: 0 of what is new, 1 of what chose an epoch, 2 of what was learned; ``seen`` as ``judge``.

    A near copy of what was learned is learned.
    """
    return _kinds(seen, n)[0]


def _kinds(seen: Sequence[tuple[Contents, Placed]], n: int) -> tuple[np.ndarray, np.ndarray]:
    """``kinds_of``, and ``(n,)`` bool: whether a near copy alone was learned."""
    kinds = _same_kinds(seen, n)
    same = kinds == _LEARNED
    for contents, placed in seen:
        assert placed.contents is not None
        group = duplicates.near_groups(contents, placed.contents)
        if placed.contents.near is None:
            continue
        for split, kind in _KINDS:
            there = placed.contents.near[placed.rows(split)]
            kinds[(group >= 0) & np.isin(group, there) & (kinds < kind)] = kind
    return kinds, (kinds == _LEARNED) & ~same


def _same_kinds(seen: Sequence[tuple[Contents, Placed]], n: int) -> np.ndarray:
    """``kinds_of``, by what is the same alone."""
    kinds = np.full(n, _NEW)
    for contents, placed in seen:
        assert placed.contents is not None
        for split, kind in _KINDS:
            known = placed.contents.take(placed.rows(split))
            kinds[(duplicates.matching_rows(contents, known) >= 0) & (kinds < kind)] = kind
    return kinds


def siblings_of(seen: Sequence[tuple[Contents, Placed]], groups: np.ndarray | None, n: int) -> np.ndarray:
    """``(n,)`` bool: which examples are of a group of which the run has learned others; ``seen`` as ``judge``."""
    learned = [placed.groups[placed.rows("train")] for _, placed in seen[:1] if placed.groups is not None]
    if groups is None or not learned:
        return np.zeros(n, bool)
    return np.asarray(np.isin(groups, learned[0]))


def siblings_in(
    seen: Sequence[tuple[Contents, Placed]], groups: np.ndarray | None, evaluation: AnyEvaluation
) -> dict[str, int] | None:
    """The entry ``siblings`` of a split in ``metrics.json``: of its examples that were not learned, those of whose
    group others were (``n``), and how many of these are right (of numbers nothing is); None where there are none.
    ``seen`` as ``judge``.
    """
    siblings = siblings_of(seen, groups, evaluation.n) & (kinds_of(seen, evaluation.n) != _LEARNED)
    if not siblings.any():
        return None
    right = {} if evaluation.right is None else {"right": int(evaluation.right[siblings].sum())}
    return {"n": int(siblings.sum()), **right}


def learned_in(seen: Sequence[tuple[Contents, Placed]], evaluation: AnyEvaluation) -> dict[str, int] | None:
    """The entry ``learned`` of a split in ``metrics.json``: of its examples, those that were learned (``n``), how many
    of these are right (of numbers nothing is), and how many are near copies only (``near``); None where there are none.
    ``seen`` as ``judge``.
    """
    kinds, near = _kinds(seen, evaluation.n)
    learned = kinds == _LEARNED
    if not learned.any():
        return None
    right = {} if evaluation.right is None else {"right": int(evaluation.right[learned].sum())}
    return {"n": int(learned.sum()), **right, "near": int(near.sum())}


def learned_note(metrics: Mapping[str, Any]) -> Note | None:
    """What learned examples, or their siblings, do to the figure of a split that holds them; ``metrics`` are that
    split's.
    """
    learned, siblings = metrics.get("learned"), metrics.get("siblings")
    if learned is None:
        if siblings is None:
            return None
        answers = None
        if "right" in siblings:
            answers = siblings["right"], round(metrics["accuracy"] * metrics["n"]) - siblings["right"]
        return _siblings_note(siblings["n"], metrics["n"] - siblings["n"], answers)
    n, others = learned["n"], metrics["n"] - learned["n"]
    if not others:
        return _ALL_LEARNED
    near = _near_words(learned.get("near", 0))
    if "right" not in learned:
        return Note(
            f"The network learned from {EN.integer(n)} of them{near.en}, which flatters this figure.",
            f"Le réseau a appris sur {FR.integer(n)} d’entre eux{near.fr}, ce qui flatte ce résultat.",
        )
    # The share is what is stored; the right answers are a whole number.
    right = round(metrics["accuracy"] * metrics["n"]) - learned["right"]
    low, high = wilson_interval(right, others)
    return Note(
        f"The network learned from {EN.integer(n)} of them{near.en}, which flatters this figure: it is right "
        f"on {EN.percent(right / others, digits=2)} of the {EN.integer(others)} that do not leak "
        f"(95 % interval {EN.percent(low, digits=2)} to {EN.percent(high, digits=2)}).",
        f"Le réseau a appris sur {FR.integer(n)} d’entre eux{near.fr}, ce qui flatte ce résultat : il a raison pour "
        f"{FR.percent(right / others, digits=2)} des {FR.integer(others)} qui ne fuient pas (intervalle à 95 % : "
        f"{FR.percent(low, digits=2)} à {FR.percent(high, digits=2)}).",
    )


def _siblings_note(siblings: int, others: int, right: tuple[int, int] | None) -> Note:
    """What examples of learned groups do to a figure, and how many of them and of the others are right where anything
    is."""
    en, fr = EN.integer(siblings), FR.integer(siblings)
    if not others:
        return Note(
            f"All {en} are of groups (bursts, patients…) that the network learned from, so this figure does not say "
            f"what it is worth on others.",
            f"Tous ({fr}) sont de groupes (rafales, patients…) dont le réseau a appris d’autres exemples : ce résultat "
            f"ne dit rien de ce qu’il vaut sur d’autres groupes.",
        )
    if right is None:
        return Note(
            f"{en} of them are of groups (bursts, patients…) that the network learned from, which flatters this "
            f"figure.",
            f"{fr} d’entre eux sont de groupes (rafales, patients…) dont le réseau a appris d’autres exemples, ce qui "
            f"flatte ce résultat.",
        )
    of_siblings, of_others = right[0] / siblings, right[1] / others
    low, high = wilson_interval(right[1], others)
    return Note(
        f"{en} of them are of groups (bursts, patients…) that the network learned from, which flatters this figure: it "
        f"is right on {EN.percent(of_siblings)} of those, and on {EN.percent(of_others)} of the "
        f"{EN.integer(others)} of other groups (95 % interval {EN.percent(low)} to {EN.percent(high)}).",
        f"{fr} d’entre eux sont de groupes (rafales, patients…) dont le réseau a appris d’autres exemples, ce qui "
        f"flatte ce résultat : il a raison pour {FR.percent(of_siblings)} de ceux-là, et pour "
        f"{FR.percent(of_others)} des {FR.integer(others)} d’autres groupes (intervalle à 95 % : "
        f"{FR.percent(low)} à {FR.percent(high)}).",
    )


def _near_words(near: int) -> Note:
    """That it did so from near copies of some of them."""
    if not near:
        return Note("", "")
    return Note(
        f" (of {EN.integer(near)}, from a near copy)", f" (pour {FR.integer(near)}, sur une quasi-copie)"
    )


def _changed(contents: Contents, placed: Placed) -> int:
    """How many of the run's own examples are not what they were: it knows their content from no split."""
    assert placed.contents is not None
    return int((duplicates.matching_rows(contents, placed.contents) < 0).sum())


def judged_on(evaluation: AnyEvaluation) -> Note:
    """``62 examples of pets (its test split)``: what a figure is of."""
    judged, n = evaluation.judged, evaluation.n
    counts = EN.integer(n), FR.integer(n)
    if judged is None or judged.own or judged.data is None:
        words = _SPLITS.get(evaluation.split, ("examples given", "exemples donnés"))
    else:
        name = visible(judged.data)
        en, fr = ("", "") if judged.whole else _PARTS[evaluation.split]
        words = (f"examples of {name}{en}", f"exemples de {name}{fr}")
    return Note(f"{counts[0]} {words[0]}", f"{counts[1]} {words[1]}")


_ALL_LEARNED = Note(
    "The network learned from all of them, so this figure does not say what it is worth on new ones.",
    "Le réseau a appris sur tous : ce résultat ne dit rien de ce qu’il vaut sur de nouveaux exemples.",
)
_SPLITS = {
    "train": ("examples of the train split", "exemples du jeu d’entraînement"),
    "validation": ("examples of the validation split", "exemples du jeu de validation"),
    "test": ("examples of the test split", "exemples du jeu de test"),
    "folds": (
        "examples, each by a network that never saw it,",
        "exemples, chacun par un réseau qui ne l’a jamais vu",
    ),
}
_PARTS = {
    "train": (" (its train split)", " (son jeu d’entraînement)"),
    "validation": (" (its validation split)", " (son jeu de validation)"),
    "test": (" (its test split)", " (son jeu de test)"),
}


def notes_of(evaluation: AnyEvaluation) -> list[Note]:
    """What was left out of a figure and why, or what it holds that flatters it."""
    judged = evaluation.judged
    if judged is None:
        return []
    notes = list(_notes(judged))
    if judged.siblings:
        right = None
        if evaluation.right is not None and judged.siblings_right is not None:
            right = judged.siblings_right, int(evaluation.right.sum()) - judged.siblings_right
        notes.append(_siblings_note(judged.siblings, evaluation.n - judged.siblings, right))
    return notes


def _notes(judged: Judged) -> Iterable[Note]:
    if judged.of == "learned":
        yield _ALL_LEARNED
    elif judged.learned:
        near, right = _near_words(judged.learned_near), Note("", "")
        if judged.learned_right is not None:
            share = judged.learned_right / judged.learned
            right = Note(
                f" (it is right on {EN.percent(share, digits=2)} of those)",
                f" (il a raison pour {FR.percent(share, digits=2)} d’entre eux)",
            )
        yield Note(
            f"{EN.integer(judged.learned)} of the {EN.integer(judged.given)} were left out: the network "
            f"learned from them{near.en}{right.en}.",
            f"{FR.integer(judged.learned)} sur {FR.integer(judged.given)} ont été laissés de côté : le "
            f"réseau a appris dessus{near.fr}{right.fr}.",
        )
    if judged.of == "validation":
        yield Note(
            "They chose the epoch whose weights are kept, so this figure is a little flattered.",
            "Ils ont choisi l’époque dont on garde les poids : ce résultat est donc un peu flatté.",
        )
    elif judged.validated and judged.of == "new":
        yield Note(
            f"{EN.integer(judged.validated)} of the {EN.integer(judged.given)} were left out: in "
            f"validation, they chose the epoch whose weights are kept.",
            f"{FR.integer(judged.validated)} sur {FR.integer(judged.given)} ont été laissés de côté : en "
            f"validation, ils ont choisi l’époque dont on garde les poids.",
        )
    if judged.changed:
        yield Note(
            f"{EN.integer(judged.changed)} of the {EN.integer(judged.given)} are not what they were when the "
            f"network was trained.",
            f"{FR.integer(judged.changed)} des {FR.integer(judged.given)} ne sont plus ce qu’ils étaient à "
            f"l’entraînement.",
        )
    if not judged.known:
        yield Note(
            "Nobody can tell any more which examples the run learned from (it did not write that down, and its data "
            "are gone or changed): if some are among these, the figure is flattered.",
            "On ne peut plus savoir sur quels exemples ce réseau a appris (ce n’est écrit nulle part, et ses données "
            "ont disparu ou changé) : s’il y en a parmi ceux-ci, ce résultat est flatté.",
        )
