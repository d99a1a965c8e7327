"""``propose``: what a training would be, before it is begun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prunelle.data.examples import Data
from prunelle.data.from_dataset import AnyDataset
from prunelle.jobs import proposing
from prunelle.jobs.proposing import Proposal
from prunelle.planning.request import DataSource, TrainingRequest
from prunelle.training.recipe import Recipe


def propose(
    network: str | None = None,
    data: Data | AnyDataset | str | Path | None = None,
    recipe: Recipe | Callable[..., Recipe] | None = None,
) -> Proposal:
    """What ``train`` would do with the same words: data, network, recipe, and the reasons. Nothing is decoded.

    Raises:
        PrunelleError: what ``train`` would say before it begins.

    Example:
        >>> propose().network
        'course-mnist'
    """
    return proposing.propose(TrainingRequest(source=DataSource(data=data), network=network, recipe=recipe))
