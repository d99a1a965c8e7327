"""Networks by name. Each is a plain ``nn.Module`` with ``features``, ``head`` and ``input_shape``.

``features`` and ``head`` are modules or methods, whichever leaves the names of published weights alone;
``forward(x) == head(features(x))`` in evaluation mode.

Networks with auxiliary classifiers have ``auxiliary_weights: tuple[float, ...]``. Where it is not empty,
they give ``(logits, auxiliary, …)`` in training mode, and the loss adds each weight times the loss of its
auxiliary logits. ``aux=False`` builds them without.

Those of other libraries and of one's own code have names too (``elsewhere``); of them, nothing is asked but that they
classify.

``names()`` and ``catalogue()`` do not import torch; ``build()`` imports the one family it needs.
"""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from prunelle.errors import ArgumentError, UnknownName, a_kind
from prunelle.networks import elsewhere
from prunelle.networks.catalogue import Entry, catalogue
from prunelle.scalars import plain, plain_arguments

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "ALIASES",
    "FAMILIES",
    "Entry",
    "build",
    "catalogue",
    "elsewhere",
    "is_known",
    "name_of",
    "names",
    "natural_shape",
    "variant",
]

FAMILIES: dict[str, tuple[str, ...]] = {
    "course": ("course-mnist", "course-cifar", "course-photos", "course-look"),
    "lenet": ("lenet5", "lenet5-1998"),
    "dense": ("dense",),
    "alexnet": ("alexnet", "alexnet-owt"),
    "vgg": (
        *("vgg-a", "vgg-a-lrn", "vgg-b", "vgg-c", "vgg-d", "vgg-e"),
        *("vgg-a-bn", "vgg-b-bn", "vgg-d-bn", "vgg-e-bn"),
    ),
    "nin": ("nin", "nin-cifar"),
    "googlenet": ("googlenet", "googlenet-bn"),
    "inception_v2": ("inception-v2",),
    "inception_v3": ("inception-v3",),
    "inception_v4": ("inception-v4",),
    "inception_resnet": ("inception-resnet-v2",),
    "xception": ("xception",),
    "resnet": (
        *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
        *("resnet20", "resnet32", "resnet44", "resnet56", "resnet110"),
    ),
    "squeezenet": ("squeezenet1.0", "squeezenet1.1"),
    "series": ("t-lenet", "fcn", "resnet1d", "inceptiontime", "course-series"),
}
"""Module in this package → the names in its ``VARIANTS`` (a test holds the two together)."""

ALIASES: dict[str, str] = {
    "vgg11": "vgg-a",
    "vgg13": "vgg-b",
    "vgg16": "vgg-d",
    "vgg19": "vgg-e",
    "vgg11-bn": "vgg-a-bn",
    "vgg13-bn": "vgg-b-bn",
    "vgg16-bn": "vgg-d-bn",
    "vgg19-bn": "vgg-e-bn",
}
"""Second names that ``build`` takes too → the name in ``FAMILIES``."""


def names() -> tuple[str, ...]:
    """A name for each network that ``build`` knows, family by family; ``ALIASES`` has the second names."""
    return tuple(name for family in FAMILIES.values() for name in family)


def is_known(name: str) -> bool:
    """Whether ``build`` takes ``name``."""
    return isinstance(name, str) and (name in names() or name in ALIASES or elsewhere.is_elsewhere(name))


def variant(name: str) -> Any:
    """The class or function that makes the network ``name``.

    Raises:
        UnknownName: with the nearest names.
        ArgumentError: no name at all, or a network from elsewhere that cannot be had, and why.
    """
    if not isinstance(name, str):
        raise ArgumentError(f"a network is named, or a module that is made; received {_what_it_is(name)}.")
    if elsewhere.is_elsewhere(name):
        return elsewhere.maker(name)
    listed = ALIASES.get(name, name)
    for family, variants in FAMILIES.items():
        if listed in variants:
            return importlib.import_module(f"prunelle.networks.{family}").VARIANTS[listed]
    raise UnknownName("network", name, (*names(), *ALIASES))


