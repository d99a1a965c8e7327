"""What became of the promises on examples that chose nothing: the entries of ``trust.json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from prunelle.training.intervals import wilson_interval
from prunelle.training.metrics import Evaluation
from prunelle.trust import abstaining, conformal, novelty
from prunelle.trust.outputs import Outputs, log_probabilities
from prunelle.trust.trust import Trust

SHARES = (0.01, 0.05, 0.1)
"""Of wrong answers, and of sets without the truth, that a run's page speaks of."""
RATES = (0.01, 0.05)
"""Of false alarms: examples like those of the training that are taken for none of these."""
FORMAT = 1


def record(trust: Trust | None, test: Outputs | None, classes: Sequence[str]) -> dict[str, Any]:
    """The content of ``trust.json``: what was chosen, on how many examples, and what the test examples say of it.

    Args:
        trust: None of a training without validation examples, which can choose nothing.
        test: None of a training without test examples: nothing measured it.
        classes: K names.
    """
    if trust is None:
        return {"format": FORMAT, "chosen_on": None}
    return {
        "format": FORMAT,
        "chosen_on": {"split": "validation", "n": trust.n, "right": int(trust.right.sum())},
        "measured_on": None if test is None else {"split": "test", "n": test.n},
        "certainty": abstaining.CERTAINTY,
        "temperature": trust.temperature,
        "calibration": None if test is None else _calibration(trust, test, classes),
        "curve": None if test is None else _curve(trust, test),
        "unsure": [_unsure(trust, test, share) for share in SHARES],
        "least_unsure": _least(trust),
        "sets": [_sets(trust, test, share, classes) for share in SHARES],
        "unlike": {
            "by": "energy and distance" if trust.novelty.directions.size else "energy",
            "rates": [_unlike(trust, test, rate) for rate in RATES],
        },
    }


def _unlike(trust: Trust, test: Outputs | None, rate: float) -> dict[str, Any]:
    """False alarms; ``level`` is null where so few validation examples keep no such rate."""
    level = novelty.level(trust.unlikeness, rate)
    if not np.isfinite(level):
        return {"rate": rate, "level": None, "test": None}
    if test is None:
        return {"rate": rate, "level": level, "test": None}
    flagged = int((trust.novelty.of(test.logits, test.features) > level).sum())
    figures = {"flagged": flagged, "n": test.n, "interval": list(wilson_interval(flagged, test.n))}
    return {"rate": rate, "level": level, "test": figures}


def _calibration(trust: Trust, test: Outputs, classes: Sequence[str]) -> dict[str, Any]:
    """Expected calibration error and loss of the network's own probabilities, and at the temperature."""
    figures = {}
    for name, temperature in (("before", 1.0), ("after", trust.temperature)):
        likely = log_probabilities(test.logits, temperature)
        loss = float(conformal.misfit(likely, test.labels).mean())
        evaluation = Evaluation("test", tuple(classes), test.labels, np.exp(likely), loss)
        figures[name] = {
            "expected_calibration_error": evaluation.calibration_error(),
            "loss": loss,
            "confidence": float(evaluation.confidence.mean()),
        }
    return {**figures, "accuracy": float(test.right.mean())}


def _curve(trust: Trust, test: Outputs) -> list[list[float]]:
    coverage, accuracy = abstaining.curve(abstaining.sureness(test.logits, trust.temperature), test.right)
    return [[float(c), float(a)] for c, a in zip(coverage, accuracy, strict=True)]


def _unsure(trust: Trust, test: Outputs | None, share: float) -> dict[str, Any]:
    """``level`` is null where everything is answered, ``validation`` where the share cannot be promised."""
    threshold = abstaining.choose(trust.sureness, trust.right, share)
    if threshold is None:
        return {"share": share, "level": None, "validation": None, "test": None}
    return {
        "share": share,
        "level": threshold.level if np.isfinite(threshold.level) else None,
        "validation": {"answered": threshold.answered, "wrong": threshold.wrong},
        "test": None if test is None else _answered(trust, test, threshold.level),
    }


def _answered(trust: Trust, test: Outputs, level: float) -> dict[str, Any]:
    answered = abstaining.sureness(test.logits, trust.temperature) > level
    wrong = int((answered & ~test.right).sum())
    n = int(answered.sum())
    return {"answered": n, "wrong": wrong, "interval": list(wilson_interval(wrong, n))}


def _least(trust: Trust) -> dict[str, Any] | None:
    """The least share that can be promised, of those that are tried."""
    least = abstaining.possible(trust.sureness, trust.right)
    return None if least is None else {"share": least.share, "answered": least.answered}


def _sets(trust: Trust, test: Outputs | None, share: float, classes: Sequence[str]) -> dict[str, Any]:
    """``test`` is null too where so few validation examples rule no class out."""
    limit = conformal.limit(trust.misfit, share)
    known = bool(np.isfinite(limit))
    if test is None or not known:
        return {"share": share, "known": known, "test": None}
    found = conformal.sets(log_probabilities(test.logits, trust.temperature), limit)
    held = found[np.arange(test.n), test.labels]
    sizes = found.sum(axis=1)
    return {
        "share": share,
        "known": True,
        "test": {
            "n": test.n,
            "held": int(held.sum()),
            "interval": list(wilson_interval(int(held.sum()), test.n)),
            "size": float(sizes.mean()),
            "single": int((sizes == 1).sum()),
            "by_class": [
                {
                    "class": name,
                    "n": int((test.labels == label).sum()),
                    "held": int(held[test.labels == label].sum()),
                }
                for label, name in enumerate(classes)
            ],
        },
    }
