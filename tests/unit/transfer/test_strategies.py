"""Settings of strategies that go together, and those that do not."""

from __future__ import annotations

from typing import Any

import pytest

from prunelle import Augment
from prunelle.errors import ArgumentError, UnknownName
from prunelle.transfer.strategies import Strategy


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "partial"}, "strategy partial needs freeze"),
        ({"name": "full", "freeze": 3}, "freeze .* goes with strategy partial; received strategy full"),
        ({"name": "full", "stage": "layer3"}, "stage goes with strategy features"),
        ({"name": "partial", "freeze": 1, "head": "svm"}, "head svm is solved .* received strategy partial"),
        ({"name": "full", "views": 3}, "views are of a frozen trunk"),
        ({"name": "features", "views": -1}, "views must be at least 0; received -1"),
        ({"name": "features", "head": "logistic", "views": 0}, "views must be at least 1; received 0"),
    ],
)
def test_what_does_not_go_together(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Strategy(**settings)


def test_unknown_names() -> None:
    with pytest.raises(UnknownName, match=r"unknown strategy 'feature'\. Did you mean 'features'"):
        Strategy(name="feature")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match=r"unknown head 'logistics'\. Did you mean 'logistic'"):
        Strategy(name="features", head="logistics")  # type: ignore[arg-type]


def test_views_and_heads_when_nothing_is_said() -> None:
    strategy = Strategy(name="features")
    assert strategy.num_views(Augment()) == 1
    assert strategy.num_views(Augment(flip=True)) == 4
    # Without changes, all views would be the same.
    assert Strategy(name="features", views=7).num_views(Augment()) == 1
    assert Strategy(name="features", views=0).num_views(Augment(flip=True)) == 0
    assert strategy.classifier == Strategy(name="features", head="svm").classifier == "linear"
    assert Strategy(name="full").classifier is None
    assert Strategy(name="full", head="hidden").classifier == "hidden"


@pytest.mark.parametrize(
    ("text", "strategy"),
    [
        ("full", Strategy(name="full")),
        ("features:layer3", Strategy(name="features", stage="layer3")),
        ("partial:layer2", Strategy(name="partial", freeze="layer2")),
        ("partial:5", Strategy(name="partial", freeze=5)),
    ],
)
def test_as_written_in_a_list(text: str, strategy: Strategy) -> None:
    assert Strategy.parse(text) == strategy


def test_json_and_back() -> None:
    strategy = Strategy(name="partial", freeze=5, head="hidden", views=2)
    assert Strategy.from_json(strategy.to_json()) == strategy
