"""What a loss cannot use is told before the first step, in a program's words: Keras would speak of indices, or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras.floor import keras
from prunelle.keras.losses import FUNCTIONS, OLD_NAMES

SPARSE, _VECTORS = "sparse_categorical_crossentropy", "categorical_crossentropy"
_CHECKED = "_prunelle_labels_checked"


def labels(model: Any, y: Any) -> None:
    """Labels against the outputs that they are for.

    Raises:
        ArgumentError: numbers that are no class's, vectors where numbers belong, or numbers for vectors.
    """
    if y is None or not model.compiled:
        return
    kinds = [kind(each) for each in keras.tree.flatten(model.loss)]
    if not any(kinds):
        return
    try:
        outputs = keras.tree.flatten(model.outputs)
    except AttributeError:  # not built yet
        return
    given = keras.tree.flatten(y)
    if len(outputs) != len(given):
        return
    kinds = kinds * len(outputs) if len(kinds) == 1 else kinds
    for expected, each, output in zip(kinds, given, outputs, strict=False):
        if expected is not None and hasattr(each, "shape") and output.shape[-1] is not None:
            _fits(expected, each, tuple(output.shape))


@contextmanager
def whole(model: Any, **of: Any) -> Iterator[None]:
    """Labels that are there as a whole; inside, none of their batches is looked at again.

    Args:
        of: ``training`` and ``held_out``: arrays, or None.
    """
    for each in of.values():
        labels(model, each)
    built = getattr(model, "built", False)
    model.__dict__[_CHECKED] = {name for name, each in of.items() if each is not None and built}
    try:
        yield
    finally:
        del model.__dict__[_CHECKED]


def batch(model: Any, y: Any, *, training: bool) -> None:
    """The labels of one step, unless they were looked at as a whole."""
    if ("training" if training else "held_out") not in model.__dict__.get(_CHECKED, ()):
        labels(model, y)


def shapes(model: Any, x: Any) -> None:
    """A batch against the model's inputs, once a layer could not take it: the layer speaks of what came to it.

    Raises:
        ArgumentError: it has other axes, or other sizes of them.
    """
    inputs = getattr(getattr(model, "_functional", None) or model, "_inputs", ())
    given = [x] if torch.is_tensor(x) else keras.tree.flatten(x)
    for expected, each in zip(inputs, given, strict=False):
        wanted, there = tuple(expected.shape), tuple(each.shape)
        sizes = zip(wanted[1:], there[1:], strict=False)
        if len(wanted) != len(there) or any(a not in (None, b) for a, b in sizes):
            alone = len(there) == len(wanted) - 1
            one = (
                " An example alone needs an axis in front: x[None], numpy.expand_dims(x, 0)." if alone else ""
            )
            raise ArgumentError(
                f"the model takes batches of shape {wanted}, its input's; received one of shape {there}.{one}"
            )


def names(compiled: Mapping[str, Any]) -> None:
    """What ``compile`` was given by name, before anything asks for it.

    Raises:
        UnknownName: there is none of that name.
    """
    for argument, home in (("loss", "losses"), ("metrics", "metrics"), ("weighted_metrics", "metrics")):
        for each in _flat(compiled.get(argument)):
            if isinstance(each, str) and (home == "losses" or each not in _OF_THE_LOSS):
                try:
                    getattr(keras, home).get(each)
                except (TypeError, ValueError):
                    known = sorted({*OLD_NAMES, *(_OF_THE_LOSS if home == "metrics" else ())})
                    raise UnknownName("loss" if home == "losses" else "metric", each, known) from None


def _flat(given: Any) -> list[Any]:
    """What is asked for; how a file describes an object is no name."""
    if isinstance(given, Mapping) and "class_name" in given:
        return []
    if isinstance(given, (list, tuple, Mapping)):
        values = given.values() if isinstance(given, Mapping) else given
        return [each for value in values for each in _flat(value)]
    return [given]


_OF_THE_LOSS = ("accuracy", "acc", "crossentropy", "ce")
"""Metrics by a name that means another function for another loss."""


def kind(loss: Any) -> str | None:
    """Which crossentropy a loss is: of numbers of classes, or of vectors; None for others."""
    if isinstance(loss, str):
        found = OLD_NAMES.get(loss)
    elif type(loss) is keras.losses.SparseCategoricalCrossentropy:
        found = SPARSE if loss.get_config().get("ignore_class") is None else None
    elif type(loss) is keras.losses.CategoricalCrossentropy:
        found = _VECTORS
    else:
        found = next((name for name, function in FUNCTIONS.items() if function is loss), None)
    return found if found in (SPARSE, _VECTORS) else None


def _fits(expected: str, given: Any, output: tuple[int | None, ...]) -> None:
    shape, classes = tuple(given.shape), output[-1] or 1
    if expected == _VECTORS:
        if len(shape) < 2 or (shape[-1] == 1 and classes > 1):
            raise ArgumentError(
                f"{_VECTORS} takes labels as vectors, (N, {classes}); received shape {shape}. Use to_categorical, or "
                f"the loss {SPARSE}."
            )
        return
    if len(shape) == len(output) and shape[-1] == classes > 1:
        raise ArgumentError(
            f"{SPARSE} takes labels as numbers of classes, (N,); received shape {shape}. One-hot labels go with "
            f"{_VECTORS}."
        )
    if 0 in shape:
        return
    if torch.is_tensor(given):
        least, most = (float(each) for each in given.detach().aminmax())
    else:
        values = np.asarray(given)
        if values.dtype.kind not in "iufb":
            return
        least, most = float(values.min()), float(values.max())
    if least < 0 or most >= classes:
        raise ArgumentError(
            f"labels must be from 0 to {classes - 1}, as the model has {classes} outputs; received {least:g} to "
            f"{most:g}."
        )
