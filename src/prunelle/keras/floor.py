"""The Keras that everything here stands on: Keras 3 with PyTorch under it, imported once and as it is.

While a program runs, ``keras`` in ``sys.modules`` is the program's view (``imports``). Rooms of this package therefore
never write ``import keras``: they take ``keras`` from here.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from prunelle.errors import PrunelleError

if TYPE_CHECKING:
    from collections.abc import Iterator

MINOR = "3.15"
"""The one minor version that this package is written for: it uses names that Keras does not promise to keep."""

INSTALL = "pip install 'prunelle[keras]'"

PRIVATE = (
    "backend.common.global_state.get_global_attribute",
    "backend.common.global_state.set_global_attribute",
    "backend.torch.nn.average_pool",
    "backend.torch.optimizers.torch_adam.Adam._parallel_update_step",
    "backend.torch.optimizers.torch_adagrad.Adagrad._parallel_update_step",
    "backend.torch.optimizers.torch_nadam.Nadam._parallel_update_step",
    "backend.torch.optimizers.torch_parallel_optimizer.TorchParallelOptimizer._backend_update_step",
    "backend.torch.optimizers.torch_rmsprop.RMSprop._parallel_update_step",
    "activations.ALL_OBJECTS_DICT",
    "applications.resnet.layers",
    "initializers.ALL_OBJECTS_DICT",
    "legacy.preprocessing.sequence.TimeseriesGenerator",
    "legacy.preprocessing.text.Tokenizer",
    "losses.ALL_OBJECTS_DICT",
    "metrics.ALL_OBJECTS_DICT",
    "models.functional.Functional._maybe_warn_inputs_struct_mismatch",
    "optimizers.ALL_OBJECTS_DICT",
    "optimizers.base_optimizer.BaseOptimizer._get_current_learning_rate",
    "backend.torch.random.make_default_seed",
    "datasets.npz_utils.RestrictedUnpickler",
    "datasets.npz_utils.load_npz",
    "random.seed_generator.GLOBAL_SEED_GENERATOR",
    "random.seed_generator.make_default_seed",
    "trainers.data_adapters.data_adapter.DataAdapter.get_torch_dataloader",
    "trainers.compile_utils.CompileLoss.build",
    "trainers.compile_utils.CompileMetrics.build",
    "trainers.trainer.Trainer._compute_loss",
    "utils.module_utils.tensorflow",
    "utils.python_utils.remove_long_seq",
)
"""Names below ``keras.src`` that are used here and that Keras does not promise: a test finds each."""

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "layer": (
        *("_inbound_nodes", "_outbound_nodes", "_kernel", "_call_has_training_arg", "_losses"),
        *("_input_shape_arg", "_track_variable", "_tracker"),
    ),
    "tensor": ("_keras_history",),
    "sequential": ("_functional", "_layers"),
    "functional": (
        *("_nodes_by_depth", "_inputs", "_outputs", "_outputs_struct", "_flatten_layers"),
        *("_run_through_graph", "_standardize_inputs"),
    ),
    "model": (
        "_compile_loss",
        "_compile_metrics",
        "_loss_tracker",
        "_metrics",
        "_symbolic_build",
        "_compute_loss",
    ),
    "loss": ("_user_loss_weights",),
    "metrics": ("_flat_metrics", "_flat_weighted_metrics", "_user_metrics", "_user_weighted_metrics"),
    "metric": ("_fn", "_fn_kwargs"),
    "optimizer": (
        *(
            "_iterations",
            "_learning_rate",
            "_variables",
            "_trainable_variables",
            "_trainable_variables_indices",
        ),
        *("_get_variable_index", "_get_current_learning_rate", "_backend_update_step"),
        *("_momentums", "_velocities"),
    ),
    "nadam": ("_u_product",),
}
"""Attributes of Keras's objects that are used here and that it does not promise: a test finds each on one."""


class _Postponed(ModuleType):
    """A module of Keras's that is imported when something is asked of it."""

    def __getattr__(self, name: str) -> Any:
        if name in ("__path__", "__file__"):
            raise AttributeError(name)
        self._import()
        if name not in vars(self):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return vars(self)[name]

    def __dir__(self) -> list[str]:
        self._import()
        return list(vars(self))

    def _import(self) -> None:
        if "__path__" in vars(self):
            return
        # By its file: ``keras`` in ``sys.modules`` may be a program's view by now.
        spec = PathFinder.find_spec(self.__name__, keras.__path__)
        if spec is not None and spec.loader is not None:
            real = module_from_spec(spec)
            spec.loader.exec_module(real)
            vars(self).update(vars(real))


