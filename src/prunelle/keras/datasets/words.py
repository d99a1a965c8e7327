"""Texts as lists of numbers of words: IMDB's reviews and Reuters's newswires.

A word's number is its rank by how often it is there; ``index_from`` more where a text has a ``start_char``.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.keras.floor import private

Texts = tuple[list[list[int]], np.ndarray]
"""Texts, and the label of each."""


def read(path: Path, texts: str, labels: str, generator: np.random.RandomState) -> Texts:
    """The texts of a file in the order that ``generator`` draws; NumPy's ``.npz``, of which no code is run."""
    file = private("datasets.npz_utils").load_npz(str(path))
    order = np.arange(len(file[texts]))
    generator.shuffle(order)
    return [list(map(int, each)) for each in file[texts][order]], file[labels][order]


def begun(texts: Texts, start_char: int | None, index_from: int | None, maxlen: int | None) -> Texts:
    """Texts with the mark of their beginning, without those of ``maxlen`` words and more."""
    x, y = texts
    first, more = [] if start_char is None else [start_char], index_from or 0
    x = [first + [word + more for word in each] for each in x]
    if not maxlen:
        return x, y
    kept = [i for i, each in enumerate(x) if len(each) < maxlen]
    if not kept:
        raise ArgumentError(
            f"maxlen must leave some texts: those shorter than it are kept; received {maxlen}, and the shortest has "
            f"{min(map(len, x))}."
        )
    return [x[i] for i in kept], y[kept]


def known_words(
    texts: Sequence[list[int]], num_words: int | None, skip_top: int, oov_char: int | None
) -> list[list[int]]:
    """Texts of the words from ``skip_top`` to below ``num_words``; ``oov_char``, if it is given, stands for others."""
    # Keras's rule as it is: without num_words, the largest number is not below the limit either.
    limit = num_words or max(max(each, default=0) for each in texts)
    if oov_char is None:
        return [[word for word in each if skip_top <= word < limit] for each in texts]
    return [[word if skip_top <= word < limit else oov_char for word in each] for each in texts]


def as_array(texts: Sequence[list[int]]) -> np.ndarray:
    """``(N,)`` of lists."""
    found = np.empty(len(texts), object)
    for i, each in enumerate(texts):
        found[i] = each
    return found


def word_index(path: Path) -> dict[str, int]:
    """Words, and their ranks."""
    found: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    return found


def renamed(num_words: int | None, nb_words: int | None) -> int | None:
    """``num_words``, which Keras 1 called ``nb_words``."""
    return num_words if nb_words is None else nb_words


def without_effect(name: str, value: Any, why: str) -> None:
    """Tells of an argument of an earlier Keras that the file has no place for."""
    if value is not None:
        warnings.warn(f"{name} is without effect: {why}", stacklevel=3)
