"""Names that NumPy, SciPy and scikit-learn had, there again while a program runs (``prunelle run`` alone); noted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import scipy
from PIL import Image

from prunelle.keras.overlay import Overlay
from prunelle.texts import Note

_REMOVED: dict[str, Any] = {
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
"""Name → what it was. What NumPy still has, under the same name, is left alone."""

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
    """Inside, old names of NumPy and of ``scipy.misc`` are there.

    Args:
        is_library: whether a file is no program's: libraries ask NumPy which names it has, and are told the truth.
        tell: told of each that is used, once, as a note and its words.
    """
    overlay, told = Overlay(), set[tuple[str, str]]()

    def noted(module: str, name: str) -> None:
        if (module, name) not in told:
            told.add((module, name))
            tell(_NOTED, {"module": module, "name": name})

    missing = np.__getattr__

    def found(name: str) -> Any:
        if name in _REMOVED and not is_library(sys._getframe(1).f_code.co_filename):
            noted("numpy", name)
            return _REMOVED[name]
        return missing(name)

    overlay.put(np, "__getattr__", found)
    before = sys.modules.get("scipy.misc")
    overlay.enter(sys.modules, "scipy.misc", misc := _Misc(before, noted))
    overlay.put(scipy, "misc", misc)  # "import scipy" was enough where Keras had imported it
    for old, new in _MOVED.items():
        overlay.enter(sys.modules, old, _Elsewhere(old, new, noted))
    try:
        yield
    finally:
        overlay.remove()


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
