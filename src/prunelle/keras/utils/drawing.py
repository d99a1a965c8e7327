"""``plot_model``: a model as boxes and arrows."""

from __future__ import annotations

from typing import Any


def plot_model(model: Any, to_file: str = "model.png", **options: Any) -> None:
    """Draws."""
    raise NotImplementedError
