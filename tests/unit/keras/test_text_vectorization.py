"""``TextVectorization`` beside the real one: the values are what tf_keras 2.21 on TensorFlow 2.21 gave."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras.floor import keras
from prunelle.keras.text_vectorization import TextVectorization

TEXTS = ["The cat sat on the mat.", "The dog, the DOG!  ate É the Éclair", "a b c"]
WORDS = ["the", "dog", "Éclair", "É", "sat", "on", "mat", "cat", "c", "b", "ate", "a"]


def adapted(**given: Any) -> TextVectorization:
    """A layer that knows the words of ``TEXTS``."""
    layer = TextVectorization(**given)
    layer.adapt(TEXTS)
    return layer


def test_numbers_of_words() -> None:
    layer = adapted()
    assert layer.get_vocabulary() == ["", "[UNK]", *WORDS]
    assert layer.vocabulary_size() == 14
    found = layer(TEXTS)
    assert str(found.dtype) == "torch.int64"
    assert found.tolist() == [
        [2, 9, 6, 7, 2, 8, 0, 0],
        [2, 3, 2, 3, 12, 5, 2, 4],
        [13, 11, 10, 0, 0, 0, 0, 0],
    ]
    assert layer("the cat x").tolist() == [2, 9, 1]
    assert layer([["the cat x"], ["a"]]).tolist() == [[2, 9, 1], [13, 0, 0]]
    assert layer(np.array([b"the cat x", b"a"])).tolist() == [[2, 9, 1], [13, 0, 0]]


@pytest.mark.parametrize(
    ("given", "texts", "expected"),
    [
        ({"max_tokens": 6}, TEXTS[:1], [[2, 1, 1, 1, 2, 1]]),
        ({"output_sequence_length": 4}, TEXTS[1:], [[2, 3, 2, 3], [13, 11, 10, 0]]),
        ({"output_mode": "multi_hot", "max_tokens": 8}, TEXTS[1], [1, 1, 1, 1, 1, 0, 0, 0]),
        (
            {"output_mode": "multi_hot", "max_tokens": 15, "pad_to_max_tokens": True},
            "the cat x",
            [1, 1, *[0] * 6, 1, *[0] * 6],
        ),
        ({"output_mode": "count", "ngrams": 2}, "the cat x", [2, 1, *[0] * 7, 1, *[0] * 8, 1, *[0] * 7]),
        ({"ngrams": (2,)}, TEXTS, [[6, 11, 7, 8, 5, 0, 0], [2, 9, 2, 10, 13, 3, 4], [14, 12, 0, 0, 0, 0, 0]]),
        ({"split": None, "standardize": "lower"}, TEXTS, [3, 2, 4]),
        ({"split": "character", "standardize": None}, "the cat x", [3, 6, 4, 2, 7, 5, 3, 2, 1]),
    ],
)
def test_ways_to_number(given: dict[str, Any], texts: Any, expected: list[Any]) -> None:
    assert adapted(**given)(texts).tolist() == expected


def test_rare_words_weigh_more() -> None:
    layer = adapted(output_mode="tf_idf", max_tokens=6)
    expected = [
        [2.614985942840576, 1.3862943649291992, 0, 0, 0, 0.9162907600402832],
        [
            0.8716620206832886,
            2.079441547393799,
            1.8325815200805664,
            0.9162907600402832,
            0.9162907600402832,
            0,
        ],
    ]
    np.testing.assert_allclose(layer(TEXTS[:2]), expected, rtol=1e-6)


def test_a_vocabulary_that_is_given(tmp_path: Path) -> None:
    layer = TextVectorization(vocabulary=["x", "y"])
    assert layer.get_vocabulary() == ["", "[UNK]", "x", "y"]
    assert layer(["x z y", ""]).tolist() == [[2, 1, 3], [0, 0, 0]]
    (tmp_path / "words.txt").write_text("x\ny\n")
    assert (
        TextVectorization(vocabulary=str(tmp_path / "words.txt")).get_vocabulary() == layer.get_vocabulary()
    )
    assert TextVectorization(vocabulary=layer.get_vocabulary()).get_vocabulary() == layer.get_vocabulary()


def test_batches_are_learned_one_by_one() -> None:
    layer = TextVectorization()
    layer.adapt(iter([TEXTS[:1], TEXTS[1:]]))
    assert layer.get_vocabulary() == ["", "[UNK]", *WORDS]
    layer.adapt((TEXTS[i : i + 1] for i in range(3)), steps=1)
    assert layer.get_vocabulary() == ["", "[UNK]", "the", "sat", "on", "mat", "cat"]


def test_it_comes_back_from_its_configuration() -> None:
    layer = adapted(output_mode="tf_idf", ngrams=(1, 2), max_tokens=9)
    again = TextVectorization.from_config(layer.get_config())
    np.testing.assert_array_equal(again(TEXTS), layer(TEXTS))
    assert again.ngrams == (1, 2)


def test_of_texts_that_are_not_there_yet() -> None:
    texts = keras.Input((1,), dtype="string")
    assert adapted(output_sequence_length=4)(texts).shape == (None, 4)
    assert adapted(output_mode="count")(texts).shape == (None, 13)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ragged": True}, "sparse and ragged must be False"),
        (
            {"output_mode": "count", "output_sequence_length": 3},
            "output_sequence_length goes with output_mode='int'",
        ),
        ({"vocabulary": ["a", "b", "a"]}, "each word once; 'a' is there again"),
        ({"vocabulary": ["a", "b"], "max_tokens": 3}, "at most max_tokens=3"),
        ({"vocabulary": ["a"], "output_mode": "tf_idf"}, "idf_weights must be as many as words, 1"),
    ],
)
def test_what_cannot_be(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        TextVectorization(**given)


def test_unknown_ways_are_named() -> None:
    with pytest.raises(UnknownName, match="whitespace"):
        TextVectorization(split="whitespaces")
    with pytest.raises(ArgumentError, match=r"shape \(N,\) or \(N, 1\)"):
        adapted()([["a", "b"]])


@pytest.mark.usefixtures("tf_keras")
def test_functions_of_the_programs_own_and_a_model_of_texts() -> None:
    """As the second edition of a well-known book ends a model: texts in, probabilities out."""
    tf = importlib.import_module("tensorflow")

    def small(texts: Any) -> Any:
        return tf.strings.regex_replace(tf.strings.lower(texts), "[!?]", "")

    layer = tf.keras.layers.TextVectorization(
        standardize=small, split=lambda texts: tf.strings.split(texts, "|")
    )
    layer.adapt(["A!|b", "b|c?"])
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "c", "a"]
    assert layer(["b|A|q"]).numpy().tolist() == [[2, 4, 1]]
    words = tf.keras.layers.TextVectorization(output_mode="multi_hot", vocabulary=["good", "bad"])
    inputs = tf.keras.Input((1,), dtype="string")
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1, use_bias=False)(words(inputs)))
    model.set_weights([np.array([[0.5], [2.0], [-1.0]])])
    answer = model(tf.convert_to_tensor([["Good, good film"], ["bad"]]))
    assert answer.numpy().tolist() == [[2.5], [-1.0]]
    assert f"{float(answer[0]):.2f}" == "2.50"  # of one number, whatever its shape
