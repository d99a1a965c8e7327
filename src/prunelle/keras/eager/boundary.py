"""Between a program and Keras: faces come off on the way in, and go on on the way out.

Inside Keras there are plain tensors: its code asks PyTorch for types and places. A program's own code has faces,
wherever it is: at the top, or in a method of a layer of its own that Keras calls. Who is running is one word
(``_running``), so that a layer called by Keras does not dress what Keras itself takes next.

What a program does at the top, outside any tape, is not recorded for gradients: nobody could ask for one.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import torch

from prunelle.keras.eager import tape, taped, watching
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.shapes import TensorShape
from prunelle.keras.eager.tensor import EagerTensor, plain, wrap
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import keras, private
from prunelle.keras.overlay import Overlay, like

TOP, KERAS, CALLED = "the program", "Keras", "the program, called by Keras"
_running: ContextVar[str] = ContextVar("running", default=TOP)

_OF_LAYERS = ("call", "train_step", "test_step", "predict_step", "compute_loss", "compute_metrics")
_OF_LOSSES = ("call", "__call__")
_OF_METRICS = ("update_state", "result", "reset_state")
_OF_CALLBACKS = tuple(
    f"on_{when}"
    for when in (
        *("train_begin", "train_end", "test_begin", "test_end", "predict_begin", "predict_end"),
        *("epoch_begin", "epoch_end", "batch_begin", "batch_end", "train_batch_begin", "train_batch_end"),
        *("test_batch_begin", "test_batch_end", "predict_batch_begin", "predict_batch_end"),
    )
)
_OF_MODELS = (
    *("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"),
    *("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics"),
)


def at_the_top() -> bool:
    """Whether the program's own code is running, and Keras did not call it."""
    return _running.get() is TOP


def of_program() -> bool:
    """Whether a program's own code is running, not Keras's."""
    return _running.get() is not KERAS


@contextlib.contextmanager
def keras_runs() -> Iterator[None]:
    """Inside, what runs is Keras's."""
    token = _running.set(KERAS)
    try:
        yield
    finally:
        _running.reset(token)


def is_laid() -> bool:
    """Whether programs get faces."""
    return hasattr(private("backend.torch.core").convert_to_tensor, "_prunelle_undresses")


def lay(overlay: Overlay) -> None:
    """Keras's doors, and those of the program's own classes."""
    layer, loss, metric = keras.layers.Layer, keras.losses.Loss, keras.metrics.Metric
    overlay.put(layer, "__call__", _watched_call(_into_keras(layer.__call__, of_layers=True)))
    for name in _OF_MODELS:
        overlay.put(keras.Model, name, _into_keras(getattr(keras.Model, name)))
    overlay.put(loss, "__call__", _watched(_into_keras(loss.__call__)))
    overlay.put(metric, "__call__", _watched(_into_keras(metric.__call__)))
    for kind in _kinds_of(metric):
        for name in ("update_state", "reset_state"):
            own = vars(kind).get(name)
            if own is not None:
                overlay.put(kind, name, _WATCHED[name](_into_keras(own)))
    for owner, names in (
        (layer, _OF_LAYERS),
        (loss, _OF_LOSSES),
        (metric, _OF_METRICS),
        (keras.callbacks.Callback, _OF_CALLBACKS),
    ):
        overlay.put(owner, "__init_subclass__", classmethod(_dressing(owner, names)))
    tensor = keras.KerasTensor
    overlay.put(tensor, "shape", property(lambda self: TensorShape(self._shape)))
    overlay.put(tensor, "dtype", property(lambda self: as_dtype(self._dtype)))
    overlay.put(tensor, "get_shape", lambda self: self.shape)
    overlay.put(keras.layers.Lambda, "call", _of_a_function(keras.layers.Lambda.call))
    for name in _FUNCTIONS:
        overlay.put(private("ops"), name, _watched_function(getattr(keras.ops, name)))
    core = private("backend.torch.core")
    undressed = _undressing(core.convert_to_tensor)
    for module in list(_of_keras()):
        if vars(module).get("convert_to_tensor") is core.convert_to_tensor and module is not core:
            overlay.put(module, "convert_to_tensor", undressed)
    overlay.put(core, "convert_to_tensor", undressed)


def _kinds_of(kind: Any) -> list[Any]:
    """A class of Keras's, and all those of Keras's under it."""
    under = [each for each in kind.__subclasses__() if each.__module__.startswith("keras.")]
    return list(dict.fromkeys([kind, *(inner for each in under for inner in _kinds_of(each))]))


def _watched_call(original: Any) -> Any:
    """A layer's ``__call__``: who records a program's loop is told of a model that its own code calls."""

    @like(original)
    def call(self: Any, *args: Any, **given: Any) -> Any:
        watcher = watching.watcher
        if watcher is None or _running.get() is KERAS or not isinstance(self, keras.Model):
            return original(self, *args, **given)
        found = original(self, *args, **given)
        watcher.called(self, args, found)
        return found

    return call


def _watched(original: Any) -> Any:
    """A loss's or a metric's ``__call__``, or ``update_state``, likewise."""

    @like(original)
    def call(self: Any, *args: Any, **given: Any) -> Any:
        watcher = watching.watcher
        if watcher is None or _running.get() is not TOP:
            return original(self, *args, **given)
        truth, answer = (*args, *(given.get(name) for name in ("y_true", "y_pred")[len(args) :]))[:2]
        watcher.compared(truth, answer, takes_logits(self))
        found = original(self, *args, **given)
        if isinstance(self, keras.metrics.Metric):
            watcher.measured(self)
        return found

    return call


