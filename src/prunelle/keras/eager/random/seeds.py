"""Where the random numbers of ``tf`` come from: PyTorch's generator, or one of an operation's own seed.

As TensorFlow has it: without seeds each run is another; ``tf.random.set_seed`` makes the whole sequence the same; a
``seed=`` alone makes the sequence of these calls the same from a program's beginning. The numbers are PyTorch's, not
TensorFlow's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.tensor import convert
from prunelle.keras.floor import private

_seed: int | None = None
_sequences: dict[tuple[str, int], torch.Generator] = {}


def begin() -> None:
    """A program begins: no seed is set."""
    global _seed
    _seed = None
    _sequences.clear()


def given() -> int | None:
    """What ``tf.random.set_seed`` was called with."""
    return _seed


def seed_all(seed: Any) -> None:
    """``tf.random.set_seed``: PyTorch's generator and Keras's weights follow from it; NumPy's and Python's do not."""
    global _seed
    _seed = int(convert(seed))
    _sequences.clear()
    torch.manual_seed(_seed)
    name = private("random.seed_generator").GLOBAL_SEED_GENERATOR
    private("backend.common.global_state").set_global_attribute(name, None)


def sequence(operation: str, seed: Any) -> torch.Generator | None:
    """The generator of an operation's calls with a seed; None, which is PyTorch's own, without one."""
    if seed is None:
        return None
    key = operation, int(convert(seed))
    if key not in _sequences:
        _sequences[key] = of_numbers(0 if _seed is None else _seed, key[1])
    return _sequences[key]


def of_numbers(*numbers: int) -> torch.Generator:
    """A generator that follows from whole numbers alone."""
    words = np.random.SeedSequence([each % 2**64 for each in numbers]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(words[0]) >> 1)


def stateless(seed: Any) -> torch.Generator:
    """That of a ``stateless_`` function's two numbers.

    Raises:
        InvalidArgumentError: they are not two.
    """
    numbers = convert(seed)
    if tuple(numbers.shape) != (2,):
        raise InvalidArgumentError(
            f"seed is two whole numbers, as seed=(1, 2); received shape {tuple(numbers.shape)}."
        )
    return of_numbers(*(int(each) for each in numbers.tolist()))
