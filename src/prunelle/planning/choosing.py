"""A network, an input and a recipe that suit the data, when none is named.

What is chosen depends on the kind of data (``for_pictures``, ``for_series``); a person is always told what was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from torch import nn

from prunelle import networks
from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess, kind_of, kind_of_shape
from prunelle.errors import ArgumentError, UnknownName
from prunelle.planning import for_pictures, for_series
from prunelle.planning.request import Preparation, TrainingRequest
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy


class Choices(Protocol):
    """What a module of this room has for its kind of data; ``preprocess`` is of that kind."""

    def network(self, preprocess: Any, preparation: Preparation) -> str:
        """The name of one that suits such examples."""
        ...

    def preprocess(self, preprocess: Any, network: nn.Module | str, preparation: Preparation) -> Any:
        """How examples like these become the input of ``network``; mean and std still unset."""
        ...

    def preprocess_with(self, start: Any, preprocess: Any, preparation: Preparation) -> Any:
        """The same for a training that begins from weights (``planning.weights.Pretrained``)."""
        ...

    def recipe(self, data: Data, fields: dict[str, Any]) -> Recipe:
        """One that suits; ``fields`` of ``Recipe`` win."""
        ...

    def fast_recipe(self, data: Data, fields: dict[str, Any]) -> Recipe:
        """A short one."""
        ...

    def few(self, data: Data) -> bool:
        """Whether what was learned on other examples, as published weights have it, beats learning from nothing."""
        ...


CHOICES: Mapping[str, Choices] = {"pictures": for_pictures, "series": for_series}
"""By the name of the kind."""


def _choices(data: Data) -> Choices:
    return CHOICES[kind_of(data.preprocess).name]


def choose_network(data: Data, preparation: Preparation) -> str:
    """The name of a network that suits the data."""
    return _choices(data).network(data.preprocess, preparation)


def choose_preprocess(data: Data, network: nn.Module | str, preparation: Preparation) -> AnyPreprocess:
    """How the data's examples become the network's input; mean and std still unset.

    Raises:
        ArgumentError: the network is for another kind of data, or what is asked for does not go with it.
    """
    _check_kind(data, network)
    chosen: AnyPreprocess = _choices(data).preprocess(data.preprocess, network, preparation)
    return chosen


def preprocess_with_weights(
    data: Data, preprocess: AnyPreprocess, start: Any, preparation: Preparation
) -> AnyPreprocess:
    """``preprocess`` as the weights that a training begins from want it."""
    chosen: AnyPreprocess = _choices(data).preprocess_with(start, preprocess, preparation)
    return chosen


def _check_kind(data: Data, network: nn.Module | str) -> None:
    """Pictures want a network for pictures, series one for series."""
    kind = kind_of(data.preprocess)
    shape: tuple[int, ...] | None
    if isinstance(network, str):
        name, shape = network, networks.natural_shape(network)
    else:
        name, shape = type(network).__name__, getattr(network, "input_shape", None)
    if shape is None or kind_of_shape(shape) is kind:
        return
    suited = [
        name for name, entry in networks.catalogue().items() if kind_of_shape(entry.input_shape) is kind
    ]
    other = kind_of_shape(shape)
    raise ArgumentError(
        f"network {name} is for {other.name if other else f'inputs of shape {tuple(shape)}'}; the data are "
        f"{kind.name}. Networks for {kind.name}: {', '.join(suited[:12])}{'…' if len(suited) > 12 else ''}."
    )


def choose_recipe(data: Data, strategy: Strategy | None = None, **fields: Any) -> Recipe:
    """Adam, up to 1e-3 in the first epoch, then down a cosine. ``augment`` may be as on the command line.

    Epochs, batches and augmentation are what suits the kind of data and how many there are. What a ``strategy`` wants
    comes before all that; ``fields`` of ``Recipe`` that are given win.
    """
    return _choices(data).recipe(data, _wanted(data, strategy, fields))


def fast_recipe(data: Data, strategy: Strategy | None = None, **fields: Any) -> Recipe:
    """A short training, for a good accuracy soon rather than the best one late (docs/lab/results.md).

    What a ``strategy`` wants comes before all that; ``fields`` of ``Recipe`` that are given win.

    Raises:
        ArgumentError: there is none for such data.
    """
    return _choices(data).fast_recipe(data, _wanted(data, strategy, fields))


def few(data: Data) -> bool:
    """Whether these are so few, and of such a kind, that a classifier on published weights beats a training."""
    return _choices(data).few(data)


_OF_ANY_HEAD = ("seed", "device", "precision", "balance", "augment")
"""Fields of ``Recipe`` that count for a classifier that is solved at once, too."""


def asks_for_steps(request: TrainingRequest, data: Data) -> bool:
    """Whether something is said of how to learn step by step: epochs, a rate, a whole recipe, parts of one's own."""
    recipe = request.recipe
    if request.epochs is not None or isinstance(recipe, Recipe) or request.own.to_json():
        return True
    if recipe is None:
        return False
    # A function that makes one is told of the strategy where there is one.
    told = () if request.strategy is None else (request.strategy,)
    made = recipe(data, *told)
    return made != choose_recipe(data, *told, **{name: getattr(made, name) for name in _OF_ANY_HEAD})


def _wanted(data: Data, strategy: Strategy | None, fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of ``Recipe`` that nothing here changes, ``augment`` as an object."""
    wanted = (strategy.recipe_fields() if strategy is not None else {}) | fields
    if isinstance(wanted.get("augment"), str):
        wanted["augment"] = kind_of(data.preprocess).parse_augmentation(wanted["augment"], data.preprocess)
    return wanted


RECIPES: dict[str, Callable[..., Recipe]] = {"usual": choose_recipe, "fast": fast_recipe}
"""By name: functions of the data, and of the fields of ``Recipe`` that are given."""


def named_recipe(name: str) -> Callable[..., Recipe]:
    """The function behind ``--recipe name``.

    Raises:
        UnknownName: with the nearest names.
    """
    if name not in RECIPES:
        raise UnknownName("recipe", name, tuple(RECIPES))
    return RECIPES[name]
