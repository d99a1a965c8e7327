"""What is said of how far a network can be trusted, in both languages, of records written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from prunelle.report.trust import curve_svg, rows, section, sentences
from prunelle.report.words import Words

EN, FR = Words("en"), Words("fr")


def record(**changes: Any) -> dict[str, Any]:
    figures = {"expected_calibration_error": 0.05, "loss": 0.5, "confidence": 0.9}
    held = {"n": 200, "held": 190, "interval": [0.91, 0.97], "size": 1.25, "single": 150}
    by_class = [{"class": "cat", "n": 100, "held": 98}, {"class": "dog", "n": 100, "held": 92}]
    return {
        "format": 1,
        "chosen_on": {"split": "validation", "n": 400, "right": 380},
        "measured_on": {"split": "test", "n": 200},
        "certainty": 0.95,
        "temperature": 1.5,
        "calibration": {
            "before": figures,
            "after": {**figures, "expected_calibration_error": 0.02},
            "accuracy": 0.9,
        },
        "curve": [[0.5, 1.0], [1.0, 0.9]],
        "unsure": [
            {"share": 0.01, "level": None, "validation": None, "test": None},
            {
                "share": 0.05,
                "level": 1.2,
                "validation": {"answered": 300, "wrong": 4},
                "test": {"answered": 150, "wrong": 3, "interval": [0.007, 0.057]},
            },
        ],
        "least_unsure": {"share": 0.03, "answered": 200},
        "sets": [{"share": 0.1, "known": True, "test": {**held, "by_class": by_class}}],
        "unlike": {
            "by": "energy",
            "rates": [
                {"rate": 0.05, "level": 2.0, "test": {"flagged": 9, "n": 200, "interval": [0.02, 0.08]}}
            ],
        },
        **changes,
    }


def test_each_share_has_its_line() -> None:
    first, second = rows(record(), EN)
    assert first[1:] == ["cannot be promised", "–", "–"]
    assert [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in second] == [
        "5 %",
        "75.0 %",
        "75.0 %",
        "3 of 150: 2.0 % (0.7 % to 5.7 %)",
    ]


def test_sentences_say_what_chose_and_what_measured() -> None:
    said = " ".join(sentences(record(), EN)).replace("\N{NO-BREAK SPACE}", " ")
    assert "400 validation examples chose the thresholds below; the 200 test examples" in said
    assert "from 5.0 to 2.0 points" in said
    assert "hold it for 95.0 % of the test pictures" in said
    assert "least of all for dog: 92.0 %" in said
    assert "can promise is 3 %" in said
    assert "9 of the 200 test pictures were" in said


@pytest.mark.parametrize("words", [EN, FR])
def test_without_a_test_split_nothing_is_said_to_be_measured(words: Words) -> None:
    unmeasured = record(
        measured_on=None,
        calibration=None,
        curve=None,
        unsure=[{**each, "test": None} for each in record()["unsure"]],
        sets=[{"share": 0.1, "known": True, "test": None}],
        unlike={"by": "energy", "rates": [{"rate": 0.05, "level": 2.0, "test": None}]},
    )
    said = " ".join(sentences(unmeasured, words))
    assert ("nothing measured them" if words is EN else "rien ne les a mesurés") in said
    assert rows(unmeasured, words)[1][2:] == ["–", "–"]
    shown = section(unmeasured, words)
    assert shown is not None
    assert shown["svg"] == ""


def test_without_a_validation_split_nothing_is_promised() -> None:
    shown = section({"format": 1, "chosen_on": None}, FR)
    assert shown is not None
    assert len(shown["sentences"]) == 1
    assert "rien n’est promis" in shown["sentences"][0]
    assert shown["rows"] == []
    assert section(None, EN) is None


def test_the_curve_has_its_axes_named() -> None:
    drawn = curve_svg([[0.2, 1.0], [0.6, 0.95], [1.0, 0.8]], FR)
    assert "Part de réponses, les plus sûres d’abord" in drawn
    assert "Exactitude" in drawn