class _WithoutCompiler(ModuleType):
    """Stands for ``torch._dynamo``, seconds of a start: Keras and PyTorch mark functions with it, and no more."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.asked: list[Any] = []

    def disable(self, function: Any = None, recursive: bool = True, wrapping: bool = True) -> Any:
        if function is not None:
            self.asked.append(function)
            return function

        def mark(function: Any) -> Any:
            function._torchdynamo_disable = True
            return function

        return mark


@contextmanager
def without_compiler() -> Iterator[None]:
    """Inside, PyTorch does not import its compiler for tensors without values, by which shapes are found."""
    import torch

    name = "torch._dynamo"
    if name in sys.modules:
        yield
        return
    stand_in = _WithoutCompiler(name)
    sys.modules[name] = torch._dynamo = stand_in
    try:
        yield
    finally:
        del sys.modules[name], torch._dynamo
        for function in stand_in.asked:  # the real one is asked when there is something to compile
            vars(function).pop("__dynamo_disable", None)


@contextmanager
def _only_what_is_needed() -> Iterator[None]:
    """Inside, what most programs never use is not imported."""
    import torch

    wrappers = (
        "keras.wrappers"  # few programs ask for it, and it imports scikit-learn: a quarter of Keras's start
    )
    sys.modules[wrappers] = _Postponed(wrappers)
    copies, dynamo = "keras._tf_keras", "torch._dynamo"
    sys.modules[copies] = ModuleType(copies)
    compiled = sys.modules.get(dynamo)
    if compiled is None:
        sys.modules[dynamo] = torch._dynamo = _WithoutCompiler(dynamo)
    try:
        yield
    finally:
        del sys.modules[copies]  # who asks for it gets it
        if compiled is None:
            del sys.modules[dynamo], torch._dynamo


def _load() -> ModuleType:
    found = sys.modules.get("keras")
    if found is None:
        before = os.environ.get("KERAS_BACKEND")
        os.environ["KERAS_BACKEND"] = "torch"
        try:
            with _only_what_is_needed():
                found = import_module("keras")
        except ImportError as error:
            raise PrunelleError(f"programs for Keras need Keras itself: {INSTALL}") from error
        finally:
            if before is None:
                del os.environ["KERAS_BACKEND"]
            else:
                os.environ["KERAS_BACKEND"] = before
    version = getattr(found, "__version__", "?")
    if not version.startswith(f"{MINOR}."):
        raise PrunelleError(f"programs for Keras need Keras {MINOR}; found {version}. {INSTALL}")
    backend = found.config.backend()
    if backend != "torch":
        raise PrunelleError(
            f"Keras was imported with the {backend} backend before Prunelle came to it; Prunelle's is torch. Run the "
            f"program in a process of its own (prunelle run), or set KERAS_BACKEND=torch before Keras is imported."
        )
    return found


keras: Any = _load()
"""The package itself. Its modules are its attributes: ``keras.layers``, ``keras.ops``, ``keras.src``."""

MODULES: dict[str, ModuleType] = {
    name: module
    for name, module in sys.modules.items()
    if name.partition(".")[0] == "keras" and not name.startswith("keras.src")
}
"""Keras's public modules by name, whatever ``sys.modules`` says of these names later."""


def private(name: str) -> Any:
    """One of ``PRIVATE`` (or what is above one), by its name below ``keras.src``."""
    found: Any = keras.src
    for part in name.split("."):
        if not hasattr(found, part):
            try:
                import_module(f"{found.__name__}.{part}")
            except (AttributeError, ImportError):
                raise PrunelleError(
                    f"Keras {keras.__version__} has no keras.src.{name}, on which Prunelle relies; it was written for "
                    f"Keras {MINOR}. {INSTALL}"
                ) from None
        found = getattr(found, part)
    return found


@contextmanager
def defaults() -> Iterator[None]:
    """Inside, Keras's global settings are the documented ones whatever ``keras.json`` says; afterwards, as before."""
    config = keras.config
    before = config.image_data_format(), config.floatx(), config.epsilon()
    config.set_image_data_format("channels_last")
    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    try:
        yield
    finally:
        config.set_image_data_format(before[0])
        config.set_floatx(before[1])
        config.set_epsilon(before[2])
