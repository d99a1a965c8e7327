"""The unit of looking: one module a view (see ``view.View``), all of them listed here.

A new view is a module that makes a ``VIEW`` and a line in ``VIEWS``; the gallery, ``prunelle look --view``,
``look_into`` and the contract tests find it there.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prunelle.views.view import AnyView

VIEWS: dict[str, tuple[str, str]] = {
    "filters": ("pictures", "filters"),
    "activations": ("pictures", "activations"),
    "where": ("pictures", "where"),
    "channel": ("pictures", "channel"),
    "classes": ("pictures", "classes"),
    "patches": ("pictures", "patches"),
    "space": ("pictures", "space"),
    "health": ("pictures", "health"),
    "series_filters": ("series", "filters"),
    "series_activations": ("series", "activations"),
    "series_where": ("series", "where"),
    "series_patches": ("series", "patches"),
    "series_equivariance": ("series", "equivariance"),
}
"""By module, in the order of the page: of which kind of data, and the name. Names are here, too, so that ``--help`` can
list them without importing torch."""


def names(kind: str | None = None) -> tuple[str, ...]:
    """Of the views of a kind of data, or of all, each once."""
    return tuple(dict.fromkeys(name for of, name in VIEWS.values() if kind in (None, of)))


@functools.cache
def views_of(kind: str) -> dict[str, AnyView]:
    """The views of a kind of data, by name, in the order of the page."""
    modules = {name: module for module, (of, name) in VIEWS.items() if of == kind}
    views: dict[str, AnyView] = {
        name: importlib.import_module(f"prunelle.views.{module}").VIEW for name, module in modules.items()
    }
    return views
