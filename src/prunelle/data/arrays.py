"""NumPy or torch arrays as ``Data``."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from prunelle.data import splits
from prunelle.data.examples import Data, Split
from prunelle.data.groups import group_array
from prunelle.data.preprocess import Preprocess
from prunelle.errors import ArgumentError
from prunelle.scalars import plain_arguments
from prunelle.texts import composed

_DEFAULT_SHARE = 0.1


@plain_arguments
def from_arrays(
    images: Any,
    labels: Any,
    *,
    classes: Sequence[str] | None = None,
    groups: Any = None,
    validation_images: Any = None,
    validation_labels: Any = None,
    test_images: Any = None,
    test_labels: Any = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    name: str = "arrays",
) -> Data:
    """Pictures that are arrays already, NumPy's or torch's.

    Args:
        images: ``(N, H, W)`` or ``(N, H, W, C)``, C being 1 or 3; uint8, other integers from 0 to 255, or
            floats from 0 to 1.
        labels: ``(N,)`` or ``(N, 1)``, integers or strings.
        classes: names in index order. With integer labels, label i is ``classes[i]``; without, the names are
            the labels of ``images``, sorted.
        groups: ``(N,)``, what each picture belongs to that must not be divided (a patient, a burst): texts or numbers;
            None and NaN stand alone. Splits that are drawn hold whole groups.
        validation_images, validation_labels, test_images, test_labels: splits that are given; they are kept.
        validation, test: shares to take out of ``images`` otherwise, in [0, 1), 0 for none; 10 % each where
            neither split is given, and no test where only a validation split is.
        seed: of the draw.
        name: short, for the run's folder.

    Raises:
        ArgumentError: shapes, types, values or lengths that cannot be used, or one class only; it names the
            argument.
    """
    array = _pictures("images", images)
    values = _labels("labels", labels, len(array))
    if classes is None:
        known = np.unique(values)
        names = tuple(str(value) for value in known.tolist())
    else:
        names = tuple(composed(str(value)) for value in classes)
        known = np.arange(len(names)) if values.dtype.kind == "i" else np.array(names)
        if len(set(names)) < len(names):
            raise ArgumentError(f"classes must all be different; received {names}.")
    if len(names) < 2:
        raise ArgumentError(f"labels must hold at least two classes; received {', '.join(names) or 'none'}.")
    numbers = _numbers("labels", values, known)
    empty = [names[i] for i in np.flatnonzero(np.bincount(numbers, minlength=len(names)) == 0)]
    if empty:
        raise ArgumentError(f"classes must each have a label in labels; none has {', '.join(empty[:10])}.")

    given: dict[str, Split] = {}
    pairs = (("validation", validation_images, validation_labels), ("test", test_images, test_labels))
    for split, its_images, its_labels in pairs:
        if (its_images is None) != (its_labels is None):
            raise ArgumentError(f"{split}_images and {split}_labels go together; received one of them.")
        if its_images is None:
            continue
        if {"validation": validation, "test": test}[split] is not None:
            raise ArgumentError(f"{split} is a share to draw, but {split}_images are given; leave one out.")
        its_array = _pictures(f"{split}_images", its_images)
        if its_array.shape[3] != array.shape[3]:
            raise ArgumentError(
                f"{split}_images must have as many channels as images, {array.shape[3]}; received "
                f"{its_array.shape[3]}."
            )
        its_values = _labels(f"{split}_labels", its_labels, len(its_array))
        given[split] = Split(split, _numbers(f"{split}_labels", its_values, known), array=its_array)

    shares = splits.Shares(
        0.0 if "validation" in given else _DEFAULT_SHARE if validation is None else validation,
        0.0 if "test" in given else test if test is not None else 0.0 if given else _DEFAULT_SHARE,
    )
    has_given = bool(given)
    drawn_splits = tuple(split for split in ("validation", "test") if split not in given)
    whole = Split(
        "train",
        numbers,
        array=array,
        groups=None if groups is None else group_array("groups", groups, len(array)),
    )
    drawn = splits.draw(numbers, whole.groups, shares, seed=seed, classes=names, from_train=has_given)
    for split, chosen in drawn.items():
        if len(chosen):
            given[split] = dataclasses.replace(whole.take(chosen), name=split)
    height, width, channels = array.shape[1:]
    return Data(
        name=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "arrays",
        classes=names,
        train=whole if len(drawn.train) == len(whole) else whole.take(drawn.train),
        validation=given.get("validation"),
        test=given.get("test"),
        preprocess=Preprocess(size=(height, width), channels=channels),
        notes=drawn.notes,
        drawn=drawn_splits,
    )


def _as_numpy(value: Any) -> np.ndarray:
    # A torch tensor may be on a GPU, or want gradients.
    return value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)


def _pictures(argument: str, value: Any) -> np.ndarray:
    """→ ``(N, H, W, C)`` uint8."""
    array = _as_numpy(value)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or 0 in array.shape:
        raise ArgumentError(
            f"{argument} must be (N, H, W) or (N, H, W, C), with at least one picture; received shape "
            f"{_as_numpy(value).shape}."
        )
    if array.shape[3] not in (1, 3):
        hint = ""
        if array.shape[1] in (1, 3):
            hint = (
                " They look like (N, C, H, W): permute(0, 2, 3, 1) a tensor, transpose(0, 2, 3, 1) an array."
            )
        elif array.shape[3] == 4:
            hint = " Drop the alpha channel: images[..., :3]."
        raise ArgumentError(
            f"{argument} must have 1 (grey) or 3 (RGB) channels, last; received shape {array.shape}.{hint}"
        )
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "iuf":
        raise ArgumentError(f"{argument} must be uint8, or floats from 0 to 1; received {array.dtype}.")
    low, high = array.min(), array.max()  # NaN if there is one
    top = 1 if array.dtype.kind == "f" else 255
    if not (low >= 0 and high <= top):
        if np.isnan(low):
            raise ArgumentError(f"{argument} must be numbers; received NaN among them.")
        hint = " Convert values from 0 to 255 with astype('uint8')." if low >= 0 and high <= 255 else ""
        raise ArgumentError(
            f"{argument} of type {array.dtype} must be from 0 to {top}; received {low:g} to {high:g}.{hint}"
        )
    result = np.empty(array.shape, np.uint8)
    for start in range(0, len(array), 1024):  # no second float copy of everything
        chunk = array[start : start + 1024]
        result[start : start + 1024] = np.rint(chunk * 255) if top == 1 else chunk
    return result


def _labels(argument: str, value: Any, num_pictures: int) -> np.ndarray:
    """→ ``(N,)`` int64 or strings."""
    labels = _as_numpy(value)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        hint = " Of one-hot labels, take argmax(1)." if labels.ndim == 2 else ""
        raise ArgumentError(f"{argument} must be (N,), one a picture; received shape {labels.shape}.{hint}")
    if len(labels) != num_pictures:
        raise ArgumentError(
            f"{argument} must be as many as the pictures, {num_pictures}; received {len(labels)}."
        )
    if labels.dtype.kind in "iu":
        return labels.astype(np.int64)
    if labels.dtype.kind == "O" and all(isinstance(label, str) for label in labels):
        labels = labels.astype(str)
    if labels.dtype.kind != "U":
        raise ArgumentError(f"{argument} must be integers or strings; received {labels.dtype}.")
    return np.array([composed(label) for label in labels.tolist()])


def _numbers(argument: str, values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Labels as indices into ``known``."""
    if (values.dtype.kind == "i") != (known.dtype.kind == "i"):
        raise ArgumentError(
            f"{argument} must be of the same kind as the others: all integers or all strings."
        )
    index = {value: i for i, value in enumerate(known.tolist())}
    unknown = sorted(set(values.tolist()) - index.keys())
    if unknown:
        raise ArgumentError(
            f"{argument} must be among {', '.join(map(str, list(index)[:10]))}"
            f"{'…' if len(index) > 10 else ''}; received {', '.join(map(str, unknown[:10]))} too."
        )
    return np.array([index[value] for value in values.tolist()], np.int64)
