"""What a training would be, and why, before anything is decoded."""

from __future__ import annotations

import functools

import pytest

from prunelle import Augment, Recipe, tasks
from prunelle.errors import ArgumentError, UnknownName
from prunelle.planning.reasons import recipe_reasons


def test_it_is_what_would_be_trained() -> None:
    proposal = tasks.propose()
    assert (proposal.network, proposal.suits) == ("course-mnist", "course-mnist")
    assert proposal.recipe == tasks.choose_recipe(proposal.data)
    assert proposal.input_shape == (1, 8, 8)
    assert [len(split) for split in proposal.data.splits()] == [1437, 180, 180]
    sizes = [entry.parameters for entry in proposal.fitting]
    assert sizes == sorted(sizes)
    names = {entry.name for entry in proposal.fitting}
    assert {"lenet5", "resnet18"} <= names
    assert not {"fcn", "t-lenet"} & names  # those are for series


def test_what_is_asked_for_wins_and_reasons_follow() -> None:
    recipe = functools.partial(tasks.fast_recipe, epochs=3, batch_size=100, seed=7)
    proposal = tasks.propose("lenet5", "digits", recipe)
    assert (proposal.network, proposal.suits) == ("lenet5", "course-mnist")
    assert (proposal.recipe.epochs, proposal.recipe.batch_size, proposal.recipe.seed) == (3, 100, 7)
    texts = [note.en for note in proposal.notes]
    # 1,437 in batches of 100: 14 of them, and 37 examples.
    assert any(
        "1,437 pictures to learn from, 100 at a time: 15 steps an epoch, 45 in 3 epochs." in text
        for text in texts
    )
    assert not any("No network was named" in text for text in texts)


def test_reasons_are_of_the_recipe() -> None:
    data = tasks.propose().data

    def said(recipe: Recipe) -> str:
        return " ".join(note.en for note in recipe_reasons(data, recipe))

    assert "stays at 0.01 (sgd)" in said(Recipe(learning_rate=0.01, optimizer="sgd"))
    assert "one cycle" in said(Recipe(schedule="one-cycle"))
    assert "cosine" in said(Recipe(schedule="cosine"))
    assert "(flip, shift=0.1)" in said(Recipe(augment=Augment(flip=True, shift=0.1)))
    assert "by chance" not in said(Recipe())
    assert "gone through more often" in said(tasks.choose_recipe(data))  # 21 epochs, as there are few
    assert "gone through more often" not in said(Recipe(epochs=30))
    assert "smoothed" in said(Recipe(label_smoothing=0.1))


def test_what_would_not_be_trained_is_said() -> None:
    with pytest.raises(UnknownName, match="lenet5"):
        tasks.propose("lenet55")
    with pytest.raises(ArgumentError, match="for series"):
        tasks.propose("fcn")
    with pytest.raises(ArgumentError, match="epochs must be at least 1"):
        tasks.propose(None, None, functools.partial(tasks.choose_recipe, epochs=-1))
