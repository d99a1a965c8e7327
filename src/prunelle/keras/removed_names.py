"""What libraries and Python had when a program was printed, there again while it runs (``prunelle run`` alone); noted.

NumPy, SciPy, scikit-learn, Matplotlib, Pillow, and Python's own library. A library is looked after when it is imported,
so a program that does without costs nothing.
"""

from __future__ import annotations

import collections
import collections.abc
import functools
import importlib.abc
import importlib.util
import inspect
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

from prunelle.keras.overlay import Overlay
from prunelle.texts import Note

_NUMPYS: dict[str, Any] = {
    # NumPy 1.24: https://numpy.org/doc/stable/release/1.24.0-notes.html (aliases of Python's own types)
    "int": int,
    "float": float,
    "complex": complex,
    "object": object,
    "str": str,
    "long": int,
    "unicode": str,
    # NumPy 2.0: https://numpy.org/doc/stable/numpy_2_0_migration_guide.html
    **dict.fromkeys(("Inf", "Infinity", "PINF", "infty"), np.inf),
    "NINF": -np.inf,
    "NaN": np.nan,
    "NAN": np.nan,
    "PZERO": 0.0,
    "NZERO": -0.0,
    "float_": np.float64,
    "complex_": np.complex128,
    "unicode_": np.str_,
    "string_": np.bytes_,
    "product": np.prod,
    "cumproduct": np.cumprod,
    "sometrue": np.any,
    "alltrue": np.all,
    "round_": np.round,
    "row_stack": np.vstack,
    "in1d": np.isin,
    "trapz": np.trapezoid,
    "asfarray": lambda a, dtype=np.float64: np.asarray(a, dtype),
    "mat": np.asmatrix,
    "msort": np.sort,
    "cast": {kind: (lambda a, kind=kind: np.asarray(a).astype(kind)) for kind in np.sctypeDict},
}


def _windows(name: str) -> Any:
    return getattr(import_module("scipy.signal.windows"), name)


def _integrals(name: str) -> Any:
    return getattr(import_module("scipy.integrate"), name)


def _colours(name: Any = None, lut: int | None = None) -> Any:
    """``matplotlib.cm.get_cmap``: a map by its name, or the one in use; with so many colours."""
    return import_module("matplotlib.pyplot").get_cmap(name, lut)


_MISSING: dict[str, Mapping[str, Callable[[], Any]]] = {
    "numpy": {name: functools.partial(lambda value: value, value) for name, value in _NUMPYS.items()},
    # SciPy 1.0 to 1.14's release notes: what it had of NumPy's, windows, old names of integrals
    "scipy": {
        name: functools.partial(getattr, np, name)
        for name in (
            *("array", "zeros", "ones", "linspace", "arange", "eye", "dot", "interp", "sqrt", "exp", "log"),
            *("sin", "cos", "mean", "std", "pi", "inf", "nan"),
        )
    },
    "scipy.signal": {
        name: functools.partial(_windows, {"hanning": "hann"}.get(name, name))
        for name in (
            *("gaussian", "hann", "hanning", "hamming", "blackman", "kaiser", "bartlett"),
            *("boxcar", "triang"),
        )
    },
    "scipy.integrate": {
        old: functools.partial(_integrals, new)
        for old, new in {
            "trapz": "trapezoid",
            "simps": "simpson",
            "cumtrapz": "cumulative_trapezoid",
        }.items()
    },
    # Matplotlib 3.9's API changes
    "matplotlib.cm": {"get_cmap": lambda: _colours},
    # Pillow 10.0's release notes
    "PIL.Image": {
        name: functools.partial(getattr, Image.Resampling, of)
        for name, of in {"ANTIALIAS": "LANCZOS", "LINEAR": "BILINEAR", "CUBIC": "BICUBIC"}.items()
    },
    # "What's New in Python" 3.8 (time), 3.9 (fractions), 3.10 (collections), 3.11 (inspect)
    "time": {"clock": lambda: time.perf_counter},
    "fractions": {"gcd": lambda: math.gcd},
    "inspect": {"getargspec": lambda: _getargspec},
    "collections": {
        name: functools.partial(getattr, collections.abc, name)
        for name in (
            *("Callable", "Container", "Generator", "Hashable", "Iterable", "Iterator", "KeysView"),
            *("Mapping", "MutableMapping", "MutableSequence", "MutableSet", "Sequence", "Set", "Sized"),
            "ValuesView",
        )
    },
}
"""Module → name → how to have what it was. What a module still has, under the same name, is left alone."""


def _getargspec(func: Any) -> Any:
    full = inspect.getfullargspec(func)
    return _ArgSpec(full.args, full.varargs, full.varkw, full.defaults)


_ArgSpec = collections.namedtuple("_ArgSpec", "args varargs keywords defaults")  # as it was

_MOVED = {
    # scikit-learn 0.20: https://scikit-learn.org/0.20/whats_new.html; joblib came out in 0.23
    "sklearn.cross_validation": "sklearn.model_selection",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.learning_curve": "sklearn.model_selection",
    "sklearn.externals.joblib": "joblib",
}
"""Module → where what it had is now."""

_NOTED = Note(
    "{module} has no {name} any more; here it is there as it was.",
    "{module} n’a plus {name} ; il est ici comme avant.",
)


