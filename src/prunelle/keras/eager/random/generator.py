"""``tf.random.Generator``: a stream of numbers of one's own."""

from __future__ import annotations

from typing import Any

import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import kind_of, sizes
from prunelle.keras.eager.random import draws
from prunelle.keras.eager.random.seeds import of_numbers
from prunelle.keras.eager.tensor import convert, wrap


class Generator:
    """Numbers that follow from a state: a key, and how often something was drawn.

    Made by ``from_seed``, ``from_state`` or ``from_non_deterministic_state``.
    """

    def __init__(self, copy_from: Generator | None = None, state: Any = None, alg: Any = None) -> None:
        if (copy_from is None) == (state is None):
            raise InvalidArgumentError(
                "a Generator is made by Generator.from_seed(n), or of one of copy_from and state."
            )
        self._counter: int
        self._key: int
        if copy_from is not None:
            self._counter, self._key = copy_from._counter, copy_from._key
        else:
            numbers = [int(each) for each in convert(state).reshape(-1).tolist()]
            if len(numbers) not in (2, 3):
                raise InvalidArgumentError(f"state is of 3 whole numbers; received {len(numbers)}.")
            self._counter, self._key = numbers[0], numbers[-1]

    @classmethod
    def from_seed(cls, seed: Any, alg: Any = None) -> Generator:
        """One whose numbers follow from a number."""
        return cls(state=[0, 0, int(convert(seed))])

    @classmethod
    def from_state(cls, state: Any, alg: Any = None) -> Generator:
        """One that goes on where another's ``state`` was."""
        return cls(state=state)

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """One whose numbers are others at each run, unless ``tf.random.set_seed`` was called."""
        return cls(state=[0, 0, int(torch.randint(2**62, ()))])

    @classmethod
    def from_key_counter(cls, key: Any, counter: Any, alg: Any = None) -> Generator:
        """One of a key and of where it is."""
        return cls(state=[int(convert(counter).reshape(-1)[0]), 0, int(convert(key))])

    @property
    def state(self) -> Any:
        """``(3,)`` int64: where it is, and its key."""
        return wrap(torch.tensor([self._counter, 0, self._key]))

    @property
    def key(self) -> Any:
        """Its key."""
        return wrap(torch.tensor(self._key))

    @property
    def algorithm(self) -> int:
        """Philox's number in TensorFlow, whose numbers these are not."""
        return 1

    def reset(self, state: Any) -> None:
        """Goes on at a state."""
        other = Generator(state=state)
        self._counter, self._key = other._counter, other._key

    def reset_from_seed(self, seed: Any) -> None:
        """Begins anew."""
        self._counter, self._key = 0, int(convert(seed))

    def reset_from_key_counter(self, key: Any, counter: Any) -> None:
        """Goes on at a key and a place."""
        self._counter, self._key = int(convert(counter).reshape(-1)[0]), int(convert(key))

    def skip(self, delta: Any) -> Any:
        """As if ``delta`` times something had been drawn."""
        self._counter += int(convert(delta))
        return self.state

    def _next(self) -> torch.Generator:
        self._counter += 1
        return of_numbers(self._key, self._counter)

    def normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", name: str | None = None
    ) -> Any:
        """Normally distributed numbers."""
        return wrap(draws.normal(self._next(), shape, convert(mean), convert(stddev), kind_of(dtype)))

    def truncated_normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", name: str | None = None
    ) -> Any:
        """Normally distributed numbers within two deviations of the mean."""
        return wrap(draws.truncated(self._next(), shape, convert(mean), convert(stddev), kind_of(dtype)))

    def uniform(
        self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", name: str | None = None
    ) -> Any:
        """Numbers from ``minval`` to before ``maxval``; whole numbers need both."""
        high = None if maxval is None else convert(maxval)
        return wrap(draws.uniform(self._next(), shape, convert(minval), high, kind_of(dtype)))

    def uniform_full_int(self, shape: Any, dtype: Any = "uint64", name: str | None = None) -> Any:
        """Whole numbers from all of a type's."""
        kind = kind_of(dtype)
        words = torch.randint(-(2**63), 2**63 - 1, sizes(shape), generator=self._next())
        return wrap(words.to(kind))

    def binomial(
        self, shape: Any, counts: Any, probs: Any, dtype: Any = "int32", name: str | None = None
    ) -> Any:
        """How many of ``counts`` trials succeed, each with a probability."""
        return wrap(draws.binomial(self._next(), shape, convert(counts), convert(probs), kind_of(dtype)))

    def make_seeds(self, count: Any = 1) -> Any:
        """``(2, count)`` int64: seeds for ``stateless_`` functions, one a column."""
        return wrap(torch.randint(-(2**63), 2**63 - 1, (2, int(count)), generator=self._next()))

    def split(self, count: Any = 1) -> list[Generator]:
        """Generators of their own, whose numbers have nothing to do with each other."""
        keys = torch.randint(2**62, (int(count),), generator=self._next())
        return [Generator(state=[0, 0, int(key)]) for key in keys.tolist()]


_of_all: Generator | None = None


def get_global_generator() -> Generator:
    """The one that is there without being made."""
    global _of_all
    if _of_all is None:
        _of_all = Generator.from_non_deterministic_state()
    return _of_all


def set_global_generator(generator: Generator) -> None:
    """Another in its place."""
    global _of_all
    _of_all = generator
