"""What a training would be, before it is begun: what was chosen, and why; nothing is decoded."""

from __future__ import annotations

import dataclasses

from prunelle import networks
from prunelle.data.examples import Data
from prunelle.data.kinds import kind_of, kind_of_shape
from prunelle.networks import Entry
from prunelle.planning.choosing import choose_network
from prunelle.planning.few_pictures import reuse_for_few
from prunelle.planning.plan import check_request, plan_training, recipe_for
from prunelle.planning.reasons import recipe_reasons
from prunelle.planning.request import TrainingRequest
from prunelle.runs.listener import Quiet
from prunelle.texts import Note
from prunelle.training.recipe import Recipe


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Proposal:
    """A training as it would be.

    Attributes:
        data: found and split.
        network: its name. suits: that of the one that would be taken if none were named.
        input_shape: of an example as the network would get it, ``(C, H, W)`` or ``(C, T)``.
        fitting: the listed networks for such data, the smallest first.
        recipe: how it would be trained.
        notes: what was chosen or found, and why.
    """

    data: Data
    network: str
    suits: str
    input_shape: tuple[int, ...]
    fitting: tuple[Entry, ...]
    recipe: Recipe
    notes: tuple[Note, ...]


class _Noting(Quiet):
    def __init__(self) -> None:
        self.notes: list[Note] = []

    def on_note(self, note: Note) -> None:
        """Kept."""
        self.notes.append(note)


def propose(request: TrainingRequest) -> Proposal:
    """What ``train`` would do with the same request.

    Raises:
        PrunelleError: it would not train it, and why.
    """
    check_request(request)
    listener = _Noting()
    plan = plan_training(request, listener)
    data = plan.data
    kind = kind_of(data.preprocess)
    suited = [each for each in networks.catalogue().values() if kind_of_shape(each.input_shape) is kind]
    strategy = plan.request.strategy
    if plan.reuse is not None and strategy is not None:
        strategy = dataclasses.replace(strategy, head="logistic")  # nothing was said of steps
    recipe = recipe_for(plan.request, data, strategy)
    unnamed = reuse_for_few(dataclasses.replace(request, network=None), data).request.network
    return Proposal(
        data=data,
        network=networks.name_of(plan.network) if not isinstance(plan.network, str) else plan.network,
        suits=unnamed if isinstance(unnamed, str) else choose_network(data, request.preparation),
        input_shape=tuple(plan.preprocess.input_shape),
        fitting=tuple(sorted(suited, key=lambda each: each.parameters)),
        recipe=recipe,
        notes=(*listener.notes, *(recipe_reasons(data, recipe) if strategy is None else ())),
    )
