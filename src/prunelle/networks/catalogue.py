"""What there is to say of each network without building it: paper, year, size, published accuracy.

The facts are data, in ``catalogue.toml``; reading them does not import torch.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType

from prunelle.texts import Note


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

    @property
    def accuracy_note(self) -> Note:
        """``accuracy_source`` for a person, part by part."""
        parts = (self.accuracy_source or "").split(", ")
        return Note(", ".join(parts), ", ".join(map(_in_french, parts)))


_FRENCH = {
    r"(\S+) validation": r"validation d’\1",
    r"(\S+) test": r"test de \1",
    r"torchvision's weights": "poids de torchvision",
    r"torchvision's first weights": "premiers poids de torchvision",
    r"the paper's table (\S+)": r"tableau \1 de l’article",
    r"the paper's figure (\S+)": r"figure \1 de l’article",
    r"the paper's (§\S+)": r"\1 de l’article",
    r"1 crop": "1 recadrage",
    r"(\d+) crops": r"\1 recadrages",
    r"one network": "un seul réseau",
    r"one scale": "une seule échelle",
    r"best training scale": "meilleure échelle d’entraînement",
    r"best of five": "le meilleur de cinq",
    r"without augmentation": "sans augmentation",
    r"without distortions": "sans déformations",
}
"""The parts of which ``accuracy_source`` is made."""


def _in_french(part: str) -> str:
    for english, french in _FRENCH.items():
        if match := re.fullmatch(english, part):
            return match.expand(french)
    return part


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
