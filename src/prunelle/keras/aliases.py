"""``import keras`` means ``prunelle.keras``, for as long as it is asked for.

Course programs import from ``keras``, from ``tensorflow.keras``, and from places that moved between 2015 and
today. ``ALIASES`` lists every such path with the modules of ``prunelle.keras`` whose names are found there. A
real Keras or TensorFlow that is installed is neither imported nor changed.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from prunelle.keras import absent

ROOTS = ("keras", "tensorflow")
"""Top names that are taken over."""

KERAS_PREFIXES = ("tensorflow.python.keras", "tensorflow.keras", "keras.api", "keras")

_SAME = (
    *("layers", "models", "activations", "initializers", "regularizers", "constraints", "losses", "metrics"),
    *("optimizers", "optimizers.schedules", "callbacks", "backend", "preprocessing", "preprocessing.image"),
    *("utils", "datasets", "datasets.mnist", "datasets.fashion_mnist", "datasets.cifar10"),
    *("datasets.cifar100", "applications", "applications.imagenet_utils"),
    *("applications.vgg16", "applications.vgg19", "applications.resnet", "applications.resnet50"),
    *("applications.inception_v3", "applications.xception", "applications.inception_resnet_v2"),
)

_LAYERS = (
    *("core", "convolutional", "pooling", "normalization", "merge", "advanced_activations", "noise"),
    *("experimental", "experimental.preprocessing", "preprocessing"),
)

ALIASES: dict[str, tuple[str, ...]] = {
    "": ("",),
    **{path: (path,) for path in _SAME},
    **dict.fromkeys((f"layers.{path}" for path in _LAYERS), ("layers",)),
    **dict.fromkeys(("engine", "engine.topology", "engine.training"), ("models", "layers")),
    **dict.fromkeys(("engine.base_layer", "engine.input_layer"), ("layers",)),
    **dict.fromkeys(("engine.sequential", "engine.functional"), ("models",)),
    **dict.fromkeys(
        (
            *("utils.np_utils", "utils.vis_utils", "utils.data_utils", "utils.image_utils"),
            *("utils.layer_utils", "utils.generic_utils", "utils.io_utils"),
        ),
        ("utils",),
    ),
    "optimizers.legacy": ("optimizers",),
    "objectives": ("losses",),
    "backend.tensorflow_backend": ("backend",),
    "applications.resnet_v1": ("applications.resnet",),
}
"""Path below ``keras`` → modules below ``prunelle.keras`` that have its names. The list of the docs uses it."""


def targets(name: str) -> tuple[str, ...] | None:
    """The modules behind a full name of an import, or None where there are none.

    Example:
        >>> targets("tensorflow.keras.layers.convolutional")
        ('prunelle.keras.layers',)
    """
    if name in ("tensorflow", "tensorflow.python"):
        return ("prunelle.keras.tensorflow",)
    for prefix in KERAS_PREFIXES:
        if name == prefix or name.startswith(f"{prefix}."):
            found = ALIASES.get(name[len(prefix) + 1 :])
            return found and tuple(f"prunelle.keras.{path}".rstrip(".") for path in found)
    return None


_NO_TENSORFLOW = "tensorboard.compat.notf"
"""Where this can be imported, TensorBoard does without TensorFlow, which it would otherwise take our alias for."""


class Alias(ModuleType):
    """A module that has what its targets offer, and says what it has not."""

    def __init__(self, name: str, found: tuple[str, ...]) -> None:
        super().__init__(name)
        self.__targets = tuple(importlib.import_module(target) for target in found)
        self.__all__ = list(dict.fromkeys(name for target in found for name in absent.public_names(target)))
        # A package, so that ``from keras.layers import LSTM`` comes to the finder, which can say more about it.
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        spelling = f"{self.__name__}.{name}"
        if targets(spelling) is not None:
            # By way of the finder, so that a module within says what it has not, too.
            return importlib.import_module(spelling)
        if name in self.__all__:
            return next(getattr(target, name) for target in self.__targets if hasattr(target, name))
        if name.startswith("__"):
            return getattr(self.__targets[0], name)  # __version__, and what Python looks for
        raise absent.NotCoveredAttribute(absent.message(spelling, self.__all__))

    def __dir__(self) -> list[str]:
        return sorted(self.__all__)


class AliasFinder(MetaPathFinder, Loader):
    """Finds ``keras`` and ``tensorflow`` and everything in them, and nothing else."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec, None for other packages.

        Raises:
            NotCoveredImport: a name within Keras that Prunelle does not have.
        """
        if fullname == _NO_TENSORFLOW:
            return ModuleSpec(fullname, self)
        if fullname.partition(".")[0] not in ROOTS:
            return None
        if targets(fullname) is not None:
            return ModuleSpec(fullname, self, is_package=True)
        parent = fullname.rpartition(".")[0]
        raise absent.NotCoveredImport(absent.message(fullname, _beside(parent)), name=fullname)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The alias."""
        if spec.name == _NO_TENSORFLOW:
            return None  # an empty one
        found = targets(spec.name)
        assert found is not None  # find_spec looked
        return Alias(spec.name, found)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: the targets ran when they were imported."""


def _beside(parent: str) -> list[str]:
    """Names that could have been meant: what the parent has, modules and others."""
    module = sys.modules.get(parent)
    below = parent.partition(".")[2] if parent.startswith("keras") else None
    modules = [path.rpartition(".")[2] for path in ALIASES if path and path.rpartition(".")[0] == below]
    return [*(module.__all__ if isinstance(module, Alias) else ()), *modules]


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """``keras`` and ``tensorflow`` are Prunelle's within, and what they were before afterwards."""
    finder = AliasFinder()
    before = _taken_out()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _taken_out()
        sys.modules.update(before)


def _taken_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in ROOTS or name == _NO_TENSORFLOW]
    return {name: sys.modules.pop(name) for name in names}
