"""``tf.TensorShape``: sizes, some of which may be unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prunelle.errors import ArgumentError


class TensorShape(tuple):  # type: ignore[type-arg]
    """The sizes of a tensor, each a number or None. It is a tuple: whoever takes a shape takes it."""

    __slots__ = ()

    def __new__(cls, dims: Any = ()) -> TensorShape:
        sizes: Iterable[Any] = (dims,) if isinstance(dims, int) else () if dims is None else dims
        return tuple.__new__(cls, (None if size is None else int(size) for size in sizes))

    @property
    def rank(self) -> int:
        """How many there are."""
        return len(self)

    ndims = rank

    @property
    def dims(self) -> list[int | None]:
        """Each size."""
        return list(self)

    def as_list(self) -> list[int | None]:
        """Each size."""
        return list(self)

    def numel(self) -> int | None:
        """How many numbers there are in such a tensor; None where a size is unknown."""
        total = 1
        for size in self:
            if size is None:
                return None
            total *= size
        return total

    num_elements = numel

    def is_fully_defined(self) -> bool:
        """Whether all sizes are known."""
        return None not in self

    def is_compatible_with(self, other: Any) -> bool:
        """Whether one tensor can have both shapes."""
        other = TensorShape(other)
        return len(self) == len(other) and all(
            a is None or b is None or a == b for a, b in zip(self, other, strict=True)
        )

    def assert_is_compatible_with(self, other: Any) -> None:
        """Raises: ArgumentError: no tensor has both shapes."""
        if not self.is_compatible_with(other):
            raise ArgumentError(f"shapes {self} and {TensorShape(other)} are not compatible.")

    def concatenate(self, other: Any) -> TensorShape:
        """These sizes, then those."""
        return TensorShape((*self, *TensorShape(other)))

    def with_rank(self, rank: int) -> TensorShape:
        """Itself.

        Raises:
            ArgumentError: it has another number of sizes.
        """
        if len(self) != rank:
            raise ArgumentError(f"a shape of rank {rank} is needed; received {self}.")
        return self

    def merge_with(self, other: Any) -> TensorShape:
        """Each size that one of both knows."""
        self.assert_is_compatible_with(other)
        return TensorShape(b if a is None else a for a, b in zip(self, TensorShape(other), strict=True))

    def __getitem__(self, key: Any) -> Any:
        found = tuple.__getitem__(self, key)
        return TensorShape(found) if isinstance(key, slice) else found

    def __add__(self, other: Any) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Any) -> TensorShape:
        return TensorShape((*TensorShape(other), *self))

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, (tuple, list)) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return tuple.__hash__(self)

    def __repr__(self) -> str:
        return f"TensorShape({list(self)})"

    def __str__(self) -> str:
        return f"({', '.join(map(str, self))}{',' if len(self) == 1 else ''})"

    def __reduce__(self) -> Any:
        return TensorShape, (tuple(self),)
