"""What there is to say of each network without building it: paper, year, size, published accuracy.

The facts are data, in ``catalogue.toml``; reading them does not import torch.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from types import MappingProxyType


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the catalogue.

    Attributes:
        name: as in ``networks.names()``.
        family: its module in ``prunelle.networks``.
        year: of first publication.
        authors: surnames, "et al." after three.
        title: of the paper or course.
        source: venue or arXiv number.
        input_shape: ``(channels, height, width)`` that the network was designed for; ``(channels, length)``
            of series.
        parameters: weights at the default number of classes, auxiliary classifiers included.
        top1, top5: published accuracy in %, where there is one.
        accuracy_source: on what, from where, with how many crops.
    """

    name: str
    family: str
    year: int
    authors: str
    title: str
    source: str
    input_shape: tuple[int, ...]
    parameters: int
    top1: float | None = None
    top5: float | None = None
    accuracy_source: str | None = None


@functools.cache
def catalogue() -> Mapping[str, Entry]:
    """Network's name → its entry, for all of ``networks.names()``."""
    text = importlib.resources.files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    papers = tables["papers"]
    entries = {}
    for name, facts in tables["networks"].items():
        facts = papers[facts.pop("paper")] | facts
        entries[name] = Entry(name=name, input_shape=tuple(facts.pop("input_shape")), **facts)
    return MappingProxyType(entries)
