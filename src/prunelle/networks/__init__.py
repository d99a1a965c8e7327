"""Networks by name. Each is a plain ``nn.Module`` with ``features``, ``head`` and ``input_shape``.

``names()`` does not import torch; ``build()`` imports the one family it needs.
"""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING, Any

from prunelle.errors import ArgumentError, UnknownName

if TYPE_CHECKING:
    from torch import nn

FAMILIES: dict[str, tuple[str, ...]] = {
    "course": ("course-mnist", "course-cifar", "course-photos", "course-look"),
    "lenet": ("lenet5",),
    "dense": ("dense",),
}
"""Module in this package → the names in its ``VARIANTS`` (a test holds the two together)."""


def names() -> tuple[str, ...]:
    """All names that ``build`` knows, family by family."""
    return tuple(name for family in FAMILIES.values() for name in family)


def variant(name: str) -> Any:
    """The class or function that makes the network ``name``.

    Raises:
        UnknownName: with the nearest names.
    """
    for family, variants in FAMILIES.items():
        if name in variants:
            return importlib.import_module(f"prunelle.networks.{family}").VARIANTS[name]
    raise UnknownName("network", name, names())


def natural_shape(name: str) -> tuple[int, int, int]:
    """``(channels, height, width)`` that the network was designed for."""
    parameters = inspect.signature(variant(name)).parameters
    return (parameters["in_channels"].default, *parameters["input_size"].default)


def build(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    input_size: tuple[int, int] | int | None = None,
    **options: Any,
) -> nn.Module:
    """Makes a network with fresh random weights (from torch's global generator).

    Args:
        name: one of ``names()``.
        num_classes: outputs; the family's own default when None.
        in_channels: 1 or 3; the family's own default when None.
        input_size: height and width in pixels, or one number for both; the family's own when None.
        options: what the family takes besides (``hidden=`` of ``dense``).

    Raises:
        UnknownName: no such network.
        ArgumentError: an option that the network does not take, or a value that it cannot use.

    Example:
        >>> build("lenet5", num_classes=10)(torch.zeros(1, 1, 32, 32)).shape
        torch.Size([1, 10])
    """
    make = variant(name)
    if num_classes is not None and num_classes < 2:
        raise ArgumentError(f"num_classes must be at least 2; received {num_classes}.")
    if isinstance(input_size, int):
        input_size = (input_size, input_size)
    given = {"num_classes": num_classes, "in_channels": in_channels, "input_size": input_size}
    arguments = {key: value for key, value in given.items() if value is not None} | options
    accepted = inspect.signature(make).parameters
    for option in options:
        if option not in accepted:
            extra = sorted(set(accepted) - set(given))
            raise ArgumentError(
                f"{name} does not take {option}; its options are: {', '.join(extra) or 'none'}."
            )
    network: nn.Module = make(**arguments)
    # A training writes it into its run, which can then build the network by itself.
    network.built_as = (name, options)  # type: ignore[assignment]
    return network
