"""pytest plugin: runs the test suites of Keras 2 and keras-preprocessing inside ``prunelle.keras.compat``.

    SUITES_CHECKOUT=CHECKOUT PYTHONPATH=THIS-FOLDER pytest -p plugin …

- ``keras``, ``tensorflow`` and ``keras_preprocessing`` are Prunelle's for the whole session, by ``compat``, which is
  all that this file knows of Prunelle.
- A name that Prunelle does not have becomes a placeholder, so that the other tests of the file run; whatever
  test uses it fails with ``Absent``, which says what Prunelle says of the name.
- Helpers of the suites that no program uses (``layer_test``, ``get_test_data``…) are loaded from
  the checkout at run time: none of Keras's code is in here.
- ``statements`` has what writes outcomes to files.

Environment:
    SUITES_CHECKOUT: a checkout of Keras 2; for keras-preprocessing it is not needed.
    SUITES_KERAS: the generation that ``compat`` is given; ``2.3`` unless said.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
import pytest
from statements import *  # noqa: F403 (hooks)
from statements import STATEMENTS, by_statements

from prunelle.keras import compat

CHECKOUT = os.environ.get("SUITES_CHECKOUT")


# Names that are not there.

_collecting = True


class Absent(Exception):
    """A test used a name that Prunelle does not have."""


class Placeholder:
    """Stands for such a name until it is used."""

    def __init__(self, spelling: str, said: str) -> None:
        self.__dict__.update(spelling=spelling, said=said)

    def __repr__(self) -> str:
        return f"<absent {self.spelling}>"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.spelling}.{name}", self.said)

    def _used(self, *arguments: Any, **named: Any) -> Any:
        if _collecting:  # an argument of pytest.mark.parametrize
            return Placeholder(f"{self.spelling}()", self.said)
        raise Absent(f"{self.spelling}: {self.said}")

    def __iter__(self) -> Any:
        return iter([self._used()])

    def __len__(self) -> int:
        self._used()
        return 1

    __call__ = __getitem__ = __enter__ = __float__ = __int__ = _used
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __truediv__ = __array__ = _used

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        placeholder = self

        class AbsentBase:
            def __init__(self, *arguments: Any, **named: Any) -> None:
                placeholder._used()

        return (AbsentBase,)


class PlaceholderModule(ModuleType):
    """A module that is not there."""

    def __init__(self, name: str, said: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__dict__["said"] = said

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "2.0.0"  # of TensorFlow, asked before anything else
        if name.startswith("__"):
            raise AttributeError(name)
        own = EXTRAS.get(f"{self.__name__}.{name}")
        return own if own is not None else Placeholder(f"{self.__name__}.{name}", self.__dict__["said"])


class Finder:
    """In front of Prunelle's: modules with placeholders for what it has not."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in ("keras", "tensorflow", "keras_preprocessing"):
            return None
        if fullname.startswith("keras.src"):
            return None
        if fullname in ("keras.backend.cntk_backend", "keras.backend.theano_backend"):
            raise ImportError(fullname)
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        if spec.name in MODULES:
            return MODULES[spec.name]()
        try:
            for finder in sys.meta_path:
                found = None if finder is self else finder.find_spec(spec.name, None)
                if found is not None:
                    return Proxy(spec.name, found.loader.create_module(found))
        except ImportError as error:
            return PlaceholderModule(spec.name, str(error))
        return PlaceholderModule(spec.name, f"{spec.name} is not there")

    def exec_module(self, module: ModuleType) -> None:
        pass


class Proxy(ModuleType):
    """A module of Prunelle's, with placeholders for names it has not."""

    def __init__(self, name: str, inner: Any) -> None:
        super().__init__(name)
        self.__dict__["_inner"] = inner
        self.__path__: list[str] = []
        self.__all__ = list(inner.__all__)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            setattr(self._inner, name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in vars(self._inner):
            delattr(self._inner, name)
        super().__delattr__(name)

    def __getattr__(self, name: str) -> Any:
        spelling = f"{self.__name__}.{name}"
        for each in (spelling, f"*.{name}"):
            if each in EXTRAS:
                return EXTRAS[each]
        if spelling in MODULES:
            return importlib.import_module(spelling)
        try:
            found = getattr(self._inner, name)
        except AttributeError as error:
            if name.startswith("__") and name != "__version__":
                raise
            return Placeholder(spelling, str(error))
        return (
            importlib.import_module(spelling)
            if isinstance(found, ModuleType) and found.__name__ == spelling
            else found
        )


# Helpers of the suites.


def _from_checkout(name: str) -> Any:
    """A module of the checkout, whose imports are Prunelle's."""

    def load() -> ModuleType:
        assert CHECKOUT is not None, "SUITES_CHECKOUT is not set"
        importlib.import_module("keras.backend")
        path = Path(CHECKOUT, *name.split(".")).with_suffix(".py")
        module = ModuleType(name)
        module.__file__, module.__package__ = str(path), name.rpartition(".")[0]
        exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
        if STATEMENTS and hasattr(module, "layer_test"):
            module.layer_test = by_statements(module.layer_test)
        return module

    return load


MODULES = {
    name: _from_checkout(name)
    for name in (
        *("keras.utils.test_utils", "keras.utils.conv_utils"),
        *("keras.backend.numpy_backend", "keras.backend.common"),  # what the tests of K compare it with
    )
}
"""Modules of the checkout that are tools of the suites."""

EXTRAS: dict[str, Any] = {
    "keras.backend.tensorflow_backend._get_available_gpus": list,
}
"""Names that are tools of the suites."""


_installed = contextlib.ExitStack()
_installed.enter_context(compat(os.environ.get("SUITES_KERAS", "2.3")))
sys.meta_path.insert(0, Finder())
if not hasattr(np, "alltrue"):
    np.alltrue = np.all  # gone in NumPy 2


# What pytest calls.


def pytest_collection_finish() -> None:
    global _collecting
    _collecting = False


def pytest_unconfigure() -> None:
    _installed.close()


@pytest.fixture(autouse=True)
def names_begin_again() -> Any:
    """Names of layers begin again after each test, as the suites' conftest has it."""
    yield
    importlib.import_module("keras.backend").clear_session()


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write files into the working folder, and leave ``multiprocessing`` as it should not be."""
    monkeypatch.chdir(tmp_path)
    multiprocessing.set_start_method("fork", force=True)
