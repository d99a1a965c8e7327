"""``import keras`` and ``import tensorflow`` in a program: views on Keras 3 that also have what was there before.

A view is a module object under an import path (``keras.layers.convolutional``, ``tensorflow.keras.layers``). It looks
for a name in Prunelle's rooms (what Keras 3 has not, or means otherwise) and then in Keras's public modules. The views
are in ``sys.modules`` only while a program runs; ``keras.src`` is Keras's own all the time, so Keras itself never sees
them.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from prunelle.errors import PrunelleError, did_you_mean
from prunelle.keras import floor, tensorflow_1
from prunelle.keras.overlay import Overlay

ROOTS = ("keras", "tensorflow", "keras_preprocessing")
"""Top names that mean Prunelle's views."""

_KERAS_IN_TENSORFLOW = ("losses", "metrics", "optimizers", "initializers")
"""``tf.losses`` is ``tf.keras.losses``."""

_TENSORFLOW = ("tensorflow.python", "tensorflow.compat.v1", "tensorflow.compat.v2", "tensorflow.compat")
"""Paths with the names of ``tensorflow`` itself, and below them those of its modules."""

PREFIXES: tuple[str, ...] = (
    "tensorflow.python.keras",
    "tensorflow.contrib.keras.api.keras",
    "tensorflow.contrib.keras.python.keras",
)
PREFIXES += ("tensorflow.contrib.keras.api", "tensorflow.contrib.keras.python")
PREFIXES += ("tensorflow.contrib.keras", "tensorflow.compat.v2.keras", "tensorflow.compat.v1.keras")
PREFIXES += ("tensorflow.keras", "keras.api", "keras.legacy", "keras")

_IN_LAYERS = (
    *(
        "core",
        "convolutional",
        "pooling",
        "normalization",
        "merge",
        "merging",
        "advanced_activations",
        "noise",
    ),
    *("local", "recurrent", "rnn", "embeddings", "wrappers", "convolutional_recurrent", "cudnn_recurrent"),
    *(
        "experimental",
        "experimental.preprocessing",
        "preprocessing",
        "regularization",
        "reshaping",
        "attention",
    ),
    *("activation", "legacy"),
)
_IN_UTILS = (
    *(
        "np_utils",
        "vis_utils",
        "data_utils",
        "image_utils",
        "layer_utils",
        "generic_utils",
        "io_utils",
        "conv_utils",
    ),
    *("multi_gpu_utils", "test_utils", "metrics_utils", "all_utils"),
)

_IN_IMAGE = (
    *(
        "affine_transformations",
        "dataframe_iterator",
        "directory_iterator",
        "image_data_generator",
        "iterator",
    ),
    *("numpy_array_iterator", "utils"),
)

MOVED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((f"layers.{path}" for path in _IN_LAYERS), ("layers",)),
    **dict.fromkeys((f"utils.{path}" for path in _IN_UTILS), ("utils",)),
    **dict.fromkeys(("engine", "engine.topology", "engine.training", "engine.network"), ("models", "layers")),
    **dict.fromkeys(("engine.base_layer", "engine.input_layer", "engine.keras_tensor"), ("layers",)),
    **dict.fromkeys(("engine.sequential", "engine.functional", "engine.saving"), ("models",)),
    "engine.training_utils": ("utils",),
    "utils.losses_utils": ("losses",),
    "optimizers.legacy": ("optimizers",),
    "optimizers.experimental": ("optimizers",),
    "optimizers.schedules.learning_rate_schedule": ("optimizers.schedules",),
    "objectives": ("losses",),
    "initializations": ("initializations", "initializers"),
    "backend.tensorflow_backend": ("backend",),
    "backend.common": ("backend",),
    "backend.load_backend": ("backend",),
    "callbacks.callbacks": ("callbacks",),
    "applications.resnet_v1": ("applications", "applications.resnet"),
    "applications.mobilenetv2": ("applications.mobilenet_v2",),
    **dict.fromkeys((f"preprocessing.image.{path}" for path in _IN_IMAGE), ("preprocessing.image",)),
    **{
        f"applications.{name}": ("applications", f"applications.{name}")
        for name in (
            *(
                "imagenet_utils",
                "inception_resnet_v2",
                "inception_v3",
                "resnet",
                "vgg16",
                "vgg19",
                "xception",
            ),
        )
    },
    "applications.resnet50": ("applications.resnet50",),
    "wrappers": ("wrappers",),
    "wrappers.scikit_learn": ("wrappers",),
    "datasets": ("datasets",),
}
"""Path below ``keras`` that programs import → the paths that have its names."""

