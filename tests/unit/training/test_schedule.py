"""Learning rates against PyTorch's schedulers where definitions agree, and by hand where they do not."""

from __future__ import annotations

import pytest
import torch
from torch.optim import lr_scheduler

from prunelle.training.recipe import Recipe
from prunelle.training.schedule import learning_rate


def rates(recipe: Recipe, steps_per_epoch: int) -> list[float]:
    total = recipe.epochs * steps_per_epoch
    return [learning_rate(recipe, step, steps_per_epoch) for step in range(total)]


def pytorch(make: type, peak: float, steps: int, **options: float) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    scheduler = make(optimizer, **options)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_constant_is_constant() -> None:
    assert set(rates(Recipe(epochs=3, learning_rate=0.01), 7)) == {0.01}


def test_cosine_is_pytorchs() -> None:
    ours = rates(Recipe(epochs=5, schedule="cosine", learning_rate=0.3), 8)
    assert ours == pytest.approx(pytorch(lr_scheduler.CosineAnnealingLR, 0.3, 40, T_max=40), rel=1e-9)
    # By hand: half of the peak in the middle.
    assert ours[0] == 0.3
    assert ours[20] == pytest.approx(0.15)


def test_one_cycle_is_pytorchs() -> None:
    # PyTorch reaches its peak at step pct·total - 1 and its end at total - 1, and divides its end by 25 too.
    ours = rates(Recipe(epochs=10, schedule="one-cycle", learning_rate=0.5), 6)
    theirs = pytorch(
        lr_scheduler.OneCycleLR,
        0.5,
        60,
        max_lr=0.5,
        total_steps=61,
        pct_start=19 / 61,
        div_factor=25,
        final_div_factor=400,
        cycle_momentum=False,
    )
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert ours[0] == pytest.approx(0.02)
    assert ours[18] == pytest.approx(0.5)


def test_one_cycle_rises_for_the_warm_up_when_it_is_given() -> None:
    ours = rates(Recipe(epochs=10, schedule="one-cycle", warmup_epochs=1), 10)
    assert ours.index(max(ours)) == 10
    assert max(ours) == pytest.approx(1e-3)
    # On its way to 1/10,000 of the peak, which it would reach one step later.
    assert 1e-7 < ours[-1] < 1e-6


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_warm_up_is_a_straight_line_that_never_is_0(schedule: str) -> None:
    ours = rates(Recipe(epochs=4, schedule=schedule, warmup_epochs=1, learning_rate=1.0), 4)  # type: ignore[arg-type]
    assert ours[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_cosine_after_a_warm_up_starts_at_the_peak() -> None:
    ours = rates(Recipe(epochs=3, schedule="cosine", warmup_epochs=1, learning_rate=1.0), 2)
    # 1/3 and 2/3 on the way up, then ½(1 + cos(π·k/4)).
    assert ours == pytest.approx([1 / 3, 2 / 3, 1.0, 0.85355339, 0.5, 0.14644661])


def test_part_of_an_epoch_and_a_single_step() -> None:
    ours = rates(Recipe(epochs=1, schedule="cosine", warmup_epochs=0.5, learning_rate=1.0), 5)
    # The rise of 2.5 steps: 1/3.5, 2/3.5, 3/3.5, then half a cosine over the other 2.5.
    assert ours == pytest.approx([1 / 3.5, 2 / 3.5, 3 / 3.5, 0.90450850, 0.34549150])
    for schedule in ("constant", "cosine", "one-cycle"):
        assert 0 < learning_rate(Recipe(epochs=1, schedule=schedule), 0, 1) <= 1e-3  # type: ignore[arg-type]
