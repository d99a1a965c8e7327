"""The same weights to the bit are promised only where they come out."""

from __future__ import annotations

from typing import Any

import pytest

from prunelle.report.reproducibility import repeating

COMMAND = {
    "command": "prunelle train photos --seed 3",
    "data": {"source": {"data": "photos"}},
    "recipe": {},
}


@pytest.mark.parametrize(
    ("info", "device", "promised"),
    [
        (COMMAND, "cpu", True),
        (COMMAND, "cuda", False),
        (COMMAND, "mps", False),
        ({**COMMAND, "command": "prunelle.train('Net', 'photos', Recipe())"}, "cpu", False),
        ({**COMMAND, "data": {"source": None}}, "cpu", False),
        ({**COMMAND, "extended": [{"epochs": 8, "whole": True}, {"epochs": 9, "whole": True}]}, "cpu", True),
        ({**COMMAND, "extended": [{"epochs": 8, "whole": False}]}, "cpu", False),
    ],
)
def test_to_the_bit_only_where_it_is_so(info: dict[str, Any], device: str, promised: bool) -> None:
    note = repeating({**info, "host": {"device": device}})
    assert ("gives the same weights, bit for bit" in note.en) == promised
    assert ("on retrouve les mêmes poids, au bit près" in note.fr) == promised
    if promised and "extended" in info:
        assert "prunelle train --resume with --epochs 8, 9" in note.en
        assert "jusqu’à 9 époques" in note.fr


def test_a_program_is_promised_nothing_without_its_seeds() -> None:
    note = repeating({"command": "prunelle run lenet.py", "data": {"source": None}})
    assert "where it sets none, two runs differ" in note.en
    assert "deux exécutions diffèrent" in note.fr
