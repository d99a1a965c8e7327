"""The learning rate as a function of the step, and nothing else: no state to save."""

from __future__ import annotations

import math

from prunelle.training.recipe import Recipe

ONE_CYCLE_START = 25.0
ONE_CYCLE_END = 1e4


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """The rate of optimisation step ``step``, counted from 0 over the whole training.

    ``constant`` and ``cosine`` rise linearly from 0 over ``warmup_epochs``. ``one-cycle`` (Smith & Topin 2018)
    rises on half a cosine from 1/25 of the peak, then falls on another to 1/10,000 of it.
    """
    peak = recipe.learning_rate
    total = recipe.epochs * steps_per_epoch
    if recipe.schedule == "one-cycle":
        rise = (recipe.warmup_epochs or 0.3 * recipe.epochs) * steps_per_epoch
        if step < rise:
            return _half_cosine(peak / ONE_CYCLE_START, peak, step / rise)
        return _half_cosine(peak, peak / ONE_CYCLE_END, (step - rise) / max(total - rise, 1))
    rise = recipe.warmup_epochs * steps_per_epoch
    if step < rise:
        # From above 0, at which a step would be wasted, to just below the peak.
        return peak * (step + 1) / (rise + 1)
    if recipe.schedule == "cosine":
        return _half_cosine(peak, 0.0, (step - rise) / max(total - rise, 1))
    return peak


def _half_cosine(start: float, end: float, progress: float) -> float:
    """``start`` at progress 0, ``end`` at 1, flat at both."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2
