"""Strategies tried on the pictures of a request, without training a run."""

from __future__ import annotations

from prunelle.jobs.preparing import build, try_strategies
from prunelle.planning.plan import check_request, plan_training
from prunelle.planning.request import TrainingRequest
from prunelle.runs.listener import Listener
from prunelle.transfer.recommending import Advice


def advise(request: TrainingRequest, listener: Listener) -> Advice:
    """What is recommended for a request whose strategy is ``auto``; see ``prunelle.advise``."""
    check_request(request)
    plan = plan_training(request, listener)
    return try_strategies(build(plan, listener), listener)
