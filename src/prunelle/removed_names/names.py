"""Names that modules had: module, name, and how to have what it was."""

from __future__ import annotations

import collections
import collections.abc
import functools
import inspect
import math
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
from PIL import Image

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


def _inline(name: str) -> Any:
    return getattr(import_module("matplotlib_inline.backend_inline"), name)


def _transforms(name: str) -> Any:
    return getattr(
        sys.modules["torchvision.transforms"], name
    )  # of a library that is the program's, not Prunelle's


def _colours(name: Any = None, lut: int | None = None) -> Any:
    """``matplotlib.cm.get_cmap``: a map by its name, or the one in use; with so many colours."""
    return import_module("matplotlib.pyplot").get_cmap(name, lut)


MISSING: dict[str, Mapping[str, Callable[[], Any]]] = {
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
    # IPython 8's and 9's "What's new"
    "IPython.display": {
        name: functools.partial(_inline, name) for name in ("set_matplotlib_formats", "set_matplotlib_close")
    },
    # torchvision 0.12's release notes
    "torchvision.transforms": {
        old: functools.partial(_transforms, new)
        for old, new in {"Scale": "Resize", "RandomSizedCrop": "RandomResizedCrop"}.items()
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

MOVED = {
    # scikit-learn 0.20: https://scikit-learn.org/0.20/whats_new.html; joblib came out in 0.23
    "sklearn.cross_validation": "sklearn.model_selection",
    "sklearn.grid_search": "sklearn.model_selection",
    "sklearn.learning_curve": "sklearn.model_selection",
    "sklearn.externals.joblib": "joblib",
}
"""Module → where what it had is now."""
