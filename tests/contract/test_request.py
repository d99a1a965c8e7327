"""The keywords of a verb that trains are the fields of the request that ``request_of`` makes of them."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import prunelle as pn
from prunelle.planning.request import (
    DataSource,
    Destination,
    Limits,
    Preparation,
    TrainingRequest,
    request_of,
)
from prunelle.training.own import Own
from prunelle.transfer.strategies import Strategy

OF_TRAIN = {each.name for each in dataclasses.fields(Own)}
"""What can be the caller's own in one training alone."""
PARTS = {
    "own": Own,
    "source": DataSource,
    "preparation": Preparation,
    "limits": Limits,
    "destination": Destination,
}
OF_VERBS = {"style", "log", "listeners", "resume", "data_root", "unlabelled", "rounds", "folds"}
"""What is not of the training itself."""
OF_REQUESTS = {"seed"}
"""What no verb is asked for."""


def fields() -> dict[str, str]:
    """The type of each field that a keyword fills, by its name."""
    return {
        each.name: str(each.type)
        for kind in (*PARTS.values(), TrainingRequest)
        for each in dataclasses.fields(kind)
        if each.name not in {*PARTS, *OF_REQUESTS}
    }


def kinds(annotation: str) -> set[str]:
    """The members of a union, under one name where a type has two."""
    parts = {part.strip() for part in re.split(r"\|(?![^\[]*\])", annotation)}
    return {part.replace("RecipeFactory", "Callable[..., Recipe]") for part in parts}


@pytest.mark.parametrize(
    "verb", [pn.train, pn.train_with_unlabelled, pn.cross_validate], ids=lambda verb: verb.__name__
)
def test_every_keyword_has_its_field(verb: Callable[..., Any]) -> None:
    keywords = {
        name: str(each.annotation)
        for name, each in inspect.signature(verb).parameters.items()
        if name not in OF_VERBS
    }
    assert keywords.keys() == fields().keys() - (set() if verb is pn.train else OF_TRAIN)
    for name, annotation in keywords.items():
        # The verb takes names of strategies too; None stands for what is usual.
        more = {"str"} if name == "strategy" else {"None"} if name in ("options", "language") else set()
        asked = kinds(annotation) - more
        if verb is pn.train:
            assert asked == kinds(fields()[name]), name
        else:
            assert asked <= kinds(fields()[name]), name


def test_what_is_given_arrives() -> None:
    given: dict[str, Any] = {name: object() for name in fields()}
    given |= {
        "strategy": "full",
        "options": {"hidden": (3,)},
        "language": "fr",
        "style": "quiet",
        "resume": None,
        **dict.fromkeys(OF_TRAIN, len),
        "metrics": {},
    }
    request = request_of(given)
    for name in fields():
        part = next((part for part, kind in PARTS.items() if name in kind.__dataclass_fields__), None)
        found = getattr(request if part is None else getattr(request, part), name)
        assert found == (Strategy.parse("full") if name == "strategy" else given[name]), name