def _what_it_is(given: object) -> str:
    """In words, of what was taken for a network, with what to do."""
    if isinstance(given, type):
        return f"the class {given.__name__}: make one of it, {given.__name__}(…)"
    if callable(given):
        called = getattr(given, "__name__", type(given).__name__)
        return f"a function ({called}), which is for compare: give what it makes, {called}()"
    if isinstance(given, dict):
        return "a dict, as a state_dict is: it holds weights and no network; give the module, after its load_state_dict"
    return a_kind(given)


def natural_shape(name: str) -> tuple[int, ...]:
    """``(channels, height, width)`` that the network was designed for; ``(channels, length)`` of series."""
    parameters = inspect.signature(variant(name)).parameters
    return (parameters["in_channels"].default, *parameters["input_size"].default)


def natural_classes(name: str) -> int:
    """How many classes the network was designed for."""
    return int(inspect.signature(variant(name)).parameters["num_classes"].default)


def takes(name: str, option: str) -> bool:
    """Whether ``build`` can be given ``option`` for the network of that name."""
    return option in inspect.signature(variant(name)).parameters


@plain_arguments
def build(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    input_size: tuple[int, ...] | int | None = None,
    ensemble: int | None = None,
    **options: Any,
) -> nn.Module:
    """Makes a network with fresh random weights (from torch's global generator).

    Args:
        name: one of ``names()``, or of ``ALIASES``; ``timm:NAME``, ``torchvision:NAME``, ``package.module:factory``
            (``elsewhere``).
        num_classes: outputs: of classes at least 2, of a number 1; the family's own default when None.
        in_channels: 1 or 3, any number for series; the family's own default when None.
        input_size: height and width in pixels, or one number for both; of series, the number of steps; the
            family's own when None.
        ensemble: so many of them, each with weights of its own, that answer together (``ensemble.py``).
        options: what the family takes besides (``hidden=`` of ``dense``, ``aux=`` of ``googlenet``); and
            ``stage``, ``classifier`` and ``average`` for another classifier from a stage on (see
            ``with_classifier``; maps are averaged where it is said).

    Raises:
        UnknownName: no such network.
        ArgumentError: an option that the network does not take, or a value that it cannot use.

    Example:
        >>> build("lenet5", num_classes=10)(torch.zeros(1, 1, 32, 32)).shape
        torch.Size([1, 10])
    """
    options = {key: plain(value) for key, value in options.items()}
    if "classifier" in options:
        from prunelle.networks.classifier import with_classifier

        changed = {key: options.pop(key) for key in ("stage", "classifier", "average") if key in options}
        changed.setdefault("average", False)
        whole = build(
            name, num_classes=num_classes, in_channels=in_channels, input_size=input_size, **options
        )
        return with_classifier(whole, num_classes or natural_classes(name), **changed)
    make = variant(name)
    if num_classes is not None and num_classes < 1:
        raise ArgumentError(f"num_classes must be at least 1; received {num_classes}.")
    axes = len(natural_shape(name)) - 1
    if isinstance(input_size, int):
        input_size = (input_size,) * axes
    if input_size is not None and len(input_size) != axes:
        raise ArgumentError(
            f"{name} is a network for {'series' if axes == 1 else 'pictures'}; input_size must have "
            f"{axes} number{'s' * (axes > 1)}, received {input_size}."
        )
    given = {"num_classes": num_classes, "in_channels": in_channels, "input_size": input_size}
    arguments = {key: value for key, value in given.items() if value is not None} | options
    accepted = inspect.signature(make).parameters
    anything = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in accepted.values())
    for option in options:
        if option not in accepted and not anything:
            extra = sorted(set(accepted) - set(given))
            raise ArgumentError(
                f"{name} does not take {option}; its options are: {', '.join(extra) or 'none'}."
            )
    if ensemble is None:
        network: nn.Module = make(**arguments)
    else:
        from prunelle.networks.ensemble import Ensemble

        if ensemble < 2:
            raise ArgumentError(f"ensemble must be at least 2 networks; received {ensemble}.")
        network = Ensemble([make(**arguments) for _ in range(ensemble)])
        options = options | {"ensemble": ensemble}
    # A training writes it into its run, which can then build the network by itself.
    network.built_as = (name, options)  # type: ignore[assignment]
    return network


def name_of(network: nn.Module) -> str:
    """What a network is called: the name that it was built by, else that of its class."""
    return str(getattr(network, "built_as", (type(network).__name__,))[0])
