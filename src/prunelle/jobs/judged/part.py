"""The contract of a judged split: what each kind of target says of its examples, and in which order they are seen."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from prunelle.data.pixels import Pixels
from prunelle.data.targets import Target
from prunelle.texts import Note

How = Literal["network", "crossed", "learned"]
"""By whose answers: the network's own, on what it did not learn; those of cross-validation; the network's own on what
it learned, where its features cannot be had."""

FOLDS = 5


@dataclasses.dataclass(frozen=True, eq=False)
class Kin:
    """Learned examples that an example is seen beside.

    Attributes:
        output: the class, label or number that it is about.
        has: of a label, whether they have it; None of others.
        members: ``(n,)`` bool, which of the training split they are.
    """

    output: int
    has: bool | None
    members: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Part(ABC):
    """The examples of a split, judged.

    Attributes:
        split: its name.
        pixels: n, decoded.
        names: n, as decisions call them.
        target: of the run.
        scores: ``(n, K)``, probabilities, or numbers in their own unit.
        how: whose these are.
        BY: ``how``, in words.
    """

    BY: ClassVar[Mapping[How, Note]] = {
        "network": Note(
            "The order is that of the network’s own probabilities: it has not learned these examples.",
            "L’ordre est celui des probabilités du réseau même : il n’a pas appris ces exemples.",
        ),
        "crossed": Note(
            "The network has learned these examples, and may know them by heart. So they are judged by "
            "cross-validation: a logistic regression on its features learns from four fifths of them and answers for "
            "the rest, five times.",
            "Le réseau a appris ces exemples et peut les savoir par cœur. Ils sont donc jugés par validation croisée : "
            "une régression logistique sur ses descripteurs apprend de quatre cinquièmes et répond pour le reste, cinq "
            "fois.",
        ),
        "learned": Note(
            "The order is that of the network’s own probabilities, on examples that it has learned: labels that it "
            "knows by heart look right. Its features cannot be had, so nothing better is known.",
            "L’ordre est celui des probabilités du réseau même, sur des exemples qu’il a appris : les étiquettes "
            "apprises par cœur y paraissent justes. On n’a pas ses descripteurs, donc on n’en sait pas plus.",
        ),
    }

    split: str
    pixels: Pixels
    names: tuple[str, ...]
    target: Target
    scores: np.ndarray
    how: How

    @property
    def labels(self) -> np.ndarray:
        """``(n, …)``, what was given, as the target has it."""
        return self.pixels.labels

    @cached_property
    def order(self) -> np.ndarray:
        """``(n,)`` rows, what teaches most first: the surest contradiction of what was given."""
        return np.argsort(-self.score, kind="stable")

    @property
    @abstractmethod
    def score(self) -> np.ndarray:
        """``(n,)``, higher where what was given is more surely wrong."""

    @property
    @abstractmethod
    def suspect(self) -> np.ndarray:
        """``(n,)`` bool: whose labels a person should look at first."""

    @staticmethod
    @abstractmethod
    def crossed(features: np.ndarray, labels: np.ndarray, num_outputs: int, groups: np.ndarray) -> np.ndarray:
        """What is said of each example by what has learned from the others, not from its copies: ``(n, K)`` scores.

        Args:
            features: ``(n, F)``. labels: ``(n, …)``, as the target has them.
            num_outputs: K.
            groups: ``(n,)``; copies have one number.
        """

    @staticmethod
    def written(evaluation: Any) -> np.ndarray:
        """``(n, K)`` scores of what a run wrote down (``Run.judged``)."""
        return np.asarray(evaluation.scores).reshape(evaluation.n, -1)

    @abstractmethod
    def columns(self) -> dict[str, np.ndarray]:
        """What a list of the examples shows, a row each: ``labels``, ``answers``, and what the kind has besides."""

    @abstractmethod
    def told(self, row: int, scores: np.ndarray) -> dict[str, Any]:
        """Plain values, of one example, that is looked at.

        Args:
            row: which.
            scores: ``(K,)``, what the network says of it now.
        """

    @abstractmethod
    def kin(self, row: int, learned: Part) -> list[Kin]:
        """Beside which examples of the training split ``learned`` it is seen."""

    @abstractmethod
    def looked(self, row: int, scores: np.ndarray) -> int:
        """For which output it is asked first where the network looked; ``scores`` as ``told``."""
