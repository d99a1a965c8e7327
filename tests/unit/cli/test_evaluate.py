"""What ``prunelle evaluate`` prints."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.cli.evaluate import _show
from prunelle.training.metrics import Evaluation


@pytest.mark.parametrize("columns", [60, 80, 400])
def test_no_name_and_no_count_is_cut_however_long_names_are(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    classes = tuple(
        f"{n} of a name as museums give them to what they keep, and no shorter" for n in ("one", "two")
    )
    labels = np.array([0] * 7 + [1] * 1234)
    predicted = np.array([0] * 4 + [1] * 3 + [1] * 1234)
    _show(Evaluation("test", classes, labels, np.eye(2, dtype=np.float32)[predicted] * 0.8 + 0.1, 0.2))
    said = capsys.readouterr().out
    assert "…" not in said
    matrix = said.partition("truth \\ predicted")[2]
    words = matrix.split()
    for name in classes:
        assert all(word in words for word in name.split())
    for count in ("4", "3", "1,234"):
        assert count in words


def test_twenty_numbered_classes_are_all_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wider than the terminal: lines go on, and nothing is left out."""
    monkeypatch.setenv("COLUMNS", "60")
    classes = tuple(f"a class of number {number}" for number in range(20))
    labels = np.arange(20).repeat(1111)
    _show(Evaluation("test", classes, labels, np.eye(20, dtype=np.float32)[labels] * 0.8 + 0.01, 0.2))
    said = capsys.readouterr().out
    assert said.partition("truth")[2].count("1,111") == 20
