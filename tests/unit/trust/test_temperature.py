"""Temperature scaling against SciPy on the same sum, worked out anew, and against temperatures that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from prunelle.trust.temperature import fit_temperature


def drawn(n: int, num_classes: int, true: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are ``true`` times too large: labels are drawn from the probabilities at that temperature."""
    random = np.random.default_rng(seed)
    honest = random.normal(0, 2, (n, num_classes))
    noise = random.gumbel(size=honest.shape)
    return honest * true, (honest + noise).argmax(axis=1)


@pytest.mark.parametrize("true", [0.3, 1.0, 4.0, 60.0])
def test_a_known_temperature_is_found(true: float) -> None:
    logits, labels = drawn(5000, 4, true, seed=0)
    # The standard error of the logarithm is about 1 / sqrt(5000): seven of them.
    assert fit_temperature(logits, labels) == pytest.approx(true, rel=0.1)


@pytest.mark.parametrize("n", [1, 12, 300])
def test_it_is_the_minimum_of_platts_sum(n: int) -> None:
    logits, labels = drawn(n, 3, 2.5, seed=n)

    def cost(point: np.ndarray) -> float:
        total = 0.0
        for row, label in zip(logits / np.exp(point[0]), labels, strict=True):
            rest = np.log(sum(np.exp(value) for value in row))
            rival = max(value for k, value in enumerate(row) if k != label)
            total += (n + 1) / (n + 2) * (rest - row[label]) + 1 / (n + 2) * (rest - rival)
        return total

    starts = [minimize(cost, [start], method="Nelder-Mead", options={"xatol": 1e-9}) for start in (-2, 0, 2)]
    best = min(starts, key=lambda found: found.fun)
    assert cost(np.array([np.log(fit_temperature(logits, labels))])) == pytest.approx(best.fun, abs=1e-8)


def test_a_dozen_right_answers_do_not_make_a_network_certain() -> None:
    logits = np.tile([4.0, 0.0], (12, 1))
    temperature = fit_temperature(logits, np.zeros(12, np.int64))
    # Thirteen right of fourteen: the odds are 13.
    assert 4 / temperature == pytest.approx(np.log(13), rel=1e-3)


def test_logits_of_any_size_give_a_temperature() -> None:
    random = np.random.default_rng(0)
    for scale in (1e-6, 1e6):
        found = fit_temperature(random.normal(0, scale, (50, 3)), random.integers(0, 3, 50))
        assert np.isfinite(found)
        assert found > 0
