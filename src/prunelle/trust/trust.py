"""What validation examples let one promise of a network, kept as arrays; and what is asked of it for a prediction."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from prunelle.errors import ArgumentError, RunError
from prunelle.texts import EN
from prunelle.training.costs import Costs
from prunelle.trust import abstaining, conformal, novelty
from prunelle.trust.abstaining import Threshold
from prunelle.trust.novelty import Novelty, fit
from prunelle.trust.outputs import Outputs, log_probabilities
from prunelle.trust.temperature import fit_temperature

Doubt = Literal["unsure", "unlike"]
USUAL_RATE = 0.01
"""Of false alarms: examples like those of the training that are said to be none of these."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Trust:
    """Chosen on the n validation examples of a training.

    Attributes:
        temperature: that the logits are divided by.
        sureness: ``(n,)`` float64, see ``abstaining.sureness``.
        right: ``(n,)`` bool.
        misfit: ``(n,)`` float64, see ``conformal.misfit``.
        novelty: what says how unlike all that was learned an example is.
        unlikeness: ``(n,)`` float64, by ``novelty``.
    """

    temperature: float
    sureness: np.ndarray
    right: np.ndarray
    misfit: np.ndarray
    novelty: Novelty
    unlikeness: np.ndarray

    @property
    def n(self) -> int:
        """Number of validation examples."""
        return len(self.right)


def chosen(validation: Outputs, train: Outputs | None = None) -> Trust:
    """The ``Trust`` of a network's outputs on its validation examples, at least one.

    Args:
        validation: what chooses.
        train: what an example is unlike; None leaves it to the logits alone.
    """
    temperature = fit_temperature(validation.logits, validation.labels)
    likely = log_probabilities(validation.logits, temperature)
    learned = fit(validation if train is None else train, validation)
    return Trust(
        temperature=temperature,
        sureness=abstaining.sureness(validation.logits, temperature),
        right=validation.right,
        misfit=conformal.misfit(likely, validation.labels),
        novelty=learned,
        unlikeness=learned.of(validation.logits, validation.features),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Caution:
    """What is asked of predictions besides the most probable classes; without anything, nothing.

    Attributes:
        unsure: at most that share of what is answered is wrong; the rest is not answered.
        sets: at most that share of sets of classes lacks the true one.
        unlike: at most that share of examples like those of the training is said to be none of these; None for
            ``USUAL_RATE``, or the least there can be, where something else is asked for; 0 for never.
    """

    unsure: float | None = None
    sets: float | None = None
    unlike: float | None = None

    def __post_init__(self) -> None:
        for name in ("unsure", "sets", *(("unlike",) if self.unlike != 0 else ())):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ArgumentError(
                    f"{name} must be a share between 0 and 1, as 0.05 for 5 %; received {value}."
                )

    def __bool__(self) -> bool:
        return self.unsure is not None or self.sets is not None or bool(self.unlike)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Doubts:
    """A ``Caution`` with the thresholds that a ``Trust`` gives for it.

    Attributes:
        temperature: that the probabilities are given at.
        threshold: None where all is answered.
        limit: of the sets; None where none are asked for.
        novelty: None where all is taken for like what was learned. rate: of false alarms. level: beyond which an
            example is unlike.
        costs: of answers; None where nobody asks which is expected to cost least.
        cautious: there was a ``Caution``, not costs alone.
    """

    temperature: float
    threshold: Threshold | None = None
    limit: float | None = None
    novelty: Novelty | None = None
    rate: float = 0.0
    level: float = np.inf
    costs: Costs | None = None
    cautious: bool = True

    def of(self, logits: np.ndarray, features: np.ndarray | None) -> Doubted:
        """What to say of ``(N, K)`` logits, and of the ``(N, F)`` features that they were made of."""
        likely = log_probabilities(logits, self.temperature)
        unsure = unlike = np.zeros(len(logits), bool)
        if self.threshold is not None:
            unsure = abstaining.sureness(logits, self.temperature) <= self.threshold.level
        if self.novelty is not None:
            # A network in which something overflows is not sure of it.
            unlike = ~(self.novelty.of(logits, features) <= self.level)
        doubts: tuple[Doubt | None, ...] = tuple(
            "unlike" if new else "unsure" if shy else None for new, shy in zip(unlike, unsure, strict=True)
        )
        sets = None if self.limit is None else conformal.sets(likely, self.limit)
        probabilities = np.exp(likely)
        expected = None if self.costs is None else self.costs.expected(probabilities)
        return Doubted(probabilities, doubts, sets, expected, self.cautious)


@dataclasses.dataclass(frozen=True, eq=False)
class Doubted:
    """Answers with what is doubtful of them.

    Attributes:
        probabilities: ``(N, K)`` float64, calibrated.
        doubts: of each, why it is not answered; None where it is.
        sets: ``(N, K)`` bool, or None.
        expected_costs: ``(N, K)`` float64, of each answer, or None. cautious: as ``Doubts``.
    """

    probabilities: np.ndarray
    doubts: tuple[Doubt | None, ...]
    sets: np.ndarray | None
    expected_costs: np.ndarray | None = None
    cautious: bool = True


def doubts(trust: Trust, caution: Caution) -> Doubts:
    """The thresholds for what is asked.

    Raises:
        RunError: so few validation examples promise less.
    """
    least = conformal.least_share(trust.n)
    rate = max(USUAL_RATE, least) if caution.unlike is None else caution.unlike
    if 0 < rate < least:
        raise RunError(
            f"unlike={rate} cannot be kept: by {EN.integer(trust.n)} validation examples no fewer than "
            f"{EN.percent(least)} of what is like them are taken for none of these. Ask for more, or train with more "
            f"validation examples (--validation)."
        )
    level = novelty.level(trust.unlikeness, rate) if rate else np.inf
    threshold = None
    if caution.unsure is not None:
        # What is none of these is not answered either.
        like = trust.unlikeness <= level
        threshold = abstaining.choose(trust.sureness[like], trust.right[like], caution.unsure)
        if threshold is None:
            raise RunError(_not_promised(trust, caution.unsure))
    limit = None
    if caution.sets is not None:
        limit = conformal.limit(trust.misfit, caution.sets)
        if not np.isfinite(limit):
            raise RunError(
                f"sets={caution.sets} cannot be promised: {EN.integer(trust.n)} validation examples rule no class out "
                f"for a share of missed truths below {EN.percent(least)}. Ask for more, or train with more validation "
                f"examples (--validation)."
            )
    return Doubts(
        temperature=trust.temperature,
        threshold=threshold,
        limit=limit,
        novelty=trust.novelty if np.isfinite(level) else None,
        rate=rate,
        level=level,
    )


def _not_promised(trust: Trust, share: float) -> str:
    wrong = int((~trust.right).sum())
    least = abstaining.possible(trust.sureness, trust.right)
    said = (
        f"unsure={share} cannot be promised (with a certainty of {EN.percent(abstaining.CERTAINTY, digits=0)}) by "
        f"{EN.integer(trust.n)} validation examples, of which {EN.integer(wrong)} {'is' if wrong == 1 else 'are'} "
        f"wrong. "
    )
    if least is None:
        return (
            said + "No share up to 50 % can; train with more validation examples (--validation), or better."
        )
    return (
        said + f"The least that can is unsure={least.share:g}, which answers "
        f"{EN.percent(least.answered / least.n, digits=0)} of them; more validation examples (--validation) "
        f"promise more."
    )