HOME = "prunelle.keras.names"
"""The package that has, path by path, what Keras 3 does not."""


_NO_TENSORFLOW = "tensorboard.compat.notf"
"""Where this can be imported, TensorBoard does without TensorFlow, which it would otherwise take our view for."""


class NotThere(PrunelleError):
    """A name that neither Keras 3 nor Prunelle has. Its subclasses are what Python expects of modules.

    Attributes:
        spelling: the whole name, ``tensorflow.compat.v1.placeholder``.
    """

    spelling = ""


class NoAttribute(NotThere, AttributeError):
    """So that ``hasattr`` says no."""


class NoImport(NotThere, ImportError):
    """So that ``except ImportError`` catches it."""


def below_keras(name: str) -> str | None:
    """The path below ``keras`` of an import path; None for other packages and for ``tensorflow`` itself."""
    root, _, rest = name.partition(".")
    if root == "keras_preprocessing":
        return f"preprocessing.{rest}".rstrip(".")
    name = _in_short(name)
    root, _, rest = name.partition(".")
    if root == "tensorflow" and rest.partition(".")[0] in _KERAS_IN_TENSORFLOW:
        return rest
    for prefix in PREFIXES:
        if name == prefix or name.startswith(f"{prefix}."):
            return name[len(prefix) + 1 :]
    return None


def in_tensorflow(name: str) -> ModuleType | None:
    """Prunelle's module of ``tensorflow.math`` and its like, by whichever path."""
    return _own(_in_short(name)) if name.partition(".")[0] == "tensorflow" else None


def _in_short(name: str) -> str:
    """``tensorflow.compat.v1.math`` → ``tensorflow.math``."""
    for prefix in _TENSORFLOW:
        if name == prefix or name.startswith(f"{prefix}."):
            return f"tensorflow{name[len(prefix) :]}"
    return name


def homes(path: str) -> list[ModuleType]:
    """The modules that have the names of a path below ``keras``, the first to be asked first."""
    found = []
    for each in MOVED.get(path, (path,)):
        own = _own(each)
        if own is not None:
            found.append(own)
        keras = floor.MODULES.get(f"keras.{each}".rstrip("."))
        if keras is not None:
            found.append(keras)
    return found


def _own(path: str) -> ModuleType | None:
    name = f"{HOME}.{path}".rstrip(".")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        return None


class View(ModuleType):
    """A module of a program's Keras."""

    __written: dict[str, tuple[ModuleType, Any]]

    def __init__(self, name: str, found: Sequence[ModuleType]) -> None:
        super().__init__(name)
        self.__dict__["_View__written"] = {}
        self.__homes = tuple(found)
        names = [name for home in found for name in _offered(home)]
        self.__all__ = list(dict.fromkeys(names))
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        spelling = f"{self.__name__}.{name}"
        path = below_keras(spelling)
        if name.startswith("__"):
            return getattr(self.__homes[0], name)
        there = (
            path in MOVED or f"keras.{path}" in floor.MODULES or (path is not None and _own(path) is not None)
        )
        if spelling in ("tensorflow.keras", *_TENSORFLOW) or there or in_tensorflow(spelling) is not None:
            return importlib.import_module(spelling)
        for home in self.__homes:
            if name in vars(home) or name in _offered(home):
                return getattr(home, name)
        raise not_there(NoAttribute, spelling, self.__all__)

    def __call__(self, *args: Any, **given: Any) -> Any:
        """``keras.layers.merge`` was a module and, in Keras 1, a function: what it does when it is called."""
        parent, _, name = self.__name__.rpartition(".")
        path = below_keras(parent)
        for home in [] if path is None else homes(path):
            if callable(vars(home).get(name)):
                return vars(home)[name](*args, **given)
        raise TypeError(f"{self.__name__} is a module; it cannot be called.")

    def __setattr__(self, name: str, value: Any) -> None:
        """A function that a program (or a test of one) puts in the place of Prunelle's is the one that is called."""
        if not name.startswith("_") and name not in self.__written:
            before = getattr(self, name, None)
            home = _definition(name, before)
            if home is not None:
                self.__written[name] = home, before
        if name in self.__written:
            _replaced.put(self.__written[name][0], name, value)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        """What was replaced is there again."""
        if name in self.__written:
            _replaced.put(self.__written[name][0], name, self.__written[name][1])
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted(self.__all__)


