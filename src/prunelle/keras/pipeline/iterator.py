"""What goes through a data set, for a program."""

from __future__ import annotations

from collections.abc import Iterator as Passing
from typing import Any

from prunelle.keras.eager.errors import OutOfRangeError
from prunelle.keras.pipeline.structure import as_numpy, faced


class Iterator:
    """``iter(dataset)``: one pass. ``next`` ends it as Python does, ``get_next`` with TensorFlow's error."""

    def __init__(self, elements: Passing[Any], dataset: Any) -> None:
        self._elements, self._dataset = elements, dataset

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        return faced(next(self._elements))

    def get_next(self) -> Any:
        """The next element.

        Raises:
            OutOfRangeError: there is none.
        """
        try:
            return next(self)
        except StopIteration:
            raise OutOfRangeError("End of sequence: the data set has no further element.") from None

    def get_next_as_optional(self) -> Optional:
        """The next element, or that there is none."""
        try:
            return Optional([next(self)])
        except StopIteration:
            return Optional([])

    @property
    def element_spec(self) -> Any:
        """Shapes and types of an element."""
        return self._dataset.element_spec


class Optional:
    """An element that may not be there."""

    def __init__(self, found: list[Any]) -> None:
        self._found = found

    def has_value(self, name: str | None = None) -> bool:
        """Whether it is."""
        return bool(self._found)

    def get_value(self, name: str | None = None) -> Any:
        """The element.

        Raises:
            OutOfRangeError: it is not there.
        """
        if not self._found:
            raise OutOfRangeError("there is no value: ask has_value() first.")
        return self._found[0]


class NumpyIterator:
    """``dataset.as_numpy_iterator()``: the same, as NumPy's arrays and numbers."""

    def __init__(self, elements: Passing[Any]) -> None:
        self._elements = elements

    def __iter__(self) -> NumpyIterator:
        return self

    def __next__(self) -> Any:
        return as_numpy(next(self._elements))

    def next(self) -> Any:
        """``iterator.next()``, as in Python 2."""
        return next(self)
