"""Where the tests of notebooks run."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of their own, in English, without a screen; Jupyter's files of this user stay as they are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "MPLBACKEND", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
