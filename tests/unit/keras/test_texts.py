"""``keras.preprocessing.text`` and ``sequence``: what keras-preprocessing 1.1.2 gave (measured), and values by hand."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest

from prunelle.keras import compat

TEXTS = ["Le chat dort, le chien dort.", "Un chat noir !", "le LE l'oiseau"]


@pytest.mark.parametrize("generation", ["1", "2.3", "tf2"])
def test_paths_of_every_generation(generation: str) -> None:
    with compat(generation):
        import keras
        from keras.preprocessing.sequence import TimeseriesGenerator, _remove_long_seq, pad_sequences
        from keras.preprocessing.text import Tokenizer
        from keras_preprocessing import text
        from tensorflow.keras.preprocessing import sequence

        assert keras.preprocessing.text.Tokenizer is Tokenizer is text.Tokenizer
        assert sequence.TimeseriesGenerator is TimeseriesGenerator
        assert pad_sequences([[1], [2, 3], [4, 5, 6, 7]], 3).tolist() == [[0, 0, 1], [0, 2, 3], [5, 6, 7]]
        assert _remove_long_seq(3, [[1, 2], [1, 2, 3], []], [4, 5, 6]) == ([[1, 2], []], [4, 6])


def test_words_are_numbered_by_how_often_they_are_there(keras_2: None) -> None:
    from keras.preprocessing.text import Tokenizer

    tokenizer = Tokenizer(num_words=4)
    tokenizer.fit_on_texts(TEXTS)
    assert tokenizer.word_index == {
        "le": 1, "chat": 2, "dort": 3, "chien": 4, "un": 5, "noir": 6, "l'oiseau": 7,
    }  # fmt: skip
    assert tokenizer.texts_to_sequences(TEXTS) == [[1, 2, 3, 1, 3], [2], [1, 1]]
    assert (tokenizer.document_count, tokenizer.word_docs["le"]) == (3, 2)
    modes = {
        "binary": [[0, 1, 1, 1], [0, 0, 1, 0], [0, 1, 0, 0]],
        "count": [[0, 2, 1, 2], [0, 0, 1, 0], [0, 2, 0, 0]],
        "freq": [[0, 0.4, 0.2, 0.4], [0, 0, 1, 0], [0, 1, 0, 0]],
        # (1 + ln count) · ln(1 + texts / (1 + texts with the word)): 3 texts; 2 with "le", 1 with "dort".
        "tfidf": [
            [0, (1 + np.log(2)) * np.log(2), np.log(2), (1 + np.log(2)) * np.log(2.5)],
            [0, 0, np.log(2), 0],
            [0, (1 + np.log(2)) * np.log(2), 0, 0],
        ],
    }
    for mode, expected in modes.items():
        np.testing.assert_allclose(tokenizer.texts_to_matrix(TEXTS, mode=mode), expected, rtol=1e-12)


def test_words_that_were_left_out_have_a_number(keras_2: None) -> None:
    from keras.preprocessing.text import Tokenizer

    tokenizer = Tokenizer(nb_words=4, oov_token="<oov>")
    tokenizer.fit_on_texts(TEXTS)
    assert tokenizer.texts_to_sequences(TEXTS) == [[2, 3, 1, 2, 1, 1], [1, 3, 1], [2, 2, 1]]
    assert tokenizer.sequences_to_texts([[1, 2, 3, 9]]) == ["<oov> le chat <oov>"]


def test_a_tokenizer_can_be_kept(keras_2: None) -> None:
    from keras.preprocessing.text import Tokenizer, tokenizer_from_json

    tokenizer = Tokenizer(char_level=True)
    tokenizer.fit_on_texts(["abca", "B"])
    for kept in (tokenizer_from_json(tokenizer.to_json()), pickle.loads(pickle.dumps(tokenizer))):
        assert kept.word_index == {"a": 1, "b": 2, "c": 3}
        assert kept.texts_to_sequences(["bd"]) == [[2]]


def test_words_by_their_hash(keras_2: None) -> None:
    from keras.preprocessing.text import hashing_trick, one_hot, text_to_word_sequence

    assert hashing_trick("Un chat, un chien", 50, "md5") == [27, 45, 27, 36]
    first, second, again = one_hot("Un chat un", 1000)
    assert first == again
    assert 1 <= second < 1000
    assert text_to_word_sequence("A-b c,D", filters=",", lower=False) == ["A-b", "c", "D"]


def test_skipgrams(keras_2: None) -> None:
    from keras.preprocessing.sequence import make_sampling_table, skipgrams

    # 10⁻⁵ · (rank · (ln rank + 0.577) + 1/2 - 1 / (12 rank)), its square root; rank 0 counts as 1.
    table = make_sampling_table(5)
    assert table[:2].tolist() == pytest.approx([np.sqrt(1e-5 * (0.577 + 0.5 - 1 / 12))] * 2)
    assert table[4] == pytest.approx(0.009128167456366161)
    random.seed(3)
    assert skipgrams([1, 2, 0, 3], 5, window_size=1, seed=7) == (
        [[1, 3], [2, 1], [1, 2], [2, 2]],
        [0, 1, 1, 0],
    )
    pairs = skipgrams([1, 2, 3], 5, window_size=1, negative_samples=0, categorical=True, shuffle=False)
    assert pairs == ([[1, 2], [2, 1], [2, 3], [3, 2]], [[0, 1]] * 4)


def test_windows_of_a_series(keras_2: None) -> None:
    from keras.preprocessing.sequence import TimeseriesGenerator, timeseries_generator_from_json
    from keras.utils import Sequence

    made = TimeseriesGenerator(
        np.arange(20).reshape(10, 2), np.arange(10), length=4, sampling_rate=2, stride=3, batch_size=2
    )
    assert isinstance(made, Sequence)
    for windows in (made, timeseries_generator_from_json(made.to_json())):
        assert len(windows) == 1
        x, y = windows[0]
        assert (x.tolist(), y.tolist()) == ([[[0, 1], [4, 5]], [[6, 7], [10, 11]]], [4, 7])
    backwards = TimeseriesGenerator(
        np.arange(10), np.arange(10), 3, start_index=2, end_index=8, reverse=True, batch_size=3
    )
    assert [x.tolist() for x, _ in backwards] == [[[4, 3, 2], [5, 4, 3], [6, 5, 4]], [[7, 6, 5]]]


def test_a_network_is_trained_on_texts(keras_2: None) -> None:
    """Words that are there or not decide; a program as courses have it."""
    from keras.layers import Dense, Embedding, Flatten
    from keras.models import Sequential
    from keras.preprocessing.sequence import TimeseriesGenerator, pad_sequences
    from keras.preprocessing.text import Tokenizer

    texts = ["film superbe", "film nul", "superbe histoire", "histoire nulle et nul", "superbe", "nul"] * 8
    labels = np.array([1, 0, 1, 0, 1, 0] * 8)
    tokenizer = Tokenizer(num_words=20)
    tokenizer.fit_on_texts(texts)
    x = pad_sequences(tokenizer.texts_to_sequences(texts), maxlen=4)
    model = Sequential([Embedding(20, 8, input_length=4), Flatten(), Dense(1, activation="sigmoid")])
    model.compile("rmsprop", "binary_crossentropy", ["acc"])
    history = model.fit(x, labels, epochs=30, batch_size=8, verbose=0)
    assert history.history["acc"][-1] == 1
    series = np.sin(np.arange(60) / 5)[:, None]
    windows = TimeseriesGenerator(series, series[:, 0], length=4, batch_size=8)
    regression = Sequential([Flatten(input_shape=(4, 1)), Dense(1)])
    regression.compile("adam", "mse")
    assert len(regression.fit_generator(windows, epochs=2, verbose=0).history["loss"]) == 2