def takes_logits(loss: Any) -> bool:
    """Whether a loss, or a metric, is of logits."""
    return bool(getattr(loss, "_fn_kwargs", {}).get("from_logits", False))


_FUNCTIONS = ("sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy")
"""Of ``keras.ops``, which the losses that a program calls as functions end in."""


def _watched_function(original: Any) -> Any:
    """One of these, likewise."""

    @like(original)
    def call(target: Any, output: Any, from_logits: bool = False, *args: Any, **given: Any) -> Any:
        watcher = watching.watcher
        if watcher is not None and _running.get() is TOP:
            watcher.compared(target, output, from_logits)
        return original(target, output, from_logits, *args, **given)

    return call


def _watched_reset(original: Any) -> Any:
    """A metric's ``reset_state``, likewise."""

    @like(original)
    def call(self: Any, *args: Any, **given: Any) -> Any:
        watcher = watching.watcher
        if watcher is not None and _running.get() is TOP:
            watcher.resetting(self)
        return original(self, *args, **given)

    return call


_WATCHED: dict[str, Callable[[Any], Any]] = {"update_state": _watched, "reset_state": _watched_reset}


def _of_keras() -> list[Any]:
    return [
        module
        for name, module in sys.modules.items()
        if name.startswith(("keras.src.backend", "keras.src.ops"))
    ]


def _undressing(original: Any) -> Any:
    @functools.wraps(original)
    def convert_to_tensor(x: Any, *args: Any, **given: Any) -> Any:
        if isinstance(x, Text):  # on its way to a layer that takes texts
            return x
        return original(undress(x) if isinstance(x, (EagerTensor, list, tuple)) else x, *args, **given)

    convert_to_tensor._prunelle_undresses = True  # type: ignore[attr-defined]
    return convert_to_tensor


def undress(value: Any) -> Any:
    """Plain tensors in the place of faces, in lists, tuples and dictionaries too."""
    kind = type(value)
    if issubclass(kind, EagerTensor):
        return plain(value)
    if kind in (list, tuple):
        return kind(map(undress, value))
    if kind is dict:
        return {name: undress(each) for name, each in value.items()}
    return value


def dress(value: Any) -> Any:
    """Faces on plain tensors, in lists, tuples and dictionaries too."""
    kind = type(value)
    if kind is torch.Tensor:
        return wrap(value)
    if kind in (list, tuple):
        return kind(map(dress, value))
    if kind is dict:
        return {name: dress(each) for name, each in value.items()}
    return value


def _into_keras(original: Callable[..., Any], of_layers: bool = False) -> Any:
    """A door of Keras's: a program gets faces back."""

    @like(original)
    def call(self: Any, *args: Any, **given: Any) -> Any:
        running = _running.get()
        if running is KERAS:
            return original(self, *args, **given)
        unrecorded = of_layers and running is TOP and not tape.recording()
        token = _running.set(KERAS)
        try:
            args, given = undress(args), undress(given)
            if unrecorded:
                with torch.no_grad():
                    return dress(original(self, *args, **given))
            if of_layers and tape.one_set():
                found = taped.call(self, args, given)
                if found is not NotImplemented:
                    return dress(found)
            return dress(original(self, *args, **given))
        finally:
            _running.reset(token)

    return call


def from_keras(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the program's that Keras calls: it gets faces, and runs as the program."""
    if getattr(original, "_prunelle_dressed", False):
        return original

    @functools.wraps(original)
    def call(*args: Any, **given: Any) -> Any:
        token = _running.set(CALLED if _running.get() is KERAS else _running.get())
        try:
            return original(*dress(args), **dress(given))
        finally:
            _running.reset(token)

    call._prunelle_dressed = True  # type: ignore[attr-defined]
    return call


def _of_a_function(call: Callable[..., Any]) -> Callable[..., Any]:
    """Of a layer whose function is a program's: what it gives goes back into Keras, without faces."""
    own = from_keras(call)

    @functools.wraps(call)
    def plainly(self: Any, *args: Any, **given: Any) -> Any:
        return undress(own(self, *args, **given))

    return plainly


def _dressing(owner: Any, names: tuple[str, ...]) -> Any:
    inherited = owner.__init_subclass__.__func__ if "__init_subclass__" in vars(owner) else None

    def __init_subclass__(cls: Any, **given: Any) -> None:  # noqa: N807
        if inherited is not None:
            inherited(cls, **given)
        else:
            super(owner, cls).__init_subclass__(**given)
        if cls.__module__.startswith(("keras.", "prunelle.")):
            return
        for name in names:
            own = vars(cls).get(name)
            if callable(own):
                watched = _WATCHED.get(name) if owner is keras.metrics.Metric else None
                setattr(cls, name, from_keras(own) if watched is None else watched(from_keras(own)))
        build = vars(cls).get("build")
        if callable(build) and issubclass(cls, keras.layers.Layer):
            setattr(cls, "build", _of_shapes(build))  # noqa: B010

    return __init_subclass__


def _of_shapes(build: Callable[..., Any]) -> Callable[..., Any]:
    """A layer's ``build``, which gets shapes as TensorFlow has them."""

    @functools.wraps(build)
    def call(self: Any, *args: Any, **given: Any) -> Any:
        return build(self, *map(_shaped, args), **{name: _shaped(each) for name, each in given.items()})

    return call


def _shaped(value: Any) -> Any:
    if isinstance(value, tuple) and all(each is None or isinstance(each, int) for each in value):
        return TensorShape(value)
    return value
