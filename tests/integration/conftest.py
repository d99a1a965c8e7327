"""What several of these files ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prunelle.report import figures


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts of reports are composed and not painted, for tests of what a training does: most of its time goes there.

    Other files of this folder, and the documentation's commands, look at what is painted.
    """

    def written(_: Any, *files: Path) -> None:
        for file in files:
            file.write_bytes(b"")

    monkeypatch.setattr(figures, "save", written)
    monkeypatch.setattr(figures, "svg_element", lambda *_: "")
