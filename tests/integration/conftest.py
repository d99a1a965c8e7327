"""What several of these files ask for."""

from __future__ import annotations

from tests.painting import _unpainted

__all__ = ["_unpainted"]
