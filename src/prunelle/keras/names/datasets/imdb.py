"""IMDB: 25,000 and 25,000 reviews of films, liked (1) or not (0), as numbers of words (Maas et al. 2011)."""

from __future__ import annotations

import numpy as np

from prunelle.keras.datasets import words
from prunelle.keras.datasets.files import set_file
from prunelle.keras.datasets.pictures import Arrays

__all__ = ["get_word_index", "load_data"]


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    *,
    nb_words: int | None = None,
    test_split: float | None = None,
) -> Arrays:
    """Reviews ``(N,)``, each a list of numbers of words, and labels ``(N,)`` int64, for training and for the test.

    Args:
        path: the file's name, or where it is.
        num_words, nb_words: numbers from this one on become ``oov_char``.
        skip_top: and so do those below this one.
        maxlen: reviews of so many words and more are left out.
        seed: of the order.
        start_char: what each review begins with, or None.
        oov_char: stands for a word that is left out; None leaves no place for it.
        index_from: what is added to the words' ranks.
        test_split: of Keras before 1.0.5, without effect: half of the reviews are the test.

    Raises:
        MissingData: the file is not there and cannot be fetched.
        ArgumentError: ``maxlen`` leaves no review.
    """
    words.without_effect("test_split", test_split, "half of IMDB's reviews are the test.")
    file, generator = set_file("imdb.npz", path), np.random.RandomState(seed)
    train = words.read(file, "x_train", "y_train", generator)
    test = words.read(file, "x_test", "y_test", generator)
    x_train, y_train = words.begun(train, start_char, index_from, maxlen)
    x_test, y_test = words.begun(test, start_char, index_from, maxlen)
    known = words.known_words(x_train + x_test, words.renamed(num_words, nb_words), skip_top, oov_char)
    x = words.as_array(known)
    return (x[: len(x_train)], y_train), (x[len(x_train) :], y_test)


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """Words of the reviews, and their ranks: 1 is the most frequent."""
    return words.word_index(set_file("imdb_word_index.json", path))
