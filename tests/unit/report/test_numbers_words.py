"""Numbers that were told, in words: as many digits as the error deserves, the blind answer beside."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.report.closing_lines import finished_text
from prunelle.report.numbers_words import others, written
from prunelle.texts import EN, FR, NO_BREAK
from prunelle.training.numbers_evaluation import NumbersEvaluation


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (41.7261, 3.2, "41.7"),
        (41.7261, 0.31, "41.73"),
        (41726.1, 320.0, "41,730"),
        (3.21e9, 2e7, "3,210,000,000"),
        (1.2345e-6, 3.1e-8, "1.23e−06"),
        (0.0, 1e-9, "0"),
        (5.0, 0.0, "5"),
        (5.25, float("nan"), "5.25"),
    ],
)
def test_two_digits_of_the_error(value: float, error: float, said: str) -> None:
    assert written(value, error, EN) == said


def test_the_last_line_says_it_beside_the_blind_answer() -> None:
    truth = np.arange(40.0)
    metrics = {"test": NumbersEvaluation("test", ("size",), truth, truth + 2, 19.5, loss=0.1).summary()}
    assert finished_text(metrics) == (
        f"Test: size is off by 2 on average (mean absolute error; 95{NO_BREAK}% interval 2 to 2), on 40 examples; "
        "always answering 19.5 would be off by 10, which is surely worse"
    )
    assert "erreur absolue moyenne" in finished_text(metrics, FR)
    assert [text.split(":")[0] for text in others(metrics["test"], EN)] == [
        "Half of the answers are within 2 (2 to 2).",
        "Root mean squared error",
        "R²",
    ]
