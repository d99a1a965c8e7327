"""The kinds of data there are, and which one something is of: asked here, and nowhere else.

What else suits one kind or another (a network, a recipe, a page's words) is a table with an entry a kind, by its name,
in the room that knows such things.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from prunelle.data.augment import Augment
from prunelle.data.kind import Kind
from prunelle.data.pictures import Pictures
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.augment import SeriesAugment
from prunelle.data.series.container import Series
from prunelle.data.series.kind import TimeSeries
from prunelle.data.series.preprocess import SeriesPreprocess

KINDS: tuple[Kind[Any, Any], ...] = (Pictures(), TimeSeries())

AnyPreprocess: TypeAlias = Preprocess | SeriesPreprocess
"""What a run stores."""

AnyAugment: TypeAlias = Augment | SeriesAugment


def kind_of(preprocess: AnyPreprocess) -> Kind[Any, Any]:
    """The kind that such settings prepare."""
    return next(kind for kind in KINDS if isinstance(preprocess, kind.settings))


def kind_of_array(array: np.ndarray | Series) -> Kind[Any, Any]:
    """The kind whose examples such an array holds."""
    return next(kind for kind in KINDS if isinstance(array, kind.array))


def kind_of_shape(input_shape: tuple[int, ...]) -> Kind[Any, Any] | None:
    """The kind whose examples a network of that ``(channels, …)`` takes; None where there is none."""
    return next((kind for kind in KINDS if len(kind.axes) == len(input_shape) - 1), None)


def preprocess_from_json(values: Mapping[str, Any]) -> AnyPreprocess:
    """The inverse of ``to_json``: of the kind all of whose necessary settings are there.

    Raises:
        TypeError: a setting is missing, or no kind has one of that name.
    """
    for kind in KINDS:
        necessary = (
            field.name
            for field in dataclasses.fields(kind.settings)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        )
        if all(name in values for name in necessary):
            settings: AnyPreprocess = kind.settings.from_json(values)
            return settings
    return Preprocess.from_json(values)


def augment_from_json(values: Mapping[str, Any]) -> AnyAugment:
    """From what ``dataclasses.asdict`` gave: of the kind that has all those changes."""
    for kind in KINDS:
        if values.keys() <= {field.name for field in dataclasses.fields(kind.augmentations)}:
            augment: AnyAugment = kind.augmentations(**values)
            return augment
    return Augment(**values)
