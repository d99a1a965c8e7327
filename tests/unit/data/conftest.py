"""What the tests of the data layer share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own, and no data folder from outside."""
    folder = tmp_path / "the-cache"
    monkeypatch.setenv("PRUNELLE_CACHE", str(folder))
    monkeypatch.delenv("PRUNELLE_DATA", raising=False)
    return folder
