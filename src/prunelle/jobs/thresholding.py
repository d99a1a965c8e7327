"""The thresholds of a run that tells several labels: chosen at the end of its training, on validation alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from prunelle.runs.run import Run
from prunelle.training.objectives import objective_of
from prunelle.training.thresholds import chosen
from prunelle.trust.outputs import Outputs


def write(run: Run, outputs: Mapping[str, Outputs]) -> None:
    """``thresholds.json``, of a run's best weights' outputs by split."""
    validation = outputs.get("validation")
    if validation is None or not validation.n:
        run.write_thresholds(chosen(run.classes, None, None), 0)
        return
    scores = objective_of(run.target, run.classes).scores(torch.from_numpy(validation.logits))
    # As an evaluation has them, so that the middle between two is the middle there.
    run.write_thresholds(chosen(run.classes, validation.labels, scores.astype(np.float32)), validation.n)