@contextmanager
def there_again(
    tell: Callable[[Note, dict[str, str]], None], is_library: Callable[[str], bool]
) -> Iterator[None]:
    """Inside, what ``_MISSING`` and ``_CHANGED`` name, and ``scipy.misc``, are there.

    Args:
        is_library: whether a file is no program's: libraries ask which names there are, and are told the truth.
        tell: told of each that is used, once, as a note and its words.
    """
    overlay, told = Overlay(), set[tuple[str, str]]()

    def noted(module: str, name: str) -> None:
        if (module, name) not in told:
            told.add((module, name))
            tell(_NOTED, {"module": module, "name": name})

    def look_after(module: ModuleType) -> None:
        names = _MISSING.get(module.__name__)
        if names:
            overlay.put(module, "__getattr__", _finding(module, names, noted, is_library))
        if module.__name__ in _CHANGED:
            _CHANGED[module.__name__](overlay, module)

    misc = _Misc(sys.modules.get("scipy.misc"), noted)
    overlay.enter(sys.modules, "scipy.misc", misc)
    for old, new in _MOVED.items():
        overlay.enter(sys.modules, old, _Elsewhere(old, new, noted))
    waiting = _Imports({*_MISSING, *_CHANGED} - sys.modules.keys(), look_after)
    for name in (*_MISSING, *_CHANGED):
        if name in sys.modules:
            look_after(sys.modules[name])
    sys.meta_path.insert(0, waiting)
    try:
        yield
    finally:
        sys.meta_path.remove(waiting)
        overlay.remove()


def _finding(
    module: ModuleType,
    names: Mapping[str, Callable[[], Any]],
    noted: Callable[[str, str], None],
    is_library: Callable[[str], bool],
) -> Callable[[str], Any]:
    """A module's ``__getattr__``."""
    original = vars(module).get("__getattr__")

    def found(name: str) -> Any:
        if name in names and not is_library(sys._getframe(1).f_code.co_filename):
            noted(module.__name__, name)
            return names[name]()
        if original is not None:
            return original(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    return found


class _Imports(importlib.abc.MetaPathFinder):
    """Calls ``look_after`` with each of ``names`` once it has been imported."""

    def __init__(self, names: set[str], look_after: Callable[[ModuleType], None]) -> None:
        self._names, self._look_after = names, look_after

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """The spec that others find, with one thing more to do at its end."""
        if fullname not in self._names:
            return None
        self._names.discard(fullname)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                self._look_after(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _figure(overlay: Overlay, module: ModuleType) -> None:
    """``gca(projection="3d")``, until Matplotlib 3.6."""
    figure = module.Figure
    original = figure.gca

    @functools.wraps(original)
    def gca(self: Any, **given: Any) -> Any:
        return self.add_subplot(**given) if given else original(self)

    overlay.put(figure, "gca", gca)


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
    """Labels that are fewer than ticks, or more: until Matplotlib 3.3 those without one had none."""
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


_CHANGED: dict[str, Callable[[Overlay, ModuleType], None]] = {
    "scipy": lambda overlay, module: overlay.put(module, "misc", sys.modules["scipy.misc"]),
    "matplotlib.axis": _ticks,
    "matplotlib.figure": _figure,
    "matplotlib.pyplot": _pyplot,
    "matplotlib.axes": _axes,
    "matplotlib.style": _styles,
    "PIL.ImageDraw": _drawing,
    "PIL.ImageFont": _fonts,
}
"""Module → what else is as it was in it."""


class _Misc(ModuleType):
    """``scipy.misc``, with the pictures that it had until SciPy 1.2 (1.3.0's release notes name them)."""

    def __init__(self, before: ModuleType | None, noted: Callable[[str, str], None]) -> None:
        super().__init__("scipy.misc")
        self._before, self._noted = before, noted
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name in _PICTURES:
            self._noted("scipy.misc", name)
            return _PICTURES[name]
        if self._before is not None and not name.startswith("__"):
            return getattr(self._before, name)
        raise AttributeError(f"scipy.misc has no {name}")


class _Elsewhere(ModuleType):
    """A module under its old name: imported when something is asked of it."""

    def __init__(self, old: str, new: str, noted: Callable[[str, str], None]) -> None:
        super().__init__(old)
        self._new, self._noted = new, noted

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(import_module(self._new), name)
        self._noted(*self.__name__.rsplit(".", 1))
        return found


def _read(name: Any, flatten: bool = False, mode: str | None = None) -> np.ndarray:
    with Image.open(name) as opened:
        image: Image.Image = opened
        image = image.convert(mode) if mode else image.convert("RGB") if image.mode == "P" else image
        return np.array(image.convert("F") if flatten else image)


def _picture(
    arr: Any, high: float = 255, low: float = 0, cmin: Any = None, cmax: Any = None, **_: Any
) -> Any:
    array = np.asarray(arr)
    if array.ndim == 3 and array.shape[0] in (3, 4) and array.shape[-1] not in (3, 4):
        array = np.moveaxis(array, 0, -1)
    if array.dtype != np.uint8:  # spread over all bytes
        least = float(array.min()) if cmin is None else cmin
        most = float(array.max()) if cmax is None else cmax
        spread = (array - least) * (high - low) / ((most - least) or 1) + low
        array = (np.clip(spread, low, high) + 0.5).astype(np.uint8)
    return Image.fromarray(array)


def _save(name: Any, arr: Any, format: str | None = None) -> None:
    _picture(arr).save(name, format=format)


def _resize(arr: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> np.ndarray:
    image = _picture(arr)
    if isinstance(size, int):  # per cent
        width, height = (side * size // 100 for side in image.size)
    elif isinstance(size, float):
        width, height = (int(side * size) for side in image.size)
    else:
        height, width = size[:2]
    return np.array(image.resize((width, height), Image.Resampling[interp.upper()]))


_PICTURES = {
    "imread": _read,
    "imsave": _save,
    "imresize": _resize,
    "toimage": _picture,
    "fromimage": np.array,
}
