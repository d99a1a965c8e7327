"""The panels there are."""

from __future__ import annotations

from prunelle.page.panel import PanelKind

PANELS: dict[str, PanelKind] = {}
"""In the order of the page's tabs."""
