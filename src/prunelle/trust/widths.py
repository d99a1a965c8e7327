"""How far off a told number may be: a half-width around answers that holds the truth as often as is wanted.

Split conformal prediction (Vovk et al. 2005; Lei et al. 2018): of the absolute errors on n validation examples the one
of rank ⌈(n + 1) · share⌉. With new examples that are drawn as those are, the interval holds the truth of at least that
share of them, on average over such draws, whatever the network is worth and whatever the law of its errors. It is as
wide for every answer. Validation also chose the epoch, which flatters it a little; the test examples measure it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from prunelle.training.intervals import wilson_interval
from prunelle.trust.conformal import limit

FORMAT = 1
SHARES = (0.5, 0.8, 0.9, 0.95, 0.99)
SHOWN = 0.9
"""Of these, the one of ``prunelle predict``."""


def least_examples(share: float) -> int:
    """Fewer validation examples promise nothing for that share."""
    return math.ceil(share / (1 - share) - 1e-9)


def record(validation: np.ndarray | None, test: np.ndarray | None) -> dict[str, Any]:
    """What ``errors.json`` says.

    Args:
        validation, test: ``(N,)`` absolute errors; None without such a split.
    """
    known = validation is not None and len(validation) > 0
    return {
        "format": FORMAT,
        "chosen_on": {"split": "validation", "n": len(validation)}
        if known and validation is not None
        else None,
        "mean_absolute_error": float(validation.mean()) if known and validation is not None else None,
        "widths": [_width(share, validation, test) for share in SHARES]
        if known and validation is not None
        else [],
    }


def _width(share: float, validation: np.ndarray, test: np.ndarray | None) -> dict[str, Any]:
    width = limit(validation, 1 - share)
    held = None
    if test is not None and len(test) and math.isfinite(width):
        count = int((test <= width).sum())
        held = {"n": len(test), "held": count, "interval": list(wilson_interval(count, len(test)))}
    return {"share": share, "width": width if math.isfinite(width) else None, "test": held}


def width_of(found: dict[str, Any] | None, share: float) -> float | None:
    """Of a record; None where nothing is promised."""
    widths = [] if found is None else found["widths"]
    return next((each["width"] for each in widths if each["share"] == share), None)
