"""Reuters: 11,228 newswires of 46 topics, as numbers of words (D. Lewis, Reuters-21578)."""

from __future__ import annotations

import numpy as np

from prunelle.keras.datasets import words
from prunelle.keras.datasets.files import set_file
from prunelle.keras.datasets.pictures import Arrays

__all__ = ["get_word_index", "load_data"]


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    *,
    nb_words: int | None = None,
) -> Arrays:
    """Newswires ``(N,)``, each a list of numbers of words, and topics ``(N,)`` int64, for training and for the test.

    Args:
        path: the file's name, or where it is.
        num_words, nb_words: numbers from this one on become ``oov_char``.
        skip_top: and so do those below this one.
        maxlen: newswires of so many words and more are left out.
        test_split: the share of the test, which comes last.
        seed: of the order.
        start_char: what each newswire begins with, or None.
        oov_char: stands for a word that is left out; None leaves no place for it.
        index_from: what is added to the words' ranks.

    Raises:
        MissingData: the file is not there and cannot be fetched.
        ArgumentError: ``maxlen`` leaves no newswire.
    """
    read = words.read(set_file("reuters.npz", path), "x", "y", np.random.RandomState(seed))
    texts, y = words.begun(read, start_char, index_from, maxlen)
    x = words.as_array(words.known_words(texts, words.renamed(num_words, nb_words), skip_top, oov_char))
    train = int(len(x) * (1 - test_split))
    return (x[:train], y[:train]), (x[train:], y[train:])


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Words of the newswires, and their ranks: 1 is the most frequent."""
    return words.word_index(set_file("reuters_word_index.json", path))
