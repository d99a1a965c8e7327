"""Few pictures: what a network learned on others is kept where its weights are at hand, else it is proposed.

Said before anything is decoded, with the reason and how to say no. What was named stays: weights, a strategy, a
network, how to learn, the input's size.
"""

from __future__ import annotations

import dataclasses

from prunelle import networks
from prunelle.data.examples import Data
from prunelle.data.kinds import kind_of
from prunelle.errors import WeightsError
from prunelle.networks.published import Published, fetch, find, on_this_machine, published
from prunelle.planning.choosing import asks_for_steps, choose_network, few
from prunelle.planning.request import TrainingRequest
from prunelle.texts import EN, FR, Note
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy

GENERAL = "imagenet-1k"
"""The classes of weights that know enough of the world to be of use for any photos."""


@dataclasses.dataclass(frozen=True, eq=False)
class Reuse:
    """What a request becomes.

    Attributes:
        request: with network, weights and strategy where they are taken by themselves; else as it was.
        note: that they are, or that they would help; None where there is nothing to say.
        taken: whether they are.
    """

    request: TrainingRequest
    note: Note | None = None
    taken: bool = False


def reuse_for_few(request: TrainingRequest, data: Data) -> Reuse:
    """Of a request that names neither weights nor a strategy, and whose data are few pictures of a kind that published
    weights know; any other as it is."""
    named = request.network
    if (
        request.weights is not None
        or request.strategy is not None
        or not (named is None or isinstance(named, str))
        or (named is not None and isinstance(request.recipe, Recipe))
        or not few(data)
    ):
        return Reuse(request)
    here = at_hand(named, kind_of(data.preprocess).pretrained)
    preparation = request.preparation
    free = named is None and preparation.size is None and preparation.mean is None and not request.options
    if here is not None and free and not asks_for_steps(request, data):
        taken = dataclasses.replace(
            request, network=here.network, weights=here.name, strategy=Strategy(name="features")
        )
        return Reuse(taken, _taken(here, data, choose_network(data, request.preparation)), True)
    wanted = here or _usual(named) or _usual(kind_of(data.preprocess).pretrained)
    return (
        Reuse(request)
        if wanted is None
        else Reuse(request, _proposed(wanted, data, request, here=here is not None))
    )


def at_hand(named: str | None, preferred: str | None) -> Published | None:
    """Published weights that are on this machine, whole, and know enough of the world; nothing is fetched.

    Args:
        named: a network; where such weights are published for it, no others will do.
        preferred: comes first; of the others, the smallest.
    """
    sets = [each for each in published() if each.classes == GENERAL]
    own = [each for each in sets if each.network == networks.ALIASES.get(named or "", named)]
    sizes = networks.catalogue()
    for each in sorted(
        own or sets, key=lambda one: (one.network != preferred, sizes[one.network].parameters)
    ):
        if on_this_machine(each) is not None:
            try:
                fetch(each)  # reads and checks what is there
            except WeightsError:
                continue
            return each
    return None


def _usual(network: str | None) -> Published | None:
    """The set that is published for a network, if it knows enough of the world."""
    try:
        wanted = None if network is None else find(network)
    except WeightsError:
        return None
    return wanted if wanted is not None and wanted.classes == GENERAL else None


def _options(wanted: Published) -> str:
    return f"--network {wanted.network} --weights {wanted.name} --strategy features"


def _each(data: Data) -> tuple[str, str]:
    """How many there are to learn from."""
    number, each = max(1, len(data.train) // len(data.classes)), data.target.each
    return f"{EN.integer(number)} pictures{each.en}", f"{FR.integer(number)} images{each.fr}"


def _taken(wanted: Published, data: Data, otherwise: str) -> Note:
    en, fr = _each(data)
    return Note(
        f"{en} are few: {wanted.network} keeps what it has learned on ImageNet's million photos, "
        f"whose weights are on this machine, and only a new classifier learns ({_options(wanted)}). With so few, "
        f"that is nearly always better than learning from nothing. --strategy scratch trains {otherwise} from nothing.",
        f"{fr}, c’est peu : {wanted.network} garde ce qu’il a appris du million de photos "
        f"d’ImageNet, dont les poids sont sur cette machine, et seul un nouveau classifieur apprend "
        f"({_options(wanted)}). Avec si peu d’images, c’est presque toujours mieux que de partir de rien. "
        f"--strategy scratch entraîne {otherwise} à partir de rien.",
    )


def _proposed(wanted: Published, data: Data, request: TrainingRequest, *, here: bool) -> Note:
    en, fr = _each(data)
    where_en, where_fr = ("are on this machine", "sont sur cette machine")
    if not here:
        where_en, where_fr = "are fetched once", "sont téléchargés une fois"
        if wanted.mib is not None:
            where_en += f" ({EN.decimal(wanted.mib, 0)} MiB)"
            where_fr += f" ({FR.decimal(wanted.mib, 0)} Mio)"
    line_en, line_fr = _line(wanted, request)
    return Note(
        f"{en} are few to learn from nothing: a classifier on what {wanted.network} has learned on "
        f"ImageNet's million photos is nearly always better with so few. Its weights {where_en}: {line_en}",
        f"{fr}, c’est peu pour partir de rien : un classifieur sur ce que {wanted.network} a appris "
        f"du million de photos d’ImageNet fait presque toujours mieux avec si peu. Ses poids {where_fr} : {line_fr}",
    )


def _line(wanted: Published, request: TrainingRequest) -> tuple[str, str]:
    """What to type: the whole command where there is one that nothing has to be taken out of."""
    options, named, command = _options(wanted), request.network, request.command or ""
    if named is not None and networks.ALIASES.get(str(named), named) != wanted.network:
        return f"{options}, in place of {named}", f"{options}, à la place de {named}"
    if named is not None:
        options = options.removeprefix(f"--network {wanted.network} ")
    line = f"{command} {options}" if command.startswith("prunelle train ") else options
    return line, line
