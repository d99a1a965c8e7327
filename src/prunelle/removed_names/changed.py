"""Classes and functions that took other arguments, or had other methods, when programs were printed."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from prunelle.overlay import Overlay


def _figure(overlay: Overlay, module: ModuleType) -> None:
    """``gca(projection="3d")``, until Matplotlib 3.6; ``savefig`` with what means nothing to it, until 3.4."""
    figure = module.Figure
    original, save = figure.gca, figure.savefig

    @functools.wraps(save)
    def savefig(self: Any, *args: Any, **given: Any) -> Any:
        try:
            return save(self, *args, **given)
        except TypeError as error:
            unknown = _UNKNOWN.search(str(error))
            if unknown is None or unknown[1] not in given:
                raise
            return savefig(self, *args, **{key: value for key, value in given.items() if key != unknown[1]})

    @functools.wraps(original)
    def gca(self: Any, **given: Any) -> Any:
        return self.add_subplot(**given) if given else original(self)

    overlay.put(figure, "gca", gca)
    overlay.put(figure, "savefig", savefig)


_UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'")


def _grid(overlay: Overlay, module: ModuleType) -> None:
    """``subplot(2, 20 / 2, 1)``: whole numbers as floats, until Matplotlib 3.4."""
    place, grid = module.SubplotSpec, module.GridSpecBase
    place_of, make = place._from_subplot_args, grid.__init__

    def whole(values: Any) -> list[Any]:
        return [int(one) if isinstance(one, float) and one.is_integer() else one for one in values]

    def from_subplot_args(figure: Any, args: Any) -> Any:
        return place_of(figure, whole(args))

    @functools.wraps(make)
    def init(self: Any, *args: Any, **given: Any) -> None:
        make(self, *whole(args), **given)

    overlay.put(place, "_from_subplot_args", staticmethod(from_subplot_args))
    overlay.put(grid, "__init__", init)


def _pyplot(overlay: Overlay, module: ModuleType) -> None:
    overlay.put(module, "gca", lambda **given: module.gcf().gca(**given))


def _axes(overlay: Overlay, module: ModuleType) -> None:
    """``hist(normed=True)``, until Matplotlib 3.1."""
    axes = module.Axes
    original = axes.hist

    @functools.wraps(original)
    def hist(self: Any, *args: Any, **given: Any) -> Any:
        if "normed" in given:
            given["density"] = bool(given.pop("normed"))
        return original(self, *args, **given)

    overlay.put(axes, "hist", hist)


def _ticks(overlay: Overlay, module: ModuleType) -> None:
    """Labels fewer than ticks, or more: until Matplotlib 3.3 those without one had none. ``tick.label``, until 3.7."""
    overlay.put(module.Tick, "label", property(lambda self: self.label1))
    axis = module.Axis
    original = axis.set_ticklabels

    @functools.wraps(original)
    def set_ticklabels(self: Any, labels: Any, *args: Any, **given: Any) -> Any:
        locator = self.get_minor_locator() if given.get("minor") else self.get_major_locator()
        if isinstance(locator, module.mticker.FixedLocator):
            labels, ticks = list(labels), len(locator.locs)
            labels = [*labels, *[""] * (ticks - len(labels))][:ticks]
        return original(self, labels, *args, **given)

    overlay.put(axis, "set_ticklabels", set_ticklabels)


def _styles(overlay: Overlay, module: ModuleType) -> None:
    """``seaborn`` and its kin, until Matplotlib 3.8."""
    for name, style in list(module.library.items()):
        if "seaborn-v0_8" in name:
            overlay.enter(module.library, name.replace("-v0_8", ""), style)


def _drawing(overlay: Overlay, module: ModuleType) -> None:
    """``draw.textsize``, until Pillow 10."""

    def textsize(self: Any, text: str, font: Any = None, *args: Any, **given: Any) -> tuple[int, int]:
        left, top, right, bottom = self.textbbox((0, 0), text, font, *args, **given)
        return int(right - left), int(bottom - top)

    overlay.put(module.ImageDraw, "textsize", textsize)


def _fonts(overlay: Overlay, module: ModuleType) -> None:
    """``font.getsize``, until Pillow 10."""

    def getsize(self: Any, text: str, *args: Any, **given: Any) -> tuple[int, int]:
        _, _, right, bottom = self.getbbox(text, *args, **given)
        return int(right), int(bottom)

    for kind in (module.FreeTypeFont, module.ImageFont):
        overlay.put(kind, "getsize", getsize)


def _loader(overlay: Overlay, module: ModuleType) -> None:
    """``iter(loader).next()``, until PyTorch 1.12."""
    overlay.put(module._BaseDataLoaderIter, "next", module._BaseDataLoaderIter.__next__)


def _pandas(overlay: Overlay, module: ModuleType) -> None:
    """``as_matrix``, until pandas 0.25; ``append`` and ``iteritems``, until 1.5; ``delim_whitespace``, until 2.3."""

    def as_matrix(self: Any, columns: Any = None) -> Any:
        return (self if columns is None else self[columns]).to_numpy()

    def append(
        self: Any, other: Any, ignore_index: bool = False, verify_integrity: bool = False, sort: bool = False
    ) -> Any:
        if isinstance(other, dict):
            other = module.Series(other)
        if isinstance(other, module.Series) and isinstance(self, module.DataFrame):
            other = other.to_frame().T.infer_objects()  # a row
        parts = [self, *(other if isinstance(other, list) else [other])]
        given = {"ignore_index": ignore_index, "verify_integrity": verify_integrity, "sort": sort}
        return module.concat(parts, **given)

    for kind in (module.DataFrame, module.Series):
        overlay.put(kind, "as_matrix", as_matrix)
        overlay.put(kind, "append", append)
        overlay.put(kind, "iteritems", kind.items)
    original = module.read_csv

    @functools.wraps(original)
    def read_csv(*args: Any, delim_whitespace: bool = False, **given: Any) -> Any:
        return original(*args, **(given | {"sep": r"\s+"} if delim_whitespace else given))

    overlay.put(module, "read_csv", read_csv)


CHANGED: dict[str, Callable[[Overlay, ModuleType], None]] = {
    "scipy": lambda overlay, module: overlay.put(module, "misc", sys.modules["scipy.misc"]),
    "matplotlib.axis": _ticks,
    "matplotlib.figure": _figure,
    "matplotlib.gridspec": _grid,
    "matplotlib.pyplot": _pyplot,
    "matplotlib.axes": _axes,
    "matplotlib.style": _styles,
    "PIL.ImageDraw": _drawing,
    "PIL.ImageFont": _fonts,
    "pandas": _pandas,
    "torch.utils.data.dataloader": _loader,
}
"""Module → what else is as it was in it."""
