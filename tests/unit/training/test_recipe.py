"""What a recipe refuses, and that it survives JSON."""

from __future__ import annotations

import dataclasses
import json

import pytest

from prunelle.data.augment import Augment
from prunelle.errors import ArgumentError, UnknownName
from prunelle.training.recipe import Recipe


def test_another_number_of_epochs_keeps_what_fits() -> None:
    recipe = Recipe(epochs=20, warmup_epochs=2, unfreeze_epochs=5)
    shorter, one = recipe.lasting(10), recipe.lasting(1)
    assert (shorter.epochs, shorter.warmup_epochs, shorter.unfreeze_epochs) == (10, 2, 5)
    assert (one.epochs, one.warmup_epochs, one.unfreeze_epochs) == (1, 0.1, 0)


def test_the_defaults_are_those_of_course_programs() -> None:
    recipe = Recipe()
    assert (recipe.optimizer, recipe.learning_rate, recipe.batch_size, recipe.schedule) == (
        "adam",
        1e-3,
        32,
        "constant",
    )
    assert not recipe.augment


def test_json_and_back_keeps_every_field() -> None:
    recipe = Recipe(
        epochs=7,
        batch_size=5,
        optimizer="sgd",
        learning_rate=0.1,
        momentum=0.9,
        nesterov=True,
        weight_decay=1e-4,
        schedule="cosine",
        warmup_epochs=0.5,
        first_layer_rate=0.1,
        unfreeze_epochs=3,
        label_smoothing=0.1,
        balance=True,
        clip_norm=1.0,
        ema_decay=0.999,
        patience=3,
        augment=Augment(flip=True, shift=0.1),
        seed=2**63 - 1,
        device="cpu",
        precision="bfloat16",
    )
    default = Recipe()
    # Every field differs from its default, so that none can be forgotten unnoticed.
    assert all(getattr(recipe, f.name) != getattr(default, f.name) for f in dataclasses.fields(Recipe))
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    assert Recipe.from_json(json.loads(json.dumps(default.to_json()))) == default


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1; received 0"),
        ({"epochs": 2.5}, r"epochs must be a whole number; received 2\.5"),
        ({"batch_size": 0}, "batch_size must be at least 1; received 0"),
        ({"batch_size": "32"}, "batch_size must be a whole number; received '32'"),
        ({"learning_rate": 0}, "learning_rate must be above 0; received 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0; received nan"),
        ({"momentum": 1.0, "optimizer": "sgd"}, r"momentum must be at least 0 and below 1; received 1\.0"),
        ({"weight_decay": -1e-4}, r"weight_decay must be at least 0; received -0\.0001"),
        ({"epochs": 5, "warmup_epochs": 5}, r"warmup_epochs must be at least 0 and below epochs \(5\)"),
        ({"label_smoothing": 1.0}, r"label_smoothing must be at least 0 and below 1; received 1\.0"),
        ({"clip_norm": 0.0}, r"clip_norm must be above 0; received 0\.0"),
        ({"ema_decay": 1.0}, r"ema_decay must be between 0 and 1; received 1\.0"),
        ({"patience": 0}, "patience must be at least 1 epoch; received 0"),
        ({"seed": -1}, "seed must be from 0"),
        ({"seed": 2**63}, "seed must be from 0"),
        ({"seed": 0.5}, "seed must be a whole number"),
        ({"momentum": 0.9}, "momentum goes with sgd and rmsprop; adam has moments of its own"),
        ({"optimizer": "sgd", "nesterov": True}, "nesterov goes with optimizer='sgd' and a momentum above 0"),
    ],
)
def test_what_breaks_a_rule_is_named(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Recipe(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value", "nearest"),
    [("optimizer", "adamW", "adamw"), ("schedule", "cosin", "cosine"), ("precision", "bfloat", "bfloat16")],
)
def test_unknown_names_suggest_the_nearest(field: str, value: str, nearest: str) -> None:
    with pytest.raises(UnknownName, match=f"unknown {field} '{value}'. Did you mean '{nearest}'"):
        Recipe(**{field: value})  # type: ignore[arg-type]