def _definition(name: str, function: Any) -> ModuleType | None:
    """Prunelle's module where a function is defined under its name, and called by it."""
    home = sys.modules.get(getattr(function, "__module__", None) or "")
    ours = home is not None and home.__name__.startswith("prunelle.")
    return home if ours and vars(home).get(name) is function else None


_replaced = Overlay()
"""Functions of Prunelle's that the program that runs has replaced."""


def _offered(module: ModuleType) -> list[str]:
    own: list[str] | None = getattr(module, "__all__", None)
    return list(own) if own is not None else [name for name in vars(module) if not name.startswith("_")]


def not_there(kind: type[NotThere], spelling: str, known: Sequence[str] = (), **more: str) -> NotThere:
    """The error for a name that is not there: what TensorFlow 1 had says what takes its place.

    Args:
        kind: of error.
        spelling: the whole name.
        known: names beside it that are there.
        more: for the error.
    """
    said = tensorflow_1.sentence(spelling)
    error = kind(_message(spelling, known) if said is None else said.en, **more)
    error.spelling = spelling
    return error


def _message(spelling: str, known: Sequence[str]) -> str:
    name = spelling.rpartition(".")[2]
    who = f"neither Keras {floor.MINOR} nor Prunelle has"
    if below_keras(spelling) is None:
        who, spelling = "Prunelle has no", f"tf{spelling.removeprefix('tensorflow')}"
    return (
        f"{who} {spelling}.{did_you_mean(name, known)} What there is: "
        f"docs/keras-coverage.md, or the command: prunelle run --covered."
    )


class Finder(MetaPathFinder, Loader):
    """Finds the views, and nothing else.

    Args:
        on_tensorflow: called when a program imports ``tensorflow``.
    """

    def __init__(self, on_tensorflow: Callable[[], object]) -> None:
        self._on_tensorflow = on_tensorflow

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec, None for other packages.

        Raises:
            NoImport: a module that is not there.
        """
        root = fullname.partition(".")[0]
        if fullname == _NO_TENSORFLOW:
            return ModuleSpec(fullname, self)
        if root not in ROOTS or fullname.startswith("keras.src"):
            return None
        if self.found(fullname):
            return ModuleSpec(fullname, self, is_package=True)
        parent = sys.modules.get(fullname.rpartition(".")[0])
        raise not_there(NoImport, fullname, getattr(parent, "__all__", ()), name=fullname)

    def found(self, name: str) -> list[ModuleType]:
        """The homes of an import path."""
        path = below_keras(name)
        if path is not None:
            return homes(path)
        own = in_tensorflow(name)
        return [] if own is None else [own]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The view."""
        if spec.name == _NO_TENSORFLOW:
            return None  # an empty one
        if spec.name == "tensorflow":
            self._on_tensorflow()
        return View(spec.name, self.found(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: the homes ran when they were imported."""


@contextlib.contextmanager
def installed(on_tensorflow: Callable[[], object]) -> Iterator[None]:
    """Inside, the views are what a program imports; afterwards, everything is what it was before.

    Args:
        on_tensorflow: called when the program imports ``tensorflow``.
    """
    finder = Finder(on_tensorflow)
    before = _taken_out()
    sys.meta_path.insert(0, finder)
    lazy = floor.private("utils.module_utils.tensorflow")
    known, lazy._available = lazy._available, False  # Keras must not take the view for TensorFlow
    src = sys.modules["keras.src"]
    try:
        yield
    finally:
        _replaced.remove()
        lazy._available = known
        sys.meta_path.remove(finder)
        _taken_out()
        sys.modules.update(before)
        assert sys.modules["keras.src"] is src


def _taken_out() -> dict[str, ModuleType]:
    names = [n for n in sys.modules if n.partition(".")[0] in ROOTS and not f"{n}.".startswith("keras.src.")]
    names += [_NO_TENSORFLOW] if _NO_TENSORFLOW in sys.modules else []
    return {name: sys.modules.pop(name) for name in names}
